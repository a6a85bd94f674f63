"""What the ledger costs at a size: an entry appended, a head signed, everything verified, one entry proved.

Run: ``python tests/benchmarks/ledger.py [entries]``; 100,000 unless given. Entries are made in bulk, as the
recorder writes them; then real transactions are timed at the beginning and at the end of the log. Figures
are ratios to a floor of the same run: reading every body and hashing it once, with nothing else.
"""

import hashlib
import json
import os
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

from apparatus import fresh_instance
from builders import Instance
from sqlalchemy import insert, text

from portal.ledger import service
from portal.ledger.checkpoint import LogKeys
from portal.ledger.heads import Trusted
from portal.ledger.models import LedgerEntry
from portal.ledger.rows import canonical
from portal.ledger.tags import read_key, tag_of
from portal.ledger.tree import leaf_hash
from portal.ledger.verify import verify_log
from portal.staff.founding import read_signer

ROWS = 3
ACTS = 1300
APPENDED = 100


def bodies(first: int, count: int, day: str, key: bytes) -> Iterator[dict[str, object]]:
    """Entries as an ordinary act leaves them: a few rows, and what was done, sealed."""
    for seq in range(first, first + count):
        rows = sorted(["consent", uuid4().hex, os.urandom(32).hex()] for _ in range(ROWS))
        acts = b64encode(os.urandom(ACTS)).decode()
        body = canonical({"v": 1, "seq": seq, "day": day, "rows": rows, "acts": acts})
        yield {"seq": seq, "body": body, "leaf_hash": leaf_hash(body), "tag": tag_of(key, body)}


def fill(instance: Instance, count: int) -> None:
    day = instance.clock().date()
    with instance.database.session(write=False) as session:
        first = service.size(session)
    for start in range(first, count, 5000):
        made = bodies(start, min(5000, count - start), day.isoformat(), read_key(instance.settings))
        rows = [{**one, "day": day} for one in made]
        with instance.database.main.begin() as connection:
            connection.execute(insert(LedgerEntry), rows)


def append(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        service.note(session, "case.read", by="cedar", subject=uuid4())


def timed(act: Callable[[], object]) -> tuple[float, object]:
    began = time.process_time()
    made = act()
    return time.process_time() - began, made


def floor(instance: Instance) -> int:
    """Read every body once, and hash it."""
    total = 0
    with instance.database.main.connect() as connection:
        found = connection.execution_options(yield_per=1000).execute(
            text("SELECT body FROM ledger_entry ORDER BY seq")
        )
        for row in found:
            total += len(hashlib.sha256(row[0]).digest())
    return total


def resident(name: str) -> int:
    """Memory of this process in KiB, as the kernel counts it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with fresh_instance() as instance:
        signer, day = read_signer(instance.settings), instance.clock().date()
        key = read_key(instance.settings)
        small, _ = timed(lambda: [append(instance) for _ in range(APPENDED)])
        fill(instance, count)
        large, _ = timed(lambda: [append(instance) for _ in range(APPENDED)])

        def sign() -> None:
            with instance.database.session(write=True) as session:
                service.checkpoint(session, signer=signer, key=key, day=day)

        first, _ = timed(sign)
        append(instance)
        again, _ = timed(sign)
        least, _ = timed(lambda: floor(instance))
        before = resident("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # begins the peak anew
        keys = instance.keys
        public = LogKeys(keys.origin, keys.ledger_ed25519, keys.ledger_mldsa44)
        whole, report = timed(lambda: verify_log(instance.database, public, trusted=Trusted(tags=key)))
        grown = resident("VmHWM") - before
        with instance.database.session(write=False) as session:
            proving, proof = timed(lambda: service.proof(session, count // 2))
        problems = [one.object for one in report.problems]  # type: ignore[attr-defined]
        found = {
            "entries": count,
            "append, CPU ms per entry at the beginning": round(small / APPENDED * 1000, 2),
            "append at the end, times the beginning": round(large / small, 2),
            "first head over everything, times the floor": round(first / least, 2),
            "next head after one entry, CPU ms": round(again * 1000, 1),
            "verify the log, times the floor": round(whole / least, 2),
            "verify the log, entries per CPU s": round(count / whole),
            "verify the log, more memory, MiB": round(grown / 1024, 1),
            "prove one entry, times the floor": round(proving / least, 2),
            "proof, hashes and bytes": [len(proof.hashes), len(proof.text())],  # type: ignore[attr-defined]
            "problems": problems,
        }
        sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
