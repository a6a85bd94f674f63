"""What is left out of a table cannot be worked out from what is left in it, by anybody, exactly."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.release.suppression import THRESHOLD, Marginal, Place, bounds, suppressed

COUNTS = st.one_of(st.integers(0, 4), st.integers(0, 40))


def tables(rows: int, columns: int) -> st.SearchStrategy[Marginal]:
    line = st.lists(COUNTS, min_size=columns, max_size=columns)
    return st.lists(line, min_size=rows, max_size=rows).map(Marginal.of)


def possible(table: Marginal, hidden: frozenset[Place], most: int) -> Iterator[dict[Place, int]]:
    """Every table of counts up to ``most`` that a reader could take for this one."""
    inner = [(i, j) for i in range(len(table.counts) - 1) for j in range(len(table.counts[0]) - 1)]
    choices = [range(most + 1) if one in hidden else (table.places[one],) for one in inner]
    for values in product(*choices):
        cells = dict(zip(inner, values, strict=True))
        width = len(table.counts[0]) - 1
        found = Marginal.of([values[i : i + width] for i in range(0, len(values), width)])
        assert cells.items() <= found.places.items()
        if all(found.places[one] == count for one, count in table.places.items() if one not in hidden):
            yield found.places


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=3), min_size=2, max_size=2).filter(
        lambda rows: len({len(row) for row in rows}) == 1
    ),
    st.sets(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=9),
)
def test_the_ends_of_an_interval_are_those_of_all_possible_tables(
    cells: list[list[int]], chosen: set[Place]
) -> None:
    """Against every table there is, one by one."""
    table = Marginal.of(cells)
    hidden = frozenset(chosen & table.places.keys())
    every = list(possible(table, hidden, 7))
    for place in hidden:
        least, greatest = bounds(table, hidden, place)
        assert least == min(one[place] for one in every)
        if greatest is not None and greatest <= 7:
            assert greatest == max(one[place] for one in every)
        else:
            assert max(one[place] for one in every) >= 7


@settings(max_examples=150, deadline=None)
@given(st.integers(2, 6).flatmap(lambda rows: st.integers(2, 6).flatmap(lambda some: tables(rows, some))))
def test_every_small_count_may_be_nothing_or_many(table: Marginal) -> None:
    hidden = suppressed(table)
    for place, value in table.places.items():
        if 0 < value < THRESHOLD:
            least, greatest = bounds(table, hidden, place)
            assert place in hidden
            assert least == 0
            assert greatest is None or greatest >= THRESHOLD


def test_without_the_others_one_small_count_is_worked_out() -> None:
    """The attack: a sum less its other cells."""
    table = Marginal.of([[3, 40, 50], [30, 41, 52], [31, 42, 53]])
    assert bounds(table, frozenset({(0, 0)}), (0, 0)) == (3, 3)
    hidden = suppressed(table)
    assert len(hidden) >= 4
    assert bounds(table, hidden, (0, 0))[0] == 0


def test_hiding_the_rest_of_a_row_is_not_enough_when_their_columns_tell() -> None:
    """What hides one cell in its row alone leaves it in its column: the classic mistake."""
    table = Marginal.of([[3, 40, 50], [30, 41, 52], [31, 42, 53]])
    assert bounds(table, frozenset({(0, 0), (0, 1)}), (0, 0)) == (3, 3)


def test_a_table_with_nothing_small_is_left_alone() -> None:
    assert suppressed(Marginal.of([[10, 0], [0, 99]])) == frozenset()


def test_little_is_taken_with_it() -> None:
    """Of two ways round, the one that loses fewer accounts."""
    table = Marginal.of([[4, 500, 20], [600, 700, 30], [25, 800, 35]])
    hidden = suppressed(table)
    assert not hidden & {(0, 1), (1, 0), (1, 1), (2, 1)}


@pytest.mark.parametrize(
    "counts", [((1, 2), (1, 2)), ((-1, -1), (-1, -1)), ((1, 1),)], ids=["sums", "negative", "no rows"]
)
def test_what_is_no_table_with_its_sums_is_refused(counts: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(InvalidError):
        Marginal(counts)
