"""The second look at death, burial and perpetrator, blind to the first; and a lead where two differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from uuid import UUID

from sqlalchemy import select

from portal.casework import digest, writing
from portal.casework.access import Opened, find, open_case
from portal.casework.allowed import hexed, readable, saying_yes
from portal.casework.reading import Mark
from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import consent
from portal.intake.models import GONE, Status, Submission, Use
from portal.intake.openings import Deed
from portal.ledger.service import note
from portal.linking import keeping, service
from portal.linking.candidates import Passage, passage
from portal.linking.keeping import LEAD, SECOND, Kept
from portal.linking.models import Link, LinkState
from portal.linking.opinions import Choice, Opinion, Settlement, agree
from portal.linking.vocabulary import Answer, LinkRelation, Outcome
from portal.permissions import Permission
from portal.registry.vocabulary import Basis, Certainty
from portal.registry.wholes import are_one
from portal.staff.actor import Actor

PAGE = 20
_AT_ONCE = 50
"""Cases that are opened in one go to see whose look they wait for."""
MOST = 1_000
"""Cases that are looked through for one list, the longest waiting first."""
_LETTERS = 2_000
RESTING = (*GONE, Status.SET_ASIDE)
"""Where a case stands of which nothing is asked."""
_GONE = "This does not wait for you any more. Nothing of what you chose was kept."
_NO_REASON = "Say why. The reason is kept with the decision."


@dataclass(frozen=True)
class Waiting:
    """A question that somebody may answer: in which case, about which words, and nothing of any answer."""

    case_id: UUID
    link_id: UUID
    quote: str = field(repr=False)


@dataclass(frozen=True)
class Given:
    """What somebody answers to a question; ``record_id`` and the rest go with the answer that names one."""

    answer: Answer
    record_id: UUID | None = None
    relation: LinkRelation | None = None
    certainty: Certainty | None = None
    basis: Basis | None = None
    comment: str = field(repr=False, default="")


# Looking


def waiting(session: PortalSession, *, by: Actor, page: int = 1) -> tuple[list[Waiting], bool]:
    """List the words that wait for this person's second look, the longest waiting case first; noted.

    What they decided on themselves is not among it, nor what names a record that is not open to them.
    """
    by.require(Permission.CASE_LINK)
    return _page(session, LinkState.WAITING, by=by, page=page)


def disputed(session: PortalSession, *, by: Actor, page: int = 1) -> tuple[list[Waiting], bool]:
    """List what two saw differently and this lead may settle, being neither of the two; noted."""
    by.require(Permission.CASE_APPROVE)
    return _page(session, LinkState.DISPUTED, by=by, page=page)


def _page(session: PortalSession, state: LinkState, *, by: Actor, page: int) -> tuple[list[Waiting], bool]:
    first = (page - 1) * PAGE
    found = list(islice(_open_to(session, state, by=by), first, first + PAGE + 1))
    shown = found[:PAGE]
    note(
        session,
        "link.look-through",
        by=by.name,
        detail={"shown": " ".join(str(one.case_id) for one in shown)},
    )
    return shown, len(found) > PAGE


def _open_to(session: PortalSession, state: LinkState, *, by: Actor) -> Iterator[Waiting]:
    for some in _opened_links(session, state, by=by):
        for one in _to_decide(session, some, by=by):
            yield Waiting(one.row.submission_id, one.row.id, one.quote)


def links_that_are(session: PortalSession, state: LinkState, *, by: Actor) -> Iterator[Kept]:
    """Open the links in a state of all cases that this person may open, the longest waiting case first."""
    for some in _opened_links(session, state, by=by):
        yield from some


def _opened_links(session: PortalSession, state: LinkState, *, by: Actor) -> Iterator[list[Kept]]:
    cases = _cases(session, state, by=by)[:MOST]
    for start in range(0, len(cases), _AT_ONCE):
        some = cases[start : start + _AT_ONCE]
        opened = {
            one.opened.submission.id: one.opened
            for one in digest.gather(session, by=by, case_ids=some, texts=False)
            if consent.permits(one.decisions, Use.LINK, on=session.today)
        }
        yield keeping.links_in(session, opened, states=(state,))


def _cases(session: PortalSession, state: LinkState, *, by: Actor) -> list[UUID]:
    """Return the cases that may be read and linked now and have a link in a state, the longest waiting first.

    Who may be asked is known before anything is opened, so that what is shut takes no time either.
    """
    query = (
        select(hexed(Link.submission_id))
        .join(Submission, Submission.id == Link.submission_id)
        .where(Link.state == state, Submission.status.not_in(RESTING))
        .distinct()
    )
    asked = {bytes.fromhex(one) for one in session.scalars(query)}
    linkable = saying_yes(session, Use.LINK)
    return [UUID(bytes=one) for one in readable(session, by=by) if one in asked and one in linkable]


def beyond(session: PortalSession, *, by: Actor) -> bool:
    """Tell whether more cases ask for a second look, or a third, than are looked through for one list."""
    states = (LinkState.WAITING, LinkState.DISPUTED)
    return any(len(_cases(session, state, by=by)) > MOST for state in states)


def _to_decide(session: PortalSession, links: Sequence[Kept], *, by: Actor) -> list[Kept]:
    """Keep what is for this person to decide on: none of theirs, all of records that they may know."""
    return [one for one in keeping.knowable(session, links, by=by) if not one.decided_by(by)]


def question(session: PortalSession, *, by: Actor, case_id: UUID, link_id: UUID) -> Mark:
    """Open the words that wait for this person's second look, and nothing that was said of them; noted."""
    opened = service.open_to_link(session, by=by, case_id=case_id)
    one = _asked(session, opened, link_id, by=by)
    note(session, "mark.read", by=by.name, subject=case_id)
    return service.mark_as_seen(session, opened, one.mark_id, by=by)


