"""Linking a case to the registry: candidates with reasons, decisions that rest on the text's own words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from portal.casework import writing
from portal.casework.access import Opened, find, find_held, open_case
from portal.casework.reading import Judged, Mark
from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import consent, opening, openings
from portal.intake.models import Use
from portal.intake.openings import Deed
from portal.ledger.service import note
from portal.linking import keeping
from portal.linking.keeping import Kept
from portal.linking.models import UNDECIDED, LinkState
from portal.linking.opinions import Choice, Opinion, Settlement
from portal.linking.vocabulary import (
    Answer,
    LinkRelation,
    Target,
    Verdict,
    fits,
    needs_second,
    target_of,
)
from portal.permissions import Permission
from portal.registry import service as registry
from portal.registry.models import Record
from portal.registry.vocabulary import Basis, Certainty
from portal.registry.wholes import are_one, shown_for
from portal.staff.actor import Actor

_NOT_THERE = "The marked words do not stand in the text. Mark them anew."
_WAITS = "These words wait for a second look. Until then nothing else is linked to them."
_DIFFERENT = "Two see this differently. A lead decides on it."


@dataclass(frozen=True)
class OpenedLink:
    """An opened link; ``record`` is None when it is not for this person to see."""

    id: UUID
    record: Record | None
    record_id: UUID
    target: Target
    relation: LinkRelation
    certainty: Certainty
    basis: Basis
    mark_id: UUID
    quote: str = field(repr=False)
    comment: str = field(repr=False)
    by: str
    day: date
    state: LinkState
    second: Opinion | None = None
    settled: Settlement | None = None
    settles: UUID | None = None
    second_record: Record | None = None

    @property
    def first(self) -> Opinion:
        """What its first reviewer said."""
        choice = Choice(self.record_id, self.target, self.relation, self.certainty, self.basis)
        return Opinion(Answer.RECORD, choice, self.comment, self.by, None, self.day)

    @property
    def by_one(self) -> bool:
        """Tell whether it holds by one person's word, of the time before two were asked for."""
        two = self.second or self.settles
        return self.state is LinkState.CURRENT and needs_second(self.relation) and not two


def _linkable(session: PortalSession, opened: Opened) -> None:
    if not consent.permits(opened.submission.consents, Use.LINK, on=session.today):
        raise RefusedError


def _open(session: PortalSession, *, by: Actor, case_id: UUID) -> Opened:
    """Open a case for its holder, locked, if its source lets it be linked."""
    submission = find_held(session, by=by, case_id=case_id, permission=Permission.CASE_LINK, working=True)
    opened = open_case(session, submission, by=by)
    _linkable(session, opened)
    return opened


def target(record: Record) -> Target | None:
    """Return what a record is to linking."""
    return target_of(record.kind, record.place.kind if record.place else None)


# Looking


def mark_of(session: PortalSession, *, by: Actor, case_id: UUID, mark_id: UUID) -> Mark:
    """Open the words that a link is to rest on; noted."""
    by.require(Permission.CASE_LINK)
    opened = open_to_link(session, by=by, case_id=case_id)
    found = mark_as_seen(session, opened, mark_id, by=by)
    note(session, "mark.read", by=by.name, subject=case_id)
    return found


def mark_as_seen(session: PortalSession, opened: Opened, mark_id: UUID, *, by: Actor) -> Mark:
    """Open marked words of an open case, without what a second reviewer may not know."""
    mark = writing.find_mark(session, opened, mark_id)[1]
    return keeping.as_seen(mark, keeping.undecided_words(session, opened, by=by).get(mark_id, ()), by)


def open_to_link(session: PortalSession, *, by: Actor, case_id: UUID) -> Opened:
    """Open a case to look for what it may be linked to, if its source lets it be linked."""
    by.require(Permission.CASE_LINK)
    opened = open_case(session, find(session, by=by, case_id=case_id), by=by)
    _linkable(session, opened)
    return opened


