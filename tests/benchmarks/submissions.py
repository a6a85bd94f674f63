"""What an accepted testimony costs: text alone, and with a file of 10 MB.

    python tests/benchmarks/submissions.py [--quick]

A real server (gunicorn, two workers, SQLite on the disk) is driven over loopback through the pages that a
source without scripts walks. Drafts are written first; what is timed is the last press, ``POST /check``,
which is answered when everything is on the disk. With a file, the upload is timed with it.

How to read it. ``at`` holds one entry per number of visitors at once. ``cpu_s`` is the server's processor
time per submission, comparable between machines of one kind even when they are busy; ``p50_ms`` and
``p99_ms`` are what a visitor waits; ``failed`` must be 0; ``memory_mib`` is by how much the server's
resident memory rose above what it held before. The receipt's Argon2id is meant to be slow: ``kdf`` is its
share, measured apart in the same run, and ``p50_without_kdf_ms`` subtracts it for one visitor at a time.
At many at once the derivation is what everybody waits for: ``kdf_bound_per_s`` is the rate that it alone
would allow on all cores.
``service`` is `intake.service.submit` with its commit, without HTTP or Argon2id, by one and by 32 threads of
one process. ``floor`` is measured in the same run: ``commit_per_s`` durable commits of one row of 100 bytes
in SQLite (WAL, FULL); ``same_bytes_per_s`` the same for two databases one after the other with rows of the
sizes that a submission writes; ``copy_s`` and ``copy_cpu_s`` a plain write of 10 MB with fsync.
``of_commit_rate`` and ``of_same_bytes_rate`` hold the service's rate, one thread, against the first two.
"""

import os
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from apparatus import MIB, Server, Visitor, fresh_instance, milliseconds, report, served
from builders import Instance, a_draft

from portal.intake import service
from portal.intake.drafts import Draft
from portal.vault import receipt as receipts
from portal.vault.receipt import Receipt, ReceiptKeys

TEXT = "I was in Gohardasht in the summer of 1988. They took us to the corridor one by one. " * 60
FILE = 10 * 1000 * 1000
AT_ONCE = (1, 8, 20, 32)
# What one submission writes: five sealed answers and some small rows; eight wrapped keys.
_MAIN_ROWS = [8300, *[4200] * 4, *[200] * 11, 2500]
_KEYS_ROWS = [1300] * 8


def written(port: int) -> Visitor:
    """A visitor with an account that is ready to be sent."""
    visitor = Visitor(port)
    visitor.fill("/en/account", narrative=TEXT)
    visitor.fill("/en/permissions", read="yes", link="yes", contact="yes", research="yes", statistics="yes")
    visitor.ask("GET", "/en/check")
    visitor.close()  # the server ends connections that rest; a browser then opens another, and so do we
    return visitor


def send(visitor: Visitor) -> bool:
    """Press *Send*; the answer leads to the receipt."""
    return visitor.press("/en/check") == 303 and visitor.path.endswith("/received")


def send_with_file(content: bytes) -> Callable[[Visitor], bool]:
    """Add a file, then press *Send*."""

    def act(visitor: Visitor) -> bool:
        return visitor.upload("/en/documents", [content]) == 303 and send(visitor)

    return act


def at_once(
    server: Server, visitors: Sequence[Visitor], number: int, act: Callable[[Visitor], bool]
) -> dict[str, Any]:
    """Let ``number`` visitors act at a time until all have."""
    server.reset_peak()
    before, cpu, started = server.memory(), server.cpu(), time.perf_counter()

    def timed(visitor: Visitor) -> tuple[bool, float]:
        begun = time.perf_counter()
        try:
            done = act(visitor)
        except OSError:
            done = False
        return done, time.perf_counter() - begun

    with ThreadPoolExecutor(number) as pool:
        results = list(pool.map(timed, visitors))
    took = time.perf_counter() - started
    for visitor in visitors:
        visitor.close()
    return {
        "at_once": number,
        "sent": len(results),
        "failed": sum(not done for done, _ in results),
        "cpu_s": round((server.cpu() - cpu) / len(results), 4),
        "per_s": round(len(results) / took, 1),
        **milliseconds([seconds for _, seconds in results]),
        "memory_mib": round(server.memory("VmHWM") - before, 1),
    }


def commit_rate(folder: Path, name: str, rows: Sequence[int], seconds: float = 1.0) -> float:
    """Durable commits per second of rows of these sizes in bytes, one writer."""
    database = sqlite3.connect(folder / f"{name}.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE one (id INTEGER PRIMARY KEY, text BLOB)")
    number, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        database.execute("BEGIN IMMEDIATE")
        for size in rows:
            database.execute("INSERT INTO one (text) VALUES (?)", (b"x" * size,))
        database.execute("COMMIT")
        number += 1
    database.close()
    return number / seconds


