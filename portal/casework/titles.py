"""A case in a few words of those who work on it: what the queue shows beside its number."""

from datetime import datetime
from uuid import UUID

from portal.casework.access import claim_of, find, open_case
from portal.casework.models import CaseTitle
from portal.database import PortalSession
from portal.errors import InvalidError, RefusedError
from portal.ledger.service import note
from portal.permissions import Permission
from portal.staff.actor import Actor
from portal.vault.seal import Label

LONGEST = 80


def entitle(session: PortalSession, *, by: Actor, case_id: UUID, text: str, now: datetime) -> None:
    """Give a case its few words, or take them away: by the holder, or by a lead."""
    by.require(Permission.CASE_MARK)
    submission = find(session, by=by, case_id=case_id, lock=True)
    held = claim_of(session, submission)
    if not by.may(Permission.CASE_APPROVE) and (held is None or held.staff_id != by.id):
        raise RefusedError
    words = " ".join(text.split())
    if len(words) > LONGEST:
        raise InvalidError("Please make it shorter.")
    opened = open_case(session, submission, by=by)
    row = session.get(CaseTitle, case_id, populate_existing=True)
    if row is None:
        row = CaseTitle(submission_id=case_id, version=0)
        session.add(row)
    row.version += 1
    row.by, row.day = by.name, now.date()
    row.blob = opened.key.seal(Label.CASE_TITLE, case_id, {"text": words}, version=row.version)
    note(session, "case.entitle", by=by.name, subject=case_id)
