"""A table counts a family once, hides or blurs, and says the same of the same."""

import csv
import io
import json
from collections.abc import Mapping
from fractions import Fraction
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.casework.coding import Pattern, Prison, Said, Sheet
from portal.errors import InvalidError
from portal.intake.journey import Relation
from portal.release.differencing import too_close
from portal.release.grid import Axis, Grid
from portal.release.hierarchies import MISSING
from portal.release.places import prison_hierarchy
from portal.release.plans import Plan, Protection, Side, is_plan
from portal.release.suppression import THRESHOLD, bounds, suppressed
from portal.release.tabulating import ALL, HIDDEN, Counted, count, files_of, noisy, table_of

EVIN, GOHARDASHT = UUID(int=1), UUID(int=2)
PRISONS = prison_hierarchy(
    [Prison(EVIN, "Evin", "Tehran", "Tehran"), Prison(GOHARDASHT, "Gohardasht", "Karaj", "Alborz")]
)
BY_NOISE = Plan(Side.PRISON, Side.MONTH, None, Protection.NOISE, 50)
BY_THRESHOLD = Plan(Side.PRISON, Side.TELLER, Pattern.REPRISALS, Protection.THRESHOLD)
GRID = Grid((Axis("a", ("x", "y", MISSING)), Axis("b", ("1", "2", MISSING))))


def last(n: int) -> int:
    return n - 1


def told(*cells: tuple[str, str, str]) -> list[tuple[UUID, str, Mapping[str, str]]]:
    return [(UUID(int=place), family, {"a": a, "b": b}) for place, (family, a, b) in enumerate(cells)]


def sheet(prison: UUID = EVIN, month: str = "1367-05", said: Said = Said.YES) -> Sheet:
    patterns = {**dict.fromkeys(Pattern, Said.NOT_SAID), Pattern.REPRISALS: said}
    return Sheet(Prison(prison, "-"), month, Relation.PARENT, patterns)


# Plans


@given(
    st.builds(
        Plan,
        st.sampled_from([Side.PRISON, Side.PROVINCE, Side.REGION]),
        st.sampled_from([Side.MONTH, Side.TELLER]),
        st.sampled_from([None, *Pattern]),
        st.just(Protection.NOISE),
        st.integers(1, 50),
    )
)
def test_a_plan_is_kept_word_for_word(plan: Plan) -> None:
    assert Plan.from_json(plan.to_json()) == plan
    assert is_plan(plan.to_json())


@pytest.mark.parametrize(
    "given",
    [
        (Side.PRISON, Side.PROVINCE, None, Protection.THRESHOLD, 0),
        (Side.MONTH, Side.MONTH, None, Protection.THRESHOLD, 0),
        (Side.PRISON, Side.MONTH, None, Protection.NOISE, 0),
        (Side.PRISON, Side.MONTH, None, Protection.NOISE, 51),
        (Side.PRISON, Side.MONTH, None, Protection.THRESHOLD, 10),
    ],
    ids=["one question twice", "one side twice", "no noise", "too little noise", "a price without noise"],
)
def test_a_plan_that_no_table_may_have_is_refused(
    given: tuple[Side, Side, Pattern | None, Protection, int],
) -> None:
    with pytest.raises(InvalidError):
        Plan(*given)


def test_categories_come_from_public_lists_and_not_from_who_spoke() -> None:
    rows, columns = BY_NOISE.grid(PRISONS).axes
    assert rows.categories == ("Evin", "Gohardasht", MISSING)
    assert "1367-05" in columns.categories
    assert "1366" in columns.categories
    assert "1366-05" not in columns.categories
    assert BY_NOISE.values(sheet(month="1366-05"), PRISONS) == {"prison": "Evin", "month": "1366"}
    assert BY_NOISE.values(sheet(UUID(int=9)), PRISONS)["prison"] == MISSING
    assert BY_THRESHOLD.values(sheet(), PRISONS)["teller"] == "family"


def test_a_pattern_counts_those_who_tell_of_it_alone() -> None:
    assert BY_THRESHOLD.counts(sheet())
    assert not BY_THRESHOLD.counts(sheet(said=Said.NO))
    assert BY_NOISE.counts(sheet(said=Said.NOT_SAID))


# Counting

FAMILIES = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["x", "elsewhere"]), st.sampled_from("12"))
)


