"""What is dated of a record, one strand for each thing as one source says it; rivals stand side by side."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from portal.dates.calendars import Calendar
from portal.registry import around, concluding, images
from portal.registry.drawing.axis import Axis, make_axis
from portal.registry.drawing.life import Piece, event, gap, stay
from portal.registry.looking import several, visible
from portal.registry.models import Conclusion, Event, Record, Saying, Source, Statement
from portal.registry.periods import NOTHING, Period
from portal.registry.vocabulary import Kind, Predicate, RelationKind
from portal.registry.wholes import whole
from portal.staff.actor import Actor

_MOST = 60
_APART = 45
"""Days without a word from which on a gap is drawn."""

_LONGEST, _CAPTION = 30, 80
_LASTING = {RelationKind.HELD_AT, RelationKind.WORKED_AT, RelationKind.MEMBER_OF}
"""Relations that are shown on a person's line even where nobody says when."""


@dataclass(frozen=True)
class Strand:
    """One thing as one source says it: what it is, to whom it leads, when, and who says so.

    ``until`` is None for what happened at once. A conclusion has no source: it is the reviewers' own.
    """

    word: StrEnum
    since: Period
    until: Period | None = None
    other: Record | None = None
    forward: bool = True
    text: str = ""
    saying: Saying | None = None
    sources: tuple[Source, ...] = ()
    concluded: bool = False
    pieces: tuple[Piece, ...] = ()
    first: bool = True
    """Whether it is the first of what sources say of the same thing."""

    empty: bool = False
    """Whether it stands for days of which nobody says anything."""

    @property
    def subject(self) -> tuple[str, str]:
        """What rivals have in common."""
        return f"{type(self.word).__name__}.{self.word}", str(self.other.id) if self.other else self.text

    @property
    def begins(self) -> date:
        """The first day by which it is put in order; what nobody dates comes last."""
        until = self.until or NOTHING
        days = (self.since.earliest, self.since.latest, until.earliest, until.latest)
        return next((day for day in days if day is not None), date.max)


@dataclass(frozen=True)
class LifeLine:
    """A line of time and what is laid on it; `more` strands are left out."""

    axis: Axis
    strands: Sequence[Strand]
    more: int = 0


def short(source: Source) -> str:
    """Name a source in a word or two: its author and year, or the beginning of its title."""
    name = source.author.replace(";", ",").split(",")[0].strip() or source.title
    name = name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"
    return f"{name} {source.year}" if source.year else name


def life_line(
    session: Session, record: Record, *, by: Actor, calendar: Calendar, mirrored: bool
) -> LifeLine | None:
    """Lay on one line what anybody dates of a record, and of those that it is one with.

    None where no day is known of anything.
    """
    one = whole(session, record.id, by=by)
    others = [key for key in one.parts if key != record.id] if one.shown == record.id else []
    together = [record, *several(session, others, by=by).values()]
    found = ordered(strand for each in together for strand in _strands(session, each, by=by))
    dates = [(one.earliest, one.latest) for each in found for one in (each.since, each.until or NOTHING)]
    axis = make_axis(dates, calendar, mirrored=mirrored)
    if axis is None:
        return None
    laid = [replace(one, pieces=pieces(axis, one)) for one in _with_gaps(record, found)]
    return LifeLine(axis, laid[:_MOST], max(len(laid) - _MOST, 0))


def pieces(axis: Axis, strand: Strand) -> tuple[Piece, ...]:
    """Draw a strand: a stretch of time, a moment, or days of which nothing is said."""
    if strand.empty and strand.since.latest and strand.until and strand.until.earliest:
        return gap(axis, strand.since.latest, strand.until.earliest)
    if strand.until is None:
        return event(axis, strand.since)
    return stay(axis, strand.since, strand.until)


def ordered(strands: Iterable[Strand]) -> list[Strand]:
    """Put rivals beside each other, and all of them by the first day that is said of them."""
    found = list(strands)
    begins: dict[tuple[str, str], date] = {}
    for one in found:
        begins[one.subject] = min(begins.get(one.subject, date.max), one.begins)
    found.sort(key=lambda one: (begins[one.subject], one.subject, one.concluded, one.begins))
    return [
        replace(one, first=place == 0 or found[place - 1].subject != one.subject)
        for place, one in enumerate(found)
    ]


