"""Attacks that replay the algorithm or know more than the table: first where they succeed, then released."""

import itertools
import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.release import lattice, lift, search, topdown
from portal.release.anonymise import Outcome, Row, anonymise
from portal.release.diversity import Diversity, Register, Rules, Sensitive
from portal.release.encoded import Items, Tree, distinct, tree_of
from portal.release.finished import Finished, association_error, expected_guesses
from portal.release.hierarchies import MISSING, TOP, Hierarchy
from portal.release.partition import OUT, Partition
from portal.release.policy import Column, ColumnRole, Policy
from portal.release.search import Refusal, recode

PLACE = Hierarchy(
    "place",
    1,
    {leaf: (leaf, leaf[0].upper(), TOP) for leaf in ("a1", "a2", "b1", "b2")}
    | {MISSING: (MISSING, MISSING, TOP)},
)
SAID = Column(ColumnRole.SENSITIVE, values=frozenset({"yes", "no", "maybe"}))


def rows_of(*groups: tuple[str, str, int]) -> list[Row]:
    return [Row({"place": place, "said": said}) for place, said, count in groups for _ in range(count)]


def policy(**promised: float) -> Policy:
    columns = {"place": Column(ColumnRole.QUASI, PLACE), "said": SAID}
    return Policy("1", columns, k=5, **promised)  # type: ignore[arg-type]


def by_class(outcome: Outcome) -> dict[str, Counter[str]]:
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for place, said in outcome.rows:
        found[place][said] += 1
    return found


def test_a_class_of_one_mind_tells_all_and_two_values_stop_it() -> None:
    rows = rows_of(("a1", "yes", 8), ("a2", "no", 8), ("b1", "yes", 4), ("b1", "no", 4))
    assert min(map(len, by_class(anonymise(rows, policy())).values())) == 1
    assert min(map(len, by_class(anonymise(rows, policy(l=2))).values())) == 2


def test_ruling_values_out_leaves_others() -> None:
    """Who knows of somebody that they said neither of l - 1 values still does not know what they said."""
    rows = rows_of(("a1", "yes", 6), ("a1", "no", 6), ("a2", "maybe", 6), ("a2", "yes", 6), ("b1", "yes", 9))

    def best(outcome: Outcome, ruled_out: int) -> int:
        return min(len(said) - ruled_out for said in by_class(outcome).values())

    assert best(anonymise(rows, policy(l=2)), 2) <= 0
    assert best(anonymise(rows, policy(l=3)), 2) >= 1


def test_a_rare_value_gains_little_by_its_class() -> None:
    """Two values in each class are not enough where one is rare in all: t bounds what the class adds."""
    rows = rows_of(("a1", "yes", 4), ("a1", "no", 4), ("a2", "no", 40), ("b1", "no", 40), ("b1", "yes", 1))
    rows += rows_of(("a2", "yes", 1))

    def gain(outcome: Outcome) -> float:
        whole = 6 / len(rows)
        return max(said["yes"] / said.total() - whole for said in by_class(outcome).values())

    assert gain(anonymise(rows, policy(l=2))) > 0.4
    assert gain(anonymise(rows, policy(l=2, t=0.1))) <= 0.1 + 1e-9


def lifted_alone(first: int, second: int) -> object:
    """What a careless algorithm shows: only the part of one mind gets the wider label."""
    return ("A" if first in {0, 5} else "a1", "A" if second in {0, 6} else "a2", first, second)


def shown(first: int, second: int) -> object:
    rows = rows_of(
        ("a1", "yes", first), ("a1", "no", 5 - first), ("a2", "yes", second), ("a2", "no", 6 - second)
    )
    outcome = anonymise(rows, policy(l=2))
    return tuple(sorted(Counter(outcome.rows).items())) if outcome.refused is None else None


