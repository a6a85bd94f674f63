"""Answers in a group, people of public lists, levels of columns: kept when a release is made, and checked."""

import json
from collections.abc import Callable, Mapping
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.release.anonymise import Outcome, Refusal, Row, anonymise
from portal.release.check import Fault, UnsafeReleaseError
from portal.release.check_promises import verify_promises
from portal.release.columns import Choice
from portal.release.hierarchies import MISSING, TOP, Hierarchy, month
from portal.release.listed import Listed
from portal.release.packaging import package
from portal.release.policy import Column, ColumnRole, Policy
from portal.release.presence import presence
from portal.release.promises import broken, told
from portal.release.recoding import Recoded, Table, recoded, schemes_of
from portal.release.sealing import Inside
from portal.release.search import Reason
from portal.release.tables import canonical
from portal.release.worth import moved

QUASI = ColumnRole.QUASI
PLACE = Hierarchy(
    "prison",
    1,
    {leaf: (leaf, leaf[0].upper(), TOP) for leaf in ("a1", "a2", "b1", "b2")}
    | {MISSING: (MISSING, MISSING, TOP)},
)
SAID = Column(ColumnRole.SENSITIVE, values=frozenset({"yes", "no", "not said"}))


def policy(*, finest: int = 0, coarsest: int | None = None, **promised: float) -> Policy:
    columns = {"prison": Column(QUASI, PLACE, coarsest, finest=finest), "said": SAID}
    return Policy("2", columns, k=5, **promised)  # type: ignore[arg-type]


def rows_of(*groups: tuple[str, str, int]) -> list[Row]:
    found: list[Row] = []
    for place, said, count in groups:
        start = len(found)
        found += [Row({"prison": place, "said": said}, f"f{start + n}") for n in range(count)]
    return found


def table_of(rows: list[Row], people: Mapping[str, int] | None = None) -> Table:
    listed = [Listed(place, MISSING) for place, many in (people or {}).items() for _ in range(many)]
    return Table([UUID(int=n) for n in range(len(rows))], rows, people=listed)


def made(table: Table, rules: Policy) -> Recoded | Refusal:
    return recoded(table, rules, random=bytes, rank=lambda one: one.bytes)


def checked(
    rows: list[Row], outcome: Outcome, rules: Policy, people: list[dict[str, str]], **promised: float
) -> None:
    files = package(outcome, rules, release="x")
    trees = {"prison": rules.columns["prison"].labels}
    asked = {"l": rules.l, "t": rules.t, "delta": rules.delta, **promised}
    verify_promises(files, truth=rows, sources=outcome.sources, trees=trees, promised=asked, people=people)


def fault_of(act: Callable[[], None]) -> frozenset[Fault]:
    with pytest.raises(UnsafeReleaseError) as caught:
        act()
    return caught.value.faults


# Answers


def test_a_group_of_one_mind_is_a_fault_where_two_answers_were_promised() -> None:
    rows = rows_of(("a1", "yes", 8), ("b1", "no", 5), ("b1", "yes", 5))
    careless = anonymise(rows, policy())
    promised = policy(l=2)
    assert broken(careless, promised, [str(row.unit) for row in rows])
    assert fault_of(lambda: checked(rows, careless, promised, [])) == {Fault.ANSWERS}
    kept = anonymise(rows, promised)
    assert not broken(kept, promised, [str(row.unit) for row in rows])
    checked(rows, kept, promised, [])


def test_a_group_far_from_all_is_a_fault_where_it_was_to_be_near() -> None:
    rows = rows_of(("a1", "yes", 5), ("a1", "no", 1), ("b1", "no", 60), ("b1", "yes", 1))
    careless, promised = anonymise(rows, policy()), policy(t=0.3)
    assert (
        max(one.distance for one in told(careless, policy(), [str(r.unit) for r in rows])["said"].values())
        > 0.7
    )
    assert fault_of(lambda: checked(rows, careless, promised, [])) == {Fault.ANSWERS}
    checked(rows, anonymise(rows, promised), promised, [])


def test_one_family_that_gives_both_answers_is_one_of_each() -> None:
    rows = [Row({"prison": "a1", "said": "yes"}, f"f{n}") for n in range(6)]
    rows += [Row({"prison": "a1", "said": "no"}, "f0")] * 20
    outcome = anonymise(rows, policy())
    one = told(outcome, policy(), [str(row.unit) for row in rows])["said"][("a1",)]
    assert (one.answers, one.distance) == (2, 0)


