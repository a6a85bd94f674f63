"""From somebody's own table to a folder that may leave: read, recode, compare, describe, check, write."""

import hashlib
import math
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from portal.errors import InvalidError, RefusedError
from portal.release.diversity import Diversity, Register, Sensitive
from portal.release.earlier import Asked, beside_earlier
from portal.release.encoded import Ints, Tree, distinct, tree_of
from portal.release.finished import Finished
from portal.release.formats import HOW_TO_PARQUET, Format, has_parquet, written_as
from portal.release.hierarchies import MISSING
from portal.release.inside import Inside, beside, row_digests, unit_digests
from portal.release.partition import Partition
from portal.release.policy_files import DROP, QUASI, SENSITIVE, UNIT, TablePolicy, check_against, read_policy
from portal.release.reports import Measured, page
from portal.release.search import Reason, Refusal, preview, recode
from portal.release.table_files import Table, line_of, read_table
from portal.release.tables import Json, canonical
from portal.release.verifier import verify_files
from portal.release.verifier_reading import Truth

FORMAT = "testimony-portal-table/1"
RISK, UTILITY, REPORT, MANIFEST = "risk.json", "utility.json", "report.html", "manifest.json"
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_SAID: Mapping[Reason, str] = {
    Reason.TOO_FEW: "There are fewer {unit} than a group must hold (k). Nothing can leave.",
    Reason.TOO_MANY_ALONE: "Too many records would have to be left out. Drop a column, or make one coarser.",
    Reason.TOO_ALIKE: "The sensitive values, or the register, allow no groups that keep every promise. "
    "Ask for less, or drop a column.",
}


class CannotReleaseError(RefusedError):
    """Nothing can leave; the message says what would help."""


@dataclass(frozen=True)
class Made:
    """What was written: the public files by name, and the record that stays."""

    files: Mapping[str, bytes] = field(repr=False)
    inside: bytes = field(repr=False)
    measured: Measured = field(repr=False)


@dataclass(frozen=True, eq=False)
class Read:
    """A table and its policy as numbers."""

    table: Table
    policy: TablePolicy
    rules: Diversity
    values: Ints
    units: Ints


def anonymise_file(
    table: Path,
    policy: Path,
    out: Path,
    *,
    earlier: Sequence[Path] = (),
    formats: Collection[Format] = (),
) -> Made:
    """Write the folder `out` and the record beside it, or nothing at all; `formats` are those besides CSV.

    Raises `InvalidError` for what cannot be read, `CannotReleaseError` where no protection is to be had, and
    `verifier.VerificationError` if the finished files do not keep what was promised.
    """
    for path in (out, beside(out)):
        if path.exists():
            raise InvalidError(f"{path} is there already. Name a folder that is not.")
    if Format.PARQUET in formats and not has_parquet():
        raise InvalidError(HOW_TO_PARQUET)
    read = read_both(table, policy)
    known = [Inside.of_folder(folder) for folder in earlier]
    made = _made(read, known, source=table, formats={Format.CSV, *formats})
    _write(out, made)
    return made


def preview_file(table: Path, policy: Path) -> Partition:
    """Recode from the top alone, for a first look; writes nothing."""
    read = read_both(table, policy)
    return preview(read.rules.items, read.policy.rules.k)


def read_both(path: Path, policy_path: Path) -> Read:
    """Read a table and its policy as numbers. Raises `InvalidError`."""
    table, policy = read_table(path), read_policy(policy_path)
    check_against(policy, path, table)
    unit = policy.named(UNIT)
    units = table.columns[unit[0]].numbers if unit else np.arange(table.rows)
    if unit and MISSING in table.columns[unit[0]].values:
        column = table.columns[unit[0]]
        record = int((column.numbers == column.values.index(MISSING)).argmax()) + 1
        raise InvalidError(
            f"{path.name}, line {line_of(path, record)}: the column {unit[0]} is empty. "
            "Say there whose record it is."
        )
    trees: list[Tree] = []
    columns: list[Ints] = []
    listed: list[Ints] = []
    for name in policy.named(QUASI):
        known, people = table.columns[name], policy.register.columns[name] if policy.register else None
        values = sorted({*known.values, *(people.values if people else ())})
        number = {value: place for place, value in enumerate(values)}
        trees.append(tree_of(name, policy.hierarchies[name], values))
        columns.append(np.array([number[value] for value in known.values], dtype=np.int64)[known.numbers])
        if people:
            listed.append(
                np.array([number[value] for value in people.values], dtype=np.int64)[people.numbers]
            )
    items = distinct(tuple(trees), columns, units)
    register = None
    if policy.register:
        register = Register(distinct(tuple(trees), listed, np.arange(policy.register.rows)))
    rules = Diversity(policy.rules, items, units, _sensitive(table, policy), register)
    return Read(table, policy, rules, np.stack(columns, axis=1), units)


def _sensitive(table: Table, policy: TablePolicy) -> tuple[Sensitive, ...]:
    found = []
    for name in policy.named(SENSITIVE):
        column = table.columns[name]
        ordered = all(_NUMBER.fullmatch(value) for value in column.values)
        number = np.arange(len(column.values))
        if ordered:
            number[np.argsort([float(value) for value in column.values], kind="stable")] = number.copy()
        found.append(Sensitive(name, number[column.numbers], len(column.values), ordered))
    return tuple(found)


