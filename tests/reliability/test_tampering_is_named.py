"""Each kind of tampering with a folder is named by `portal verify`, the thing itself and in plain words."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from builders import Instance, an_instance
from cases import send_with_file
from click.testing import CliRunner

from portal import cli
from portal.database import empty_log
from portal.ledger import service as ledger
from portal.ledger.tags import read_key
from portal.staff.founding import make_keys, read_signer

Tamper = Callable[[Path, Path], object]
"""What is done to a folder; beside it an older copy of the same."""


def sign(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        settings, day = instance.settings, instance.clock().date()
        ledger.checkpoint(session, signer=read_signer(settings), key=read_key(settings), day=day)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An instance with two accounts and their files, and a copy of when there was one."""
    folder = tmp_path_factory.mktemp("tampering")
    instance = an_instance(folder / "instance")
    send_with_file(instance)
    sign(instance)
    _settle(instance)
    shutil.copytree(folder / "instance", folder / "older")
    send_with_file(instance)
    sign(instance)
    _settle(instance)
    instance.database.dispose()
    make_keys(folder / "stranger", origin="test.example/portal")
    return folder / "instance", folder / "older"


def _settle(instance: Instance) -> None:
    for engine in (instance.database.main, instance.database.keys):
        assert empty_log(engine)


def sql(statement: str, name: str = "portal.db") -> Tamper:
    def change(folder: Path, older: Path) -> None:
        del older
        with closing(sqlite3.connect(folder / name)) as raw, raw:
            assert raw.execute(statement).rowcount != 0

    return change


def first_file(folder: Path) -> Path:
    return min(path for path in (folder / "files").rglob("*") if path.is_file())


def flip(folder: Path, older: Path) -> None:
    del older
    path = first_file(folder)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(bytes(raw))


def cut(folder: Path, older: Path) -> None:
    del older
    first_file(folder).chmod(0o600)
    os.truncate(first_file(folder), 100)


def put_beside(folder: Path, older: Path) -> None:
    del older
    place = folder / "files" / "ab" / "ab"
    place.mkdir(parents=True)
    shutil.copy(first_file(folder), place / ("ab" * 16))


def set_back(name: str) -> Tamper:
    def change(folder: Path, older: Path) -> None:
        for path in folder.glob(f"{name}*"):
            path.unlink()
        for path in older.glob(f"{name}*"):
            shutil.copy(path, folder)

    return change


def stranger_s_directory(folder: Path, older: Path) -> None:
    shutil.copy(older.parent / "stranger" / "directory.json", folder)


def directory_changed(folder: Path, older: Path) -> None:
    del older
    path = folder / "directory.json"
    value = json.loads(path.read_text("utf-8"))
    text = json.dumps(value)
    digits = next(one for one in json.dumps(value).split('"') if len(one) > 500)
    path.chmod(0o600)
    path.write_text(text.replace(digits, ("0" if digits[0] != "0" else "1") + digits[1:]), "utf-8")


