"""Publishing: one of the two who made a table of patterns asks, the other looks and approves; both stop it.

What is shown is made of the finished archive alone, which nobody else can open. Each of the two makes it of
their own copy; it has to be the same. Nothing of the accounts is counted again.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import editions, numbers
from portal.intake.edition_models import Edition, Ending
from portal.intake.numbers import Document, NumbersError
from portal.ledger.service import note
from portal.permissions import Group, Permission
from portal.release.check import UnsafeReleaseError
from portal.release.check_patterns import verify_patterns
from portal.release.grid import Axis, Grid
from portal.release.models import Release, ReleaseFile, ReleaseKey, ReleaseState
from portal.release.pattern_tables import stood
from portal.release.place_names import place_names, unknown_places
from portal.release.plans import PLACES, Plan, Side, is_plan
from portal.release.publication_models import Publication, PublicationState
from portal.release.sealing import Inside, open_archive, open_inside
from portal.release.tables import MANIFEST, TABLE, unpacked
from portal.release.withdrawals import taken_back
from portal.staff import service as staff
from portal.staff.actor import Actor

DAYS = 30
"""A request that nobody decided within so many days has run out."""

_CHANGED = "This request was changed or decided meanwhile. Look at it again."
_RUN_OUT = "This request is older than 30 days. It has to be made anew."
_NO_PATTERNS = "Only a table of patterns can be shown to everybody, and none that was recalled."
_TWICE = "This table waits for a decision already, or is shown now."
_UNSAFE = "The independent check found a fault. Nothing is shown."
_OTHER = "What would be shown is not what was asked for: names of places changed meanwhile. Ask anew."
_HIDDEN_PLACE = (
    "The table names a place that the registry does not show to everybody any more, "
    "or shows by another name. Make a new table."
)
_BROKEN = "What is public differs from what was published. Take it back before anything else is shown."
_TOGETHER = "Somebody else published or took back at this moment. Look again."


class _Opened(NamedTuple):
    """A finished archive, and what it becomes on the public page."""

    files: dict[str, bytes]
    manifest: dict[str, Any]
    document: bytes


@dataclass(frozen=True)
class Proposal:
    """A request as one of the two sees it, with what everybody would see."""

    publication: Publication
    document: Document = field(repr=False)
    may_decide: bool
    gone: Sequence[date]
    """Days on which accounts in it were taken back since it was made; for leads who hold the key."""


def publishable(session: PortalSession, *, by: Actor, release_id: UUID) -> bool:
    """Tell whether this person could ask now that a release be shown to everybody."""
    row = session.get(Release, release_id)
    if row is None or not by.may(Permission.RELEASE_SEE) or not _is_patterns(row):
        return False
    return _key_of(session, release_id, by) is not None and not _open(session, release_id)


def ask(session: PortalSession, *, by: Actor, release_id: UUID, now: datetime) -> Publication:
    """Ask that a finished table of patterns be shown to everybody."""
    by.require(Permission.RELEASE_SEE)
    row = session.get(Release, release_id, populate_existing=True, with_for_update=True)
    if row is None:
        raise NotFoundError
    if not _is_patterns(row):
        raise InvalidError(_NO_PATTERNS)
    opened = _opened(session, by, release_id)
    if _open(session, release_id):
        raise InvalidError(_TWICE)
    _checked(opened, None)
    _all_shown(session, by, opened)
    made = Publication(
        id=uuid4(),
        release_id=release_id,
        digest=hashlib.sha256(opened.document).hexdigest(),
        asked_by=by.id,
        asked_name=by.name,
        asked=now.date(),
    )
    session.add(made)
    note(session, "publication.ask", by=by.name, subject=made.id)
    return made


def look(session: PortalSession, *, by: Actor, publication_id: UUID, now: datetime) -> Proposal:
    """Show one of the two what everybody would see."""
    by.require(Permission.RELEASE_SEE)
    row = _find(session, publication_id)
    opened = _opened(session, by, row.release_id)
    if hashlib.sha256(opened.document).hexdigest() != row.digest:
        raise StaleError(_OTHER)
    inside = _inside(session, row.release_id, by)
    note(session, "publication.look", by=by.name, subject=row.id)
    return Proposal(
        row,
        numbers.read(opened.document),
        row.state is PublicationState.ASKED and row.asked_by != by.id and not _run_out(row, now),
        taken_back(session, inside.members) if inside else [],
    )


def approve(
    session: PortalSession, *, by: Actor, publication_id: UUID, revision: int, key: bytes, now: datetime
) -> Edition:
    """Show it to everybody, in the place of what was shown before; ``key`` is that of the ledger's tags."""
    row = _to_decide(session, by=by, publication_id=publication_id, revision=revision, now=now)
    # Locked, so that a recall comes before it is shown, or after.
    if not _is_patterns(
        session.get_one(Release, row.release_id, populate_existing=True, with_for_update=True)
    ):
        raise InvalidError(_NO_PATTERNS)
    opened = _opened(session, by, row.release_id)
    if hashlib.sha256(opened.document).hexdigest() != row.digest:
        raise StaleError(_OTHER)
    _checked(opened, _inside(session, row.release_id, by))
    _all_shown(session, by, opened)
    before = editions.rows(session, locked=True)
    if editions.shown(session, key=key).broken or _lost(session):
        raise InvalidError(_BROKEN)
    if before and before[0].ended is None:
        _end(before[0], Ending.REPLACED, key=key, day=now.date())
    made = Edition(
        number=before[0].number + 1 if before else 1,
        day=now.date(),
        sha256=row.digest,
        table_sha256=hashlib.sha256(opened.files[TABLE]).hexdigest(),
        document=opened.document,
        ended=None,
        ending=None,
    )
    made.tag = editions.tag_of(key, made)
    session.add(made)
    row.edition = made.number
    _close(session, row, PublicationState.PUBLISHED, by=by, now=now)
    return made


