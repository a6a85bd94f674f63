"""The second opinion sees every fault, and takes what it cannot read for one."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from portal.release.anonymise import Outcome, Row, anonymise
from portal.release.check import Fault, Figures, UnsafeReleaseError, verify
from portal.release.packaging import package
from portal.release.policy import Column, ColumnRole, Policy
from portal.release.tables import MANIFEST, TABLE, canonical

Released = tuple[list[Row], Policy, Outcome]


def look(released: Released, files: Mapping[str, bytes] | None = None, **changed: Any) -> Figures:
    rows, policy, outcome = released
    asked: dict[str, Any] = {
        "truth": rows,
        "sources": outcome.sources,
        "trees": {name: hierarchy.paths for name, hierarchy in policy.quasi.items()},
        "k": policy.k,
    }
    return verify(package(outcome, policy, release="x") if files is None else files, **{**asked, **changed})


def faults(released: Released, files: Mapping[str, bytes] | None = None, **changed: Any) -> frozenset[Fault]:
    with pytest.raises(UnsafeReleaseError) as caught:
        look(released, files, **changed)
    return caught.value.faults


def told(released: Released, **changed: Any) -> dict[str, bytes]:
    """The files with another manifest."""
    files = package(released[2], released[1], release="x")
    return {**files, MANIFEST: canonical({**json.loads(files[MANIFEST]), **changed})}


def with_rows(released: Released, rows: list[tuple[str, ...]], sources: list[int]) -> Released:
    return (*released[:2], replace(released[2], rows=tuple(rows), sources=tuple(sources)))


@pytest.fixture
def with_ids(families: Callable[..., list[Row]], testimony_policy: Callable[..., Policy]) -> Released:
    rows, policy = families(60), testimony_policy(record_ids=True)
    return rows, policy, anonymise(rows, policy)


def test_a_sound_release_measures_what_was_promised(released: Released, with_ids: Released) -> None:
    figures = look(released)
    rows, policy, outcome = released
    assert figures.k == outcome.k_reached >= policy.k
    assert figures.fewest_candidates >= policy.k
    assert (figures.classes, figures.records) == (len(outcome.classes), len(outcome.rows))
    assert figures.suppressed == outcome.suppressed == len(rows) - figures.records
    assert 0 < figures.right_guesses <= len(rows) / policy.k
    assert look(with_ids).k >= policy.k


@pytest.mark.parametrize(
    "broken",
    [
        {MANIFEST: b"{"},
        {MANIFEST: b"[]"},
        {MANIFEST: b'{"files":3}'},
        {MANIFEST: b'{"policy":{"columns":{"a":3}}}'},
        {TABLE: b""},
        {TABLE: b"\xff"},
        {TABLE: b'"a"b'},
    ],
)
def test_what_cannot_be_read_is_a_fault(released: Released, broken: dict[str, bytes]) -> None:
    assert faults(released, {**package(released[2], released[1], release="x"), **broken}) == {
        Fault.UNREADABLE
    }


@pytest.mark.parametrize("missing", [MANIFEST, TABLE])
def test_a_missing_file_is_a_fault(released: Released, missing: str) -> None:
    files = package(released[2], released[1], release="x")
    del files[missing]
    assert faults(released, files) == {Fault.UNREADABLE}


def test_one_flipped_bit_in_the_table_is_noticed(released: Released) -> None:
    files = package(released[2], released[1], release="x")
    for place in range(0, len(files[TABLE]), 97):
        table = bytearray(files[TABLE])
        table[place] ^= 1
        assert faults(released, {**files, TABLE: bytes(table)})


def test_one_flipped_bit_in_a_hash_is_noticed(released: Released) -> None:
    files = package(released[2], released[1], release="x")
    said = json.loads(files[MANIFEST])["files"][TABLE]["sha256"]
    other = said.translate(str.maketrans("0123456789abcdef", "1032547698badcfe"))
    changed = files[MANIFEST].replace(said.encode(), other.encode())
    assert faults(released, {**files, MANIFEST: changed}) == {Fault.FILES}


def test_a_file_that_nobody_named_is_a_fault(released: Released) -> None:
    files = package(released[2], released[1], release="x")
    assert faults(released, {**files, "notes.txt": b"x"}) == {Fault.FILES}
    both = told(released, files={**json.loads(files[MANIFEST])["files"], "notes.txt": {"sha256": "0"}})
    assert faults(released, both) == {Fault.FILES}


def test_the_manifest_says_what_was_decided(released: Released) -> None:
    trees = {name: hierarchy.paths for name, hierarchy in released[1].quasi.items()}
    assert faults(released, k=12) >= {Fault.PROMISE}
    assert faults(released, k=4) == {Fault.PROMISE}
    assert Fault.PROMISE in faults(released, trees={name: trees[name] for name in ("relation", "prison")})
    files = package(released[2], released[1], release="x")
    assert faults(released, {**files, MANIFEST: files[MANIFEST] + b"\n"}) == {Fault.PROMISE}


def test_columns_are_those_of_the_manifest(released: Released) -> None:
    files = package(released[2], released[1], release="x")
    policy = json.loads(files[MANIFEST])["policy"]
    assert faults(released, told(released, columns=["prison"])) == {Fault.COLUMNS}
    plain = {**policy["columns"], "language": {"role": "drop"}}
    assert faults(released, told(released, policy={**policy, "columns": plain})) == {Fault.COLUMNS}
    assert faults(released, told(released, policy={**policy, "record_ids": True})) == {Fault.COLUMNS}
    twice = files[TABLE].replace(b'"language"', b'"month"', 1)
    assert faults(released, {**files, TABLE: twice}) == {Fault.COLUMNS}
    ragged = files[TABLE] + b'"one"\r\n'
    assert faults(released, {**files, TABLE: ragged}, sources=[*released[2].sources, 0]) == {Fault.COLUMNS}
    assert faults(released, trees={"ward": {}}) == {Fault.COLUMNS}


def test_a_record_that_does_not_follow_from_its_source_is_untrue(released: Released) -> None:
    _, _, outcome = released
    rows = list(outcome.rows)
    at = outcome.columns.index("reprisal")
    other = {"yes": "no", "no": "yes"}[rows[-1][at]]
    rows[-1] = (*rows[-1][:at], other, *rows[-1][at + 1 :])
    assert Fault.UNTRUE in faults(with_rows(released, rows, list(outcome.sources)))
    elsewhere = [("Evin" if cell == "Gohardasht" else cell for cell in row) for row in outcome.rows]
    moved = with_rows(released, [tuple(row) for row in elsewhere], list(outcome.sources))
    assert Fault.UNTRUE in faults(moved)


def test_each_line_has_one_source_within_the_truth(released: Released) -> None:
    sources = list(released[2].sources)
    assert faults(released, sources=sources[:-1]) == {Fault.UNTRUE}
    assert faults(released, sources=[-1, *sources[1:]]) == {Fault.UNTRUE}
    assert faults(released, sources=[len(released[0]), *sources[1:]]) == {Fault.UNTRUE}
    rows = [released[2].rows[0], *released[2].rows]
    assert faults(with_rows(released, rows, [sources[0], *sources])) == {Fault.TWICE}


def test_classes_are_counted_in_families(released: Released) -> None:
    rows, policy, outcome = released
    few = [Row(row.values, unit=f"{number % 10}") for number, row in enumerate(rows)]
    assert faults((few, policy, outcome)) == {Fault.SMALL_CLASS, Fault.FEW_CANDIDATES}
    assert look(([Row(row.values) for row in rows], policy, outcome)).k >= policy.k


def test_an_empty_release_is_no_release(released: Released) -> None:
    empty = with_rows(released, [], [])
    assert faults(empty) == {Fault.SMALL_CLASS, Fault.FEW_CANDIDATES, Fault.SUPPRESSED}


def test_more_left_out_than_agreed_is_a_fault(released: Released) -> None:
    rows, policy, outcome = released
    more = [*rows, *([Row({"relation": "other"})] * (len(rows) // 10))]
    assert faults((more, policy, outcome)) == {Fault.SUPPRESSED}
    assert look((more, policy, outcome), most_suppressed=0.2).suppressed > outcome.suppressed


def test_numbers_are_no_formulas() -> None:
    columns = {"loss": Column(ColumnRole.PLAIN, values=frozenset({"-5", "0.5", "1367"}))}
    policy, rows = Policy("1", columns, k=5), [Row({"loss": value}) for value in ("-5", "0.5", "1367")] * 4
    assert look((rows, policy, anonymise(rows, policy))).records == 12


@pytest.mark.parametrize("said", [True, False, None, float("nan"), " ", "yes"])
def test_a_true_value_is_read_as_it_must_be_released(said: str | float | None) -> None:
    columns = {"hurt": Column(ColumnRole.SENSITIVE, values=frozenset({"yes", "no"}))}
    policy, rows = Policy("1", columns, k=5), [Row({"hurt": said})] * 6
    assert look((rows, policy, anonymise(rows, policy))).k == 6


def test_records_stand_in_the_order_of_their_values(released: Released) -> None:
    rows, sources = list(released[2].rows), list(released[2].sources)
    assert faults(with_rows(released, rows[::-1], sources[::-1])) == {Fault.ORDER}


@pytest.mark.parametrize(
    "drawn",
    [
        lambda _: "r" + "0" * 32,
        lambda place: f"r{place:032x}",
        lambda place: f"r0192f0c1{place:024x}",
        lambda place: f"{place}",
    ],
    ids=["constant", "counter", "time first", "number"],
)
def test_ids_that_are_not_random_are_a_fault(with_ids: Released, drawn: Callable[[int], str]) -> None:
    rows = [(drawn(place), *row[1:]) for place, row in enumerate(with_ids[2].rows)]
    assert faults(with_rows(with_ids, rows, list(with_ids[2].sources))) == {Fault.IDS}


@pytest.mark.parametrize("cell", ["=1+1", " =1+1", "＝1+1", "|x", "x;-1+1", '"x', "\ufeff+1", "−1"])
def test_a_cell_that_would_run_is_a_fault(released: Released, cell: str) -> None:
    files = package(released[2], released[1], release="x")
    table = files[TABLE].replace(b'"fa"', ('"' + cell.replace('"', '""') + '"').encode(), 1)
    assert Fault.FORMULA in faults(released, {**files, TABLE: table})


@pytest.mark.parametrize(
    ("word", "release"),
    [
        ("Behrang Sarvestani", "for BEHRANG  SARVESTANI"),
        ("كاظمی", "کاظمي"),
        ("رستمی نژاد", "رستمی\u200c نژاد"),
        ("Ali", "by ali."),
        ("Sarvestani", "xSarvestanix"),
    ],
)
def test_a_word_that_must_not_leave_is_found_however_it_is_typed(
    released: Released, word: str, release: str
) -> None:
    files = told(released, release=release)
    assert faults(released, files, forbidden=[word]) == {Fault.FORBIDDEN}


def test_words_that_are_not_there_are_no_fault(released: Released) -> None:
    assert look(released, told(released, release="alight"), forbidden=["Ali", "", "Behrang", "abed"]).records


def test_an_exact_count_is_a_fault(released: Released) -> None:
    for counts in ({"records": 337, "suppressed": 0}, {"records": True}, {}):
        assert faults(released, told(released, rounded=counts)) == {Fault.EXACT_COUNT}


def test_faults_say_what_is_wrong_and_never_of_whom(released: Released) -> None:
    with pytest.raises(UnsafeReleaseError) as caught:
        look(released, told(released, release="Behrang"), forbidden=["Behrang"])
    assert "Behrang" not in str(caught.value)
    assert str(caught.value) == "a word that must not leave is in the files"
