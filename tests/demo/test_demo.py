"""The demonstration: invented accounts come in by the front door, and nothing is left of it."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.config import load_settings
from portal.database import Database
from portal.demo import run, stage
from portal.demo.run import PEOPLE, Demo, Ports, demonstration, describe
from portal.demo.visitor import Visitor
from portal.intake import opening
from portal.intake.models import Document, Status, Submission
from portal.ledger import service as ledger
from portal.permissions import Group
from portal.staff.models import Staff
from portal.store.directory import read_public_keys
from portal.upkeep import verify_folder
from portal.vault.passphrase import Cost

FREE = Ports(0, 0)


@pytest.fixture(scope="module", autouse=True)
def _cheap() -> Iterator[None]:
    """Sign-ins at no cost: what is shown here is the rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "_COST", Cost(64, 1, 1))
        yield


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Demo, str]:
    """A folder in which a demonstration ran, what it was, and its first page while it ran."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    with demonstration(folder, FREE) as demo:
        page = fetched(demo.intake)
    return folder, demo, page


def fetched(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own address
        return str(answer.read().decode())


def test_eight_accounts_came_in_through_the_pages(kept: tuple[Path, Demo, str]) -> None:
    folder, demo, _ = kept
    settings = load_settings({}, folder, read=read_public_keys)
    database = Database(settings.main_url, settings.wraps_url)
    auditor = next(one for one in demo.founders if one.name == "olive")
    with database.session(write=False) as session:
        submissions = session.scalars(select(Submission)).all()
        assert len(submissions) == len(stage.accounts()) == 8
        seed = stage.actor(session, auditor).seed_of(Group.AUDITORS)
        acts = [act for entry in ledger.entries(session) for act in ledger.read_acts(entry, seed)]
        received = [act.subject for act in acts if act.act == "submission.receive"]
        assert sorted(received, key=str) == sorted((one.id for one in submissions), key=str)
        lead = stage.actor(session, next(one for one in demo.founders if one.name == "maple"))
        intake = lead.seed_of(Group.INTAKE)
        told = []
        for one in submissions:
            loaded = opening.load(session, one.id)
            told.append(opening.open_fields(loaded, opening.part_keys(session, loaded, intake))["narrative"])
        assert sorted(told) == sorted(account["narrative"] for account in stage.accounts())
        assert session.scalars(select(Document)).all()
        assert {one.status for one in submissions} > {Status.RECEIVED}
    database.dispose()


def test_what_the_demonstration_kept_verifies(kept: tuple[Path, Demo, str]) -> None:
    report = verify_folder(kept[0], {})
    assert report.problems == []
    assert report.warnings == []


def test_both_faces_are_served_on_this_machine_only(kept: tuple[Path, Demo, str]) -> None:
    _, demo, page = kept
    for address in (demo.intake, demo.desk):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
    assert '<html lang="fa"' in page
    assert {one.name: one.role for one in demo.founders} == PEOPLE


def test_a_kept_folder_is_served_again_without_new_people(kept: tuple[Path, Demo, str]) -> None:
    folder = kept[0]
    before = (folder / "directory.json").read_bytes()
    with demonstration(folder, FREE) as again:
        assert again.founders == []
        assert "</html>" in fetched(again.intake)
    assert (folder / "directory.json").read_bytes() == before
    settings = load_settings({}, folder, read=read_public_keys)
    database = Database(settings.main_url, settings.wraps_url)
    with database.session(write=False) as session:
        assert len(session.scalars(select(Staff)).all()) == len(PEOPLE)
        assert len(session.scalars(select(Submission)).all()) == 8
    database.dispose()
    said: list[str] = []
    describe(again, said.append, kept=folder)
    assert any("when this folder was made" in line for line in said)
    assert any(str(folder) in line for line in said)


def test_every_way_in_is_printed_once(kept: tuple[Path, Demo, str]) -> None:
    said: list[str] = []
    describe(kept[1], said.append, kept=None)
    printed = "\n".join(said)
    for one in kept[1].founders:
        assert printed.count(one.passphrase) == 1
        assert one.name in printed
    assert "Ctrl-C" in printed


def test_a_visitor_who_is_refused_says_what_and_no_more(kept: tuple[Path, Demo, str]) -> None:
    with demonstration(kept[0], FREE) as demo:
        visitor = Visitor("127.0.0.1", int(demo.intake.rsplit(":", 1)[1].strip("/")), "en")
        with pytest.raises(RuntimeError, match="was answered with 404"):
            visitor.open("nowhere")
        visitor.close()


def test_a_demonstration_that_is_asked_to_end_ends_and_leaves_nothing(
    kept: tuple[Path, Demo, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.tempfile, "mkdtemp", lambda **_: str(tmp_path / "gone"))
    (tmp_path / "gone").mkdir()
    monkeypatch.setattr(run, "_fill", lambda *_: None)
    before = signal.getsignal(signal.SIGTERM)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if "leaves nothing behind" in line or "Kept in" in line:
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()

    run.run(keep=None, ports=FREE, say=say)
    assert not (tmp_path / "gone").exists()
    assert signal.getsignal(signal.SIGTERM) is before
    run.run(keep=kept[0], ports=FREE, say=say)
    assert (kept[0] / "directory.json").exists()


def test_a_demonstration_whose_port_is_taken_ends_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from werkzeug.serving import make_server  # noqa: PLC0415

    taken = make_server("127.0.0.1", 0, lambda *_: [])
    monkeypatch.setattr(run.tempfile, "mkdtemp", lambda **_: str(tmp_path / "gone"))
    with pytest.raises((OSError, SystemExit)):
        run.run(keep=None, ports=Ports(taken.server_port, 0), say=print)
    taken.server_close()
    assert not (tmp_path / "gone").exists()


def test_ctrl_c_in_a_terminal_ends_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from portal.cli import main; main()"]
    home = tmp_path / "temporary"
    home.mkdir()
    environ = {**os.environ, "TMPDIR": str(home), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*program, "demo", "--port", "0", "--desk-port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environ,
        cwd=tmp_path,
    ) as process:
        assert process.stdout
        printed = ""
        give_up = time.monotonic() + 300
        for line in process.stdout:
            printed += line
            if "leaves nothing behind" in line or time.monotonic() > give_up:
                break
        assert list(home.glob("portal-demo-*"))
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[0]
    assert process.returncode == 0, printed + rest
    assert "Traceback" not in printed + rest
    assert list(home.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"]
