"""Reviewers' own word that two accounts are not independent of each other; it can be taken back."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.casework.access import Opened, find, open_case
from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import consent
from portal.intake.models import Use
from portal.ledger.service import note
from portal.linking.corroboration import Bearing, Marked
from portal.linking.models import Dependence, LinkState
from portal.permissions import Permission
from portal.staff.actor import Actor
from portal.vault.seal import Label

_LETTERS = 2_000


def marked(session: PortalSession, cases: Mapping[UUID, Opened]) -> list[Marked]:
    """Open which of these open cases are not independent, in reviewers' word."""
    return [one for one in said(session, cases) if one.bearing is Bearing.AGAIN]


def said(session: PortalSession, cases: Mapping[UUID, Opened]) -> list[Marked]:
    """Open what reviewers said of these open cases; of a pair with a case that is not open, nothing."""
    query = select(Dependence).where(
        Dependence.submission_id.in_(list(cases)), Dependence.state == LinkState.CURRENT
    )
    rows = session.scalars(query.order_by(Dependence.id).execution_options(populate_existing=True))
    return [one for row in rows if (one := _opened(row, cases)) is not None]


def _opened(row: Dependence, cases: Mapping[UUID, Opened]) -> Marked | None:
    value = cases[row.submission_id].key.open(Label.DEPENDENCE, row.id, row.blob)
    other = UUID(value["other"])
    if other not in cases:
        return None
    why = cases[other].key.open(
        Label.DEPENDENCE, row.id, bytes.fromhex(value["why"]), bound=(row.submission_id,)
    )
    return Marked(
        row.id,
        row.submission_id,
        other,
        why["reason"],
        why["by"],
        date.fromisoformat(why["day"]),
        Bearing(why.get("bearing", Bearing.AGAIN)),
    )


def mark(
    session: PortalSession,
    *,
    by: Actor,
    one: UUID,
    other: UUID,
    reason: str,
    now: datetime,
    bearing: Bearing = Bearing.AGAIN,
) -> UUID:
    """Say what two accounts are to each other, with a reason; both must be open to the actor.

    Unless said otherwise: that they are not independent.

    The ledger's entry names one of them alone: that two sources know each other is for nobody else to see.
    """
    by.require(Permission.CASE_LINK)
    because = reason.strip()
    if one == other:
        raise InvalidError("Choose two different accounts.")
    if not because:
        raise InvalidError("Say why. The reason is kept with the decision.")
    if len(because) > _LETTERS:
        raise InvalidError("Please make it shorter.")
    cases = _both(session, by=by, case_ids=(one, other))
    if said(session, cases):
        raise StaleError("This was already said of the two.")
    row = Dependence(id=uuid4(), submission_id=one)
    value = {"bearing": bearing, "by": by.name, "day": now.date().isoformat(), "reason": because}
    why = cases[other].key.seal(Label.DEPENDENCE, row.id, value, bound=(one,))
    row.blob = cases[one].key.seal(Label.DEPENDENCE, row.id, {"other": str(other), "why": why.hex()})
    session.add(row)
    session.flush()
    act = "link.bind" if bearing is Bearing.AGAIN else "link.pair"
    note(session, act, by=by.name, subject=one)
    return row.id


def _both(session: PortalSession, *, by: Actor, case_ids: tuple[UUID, UUID]) -> dict[UUID, Opened]:
    """Open and lock two cases, in one order for everybody, if both may be read and linked."""
    found = {}
    for case_id in sorted(case_ids):
        submission = find(session, by=by, case_id=case_id, lock=True)
        if not consent.permits(submission.consents, Use.LINK, on=session.today):
            raise RefusedError
        found[case_id] = open_case(session, submission, by=by)
    return found


def take_back(session: PortalSession, *, by: Actor, dependence_id: UUID) -> None:
    """Take such a word back; the two count apart again, unless something else binds them."""
    by.require(Permission.CASE_LINK)
    row = session.get(Dependence, dependence_id)
    if row is None:
        raise NotFoundError
    opened = open_case(session, find(session, by=by, case_id=row.submission_id), by=by)
    other = UUID(opened.key.open(Label.DEPENDENCE, row.id, row.blob)["other"])
    cases = _both(session, by=by, case_ids=(row.submission_id, other))
    session.refresh(row)
    if row.state is not LinkState.CURRENT:
        raise StaleError("This was already taken back.")
    row.state = LinkState.SUPERSEDED
    told = _opened(row, cases)
    again = told is not None and told.bearing is Bearing.AGAIN
    note(session, "link.unbind" if again else "link.unpair", by=by.name, subject=row.submission_id)
