"""Releases beside each other single nobody out."""

from secrets import token_bytes
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


def out(candidate: dict[UUID, Member], *earlier: dict[UUID, Member]) -> set[int]:
    return {one.int for one in held_back(candidate, earlier, K, random=token_bytes)}


def test_the_same_classes_again_are_safe() -> None:
    first = release(range(10), range(10, 20))
    assert out(first, first) == set()


def test_one_who_left_is_given_company_from_the_same_class() -> None:
    stay_out = out(release(range(1, 20), range(20, 40)), release(range(20), range(20, 40)))
    assert len(stay_out) == K - 1
    assert stay_out < set(range(1, 20))


def test_a_class_too_small_to_give_company_stays_out_whole() -> None:
    assert out(release(range(1, 9), range(10, 20)), release(range(9), range(10, 20))) == set(range(1, 9))


def test_newcomers_in_an_old_class_wait_for_company() -> None:
    assert out(release(range(11), range(20, 30)), release(range(10), range(20, 30))) == {10}


def test_newcomers_who_are_enough_leave_at_once() -> None:
    assert out(release(range(10), range(30, 35)), release(range(10))) == set()


def test_those_whom_another_cut_would_pin_stay_out_with_company() -> None:
    stay_out = out(release(range(12), range(12, 30)), release(range(10), range(10, 30)))
    assert len(stay_out) == K
    assert {10, 11} < stay_out < set(range(10, 30))


def test_company_is_drawn_by_chance() -> None:
    first, second = release(range(200)), release(range(1, 200))
    assert out(second, first) != out(second, first)


def test_one_family_counts_once_however_many_of_it_moved() -> None:
    first = {UUID(int=one): Member(0, "one family" if one < 9 else str(one)) for one in range(40)}
    second = {one: Member(0 if one.int < 9 else 1, member.family) for one, member in first.items()}
    stay_out = out(second, first)
    assert set(range(9)) < stay_out
    assert len(stay_out) == 9 + K - 1


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
    away = held_back(candidate, earlier, k, random=token_bytes)
    assert away <= candidate.keys()
    left = {one: member.number for one, member in candidate.items() if one not in away}
    groups: dict[tuple[object, ...], int] = {}
    before: dict[tuple[object, ...], int] = {}
    for one in {each for release in (*earlier, left) for each in release}:
        path = tuple(release[one].number if one in release else None for release in earlier)
        before[path] = before.get(path, 0) + 1
        groups[*path, left.get(one)] = groups.get((*path, left.get(one)), 0) + 1
    for group, size in groups.items():
        alone = group[-1] is None and size == before[group[:-1]]
        assert size >= k or alone
