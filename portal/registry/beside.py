"""Two records beside each other: what they agree in and where they differ; and what each says."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.registry import around, names
from portal.registry.around import Tie
from portal.registry.facts import facts_of
from portal.registry.looking import several
from portal.registry.models import Record, Statement
from portal.registry.periods import Period
from portal.registry.phonetics import form, key
from portal.registry.wholes import whole
from portal.staff.actor import Actor

_PLACES = ("place_id", "parent_id")
_UNSAID = frozenset({"", "unknown", "other"})
"""What a fact says when nobody has said anything."""

Value = Record | Period | StrEnum | int | str | None
"""A fact as it is shown; None when it is not known, or not for this reader."""


@dataclass(frozen=True)
class Line:
    """One fact of two records; it agrees or it does not, where both say something."""

    name: str
    one: Value
    other: Value

    @property
    def agrees(self) -> bool | None:
        """Tell whether both say what may be the same; None when either says nothing."""
        if self.one is None or self.other is None:
            return None
        if isinstance(self.one, Period) and isinstance(self.other, Period):
            return _meet(self.one, self.other)
        if type(self.one) is str and type(self.other) is str:
            return _sounds_alike(self.one, self.other)
        return self.one == self.other


@dataclass(frozen=True)
class Told:
    """All that belongs to one record, as far as a reader may know it."""

    record: Record
    facts: Sequence[tuple[str, Value]]
    statements: Sequence[Statement]
    relations: Sequence[Tie]
    parts: Sequence[Tie]


def told(session: Session, record: Record, *, by: Actor) -> Told:
    """Gather what belongs to a record itself."""
    return Told(
        record,
        [(name, value) for name, value in _values(session, record, by).items() if value is not None],
        around.statements(session, record, by=by),
        around.relations(session, record, by=by),
        around.parts(session, record, by=by),
    )


def others_of(session: Session, record: Record, *, by: Actor) -> list[Told]:
    """Gather what belongs to each of the other records that this one is one with."""
    parts = whole(session, record.id, by=by).parts
    found = several(session, [one for one in parts if one != record.id], by=by)
    return [told(session, one, by=by) for one in found.values()]


def lines(session: Session, one: Record, other: Record, *, by: Actor) -> list[Line]:
    """Put the facts of two records of a kind side by side, without those that neither knows."""
    ones, others = (_values(session, each, by) for each in (one, other))
    made = [Line(name, value, others.get(name)) for name, value in ones.items()]
    return [line for line in made if line.one is not None or line.other is not None]


def _values(session: Session, record: Record, by: Actor) -> dict[str, Value]:
    facts = facts_of(record)
    kept = {one.name: getattr(facts, one.name) for one in fields(facts)}
    wanted = [kept[name] for name in _PLACES if isinstance(kept.get(name), UUID)]
    places = several(session, wanted, by=by)
    return {
        name: places.get(value) if name in _PLACES else _known(value)
        for name, value in kept.items()
        if not name.endswith("_tenths")
    }


def _known(value: Any) -> Any:
    if value in _UNSAID or (isinstance(value, Period) and not value):
        return None
    return value


def _sounds_alike(one: str, other: str) -> bool:
    """Tell whether two texts are one in some spelling of either script."""
    return names.loose(one) == names.loose(other) or key(form(one)) == key(form(other)) != 0


def _meet(one: Period, other: Period) -> bool:
    """Tell whether two dates may be the same day; words that were not understood must be equal."""
    if not (one.placed and other.placed):
        return one.words == other.words
    starts = [each.earliest for each in (one, other) if each.earliest]
    ends = [each.latest for each in (one, other) if each.latest]
    return not starts or not ends or max(starts) <= min(ends)