def decline(
    session: PortalSession, *, by: Actor, publication_id: UUID, revision: int, now: datetime
) -> Publication:
    """Refuse a request; the person who asked may take it back in the same way."""
    by.require(Permission.RELEASE_SEE)
    row = _find(session, publication_id, locked=True)
    if _key_of(session, row.release_id, by) is None:
        raise RefusedError
    if row.state is not PublicationState.ASKED or row.revision != revision:
        raise StaleError(_CHANGED)
    return _close(session, row, PublicationState.DECLINED, by=by, now=now)


def take_back(session: PortalSession, *, by: Actor, number: int, key: bytes, now: datetime) -> Edition:
    """Show nothing any more, at once; one person is enough.

    It is the way out, too, of a changed row, and of one that is gone: what was published under its number is
    written down as taken back.
    """
    by.require(Permission.RELEASE_SEE)
    if staff.present(session, staff_id=by.id, hold=True) is None:
        raise RefusedError
    found = next((one for one in editions.rows(session, locked=True) if one.number == number), None)
    row = session.scalar(select(Publication).where(Publication.edition == number))
    if found is None and row is not None:
        found = _again(row, number, now.date())
        session.add(found)
    elif found is None or (found.ended is not None and editions.holds(key, found)):
        raise StaleError(_CHANGED)
    if row is not None:
        found.sha256 = row.digest
        row.ended_by, row.ended_name = by.id, by.name
    _end(found, Ending.TAKEN_BACK, key=key, day=now.date())
    note(session, "publication.take-back", by=by.name, subject=row.id if row else None)
    _flush(session)
    return found


def _again(row: Publication, number: int, today: date) -> Edition:
    """Make the row of an edition anew of what is left of it; which table it was is not known here."""
    return Edition(number=number, day=row.decided or today, sha256=row.digest, table_sha256="", document=None)


def publications(session: PortalSession, *, by: Actor) -> Sequence[Publication]:
    """List all requests, those that wait first, then the newest."""
    by.require(Permission.RELEASE_SEE)
    decided = Publication.state != PublicationState.ASKED
    order = (decided, Publication.edition.desc(), Publication.asked.desc(), Publication.id)
    return session.scalars(select(Publication).order_by(*order)).all()


def numbered(session: PortalSession, *, by: Actor) -> set[int]:
    """Name all editions that were ever shown, those whose rows are gone among them."""
    by.require(Permission.RELEASE_SEE)
    return {one.number for one in editions.rows(session)} | _lost(session)


def recalled(session: PortalSession, *, by: Actor) -> Sequence[int]:
    """Name the editions that are shown though their release was recalled."""
    by.require(Permission.RELEASE_SEE)
    query = (
        select(Edition.number)
        .join(Publication, Publication.edition == Edition.number)
        .join(Release, Release.id == Publication.release_id)
        .where(Edition.ended.is_(None), Release.recalled.is_not(None))
    )
    return session.scalars(query).all()


def _is_patterns(row: Release) -> bool:
    return (
        row.state is ReleaseState.APPROVED
        and row.recalled is None
        and is_plan(row.policy)
        and bool(Plan.from_json(row.policy).patterns)
    )


def _open(session: PortalSession, release_id: UUID) -> bool:
    """Tell whether a table waits for a decision, or is shown now."""
    shown = select(Edition.number).where(Edition.ended.is_(None))
    mine = select(Publication.id).where(Publication.release_id == release_id)
    waits = Publication.state == PublicationState.ASKED
    return session.scalar(mine.where(waits | Publication.edition.in_(shown)).limit(1)) is not None


def _key_of(session: PortalSession, release_id: UUID, by: Actor) -> ReleaseKey | None:
    return session.get(ReleaseKey, (release_id, by.id))