def _made(read: Read, earlier: Sequence[Inside], *, source: Path, formats: Collection[Format]) -> Made:
    table, policy = read.table, read.policy
    unit = policy.named(UNIT)
    asked = Asked(
        columns=tuple(table.columns),
        schemes={name: policy.hierarchies[name].digest for name in policy.named(QUASI)},
        rows=row_digests(table),
        units=unit_digests(table, unit[0]) if unit else None,
    )
    finished, withheld = _finished(read, earlier, asked)
    measured = Measured(finished, read.rules, policy, table, withheld, len(earlier))
    rows, sources = _rows(read, finished)
    files = written_as(formats, _released(policy), rows, tags=_tags(policy))
    files |= {RISK: canonical(measured.risk), UTILITY: canonical(measured.utility)}
    del rows
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    files[REPORT] = page(measured, sums)
    files[MANIFEST] = _sealed(_manifest(read, measured, files))
    verify_files(files, truth=Truth.of(source, policy.roles, sources, policy.register_path))
    inside = Inside(
        hashlib.sha256(files[MANIFEST]).hexdigest(),
        asked.columns,
        asked.schemes,
        list(zip(*(finished.labels(j) for j in range(len(finished.trees))), strict=True)),
        finished.of,
        asked.rows,
        asked.units,
    )
    return Made(files, inside.to_json(), measured)


def _finished(read: Read, earlier: Sequence[Inside], asked: Asked) -> tuple[Finished, int]:
    """Recode, beside earlier releases if there are any: (what leaves, how many rows wait)."""
    if earlier:
        random = _chance(read.policy.seed)
        finished = beside_earlier(asked, earlier, read.rules, values=read.values, random=random)
        if not len(finished.kept):
            raise CannotReleaseError(
                "Beside the earlier releases nobody would be safe. Wait until more people have come."
            )
        return finished, read.table.rows - len(finished.kept)
    found = recode(read.rules, bearable=math.floor(read.policy.suppression * read.table.rows))
    if isinstance(found, Refusal):
        unit = "families" if read.policy.named(UNIT) else "records"
        raise CannotReleaseError(_SAID[found.reason].format(unit=unit))
    of = found.of[found.items.place]
    return Finished(found.items.trees, read.values, read.units, of, found.heads, found.levels), 0


def _released(policy: TablePolicy) -> list[str]:
    """List the columns that leave, in the order of the policy."""
    return [name for name, role in policy.roles.items() if role not in {UNIT, DROP}]


def _tags(policy: TablePolicy) -> dict[str, str]:
    return {name: policy.tags[name] for name in _released(policy) if name in policy.tags}


def _rows(read: Read, finished: Finished) -> tuple[list[tuple[str, ...]], Ints]:
    """Put the released rows in the order of their values: (rows, the place of each in the table)."""
    kept = finished.kept
    columns: list[tuple[list[str], Ints]] = []
    quasi = {tree.name: j for j, tree in enumerate(finished.trees)}
    for name in _released(read.policy):
        if name in quasi:
            columns.append((finished.labels(quasi[name]), finished.of[kept]))
        else:
            column = read.table.columns[name]
            columns.append((list(column.values), column.numbers[kept]))
    ranked = [_ranked(texts, numbers) for texts, numbers in columns]
    order = np.lexsort([numbers for _, numbers in reversed(ranked)])
    cells = [[texts[number] for number in numbers[order].tolist()] for texts, numbers in ranked]
    return list(zip(*cells, strict=True)), kept[order]


def _ranked(texts: list[str], numbers: Ints) -> tuple[list[str], Ints]:
    known = sorted(set(texts))
    rank = {text: place for place, text in enumerate(known)}
    return known, np.array([rank[text] for text in texts], dtype=np.int64)[numbers]


def _manifest(read: Read, measured: Measured, files: Mapping[str, bytes]) -> dict[str, Json]:
    policy = read.policy
    columns: dict[str, Json] = {}
    ordered = {column.name for column in read.rules.columns if column.ordered}
    for name in _released(policy):
        tag = {"hxl": policy.tags[name]} if name in policy.tags else {}
        columns[name] = {"role": policy.roles[name], "ordered": name in ordered, **tag}
    rules = policy.rules
    return {
        "columns": columns,
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in files.items()
        },
        "format": FORMAT,
        "hierarchies": {
            name: [list(path) for _, path in sorted(tree.paths.items())]
            for name, tree in policy.hierarchies.items()
        },
        "promised": {
            "delta": rules.delta,
            "entropy_l": rules.entropy_l,
            "k": rules.k,
            "l": rules.l,
            "suppression_limit": policy.suppression,
            "t": rules.t,
            "top_share": rules.top_share,
        },
        "rounded": measured.rounded,
        "unit": measured.unit,
    }


def _sealed(manifest: dict[str, Json]) -> bytes:
    """Add the digest of all the rest, so that one changed byte of the manifest itself is noticed."""
    return canonical({**manifest, "rest_sha256": hashlib.sha256(canonical(manifest)).hexdigest()})


def _chance(seed: int | None) -> Callable[[int], bytes]:
    """Draw from the seed, the same each time; without one from the machine."""
    if seed is None:
        return secrets.token_bytes
    drawn = iter(range(1 << 62))
    return lambda count: hashlib.shake_256(f"{seed} {next(drawn)}".encode()).digest(count)


def _write(out: Path, made: Made) -> None:
    """Write all of it or nothing: first beside its place, then moved there."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise InvalidError(f"{out} cannot be written: {error.strerror}.") from None
    try:
        folder = scratch / "folder"
        folder.mkdir()
        for name, data in sorted(made.files.items()):
            (folder / name).write_bytes(data)
        record = scratch / "record"
        record.touch(mode=0o600)
        record.write_bytes(made.inside)
        record.replace(beside(out))
        try:
            folder.rename(out)
        except BaseException:  # also when somebody stops it here
            beside(out).unlink()
            raise
    except OSError as error:
        raise InvalidError(f"{out} cannot be written: {error.strerror}.") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
