"""Who counts once, and what can be true together."""

from datetime import date
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.intake.journey import Relation
from portal.linking.corroboration import (
    HOUSEHOLD,
    Bond,
    Marked,
    Tie,
    Voice,
    bonds,
    contrary,
    groups,
    months_meet,
)

OMID, NADER = uuid4(), uuid4()
IDS = [uuid4() for _ in range(6)]


def voice(number: int, relation: Relation | None = None, *about: UUID, **known: frozenset[object]) -> Voice:
    return Voice(IDS[number], relation, frozenset(about), **known)  # type: ignore[arg-type] # fields of Voice


def ties(*voices: Voice) -> set[Tie]:
    return {one.tie for one in bonds(voices)}


def test_two_of_one_family_count_once_and_two_families_twice() -> None:
    mother, sister = voice(0, Relation.PARENT, OMID), voice(1, Relation.SIBLING, OMID)
    stranger, other = voice(2, Relation.WITNESS, OMID), voice(3, Relation.PARENT, NADER)
    assert ties(mother, sister) == {Tie.HOUSEHOLD}
    for one in (stranger, other, voice(4, None, OMID), voice(5, Relation.SURVIVOR, OMID)):
        assert ties(mother, one) == set()
    assert [one.cases for one in groups(IDS[:3], bonds([mother, sister, stranger]))] == [
        (IDS[0], IDS[1]),
        (IDS[2],),
    ]


def test_one_cell_counts_once() -> None:
    cell = frozenset({("evin", "8", "12")})
    assert ties(voice(0, cells=cell), voice(1, cells=cell)) == {Tie.CELL}
    assert ties(voice(0, cells=cell), voice(1, cells=frozenset({("evin", "8", "13")}))) == set()
    mates = voice(0, Relation.CELLMATE, OMID), voice(1, Relation.CELLMATE, OMID)
    assert ties(*mates) == {Tie.CELL}
    assert ties(mates[0], voice(1, Relation.CELLMATE, NADER)) == set()


def test_one_publication_and_one_narrator_count_once() -> None:
    book = frozenset({"a book"})
    assert ties(voice(0, published=book), voice(1, published=book)) == {Tie.PUBLISHED}
    who = frozenset({OMID})
    assert ties(voice(0, narrators=who), voice(1, narrators=who)) == {Tie.NARRATOR}


def test_what_is_not_known_binds_nobody() -> None:
    assert ties(*(voice(number) for number in range(6))) == set()


def test_a_reviewer_s_word_binds_only_those_who_are_there() -> None:
    said = Marked(uuid4(), IDS[0], IDS[1], "one told the other", "cedar", date(2026, 11, 22))
    (bond,) = bonds([voice(0), voice(1)], [said])
    assert (bond.tie, bond.marked) == (Tie.MARKED, said)
    assert bonds([voice(0), voice(2)], [said]) == []


PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8)


@settings(deadline=None)  # the first example also loads what it needs
@given(PAIRS)
def test_every_account_stands_in_one_group_and_bonds_never_leave_theirs(pairs: list[tuple[int, int]]) -> None:
    among = [Bond(IDS[one], IDS[other], Tie.CELL) for one, other in pairs]
    made = groups(IDS, among)
    assert sorted(case_id for one in made for case_id in one.cases) == sorted(IDS)
    for one in made:
        assert all(bond.one in one.cases and bond.other in one.cases for bond in one.bonds)
    assert sum(len(one.bonds) for one in made) == len(among)


@settings(deadline=None)  # the first example also loads what it needs
@given(PAIRS, st.tuples(st.integers(0, 5), st.integers(0, 5)))
def test_another_bond_never_makes_more_voices(pairs: list[tuple[int, int]], more: tuple[int, int]) -> None:
    among = [Bond(IDS[one], IDS[other], Tie.CELL) for one, other in pairs]
    further = [*among, Bond(IDS[more[0]], IDS[more[1]], Tie.MARKED)]
    assert len(groups(IDS, further)) <= len(groups(IDS, among))


def test_months_that_can_be_one_are_no_contradiction() -> None:
    def said(*months: str) -> list[str]:
        values = {IDS[at]: frozenset({one} if one else ()) for at, one in enumerate(months)}
        return [one.value for one in contrary(values, meet=months_meet)]

    assert said("1367", "1367-05", "") == []
    assert said("1367-05", "1367-06") == ["1367-05", "1367-06"]
    assert said("1367-05", "1368") == ["1367-05", "1368"]


def test_who_names_one_place_more_contradicts_nobody() -> None:
    def meet(one: str, other: str) -> bool:
        return one == other

    both, evin = frozenset({"evin", "gohardasht"}), frozenset({"evin"})
    assert contrary({IDS[0]: both, IDS[1]: evin}, meet=meet) == []
    apart = contrary({IDS[0]: both, IDS[1]: evin, IDS[2]: frozenset({"rasht"})}, meet=meet)
    assert {one.value: len(one.cases) for one in apart} == {"evin": 2, "gohardasht": 1, "rasht": 1}


def test_a_household_is_kin_alone() -> None:
    assert {Relation.CELLMATE, Relation.FRIEND, Relation.SURVIVOR, Relation.WITNESS}.isdisjoint(HOUSEHOLD)
