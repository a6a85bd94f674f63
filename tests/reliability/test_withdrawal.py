"""What was withdrawn is nowhere: in no table, log, file or fresh backup, whatever cut the withdrawal off."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import Instance, _settings, token_of
from cases import at_desk
from contents import Filled, fill
from live import EVERYTHING
from sqlalchemy import LargeBinary, select

from portal import upkeep
from portal.casework import access, holds
from portal.config import Face
from portal.database import Database, PortalSession
from portal.errors import NotFoundError
from portal.intake import opening, withdrawing
from portal.intake.models import Document, Part, Status, Submission, Tombstone
from portal.intake.withdrawing import hanging
from portal.permissions import Group
from portal.store.files import FileStore
from portal.store.wraps import Wrap

HERE = Path(__file__).parent
STRETCH = slice(300, 316)


@pytest.fixture
def filled(sqlite_instance: Instance) -> Filled:
    return fill(sqlite_instance)


def sealed_values(session: PortalSession, filled: Filled) -> dict[str, bytes]:
    """A stretch from the middle of every sealed value of the first submission, in whichever table."""
    submission_id = filled.one.id
    parts = session.scalars(select(Part.id).where(Part.submission_id == submission_id)).all()
    found: dict[str, bytes] = {}
    for _kind, table in hanging():
        binary = [column for column in table.columns if isinstance(_impl(column.type), LargeBinary)]
        named = "submission_id" in table.c
        mine = table.c.submission_id == submission_id if named else table.c.part_id.in_(parts)
        for column in binary:
            for number, value in enumerate(session.connection().scalars(select(column).where(mine))):
                if value is not None and len(value) > STRETCH.stop:
                    found[f"{table.name}.{column.name} {number}"] = value[STRETCH]
    wraps = session.keys.scalars(select(Wrap.blob).where(Wrap.submission_id == submission_id))
    found |= {f"wrap {number}": value[STRETCH] for number, value in enumerate(wraps)}
    return found


def _impl(kind: Any) -> Any:
    return getattr(kind, "impl_instance", kind)


def stored(instance: Instance, filled: Filled) -> dict[str, bytes]:
    """The same of its files."""
    with instance.database.session(write=False) as session:
        query = select(Document.stored_name).join(Part, Part.id == Document.part_id)
        names = session.scalars(query.where(Part.submission_id == filled.one.id)).all()
    found = {}
    for name in names:
        with instance.files.open(name) as source:
            found[f"file {name}"] = source.read()[STRETCH]
    return found


def prints_of(instance: Instance, filled: Filled) -> dict[str, bytes]:
    with instance.database.session(write=False) as session:
        found = sealed_values(session, filled) | stored(instance, filled)
    tables = {name.split()[0].split(".")[0] for name in found}
    assert {
        "annotation",
        "case_note",
        "coding_sheet",
        "document",
        "link",
        "message",
        "sealed_field",
    } <= tables
    assert {"wrap", "file"} <= tables
    return found


def where_found(folder: Path, wanted: dict[str, bytes]) -> list[str]:
    """What is still on the disk, and in which file of the folder."""
    contents = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [
        f"{name} in {path.name}"
        for path, content in contents.items()
        for name in wanted
        if wanted[name] in content
    ]


def backup(instance: Instance, where: Path) -> Path:
    """A fresh backup as docs/operate.md makes it: databases through SQLite, files as they lie."""
    where.mkdir()
    for name in ("portal.db", "keys.db"):
        with (
            closing(sqlite3.connect(instance.settings.instance / name)) as live,
            closing(sqlite3.connect(where / name)) as copy,
        ):
            live.backup(copy)
    shutil.copytree(instance.settings.files, where / "files")
    return where


def verified(folder: Path) -> None:
    report = upkeep.verify_folder(folder, {})
    assert ([str(one) for one in report.problems], report.warnings) == ([], [])


def test_the_source_takes_back_on_the_page_and_nothing_is_left_on_the_disk(
    sqlite_instance: Instance, filled: Filled, tmp_path: Path
) -> None:
    gone = prints_of(sqlite_instance, filled)
    assert len(where_found(sqlite_instance.settings.instance, gone)) > 0.8 * len(
        gone
    )  # some are split by a page
    browser = sqlite_instance.app(Face.INTAKE).test_client()
    words = " ".join(filled.one.receipt.words("en"))
    page = browser.get("/en/return")
    browser.post("/en/return", data={"csrf_token": token_of(page), "words": words})
    page = browser.get("/en/folder/withdraw")
    browser.post("/en/folder/withdraw", data={"csrf_token": token_of(page), "sure": "yes"})
    assert "The keys are destroyed" in browser.get("/en/folder").get_data(as_text=True)
    # At once, without a sweep: databases, their logs, files.
    assert where_found(sqlite_instance.settings.instance, gone) == []
    assert where_found(backup(sqlite_instance, tmp_path / "backup"), gone) == []
    verified(sqlite_instance.settings.instance)


def run(folder: Path, filled: Filled, number: int, day: date) -> tuple[int, str]:
    """Withdraw in another process that dies at the n-th point; (how it ended, how many points there were)."""
    command = [sys.executable, str(HERE / "withdraw_and_die.py"), str(folder)]
    command += [str(filled.one.id), str(number), day.isoformat()]
    environ = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environ, check=False)
    assert done.returncode in {0, -9}, done.stderr
    return done.returncode, done.stdout.strip()


@pytest.fixture
def reopened() -> Iterator[list[Database]]:
    opened: list[Database] = []
    yield opened
    for one in opened:
        one.dispose()


def state(folder: Path, opened: list[Database], instance: Instance, filled: Filled) -> tuple[Status, int]:
    """Where the submission stands, and how many of its parts the intake group's key opens."""
    settings = _settings(folder, url="", keys_url="")
    database = Database(settings.main_url, settings.wraps_url)
    opened.append(database)
    with database.session(write=False) as session:
        submission = opening.load(session, filled.one.id)
        keys = opening.part_keys(session, submission, instance.secrets.group_seeds[Group.INTAKE])
        return submission.status, len(keys)


