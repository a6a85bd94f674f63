"""Attacks on a release. Each is first run on the bare rows, where it succeeds, then on what was released."""

import json
import string
from collections import defaultdict
from collections.abc import Callable, Sequence

import pytest

from portal import cells
from portal.release import tables
from portal.release.anonymise import Outcome, Row, anonymise
from portal.release.check import Fault, Figures, UnsafeReleaseError
from portal.release.hierarchies import MISSING, prison
from portal.release.packaging import package
from portal.release.policy import Column, ColumnRole, Policy
from portal.release.tables import archive, read_csv

Released = tuple[list[Row], Policy, Outcome]
Chance = Callable[[str], Callable[[int], bytes]]


def true_values(row: Row, policy: Policy) -> tuple[str, ...]:
    return tuple(str(row.values.get(name) or MISSING) for name in policy.quasi)


def fewest_candidates(
    records: Sequence[tuple[tuple[str, ...], str | None]], rows: list[Row], policy: Policy
) -> int:
    """An adversary knows somebody's true values, and looks for records whose labels hold them."""
    families: defaultdict[tuple[str, ...], set[str | None]] = defaultdict(set)
    for labels, family in records:
        families[labels].add(family)
    fewest = len(rows)
    for values in {true_values(row, policy) for row in rows}:
        paths = [tree.paths[value] for tree, value in zip(policy.quasi.values(), values, strict=True)]
        fits = [
            found
            for labels, found in families.items()
            if all(label in path for label, path in zip(labels, paths, strict=True))
        ]
        if fits:
            fewest = min(fewest, len(set().union(*fits)))
    return fewest


def test_linkage_by_true_values_never_narrows_below_k_families(released: Released) -> None:
    rows, policy, outcome = released
    bare = [
        (
            tuple(
                policy.quasi[n].paths[v][0]
                for n, v in zip(policy.quasi, true_values(row, policy), strict=True)
            ),
            row.unit,
        )
        for row in rows
    ]
    assert fewest_candidates(bare, rows, policy) == 1
    places = [outcome.columns.index(name) for name in policy.quasi]
    seen = [
        (tuple(cells[place] for place in places), rows[source].unit)
        for cells, source in zip(outcome.rows, outcome.sources, strict=True)
    ]
    assert fewest_candidates(seen, rows, policy) >= policy.k


def test_one_talkative_family_is_not_a_crowd(testimony_policy: Callable[..., Policy]) -> None:
    policy = testimony_policy()
    one = [Row({"prison": "dastgerd", "relation": "child"}, unit="one")] * 11
    others = [Row({"prison": "evin", "relation": "child"}, unit=f"{number}") for number in range(300)]
    assert any(row[1] == "Dastgerd" for row in anonymise([Row(r.values) for r in one + others], policy).rows)
    assert not any(row[1] == "Dastgerd" for row in anonymise(one + others, policy).rows)


def correlation(order: Sequence[int]) -> float:
    """Spearman's rank correlation of position and arrival."""
    count = len(order)
    return 1 - 6 * sum((place - arrival) ** 2 for place, arrival in enumerate(order)) / (
        count * (count**2 - 1)
    )


def test_the_order_of_records_does_not_tell_the_order_of_arrival(
    testimony_policy: Callable[..., Policy], chance: Chance
) -> None:
    rows = [Row({"relation": "parent"}) for _ in range(400)]
    assert correlation(range(400)) == 1
    outcome = anonymise(rows, testimony_policy(record_ids=True), random=chance("order"))
    assert abs(correlation(outcome.sources)) < 0.15
    by_id = [source for _, source in sorted(zip(outcome.rows, outcome.sources, strict=True))]
    assert abs(correlation(by_id)) < 0.15


def test_ids_are_drawn_anew_for_each_release(
    families: Callable[..., list[Row]], testimony_policy: Callable[..., Policy]
) -> None:
    rows, policy = families(60), testimony_policy(record_ids=True)
    first, second = ({row[0] for row in anonymise(rows, policy).rows} for _ in range(2))
    assert len(first) == len(second)
    assert not first & second
    assert "record" not in anonymise(rows, testimony_policy()).columns