def linked_to(session: PortalSession, opened: Opened, *, by: Actor) -> dict[UUID, tuple[LinkRelation, ...]]:
    """Return the records that an open case is linked to, as they are shown, each with what it is to it."""
    kept = keeping.links_of(session, opened, states=(LinkState.CURRENT,))
    choices = [one.first.choice for one in kept if one.first.choice]
    shown = shown_for(session, [one.record_id for one in choices], by=by)
    found: dict[UUID, list[LinkRelation]] = {}
    for one in choices:
        found.setdefault(shown[one.record_id], []).append(one.relation)
    return {record_id: tuple(relations) for record_id, relations in found.items()}


def linkable(session: PortalSession, record_id: UUID, *, by: Actor) -> tuple[Record, Target]:
    """Find a record that a case can be linked to, and what it is to linking."""
    record = registry.find(session, record_id, by=by)
    leads_to = target(record)
    if leads_to is None:
        raise InvalidError("A case can be linked to a person, a prison or a grave.")
    return record, leads_to


def links_of(session: PortalSession, *, by: Actor, case_id: UUID) -> list[OpenedLink]:
    """Open the links of a case, those that hold first; none without the source's leave.

    While a second look waits, nothing that rests on its words is shown to whoever may yet look.
    """
    by.require(Permission.CASE_READ)
    submission = find(session, by=by, case_id=case_id)
    if not consent.permits(submission.consents, Use.LINK, on=session.today):
        return []
    kept = keeping.knowable(session, keeping.links_of(session, open_case(session, submission, by=by)), by=by)
    shut = {one.mark_id for one in kept if one.hidden_from(by)}
    records = _records(session, kept, by=by)
    # What was taken back may rest on the same words under an older mark.
    told = [one for one in kept if not shut or one.row.state is LinkState.CURRENT or one.decided_by(by)]
    links = [_opened_link(one, records) for one in told if one.mark_id not in shut]
    return sorted(
        links, key=lambda one: (one.state is not LinkState.CURRENT, one.target, one.day, str(one.id))
    )


def history(session: PortalSession, *, by: Actor, case_id: UUID) -> list[OpenedLink]:
    """Open the links of a case to see how each came about; noted."""
    found = links_of(session, by=by, case_id=case_id)
    note(session, "link.history", by=by.name, subject=case_id)
    return found


def _records(session: PortalSession, kept: Sequence[Kept], *, by: Actor) -> dict[UUID, Record]:
    wanted = {hand.choice.record_id: None for one in kept for hand in one.hands if hand.choice}
    return registry.several(session, [*wanted], by=by)


def _opened_link(kept: Kept, records: dict[UUID, Record]) -> OpenedLink:
    first, second = kept.first, kept.second.choice if kept.second else None
    assert first.choice is not None  # noqa: S101 - a link names a record, for the type checker
    return OpenedLink(
        id=kept.row.id,
        record=records.get(first.choice.record_id),
        record_id=first.choice.record_id,
        target=first.choice.target,
        relation=first.choice.relation,
        certainty=first.choice.certainty,
        basis=first.choice.basis,
        mark_id=kept.mark_id,
        quote=kept.quote,
        comment=first.comment,
        by=first.by,
        day=first.day,
        state=kept.row.state,
        second=kept.second,
        settled=kept.settled,
        settles=kept.settles,
        second_record=records.get(second.record_id) if second else None,
    )


# Deciding


def link(
    session: PortalSession,
    *,
    by: Actor,
    case_id: UUID,
    mark_id: UUID,
    record_id: UUID,
    relation: LinkRelation,
    certainty: Certainty,
    basis: Basis,
    comment: str = "",
    now: datetime,
) -> UUID:
    """Say that the case concerns a record; it rests on marked words, and the same is not said twice.

    Death, burial and perpetrator hold only once a second reviewer has said the same (`reviewing`).
    """
    opened = _open(session, by=by, case_id=case_id)
    choice = chosen(session, record_id, relation, certainty, basis, by=by)
    words = standing_words(session, opened, mark_id)
    _check_new(session, opened, mark_id, choice, by=by)
    state = LinkState.WAITING if needs_second(relation) else LinkState.CURRENT
    said = Opinion(Answer.RECORD, choice, comment.strip(), by.name, by.id, now.date())
    row = keeping.add(session, opened, mark_id=mark_id, quote=words.at.quote, said=said, state=state)
    writing.rest(session, opened, mark_id=mark_id, link_id=row.id)
    if state is LinkState.CURRENT:
        tell(session, opened, Deed.LINKED, by=by)
    session.flush()
    note(session, "link.add", by=by.name, subject=case_id)
    return row.id


