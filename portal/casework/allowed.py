"""What permissions and keys say of many cases at once, as the databases can answer it."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, String, case, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from portal.database import PortalSession
from portal.intake import consent
from portal.intake.models import GONE, Answer, Consent, Submission, Use
from portal.permissions import Permission
from portal.staff.actor import Actor
from portal.staff.models import EpochState, GroupEpoch
from portal.store.segments import split
from portal.store.wraps import Wrap


def hexed(column: InstrumentedAttribute[UUID]) -> ColumnElement[str]:
    """Select an id as 32 hexadecimal digits on either database; making many `UUID` outlasts a search."""
    return func.replace(cast(column, String), "-", "")


def saying_yes(session: PortalSession, use: Use) -> set[bytes]:
    """Return the submissions (16 bytes each) whose source's word on a use is a yes now."""
    # The last word has the highest number, and what it says is the lowest bit: one walk along the index.
    last = (
        select(hexed(Consent.submission_id).label("id"))
        .where(Consent.use == _asked_once(use))
        .group_by(Consent.submission_id)
        .having(func.max(2 * Consent.number + case((_yes(session), 1), else_=0)) % 2 == 1)
    )
    return set(_joined(session, last)).difference(sealed_by_death(session, use))


def _asked_once(use: Use) -> Use:
    """Refuse uses asked anew, where an earlier yes no longer counts, and the one asked body by body."""
    if use in consent.ASKED_ANEW or use is Use.SHARE:
        raise ValueError(use)
    return use


def _yes(session: PortalSession) -> ColumnElement[bool]:
    return (Consent.answer == Answer.YES) & (Consent.until.is_(None) | (Consent.until >= session.today))


def _joined(session: PortalSession, query: Select[str]) -> list[bytes]:
    """Read many ids in one row, which takes a fraction of the time that as many rows take."""
    every = query.subquery()
    joined = session.scalar(select(func.aggregate_strings(every.c.id, "")))
    return split(bytes.fromhex(joined or ""))


def sealed_by_death(session: PortalSession, use: Use) -> list[bytes]:
    """Return the submissions for which their source's death ended a yes, as `consent.current` reads it.

    Only deaths are looked at after which something was to change, and no rows but those that decide it.
    """
    return [
        bytes.fromhex(case_id)
        for case_id, answer, years, day in session.execute(_deaths(use))
        if not (answer is Answer.NO and consent.opens_again(years, day, session.today))
    ]


@cache
def _deaths(use: Use) -> Select[str, Answer, int | None, date]:
    """Select whose death changed something and what they wanted, unless whom they trusted has decided since.

    Built once, because building it costs more than the database takes.
    """
    first = (
        select(Consent.submission_id, func.min(Consent.number).label("number"))
        .where(Consent.use == Use.DIED)
        .group_by(Consent.submission_id)
        .subquery()
    )
    death, wish, said = aliased(Consent), aliased(Consent), aliased(Consent)
    same = wish.submission_id == first.c.submission_id
    last_wish = _last(said, first.c.submission_id, Use.AFTER_DEATH, said.number < first.c.number)
    last_word = func.coalesce(_last(said, first.c.submission_id, use), 0)
    return (
        select(hexed(wish.submission_id), wish.answer, wish.years, death.day)
        .select_from(wish)
        .join(first, same & (wish.number == last_wish) & (wish.answer != Answer.YES))
        .join(death, (death.submission_id == wish.submission_id) & (death.number == first.c.number))
        .where((wish.answer == Answer.NO) | (last_word < first.c.number))
    )


def _last(
    said: type[Consent], submission_id: ColumnElement[UUID], use: Use, *more: ColumnElement[bool]
) -> ScalarSelect[int]:
    query = select(func.max(said.number)).where(said.submission_id == submission_id, said.use == use, *more)
    return query.scalar_subquery()


def readable(session: PortalSession, *, by: Actor) -> dict[bytes, None]:
    """Return the cases (16 bytes each) that the actor may read now, the longest waiting first."""
    by.require(Permission.CASE_READ)
    # Asked of each case and not as `saying_yes`: that many ids in their order cost more than the asking.
    last = (
        select(_yes(session))
        .where(Consent.submission_id == Submission.id, Consent.use == _asked_once(Use.READ))
        .order_by(Consent.number.desc())
        .limit(1)
    )
    theirs = (
        select(hexed(Submission.id).label("id"))
        .where(Submission.group.in_(by.circles), Submission.status.not_in(GONE))
        .where(last.scalar_subquery().is_(True))
        .order_by(Submission.day, Submission.id)
    )
    found = dict.fromkeys(_joined(session, theirs))
    for sealed in sealed_by_death(session, Use.READ):
        found.pop(sealed, None)
    return found if _holds_all(session, by) else _openable(session, by, found)


def _holds_all(session: PortalSession, by: Actor) -> bool:
    """Tell whether the actor holds every key of their circles that may still open something."""
    query = select(GroupEpoch.group, GroupEpoch.epoch).where(
        GroupEpoch.group.in_(by.circles),
        GroupEpoch.state.in_((EpochState.FORMER, EpochState.CURRENT)),
    )
    return all(epoch in by.seeds[group] for group, epoch in session.execute(query))


def _openable(session: PortalSession, by: Actor, cases: Iterable[bytes]) -> dict[bytes, None]:
    """Keep the cases of which something is wrapped to a key that the actor holds."""
    query = select(hexed(Wrap.submission_id)).where(Wrap.key_id.in_(by.circle_keys)).distinct()
    mine = {bytes.fromhex(one) for one in session.keys.scalars(query)}
    return {one: None for one in cases if one in mine}