def copy(folder: Path, content: bytes) -> tuple[float, float]:
    """Write the bytes and bring them to the disk: (seconds, CPU-seconds), middle of five."""
    taken = []
    for number in range(5):
        wall, cpu = time.perf_counter(), time.process_time()
        with (folder / f"copy-{number}").open("wb") as target:
            for start in range(0, len(content), 64 * 1024):
                target.write(content[start : start + 64 * 1024])
            target.flush()
            os.fsync(target.fileno())
        taken.append((time.perf_counter() - wall, time.process_time() - cpu))
    return median(wall for wall, _ in taken), median(cpu for _, cpu in taken)


def kdf(salt: bytes) -> list[tuple[float, float]]:
    """Twenty derivations of a receipt's keys, one after the other: (seconds, CPU-seconds) of each."""
    taken = []
    for _ in range(20):
        wall, cpu = time.perf_counter(), time.process_time()
        receipts.keys_of(receipts.generate(), salt)
        taken.append((time.perf_counter() - wall, time.process_time() - cpu))
    return taken


def in_service(instance: Instance, number: int, threads: int) -> dict[str, Any]:
    """Submit through the service, with its commit; keys are made before, and the first ten are to warm."""
    drafts = [a_draft(TEXT) for _ in range(number + 10)]
    keys = [receipts.keys_of(Receipt(draft.receipt), instance.keys.receipt_salt) for draft in drafts]
    day = instance.clock().date()

    def act(one: tuple[Draft, ReceiptKeys]) -> float:
        begun = time.perf_counter()
        with instance.database.session(write=True) as session:
            service.submit(session, draft=one[0], keys=instance.keys, receipt=one[1], language="en", day=day)
        return time.perf_counter() - begun

    pairs = list(zip(drafts, keys, strict=True))
    for pair in pairs[:10]:
        act(pair)
    cpu, started = time.process_time(), time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        taken = list(pool.map(act, pairs[10:]))
    per_s = number / (time.perf_counter() - started)
    cpu_s = (time.process_time() - cpu) / number
    return {"at_once": threads, "cpu_s": round(cpu_s, 4), "per_s": round(per_s, 1), **milliseconds(taken)}


def run(*, quick: bool) -> dict[str, Any]:
    """Measure everything in one run."""
    content = os.urandom(FILE)
    with fresh_instance() as instance:
        folder = instance.settings.instance
        derivation = list[tuple[float, float]]()
        rate = commit_rate(folder, "row", [100])
        pair = 1 / (1 / commit_rate(folder, "main", _MAIN_ROWS) + 1 / commit_rate(folder, "keys", _KEYS_ROWS))
        inside = [in_service(instance, 50 if quick else 300, threads) for threads in (1, 32)]
        wall, cpu = copy(folder, content)
        text, files = [], []
        with served(instance, "intake") as server:
            at_once(server, [written(server.port) for _ in range(10)], 2, send)  # to warm
            for number in AT_ONCE:
                visitors = [written(server.port) for _ in range(max(10, number * (2 if quick else 8)))]
                text.append(at_once(server, visitors, number, send))
                derivation += kdf(instance.keys.receipt_salt) if number == 1 else []
            for number in AT_ONCE:
                visitors = [written(server.port) for _ in range(number if quick else max(20, number * 2))]
                files.append(at_once(server, visitors, number, send_with_file(content)))
    derived, derived_cpu = (median(one[which] for one in derivation) for which in (0, 1))
    return {
        "text": {
            "at": text,
            "p50_without_kdf_ms": round(text[0]["p50_ms"] - derived * 1000, 2),
            "cpu_without_kdf_s": round(text[0]["cpu_s"] - derived_cpu, 4),
        },
        "file_10_mb": {"at": files},
        "kdf": {
            **milliseconds([one[0] for one in derivation]),
            "cpu_s": round(derived_cpu, 4),
            "kdf_bound_per_s": round((os.cpu_count() or 1) / derived_cpu, 1),
        },
        "service": {
            "at": inside,
            "of_commit_rate": round(inside[0]["per_s"] / rate, 3),
            "of_same_bytes_rate": round(inside[0]["per_s"] / pair, 3),
        },
        "floor": {
            "commit_per_s": round(rate),
            "same_bytes_per_s": round(pair),
            "copy_s": round(wall, 4),
            "copy_cpu_s": round(cpu, 4),
        },
        "file_mib": round(FILE / MIB, 2),
    }


if __name__ == "__main__":
    report(run(quick="--quick" in sys.argv))