def _strands(session: Session, record: Record, *, by: Actor) -> Iterator[Strand]:
    yield from _own(record)
    for statement in around.statements(session, record, by=by):
        if statement.when and statement.predicate is not Predicate.BIRTH:
            sources = tuple(cite.source for cite in statement.citations)
            yield Strand(statement.predicate, statement.when, saying=statement, sources=sources)
        elif statement.when:
            yield _born(statement)
    for chain in concluding.conclusions(session, record, by=by):
        if not chain[0].open and chain[0].when:
            yield _concluded(chain[0])
    yield from _bonds(session, record, by=by)
    yield from _events(session, record, by=by)
    for image in images.of_record(session, record, by=by):
        if image.when:
            yield Strand(image.kind, image.when, text=image.caption[:_CAPTION], sources=(image.source,))


def _born(statement: Statement) -> Strand:
    sources = tuple(cite.source for cite in statement.citations)
    return Strand(Predicate.BIRTH, statement.when, sources=sources)


def _concluded(row: Conclusion) -> Strand:
    return Strand(row.predicate, row.when, saying=row, concluded=True)


def _own(record: Record) -> Iterator[Strand]:
    """Give what the record's own facts and names date."""
    if record.person and record.person.birth:
        cited = tuple(one.source for one in record.fact_citations if one.field == "birth")
        yield Strand(Predicate.BIRTH, record.person.birth, sources=cited)
    if record.event and record.event.when:
        yield Strand(record.event.kind, record.event.when)
    for name in record.names:
        if name.since or name.until:
            sources = (name.source,) if name.source else ()
            yield Strand(name.kind, name.since, name.until, text=name.text, sources=sources)
    lasted = record.place or record.body
    if lasted and (lasted.since or lasted.until):
        yield Strand(record.kind, lasted.since, lasted.until)


def _bonds(session: Session, record: Record, *, by: Actor) -> Iterator[Strand]:
    """Give its relations that have dates, and where a person was even without."""
    for tie in around.relations(session, record, by=by, without=around.crowds(record)):
        assert isinstance(tie.word, RelationKind)  # noqa: S101 - relations have no other, for the type checker
        lasting = record.kind is Kind.PERSON and tie.word in _LASTING
        if tie.since or tie.until or lasting:
            yield Strand(
                tie.word,
                tie.since,
                tie.until,
                other=tie.other,
                forward=tie.forward,
                text=tie.post,
                sources=(tie.source,),
            )


def _events(session: Session, record: Record, *, by: Actor) -> Iterator[Strand]:
    """Give the dated events that it had a part in, or that were at it; one for each source."""
    if record.kind is Kind.EVENT:
        return
    seen: set[UUID] = set()
    for tie in around.parts(session, record, by=by, without=around.crowds(record)):
        happened = tie.other.event
        seen.add(tie.other.id)
        if happened and happened.when:
            yield Strand(happened.kind, happened.when, other=tie.other, sources=(tie.source,))
    here = visible(by, Kind.EVENT).join(Event, Event.record_id == Record.id)
    for other in session.scalars(here.where(Event.place_id == record.id).limit(_MOST)):
        if other.event and other.event.when and other.id not in seen:
            yield Strand(other.event.kind, other.event.when, other=other)


def _with_gaps(record: Record, strands: Sequence[Strand]) -> list[Strand]:
    """Put between the prisons of a person the days of which no source says where they were."""
    held = [one for one in strands if record.kind is Kind.PERSON and one.word is RelationKind.HELD_AT]
    gaps: list[Strand] = []
    reached: date | None = None
    for first, last in sorted(span for one in held if (span := _span(one))):
        if reached and (first - reached).days > _APART:
            since, until = (Period(earliest=day, latest=day) for day in (reached, first))
            gaps.append(Strand(RelationKind.HELD_AT, since, until, text=f"{reached}", empty=True))
        reached = max(reached, last) if reached else last
    return ordered([*strands, *gaps]) if gaps else list(strands)


def _span(strand: Strand) -> tuple[date, date] | None:
    """Give the outermost days of a stay of which both ends are known."""
    until = strand.until or NOTHING
    first, last = strand.since.earliest or strand.since.latest, until.latest or until.earliest
    return (first, last) if first and last and first <= last else None