def _opened(session: PortalSession, by: Actor, release_id: UUID) -> _Opened:
    """Open the archive with the person's own key, and make of it what would be shown."""
    kept, mine = session.get(ReleaseFile, release_id), _key_of(session, release_id, by)
    if kept is None or mine is None:
        raise RefusedError
    packed = unpacked(open_archive(release_id, by.id, by.seed, mine.blob, kept.blob))
    manifest: dict[str, Any] = json.loads(packed[MANIFEST])
    files = {name: packed[name] for name in (MANIFEST, *manifest["files"])}
    side = _side(manifest)
    names = place_names(session, by=by, side=side, places=manifest["axes"][side])
    within = {
        name: far for name, far in manifest["protection"].get("within", {}).items() if name != "percent"
    }
    try:
        return _Opened(files, manifest, numbers.write(files[TABLE], names, within))
    except NumbersError:
        raise InvalidError(_UNSAFE) from None


def _side(manifest: dict[str, Any]) -> str:
    """Say what the places of a table are."""
    return next(one.value for one in PLACES if one.value in manifest["axes"])


def _inside(session: PortalSession, release_id: UUID, by: Actor) -> Inside | None:
    kept = session.get(ReleaseFile, release_id)
    if kept is None or Group.RELEASE not in by.seeds or not by.may(Permission.RELEASE_APPROVE):
        return None
    return open_inside(release_id, by.seeds_of(Group.RELEASE), kept.inside_key, kept.inside)


def _checked(opened: _Opened, inside: Inside | None) -> None:
    """Have the files read back once more; by whoever holds the record of who was counted, against that."""
    side, axes = _side(opened.manifest), opened.manifest["axes"]
    truth = None
    if inside is not None:
        grid = Grid(tuple(Axis(name, tuple(axes[name])) for name in (side, Side.MONTH.value)))
        truth = {one.value: cells for one, cells in stood(inside.members, grid).items()}
    try:
        verify_patterns(
            opened.files,
            categories=(axes["pattern"], axes[side], axes[Side.MONTH.value]),
            noisy=opened.manifest["protection"]["kind"] == "noise",
            families=truth,
            forbidden=list(map(str, inside.members)) if inside else (),
        )
    except UnsafeReleaseError:
        raise InvalidError(_UNSAFE) from None


def _all_shown(session: PortalSession, by: Actor, opened: _Opened) -> None:
    """Refuse a table with a place that was restricted, or renamed, since the table was made."""
    side = _side(opened.manifest)
    if unknown_places(session, by=by, side=side, places=opened.manifest["axes"][side]):
        raise InvalidError(_HIDDEN_PLACE)


def _lost(session: PortalSession) -> set[int]:
    """Name the editions that were published and whose rows are not there."""
    named = select(Publication.edition).where(Publication.edition.is_not(None))
    return {one for one in session.scalars(named) if one} - set(session.scalars(select(Edition.number)))


def _find(session: PortalSession, publication_id: UUID, *, locked: bool = False) -> Publication:
    found = session.get(Publication, publication_id, populate_existing=True, with_for_update=locked or None)
    if found is None:
        raise NotFoundError
    return found


def _run_out(row: Publication, now: datetime) -> bool:
    return now.date() - row.asked > timedelta(days=DAYS)


def _to_decide(
    session: PortalSession, *, by: Actor, publication_id: UUID, revision: int, now: datetime
) -> Publication:
    """Find a request that this person may approve now, and lock it: another's, open, as it was seen."""
    by.require(Permission.RELEASE_SEE)
    here = staff.present(session, staff_id=by.id, hold=True)
    if here is None or here.role is not by.role:
        raise RefusedError
    row = _find(session, publication_id, locked=True)
    if row.asked_by == by.id:
        raise RefusedError
    if row.state is not PublicationState.ASKED or row.revision != revision:
        raise StaleError(_CHANGED)
    if _run_out(row, now):
        raise StaleError(_RUN_OUT)
    asker = staff.present(session, staff_id=row.asked_by)
    if asker is None or asker.role is by.role:
        raise RefusedError
    return row


def _end(row: Edition, ending: Ending, *, key: bytes, day: date) -> None:
    row.ended, row.ending, row.document = day, ending, None
    row.tag = editions.tag_of(key, row)


def _close(
    session: PortalSession, row: Publication, state: PublicationState, *, by: Actor, now: datetime
) -> Publication:
    row.state = state
    row.decided_by, row.decided_name, row.decided = by.id, by.name, now.date()
    act = "publication.approve" if state is PublicationState.PUBLISHED else "publication.decline"
    note(session, act, by=by.name, subject=row.id)
    _flush(session)
    return row


def _flush(session: PortalSession) -> None:
    try:
        session.flush()
    except (StaleDataError, IntegrityError):
        raise StaleError(_TOGETHER) from None
