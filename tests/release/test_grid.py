"""A plan has every cell there can be, and noisy counts are made whole again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.release.grid import Axis, Grid, consistent
from portal.release.hierarchies import MISSING

PRISONS = Axis("prison", ("Evin", "Gohardasht", MISSING))
MONTHS = Axis("month", ("1367-05", "1367-06", MISSING))
GRID = Grid((PRISONS, MONTHS))


def test_every_cell_of_the_plan_is_there() -> None:
    assert len(GRID.cells) == len(set(GRID.cells)) == 9


def test_what_is_no_category_is_unknown() -> None:
    assert GRID.cell_of({"prison": "A ward that only one person names"}) == (MISSING, MISSING)


@pytest.mark.parametrize(
    "axes",
    [
        (),
        (PRISONS, PRISONS),
        (Axis("a", (*map(str, range(200)), MISSING)), Axis("b", (*map(str, range(200)), MISSING))),
    ],
    ids=["none", "twice", "too many cells"],
)
def test_a_plan_that_is_none_is_refused(axes: tuple[Axis, ...]) -> None:
    with pytest.raises(InvalidError):
        Grid(axes)


@pytest.mark.parametrize("categories", [("a", "b"), ("a", "a", MISSING)], ids=["no unknown", "twice"])
def test_an_axis_without_the_unknown_or_with_a_category_twice_is_refused(categories: tuple[str, ...]) -> None:
    with pytest.raises(InvalidError):
        Axis("prison", categories)


NOISY = st.lists(st.integers(-60, 200), min_size=1, max_size=40).map(
    lambda some: {(str(place),): value for place, value in enumerate(some)}
)


@given(NOISY)
def test_no_count_is_negative_and_the_sum_is_kept(noisy: dict[tuple[str, ...], int]) -> None:
    found = consistent(noisy)
    assert min(found.values()) >= 0
    assert sum(found.values()) == max(0, sum(noisy.values()))
    assert list(found) == list(noisy)


@given(NOISY)
def test_larger_counts_stay_larger(noisy: dict[tuple[str, ...], int]) -> None:
    found = consistent(noisy)
    for one, other in zip(noisy, list(noisy)[1:], strict=False):
        if noisy[one] > noisy[other]:
            assert found[one] >= found[other]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_counts_that_are_right_stay_as_they_are(some: list[int]) -> None:
    right = {(str(place),): value for place, value in enumerate(some)}
    assert consistent(right) == right


@given(st.lists(st.integers(-6, 9), min_size=1, max_size=4))
def test_no_other_counts_of_that_sum_are_much_nearer(some: list[int]) -> None:
    """Against every way to share the sum among the cells; rounding costs at most a quarter for each."""
    noisy = {(str(place),): value for place, value in enumerate(some)}
    total = max(0, sum(some))

    def ways(left: int, cells: int) -> list[list[int]]:
        if cells == 1:
            return [[left]]
        return [[one, *rest] for one in range(left + 1) for rest in ways(left - one, cells - 1)]

    def far(them: list[int]) -> int:
        return sum((one - other) ** 2 for one, other in zip(them, some, strict=True))

    assert far(list(consistent(noisy).values())) == min(far(way) for way in ways(total, len(some)))
