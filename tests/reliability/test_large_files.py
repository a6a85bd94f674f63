"""One file of a gigabyte through the real server: memory does not grow with it."""

import os
import sys
from pathlib import Path

from builders import Instance

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from apparatus import MIB, Visitor, served

RISE = 64
"""MiB by which the resident memory of all processes of a face may rise, whatever the size of the file."""
GIB = 1024


def test_a_gigabyte_is_taken_in_the_memory_of_a_megabyte(sqlite_instance: Instance) -> None:
    block = os.urandom(MIB)
    with served(
        sqlite_instance, "intake", workers=1, settings={"PORTAL_FILE_LIMIT": str(2 * GIB * MIB)}
    ) as server:
        rises = []
        for mib in (8, 64, GIB):
            visitor = Visitor(server.port)
            visitor.ask("GET", "/en/documents")
            server.reset_peak()
            before = server.memory()
            assert visitor.upload("/en/documents", [block] * mib) == 303
            visitor.close()
            rises.append(server.memory("VmHWM") - before)
    print(f"resident memory rose by {[round(one, 1) for one in rises]} MiB")  # noqa: T201 - shown with -s
    assert max(rises) < RISE, rises
    assert rises[2] < rises[1] + RISE / 4, rises
    stored = sorted(path.stat().st_size for path in sqlite_instance.files.folder.rglob("*") if path.is_file())
    for size, mib in zip(stored, (8, 64, GIB), strict=True):
        assert mib * MIB <= size < mib * MIB * 1.03
