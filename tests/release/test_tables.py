"""Files that no spreadsheet runs, that read back whole, and are the same bytes each time."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.cells import guarded, unguarded
from portal.errors import InvalidError
from portal.release import reading_back
from portal.release.anonymise import Outcome, Reason, Refusal, Row, anonymise
from portal.release.packaging import manifest, package
from portal.release.policy import Policy
from portal.release.tables import (
    archive,
    canonical,
    read_csv,
    rounded,
    write_csv,
)

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "|calc",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    '"=1+1',
    "'=1+1",
    "''=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(A1)",
    "﹢1",
    "−1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://example.org?"&A1)',
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "Evin;=1+1",
    "Evin,=1+1",
    "Evin\t=1+1",
    "Evin\n=1+1",
    'Evin;"=1+1"',
    "Evin; '\"=1+1",
    "a||b",
]
HARMLESS = ["Evin", "گوهردشت", "Unesco, Dezful", "1367 summer", "1367-05", "*", "a=b", "a - b", "x;y", ""]
nasty = st.text(st.sampled_from("=+-@|,;\t\r\n '\"＝＋−\ufeff\u200ca1ی"))
cells = nasty | st.text() | st.sampled_from(FORMULAS + HARMLESS)


def starts(cell: str) -> list[str]:
    """What any program might see as the start of a cell, blanks and quotes aside."""
    return [part.lstrip(' \u00a0\ufeff\u200b\u200c"')[:1] for part in re.split(r"[,;|\t\r\n]", cell)]


@given(cells)
def test_the_guard_comes_off_again(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(cells)
@example("-1-1")
def test_no_part_of_a_guarded_cell_begins_like_a_formula(text: str) -> None:
    cell = guarded(text)
    assert re.fullmatch(r"-\d+(\.\d+)?", cell) or not set(starts(cell)) & set("=+-@＝＋−")
    assert cell[:1] not in set('|\t\r\n "')


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_guarded(text: str) -> None:
    assert guarded(text) != text


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text
    assert unguarded(text) == text


@pytest.mark.parametrize("text", ["0", "11", "-5", "-0.25", "3.14"])
def test_numbers_stay_numbers(text: str) -> None:
    assert guarded(text) == text
    assert write_csv([text], [[text]]) == f"{text}\r\n{text}\r\n".encode()


@pytest.mark.parametrize("text", ["-", "-05", "-1e5", "-1.", "-٥", "+5", "-5 "])
def test_what_only_looks_like_a_number_is_guarded(text: str) -> None:
    assert guarded(text) == "'" + text


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1)))
def test_a_table_reads_back_whole(table: list[list[str]]) -> None:
    assert read_csv(write_csv(table[0], table[1:])) == table


def test_a_table_is_rfc_4180_in_utf_8_headers_guarded_too() -> None:
    data = write_csv(["ID", "=head"], [["گوهردشت", 3], ['say "no"', "a\r\nb"]])
    assert data == '"ID","\'=head"\r\n"گوهردشت",3\r\n"say ""no""","a\r\nb"\r\n'.encode()
    read = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert read[1:] == [["گوهردشت", "3"], ['say "no"', "a\r\nb"]]


@pytest.mark.parametrize(("header", "rows"), [([], []), (["a"], [["b", "c"]]), (["a"], [["\ud800"]])])
def test_a_table_that_is_none_is_not_written(header: list[str], rows: list[list[str]]) -> None:
    with pytest.raises(InvalidError):
        write_csv(header, rows)


@pytest.mark.parametrize("data", [b"\xff", b'"a"b\r\n', b'"a'])
def test_a_table_that_is_none_is_not_read(data: bytes) -> None:
    with pytest.raises(InvalidError):
        read_csv(data)


def test_canonical_json_is_that_of_rfc_8785() -> None:
    value = {"b": [True, None, -0.5, 2.0, 10], "a": '€\n"\\\u000f/', "\U0001f600": 1, "\ufb33": 2, "": {}}
    assert canonical(value).decode() == (
        '{"":{},"a":"€\\n\\"\\\\\\u000f/","b":[true,null,-0.5,2,10],"\U0001f600":1,"\ufb33":2}'
    )