@given(FAMILIES, st.integers(0, 2**32))
def test_a_family_counts_once_however_much_it_tells(cells: list[tuple[str, str, str]], seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - who is drawn does not matter here
    counted = count(GRID, told(*cells), below=draw.randrange)
    assert sum(counted.counts.values()) == len(counted.members) == len({family for family, *_ in cells})
    assert set(counted.counts) == set(GRID.cells)


@given(FAMILIES)
def test_one_family_more_changes_one_cell_by_one(cells: list[tuple[str, str, str]]) -> None:
    """So its L1 sensitivity is 1, whatever the others told."""
    before = count(GRID, told(*cells), below=last).counts
    after = count(GRID, told(*cells, ("z", "y", "1"), ("z", "x", "2")), below=last).counts
    assert sum(abs(after[cell] - before[cell]) for cell in before) == 1


def test_whoever_is_taken_out_is_counted_nowhere() -> None:
    counted = count(GRID, told(("a", "x", "1"), ("b", "x", "1"), ("c", "y", "2")), below=last)
    left = counted.without(frozenset({UUID(int=0), UUID(int=99)}))
    assert left.counts == {**counted.counts, ("x", "1"): 1}
    assert set(left.members) == {UUID(int=1), UUID(int=2)}


# Tables


def many(number: int, cell: tuple[str, str], first: int = 0) -> list[tuple[str, str, str]]:
    return [(f"family {one}", *cell) for one in range(first, first + number)]


def read(files: Mapping[str, bytes]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(files["table.csv"].decode(), newline="")))


def test_noise_leaves_whole_counts_that_add_up() -> None:
    counted = count(GRID, told(*many(30, ("x", "1")), *many(4, ("y", "2"), 30)), below=last)
    draw = Random(1988)  # noqa: S311 - the same noise every time
    found = noisy(counted, BY_NOISE, below=draw.randrange)
    assert found != counted.counts
    assert min(found.values()) >= 0
    header, *lines = read(files_of(BY_NOISE, GRID, found, release="r"))
    assert header == ["a", "b", "families"]
    cells = {(a, b): int(n) for a, b, n in lines}
    assert cells[ALL, ALL] == sum(n for (a, b), n in cells.items() if ALL not in {a, b})


def test_noise_is_as_wide_as_the_description_says() -> None:
    counted = Counted(GRID, dict.fromkeys(GRID.cells, 1000), {})
    described = json.loads(files_of(BY_NOISE, GRID, counted.counts, release="r")["manifest.json"])
    width = described["protection"]["within"]["families"]
    draw, inside, draws = Random(1988), 0, 300  # noqa: S311
    for _ in range(draws):
        found = noisy(counted, BY_NOISE, below=draw.randrange)
        inside += sum(abs(one - 1000) <= width for one in found.values())
    assert Fraction(inside, draws * len(GRID.cells)) > Fraction(94, 100)
    assert described["protection"]["epsilon_hundredths"] == 50


def test_small_counts_and_what_would_give_them_away_are_hidden() -> None:
    cells = [*many(3, ("x", "1")), *many(40, ("x", "2"), 10), *many(30, ("y", "1"), 60)]
    counted = count(GRID, told(*cells, *many(50, ("y", "2"), 100)), below=last)
    lines = read(files_of(BY_THRESHOLD, GRID, counted.counts, release="r"))[1:]
    hidden = {(a, b) for a, b, n in lines if n == HIDDEN}
    assert {("x", "1")} < hidden
    table = table_of(GRID, counted.counts)
    least, greatest = bounds(table, suppressed(table), (0, 0))
    assert (least, greatest is None or greatest >= THRESHOLD) == (0, True)


def test_the_same_counts_give_the_same_bytes_and_nothing_else_is_in_them() -> None:
    counted = count(GRID, told(*many(30, ("x", "1"))), below=last)
    one = files_of(BY_THRESHOLD, GRID, counted.counts, release="r")
    assert one == files_of(BY_THRESHOLD, GRID, dict(reversed(counted.counts.items())), release="r")
    assert b"family 1" not in b"".join(one.values())
    assert set(json.loads(one["manifest.json"])) == {
        "axes",
        "files",
        "format",
        "hxl",
        "ledger",
        "pattern",
        "protection",
        "release",
    }


# Beside each other


def test_a_second_table_beside_the_first_singles_out_who_joined() -> None:
    """The attack: two counts of one cell, a little apart."""
    first = count(GRID, told(*many(30, ("x", "1"))), below=last)
    joined = count(GRID, told(*many(32, ("x", "1"))), below=last)
    assert too_close(joined.members, [first.members], THRESHOLD)
    assert not too_close(first.members, [first.members], THRESHOLD)
    many_more = count(GRID, told(*many(45, ("x", "1"))), below=last)
    assert not too_close(many_more.members, [first.members], THRESHOLD)


def test_the_sums_tell_of_who_joined_a_cell_that_is_hidden() -> None:
    """One family comes into an empty cell: its count stays hidden, its row and column grow by one."""
    first = count(GRID, told(*many(20, ("x", "1")), *many(30, ("y", "2"), 30)), below=last)
    second = count(
        GRID, told(*many(20, ("x", "1")), *many(30, ("y", "2"), 30), ("new", "x", "2")), below=last
    )
    assert too_close(second.members, [first.members], THRESHOLD)


def test_a_table_less_its_part_singles_out_who_is_not_in_it() -> None:
    whole = count(GRID, told(*many(30, ("x", "1"))), below=last)
    part = whole.without(frozenset({UUID(int=3), UUID(int=4)}))
    assert too_close(part.members, [whole.members], THRESHOLD)
