"""What a reviewer waits for when a range of a sealed document is asked for, as players of recordings do.

    python tests/benchmarks/ranges.py [--quick]

A document of 64 MiB (``--quick``: 8) lies in the store; a real desk (gunicorn, one worker) opens ranges of
it over loopback for a signed-in reviewer, at random places.

How to read it. ``first_byte`` is the time from the request to the first byte of the range, the whole way
included: session, permission, the case and its keys, the ledger's entry that the document was opened (a
durable commit), the check of the document's last chunk. ``cpu_s`` is the server's processor time for one
request; ``cpu_per_mib_s`` is that of 1 MiB less that of two bytes, so the opening and sending alone.
``reader`` is `SealedReader` without HTTP: CPU-seconds to open 1 MiB.
"""

import io
import os
import random
import sys
import time
from statistics import median
from typing import Any
from uuid import UUID, uuid4

from apparatus import MIB, Server, Visitor, fresh_instance, milliseconds, report, served, sign_in
from builders import Instance, a_draft

from portal.intake import documents, service
from portal.intake.models import Compartment
from portal.store.files import new_name
from portal.vault import receipt as receipts
from portal.vault.receipt import Receipt
from portal.vault.seal import Label, context
from portal.vault.stream import SealedReader, SealingWriter


def sent(instance: Instance, mib: int) -> tuple[UUID, UUID]:
    """Submit an account with one document of this size; returns the ids of the case and the document."""
    draft, document_id, name = a_draft(), uuid4(), new_name()
    with documents.receiving(instance.files, draft.part(Compartment.CONTENT), document_id, name) as coming:
        for _ in range(mib):
            coming.write(os.urandom(MIB))
    file = documents.draft_file(coming, document_id=document_id, stored_name=name, name="a.mp4", caption="")
    draft.files.append(file)
    keys = receipts.keys_of(Receipt(draft.receipt), instance.keys.receipt_salt)
    with instance.database.session(write=True) as session:
        day = instance.clock().date()
        service.submit(session, draft=draft, keys=instance.keys, receipt=keys, language="en", day=day)
    return draft.submission_id, document_id


def ask(server: Server, visitor: Visitor, path: str, *, mib: int, size: int, number: int) -> dict[str, Any]:
    """Ask for ranges of ``size`` bytes at random places."""
    chance, first, whole = random.Random(7), [], []  # noqa: S311 - places in a file
    cpu = server.cpu()
    for _ in range(number):
        start = chance.randrange(mib * MIB - size)
        begun = time.perf_counter()
        headers = {**visitor.headers(), "Range": f"bytes={start}-{start + size - 1}"}
        visitor.connection.request("GET", path, headers=headers)
        answer = visitor.connection.getresponse()
        answer.read(1)
        first.append(time.perf_counter() - begun)
        rest = answer.read()
        whole.append(time.perf_counter() - begun)
        if answer.status != 206 or len(rest) != size - 1:
            raise RuntimeError(f"answered with {answer.status}")
    cpu_s = (server.cpu() - cpu) / number
    return {"first_byte": milliseconds(first), "whole": milliseconds(whole), "cpu_s": round(cpu_s, 4)}


def reader(mib: int) -> float:
    """CPU-seconds to open 1 MiB of a document, middle of many."""
    key, place, sealed = os.urandom(32), context(Label.FILE, "benchmark"), io.BytesIO()
    writer = SealingWriter(key, place, sealed)
    for _ in range(mib):
        writer.write(os.urandom(MIB))
    writer.finish()
    opened, taken = SealedReader(key, place, sealed, mib * MIB), []
    for number in range(50):
        start = (number * 7 * MIB // 3) % ((mib - 1) * MIB)
        before = time.process_time()
        for _ in opened.read(start, start + MIB):
            pass
        taken.append(time.process_time() - before)
    return median(taken)


def run(*, quick: bool) -> dict[str, Any]:
    """Measure everything in one run."""
    mib, number = (8, 40) if quick else (64, 300)
    with fresh_instance() as instance:
        case_id, document_id = sent(instance, mib)
        path = f"/en/cases/{case_id}/documents/{document_id}"
        with served(instance, "desk", workers=1) as server:
            visitor = sign_in(instance, server, "cedar")
            ask(server, visitor, path, mib=mib, size=1, number=10)  # to warm
            one = ask(server, visitor, path, mib=mib, size=2, number=number)
            large = ask(server, visitor, path, mib=mib, size=MIB, number=number)
    return {
        "document_mib": mib,
        "one_mib": large,
        "two_bytes": one,
        "cpu_per_mib_s": round(large["cpu_s"] - one["cpu_s"], 4),
        "reader": {"cpu_per_mib_s": round(reader(mib), 4)},
    }


if __name__ == "__main__":
    report(run(quick="--quick" in sys.argv))
