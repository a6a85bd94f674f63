"""What is handed out of an approved release: its files with their signature, for one receiver or for anybody.

Before the first byte leaves, the manifest's SHA-256 stands in the ledger, in a row that whoever holds the
manifest can work out.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Row, Select, select

from portal.database import Base, PortalSession
from portal.errors import NotFoundError, StaleError
from portal.intake import receivers
from portal.intake.models import Receiver
from portal.ledger import service as ledger
from portal.ledger.models import LedgerEntry
from portal.ledger.recorder import lock
from portal.ledger.rows import row_digest
from portal.ledger.tags import holds
from portal.release.instructions import HOW_TO_VERIFY, how_to_verify
from portal.release.models import Release, ReleaseManifest
from portal.release.signing import SIGNATURE, mark, sign
from portal.release.tables import MANIFEST, archive, canonical, unpacked
from portal.vault import age

ZIP, AGE = "release.zip", "release.zip.age"
ASKED = "asked"
"""The file of a sealed archive that names the request it was approved for; it stays here."""
NO_KEY = (
    "This body has no age key yet, so the file cannot be handed out. "
    "An administrator enters the key under Receivers."
)

OTHER_KEY = (
    "The key of this body was changed past the portal. Nothing is handed out: "
    "have the ledger checked, then enter the key anew."
)

OTHER_REQUEST = (
    "What this request says is not what was approved. Nothing is handed out: "
    "have the ledger checked, then ask anew."
)

_Entry = Row[int, bytes, bytes | None]


@dataclass(frozen=True)
class HandedOut:
    """A file that leaves, its name, and what the ledger says of it."""

    name: str
    data: bytes = field(repr=False)
    detail: Mapping[str, str]


def as_seen(row: Release) -> str:
    """Name all that a request asks for, so that an approval is of this and of nothing else."""
    asked = [row.policy, row.purpose, row.recipient, row.receiver_id.hex if row.receiver_id else ""]
    return hashlib.sha256(canonical(asked)).hexdigest()


def completed(archived: bytes, *, seed: bytes, asked: str) -> bytes:
    """Add the signature of the release group, whose newest seed this is, and how to check it.

    ``asked`` names the request that was approved (`as_seen`): sealed with the files, it is out of reach of
    whoever can write the request's row, and so is who receives them.
    """
    files = unpacked(archived)
    files[ASKED] = asked.encode()
    files[SIGNATURE] = sign(seed, files[MANIFEST])
    files[HOW_TO_VERIFY] = how_to_verify(mark(seed))
    return archive(files)


def hand_out(session: PortalSession, release: Release, archived: bytes, *, key: bytes) -> HandedOut:
    """Return the file as it may leave: encrypted if it is for a body of the list.

    ``key`` is that of the ledger's tags. `StaleError` when the request is not the one that was approved, and
    when the body has ended, has no key, or one that was not entered through the portal.
    """
    files = unpacked(archived)
    if files.pop(ASKED, b"") != as_seen(release).encode():
        raise StaleError(OTHER_REQUEST)
    digest = hashlib.sha256(files[MANIFEST]).digest()
    receiver = None if release.receiver_id is None else receivers.find(session, release.receiver_id)
    if receiver is not None and receiver.age is None:
        raise StaleError(NO_KEY)
    if receiver is not None and not _as_entered(session, receiver, key):
        raise StaleError(OTHER_KEY)
    data = archive({**files, **_entered(session, release, digest, key)})
    detail = {"manifest": digest.hex()}
    if receiver is None or receiver.age is None:
        return HandedOut(ZIP, data, detail)
    return HandedOut(AGE, age.encrypt(data, receiver.age), {**detail, "age": age.fingerprint(receiver.age)})


def _entered(session: PortalSession, release: Release, digest: bytes, key: bytes) -> dict[str, bytes]:
    """Put the manifest's digest into the ledger; from then on return the entry that has it, and its proof."""
    lock(session.connection())  # of two who fetch it at once, one enters it
    if session.get(ReleaseManifest, release.id, populate_existing=True) is None:
        session.add(ReleaseManifest(release_id=release.id, digest=digest))
        session.flush()
        return {}
    number = entry_of(session, release.id, key=key)
    if number is None:
        return {}
    found = {f"entry-{number}.json": ledger.body_of(session, number)}
    with suppress(NotFoundError):  # no head covers it yet
        found[f"entry-{number}.tlog-proof"] = ledger.proof(session, number).text().encode()
    return found


def _as_entered(session: PortalSession, receiver: Receiver, key: bytes) -> bool:
    """Tell whether a body, as it was read, stands as the ledger knows it: an exchanged key is seen.

    The ledger's last word of it must be the portal's. One that is not ends the search: were it passed over,
    an earlier key would count again as soon as somebody spoils the entry of a later one.
    """
    table = Base.metadata.tables[Receiver.__tablename__]
    read = row_digest(table.name, {column.name: getattr(receiver, column.name) for column in table.columns})
    named = f'["{table.name}","{receiver.id.hex}",'.encode()
    query = _entries().order_by(LedgerEntry.seq.desc())
    with closing(session.execute(query.execution_options(yield_per=1000))) as entries:
        last = next((entry for entry in entries if named in entry.body), None)
    if last is None or not _written_here(last, key):
        return False
    return [table.name, receiver.id.hex, read.hex()] in json.loads(last.body)["rows"]


def entry_of(session: PortalSession, release_id: UUID, *, key: bytes) -> int | None:
    """Return the number of the portal's entry in the ledger that names the manifest of a release."""
    row = f'["{ReleaseManifest.__tablename__}","{release_id.hex}",'.encode()
    release = session.get_one(Release, release_id)
    query = _entries().order_by(LedgerEntry.seq)
    if release.decided is not None:
        query = query.where(LedgerEntry.day >= release.decided)
    with closing(session.execute(query.execution_options(yield_per=1000))) as entries:
        return next((one.seq for one in entries if row in one.body and _written_here(one, key)), None)


def _entries() -> Select[int, bytes, bytes | None]:
    return select(LedgerEntry.seq, LedgerEntry.body, LedgerEntry.tag)


def _written_here(entry: _Entry, key: bytes) -> bool:
    """Tell whether the portal wrote an entry, and in this place."""
    return holds(key, entry.body, entry.tag) and json.loads(entry.body)["seq"] == entry.seq
