"""Releases beside each other single nobody out."""

from dataclasses import dataclass, field
from random import Random
from secrets import token_bytes
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from portal.release.differencing import Member, families_over, held_back, too_close

K = 5


def any_order(_one: object) -> bytes:
    return token_bytes(16)


def release(*classes: range) -> dict[UUID, Member]:
    """Accounts by class; every account is a family of its own."""
    return {
        UUID(int=one): Member(number, str(one)) for number, members in enumerate(classes) for one in members
    }


def out(candidate: dict[UUID, Member], *earlier: dict[UUID, Member]) -> set[int]:
    return {one.int for one in held_back(candidate, earlier, K, rank=any_order)}


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
    away = held_back(candidate, earlier, k, rank=any_order)
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


# Families that come together, part and lose members


def test_who_left_keeps_the_family_that_goes_by_another_name_now() -> None:
    """A family is named after its first account; once that one has left, the same family has another name."""
    first = {UUID(int=one): Member(0, "0" if one < 2 else str(one)) for one in range(12)}
    second = {UUID(int=one): Member(0, str(one)) for one in range(1, 12)}
    family = families_over([first, second])
    assert family[UUID(int=0)] == family[UUID(int=1)]
    stay_out = out(second, first)
    assert len({family[UUID(int=one)] for one in {0, *stay_out}}) >= K


def test_two_families_that_were_found_to_be_one_count_once_in_every_release() -> None:
    first = release(range(5), range(10, 30))
    second = {
        one: Member(member.number, "0" if one.int == 1 else member.family) for one, member in first.items()
    }
    assert out(second, first) == set(range(5))
    assert too_close(second, [first], K)


@dataclass
class World:
    """Accounts over time: who gave them, where they are coded, what was taken back."""

    chance: Random
    family: dict[UUID, int] = field(default_factory=dict)
    coded: dict[UUID, list[int]] = field(default_factory=dict)
    same: dict[int, int] = field(default_factory=dict)

    def come(self, many: int) -> None:
        for _ in range(many):
            one = UUID(int=self.chance.getrandbits(64))
            self.family[one] = self.chance.randrange(60)
            self.coded[one] = [self.chance.randrange(3) for _ in range(3)]

    def true_family(self, one: UUID) -> int:
        found = self.family[one]
        while found in self.same:
            found = self.same[found]
        return found

    def happens(self) -> None:
        """Withdrawals, a person found to be another, a sheet coded anew, newcomers."""
        present = sorted(self.coded)
        for one in self.chance.sample(present, min(len(present), self.chance.randrange(4))):
            del self.coded[one]
        one, other = sorted(self.chance.sample(range(60), 2))
        if other not in self.same and self.chance.random() < 0.5:
            self.same[other] = one
        for one_coded in self.chance.sample(
            sorted(self.coded), min(len(self.coded), self.chance.randrange(3))
        ):
            self.coded[one_coded] = [self.chance.randrange(3) for _ in range(3)]
        self.come(self.chance.randrange(12))

    def candidate(self, columns: list[int]) -> dict[UUID, Member]:
        """Classes by some columns; families by the name that they have at that time."""
        numbers = {
            one: sum(coded[c] * 3**place for place, c in enumerate(columns))
            for one, coded in self.coded.items()
        }
        names: dict[int, str] = {}
        for one in sorted(self.coded, key=str):
            names.setdefault(self.true_family(one), str(one))
        return {one: Member(number, names[self.true_family(one)]) for one, number in numbers.items()}


@given(
    st.integers(0, 2**32),
    st.lists(st.tuples(st.integers(2, 7), st.sets(st.integers(0, 2), min_size=1)), min_size=2, max_size=5),
)
@example(577, [(7, {0, 1, 2}), (7, {1, 2}), (2, {1, 2})])  # found to be one family after one had withdrawn
def test_no_order_of_releases_tells_a_small_group_apart(seed: int, asked: list[tuple[int, set[int]]]) -> None:
    """Whoever received anything puts it together: other columns, another k, all that happens between."""
    world = World(Random(seed))  # noqa: S311 - invented
    world.come(90)
    left: list[dict[UUID, Member]] = []
    for k, columns in asked:
        candidate = world.candidate(sorted(columns))
        away = held_back(candidate, left, k, rank=any_order)
        shown = {one: member for one, member in candidate.items() if one not in away}
        known = families_over([*left, candidate])
        before, after = groups(left, world, known), groups([*left, shown], world, known)
        for path, families in after.items():
            alone = path[-1] is None and len(families) == len(before.get(path[:-1], set()))
            assert len(families) >= k or alone, path
        left.append(shown)
        world.happens()


def groups(
    releases: list[dict[UUID, Member]], world: World, known: dict[UUID, str]
) -> dict[tuple[int | None, ...], set[int | str]]:
    """What all releases together tell apart, counted by the families as they truly are at this time.

    What was found of somebody's family after they had withdrawn cannot be known: of those who left, only what
    a release says of them counts.
    """
    present = {known[one]: world.true_family(one) for one in world.coded if one in known}
    found: dict[tuple[int | None, ...], set[int | str]] = {}
    for one in {each for some in releases for each in some}:
        path = tuple(some[one].number if one in some else None for some in releases)
        found.setdefault(path, set()).add(present.get(known[one], known[one]))
    return found


def test_without_the_guard_such_an_order_does_tell_small_groups_apart() -> None:
    world = World(Random(7))  # noqa: S311 - invented
    world.come(90)
    first = world.candidate([0])
    world.happens()
    second = world.candidate([1, 2])
    assert min(map(len, groups([first, second], world, families_over([first, second])).values())) < K