@pytest.mark.parametrize("value", [2**53, -(2**53), float("inf"), float("nan"), "\ud800", {"\ud800": 1}])
def test_what_has_no_canonical_form_is_refused(value: float | str) -> None:
    with pytest.raises(InvalidError):
        canonical(value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_canonical_json_reads_back_and_is_its_own_canonical_form(value: object) -> None:
    data = canonical(value)  # type: ignore[arg-type]
    assert json.loads(data) == value
    assert canonical(json.loads(data)) == data


def test_the_manifest_names_hashes_versions_and_what_was_promised(
    released: tuple[list[Row], Policy, Outcome],
) -> None:
    _, policy, outcome = released
    files = package(outcome, policy, release="2025 first")
    said = json.loads(files["manifest.json"])
    assert said["files"]["table.csv"] == {
        "bytes": len(files["table.csv"]),
        "sha256": sha256(files["table.csv"]).hexdigest(),
    }
    assert said["release"] == "2025 first"
    assert (said["policy"]["k"], said["policy"]["version"]) == (11, "2025-1")
    prison = said["policy"]["columns"]["prison"]
    assert prison["hierarchy"] == {
        "name": "prison",
        "version": 1,
        "sha256": policy.quasi["prison"].digest,
        "finest": 0,
        "coarsest": 3,
    }
    assert said["policy"]["columns"]["reprisal"] == {"role": "sensitive"}
    assert "name" not in said["policy"]["columns"]
    assert said["columns"] == list(outcome.columns)
    assert canonical(said) == files["manifest.json"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (4.5, "4.5"),
        (2e-3, "0.002"),
        (1e-27, "1e-27"),
        (9.999999999999997e-7, "9.999999999999997e-7"),
        (0.000001, "0.000001"),
        (1.5e-10, "1.5e-10"),
        (-0.0, "0"),
        (333333333.3333333, "333333333.3333333"),
    ],
)
def test_numbers_are_written_as_rfc_8785_wants_and_as_the_verifier_expects(value: float, said: str) -> None:
    assert canonical({"a": [value]}).decode() == f'{{"a":[{said}]}}'
    assert reading_back.canonical({"a": [value]}) == canonical({"a": [value]})


@given(st.dictionaries(st.text(), st.floats(-(2.0**52), 2.0**52) | st.text() | st.none() | st.booleans()))
def test_the_verifier_writes_json_as_the_maker_does(value: dict[str, Any]) -> None:
    assert reading_back.canonical(value) == canonical(value)
    assert json.loads(canonical(value)) == value


def test_counts_leave_rounded(released: tuple[list[Row], Policy, Outcome]) -> None:
    _, policy, outcome = released
    said = json.loads(manifest(replace(outcome, suppressed=7), policy, {}, release="x"))
    assert said["rounded"] == {"records": rounded(len(outcome.rows)), "suppressed": 10}
    assert [rounded(count) for count in (0, 4, 5, 14, 15, 104)] == [0, 0, 10, 10, 20, 100]


def test_a_refused_release_has_no_files(testimony_policy: Callable[..., Policy]) -> None:
    with pytest.raises(InvalidError):
        package(Outcome(("a",), refused=Refusal(Reason.TOO_FEW)), testimony_policy(), release="x")


def test_the_same_rows_give_the_same_bytes_in_any_order(
    families: Callable[..., list[Row]], testimony_policy: Callable[..., Policy]
) -> None:
    rows, policy = families(80), testimony_policy()
    once, again = (package(anonymise(each, policy), policy, release="x") for each in (rows, rows[::-1]))
    assert archive(once) == archive(dict(reversed(again.items())))


def test_an_archive_tells_no_time_and_no_system() -> None:
    data = archive({"b.txt": b"two", "a.txt": b"one"})
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        entries = packed.infolist()
        assert packed.read("b.txt") == b"two"
    assert [entry.filename for entry in entries] == ["a.txt", "b.txt", "padding"]
    assert len(data) == 4096
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {(entry.create_system, entry.compress_type, entry.comment) for entry in entries} == {(3, 0, b"")}
