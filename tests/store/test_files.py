"""Stored files through a real folder: whole or absent, whatever fails at whichever step."""

import errno
import io
import os
import shutil
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from portal.errors import InvalidError, NotFoundError, StaleError, UnavailableError
from portal.store.files import FileStore, new_name

NAME = "00112233445566778899aabbccddeeff"
LATER = 1_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def put(store: FileStore, name: str = NAME, content: bytes = b"sealed") -> None:
    with store.create(name) as sink:
        sink.write(content)


def content_of(store: FileStore, name: str = NAME) -> bytes:
    with store.open(name) as source:
        return source.read()


def everything(store: FileStore) -> list[Path]:
    return [path for path in store.folder.rglob("*") if not path.is_dir()]


def test_what_was_written_is_read_back(store: FileStore) -> None:
    put(store, content=b"x" * 200_000)
    assert content_of(store) == b"x" * 200_000
    assert store.size(NAME) == 200_000
    assert list(store.names()) == [NAME]
    assert everything(store) == [store.folder / "00" / "11" / NAME]


def test_new_names_are_random_and_accepted(store: FileStore) -> None:
    names = sorted({new_name() for _ in range(20)})
    for name in names:
        put(store, name)
    assert list(store.names()) == names


def test_only_the_owner_may_look_in(store: FileStore) -> None:
    old = os.umask(0)
    try:
        put(store)
    finally:
        os.umask(old)
    for path in (store.folder, *store.folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_modification_time_says_the_day_only(store: FileStore) -> None:
    put(store)
    modified = (store.folder / "00" / "11" / NAME).stat().st_mtime
    assert modified % 86_400 == 0
    assert 0 <= time.time() - modified < 2 * 86_400


def test_a_file_is_never_overwritten(store: FileStore) -> None:
    put(store, content=b"first")
    with pytest.raises(StaleError):
        put(store, content=b"second")
    assert content_of(store) == b"first"
    assert len(everything(store)) == 1


def test_two_writers_of_one_name_cannot_both_win(store: FileStore) -> None:
    with store.create(NAME) as sink:
        sink.write(b"first")
        with pytest.raises(StaleError):
            put(store, content=b"second")
    assert content_of(store) == b"first"


def test_of_many_writers_of_one_name_at_once_exactly_one_wins(store: FileStore) -> None:
    won: list[int] = []

    def attempt(number: int) -> None:
        try:
            put(store, content=bytes([number]))
        except StaleError:
            return
        won.append(number)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert content_of(store) == bytes(won)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 32, "0" * 31, "0" * 33, "0" * 32 + "\n"])
def test_only_random_names_are_names(store: FileStore, name: str) -> None:
    for act in (store.open, store.size, store.erase, lambda it: put(store, it)):
        with pytest.raises(InvalidError):
            act(name)


def test_what_is_not_there_is_said_not_to_be_there(store: FileStore) -> None:
    with pytest.raises(NotFoundError):
        store.open(NAME)
    with pytest.raises(NotFoundError):
        store.size(NAME)
    assert list(store.names()) == []


def test_erasing_twice_is_erasing_once(store: FileStore) -> None:
    store.erase(NAME)
    put(store)
    store.erase(NAME)
    store.erase(NAME)
    assert everything(store) == []
    put(store)


@pytest.mark.parametrize("problem", [ValueError, KeyboardInterrupt, ConnectionResetError])
def test_a_visitor_who_leaves_leaves_nothing(store: FileStore, problem: type[BaseException]) -> None:
    def leave() -> None:
        with store.create(NAME) as sink:
            sink.write(b"half of it")
            raise problem

    with pytest.raises(problem):
        leave()
    assert everything(store) == []
    put(store)


# -- every named step of accepting a file, each failing in each way ------------------------------------------

STEPS = ("mkdir", "open", "utime", "fsync", "rename")
ERRORS: list[tuple[BaseException, type[BaseException]]] = [
    (OSError(errno.EIO, "I/O error"), UnavailableError),
    (OSError(errno.ENOSPC, "disk full"), UnavailableError),
    (KeyboardInterrupt(), KeyboardInterrupt),
]


