"""Each step of taking a file in and of submitting fails once, in each way: all or nothing; a retry works."""

import errno
import io
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import Instance, an_instance, token_of
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from portal import upkeep
from portal.app import _RESERVE
from portal.config import MIB, Face
from portal.intake import opening
from portal.intake.models import Document, Submission
from portal.permissions import Group
from portal.store import files
from portal.web.sessions import ProcessHalves

FILE = bytes(range(256)) * 1_200
WAYS = ("EIO", "ENOSPC", "KeyboardInterrupt", "SystemExit")
INTERRUPTED = (KeyboardInterrupt, SystemExit)


def failure(way: str, *, database: bool = False) -> BaseException:
    """What a step meets."""
    if way == "KeyboardInterrupt":
        return KeyboardInterrupt()
    if way == "SystemExit":
        return SystemExit(1)
    if database:
        said = {"EIO": "disk I/O error", "ENOSPC": "database or disk is full"}[way]
        return OperationalError("a statement", None, sqlite3.OperationalError(said))
    number = getattr(errno, way)
    return OSError(number, os.strerror(number))


@dataclass
class Once:
    """Fails at the so-many-th passing, and never again unless it is to stay broken."""

    number: int
    error: BaseException
    passed: int = 0
    stays: bool = False

    def __call__(self) -> None:
        self.passed += 1
        if self.passed == self.number or (self.stays and self.fired):
            raise self.error

    @property
    def fired(self) -> bool:
        return self.passed >= self.number


class Raw(io.FileIO):
    """A file that may fail as it is written."""

    fail: Callable[[], None]

    def write(self, data: Any) -> int:
        self.fail()
        return super().write(data)


Patch = pytest.MonkeyPatch

FILE_STEPS = [
    *(("os.mkdir", number) for number in (1, 2)),
    ("os.open", 1),
    *(("write", number) for number in (1, 2, 4)),
    ("os.utime", 1),
    *(("os.fsync", number) for number in range(1, 6)),
    ("os.rename", 1),
    ("session", 1),
]
ROW_STEPS = [
    ("lock", 1),
    ("begin main", 1),
    *(("main", number) for number in (1, 2, 3, 4, 5)),
    *(("keys", number) for number in (1, 2, 3)),
    ("ledger", 1),
    ("commit keys", 1),
    ("commit main", 1),
    ("session", 1),
]


def arm(instance: Instance, patch: Patch, step: tuple[str, int], way: str) -> Once:
    """Let one step fail once."""
    what, number = step
    ours = str(instance.settings.files)
    database = what not in {"lock", "session", "write"} and not what.startswith("os.")
    # A visit whose keeping failed is tried once more while the page that says so is sent.
    once = Once(number, failure(way, database=database), stays=what == "session")
    if what.startswith("os."):
        name = what.removeprefix("os.")
        real = getattr(os, name)

        def failing(target: Any, *rest: Any, **named: Any) -> Any:
            if isinstance(target, int) or str(target).startswith(ours):
                once()
            return real(target, *rest, **named)

        patch.setattr(os, name, failing)
    elif what == "write":

        def opened(descriptor: int, mode: str, buffering: int) -> io.BufferedWriter:
            raw = Raw(descriptor, mode)
            raw.fail = once
            return io.BufferedWriter(raw, buffering)

        patch.setattr(files.os, "fdopen", opened)
    elif what == "lock":
        patch.setattr("fcntl.flock", lambda *_: once())
    elif what == "session":
        put = ProcessHalves.put

        def keeping(halves: ProcessHalves, name: str, *rest: Any, **named: Any) -> None:
            if "-" not in name:  # the visit's own half, not what all visits share
                once()
            put(halves, name, *rest, **named)

        patch.setattr(ProcessHalves, "put", keeping)
    else:
        _arm_database(instance, patch, what, once)
    return once


def _arm_database(instance: Instance, patch: Patch, what: str, once: Once) -> None:
    engine = instance.database.keys if "keys" in what else instance.database.main

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT") and (what != "ledger" or "ledger_entry" in statement):
            once()

    name = "commit" if what.startswith("commit") else "begin" if what.startswith("begin") else ""
    if name:
        event.listen(engine, name, listener := lambda _connection: once(), insert=True)
    else:
        name, listener = "before_cursor_execute", before
        event.listen(engine, name, listener)
    patch.callback = lambda: event.remove(engine, name, listener)  # type: ignore[attr-defined]


@pytest.fixture
def patch(monkeypatch: Patch) -> Iterator[Patch]:
    """What is patched and listened to, taken back at the end of the step."""
    with monkeypatch.context() as one:
        yield one


def disarm(patch: Patch) -> None:
    patch.undo()
    getattr(patch, "callback", lambda: None)()
    if hasattr(patch, "callback"):
        del patch.callback


