"""A file that was uploaded and waits to be brought in: sealed on the disk, its key in its sender's session.

Whoever signs out leaves bytes behind that nobody can read; the next upload sweeps what is a day old.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.registry.exchange.given import Given, in_memory
from portal.store.files import FileStore, new_name
from portal.vault.seal import KEY_SIZE, Label, context
from portal.vault.stream import SealedReader, SealingWriter

FOLDER = "imports"
_DAY = 24 * 60 * 60.0


@dataclass(frozen=True)
class Waiting:
    """What opens a file that waits."""

    name: str
    filename: str
    length: int
    key: bytes = field(repr=False)

    def kept(self) -> dict[str, Any]:
        """Give it as a session keeps it."""
        return {"name": self.name, "filename": self.filename, "length": self.length, "key": self.key}


def _store(instance: Path) -> FileStore:
    folder = instance / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return FileStore(folder)


class Arriving:
    """Takes an upload as it comes, and seals it."""

    def __init__(self, instance: Path) -> None:
        self._store, self._name = _store(instance), new_name()
        self._key, self._length = secrets.token_bytes(KEY_SIZE), 0

    @contextmanager
    def sink(self) -> Iterator[SealingWriter]:
        """Give what the bytes are written to; an exception leaves nothing behind."""
        with self._store.create(self._name) as target:
            writer = SealingWriter(self._key, _place(self._name), target)
            yield writer
            self._length = writer.finish().length

    def done(self, filename: str) -> Waiting:
        """Give what opens it."""
        return Waiting(self._name, filename, self._length, self._key)


def _place(name: str) -> bytes:
    return context(Label.REGISTRY_FILE, name)


def read(instance: Path, waiting: Waiting) -> Given:
    """Open a file that waits; `NotFoundError` when it is gone."""
    with _store(instance).open(waiting.name) as source:
        reader = SealedReader(waiting.key, _place(waiting.name), source, waiting.length)
        return in_memory(waiting.filename, b"".join(reader.read(0, waiting.length)))


def forget(instance: Path, waiting: Waiting) -> None:
    """Erase a file that is in, or that nobody wants."""
    _store(instance).erase(waiting.name)


def sweep(instance: Path, *, now: float) -> None:
    """Erase what has waited for a day."""
    _store(instance).sweep((), older_than=_DAY, now=now)