def chosen(
    session: PortalSession,
    record_id: UUID,
    relation: LinkRelation,
    certainty: Certainty,
    basis: Basis,
    *,
    by: Actor,
) -> Choice:
    """Return a choice that can be made: of a record that is there, in a relation that fits it."""
    _, leads_to = linkable(session, record_id, by=by)
    if not fits(leads_to, relation):
        raise InvalidError("This relation cannot be said of such a record.")
    return Choice(record_id, leads_to, relation, certainty, basis)


def standing_words(session: PortalSession, opened: Opened, mark_id: UUID) -> Mark:
    """Return the marked words, which must truly stand in the text where they are said to stand."""
    words = writing.find_mark(session, opened, mark_id)[1]
    if not words.fits or not words.at.quote.strip():
        raise InvalidError(_NOT_THERE)
    return words


def _check_new(session: PortalSession, opened: Opened, mark_id: UUID, choice: Choice, *, by: Actor) -> None:
    """Refuse what was said already; of what waits, the answer tells nobody but its first reviewer.

    Of what names a record that is not theirs to know, nobody is told that it waits.
    """
    there = keeping.links_of(session, opened, states=(LinkState.CURRENT, *UNDECIDED))
    for one in keeping.knowable(session, there, by=by):
        if one.row.state in UNDECIDED and one.mark_id == mark_id:
            raise StaleError(_WAITS)
        said = one.first.choice
        alike = said is not None and said.relation is choice.relation
        if not alike or said is None or one.hidden_from(by):
            continue
        if are_one(session, said.record_id, choice.record_id, by=by):
            raise StaleError("The case is already linked to this record in this way.")


def tell(session: PortalSession, opened: Opened, deed: Deed, *, by: Actor) -> None:
    """Tell the source what came of their account."""
    thread = opening.thread_of(opened.parts)
    openings.tell(session, opened.submission, deed, role=by.role.value, thread=thread)


def take_back(session: PortalSession, *, by: Actor, case_id: UUID, link_id: UUID) -> None:
    """Take a link back; it is kept as superseded, and the words are free again.

    While it waits for a second look, only who made it takes it back; what two see differently, nobody.
    """
    opened = _open(session, by=by, case_id=case_id)
    one = next((one for one in keeping.links_of(session, opened) if one.row.id == link_id), None)
    if one is None or one.hidden_from(by):
        raise NotFoundError
    if one.row.state is LinkState.DISPUTED:
        raise StaleError(_DIFFERENT)
    held = one.row.state is LinkState.CURRENT
    if not held and one.row.state is not LinkState.WAITING:
        raise StaleError("This link was already taken back.")
    writing.lift(session, opened, mark_id=one.mark_id, link_id=link_id)
    one.row.state = LinkState.SUPERSEDED
    if held:
        tell(session, opened, Deed.UNLINKED, by=by)
    note(session, "link.take-back", by=by.name, subject=case_id)


def judge(
    session: PortalSession,
    *,
    by: Actor,
    case_id: UUID,
    mark_id: UUID,
    record_ids: Sequence[UUID],
    verdict: Verdict | None,
    now: datetime,
) -> None:
    """Keep with marked words that they do not mean these records, or perhaps; None takes that back.

    Sealed with the mark and gone with it. The last to say so is who is named; the ledger names no record.
    """
    opened = _open(session, by=by, case_id=case_id)
    mark = writing.find_mark(session, opened, mark_id)[1]
    for record_id in record_ids if verdict else ():
        linkable(session, record_id, by=by)
    # What somebody may not see now, they neither change nor learn of.
    seen = mark_as_seen(session, opened, mark_id, by=by).judged
    kept = [one for one in mark.judged if one.record_id not in record_ids or one not in seen]
    if verdict is None and len(kept) == len(mark.judged):
        raise StaleError("This was already taken back.")
    day, ids = now.date(), dict.fromkeys(record_ids)
    new = [Judged(record_id, verdict.value, by.name, day) for record_id in ids] if verdict else []
    writing.judge(session, opened, mark_id=mark_id, judged=[*kept, *new])
    note(session, "link.judge", by=by.name, subject=case_id)
