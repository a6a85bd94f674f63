"""Lets the tests of this folder share their server process, their browser and their filled instance."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from live import Server, temporary_memory


@pytest.fixture
def memory_folder() -> Iterator[Path | None]:
    """A folder in memory for the halves of sessions, where the machine has one; else None."""
    with temporary_memory() as folder:
        yield folder


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    """Servers that a test started; all are ended with it."""
    started: list[Server] = []
    yield started
    for one in started:
        one.end()
