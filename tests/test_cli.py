"""Everything that is done from a terminal, as an operator meets it: what is printed, kept, refused."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal import cli, schema
from portal.config import load_settings
from portal.database import Database
from portal.demo import run as demonstration
from portal.errors import RefusedError
from portal.store.directory import read_public_keys
from portal.terminal import plainly

CHEAP = {"PORTAL_STAFF_MEMORY_KIB": "64"}
PEOPLE = ("--lead", "maple", "--lead", "willow", "--administrator", "rowan", "--auditor", "olive")


@pytest.fixture(autouse=True)
def _same_mask() -> Iterator[None]:
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


def told(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(cli.main, arguments, env={"PORTAL_INSTANCE": None, **CHEAP, **environ})


@dataclass(frozen=True)
class Founded:
    folder: Path
    printed: str


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    folder = tmp_path_factory.mktemp("cli") / "instance"
    result = told("init", "--instance", str(folder), "--origin", "test.example/cli", *PEOPLE)
    assert result.exit_code == 0, result.output
    return Founded(folder, result.output)


@pytest.fixture
def copy(founded: Founded, tmp_path: Path) -> Path:
    """A copy of the instance that a test may damage."""
    folder = tmp_path / "copy"
    shutil.copytree(founded.folder, folder)
    return folder


# init


def passphrases(printed: str) -> list[str]:
    return re.findall(r"passphrase +(\S.*)", printed)


def factors(printed: str) -> list[str]:
    return re.findall(r"second factor +(\S.*)", printed)


def recovery(printed: str) -> str:
    [found] = re.findall(r"^ +((?:[0-9a-f]{8} ){7}[0-9a-f]{8})$", printed, re.MULTILINE)
    return str(found)


def test_init_prints_every_secret_exactly_once(founded: Founded) -> None:
    assert len(set(passphrases(founded.printed))) == len(set(factors(founded.printed))) == 4
    for secret in [*passphrases(founded.printed), *factors(founded.printed), recovery(founded.printed)]:
        assert founded.printed.count(secret) == 1
    for name in ("maple", "willow", "rowan", "olive"):
        assert f": {name}\n" in founded.printed


def test_init_stores_none_of_the_secrets_in_the_folder(founded: Founded) -> None:
    secrets = [recovery(founded.printed), *passphrases(founded.printed), *factors(founded.printed)]
    forms = [form for one in secrets for form in (one.encode(), one.replace(" ", "").encode())]
    forms += [bytes.fromhex(recovery(founded.printed).replace(" ", ""))]
    for path in [one for one in founded.folder.rglob("*") if one.is_file()]:
        content = path.read_bytes()
        assert not [form for form in forms if form in content], path.name


def test_init_keeps_every_file_for_its_owner_alone(founded: Founded) -> None:
    for path in [founded.folder, *founded.folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_init_refuses_a_folder_that_is_an_instance_already(founded: Founded) -> None:
    before = (founded.folder / "directory.json").read_bytes()
    result = told("init", "--instance", str(founded.folder), "--origin", "x.example/y", *PEOPLE)
    assert result.exit_code == 1
    assert "not made twice" in result.output
    assert "Traceback" not in result.output
    assert (founded.folder / "directory.json").read_bytes() == before


@pytest.mark.parametrize("missing", ["--origin", "--lead", "--administrator", "--auditor"])
def test_init_names_what_it_was_not_told(tmp_path: Path, missing: str) -> None:
    given = {"--origin": "x", "--lead": "a", "--administrator": "b", "--auditor": "c"}
    del given[missing]
    pairs = [part for pair in given.items() for part in pair]
    result = told("init", "--instance", str(tmp_path / "new"), *pairs)
    assert result.exit_code == 2
    assert missing in result.output
    assert not (tmp_path / "new").exists()


def test_the_instance_may_be_named_by_the_environment(founded: Founded) -> None:
    assert told("db", "upgrade", PORTAL_INSTANCE=str(founded.folder)).exit_code == 0


# an instance that is not there, or not in order

COMMANDS: dict[str, Sequence[str]] = {
    "db upgrade": ("db", "upgrade"),
    "ledger checkpoint": ("ledger", "checkpoint"),
    "sweep": ("sweep",),
    "run": ("run", "--face", "intake"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_is_no_instance_is_answered_with_what_to_do(tmp_path: Path, command: str) -> None:
    result = told(*COMMANDS[command], "--instance", str(tmp_path))
    assert result.exit_code == 1
    assert "portal init" in result.output
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_damaged_keys_are_answered_with_what_to_do(copy: Path) -> None:
    for content in ("", "[]", "{}", '{"recovery": 1}', '{"recovery": "zz"}'):
        (copy / "directory.json").write_text(content)
        result = told("sweep", "--instance", str(copy))
        assert result.exit_code == 1
        assert "damaged" in result.output


def test_a_setting_that_cannot_be_read_is_said(founded: Founded) -> None:
    result = told("sweep", "--instance", str(founded.folder), PORTAL_FILE_LIMIT="much")
    assert result.exit_code == 1
    assert "A setting cannot be read" in result.output


def test_databases_that_are_behind_are_answered_with_what_to_do(copy: Path) -> None:
    settings = load_settings(CHEAP, copy, read=read_public_keys)
    database = Database(settings.main_url, settings.wraps_url)
    schema.downgrade(database, schema.revisions("main")[-2], which="main")
    database.dispose()
    for command in ("ledger checkpoint", "sweep"):
        result = told(*COMMANDS[command], "--instance", str(copy))
        assert result.exit_code == 1
        assert "portal db upgrade" in result.output
    assert told("db", "upgrade", "--instance", str(copy)).exit_code == 0
    assert told("sweep", "--instance", str(copy)).exit_code == 0


# looking after it


def test_an_upgrade_of_what_is_new_changes_nothing(copy: Path) -> None:
    result = told("db", "upgrade", "--instance", str(copy))
    assert result.exit_code == 0
    assert "newest revision" in result.output


def test_a_checkpoint_is_a_signed_note_that_a_witness_can_keep(copy: Path, tmp_path: Path) -> None:
    note = told("ledger", "checkpoint", "--instance", str(copy)).output
    lines = note.splitlines()
    assert lines[0] == "test.example/cli"
    assert int(lines[1]) > 0
    assert sum(line.startswith("— ") for line in lines) >= 1
    assert told("ledger", "checkpoint", "--instance", str(copy)).output == note
    head = tmp_path / "head.txt"
    head.write_text(note)
    assert told("verify", str(copy), "--head", str(head)).exit_code == 0


def test_a_sweep_erases_what_no_row_speaks_of(copy: Path) -> None:
    stray = copy / "files" / "ab" / "cd" / f"abcd{'0' * 28}"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"sealed, and never sent")
    young = told("sweep", "--instance", str(copy))
    assert "0 files and 0 wrapped keys" in young.output
    assert stray.exists()
    swept = told("sweep", "--instance", str(copy), "--older-than", "0")
    assert "1 files and 0 wrapped keys" in swept.output
    assert not stray.exists()


# verify


def test_an_instance_that_is_whole_verifies_and_says_what_was_counted(founded: Founded) -> None:
    result = told("verify", str(founded.folder))
    assert result.exit_code == 0
    assert "Everything holds." in result.output
    assert re.search(r"\d+ entries|\d+ entry", result.output)


def test_a_row_that_was_changed_is_named_and_told_by_the_exit_code(copy: Path) -> None:
    with sqlite3.connect(copy / "portal.db") as connection:
        connection.execute("UPDATE staff SET role = 'lead' WHERE name = 'rowan'")
    connection.close()
    result = told("verify", str(copy))
    assert result.exit_code == 1
    assert "DOES NOT HOLD: row staff" in result.output
    assert "Everything holds" not in result.output


def test_keys_that_were_kept_elsewhere_show_that_the_folders_own_were_exchanged(
    founded: Founded, copy: Path, tmp_path: Path
) -> None:
    own = json.loads((founded.folder / "directory.json").read_text())
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps(own))
    assert told("verify", str(copy), "--keys", str(kept)).exit_code == 0
    kept.write_text(json.dumps({**own, "serial": 2}))
    assert told("verify", str(copy), "--keys", str(kept)).exit_code == 1


def test_verifying_nothing_is_refused(tmp_path: Path) -> None:
    assert told("verify", str(tmp_path / "nowhere")).exit_code == 2
    empty = told("verify", str(tmp_path))
    assert empty.exit_code == 1
    assert "portal init" in empty.output


def test_a_copy_without_its_databases_does_not_hold(copy: Path) -> None:
    for name in ("portal.db", "keys.db"):
        for path in copy.glob(f"{name}*"):
            path.unlink()
    result = told("verify", str(copy))
    assert result.exit_code == 1
    assert "DOES NOT HOLD" in result.output


# serving


def test_serving_needs_a_folder_in_memory_that_workers_share(founded: Founded) -> None:
    result = told("run", "--face", "desk", "--instance", str(founded.folder))
    assert result.exit_code == 1
    assert "PORTAL_SESSION_FOLDER" in result.output


@pytest.mark.parametrize(
    ("face", "more", "address"),
    [
        ("intake", (), "127.0.0.1:8000"),
        ("desk", (), "127.0.0.1:8001"),
        ("desk", ("--bind", "127.0.0.1:9", "--workers", "5"), "127.0.0.1:9"),
    ],
)
def test_a_face_is_served_where_it_was_asked_to_be(
    founded: Founded,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    face: str,
    more: tuple[str, ...],
    address: str,
) -> None:
    from portal import serving  # noqa: PLC0415

    served: list[tuple[str, int]] = []
    monkeypatch.setattr(serving, "serve", lambda *asked: served.append(asked[1:]))
    result = told(
        "run", "--face", face, "--instance", str(founded.folder), *more, PORTAL_SESSION_FOLDER=str(tmp_path)
    )
    assert result.exit_code == 0, result.output
    assert served == [(address, 5 if more else 2)]


def test_without_gunicorn_serving_says_how_to_get_it(
    founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "portal.serving", None)
    monkeypatch.delattr("portal.serving", raising=False)
    result = told("run", "--face", "desk", "--instance", str(founded.folder))
    assert result.exit_code == 1
    assert "testimony-portal[serve]" in result.output


# the demonstration, and what every command shares


def test_the_demonstration_is_told_where_to_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[Path | None, demonstration.Ports]] = []
    monkeypatch.setattr(demonstration, "run", lambda **given: asked.append((given["keep"], given["ports"])))
    assert told("demo", "--keep", str(tmp_path), "--port", "0", "--desk-port", "0").exit_code == 0
    assert told("demo").exit_code == 0
    assert asked == [(tmp_path, demonstration.Ports(0, 0)), (None, demonstration.Ports(8000, 8001))]


def test_a_demonstration_whose_port_is_taken_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(**_: object) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(demonstration, "run", taken)
    result = told("demo")
    assert result.exit_code == 1
    assert "Try other ports" in result.output


def test_an_error_without_words_is_told_by_its_kind() -> None:
    @plainly
    def refused() -> None:
        raise RefusedError

    with pytest.raises(Exception, match="RefusedError"):
        refused()


def test_the_program_says_what_it_can_do_and_which_version_it_is() -> None:
    for option in ("-h", "--help"):
        page = told(option)
        assert page.exit_code == 0
        for command in ("demo", "init", "run", "db", "ledger", "sweep", "verify"):
            assert re.search(rf"^  {command}\b", page.output, re.MULTILINE)
    assert re.search(r"\d+\.\d+", told("--version").output)


def test_the_installed_program_answers_with_its_exit_code(founded: Founded) -> None:
    program = [sys.executable, "-c", "from portal.cli import main; main()"]
    for arguments, code in (
        (["verify", str(founded.folder)], 0),
        (["sweep", "--instance", "/nonexistent"], 1),
    ):
        done = subprocess.run([*program, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr


def test_a_founders_second_factor_is_printed_as_their_telephone_takes_it(founded: Founded) -> None:
    for typed in factors(founded.printed):
        assert re.fullmatch(r"[A-Z2-7]{4}( [A-Z2-7]{1,4})*", typed)
    assert founded.printed.count("otpauth://totp/") == 4
