"""Whatever goes in, no class that comes out holds fewer families than was promised."""

import math
from collections import defaultdict
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import InvalidError, UnavailableError
from portal.release.anonymise import Class, Outcome, Reason, Refusal, Row, Value, anonymise
from portal.release.hierarchies import MISSING, TOP, Hierarchy
from portal.release.policy import Column, ColumnRole, Policy

Chance = Callable[[str], Callable[[int], bytes]]
MISSING_FORMS: list[Value] = [None, math.nan, "", "  ", MISSING]


def tree(name: str, groups: dict[str, str]) -> Hierarchy:
    paths = {leaf: (leaf, group, TOP) for leaf, group in groups.items()}
    return Hierarchy(name, 1, {**paths, MISSING: (MISSING, MISSING, TOP)})


PLACE = tree("place", {"a1": "A", "a2": "A", "b1": "B", "b2": "B", "c1": "C"})
KIN = tree("kin", {"s": "S", "t": "T", "u": "T"})
SMALL = {
    "place": Column(ColumnRole.QUASI, PLACE),
    "kin": Column(ColumnRole.QUASI, KIN),
    "hurt": Column(ColumnRole.SENSITIVE, values=frozenset({"yes", "no"})),
}
values = st.fixed_dictionaries(
    {
        "place": st.sampled_from(["a1", "a2", "b1", "b2", "c1", *MISSING_FORMS]),
        "kin": st.sampled_from(["s", "t", "u", *MISSING_FORMS]),
        "hurt": st.sampled_from(["yes", "no", True, None]),
    }
)
some_rows = st.lists(
    st.builds(Row, values, st.none() | st.integers(0, 25).map("family {}".format)), max_size=80
)
policies = st.builds(
    lambda k, share, place: Policy(
        "1",
        {**SMALL, "place": Column(ColumnRole.QUASI, PLACE, coarsest=place)},
        k=k,
        suppression=share,
    ),
    st.integers(5, 8),
    st.sampled_from([0.0, 0.05, 0.1]),
    st.sampled_from([None, 1, 2]),
)


def only(column: str) -> dict[str, Column]:
    return {column: SMALL[column]}


def rows_of(column: str, *groups: tuple[str, int]) -> list[Row]:
    return [Row({column: value}) for value, count in groups for _ in range(count)]


def labels(outcome: Outcome, policy: Policy) -> list[tuple[str, ...]]:
    places = [outcome.columns.index(name) for name in policy.quasi]
    return [tuple(row[place] for place in places) for row in outcome.rows]


def families_by_class(
    outcome: Outcome, rows: list[Row], policy: Policy
) -> dict[tuple[str, ...], set[object]]:
    found: defaultdict[tuple[str, ...], set[object]] = defaultdict(set)
    for label, source in zip(labels(outcome, policy), outcome.sources, strict=True):
        found[label].add(rows[source].unit or source)
    return found


@settings(max_examples=80, deadline=None)
@given(some_rows, policies)
def test_every_class_holds_k_families(rows: list[Row], policy: Policy) -> None:
    outcome = anonymise(rows, policy)
    found = families_by_class(outcome, rows, policy)
    assert all(len(families) >= policy.k for families in found.values())
    assert {each.labels: each.units for each in outcome.classes} == {
        label: len(families) for label, families in found.items()
    }


@settings(max_examples=80, deadline=None)
@given(some_rows, policies)
def test_what_is_suppressed_counts_nowhere_and_stays_under_the_limit(rows: list[Row], policy: Policy) -> None:
    outcome = anonymise(rows, policy)
    assert len(outcome.rows) == len(outcome.sources) == len(set(outcome.sources))
    assert sum(each.rows for each in outcome.classes) == len(outcome.rows) == len(rows) - outcome.suppressed
    if outcome.refused is None:
        assert outcome.suppressed <= policy.suppression * len(rows)
    else:
        assert not outcome.rows
        assert not outcome.classes


@settings(max_examples=80, deadline=None)
@given(some_rows, policies)
def test_every_released_cell_follows_from_a_true_one(rows: list[Row], policy: Policy) -> None:
    outcome = anonymise(rows, policy)
    for cells, source in zip(outcome.rows, outcome.sources, strict=True):
        for name, cell in zip(outcome.columns, cells, strict=True):
            value = rows[source].values[name]
            true = {True: "yes", None: MISSING}.get(value, value)  # type: ignore[call-overload]
            true = MISSING if value in MISSING_FORMS or value != value else true  # noqa: PLR0124
            column = policy.columns[name]
            assert cell in (column.hierarchy.paths[true] if column.hierarchy else {true})
            if column.coarsest is not None and column.hierarchy is not None:
                assert cell in column.hierarchy.paths[true][: column.coarsest + 1]


