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

from sqlalchemy import select

from portal.database import Base, PortalSession
from portal.errors import NotFoundError, StaleError
from portal.intake import receivers
from portal.intake.models import Receiver
from portal.ledger import service as ledger
from portal.ledger.models import LedgerEntry
from portal.ledger.recorder import lock
from portal.ledger.rows import digests
from portal.release.instructions import HOW_TO_VERIFY, how_to_verify
from portal.release.models import Release, ReleaseManifest
from portal.release.signing import SIGNATURE, mark, sign
from portal.release.tables import MANIFEST, archive, unpacked
from portal.vault import age

ZIP, AGE = "release.zip", "release.zip.age"
NO_KEY = (
    "This body has no age key yet, so the file cannot be handed out. "
    "An administrator enters the key under Receivers."
)

OTHER_KEY = (
    "The key of this body was changed past the portal. Nothing is handed out: "
    "have the ledger checked, then enter the key anew."
)


@dataclass(frozen=True)
class HandedOut:
    """A file that leaves, its name, and what the ledger says of it."""

    name: str
    data: bytes = field(repr=False)
    detail: Mapping[str, str]


def completed(archived: bytes, *, seed: bytes) -> bytes:
    """Add to the files the signature of the release group, whose newest seed this is, and how to check it."""
    files = unpacked(archived)
    files[SIGNATURE] = sign(seed, files[MANIFEST])
    files[HOW_TO_VERIFY] = how_to_verify(mark(seed))
    return archive(files)


def hand_out(session: PortalSession, release: Release, archived: bytes) -> HandedOut:
    """Return the file as it may leave: encrypted if it is for a body of the list.

    `StaleError` when the body has ended, has no key, or one that was not entered through the portal.
    """
    files = unpacked(archived)
    digest = hashlib.sha256(files[MANIFEST]).digest()
    receiver = None if release.receiver_id is None else receivers.find(session, release.receiver_id)
    if receiver is not None and receiver.age is None:
        raise StaleError(NO_KEY)
    if receiver is not None and not _as_entered(session, receiver):
        raise StaleError(OTHER_KEY)
    data = archive({**files, **_entered(session, release, digest)})
    detail = {"manifest": digest.hex()}
    if receiver is None or receiver.age is None:
        return HandedOut(ZIP, data, detail)
    return HandedOut(AGE, age.encrypt(data, receiver.age), {**detail, "age": age.fingerprint(receiver.age)})


def _entered(session: PortalSession, release: Release, digest: bytes) -> dict[str, bytes]:
    """Put the manifest's digest into the ledger; from then on return the entry that has it, and its proof."""
    lock(session.connection())  # of two who fetch it at once, one enters it
    if session.get(ReleaseManifest, release.id, populate_existing=True) is None:
        session.add(ReleaseManifest(release_id=release.id, digest=digest))
        session.flush()
        return {}
    number = entry_of(session, release.id)
    if number is None:
        return {}
    found = {f"entry-{number}.json": ledger.body_of(session, number)}
    with suppress(NotFoundError):  # no head covers it yet
        found[f"entry-{number}.tlog-proof"] = ledger.proof(session, number).text().encode()
    return found


def _as_entered(session: PortalSession, receiver: Receiver) -> bool:
    """Tell whether a body stands as the ledger knows it: a key that was exchanged in the database is seen."""
    table = Base.metadata.tables[Receiver.__tablename__]
    (now,) = digests(session.connection(), table, [(receiver.id,)]).values()
    named = f'["{table.name}","{receiver.id.hex}",'.encode()
    query = select(LedgerEntry.body).order_by(LedgerEntry.seq.desc())
    if receiver.age_day is not None:
        query = query.where(LedgerEntry.day >= receiver.age_day)
    with closing(session.scalars(query.execution_options(yield_per=1000))) as bodies:
        last = next((body for body in bodies if named in body), b'{"rows":[]}')
    return [table.name, receiver.id.hex, now.hex()] in json.loads(last)["rows"]


def entry_of(session: PortalSession, release_id: UUID) -> int | None:
    """Return the number of the ledger's entry that names the manifest of a release."""
    row = f'["{ReleaseManifest.__tablename__}","{release_id.hex}",'.encode()
    release = session.get_one(Release, release_id)
    query = select(LedgerEntry.seq, LedgerEntry.body).order_by(LedgerEntry.seq)
    if release.decided is not None:
        query = query.where(LedgerEntry.day >= release.decided)
    with closing(session.execute(query.execution_options(yield_per=1000))) as entries:
        return next((seq for seq, body in entries if row in body), None)