class Faults:
    """Counts the system calls of the store, and lets one of them fail before or after it took place."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.at: int | None = None
        self.error: BaseException = KeyboardInterrupt()
        self.after = False
        for step in STEPS:
            monkeypatch.setattr(os, step, self._wrapped(step, getattr(os, step)))

    def _wrapped(self, step: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            number = len(self.calls)
            self.calls.append(step)
            if number == self.at and self.after and step not in {"open", "mkdir"}:
                real(*args, **options)
            if number == self.at:
                raise self.error
            return real(*args, **options)

        return call

    def arm(self, at: int, error: BaseException, *, after: bool = False) -> None:
        self.calls.clear()
        self.at, self.error, self.after = at, error, after

    def disarm(self) -> None:
        self.at = None


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    return Faults(monkeypatch)


def test_the_steps_come_in_the_order_that_survives_a_power_cut(store: FileStore, faults: Faults) -> None:
    put(store, NAME[:-1] + "0")
    faults.calls.clear()
    put(store)
    assert faults.calls == ["open", "utime", "fsync", "rename", "open", "fsync", "open", "fsync"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("error", "seen"), ERRORS, ids=["EIO", "ENOSPC", "interrupt"])
def test_whatever_step_fails_the_file_is_whole_or_absent(
    tmp_path: Path, faults: Faults, error: BaseException, seen: type[BaseException], *, after: bool
) -> None:
    put(FileStore(tmp_path / "measure"))
    steps = len(faults.calls)
    assert steps > 15
    for step in range(steps):
        store = FileStore(tmp_path / str(step))
        faults.arm(step, error, after=after)
        with pytest.raises(seen):
            put(store)
        faults.disarm()
        assert everything(store) == [], f"step {step}: {faults.calls[step]}"
        put(store)
        assert content_of(store) == b"sealed"


class FullDisk(io.RawIOBase):
    """A file on a disk with room for a few bytes more; closing it does not help."""

    def __init__(self, descriptor: int, room: int) -> None:
        self.descriptor, self.room = descriptor, room

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.descriptor

    def write(self, data: Any) -> int:
        if len(data) > self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= len(data)
        return os.write(self.descriptor, data)

    def close(self) -> None:
        if not self.closed:
            os.close(self.descriptor)
        super().close()


@pytest.mark.parametrize("size", [10, 70_000, 500_000])
def test_a_disk_that_fills_up_while_writing_is_a_clean_refusal(
    store: FileStore, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    def small(descriptor: int, *_args: Any, **_options: Any) -> BinaryIO:
        return io.BufferedWriter(FullDisk(descriptor, 5))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", small)
        with pytest.raises(UnavailableError):
            put(store, content=b"x" * size)
    assert everything(store) == []
    put(store, content=b"x" * size)
    assert store.size(NAME) == size


def test_when_even_tidying_up_fails_the_sweep_does_it(store: FileStore, faults: Faults) -> None:
    put(store, NAME[:-1] + "0")

    def broken(*_args: Any, **_options: Any) -> None:
        raise OSError(errno.EIO, "I/O error")

    faults.arm(1, OSError(errno.EIO, "I/O error"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", broken)
        with pytest.raises(UnavailableError):
            put(store)
    faults.disarm()
    assert [path.name for path in everything(store) if path.suffix] == [f"{NAME}.part"]
    assert store.sweep({NAME[:-1] + "0"}, older_than=1, now=time.time() + LATER) == 1
    assert list(store.names()) == [NAME[:-1] + "0"]


@pytest.mark.parametrize("act", ["open", "size", "erase"])
def test_a_failing_disk_is_unavailable_not_a_traceback(
    store: FileStore, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    put(store)

    def broken(*_args: Any, **_options: Any) -> None:
        raise OSError(errno.EIO, "I/O error")

    for name in ("open", "stat", "unlink"):
        monkeypatch.setattr(Path, name, broken)
    with pytest.raises(UnavailableError):
        getattr(store, act)(NAME)


# -- what crashes leave --------------------------------------------------------------------------------------


def test_the_sweep_removes_parts_and_files_without_a_row_and_nothing_else(store: FileStore) -> None:
    kept, lost = new_name(), new_name()
    put(store, kept)
    put(store, lost)
    (store.folder / "incoming" / f"{new_name()}.part").write_bytes(b"half")
    assert store.sweep({kept}, older_than=60, now=time.time()) == 0
    assert store.sweep({kept}, older_than=60, now=time.time() + 61) == 2
    assert list(store.names()) == [kept]
    assert len(everything(store)) == 1


def test_a_file_of_today_is_not_old_because_its_time_says_midnight(store: FileStore) -> None:
    put(store)
    assert store.sweep(set(), older_than=3600, now=time.time()) == 0
    assert list(store.names()) == [NAME]


def test_what_does_not_look_like_a_stored_file_is_left_alone(store: FileStore) -> None:
    put(store)
    for stray in (
        store.folder / "notes.txt",
        store.folder / "00" / "11" / "x",
        store.folder / "00" / "11" / ("f" * 32),
    ):
        stray.write_bytes(b"?")
    assert list(store.names()) == [NAME]
    store.sweep({NAME}, older_than=0, now=time.time() + LATER)
    assert len(everything(store)) == 4


def test_a_part_that_vanishes_during_the_sweep_does_no_harm(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store)

    def gone(_path: Path) -> os.stat_result:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "lstat", gone)
    assert store.sweep(set(), older_than=0, now=time.time() + LATER) == 0


# -- a disk that is really full ------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    mount = shutil.which("mount")
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=512k,mode=0700", "tmpfs", str(folder)]
    if mount is None or subprocess.run([mount, *options], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let a tmpfs be mounted")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_refuses_cleanly_still_reads_and_recovers(small_disk: Path) -> None:
    store = FileStore(small_disk / "files")
    put(store, content=b"x" * 100_000)
    other = new_name()
    for _ in range(3):
        with pytest.raises(UnavailableError):
            put(store, other, b"y" * 1_000_000)
    assert len(everything(store)) == 1
    assert content_of(store) == b"x" * 100_000
    store.erase(NAME)
    put(store, other, b"y" * 300_000)
    assert store.size(other) == 300_000
