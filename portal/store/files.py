"""Sealed files in a folder: whole or not there at all, under names that say nothing.

A file is written below ``incoming``, brought to the disk, and only then moved to its place; what a crash
leaves behind is found by `FileStore.sweep`. The store never sees anything but sealed bytes.
"""

import os
import re
import shutil
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from portal.errors import InvalidError, NotFoundError, StaleError, UnavailableError
from portal.store.disk import close_quietly, make_folder, settle, storage_errors, sync_folder

_NAME = re.compile(r"[0-9a-f]{32}")
_BUFFER = 64 * 1024


def new_name() -> str:
    """Return a fresh random name: 32 hexadecimal digits of a UUIDv4."""
    return uuid4().hex


class FileStore:
    """The files below one folder: ``ab/cd/<name>`` for a name that begins with ``abcd``.

    Folders are made with mode 0700 and files with 0600. Modification times are set back to midnight (UTC),
    so that no moment of a visit stays; the inode change time cannot be set and is left. The last ``reserve``
    bytes of the disk are not for files: when strangers have filled the rest, accounts can still be sent.
    """

    def __init__(self, folder: Path, *, reserve: int = 0) -> None:
        self.folder = folder
        self._incoming = folder / "incoming"
        self.reserve = reserve

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        """Give a sink whose bytes are the file `name` once the block ends without an exception.

        When the block has ended the file is on the disk. Otherwise nothing is left of it. Raises `StaleError`
        when the name is taken and `UnavailableError` when the disk is full or fails.
        """
        place = self._place(name)
        part = self._incoming / f"{name}.part"
        with storage_errors():
            make_folder(self._incoming, top=self.folder)
            if shutil.disk_usage(self._incoming).free < self.reserve:
                raise UnavailableError("The disk is full or does not answer; nothing was kept.")
            descriptor = self._begin(part, place)
        finished = False
        try:
            with storage_errors():
                sink = os.fdopen(descriptor, "wb", buffering=_BUFFER)
                try:
                    yield sink
                    settle(sink)
                finally:
                    close_quietly(sink)
                self._move(part, place)
            finished = True
        finally:
            if not finished:
                self._undo(part, place)

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading; the caller closes it."""
        with storage_errors():
            try:
                return self._place(name).open("rb")
            except FileNotFoundError:
                raise NotFoundError("The file is not there.") from None

    def size(self, name: str) -> int:
        """Return the number of bytes stored."""
        with storage_errors():
            try:
                return self._place(name).stat().st_size
            except FileNotFoundError:
                raise NotFoundError("The file is not there.") from None

    def erase(self, name: str) -> None:
        """Remove a file for good; a file that is not there is erased already, so a retry succeeds."""
        place = self._place(name)
        with storage_errors():
            place.unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                sync_folder(place.parent)

    def names(self) -> Iterator[str]:
        """Give the names of all whole files, in order."""
        with storage_errors():
            for path in sorted(self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")):
                if _NAME.fullmatch(path.name) and path == self._place(path.name):
                    yield path.name

    def sweep(self, known: Container[str], *, older_than: float, now: float) -> int:
        """Remove what interrupted visits left: parts, and files whose name is not in `known`.

        Only what has lain still for more than `older_than` seconds before `now` (seconds since the epoch) is
        touched: it must exceed the longest upload, because a file is there before its row. The inode change
        time is the clock, as modification times are midnights. Returns how many were removed.
        """
        with storage_errors():
            parts = sorted(self._incoming.glob("*.part"))
            strays = (self._place(name) for name in list(self.names()) if name not in known)
            removed = 0
            for path in (*parts, *strays):
                with suppress(FileNotFoundError):
                    if path.lstat().st_ctime <= now - older_than:
                        path.unlink()
                        sync_folder(path.parent)
                        removed += 1
            return removed

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise InvalidError("A stored file's name is 32 hexadecimal digits.")
        return self.folder / name[:2] / name[2:4] / name

    @staticmethod
    def _begin(part: Path, place: Path) -> int:
        """Open the part; whoever holds it is the only one who may bring this name to its place."""
        try:
            descriptor = os.open(
                part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
            )
        except FileExistsError:
            raise StaleError("The file is being written by someone else.") from None
        if os.path.lexists(place):
            os.close(descriptor)
            part.unlink()
            raise StaleError("A stored file is never overwritten.")
        return descriptor

    def _move(self, part: Path, place: Path) -> None:
        make_folder(place.parent, top=self.folder)
        part.rename(place)
        sync_folder(place.parent)
        sync_folder(self._incoming)

    @staticmethod
    def _undo(part: Path, place: Path) -> None:
        """Remove both names; if even that fails, the sweep will."""
        for path in (part, place):
            with suppress(OSError):
                path.unlink(missing_ok=True)
