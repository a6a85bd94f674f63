"""How many say a thing independently of each other, and where they say different things; never who is right.

Independent are narrators who do not share a source: one household, one cell, one publication counts once, and
so do two accounts of which a reviewer said so. What is not known does not bind. The rule that accounts which
lean on one another are no corroboration: HRDAG, "Source and Judgment"; research of peers, section 5.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, auto
from itertools import combinations
from typing import Generic, TypeVar
from uuid import UUID

from portal.intake.journey import Relation

HOUSEHOLD = frozenset({Relation.PARENT, Relation.SPOUSE, Relation.SIBLING, Relation.CHILD, Relation.RELATIVE})


class Tie(StrEnum):
    """Why two accounts count once."""

    NARRATOR = auto()
    HOUSEHOLD = auto()
    CELL = auto()
    PUBLISHED = auto()
    MARKED = auto()


@dataclass(frozen=True)
class Voice:
    """What is known of an account that may bind it to another one.

    ``about`` and ``narrators`` are ids of persons; ``cells`` are (prison, ward, cell), ``published`` where it
    was published before: folded, and empty where nothing is known.
    """

    case_id: UUID
    relation: Relation | None = None
    about: frozenset[UUID] = frozenset()
    narrators: frozenset[UUID] = frozenset()
    cells: frozenset[tuple[str, str, str]] = frozenset()
    published: frozenset[str] = frozenset()


class Bearing(StrEnum):
    """What two accounts are to each other, in a reviewer's word; the first are not independent."""

    AGAIN = auto()
    EVENT = auto()
    APART = auto()


@dataclass(frozen=True)
class Marked:
    """A reviewer's word on two accounts."""

    id: UUID
    one: UUID
    other: UUID
    reason: str = field(repr=False)
    by: str
    day: date
    bearing: Bearing = Bearing.AGAIN


@dataclass(frozen=True)
class Bond:
    """Why two accounts count once; ``marked`` where a reviewer said so."""

    one: UUID
    other: UUID
    tie: Tie
    marked: Marked | None = None


@dataclass(frozen=True)
class Group:
    """Accounts that count once, and why."""

    cases: tuple[UUID, ...]
    bonds: tuple[Bond, ...]


def bonds(voices: Sequence[Voice], marked: Iterable[Marked] = ()) -> list[Bond]:
    """Return why accounts are not independent, pair by pair."""
    known = {one.case_id for one in voices}
    found = [
        Bond(one.case_id, other.case_id, tie)
        for one, other in combinations(voices, 2)
        for tie in _ties(one, other)
    ]
    return found + [
        Bond(each.one, each.other, Tie.MARKED, each)
        for each in marked
        if each.one in known and each.other in known
    ]


def _ties(one: Voice, other: Voice) -> Iterable[Tie]:
    relations, of_one_person = {one.relation, other.relation}, one.about & other.about
    if one.narrators & other.narrators:
        yield Tie.NARRATOR
    if of_one_person and relations <= HOUSEHOLD:
        yield Tie.HOUSEHOLD
    if one.cells & other.cells or (of_one_person and relations == {Relation.CELLMATE}):
        yield Tie.CELL
    if one.published & other.published:
        yield Tie.PUBLISHED


def groups(case_ids: Sequence[UUID], among: Iterable[Bond]) -> list[Group]:
    """Put accounts together that hang together by any bonds; there are as many voices as groups.

    A bond with an account that is not among them binds nobody here.
    """
    leads = {one: one for one in case_ids}

    def lead(case_id: UUID) -> UUID:
        while leads[case_id] != case_id:
            case_id = leads[case_id]
        return case_id

    here = [bond for bond in among if bond.one in leads and bond.other in leads]
    for bond in here:
        leads[lead(bond.other)] = lead(bond.one)
    together: dict[UUID, list[UUID]] = {}
    for case_id in case_ids:
        together.setdefault(lead(case_id), []).append(case_id)
    return [
        Group(tuple(cases), tuple(bond for bond in here if bond.one in cases)) for cases in together.values()
    ]


V = TypeVar("V")


@dataclass(frozen=True)
class Saying(Generic[V]):
    """One thing that accounts say, and which of them do."""

    value: V
    cases: tuple[UUID, ...]


def contrary(said: Mapping[UUID, frozenset[V]], *, meet: Callable[[V, V], bool]) -> list[Saying[V]]:
    """Return what accounts say of one thing, if two of them have nothing in common; else nothing.

    ``meet`` tells whether two values can both be true: a ward and its prison, a year and its month.
    """
    apart = any(
        not any(meet(mine, theirs) for mine in one for theirs in other)
        for one, other in combinations([values for values in said.values() if values], 2)
    )
    found: dict[V, list[UUID]] = {}
    for case_id, values in said.items():
        for value in values:
            found.setdefault(value, []).append(case_id)
    return [Saying(value, tuple(cases)) for value, cases in found.items()] if apart else []


def months_meet(one: str, other: str) -> bool:
    """Tell whether two coded months can be one: "1367" and "1367-05" can, "1367-05" and "1367-06" not."""
    return one.startswith(other) or other.startswith(one)