def question_about(session: PortalSession, *, by: Actor, case_id: UUID, mark_id: UUID) -> UUID | None:
    """Return the question about marked words that waits for this person, if there is one."""
    opened = service.open_to_link(session, by=by, case_id=case_id)
    asked = keeping.undecided_words(session, opened, by=by).get(mark_id, ())
    waits = [one for one in asked if one.row.state is LinkState.WAITING]
    return next((one.row.id for one in _to_decide(session, waits, by=by)), None)


def _asked(session: PortalSession, opened: Opened, link_id: UUID, *, by: Actor) -> Kept:
    """Find a question; one's own, and one that is answered or taken back, are the same as none."""
    if opened.submission.status in RESTING:
        raise StaleError(_GONE)
    waits = keeping.links_of(session, opened, states=(LinkState.WAITING,))
    for one in _to_decide(session, [one for one in waits if one.row.id == link_id], by=by):
        return one
    raise StaleError(_GONE)


def dispute(session: PortalSession, *, by: Actor, case_id: UUID, link_id: UUID) -> tuple[Kept, Mark, Passage]:
    """Open what two saw differently, for the lead who is to settle it; noted."""
    by.require(Permission.CASE_APPROVE)
    opened = service.open_to_link(session, by=by, case_id=case_id)
    one = _differing(session, opened, link_id, by=by)
    note(session, "mark.read", by=by.name, subject=case_id)
    mark = service.mark_as_seen(session, opened, one.mark_id, by=by)
    return one, mark, passage(opened, mark)


def _differing(session: PortalSession, opened: Opened, link_id: UUID, *, by: Actor) -> Kept:
    """Find a dispute for a lead who is neither of the two."""
    for one in keeping.links_of(session, opened, states=(LinkState.DISPUTED,)):
        if one.row.id == link_id:
            if one.decided_by(by):
                raise RefusedError
            return one
    raise StaleError("This was decided meanwhile. Look at it again.")


# Deciding


