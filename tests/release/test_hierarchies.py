"""Labels are public, whole, and mean one thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.release.hierarchies import (
    MISSING,
    REGIONS,
    SEASONS,
    TOP,
    Hierarchy,
    month,
    month_value,
    month_within,
    number_within,
    prison,
    relation,
)

UNKNOWN = {MISSING: (MISSING, MISSING, TOP)}


def ages(*paths: tuple[str, ...]) -> Hierarchy:
    return Hierarchy("age", 1, {**{path[0]: path for path in paths}, **UNKNOWN})


def test_a_month_widens_to_its_season_and_year() -> None:
    assert month().paths["1367-05"] == ("1367-05", "1367 summer", "1367", TOP)
    assert month().paths["1367-12"] == ("1367-12", "1367 winter", "1367", TOP)
    assert month().paths["1367-01"][1] == "1367 spring"
    assert month().paths["1367-03"][1] == "1367 spring"
    assert month().paths["1367-04"][1] == "1367 summer"


def test_a_prison_widens_to_its_province_and_region(prisons: Hierarchy) -> None:
    assert prisons.paths["gohardasht"] == ("Gohardasht", "Alborz province", "north region", TOP)
    assert prisons.height == 3


def test_a_relation_widens_to_its_group() -> None:
    assert relation().paths["sibling"] == ("sibling", "family", TOP)
    assert relation({"nun": "clergy"}).paths["nun"] == ("nun", "clergy", TOP)


@pytest.mark.parametrize("hierarchy", [relation(), month(), prison({})], ids=["relation", "month", "prison"])
def test_what_is_not_known_stays_not_known_up_to_the_top(hierarchy: Hierarchy) -> None:
    path = hierarchy.paths[MISSING]
    assert set(path[:-1]) == {MISSING}
    assert path[-1] == TOP


def test_all_provinces_have_a_region() -> None:
    assert len(REGIONS) == 32  # 31 of today, and Khorasan as it stood in 1988
    assert len(set(REGIONS.values())) == 5


def test_the_loss_of_a_label_grows_with_what_stands_under_it(prisons: Hierarchy) -> None:
    assert prisons.loss("Evin") == 0
    assert prisons.loss("Alborz province") == pytest.approx(1 / 7)
    assert prisons.loss("north region") == pytest.approx(2 / 7)
    assert prisons.loss(TOP) == 1
    assert Hierarchy("empty", 1, UNKNOWN).loss(TOP) == 0


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ((None, None, None), MISSING),
        ((None, 5, None), MISSING),
        ((1367, 5, None), "1367-05"),
        ((1367, None, "summer"), "1367 summer, month unknown"),
        ((1367, None, None), "1367, season unknown"),
        ((1360, 1, None), "1360-01"),
        ((1359, 12, None), "before 1360"),
        ((1369, 12, None), "1369-12"),
        ((1370, None, None), "after 1369"),
    ],
)
def test_a_half_known_date_has_its_own_value(
    said: tuple[int | None, int | None, str | None], value: str
) -> None:
    assert month_value(*said) == value
    assert value in month().paths


@pytest.mark.parametrize(("number", "season"), [(0, None), (13, None), (None, "monsoon")])
def test_a_month_or_season_that_is_none_is_refused(number: int | None, season: str | None) -> None:
    with pytest.raises(InvalidError):
        month_value(1367, number, season)


@given(
    st.integers(1300, 1420),
    st.none() | st.integers(1, 12),
    st.none() | st.sampled_from(SEASONS),
    st.integers(1350, 1380),
    st.integers(0, 12),
)
def test_every_date_has_a_path(
    year: int, number: int | None, season: str | None, first: int, length: int
) -> None:
    value = month_value(year, number, season, first=first, last=first + length)
    assert month(first=first, last=first + length).paths[value][-1] == TOP


def test_an_interval_that_does_not_hold_its_value_is_refused() -> None:
    ages(("19", "15-19", TOP), ("20", "20–24", TOP))
    with pytest.raises(InvalidError, match="15-19 does not hold 20"):
        ages(("19", "15-19", TOP), ("20", "15-19", TOP))


def test_a_month_under_another_season_or_year_is_refused() -> None:
    assert month_within("1367 summer", "1367-05")
    assert month_within("anything", "before 1360")
    assert not month_within("1367 spring", "1367-05")
    assert not month_within("1366", "1367-05")
    with pytest.raises(InvalidError, match="does not hold"):
        Hierarchy("month", 1, {"1367-05": ("1367-05", "1366", TOP), **UNKNOWN}, month_within)


def test_intervals_hold_their_ends_and_no_more() -> None:
    assert [number_within("15-19", leaf) for leaf in ("14", "15", "19", "20", "unknown")] == [
        False,
        True,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("paths", "why"),
    [
        ({"a": ("a", "x", TOP)}, "no path for what is not known"),
        ({"a": ("a", TOP), **UNKNOWN}, "not whole"),
        ({"a": ("a", "x", "y"), **UNKNOWN}, "not whole"),
        ({"a": ("a", TOP, TOP), **UNKNOWN}, "not whole"),
        ({"a": ("a", "", TOP), **UNKNOWN}, "not whole"),
        ({MISSING: (TOP,)}, "must stay so"),
        ({MISSING: (MISSING, "x", TOP)}, "must stay so"),
        ({"a": ("same", "x", TOP), "b": ("same", "x", TOP), **UNKNOWN}, "share their finest label"),
        (
            {"a": ("a", "x", "y", TOP), "b": ("b", "x", "z", TOP), MISSING: (MISSING,) * 3 + (TOP,)},
            "under two",
        ),
        ({"a": ("Tehran", "Tehran", TOP), "b": ("b", "Tehran", TOP), **UNKNOWN}, "means two things"),
        ({"a": ("a", MISSING, TOP), **UNKNOWN}, "means two things"),
    ],
)
def test_a_hierarchy_that_is_not_sound_is_refused(paths: dict[str, tuple[str, ...]], why: str) -> None:
    with pytest.raises(InvalidError, match=why):
        Hierarchy("broken", 1, paths)


def test_a_province_without_a_region_is_refused() -> None:
    with pytest.raises(InvalidError, match="Atlantis"):
        prison({"x": ("X", "Atlantis")})
    assert prison({"x": ("X", "Atlantis")}, regions={"Atlantis": "sea"}).paths["x"][2] == "sea region"


def test_the_digest_names_every_path_and_the_version(prisons: Hierarchy) -> None:
    again = Hierarchy("prison", 1, dict(reversed(prisons.paths.items())))
    assert again.digest == prisons.digest
    assert len({prisons.digest, Hierarchy("prison", 2, prisons.paths).digest, prison({}).digest}) == 3
