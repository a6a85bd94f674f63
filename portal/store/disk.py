"""What the stores of sealed bytes ask of a disk: kept for good, dated to the day, plain about failures."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from portal.errors import UnavailableError

_DAY = 86_400
# What a disk, a quota or a system may answer; the rest (a visitor hanging up) is not the store's to judge.
STORAGE = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EIO,
        errno.EROFS,
        errno.EFBIG,
        errno.ENOMEM,
        errno.EMFILE,
        errno.ENFILE,
        errno.ESTALE,
        errno.EACCES,
        errno.EPERM,
    }
)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what a disk answers into one kind of failure that pages can explain."""
    try:
        yield
    except OSError as error:
        if error.errno in STORAGE:
            raise UnavailableError("The disk is full or does not answer; nothing was kept.") from error
        raise


def settle(sink: BinaryIO) -> None:
    """Bring the bytes to the disk, with a time that says no more than the day."""
    sink.flush()
    midnight = int(time.time()) // _DAY * _DAY
    os.utime(sink.fileno(), (midnight, midnight))
    os.fsync(sink.fileno())


def close_quietly(sink: BinaryIO) -> None:
    """Close without a word: after `settle` nothing is left to write, before it the part goes anyway."""
    with suppress(OSError):
        sink.close()


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path, *, top: Path) -> None:
    """Make a folder below ``top``, with its parents, such that a power cut cannot lose it."""
    if folder.is_dir():
        return
    if folder != top:
        make_folder(folder.parent, top=top)
    folder.mkdir(mode=0o700, parents=folder == top, exist_ok=True)
    sync_folder(folder.parent)