class Source:
    """A source's browser in this process."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.token = token_of(self.client.get("/en/account"))
        self.client.post("/en/account", data={"csrf_token": self.token, "narrative": "One account."})

    def attach(self) -> TestResponse:
        data = {"csrf_token": self.token, "file": (io.BytesIO(FILE), "a.bin")}
        return self.client.post("/en/documents", data=data)

    def send(self) -> TestResponse:
        return self.client.post("/en/check", data={"csrf_token": self.token, "reread": "yes"})


def meets(act: Callable[[], TestResponse], way: str) -> TestResponse | None:
    """Do what is going to fail; a page came back, or nothing, because the process is to end."""
    if way.startswith("E"):
        return act()
    with pytest.raises(INTERRUPTED):
        act()
    return None


def is_clear(answer: TestResponse | None, *, session: bool) -> bool:
    """The page says that nothing was lost and what to do; where the visit itself broke, it is our fault."""
    if answer is None:
        return True
    page = answer.get_data(as_text=True)
    return answer.status_code in ({500, 503} if session else {503}) and "try again" in page


def kept(instance: Instance) -> tuple[int, int]:
    """How many submissions there are that open whole, and how many files with a row."""
    seed = instance.secrets.group_seeds[Group.INTAKE]
    with instance.database.session(write=False) as session:
        rows = session.scalars(select(Submission.id)).all()
        for one in rows:
            submission = opening.load(session, one)
            keys = opening.part_keys(session, submission, seed)
            assert opening.open_fields(submission, keys)["narrative"] == "One account."
            assert len(opening.open_documents(submission, keys)) == 1
        return len(rows), len(session.scalars(select(Document.id)).all())


def all_is_well(instance: Instance, count: int) -> None:
    """So many submissions with one file each, whole; nothing lies about; everything is verified."""
    assert kept(instance) == (count, count)
    upkeep.sweep(instance.database, instance.settings, older_than=-60, now=datetime.now(UTC))
    incoming = instance.settings.files / "incoming"
    assert list(incoming.iterdir()) == []
    incoming.rmdir()  # so that the next file has to make it again
    assert len(list(instance.files.names())) == count


def all_is_verified(instance: Instance) -> None:
    """The whole folder holds, and nothing in it is left over."""
    report = upkeep.verify_folder(instance.settings.instance, {})
    assert (report.problems, report.warnings) == ([], [])


@pytest.mark.parametrize("way", WAYS)
def test_taking_a_file_in_is_all_or_nothing(sqlite_instance: Instance, patch: Patch, way: str) -> None:
    app = sqlite_instance.app(Face.INTAKE)
    for done, step in enumerate(FILE_STEPS):
        source = Source(app)
        once = arm(sqlite_instance, patch, step, way)
        answer = meets(source.attach, way)
        disarm(patch)
        assert once.fired, step
        assert is_clear(answer, session=step[0] == "session"), (step, answer)
        assert list((sqlite_instance.settings.files / "incoming").glob("*")) == [], step
        assert len(list(sqlite_instance.files.names())) == done + (step[0] == "session"), step
        assert source.attach().status_code == 303, step
        assert source.send().location.endswith("/received"), step
        all_is_well(sqlite_instance, done + 1)
    all_is_verified(sqlite_instance)


@pytest.mark.parametrize("way", WAYS)
def test_submitting_is_all_or_nothing(sqlite_instance: Instance, patch: Patch, way: str) -> None:
    app = sqlite_instance.app(Face.INTAKE)
    for done, step in enumerate(ROW_STEPS):
        source = Source(app)
        assert source.attach().status_code == 303
        source.client.get("/en/check")
        once = arm(sqlite_instance, patch, step, way)
        answer = meets(source.send, way)
        disarm(patch)
        assert once.fired, step
        assert is_clear(answer, session=step[0] == "session"), (step, answer)
        count = done + (step[0] == "session")
        assert kept(sqlite_instance) == (count, count), step
        for _again in range(2):
            assert source.send().location.endswith("/received"), step
        all_is_well(sqlite_instance, done + 1)
    all_is_verified(sqlite_instance)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with five megabytes more than files have to leave free."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", f"size={_RESERVE + 5 * MIB}", "tmpfs", str(place)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def fill(ballast: Path, leave: int) -> None:
    """Take up the disk until so many bytes are left."""
    free = shutil.disk_usage(ballast.parent).free - leave
    with suppress(OSError), ballast.open("ab", buffering=0) as filler:
        while free > 0:
            free -= filler.write(bytes(min(free, MIB)))
        while not leave:
            filler.write(bytes(4096))


def test_a_full_disk_is_refused_cleanly_and_the_portal_recovers(small_disk: Path) -> None:
    instance = an_instance(small_disk / "instance")
    app = instance.app(Face.INTAKE)
    source, other = Source(app), Source(app)
    assert source.attach().status_code == 303
    assert other.attach().status_code == 303
    ballast = small_disk / "ballast"
    fill(ballast, _RESERVE // 2)
    assert source.attach().status_code == 503  # files leave room for words
    assert other.send().location.endswith("/received")
    fill(ballast, 0)
    assert source.attach().status_code == 503
    refused = source.send()
    assert refused.status_code == 503
    assert "Nothing was lost" in refused.get_data(as_text=True)
    for page in ("/en/", "/en/account", "/en/documents", "/en/check", "/fa/return"):
        assert source.client.get(page).status_code == 200
    assert kept(instance) == (1, 1)
    assert list((instance.settings.files / "incoming").glob("*")) == []
    ballast.unlink()
    assert source.send().location.endswith("/received")
    all_is_well(instance, 2)
    all_is_verified(instance)
    instance.database.dispose()