CHANGED = "Something was changed in the database past the portal."
TAMPERED: dict[str, tuple[Tamper, str, str]] = {
    "a permission of a source": (sql("UPDATE consent SET answer = 'no'"), "row consent/", CHANGED),
    "a role": (sql("UPDATE staff SET role = 'lead' WHERE name = 'cedar'"), "row staff/", CHANGED),
    "a membership": (sql("UPDATE membership SET granted_by = 'x'"), "row membership/", CHANGED),
    "a row taken away": (
        sql("DELETE FROM sealed_field"),
        "is missing (the words of a source)",
        "Something is missing that the ledger knows of.",
    ),
    "a row put in": (
        sql(
            "INSERT INTO tombstone (submission_id, digest, day, authority) "
            "SELECT id, zeroblob(32), day, 'source' FROM submission LIMIT 1"
        ),
        "is in no ledger entry (the mark of a withdrawal)",
        "Something was put into the database past the portal.",
    ),
    "an entry changed": (
        sql("UPDATE ledger_entry SET body = CAST(replace(body, '\"v\":1', '\"v\":2') AS BLOB) WHERE seq = 1"),
        "entry 1: the leaf hash does not fit the body",
        "An entry of the ledger was changed.",
    ),
    "an entry taken out": (
        sql("DELETE FROM ledger_entry WHERE seq = 1"),
        "entry 1: missing from the ledger",
        "Entries were taken out of the ledger.",
    ),
    "entries cut off": (
        sql("DELETE FROM ledger_entry WHERE seq >= 2"),
        "entries were signed, 2 are there",
        "The ledger was cut short: entries that were signed are gone.",
    ),
    "an older head in the place of a newer": (
        sql(
            "UPDATE ledger_checkpoint SET note = (SELECT note FROM ledger_checkpoint ORDER BY size LIMIT 1) "
            "WHERE size = (SELECT max(size) FROM ledger_checkpoint)"
        ),
        "the note is that of size",
        "An older signed head stands in the place of a newer one.",
    ),
    "the wraps set back alone": (
        set_back("keys.db"),
        "(a wrapped key)",
        "The store of wrapped keys is not of the same moment as the rest.",
    ),
    "the wraps taken away": (
        sql("DELETE FROM wrap", "keys.db"),
        "is missing (a wrapped key)",
        "The store of wrapped keys is not of the same moment as the rest.",
    ),
    "a file changed": (flip, "was changed", "A file from a source was changed."),
    "a file cut off": (cut, "bytes instead of", "A file from a source was changed."),
    "a file taken away": (
        lambda folder, _: first_file(folder).unlink(),
        "DOES NOT HOLD: file ",
        "A file from a source is missing or cannot be read.",
    ),
    "a stranger's directory": (
        stranger_s_directory,
        "directory directory.json",
        "The signed list of keys does not hold: it was changed, or exchanged for another or an older one.",
    ),
    "a key in the directory": (
        directory_changed,
        "directory directory.json",
        "The signed list of keys does not hold: it was changed, or exchanged for another or an older one.",
    ),
}


def verify(folder: Path, *more: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.main, ["verify", str(folder), *more], env={"PORTAL_INSTANCE": None})
    return result.exit_code, result.output


@pytest.fixture
def folder(made: tuple[Path, Path], tmp_path: Path) -> Path:
    shutil.copytree(made[0], tmp_path / "copy")
    return tmp_path / "copy"


def test_an_untouched_folder_holds(folder: Path) -> None:
    assert verify(folder) == (0, verify(folder)[1])
    assert verify(folder)[1].endswith("Everything holds.\n")


@pytest.mark.parametrize("kind", TAMPERED)
def test_it_is_named_with_what_it_means(folder: Path, made: tuple[Path, Path], kind: str) -> None:
    tamper, named, means = TAMPERED[kind]
    tamper(folder, made[1])
    code, said = verify(folder)
    assert code == 1
    assert named in said
    assert f"\n{means}\n  " in said
    assert "Traceback" not in said


def test_a_file_too_many_is_told_and_nothing_is_lost(folder: Path, made: tuple[Path, Path]) -> None:
    put_beside(folder, made[1])
    code, said = verify(folder)
    assert code == 0
    assert f"note: file {'ab' * 16}: no row refers to it" in said


def test_the_whole_folder_set_back_is_caught_by_a_head_that_was_kept(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    with closing(sqlite3.connect(made[0] / "portal.db")) as raw:
        note = raw.execute("SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1").fetchone()[0]
    head = tmp_path / "head.txt"
    head.write_text(note, "utf-8")
    shutil.copytree(made[1], tmp_path / "older")
    assert verify(tmp_path / "older")[0] == 0
    code, said = verify(tmp_path / "older", "--head", str(head))
    assert code == 1
    assert "The ledger was cut short: entries that were signed are gone." in said
