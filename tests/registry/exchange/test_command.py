"""The commands that bring files in and take the public part out."""

import json
from pathlib import Path

import pytest
from builders import Instance
from click.testing import CliRunner, Result
from exchanged import House

from portal.linking import duplicates
from portal.linking.known import near
from portal.registry.models import Record
from portal.registry_cli import registry


def run(instance: Instance, *words: str) -> Result:
    return CliRunner().invoke(registry, [*words, "--instance", str(instance.settings.instance)])


def test_a_file_comes_in_once_and_leaves_again(sqlite_instance: Instance, tmp_path: Path) -> None:
    table, broken, out = (str(tmp_path / name) for name in ("list.csv", "broken.csv", "out.ftm"))
    Path(table).write_text("name,father\nSara Yari,Hassan\n,x\n", encoding="utf-8")
    given = ("import", table, "--source", "An invented list")
    preview = run(sqlite_instance, *given, "--preview")
    assert json.loads(preview.stdout.splitlines()[0])["added"] == 1
    assert json.loads(run(sqlite_instance, *given, "--broken", broken).stdout)["added"] == 1
    assert json.loads(run(sqlite_instance, *given).stdout)["added"] == 0
    assert '3,"name","name.official"' in Path(broken).read_text("utf-8-sig")
    assert run(sqlite_instance, "export", "--format", "ftm", "--out", out).exit_code == 0
    assert json.loads(Path(out).read_text("utf-8"))["properties"]["name"] == ["Sara Yari"]
    tables = tmp_path / "tables"
    assert run(sqlite_instance, "export", "--format", "csv", "--out", str(tables)).exit_code == 0
    assert "Sara Yari" in (tables / "6-persons.csv").read_text("utf-8-sig")
    again = run(sqlite_instance, "export", "--format", "csv", "--out", str(tables))
    assert (again.exit_code, "cannot be written" in again.output) == (1, True)


def test_who_may_stand_twice_is_told_from_the_command_line(
    sqlite_instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "list.csv"
    table.write_text("name,father\nامید رستگار,جلال\nOmid Rastegar,Jalal\nSara Yari,\n", encoding="utf-8")
    assert run(sqlite_instance, "import", str(table), "--source", "A list").exit_code == 0
    monkeypatch.setattr(duplicates, "AT_ONCE", 0)
    whole = run(sqlite_instance, "duplicates", "--whole")
    assert "in 100" in whole.stderr
    (told,) = map(json.loads, whole.stdout.splitlines())
    assert {told["one"]["names"][0], told["other"]["names"][0]} == {"امید رستگار", "Omid Rastegar"}
    assert {"name", "father"} <= {reason["sort"] for reason in told["reasons"]}
    table.write_text("name,father\nSarah Yari,\n", encoding="utf-8")
    assert run(sqlite_instance, "import", str(table), "--source", "B list").exit_code == 0
    few = run(sqlite_instance, "duplicates")
    assert (few.exit_code, few.stderr) == (0, "")
    assert len(few.stdout.splitlines()) == 2


def test_names_in_memory_learn_what_was_imported(house: House) -> None:
    with house.open(write=False) as (session, by):
        assert near(session, by=by, text="Sara Yari", kind=None, limit=3) == []
    house.bring("name\nسارا یاری\n")
    with house.open(write=False) as (session, by):
        (found,) = near(session, by=by, text="Sara Yari", kind=None, limit=3)
        assert session.get_one(Record, found).names[0].text == "سارا یاری"