def test_a_manifest_that_promises_something_else_is_a_fault() -> None:
    rows = rows_of(("a1", "yes", 8), ("a1", "no", 8))
    outcome = anonymise(rows, policy())
    assert fault_of(lambda: checked(rows, outcome, policy(), [], l=2)) == {Fault.PROMISE}
    files = {**package(outcome, policy(), release="x"), "table.csv": b'"'}
    assert fault_of(
        lambda: verify_promises(files, truth=rows, sources=outcome.sources, trees={}, promised={})
    ) == {Fault.UNREADABLE}


# People of public lists


def people(**count: int) -> list[dict[str, str]]:
    return [{"prison": place} for place, many in count.items() for _ in range(many)]


def test_a_small_prison_in_which_everybody_spoke_gives_each_of_them_away() -> None:
    rows = rows_of(("a1", "yes", 6), ("b1", "no", 40))
    careless = anonymise(rows, policy())
    everybody = people(a1=6, b1=400)
    promised = policy(delta=0.5)
    assert fault_of(lambda: checked(rows, careless, promised, everybody)) == {Fault.PRESENCE}
    kept = made(table_of(rows, {"a1": 6, "b1": 400}), promised)
    assert isinstance(kept, Recoded)
    assert {row[0] for row in kept.outcome.rows} == {TOP}
    assert kept.presence == pytest.approx(46 / 406)
    checked(rows, kept.outcome, promised, everybody)


def test_without_that_promise_prisons_stay_as_fine_as_they_were() -> None:
    found = made(table_of(rows_of(("a1", "yes", 6), ("b1", "no", 40)), {"a1": 6, "b1": 400}), policy())
    assert isinstance(found, Recoded)
    assert {row[0] for row in found.outcome.rows} == {"a1", "b1"}


def test_where_more_families_spoke_than_the_list_can_hide_nothing_leaves() -> None:
    found = made(table_of(rows_of(("a1", "yes", 40)), {"a1": 60}), policy(delta=0.5))
    assert found == Refusal(Reason.TOO_PRESENT)


def test_where_there_is_no_list_nobody_can_hide_in_it() -> None:
    rows = rows_of(("a1", "yes", 8), ("a1", "no", 8))
    assert made(table_of(rows), policy(delta=0.5)) == Refusal(Reason.NO_LIST)
    careless = anonymise(rows, policy())
    assert fault_of(lambda: checked(rows, careless, policy(delta=0.5), [])) == {Fault.PRESENCE}


def test_an_unknown_place_may_be_any_and_nobody_of_the_list_fits_a_place_where_they_were_not() -> None:
    trees = [PLACE.paths]
    shown = [((MISSING,), n) for n in range(5)]
    assert presence(shown, [("a1",)] * 10, trees) == pytest.approx(0.5)
    assert presence([(("b1",), 1)], [("a1",)] * 10, trees) == 0
    assert presence([(("A",), 1), (("a1",), 2)], [("a1",), ("a2",)], trees) == 1
    assert presence([(("a1",), 1)], [(MISSING,)], trees) == 0


def test_a_half_known_month_fits_the_whole_year() -> None:
    tree = month().paths
    shown = [(("1367, season unknown",), "one")]
    assert presence(shown, [("1367-05",), ("1367-11",)], [tree]) == pytest.approx(0.5)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a1", "a2", "b1", "b2"]), st.integers(0, 30)), min_size=12, max_size=60
    ),
    st.integers(0, 40),
)
def test_the_check_measures_what_the_maker_measures(drawn: list[tuple[str, int]], many: int) -> None:
    rows = [Row({"prison": place, "said": "yes" if n % 3 else "no"}, f"f{n}") for place, n in drawn]
    table = table_of(rows, dict.fromkeys(("a1", "a2", "b1", "b2"), many))
    found = made(table, policy(delta=0.5, l=2))
    if isinstance(found, Recoded):
        listed = people(a1=many, a2=many, b1=many, b2=many)
        checked([rows[one] for one in found.truth], found.outcome, policy(delta=0.5, l=2), listed)


# Levels


def test_a_column_leaves_neither_finer_nor_coarser_than_was_asked_for() -> None:
    rows = rows_of(("a1", "yes", 30), ("b1", "yes", 30))
    fine = anonymise(rows, policy(finest=1))
    assert {row[0] for row in fine.rows} == {"A", "B"}
    assert fine.ncp["prison"] > 0
    few = rows_of(("a1", "yes", 60), ("b1", "yes", 3))
    assert {row[0] for row in anonymise(few, policy(coarsest=1)).rows} == {"a1"}
    assert (
        json.loads(package(fine, policy(finest=1), release="x")["manifest.json"])["policy"]["columns"][
            "prison"
        ]["hierarchy"]["finest"]
        == 1
    )