def greatest_gain(show: Callable[[int, int], object]) -> Fraction:
    """Replay the public algorithm over all worlds: what is known beyond the shares of the classes."""
    worlds: defaultdict[object, list[tuple[int, int]]] = defaultdict(list)
    for world in itertools.product(range(6), range(7)):
        worlds[show(*world)].append(world)
    worst = Fraction(0)
    for told, some in worlds.items():
        if told is None:
            continue
        weights = [math.comb(5, first) * math.comb(6, second) for first, second in some]
        for place, size in ((0, 5), (1, 6)):
            known = sum(Fraction(w * one[place], size) for w, one in zip(weights, some, strict=True)) / sum(
                weights
            )
            share = Fraction(sum(some[0]), 11)
            alone = Fraction(some[0][place], size)
            told_by_class = share if show is lifted_alone or len({sum(one) for one in some}) == 1 else alone
            worst = max(
                worst, abs(known - told_by_class) if len(some) > 1 or show is lifted_alone else Fraction(0)
            )
    return worst


def test_replaying_the_algorithm_tells_little_of_anybody() -> None:
    assert greatest_gain(lifted_alone) > Fraction(1, 2)
    assert greatest_gain(shown) < Fraction(1, 3)


# The engine by itself


def trees(*sizes: int) -> tuple[Tree, ...]:
    found = []
    for number, size in enumerate(sizes):
        paths = {
            str(v).zfill(2): (str(v).zfill(2), f"{number}g{v // 3}", f"{number}h{v // 6}", TOP)
            for v in range(size)
        }
        name = f"c{number}"
        whole = Hierarchy(name, 1, {**paths, MISSING: (MISSING,) * 3 + (TOP,)})
        found.append(tree_of(name, whole, sorted(paths)))
    return tuple(found)


def a_table(seed: int, count: int = 300, *, sizes: Sequence[int] = (12, 9, 6), families: int = 0) -> Items:
    chance = np.random.default_rng(seed)
    columns = [np.minimum(chance.geometric(0.3, count) - 1, size - 1).astype(np.int64) for size in sizes]
    units = chance.integers(0, families, count) if families else np.arange(count)
    return distinct(trees(*sizes), columns, units.astype(np.int64))


def check(found: Partition, k: int) -> None:
    items = found.items
    assert found.units.min() >= k
    for item, number in enumerate(found.of.tolist()):
        if number != OUT:
            for j, tree in enumerate(items.trees):
                label = tree.paths[found.heads[number, j], found.levels[number, j]]
                assert label in tree.paths[items.values[item, j]]


@pytest.mark.parametrize("families", [0, 120])
@pytest.mark.parametrize("way", ["all", "no work", "top only", "wide"])
def test_every_way_keeps_k_and_true_labels(way: str, families: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if way in {"no work", "top only"}:
        monkeypatch.setattr(search, "MOST_WORK", 300 if way == "no work" else -1)
        monkeypatch.setattr(search, "ENOUGH_WORK", 0)
    if way == "wide":
        monkeypatch.setattr(topdown, "_DENSE", 0)
        monkeypatch.setattr(lattice, "MOST_NODES", 7)
    for seed in range(5):
        items = a_table(seed, families=families)
        found = recode(Diversity(Rules(7), items, np.arange(300)), bearable=15)
        assert isinstance(found, Partition)
        check(found, 7)
        assert found.suppressed <= 15


def test_the_descent_is_better_than_the_top_alone_and_the_preview_is_the_top_alone() -> None:
    items = a_table(3, 600)
    found = recode(Diversity(Rules(5), items, np.arange(600)), bearable=0)
    assert isinstance(found, Partition)
    check(search.preview(items, 5), 5)
    assert found.loss <= search.preview(items, 5).loss


def test_many_columns_do_not_run_over() -> None:
    items = a_table(1, 120, sizes=[40] * 13)
    assert len(items.rows) <= 120
    assert items.total == 120
    found = recode(Diversity(Rules(5), items, np.arange(120)), bearable=0)
    assert isinstance(found, Partition)
    check(found, 5)


def test_no_column_at_all_is_one_class() -> None:
    items = distinct((), [], np.arange(9))
    found = recode(Diversity(Rules(5), items, np.arange(9)), bearable=0)
    assert isinstance(found, Partition)
    assert (found.units.tolist(), found.loss) == ([9], 0)
    assert isinstance(recode(Diversity(Rules(10), items, np.arange(9)), bearable=0), Refusal)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), st.sampled_from([0, 60]))
