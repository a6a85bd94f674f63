"""The hierarchy of prisons as the register gives it, whatever people wrote there."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from portal.casework.coding import Prison
from portal.release.places import prison_hierarchy

NAMES = st.sampled_from(
    ["", "*", "unknown", "Evin", "Central", "Tehran", "Fars Province", "north region", "=1+1"]
)


def test_a_prison_rises_to_town_province_and_region() -> None:
    evin = Prison(UUID(int=1), "Evin Prison", "Tehran", "Tehran Province")
    tree = prison_hierarchy([evin])
    assert tree.paths[str(evin.record_id)] == (
        "Evin Prison",
        "Tehran (Tehran province)",
        "Tehran province",
        "north region",
        "*",
    )


def test_what_the_register_leaves_open_is_said_to_be_open() -> None:
    tree = prison_hierarchy([Prison(UUID(int=1), "Somewhere")])
    assert tree.paths[str(UUID(int=1))][1:4] == (
        "town not known (province of no known name)",
        "province of no known name",
        "region not known",
    )


def test_prisons_of_one_name_are_told_apart() -> None:
    places = [Prison(UUID(int=n), "Central Prison", town, "Fars Province") for n, town in enumerate("ABB")]
    finest = {path[0] for path in prison_hierarchy(places).paths.values()}
    assert finest == {"Central Prison, A", "Central Prison, B", "Central Prison, B (2)", "unknown"}


@given(st.lists(st.tuples(NAMES, NAMES, NAMES), max_size=12))
def test_no_register_stops_a_release(names: list[tuple[str, str, str]]) -> None:
    places = [Prison(UUID(int=number), *each) for number, each in enumerate(names)]
    tree = prison_hierarchy(places)
    assert len(tree.paths) == len(places) + 1
