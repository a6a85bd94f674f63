"""What a legal hold alone keeps, after its source took it back: it goes over to the legal circle.

Before that wish a held case stays with those who read it, and the legal circle has no key to it. The face
that takes the wish in holds no key to the account, so that the first lead who can hands it over, on their
next visit to the pages of holds; until then the portal opens it for nobody.
"""

from datetime import date

from sqlalchemy import select

from portal.casework import moving
from portal.config import PublicKeys
from portal.database import PortalSession
from portal.errors import RefusedError
from portal.intake import opening
from portal.intake.models import HoldState, LegalHold, Status, Submission
from portal.ledger.service import note
from portal.permissions import Group, Permission
from portal.staff.actor import Actor
from portal.store.wraps import Wrap
from portal.vault.wrap import key_id


def hand_over(session: PortalSession, *, by: Actor, keys: PublicKeys, today: date) -> int:
    """Seal what was taken back under a hold to the legal circle alone; returns how many cases that were.

    Those are moved that the actor opens whole, by somebody who holds the legal circle's key. The copies of
    coding sheets that releases are made from are shut for good.
    """
    by.require(Permission.CASE_HOLD)
    query = (
        select(LegalHold.submission_id, LegalHold.id)
        .join(Submission)
        .where(
            Submission.status == Status.LOCKED,
            Submission.group.in_([one for one in by.circles if one is not Group.LEGAL]),
            LegalHold.state == HoldState.APPROVED,
            LegalHold.until >= today,
        )
    )
    waiting = {row.submission_id: row.id for row in session.execute(query.order_by(LegalHold.id))}
    if waiting:
        session.erase_last()
    moved = 0
    for case_id, hold_id in sorted(waiting.items()):
        submission = opening.load(session, case_id, lock=True)
        if submission.status is Status.LOCKED and _to_legal(session, submission, by=by, keys=keys):
            detail = {"hold": hold_id.hex, "to": Group.LEGAL.value}
            note(session, "hold.hand-over", by=by.name, subject=case_id, detail=detail)
            moved += 1
    return moved


def _to_legal(session: PortalSession, submission: Submission, *, by: Actor, keys: PublicKeys) -> bool:
    if Group.LEGAL not in moving.ways(by, submission, keys):
        return False
    try:
        opened = moving.open_all(session, submission, by=by)
    except RefusedError:
        return False
    moving.rewrap(session, opened.parts, to=Group.LEGAL, keys=keys)
    name = Group.RELEASE.value
    copies = {key_id(one) for one in (keys.groups[name], *keys.former.get(name, {}).values())}
    query = select(Wrap).where(Wrap.submission_id == submission.id, Wrap.key_id.in_(copies))
    for row in session.keys.scalars(query).all():
        session.keys.delete(row)
    submission.group = Group.LEGAL
    session.flush()
    return True