def test_a_withdrawal_cut_off_anywhere_and_once_more_is_whole_or_not_begun_and_ends_in_erasure(
    sqlite_instance: Instance, filled: Filled, tmp_path: Path, reopened: list[Database]
) -> None:
    gone, day = prints_of(sqlite_instance, filled), sqlite_instance.clock().date()
    sqlite_instance.database.dispose()
    origin = sqlite_instance.settings.instance
    shutil.copytree(origin, tmp_path / "whole")
    code, points = run(tmp_path / "whole", filled, 0, day)
    assert (code, int(points) >= 10) == (0, True)
    for first in range(1, int(points) + 1, 1 if EVERYTHING else 3):
        folder = tmp_path / f"killed-{first}"
        shutil.copytree(origin, folder)
        assert run(folder, filled, first, day)[0] == -9, first
        status, opens = state(folder, reopened, sqlite_instance, filled)
        # Before the first commit nothing has happened; after it the ledger knows, and nothing comes back.
        assert (status is Status.WITHDRAWN) == (first > 1), first
        assert opens or first > 1, first
        run(folder, filled, 1 + first % 4, day)  # and once more, somewhere else
        assert run(folder, filled, 0, day)[0] == 0
        assert state(folder, reopened, sqlite_instance, filled) == (Status.WITHDRAWN, 0), first
        reopened.pop().dispose()
        assert where_found(folder, gone) == [], first
        verified(folder)
        shutil.rmtree(folder)


def test_what_a_reviewer_has_open_meanwhile_is_gone_with_the_next_look(
    sqlite_instance: Instance, filled: Filled
) -> None:
    gone = prints_of(sqlite_instance, filled)
    seed = sqlite_instance.secrets.group_seeds[Group.INTAKE]
    with sqlite_instance.database.session(write=False) as reader:
        before = opening.load(reader, filled.one.id)
        assert opening.part_keys(reader, before, seed)
        with sqlite_instance.database.session(write=True) as session:
            names = withdrawing.withdraw(
                session, submission_id=filled.one.id, day=sqlite_instance.clock().date()
            )
        for name in names:
            sqlite_instance.files.erase(name)
    for name in ("cedar", "maple"):
        with at_desk(sqlite_instance, name, write=False) as (session, by), pytest.raises(NotFoundError):
            access.find(session, by=by, case_id=filled.one.id)
    with sqlite_instance.database.session(write=False) as session:
        assert opening.part_keys(session, opening.load(session, filled.one.id), seed) == {}
    # The reader kept the logs from being emptied; the sweep does it.
    upkeep.sweep(
        sqlite_instance.database, sqlite_instance.settings, older_than=0, now=sqlite_instance.clock()
    )
    assert where_found(sqlite_instance.settings.instance, gone) == []


def test_what_waited_for_a_hold_leaves_nothing_on_the_disk_either(
    sqlite_instance: Instance, filled: Filled, tmp_path: Path
) -> None:
    gone, now = prints_of(sqlite_instance, filled), sqlite_instance.clock()
    until = now.date() + timedelta(days=30)
    with at_desk(sqlite_instance, "maple") as (session, by):
        hold_id = holds.ask(session, by=by, case_id=filled.one.id, reason="court", until=until, now=now).id
    with at_desk(sqlite_instance, "willow") as (session, by):
        holds.approve(session, by=by, hold_id=hold_id, now=now)
    with sqlite_instance.database.session(write=True) as session:
        assert withdrawing.withdraw(session, submission_id=filled.one.id, day=now.date()) == []
    upkeep.sweep(sqlite_instance.database, sqlite_instance.settings, older_than=0, now=now)
    assert len(where_found(sqlite_instance.settings.instance, gone)) > 0.8 * len(
        gone
    )  # some are split by a page
    later = now + timedelta(days=31)
    upkeep.sweep(sqlite_instance.database, sqlite_instance.settings, older_than=0, now=later)
    assert where_found(sqlite_instance.settings.instance, gone) == []
    assert where_found(backup(sqlite_instance, tmp_path / "backup"), gone) == []
    verified(sqlite_instance.settings.instance)


def test_on_postgresql_rows_and_keys_are_gone_from_every_table(postgresql_instance: Instance) -> None:
    """What vacuuming and archived logs still hold there is said in docs/operate.md."""
    filled = fill(postgresql_instance)
    with postgresql_instance.database.session(write=True) as session:
        names = withdrawing.withdraw(
            session, submission_id=filled.one.id, day=postgresql_instance.clock().date()
        )
    assert len(names) == 3
    with postgresql_instance.database.session(write=False) as session:
        assert sealed_values(session, filled) == {}
        assert session.get_one(Submission, filled.one.id).status is Status.WITHDRAWN
        assert session.get_one(Tombstone, filled.one.id)
    store = FileStore(postgresql_instance.settings.files)
    for name in names:
        store.erase(name)
    assert not set(names) & set(store.names())
