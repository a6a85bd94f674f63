"""A table of one's own in every format: the same bytes wherever it is made, and each format checked."""

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from portal.cli import main
from portal.release.tables import canonical
from portal.release.verifier import VerificationError, verify_folder

HERE = {
    "town": ["a1;A;*", "a2;A;*", "b1;B;*", "b2;B;*"],
    "age": [f"{n};{n // 10 * 10}-{n // 10 * 10 + 9};*" for n in range(20, 60)],
}
ALL = "json,xlsx,hxl,parquet"
FIVE = {"table.csv", "manifest.json", "risk.json", "utility.json", "report.html"}
FURTHER = {"table.json", "table.xlsx", "table.hxl.csv", "table.parquet"}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with an invented table, its hierarchies and a policy."""
    chance = random.Random(4)  # noqa: S311 - invented people
    lines = ["town,age,hurt,family"]
    for number in range(150):
        town, age = chance.choice(["a1", "a2", "b1", "b2", ""]), chance.randint(20, 59)
        lines.append(f"{town},{age},{chance.choice(['yes', 'no', '=1+1'])},FAMILY{number // 2}")
    (tmp_path / "people.csv").write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    for name, tree in HERE.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(tree), encoding="utf-8")
    columns: dict[str, Any] = {
        name: {"role": "quasi-identifier", "hierarchy": f"{name}.csv", "hxl": f"#indicator+{name}"}
        for name in HERE
    }
    columns |= {"hurt": {"role": "sensitive"}, "family": {"role": "unit"}}
    said = {"columns": columns, "k": 5, "l": 2, "seed": 1}
    (tmp_path / "policy.json").write_text(json.dumps(said), encoding="utf-8")
    return tmp_path


def run(desk: Path, *more: str, out: str = "out") -> tuple[int, str]:
    given = ["release", "anonymise", "people.csv", "--policy", "policy.json", "--out", out, *more]
    given = [str(desk / one) if one in {"people.csv", "policy.json", out} else one for one in given]
    found = CliRunner().invoke(main, given)
    return found.exit_code, found.output


def test_the_five_files_are_what_there_is_unless_more_is_asked_for(desk: Path) -> None:
    assert run(desk)[0] == 0
    assert {path.name for path in (desk / "out").iterdir()} == FIVE


def test_further_formats_stand_in_the_manifest_and_are_checked(desk: Path) -> None:
    assert run(desk, "--format", "json, XLSX", "--format", "hxl,parquet")[0] == 0
    out = desk / "out"
    assert {path.name for path in out.iterdir()} == FIVE | FURTHER
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert set(manifest["files"]) == FIVE - {"manifest.json"} | FURTHER
    assert manifest["columns"]["town"]["hxl"] == "#indicator+town"
    assert "9 files are as they were made, and all formats say the same." in (
        CliRunner().invoke(main, ["release", "verify", str(out)]).output
    )


def test_what_is_no_format_is_told(desk: Path) -> None:
    code, said = run(desk, "--format", "csv,word")
    assert (code, "'word' is none of csv, json, xlsx, hxl, parquet" in said) == (2, True)
    assert not (desk / "out").exists()


def test_a_format_whose_library_is_missing_is_told_before_anything_is_done(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.release.table_release.has_parquet", lambda: False)
    code, said = run(desk, "--format", "parquet")
    assert (code, "pip install 'testimony-portal[parquet]'" in said) == (2, True)
    assert not (desk / "out").exists()


def test_tags_are_needed_where_they_are_asked_for(desk: Path) -> None:
    path = desk / "policy.json"
    path.write_text(path.read_text().replace("#indicator+town", "town"), encoding="utf-8")
    assert "policy.json, line 1" in run(desk, "--format", "hxl")[1]
    path.write_text(
        path.read_text().replace(', "hxl": "town"', "").replace(', "hxl": "#indicator+age"', ""),
        encoding="utf-8",
    )
    code, said = run(desk, "--format", "hxl")
    assert (code, "No column has an HXL tag" in said) == (2, True)
    assert not (desk / "out").exists()


@pytest.fixture
def made(desk: Path) -> Path:
    assert run(desk, "--format", ALL)[0] == 0
    return desk / "out"


def sealed_again(out: Path, name: str, data: bytes) -> None:
    """Change a file, and everything in the manifest that would give it away."""
    (out / name).write_bytes(data)
    manifest = json.loads((out / "manifest.json").read_bytes())
    manifest["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    del manifest["rest_sha256"]
    rest = hashlib.sha256(canonical(manifest)).hexdigest()
    (out / "manifest.json").write_bytes(canonical({**manifest, "rest_sha256": rest}))


CHANGES: Sequence[tuple[str, Callable[[bytes], bytes]]] = [
    ("table.json", lambda data: data.replace(b'"hurt":"no"', b'"hurt":"yes"', 1)),
    ("table.json", lambda data: data.replace(b"[\n", b"[\n\n", 1)),
    ("table.hxl.csv", lambda data: data.replace(b'"no"', b'"yes"', 1)),
    ("table.hxl.csv", lambda data: data.replace(b"#indicator+town", b"#indicator+city", 1)),
    ("table.xlsx", lambda data: data + b"SECRET"),
    ("table.parquet", lambda data: data[:-4]),
]


@pytest.mark.parametrize(("name", "change"), CHANGES, ids=[str(n) for n in range(len(CHANGES))])
def test_a_format_that_says_something_else_fails_though_the_manifest_agrees(
    made: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    data = change((made / name).read_bytes())
    assert data != (made / name).read_bytes()
    sealed_again(made, name, data)
    with pytest.raises(VerificationError, match=f"^{name}: "):
        verify_folder(made)


def test_a_format_that_is_missing_or_not_named_fails(made: Path) -> None:
    (made / "table.xlsx").rename(made.parent / "table.xlsx")
    with pytest.raises(VerificationError, match="does not name the files that are there"):
        verify_folder(made)
    (made.parent / "table.xlsx").rename(made / "table.xlsx")
    verify_folder(made)
    (made / "table.ods").write_bytes(b"x")
    with pytest.raises(VerificationError, match=r"table\.ods: is missing, or belongs to no release"):
        verify_folder(made)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"format":[]}', b"[" * 100_000, b"\xff"])
def test_a_manifest_that_cannot_be_read_fails(made: Path, data: bytes) -> None:
    (made / "manifest.json").write_bytes(data)
    found = CliRunner().invoke(main, ["release", "verify", str(made)])
    assert (found.exit_code, found.exception.__class__) == (1, SystemExit)


def test_no_file_holds_a_word_that_was_to_stay(made: Path) -> None:
    for path in made.iterdir():
        for word in ("FAMILY", "people.csv", "policy.json", str(made.parent), "2026"):
            assert word.encode() not in path.read_bytes(), (path.name, word)


def test_the_same_seed_gives_the_same_bytes_in_every_process(desk: Path) -> None:
    digests = []
    for seed in ("0", "1", "4711"):
        command = "from portal.cli import main; main()"
        given = ["people.csv", "--policy", "policy.json", "--out", f"out{seed}", "--format", ALL]
        ran = subprocess.run(
            [sys.executable, "-c", command, "release", "anonymise", *given],
            cwd=desk,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC-{seed[:1]}", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ran.returncode == 0, ran.stderr
        paths = sorted((desk / f"out{seed}").iterdir())
        whole = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
        beside = (desk / f"out{seed}.inside.json").read_bytes()
        digests.append({**whole, "inside": hashlib.sha256(beside).hexdigest()})
    assert digests[0] == digests[1] == digests[2]
    assert len(digests[0]) == 10