def _locked(session: PortalSession, *, by: Actor, case_id: UUID) -> Opened:
    """Open and lock a case for a decision of somebody who need not hold it, if it may be linked."""
    submission = find(session, by=by, case_id=case_id, lock=True)
    opened = open_case(session, submission, by=by)
    if not consent.permits(submission.consents, Use.LINK, on=session.today):
        raise RefusedError
    return opened


def second(
    session: PortalSession, *, by: Actor, case_id: UUID, link_id: UUID, given: Given, now: datetime
) -> LinkState:
    """Answer a question blind; where both say the same the link holds, otherwise a lead decides.

    Returns where the link stands then. Raises `StaleError` when the question does not wait for this person.
    """
    by.require(Permission.CASE_LINK)
    opened = _locked(session, by=by, case_id=case_id)
    one = _asked(session, opened, link_id, by=by)
    service.standing_words(session, opened, one.mark_id)
    said = Opinion(
        answer=given.answer,
        choice=_choice(session, given, by=by),
        comment=_short(given.comment),
        by=by.name,
        by_id=by.id,
        day=now.date(),
    )
    keeping.decide(session, opened, link_id, number=SECOND, value=said.to_value())
    agreed = agree(one.first, said, same=partial(are_one, session, by=by))
    one.row.state = LinkState.CURRENT if agreed else LinkState.DISPUTED
    if agreed:
        service.tell(session, opened, Deed.LINKED, by=by)
    session.flush()
    note(session, "link.second", by=by.name, subject=case_id)
    return one.row.state


def _choice(session: PortalSession, given: Given, *, by: Actor) -> Choice | None:
    if given.answer is not Answer.RECORD:
        return None
    if not (given.record_id and given.relation and given.certainty and given.basis):
        raise InvalidError("Choose one of the answers.")
    return service.chosen(session, given.record_id, given.relation, given.certainty, given.basis, by=by)


def _short(text: str) -> str:
    said = text.strip()
    if len(said) > _LETTERS:
        raise InvalidError("Please make it shorter.")
    return said


def outcomes(one: Kept) -> Sequence[Outcome]:
    """Return what a lead can decide: the second's answer only where it names a record."""
    names = one.second is not None and one.second.choice is not None
    return [each for each in Outcome if names or each is not Outcome.SECOND]


def settle(
    session: PortalSession,
    *,
    by: Actor,
    case_id: UUID,
    link_id: UUID,
    outcome: Outcome,
    reason: str,
    now: datetime,
) -> None:
    """Decide between two who see something differently, with a reason; what each said stays in the history.

    By a lead who is neither of the two. The second's answer becomes a link of its own.
    """
    by.require(Permission.CASE_APPROVE)
    why = _short(reason)
    if not why:
        raise InvalidError(_NO_REASON)
    opened = _locked(session, by=by, case_id=case_id)
    one = _differing(session, opened, link_id, by=by)
    if outcome not in outcomes(one):
        raise InvalidError("Choose one of the answers.")
    said = Settlement(outcome, why, by.name, by.id, now.date())
    keeping.decide(session, opened, link_id, number=LEAD, value=said.to_value())
    one.row.state = LinkState.CURRENT if outcome is Outcome.FIRST else LinkState.OVERRULED
    if outcome is not Outcome.FIRST:
        writing.lift(session, opened, mark_id=one.mark_id, link_id=link_id)
    if outcome is Outcome.SECOND:
        _make(session, opened, one)
    if outcome is not Outcome.NEITHER:
        service.tell(session, opened, Deed.LINKED, by=by)
    session.flush()
    note(session, "link.settle", by=by.name, subject=case_id)


def _make(session: PortalSession, opened: Opened, one: Kept) -> None:
    """Make the second's answer a link that holds, on the same words."""
    said = one.second
    if said is None or said.choice is None:
        raise NotFoundError
    row = keeping.add(
        session,
        opened,
        mark_id=one.mark_id,
        quote=one.quote,
        said=said,
        state=LinkState.CURRENT,
        settles=one.row.id,
    )
    writing.rest(session, opened, mark_id=one.mark_id, link_id=row.id)
