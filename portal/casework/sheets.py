"""The coding sheet's way: written by the holder, approved by a lead who wrote none of it."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.casework import workflow
from portal.casework.access import Opened, find, find_held, let_go, open_case
from portal.casework.coding import Sheet
from portal.casework.models import CodingSheet, SheetState
from portal.casework.reading import OpenedSheet, open_sheet
from portal.casework.sealing import open_for_release, release_wrap_place, seal_for_release
from portal.casework.workflow import Mover
from portal.casework.writing import write_note
from portal.config import PublicKeys
from portal.database import PortalSession
from portal.errors import NotFoundError, RefusedError, StaleError
from portal.intake import opening, openings
from portal.intake.models import Status, Submission
from portal.intake.openings import Deed
from portal.ledger.service import note
from portal.permissions import Group, Permission
from portal.staff.actor import Actor
from portal.store import wraps
from portal.vault.seal import Label
from portal.vault.wrap import Seeds

_CHANGED = "The sheet was changed while you had it open. Look at it again."


def _write(
    session: PortalSession, opened: Opened, sheet: Sheet, *, by: Actor, revision: int, now: datetime
) -> CodingSheet:
    """Seal the sheet anew; ``revision`` is the one that was looked at, 0 when there was none."""
    kept = open_sheet(session, opened)
    if (kept.row.revision if kept else 0) != revision:
        raise StaleError(_CHANGED)
    hands = sorted({*(kept.hands if kept else ()), by.name})
    row = kept.row if kept else CodingSheet(id=uuid4(), submission_id=opened.submission.id, version=0)
    row.version += 1
    row.written_by, row.approved_by, row.day = by.name, None, now.date()
    row.state = SheetState.DRAFT
    value = {"hands": hands, "sheet": sheet.to_json().decode()}
    row.blob = opened.key.seal(Label.CODING_SHEET, row.id, value, version=row.version)
    if kept is None:
        session.add(row)
    return row


def save(
    session: PortalSession,
    *,
    by: Actor,
    case_id: UUID,
    sheet: Sheet,
    revision: int,
    submit: bool = False,
    now: datetime,
) -> None:
    """Keep the sheet; ``submit`` also sends it, and the case, to a second reviewer."""
    submission = find_held(session, by=by, case_id=case_id, permission=Permission.CASE_CODE)
    if submission.status is not Status.IN_REVIEW:
        raise StaleError("The case no longer stands where this could be done.")
    opened = open_case(session, submission, by=by)
    row = _write(session, opened, sheet, by=by, revision=revision, now=now)
    _retire_release(session, row)
    if submit:
        workflow.check(submission.status, Status.SECOND_REVIEW, mover=Mover.HOLDER)
        row.state, submission.status = SheetState.SUBMITTED, Status.SECOND_REVIEW
    session.flush()
    note(session, "sheet.submit" if submit else "sheet.save", by=by.name, subject=case_id)


def _second(session: PortalSession, *, by: Actor, case_id: UUID, revision: int) -> tuple[Opened, OpenedSheet]:
    """Find a sheet that waits for a decision, for a lead who wrote none of it."""
    by.require(Permission.CASE_APPROVE)
    submission = find(session, by=by, case_id=case_id, lock=True)
    opened = open_case(session, submission, by=by)
    kept = open_sheet(session, opened)
    if kept is None:
        raise NotFoundError
    if by.name in kept.hands:
        raise RefusedError
    if (
        kept.row.revision != revision
        or kept.row.state is not SheetState.SUBMITTED
        or submission.status is not Status.SECOND_REVIEW
    ):
        raise StaleError(_CHANGED)
    return opened, kept


def approve(
    session: PortalSession, *, by: Actor, case_id: UUID, revision: int, keys: PublicKeys, now: datetime
) -> None:
    """Approve a colleague's sheet: a copy under a fresh key goes to the release group."""
    opened, kept = _second(session, by=by, case_id=case_id, revision=revision)
    row, submission = kept.row, opened.submission
    workflow.check(submission.status, Status.COMPLETE, mover=Mover.LEAD)
    _retire_release(session, row)
    key, row.release_blob = seal_for_release(case_id, row.id, kept.sheet.to_json())
    wraps.add(
        session,
        submission_id=case_id,
        part_id=row.id,
        key=key,
        recipients=[keys.groups[Group.RELEASE.value], keys.recovery],
        place=release_wrap_place(case_id, row.id),
        epoch_of=keys.epoch_of,
    )
    row.state, row.approved_by, row.day = SheetState.APPROVED, by.name, now.date()
    submission.status = Status.COMPLETE
    let_go(session, submission)
    thread = opening.thread_of(opened.parts)
    openings.tell(session, submission, Deed.APPROVED, role=by.role.value, thread=thread)
    session.flush()
    note(session, "sheet.approve", by=by.name, subject=case_id)


def send_back(
    session: PortalSession, *, by: Actor, case_id: UUID, revision: int, reason: str, now: datetime
) -> None:
    """Give a sheet back to its writer, with the reason as a note."""
    opened, kept = _second(session, by=by, case_id=case_id, revision=revision)
    workflow.check(opened.submission.status, Status.IN_REVIEW, mover=Mover.LEAD)
    write_note(session, opened, author=by.name, text=reason, day=now.date())
    kept.row.state = SheetState.RETURNED
    opened.submission.status = Status.IN_REVIEW
    session.flush()
    note(session, "sheet.return", by=by.name, subject=case_id)


def reopen(session: PortalSession, submission: Submission) -> None:
    """Let the sheet of a finished case be written again; until it is approved anew, no release has it."""
    row = session.scalar(select(CodingSheet).where(CodingSheet.submission_id == submission.id))
    if row is not None:
        _retire_release(session, row)
        row.state, row.approved_by = SheetState.RETURNED, None


def _retire_release(session: PortalSession, row: CodingSheet) -> None:
    """Take an earlier release copy out of reach: its key is erased, then its bytes."""
    if row.release_blob is None:
        return
    for wrap in session.keys.scalars(select(wraps.Wrap).where(wraps.Wrap.part_id == row.id)):
        session.keys.delete(wrap)
    session.keys.flush()
    row.release_blob = None


def open_released(session: PortalSession, row: CodingSheet, *, seed: Seeds) -> Sheet | None:
    """Open an approved sheet with the release group's key; None when it was erased or never approved."""
    if row.release_blob is None or row.state is not SheetState.APPROVED:
        return None
    place = release_wrap_place(row.submission_id, row.id)
    key = wraps.open_key(session, part_id=row.id, seed=seed, place=place)
    if key is None:
        return None
    return Sheet.from_json(open_for_release(key, row.submission_id, row.id, row.release_blob))