def test_no_canary_is_in_any_released_byte(
    released: Released, checked: Callable[..., Figures], testimony_policy: Callable[..., Policy]
) -> None:
    rows, policy, outcome = released
    whole = archive(package(outcome, policy, release="x"))
    canaries = [str(row.values["name"]) for row in rows] + [str(row.unit) for row in rows]
    assert not any(canary.encode() in whole for canary in canaries)
    assert checked(outcome, rows, policy, forbidden=canaries)
    careless = Policy(
        "1", {**testimony_policy().columns, "name": Column(ColumnRole.PLAIN, values=frozenset(canaries))}
    )
    with pytest.raises(UnsafeReleaseError) as caught:
        checked(anonymise(rows, careless), rows, careless, forbidden=canaries)
    assert caught.value.faults == {Fault.FORBIDDEN}


def test_a_suppressed_value_is_in_no_released_byte(testimony_policy: Callable[..., Policy]) -> None:
    columns = {"prison": Column(ColumnRole.QUASI, testimony_policy().quasi["prison"], coarsest=0)}
    rows = [Row({"prison": "evin"})] * 100 + [Row({"prison": "dastgerd"})] * 2
    policy = Policy("1", columns)
    whole = archive(package(anonymise(rows, policy), policy, release="x"))
    assert b"Evin" in whole
    assert b"Dastgerd" not in whole


def test_the_manifest_does_not_tell_how_many_were_left_out(testimony_policy: Callable[..., Policy]) -> None:
    policy = Policy("1", {"prison": Column(ColumnRole.QUASI, testimony_policy().quasi["prison"])})
    releases = []
    for alone in (1, 4):
        rows = [Row({"prison": "evin"})] * 200 + [Row({"prison": "dastgerd"})] * alone
        outcome = anonymise(rows, policy)
        assert outcome.suppressed == alone
        releases.append(package(outcome, policy, release="x"))
    assert releases[0] == releases[1]


def test_a_formula_in_the_register_runs_nowhere(
    checked: Callable[..., Figures], monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = ["=cmd|' /C calc'!A0", "＝1+1", "\t@SUM(1)", "Evin;=HYPERLINK(A1)", " -2+3", "| x"]
    places = {letter: (label, "Tehran") for letter, label in zip(string.ascii_letters, labels, strict=False)}
    policy = Policy("1", {"=prison": Column(ColumnRole.QUASI, prison(places))})
    rows = [Row({"=prison": code}) for code in places for _ in range(12)]
    outcome = anonymise(rows, policy)
    assert checked(outcome, rows, policy).classes == len(labels)
    table = read_csv(package(outcome, policy, release="x")["table.csv"])
    assert {row[0] for row in table} == {"=prison", *labels}
    monkeypatch.setattr(cells, "guarded", lambda text: text)
    with pytest.raises(UnsafeReleaseError) as caught:
        checked(outcome, rows, policy)
    assert Fault.FORMULA in caught.value.faults


def test_a_column_added_later_does_not_leave_by_itself(
    families: Callable[..., list[Row]], testimony_policy: Callable[..., Policy]
) -> None:
    rows = [Row({**row.values, "reviewer": "x"}, row.unit) for row in families(30)]
    with pytest.raises(tables.InvalidError, match="reviewer"):
        anonymise(rows, testimony_policy())


def test_nothing_in_the_manifest_is_exact_but_hashes_sizes_and_promises(released: Released) -> None:
    rows, policy, outcome = released
    said = json.loads(package(outcome, policy, release="x")["manifest.json"])
    assert set(said) == {
        *("format", "release", "columns", "hxl", "ledger", "policy", "files", "rounded", "ncp"),
    }
    assert all(count % 10 == 0 for count in said["rounded"].values())
    assert all(len(str(loss)) <= 4 for loss in said["ncp"].values())
    assert len(rows) not in said["rounded"].values() or len(rows) % 10 == 0