@pytest.mark.parametrize(
    "given", [{"finest": 3}, {"finest": 2, "coarsest": 1}, {"delta": 0.0}, {"delta": 1.5}]
)
def test_levels_and_shares_that_cannot_be_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(InvalidError):
        policy(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given",
    [
        {"l": 4},
        {"t": 0.2},
        {"delta": 0.1},
        {"levels": {"prison": (3, 2)}},
        {"levels": {"prison": (4, 4)}},
        {"levels": {"prison": (0, 5)}},
        {"levels": {"narrative": (0, 1)}},
    ],
)
def test_a_choice_that_no_answer_gives_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(InvalidError):
        Choice({"prison": QUASI}, **given)  # type: ignore[arg-type]


def test_a_step_stricter_and_back_is_the_same_choice_and_at_the_ends_it_stays() -> None:
    usual = Choice({"prison": QUASI}, 11, l=2, t=0.3, delta=0.5, levels={"prison": (1, 3)})
    stricter, looser = usual.stepped(1), usual.stepped(-1)
    assert (stricter.k, stricter.l, stricter.t, stricter.delta) == (15, 3, 0.15, 0.25)
    assert (looser.k, looser.l, looser.t, looser.delta) == (8, 1, 0.5, 1)
    assert stricter.stepped(-1) == usual
    assert stricter.range_of("prison") == (1, 3)
    loosest = Choice({"prison": QUASI}, 5)
    assert loosest.stepped(-1) == loosest
    assert Choice.from_json(usual.to_json()) == usual


def test_a_choice_of_before_there_were_promises_is_read_as_it_was() -> None:
    kept = canonical({"columns": {"month": "quasi-identifier"}, "k": 9, "record_ids": False, "v": 1}).decode()
    assert Choice.from_json(kept) == Choice({"month": QUASI}, 9)


def test_counts_go_wrong_by_what_wide_labels_share_out() -> None:
    rows = rows_of(("a1", "yes", 30), ("b1", "yes", 10))
    fine = anonymise(rows, policy())
    assert moved(fine, policy(), rows) == {"prison": 0}
    wide = anonymise(rows, policy(finest=1))
    assert moved(wide, policy(finest=1), rows)["prison"] == pytest.approx(0.5)


# Beside earlier releases


def test_who_was_shown_keeps_their_labels_and_newcomers_form_groups_of_their_own() -> None:
    rows = rows_of(("a1", "yes", 20), ("b1", "no", 20))
    first = made(table_of(rows), policy())
    assert isinstance(first, Recoded)
    inside = Inside(first.members, {}, {}, schemes=schemes_of(policy()), labels=first.labels)
    later = [*rows[1:], *rows_of(("a2", "yes", 6), ("b2", "no", 2))]
    ids = [UUID(int=n) for n in range(1, len(rows))] + [UUID(int=1000 + n) for n in range(8)]
    later = [Row(row.values, f"later {n}") for n, row in enumerate(later)]
    second = recoded(Table(ids, later, [inside]), policy(), random=bytes, rank=lambda one: one.bytes)
    assert isinstance(second, Recoded)
    assert {row[0] for row in second.outcome.rows} == {"a1", "b1", "a2"}
    assert len(later) - len(second.truth) == 4 + 2  # company for the one who left, and two newcomers


def test_who_was_coded_anew_does_not_keep_a_label_that_is_not_true() -> None:
    rows = rows_of(("a1", "yes", 20), ("b1", "no", 20))
    first = made(table_of(rows), policy())
    assert isinstance(first, Recoded)
    inside = Inside(first.members, {}, {}, schemes=schemes_of(policy()), labels=first.labels)
    moved_on = [Row({**row.values, "prison": "b1"}, row.unit) if n < 6 else row for n, row in enumerate(rows)]
    second = recoded(
        Table([UUID(int=n) for n in range(40)], moved_on, [inside]),
        policy(),
        random=bytes,
        rank=lambda one: one.bytes,
    )
    assert isinstance(second, Recoded)
    assert len(second.truth) == 40
    trees = PLACE.paths
    for cells, source in zip(second.outcome.rows, second.outcome.sources, strict=True):
        assert cells[0] in trees[str(moved_on[second.truth[source]].values["prison"])]


def test_an_earlier_label_that_no_tree_knows_any_more_may_hold_anybody() -> None:
    rows = rows_of(("a1", "yes", 20), ("b1", "no", 20))
    first = made(table_of(rows), policy())
    assert isinstance(first, Recoded)

    def after(labels: list[tuple[str, ...]]) -> Recoded | Refusal:
        inside = Inside(first.members, {}, {}, schemes={"prison": "an older register"}, labels=labels)
        table = table_of(rows, {"a1": 200, "b1": 200})
        return made(Table(table.ids, rows, [inside], table.people), policy(delta=0.5))

    assert isinstance(after([("a1",), ("b1",)]), Recoded)
    assert after([("a1",), ("as b1 was called",)]) == Refusal(Reason.TOO_PRESENT)
