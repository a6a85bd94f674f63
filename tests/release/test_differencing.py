"""Releases beside each other single nobody out."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from portal.release.differencing import Member, held_back

K = 5


def release(*classes: range) -> dict[UUID, Member]:
    """Accounts by class; every account is a family of its own."""
    return {
        UUID(int=one): Member(number, str(one)) for number, members in enumerate(classes) for one in members
    }


def test_the_same_classes_again_are_safe() -> None:
    first = release(range(10), range(10, 20))
    assert held_back(first, [first], K) == frozenset()


def test_the_rest_of_a_class_that_somebody_left_is_held_back() -> None:
    assert held_back(release(range(1, 10), range(10, 20)), [release(range(10), range(10, 20))], K) == {0}


def test_newcomers_in_an_old_class_wait_for_company() -> None:
    assert held_back(release(range(11), range(20, 30)), [release(range(10), range(20, 30))], K) == {0}


def test_newcomers_who_are_enough_leave_at_once() -> None:
    assert held_back(release(range(10), range(30, 35)), [release(range(10))], K) == frozenset()


def test_another_cut_through_the_same_people_is_held_back_where_it_pins_few() -> None:
    assert held_back(release(range(12), range(12, 20)), [release(range(10), range(10, 20))], K) == {0, 1}


def test_one_family_counts_once_however_many_of_it_moved() -> None:
    first = {UUID(int=one): Member(0, "one family" if one < 9 else str(one)) for one in range(20)}
    second = {one: Member(0 if one.int < 9 else 1, member.family) for one, member in first.items()}
    assert held_back(second, [first], K) == {0, 1}


@given(
    st.lists(st.lists(st.integers(0, 3) | st.none(), min_size=40, max_size=40), min_size=2, max_size=4),
    st.integers(2, 6),
)
def test_no_group_that_a_release_adds_is_small(places: list[list[int | None]], k: int) -> None:
    releases = [
        {UUID(int=one): Member(number, str(one)) for one, number in enumerate(row) if number is not None}
        for row in places
    ]
    *earlier, candidate = releases
    away = held_back(candidate, earlier, k)
    left = {one: member.number for one, member in candidate.items() if member.number not in away}
    groups: dict[tuple[object, ...], int] = {}
    before: dict[tuple[object, ...], int] = {}
    for one in {each for release in (*earlier, left) for each in release}:
        path = tuple(release[one].number if one in release else None for release in earlier)
        before[path] = before.get(path, 0) + 1
        groups[*path, left.get(one)] = groups.get((*path, left.get(one)), 0) + 1
    for group, size in groups.items():
        alone = group[-1] is None and size == before[group[:-1]]
        assert size >= k or alone
