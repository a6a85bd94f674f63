"""A file that is read: on the disk, or a small one in memory, opened as often as it is needed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

_PIECE = 1 << 20


@dataclass(frozen=True)
class Given:
    """A file: its name as it was given, its size in bytes, and how it is opened."""

    name: str
    size: int
    open: Callable[[], BinaryIO]

    def begins(self, count: int) -> bytes:
        """Give the first bytes."""
        with self.open() as source:
            return source.read(count)

    def sha256(self) -> str:
        """Give the digest of the whole, in hexadecimal."""
        digest = hashlib.sha256()
        with self.open() as source:
            while piece := source.read(_PIECE):
                digest.update(piece)
        return digest.hexdigest()


def on_disk(path: Path) -> Given:
    """Give a file by its path."""
    return Given(path.name, path.stat().st_size, lambda: path.open("rb"))


def in_memory(name: str, data: bytes) -> Given:
    """Give a file that is in memory."""
    return Given(name, len(data), lambda: BytesIO(data))
