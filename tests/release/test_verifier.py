"""The second opinion on a folder: every promise measured again, every changed byte noticed."""

import csv
import hashlib
import io
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.release.table_release import anonymise_file
from portal.release.tables import canonical, write_csv
from portal.release.verifier import VerificationError, verify_files, verify_folder
from portal.release.verifier_reading import Truth

TOWNS = {"a1": "A", "a2": "A", "b1": "B", "b2": "B"}
ROLES = {"town": "quasi-identifier", "hurt": "sensitive", "family": "unit"}


def made(folder: Path, **more: Any) -> dict[str, bytes]:
    """A small sound release: 12 families in each of three towns, 24 in the fourth."""
    rows = [
        [town, "yes" if number % 3 else "no", f"{town} {number}"]
        for town, count in (("a1", 12), ("a2", 12), ("b1", 12), ("b2", 24))
        for number in range(count)
    ]
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as sink:
        csv.writer(sink).writerows([["town", "hurt", "family"], *rows])
    lines = "\n".join(f"{town};{above};*" for town, above in TOWNS.items())
    (folder / "town.csv").write_text(lines, encoding="utf-8")
    columns = {name: {"role": role} for name, role in ROLES.items()}
    columns["town"]["hierarchy"] = "town.csv"
    said = {"columns": columns, "k": 5, "l": 2, "t": 0.5, "seed": 1, **more}
    (folder / "policy.json").write_text(json.dumps(said), encoding="utf-8")
    out = folder / "out"
    anonymise_file(folder / "table.csv", folder / "policy.json", out)
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    return made(tmp_path_factory.mktemp("sound"))


def rehashed(files: Mapping[str, bytes], **changed: Any) -> dict[str, bytes]:
    """The files with a manifest that names them as they are: only measuring can find what is wrong."""
    said = {**json.loads(files["manifest.json"]), **changed}
    said["files"] = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
        if name != "manifest.json"
    }
    said.pop("rest_sha256", None)
    said["rest_sha256"] = hashlib.sha256(canonical(said)).hexdigest()
    return {**files, "manifest.json": canonical(said)}


def table(files: Mapping[str, bytes]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(files["table.csv"].decode(), newline="")))


def with_table(files: Mapping[str, bytes], rows: list[list[str]]) -> dict[str, bytes]:
    return rehashed({**files, "table.csv": write_csv(rows[0], sorted(rows[1:]))})


def with_said(files: Mapping[str, bytes], name: str, change: Callable[[Any], Any]) -> dict[str, bytes]:
    said = json.loads(files[name])
    change(said)
    return rehashed({**files, name: canonical(said)})


def problems(files: Mapping[str, bytes], truth: Truth | None = None) -> str:
    with pytest.raises(VerificationError) as caught:
        verify_files(files, truth=truth)
    return "\n".join(caught.value.problems)


def truth(files: Mapping[str, bytes], **changed: Any) -> Truth:
    """What the sound table was made of: its own cells, in towns that are whole classes."""
    rows = table(files)[1:]
    given: dict[str, Any] = {
        "columns": {"town": [row[0] for row in rows], "hurt": [row[1] for row in rows]},
        "unit": [str(place) for place in range(len(rows))],
        "sources": list(range(len(rows))),
        "register": None,
    }
    return Truth(**{**given, **changed})


def test_a_sound_folder_is_measured(sound: Mapping[str, bytes], tmp_path: Path) -> None:
    found = verify_files(rehashed(sound))
    assert (found.records, found.classes, found.k_records, found.ncp) == (60, 4, 12, 0)
    assert verify_files(sound, truth=truth(sound)) == found
    for name, data in sound.items():
        (tmp_path / name).write_bytes(data)
    assert verify_folder(tmp_path) == found


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match="cannot be read"):
        verify_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["table.csv", "manifest.json", "risk.json", "utility.json", "report.html"])