def test_joined_classes_keep_every_promise(seed: int, values: int, families: int) -> None:
    items = a_table(seed, 150, families=families)
    chance = np.random.default_rng(seed)
    unit = np.arange(150) if not families else np.repeat(np.arange(75), 2)
    said = np.minimum(chance.geometric(0.5, 150) - 1, values - 1).astype(np.int64)
    rules = Diversity(
        Rules(5, l=2, t=0.4), items, unit, (Sensitive("said", said, values, ordered=seed % 2 == 0),)
    )
    found = recode(rules, bearable=15)
    if isinstance(found, Partition):
        check(found, 5)
        of = found.of[items.place]
        assert not rules.over_rows(of).faulty(found).any()


def test_what_cannot_be_joined_is_left_out() -> None:
    """Under a ceiling two groups share no label: the one of a single mind cannot be helped."""
    rows = rows_of(("a1", "yes", 50), ("a1", "no", 50), ("b1", "no", 6))
    columns = {"place": Column(ColumnRole.QUASI, PLACE, coarsest=1), "said": SAID}
    outcome = anonymise(rows, Policy("1", columns, k=5, l=2, suppression=0.1))
    assert by_class(outcome) == {"a1": Counter(yes=50, no=50)}
    assert outcome.suppressed == 6


def test_distances_are_measured_anew_when_somebody_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    items = distinct(trees(6), [np.repeat(np.arange(4), 6).astype(np.int64)], np.arange(24))
    said = np.array([0, 0, 0, 1, 1, 1] * 3 + [0] * 6)
    rules = Diversity(Rules(5, l=2), items, np.arange(24), (Sensitive("said", said, 2),))
    start = Partition(items, np.arange(4), items.values.copy(), np.zeros((4, 1), dtype=np.int64))
    monkeypatch.setattr(lift._Joining, "run", lambda self, _: self.partition)
    found = lift.lifted(start, rules)
    assert found.of.tolist() == [0, 1, 2, OUT]


def test_people_of_a_register_are_counted_by_label() -> None:
    tree = trees(6)[0]
    register = Register(distinct((tree,), [np.array([0, 0, 1, 3])], np.arange(4)))
    counts = [register.people(np.array([0]), np.array([level])) for level in range(4)]
    assert counts == [2, 3, 4, 4]


def test_a_family_in_two_classes_is_one_candidate() -> None:
    (tree,) = trees(6)
    values = np.array([[0], [0], [1], [1], [2], [2]])
    of, heads = np.array([0, 0, 0, 1, 1, 1]), np.array([[0], [0]])
    levels = np.array([[1], [1]])
    apart, together = (
        Finished((tree,), values, unit, of, heads, levels)
        for unit in (np.arange(6), np.array([0, 1, 2, 0, 1, 2]))
    )
    assert expected_guesses(apart, targets=6) == pytest.approx(6 / 6)
    assert expected_guesses(together, targets=6) == pytest.approx(6 / 3)


def test_an_association_is_of_two_columns_that_vary() -> None:
    chance = random.Random(1)  # noqa: S311 - invented
    both = trees(6, 6)
    values = np.array([[chance.randrange(6)] * 2 for _ in range(60)])
    whole = Finished(
        both,
        values,
        np.arange(60),
        values[:, 0].copy(),
        np.array([[n, n] for n in range(6)]),
        np.zeros((6, 2), dtype=np.int64),
    )
    assert association_error(whole) == pytest.approx(0)
    nothing = Finished(
        both,
        values,
        np.arange(60),
        np.zeros(60, dtype=np.int64),
        np.zeros((1, 2), dtype=np.int64),
        np.full((1, 2), 3),
    )
    assert association_error(nothing) == pytest.approx(1)
    alone = Finished(
        both[:1],
        values[:, :1],
        np.arange(60),
        np.zeros(60, dtype=np.int64),
        np.zeros((1, 1), dtype=np.int64),
        np.full((1, 1), 3),
    )
    assert association_error(alone) is None
    same = np.zeros((60, 2), dtype=np.int64)
    flat = Finished(
        both,
        same,
        np.arange(60),
        np.zeros(60, dtype=np.int64),
        np.zeros((1, 2), dtype=np.int64),
        np.zeros((1, 2), dtype=np.int64),
    )
    assert association_error(flat) == 0