@settings(max_examples=60, deadline=None)
@given(some_rows, policies, st.data())
def test_the_order_of_arrival_changes_nothing(rows: list[Row], policy: Policy, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    first, second = anonymise(rows, policy), anonymise(shuffled, policy)
    assert first.rows == second.rows
    assert first.classes == second.classes
    assert (first.loss, first.ncp, first.refused) == (second.loss, second.ncp, second.refused)


@settings(max_examples=60, deadline=None)
@given(some_rows, policies)
def test_losses_lie_between_nothing_and_all(rows: list[Row], policy: Policy) -> None:
    outcome = anonymise(rows, policy)
    assert 0 <= outcome.loss <= 1
    assert all(0 <= loss <= 1 for loss in outcome.ncp.values())


def test_rows_of_one_family_do_not_hide_each_other() -> None:
    rows = [Row({"place": "a1"}, unit=f"family {number % 4}") for number in range(40)]
    outcome = anonymise(rows, Policy("1", only("place"), k=5))
    assert outcome.refused == Refusal(Reason.TOO_FEW)
    assert outcome.rows == ()
    assert (outcome.k_reached, outcome.highest_risk, outcome.right_guesses) == (0, 0.0, 0.0)
    assert outcome.suppressed == 40


def test_families_are_counted_once_and_lone_rows_each() -> None:
    rows = rows_of("place", ("a1", 4)) + [Row({"place": "a1"}, unit="0")] * 3
    outcome = anonymise(rows, Policy("1", only("place"), k=5))
    assert outcome.classes == (Class(("a1",), rows=7, units=5),)
    assert (outcome.k_reached, outcome.highest_risk, outcome.right_guesses) == (5, 0.2, 1.0)


def test_true_values_stay_where_enough_share_them() -> None:
    rows = rows_of("place", ("a1", 5), ("a2", 6), ("b1", 7))
    outcome = anonymise(rows, Policy("1", only("place"), k=5))
    assert [(each.labels, each.rows) for each in outcome.classes] == [
        (("a1",), 5),
        (("a2",), 6),
        (("b1",), 7),
    ]
    assert outcome.loss == 0
    assert outcome.ncp == {"place": 0}


def test_those_too_few_to_stand_alone_share_the_label_above() -> None:
    rows = rows_of("place", ("a1", 3), ("a2", 3), ("b1", 7))
    outcome = anonymise(rows, Policy("1", only("place"), k=5))
    assert [(each.labels, each.rows) for each in outcome.classes] == [(("A",), 6), (("b1",), 7)]
    assert outcome.ncp["place"] == pytest.approx(6 / 13 * 1 / 5)


def test_the_smallest_part_keeps_company_with_those_left_behind() -> None:
    rows = rows_of("place", ("a1", 20), ("b1", 5), ("b2", 5), ("c1", 2))
    outcome = anonymise(rows, Policy("1", only("place"), k=5, suppression=0))
    assert [(each.labels, each.rows) for each in outcome.classes] == [
        (("*",), 7),
        (("a1",), 20),
        (("b2",), 5),
    ]


def test_few_outliers_are_left_out_rather_than_coarsening_all() -> None:
    rows = rows_of("place", ("a1", 200), ("b1", 3))
    outcome = anonymise(rows, Policy("1", only("place")))
    assert outcome.classes == (Class(("a1",), 200, 200),)
    assert outcome.suppressed == 3
    assert outcome.loss == pytest.approx(3 / 203)
    assert outcome.ncp == {"place": 0}


def test_nobody_is_left_out_when_the_policy_allows_none() -> None:
    rows = rows_of("place", ("a1", 200), ("b1", 3))
    outcome = anonymise(rows, Policy("1", only("place"), suppression=0))
    assert outcome.classes == (Class((TOP,), 203, 203),)
    assert outcome.ncp == {"place": 1}


def test_nobody_is_left_out_where_that_would_lose_more() -> None:
    rows = rows_of("kin", ("t", 12), ("u", 8), ("s", 150))
    outcome = anonymise(rows, Policy("1", only("kin"), k=11))
    assert outcome.suppressed == 0
    assert [each.labels for each in outcome.classes] == [("T",), ("s",)]


def test_what_a_left_out_record_loses_counts_in_every_column() -> None:
    rows = [
        Row({"place": "a1", "kin": kin})
        for kin, count in (("t", 12), ("u", 8), ("s", 150))
        for _ in range(count)
    ]
    columns = {"place": SMALL["place"], "kin": SMALL["kin"]}
    assert anonymise(rows, Policy("1", columns, k=11)).suppressed == 0


def test_those_already_lost_at_the_coarsest_labels_count_against_the_limit() -> None:
    columns = {"place": Column(ColumnRole.QUASI, PLACE, coarsest=1)}
    rows = rows_of("place", ("a1", 100), ("a2", 4), ("c1", 2))
    outcome = anonymise(rows, Policy("1", columns, k=5))
    assert outcome.classes == (Class(("A",), 104, 104),)
    assert outcome.suppressed == 2


def test_just_enough_left_behind_need_no_company_and_are_not_left_out() -> None:
    rows = rows_of("place", ("a1", 200), ("b1", 3), ("c1", 2))
    outcome = anonymise(rows, Policy("1", only("place"), k=5))
    assert [(each.labels, each.rows) for each in outcome.classes] == [((TOP,), 5), (("a1",), 200)]


def test_the_smaller_loss_is_kept() -> None:
    # From the top, A is split at the price of a1, and nobody bears c1 then; descending, a1 and a2 stay.
    rows = rows_of("place", ("a1", 6), ("a2", 60), ("b2", 12), ("c1", 3))
    outcome = anonymise(rows, Policy("1", only("place"), suppression=0.1))
    assert [each.labels for each in outcome.classes] == [("A",), ("b2",)]
    assert outcome.suppressed == 3
    assert outcome.loss == pytest.approx((66 * 1 / 5 + 3) / 81)


@pytest.mark.parametrize(("promise", "reached"), [({"l": 2}, 2), ({"t": 0.25}, 2), ({}, 1)])
def test_a_class_whose_sensitive_values_are_all_alike_is_joined_with_another(
    promise: dict[str, float], reached: int
) -> None:
    said = [("a1", "yes")] * 10 + [("b1", "no")] * 10 + [("c1", "no")] * 5 + [("c1", "yes")] * 5
    rows = [Row({"place": place, "hurt": hurt}) for place, hurt in said]
    columns = {"place": SMALL["place"], "hurt": SMALL["hurt"]}
    outcome = anonymise(rows, Policy("1", columns, k=5, **promise))  # type: ignore[arg-type]
    found: defaultdict[str, set[str]] = defaultdict(set)
    for place, hurt in outcome.rows:
        found[place].add(hurt)
    assert min(map(len, found.values())) == reached


def test_values_that_no_class_can_mix_refuse_the_release() -> None:
    rows = [Row({"place": "a1", "hurt": "yes"})] * 20
    outcome = anonymise(rows, Policy("1", {"place": SMALL["place"], "hurt": SMALL["hurt"]}, l=2))
    assert outcome.refused == Refusal(Reason.TOO_ALIKE)


def test_too_many_alone_refuses_the_release_and_names_columns_to_drop() -> None:
    columns = {name: Column(ColumnRole.QUASI, SMALL[name].hierarchy, coarsest=0) for name in ("place", "kin")}
    rows = [
        Row({"place": place, "kin": kin}) for place in ("a1", "b1", "c1") for kin in "stu" for _ in range(8)
    ]
    outcome = anonymise(rows, Policy("1", columns, k=11))
    assert outcome.refused == Refusal(Reason.TOO_MANY_ALONE, ("place",))
    assert outcome.suppressed == 72
    assert outcome.loss == 1
    turned = Policy("1", dict(reversed(columns.items())))
    assert anonymise(rows, turned).refused == Refusal(Reason.TOO_MANY_ALONE, ("kin",))
    more = [*rows, *rows_of("kin", ("s", 8))]  # of no known place, so too few to keep that column
    assert anonymise(more, turned).refused == Refusal(Reason.TOO_MANY_ALONE, ("place",))


def test_as_many_columns_are_dropped_as_it_takes_and_no_column_in_vain() -> None:
    columns = {
        "hurt": SMALL["hurt"],
        "free": Column(ColumnRole.QUASI, tree("free", {"x": "X"})),
        **{name: Column(ColumnRole.QUASI, SMALL[name].hierarchy, coarsest=0) for name in ("place", "kin")},
    }
    rows = [
        Row({"free": "x", "place": p, "kin": k})
        for p in ("a1", "a2", "b1", "b2")
        for k in "st"
        for _ in "123"
    ]
    outcome = anonymise(rows, Policy("1", columns, k=13))
    assert outcome.refused is not None
    assert set(outcome.refused.drop) == {"place", "kin"}


def test_a_limit_is_kept_to_the_record() -> None:
    columns = {"place": Column(ColumnRole.QUASI, PLACE, coarsest=0)}
    just = rows_of("place", ("a1", 95), ("b1", 5))
    assert anonymise(just, Policy("1", columns)).suppressed == 5
    over = rows_of("place", ("a1", 94), ("b1", 6))
    assert anonymise(over, Policy("1", columns)).refused == Refusal(Reason.TOO_MANY_ALONE, ("place",))


def test_an_empty_release_is_refused() -> None:
    assert anonymise([], Policy("1", SMALL)).refused == Refusal(Reason.TOO_FEW)


def test_without_quasi_identifiers_all_rows_are_one_class() -> None:
    rows = rows_of("hurt", ("yes", 3), ("no", 9))
    outcome = anonymise(rows, Policy("1", only("hurt")))
    assert outcome.classes == (Class((), 12, 12),)
    assert outcome.loss == 0
    assert outcome.rows == (("no",),) * 9 + (("yes",),) * 3


@pytest.mark.parametrize("missing", [*MISSING_FORMS, "absent"])
def test_missing_in_any_form_is_one_value_and_a_class_of_its_own(missing: Value) -> None:
    cells = {} if missing == "absent" else {"place": missing}
    rows = rows_of("place", ("a1", 6), (MISSING, 3)) + [Row(cells)] * 3
    outcome = anonymise(rows, Policy("1", only("place"), k=5))
    assert [(each.labels, each.rows) for each in outcome.classes] == [(("a1",), 6), ((MISSING,), 6)]


def test_yes_and_no_may_come_as_truth_values_and_numbers_as_numbers() -> None:
    columns = {"hurt": Column(ColumnRole.SENSITIVE, values=frozenset({"yes", "no", "3"}))}
    rows = [Row({"hurt": value}) for value in (True, False, 3, None, " yes ")] * 3
    outcome = anonymise(rows, Policy("1", columns, k=5))
    assert outcome.rows == (("3",),) * 3 + (("no",),) * 3 + (("unknown",),) * 3 + (("yes",),) * 6


def test_a_column_that_the_policy_does_not_name_stops_the_release() -> None:
    with pytest.raises(InvalidError, match="does not name the column diary"):
        anonymise([Row({"place": "a1", "zeal": "x", "diary": "SECRETWORD"})] * 20, Policy("1", SMALL))


@pytest.mark.parametrize("column", ["place", "hurt"])
@pytest.mark.parametrize("value", ["SECRETWORD", 1.5])
def test_a_value_that_the_policy_does_not_know_stops_the_release_unspoken(column: str, value: Value) -> None:
    with pytest.raises(InvalidError) as caught:
        anonymise([Row({column: value})] * 20, Policy("1", SMALL))
    assert column in str(caught.value)
    assert str(value) not in str(caught.value)


def test_a_dropped_column_is_not_even_looked_at(testimony_policy: Callable[..., Policy]) -> None:
    outcome = anonymise([Row({"name": "CANARY"})] * 20, testimony_policy())
    assert "name" not in outcome.columns
    assert "CANARY" not in str(outcome.rows)


def test_the_same_rows_and_the_same_chance_give_the_same_release(
    families: Callable[..., list[Row]], testimony_policy: Callable[..., Policy], chance: Chance
) -> None:
    rows, policy = families(120), testimony_policy(record_ids=True)
    first, again, other = (anonymise(rows, policy, random=chance(seed)) for seed in ("a", "a", "b"))
    assert first == again
    assert first.rows != other.rows
    assert first.classes == other.classes


def test_ids_come_first_and_only_when_asked_for(
    families: Callable[..., list[Row]], testimony_policy: Callable[..., Policy]
) -> None:
    rows = families(60)
    with_ids, without = (anonymise(rows, testimony_policy(record_ids=ids)) for ids in (True, False))
    assert with_ids.columns == ("record", *without.columns)
    assert [row[1:] for row in with_ids.rows] == list(without.rows)
    assert len({row[0] for row in with_ids.rows}) == len(rows) - with_ids.suppressed


def test_chance_that_repeats_itself_gives_no_ids(testimony_policy: Callable[..., Policy]) -> None:
    rows = rows_of("relation", ("parent", 12))
    with pytest.raises(UnavailableError):
        anonymise(rows, testimony_policy(record_ids=True), random=bytes)
    assert len(anonymise(rows, testimony_policy(), random=bytes).rows) == 12


def test_neither_rows_nor_outcome_show_themselves_in_a_log(
    released: tuple[list[Row], Policy, Outcome],
) -> None:
    rows, _, outcome = released
    assert "CANARY" not in repr(rows[0])
    assert "family" not in repr(rows[0])
    assert "rows=((" not in repr(outcome)
    assert "sources" not in repr(outcome)


def test_invented_testimony_keeps_most_of_its_worth(released: tuple[list[Row], Policy, Outcome]) -> None:
    rows, policy, outcome = released
    assert outcome.refused is None
    assert outcome.k_reached >= policy.k
    assert outcome.loss <= 0.31
    assert outcome.suppressed <= 0.05 * len(rows)