def test_one_changed_bit_in_any_file_is_noticed(sound: Mapping[str, bytes], name: str) -> None:
    data = sound[name]
    for place in {*range(0, len(data), max(1, len(data) // 25)), len(data) - 1}:
        changed = bytearray(data)
        changed[place] ^= 1
        assert problems({**sound, name: bytes(changed)})


@pytest.mark.parametrize("name", ["table.csv", "manifest.json", "risk.json", "utility.json", "report.html"])
def test_a_missing_file_is_named(sound: Mapping[str, bytes], name: str) -> None:
    assert problems({one: data for one, data in sound.items() if one != name}).startswith(
        f"{name}: is missing"
    )


def test_a_file_more_is_named(sound: Mapping[str, bytes]) -> None:
    assert problems({**sound, "notes.txt": b""}).startswith("notes.txt: ")


def test_a_class_that_became_small_is_named(sound: Mapping[str, bytes]) -> None:
    header, *rows = table(sound)
    few = [row for row in rows if row[0] != "a1"] + [row for row in rows if row[0] == "a1"][:4]
    assert "k: a class holds fewer than 5 records" in problems(with_table(sound, [header, *few]))
    assert "table.csv: holds nothing" in problems(with_table(sound, [header]))


def test_a_class_that_tells_everything_is_named(sound: Mapping[str, bytes]) -> None:
    rows = [[row[0], "yes" if row[0] == "a1" else row[1]] for row in table(sound)[1:]]
    everybody = truth(sound, columns={"town": [row[0] for row in rows], "hurt": [row[1] for row in rows]})
    told = problems(with_table(sound, [["town", "hurt"], *rows]), everybody)
    assert "l: a class holds fewer than 2 values of hurt" in told
    assert "risk.json: does not say what the table shows of hurt" in told


@pytest.mark.parametrize(
    ("promise", "named"),
    [({"t": 0.01}, "t:"), ({"entropy_l": 2}, "entropy_l:"), ({"top_share": 0.6}, "top_share:")],
)
def test_a_promise_that_is_not_kept_is_named(
    sound: Mapping[str, bytes], promise: dict[str, float], named: str
) -> None:
    promised = {**json.loads(sound["manifest.json"])["promised"], **promise}
    rows = table(sound)[1:]
    everybody = truth(sound, unit=[str(number % 7) + row[0] for number, row in enumerate(rows)])
    assert named in problems(rehashed(sound, promised=promised), everybody)


@pytest.mark.parametrize(
    ("name", "change", "named"),
    [
        ("manifest.json", lambda said: said.update(format="other"), "is of another format"),
        ("manifest.json", lambda said: said["promised"].update(k=4), "k is less than 5"),
        ("manifest.json", lambda said: said["columns"]["hurt"].update(role="drop"), "no role that leaves"),
        ("manifest.json", lambda said: said["columns"].update(x={"role": "plain"}), "has other columns"),
        ("manifest.json", lambda said: said["hierarchies"].update(x=[]), "are not the same"),
        ("manifest.json", lambda said: said["hierarchies"]["town"].pop(), "is not total"),
        ("manifest.json", lambda said: said["hierarchies"]["town"][0].pop(), "is not total"),
        ("manifest.json", lambda said: [p.append("x") for p in said["hierarchies"]["town"]], "not end in *"),
        ("manifest.json", lambda said: said["hierarchies"]["town"].append(["z", "A", "x"]), "not monotone"),
        ("manifest.json", lambda said: said["rounded"].update(records=61), "is not rounded"),
        ("risk.json", lambda said: said["rounded"].update(records=50), "counts otherwise"),
        ("risk.json", lambda said: said.update(k=13), "how small the smallest class is"),
        ("risk.json", lambda said: said.update(k_records=13), "how small the smallest class is"),
        ("risk.json", lambda said: said["promised"].update(l=3), "promises something else"),
        ("risk.json", lambda said: said.update(highest_risk=0.01), "highest risk"),
        ("utility.json", lambda said: said.update(ncp=0.2), "what the table lost"),
    ],
    ids=range(16),
)  # fmt: skip
def test_what_is_said_is_measured_again(
    sound: Mapping[str, bytes], name: str, change: Callable[[Any], Any], named: str
) -> None:
    assert named in problems(with_said(sound, name, change))


def test_sensitive_columns_are_all_spoken_of(sound: Mapping[str, bytes]) -> None:
    changed = with_said(sound, "risk.json", lambda said: said.update(sensitive={}))
    assert "speaks of other sensitive columns" in problems(changed, truth(sound))


def test_files_that_are_not_canonical_or_not_named_are_problems(sound: Mapping[str, bytes]) -> None:
    assert "is not canonical" in problems({**sound, "manifest.json": sound["manifest.json"] + b"\n"})
    assert "risk.json: is not canonical" in problems(
        rehashed({**sound, "risk.json": sound["risk.json"] + b" "})
    )
    said = json.loads(sound["manifest.json"])
    del said["files"]["risk.json"]
    assert "does not name the files" in problems({**sound, "manifest.json": canonical(said)})


@pytest.mark.parametrize("bad", [b"{", b"[]", b"{}", b"\xff"])
@pytest.mark.parametrize("name", ["manifest.json", "risk.json"])
def test_what_cannot_be_read_is_a_problem(sound: Mapping[str, bytes], name: str, bad: bytes) -> None:
    assert "is not what it should be" in problems({**sound, name: bad})


def test_the_table_is_sorted_guarded_and_whole(sound: Mapping[str, bytes]) -> None:
    header, *rows = table(sound)
    shuffled = rehashed({**sound, "table.csv": write_csv(header, rows[::-1])})
    assert "order of their values" in problems(shuffled)
    other = with_table(sound, [header, *([["Atlantis", "no"]] * 6), *rows])
    assert "column town holds something that is no label" in problems(other)
    formula = sound["table.csv"].replace(b'"no"', b'"=1+1"', 1)
    assert "would run" in problems(rehashed({**sound, "table.csv": formula}))
    ragged = sound["table.csv"] + b'"a1"\r\n'
    assert "another number of cells" in problems(rehashed({**sound, "table.csv": ragged}))


@pytest.mark.parametrize("bad", ["<script>", '<p onclick="x">', '<p style="x">', '<img src="https://x">'])
def test_a_report_that_leads_elsewhere_is_a_problem(sound: Mapping[str, bytes], bad: str) -> None:
    page = sound["report.html"].replace(b"<main>", b"<main>" + bad.encode())
    assert "leads elsewhere" in problems(rehashed({**sound, "report.html": page}))


def test_the_truth_is_compared_record_by_record(sound: Mapping[str, bytes]) -> None:
    rows = table(sound)[1:]
    count = len(rows)
    assert "more or fewer" in problems(sound, truth(sound, sources=range(count - 1)))
    assert "more or fewer" in problems(sound, truth(sound, sources=[-1, *range(count - 1)]))
    assert "released twice" in problems(sound, truth(sound, sources=[0, *range(count - 1)]))
    elsewhere = {"town": ["b1", *(row[0] for row in rows[1:])], "hurt": [row[1] for row in rows]}
    assert "column town says something" in problems(sound, truth(sound, columns=elsewhere))
    lied = {"town": [row[0] for row in rows], "hurt": ["maybe", *(row[1] for row in rows[1:])]}
    assert "column hurt says something" in problems(sound, truth(sound, columns=lied))


def test_families_are_counted_and_not_records(sound: Mapping[str, bytes]) -> None:
    few = truth(sound, unit=[f"{number % 4}" for number in range(60)])
    told = problems(sound, few)
    assert "k: a class holds fewer than 5 units" in told
    assert "candidates: true values lead to fewer than 5" in told


def test_too_many_left_out_is_a_problem(sound: Mapping[str, bytes]) -> None:
    rows = table(sound)[1:]
    more = {"town": [row[0] for row in rows] + ["a1"] * 20, "hurt": [row[1] for row in rows] + ["no"] * 20}
    told = problems(sound, truth(sound, columns=more, unit=[str(number) for number in range(80)]))
    assert told == "suppression_limit: too many records were left out"


def test_guesses_are_not_told_smaller_than_they_are(sound: Mapping[str, bytes]) -> None:
    changed = with_said(sound, "risk.json", lambda said: said.update(expected_right_guesses=10))
    assert "fewer right guesses" in problems(changed, truth(sound))


def test_a_class_that_holds_most_of_a_register_is_named(sound: Mapping[str, bytes]) -> None:
    promised = {**json.loads(sound["manifest.json"])["promised"], "delta": 0.5}
    register = [{"town": town} for town in TOWNS for _ in range(40)]
    changed = with_said(
        sound, "risk.json", lambda said: said.update(delta=0.6, promised={**said["promised"], "delta": 0.5})
    )
    assert "delta: a class holds too many" in problems(
        rehashed(changed, promised=promised), truth(sound, register=register)
    )


def naive(rows: list[tuple[str, str]]) -> tuple[int, int, float, float, float]:
    """k, l, entropy l, top share and t, by the book."""
    classes: defaultdict[str, list[str]] = defaultdict(list)
    for town, said in rows:
        classes[town].append(said)
    overall = Counter(said for _, said in rows)
    k, ls, entropies, tops, ts = [], [], [], [], []
    for some in classes.values():
        shares = {value: some.count(value) / len(some) for value in overall}
        k.append(len(some))
        ls.append(len(set(some)))
        entropies.append(math.exp(-sum(p * math.log(p) for p in shares.values() if p)))
        tops.append(max(shares.values()))
        ts.append(sum(abs(shares[value] - overall[value] / len(rows)) for value in overall) / 2)
    return min(k), min(ls), min(entropies), max(tops), max(ts)


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(sorted(TOWNS)), st.sampled_from(["yes", "no", "unknown"])), min_size=1
    ),
    lie=st.sampled_from([0.0, 0.01]),
)
def test_what_is_measured_is_what_the_book_says(rows: list[tuple[str, str]], lie: float) -> None:
    """Files that say of themselves what the book says are sound; those that say a little less are not."""
    k, values, entropy, top, t = naive(rows)
    low, high = (lambda value: math.floor(value * 1e4) / 1e4), (lambda value: math.ceil(value * 1e4) / 1e4)
    known = {**TOWNS, "unknown": "unknown"}
    rounded = {"records": (len(rows) + 5) // 10 * 10}
    promised = {"delta": 1, "entropy_l": 1, "k": 5, "l": values, "t": 1, "top_share": 1}
    risk = {
        "k": k,
        "k_records": k,
        "highest_risk": high(1 / k),
        "promised": promised,
        "rounded": rounded,
        "sensitive": {
            "hurt": {"entropy_l": low(entropy), "l": values, "t": high(t) - lie, "top_share": high(top)}
        },
    }
    files = {
        "table.csv": write_csv(["town", "hurt"], sorted(rows)),
        "risk.json": canonical(risk),
        "utility.json": canonical({"classes": len({town for town, _ in rows}), "ncp": 0}),
        "report.html": b"",
        "manifest.json": canonical(
            {
                "columns": {name: {"ordered": False, "role": ROLES[name]} for name in ("town", "hurt")},
                "format": "testimony-portal-table/1",
                "hierarchies": {"town": [[one, above, "*"] for one, above in known.items()]},
                "promised": {**promised, "suppression_limit": 0.05},
                "rounded": rounded,
                "unit": "record",
            }
        ),
    }  # fmt: skip
    if not lie and k >= 5:
        assert verify_files(rehashed(files)).k_records == k
    else:
        told = problems(rehashed(files))
        assert ("k:" in told) == (k < 5)
        assert ("risk.json: does not say what the table shows of hurt" in told) == bool(lie)
