"""The files of a release of records: one table in every format, and the manifest that describes it."""

import hashlib
from collections.abc import Mapping

from portal.errors import InvalidError
from portal.release.anonymise import Outcome
from portal.release.formats import Format, available, written_as
from portal.release.policy import RECORD, Column, Policy
from portal.release.tables import MANIFEST, Json, canonical, rounded

FORMAT = "testimony-portal-release/1"


def manifest(outcome: Outcome, policy: Policy, files: Mapping[str, bytes], *, release: str) -> bytes:
    """Describe a release for whoever holds it: policy, versions, SHA-256 of each file, rounded counts.

    Exact counts, the smallest class, who approved and when stay inside; `ncp` is over released records alone,
    so that the table cannot be subtracted from anything here.
    """
    described: dict[str, Json] = {
        "format": FORMAT,
        "release": release,
        "columns": list(outcome.columns),
        "hxl": tags_of(policy),
        "ledger": {"key": release, "table": "release_manifest"},
        "policy": {
            "version": policy.version,
            "k": policy.k,
            "l": policy.l,
            "t": policy.t,
            "delta": policy.delta,
            "unit": "family",
            "most_suppressed_percent": round(policy.suppression * 100, 2),
            "record_ids": policy.record_ids,
            "columns": {name: _described(policy.columns[name]) for name in policy.released},
        },
        "files": described_files(files),
        "rounded": {"records": rounded(len(outcome.rows)), "suppressed": rounded(outcome.suppressed)},
        "ncp": {name: round(loss, 2) for name, loss in outcome.ncp.items()},
    }
    return canonical(described)


def package(outcome: Outcome, policy: Policy, *, release: str) -> dict[str, bytes]:
    """Name the files of a release: tables and manifest. `InvalidError` when it was refused."""
    if outcome.refused is not None:
        raise InvalidError("a refused release has no files")
    tags = tags_of(policy)
    formats = [one for one in available() if tags or one is not Format.HXL]
    files = written_as(formats, outcome.columns, outcome.rows, tags=tags)
    return {**files, MANIFEST: manifest(outcome, policy, files, release=release)}


def described_files(files: Mapping[str, bytes]) -> dict[str, Json]:
    """Return size and SHA-256 of each file."""
    return {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()
    }


def tags_of(policy: Policy) -> dict[str, str]:
    """Return the HXL tag of each column that leaves and has one."""
    tags = {name: policy.columns[name].hxl for name in policy.released if policy.columns[name].hxl}
    return {**({RECORD: "#meta+id"} if policy.record_ids else {}), **tags}


def _described(column: Column) -> dict[str, Json]:
    described: dict[str, Json] = {"role": column.role.value}
    if column.hierarchy is not None:
        described["hierarchy"] = {
            "name": column.hierarchy.name,
            "version": column.hierarchy.version,
            "sha256": column.hierarchy.digest,
            "finest": column.finest,
            "coarsest": column.most,
        }
    return described
