"""Sealed pieces of files that are still arriving: each whole or not there, in a folder for each upload.

They lie below ``arriving`` of the store: ``<owner>/<upload>/<piece>``. The names of owners say nothing (they
are derived from a draft's key), and what nobody has added to for long is found by `Arrivals.sweep`.
"""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from portal.errors import NotFoundError, UnavailableError
from portal.store.disk import make_folder, settle, storage_errors, sync_folder

HEAD = "head"
_NAME = re.compile(r"[0-9a-f]{32}")
_PIECE = re.compile(r"[0-9]{8}")


@dataclass(frozen=True)
class Lock:
    """What keeps everybody else from the same upload until it is let go; a process that dies lets go."""

    descriptor: int

    def release(self) -> None:
        """Let others in."""
        os.close(self.descriptor)


class Arrivals:
    """The uploads below one folder; the last ``reserve`` bytes of the disk are not for them."""

    def __init__(self, folder: Path, *, reserve: int = 0) -> None:
        self.folder = folder / "arriving"
        self._reserve = reserve

    def uploads(self, owner: str) -> list[str]:
        """Return the names of an owner's uploads that were begun and neither finished nor dropped."""
        with storage_errors(), suppress(FileNotFoundError):
            return sorted(one.name for one in self._owner(owner).iterdir() if (one / HEAD).exists())
        return []

    def begin(self, owner: str, upload: str, head: bytes) -> None:
        """Open a place for an upload; ``head`` says, sealed, what is coming. Done again, it is replaced."""
        place = self._place(owner, upload)
        with storage_errors():
            make_folder(self.folder, top=self.folder.parent)
            make_folder(place, top=self.folder)
            self._write(place, HEAD, head)

    def put(self, owner: str, upload: str, index: int, sealed: bytes) -> None:
        """Keep a piece: when this returns it is on the disk. Sent again, the later one stays.

        Raises `NotFoundError` when the upload was never begun or is gone, `UnavailableError` for a full disk.
        """
        place = self._place(owner, upload)
        with storage_errors():
            if not (place / HEAD).exists():
                raise NotFoundError("This upload is not there.")
            try:
                self._write(place, _piece(index), sealed)
            except FileNotFoundError:  # dropped at this very moment
                raise NotFoundError("This upload is not there.") from None

    def head(self, owner: str, upload: str) -> bytes:
        """Return what `begin` kept."""
        return self._read(self._place(owner, upload) / HEAD)

    def piece(self, owner: str, upload: str, index: int) -> bytes:
        """Return a piece as it was kept; raises `NotFoundError` when there is none."""
        return self._read(self._place(owner, upload) / _piece(index))

    def pieces(self, owner: str, upload: str) -> dict[int, int]:
        """Return the pieces that are there: index -> stored size in bytes."""
        with storage_errors(), suppress(FileNotFoundError):
            found = os.scandir(self._place(owner, upload))
            return {int(one.name): one.stat().st_size for one in found if _PIECE.fullmatch(one.name)}
        return {}

    def drop(self, owner: str, upload: str) -> None:
        """Erase an upload with its pieces; one that is not there is erased already."""
        place = self._place(owner, upload)
        with storage_errors():
            # Without its head it is no upload any more, wherever a crash may come.
            (place / HEAD).unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                sync_folder(place)
            shutil.rmtree(place, ignore_errors=True)
            with suppress(OSError):
                place.parent.rmdir()

    def forget(self, owner: str) -> None:
        """Erase everything that was arriving for this owner."""
        with storage_errors(), suppress(FileNotFoundError):
            for one in list(self._owner(owner).iterdir()):
                self.drop(owner, one.name)

    @contextmanager
    def alone(self, owner: str) -> Iterator[None]:
        """Let nobody else begin an upload of this owner meanwhile."""
        with storage_errors():
            make_folder(self.folder, top=self.folder.parent)
            make_folder(self._owner(owner), top=self.folder)
            descriptor = os.open(self._owner(owner), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def lock(self, owner: str, upload: str) -> Lock | None:
        """Take an upload for oneself at once; None when somebody else has it now."""
        with storage_errors():
            try:
                descriptor = os.open(self._place(owner, upload), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            except FileNotFoundError:
                raise NotFoundError("This upload is not there.") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return Lock(descriptor)

    def sweep(self, *, older_than: float, now: float, spare: Container[str] = ()) -> int:
        """Erase uploads that nobody has added to for ``older_than`` seconds before ``now``; return how many.

        Those of the owners in ``spare`` stay: their drafts are kept. The folder's inode change time is the
        clock: it moves with every piece, and cannot be set back.
        """
        removed = 0
        with storage_errors():
            for place in sorted(self.folder.glob("*/*")):
                with suppress(FileNotFoundError):
                    if place.parent.name not in spare and place.lstat().st_ctime <= now - older_than:
                        shutil.rmtree(place, ignore_errors=True)
                        removed += 1
            for owner in sorted(self.folder.glob("*")):
                with suppress(OSError):
                    if owner.lstat().st_ctime <= now - older_than:
                        owner.rmdir()
        return removed

    def _owner(self, owner: str) -> Path:
        if not _NAME.fullmatch(owner):
            raise ValueError("An owner's name is 32 hexadecimal digits.")
        return self.folder / owner

    def _place(self, owner: str, upload: str) -> Path:
        if not _NAME.fullmatch(upload):
            raise ValueError("An upload's name is 32 hexadecimal digits.")
        return self._owner(owner) / upload

    def _write(self, place: Path, name: str, sealed: bytes) -> None:
        if shutil.disk_usage(place).free < self._reserve + len(sealed):
            raise UnavailableError("The disk is full or does not answer; nothing was kept.")
        part = place / f"{name}.{secrets.token_hex(4)}"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as sink:
                view = memoryview(sealed)
                while view:
                    view = view[sink.write(view) :]
                settle(sink)
            part.rename(place / name)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        sync_folder(place)

    @staticmethod
    def _read(path: Path) -> bytes:
        with storage_errors():
            try:
                return path.read_bytes()
            except FileNotFoundError:
                raise NotFoundError("This piece is not there.") from None


def _piece(index: int) -> str:
    return f"{index:08}"
