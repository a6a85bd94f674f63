"""``portal registry suggest`` answers a file of names, and says which line it cannot read."""

import json
from pathlib import Path

import pytest
from builders import Instance
from click.testing import CliRunner

from portal.cli import main

RECORDS = [{"id": "n", "names": ["حمید نوری", "حمید عباسی"]}, {"id": 2, "names": ["بهرنگ صمدی"]}]


def write(path: Path, *lines: object) -> str:
    path.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), encoding="utf-8")
    return str(path)


def test_each_line_is_answered_in_order_with_reasons(tmp_path: Path) -> None:
    names = write(tmp_path / "names.jsonl", "Hamid Nouri", {"query": "Samadi, Behrang"})
    records = write(tmp_path / "records.jsonl", *RECORDS)
    done = CliRunner().invoke(main, ["registry", "suggest", names, "--records", records, "-k", "1"])
    assert done.exit_code == 0, done.output
    first, second = (json.loads(line) for line in done.output.splitlines())
    assert first["query"] == "Hamid Nouri"
    assert [one["id"] for one in first["suggestions"]] == ["n"]
    assert first["suggestions"][0]["reasons"][0] == {
        "asked": "hamid",
        "kind": "sounds-alike",
        "known": "حمید",
    }
    assert [one["id"] for one in second["suggestions"]] == [2]


def test_an_instances_own_registry_is_asked(sqlite_instance: Instance, tmp_path: Path) -> None:
    names = write(tmp_path / "names.jsonl", "Gohar Dasht", "زندان گوهردشت")
    instance = str(sqlite_instance.settings.instance)
    done = CliRunner().invoke(main, ["registry", "suggest", names, "--instance", instance])
    assert done.exit_code == 0, done.output
    assert len(done.output.splitlines()) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'"fine"\nnot json\n', "Line 2 of names.jsonl is no JSON."),
        (b'"fine"\n\n{"name": "x"}\n', 'Line 3 is neither a name in quotes nor {"query": NAME}.'),
        ("نوری".encode("utf-16"), "names.jsonl is not written in UTF-8."),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "names.jsonl").write_bytes(content)
    records = write(tmp_path / "records.jsonl", *RECORDS)
    done = CliRunner().invoke(
        main, ["registry", "suggest", str(tmp_path / "names.jsonl"), "--records", records]
    )
    assert done.exit_code == 1
    assert says in done.output


def test_a_record_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    names = write(tmp_path / "names.jsonl", "Hamid")
    records = write(tmp_path / "records.jsonl", RECORDS[0], {"id": None, "names": ["x"]})
    done = CliRunner().invoke(main, ["registry", "suggest", names, "--records", records])
    assert done.exit_code == 1
    assert "Line 2 of records.jsonl" in done.output
