"""What streaming a large file into the store costs, and that memory does not grow with it.

    python tests/benchmarks/uploads.py [--quick]

A real server (gunicorn, one worker, ``PORTAL_FILE_LIMIT`` raised to 2 GiB) takes one file of 256 MiB and one
of 1 GiB over loopback (``--quick``: 16 and 64 MiB) through ``POST /documents``: parsed, hashed, sealed,
written and brought to the disk before the answer.

How to read it. ``mib_per_cpu_s`` is MiB per CPU-second of the server, user and system together;
``mib_per_s`` is by the clock and includes the sender. ``memory_mib`` is how far the worker's resident memory
rose above what it held before; it should be the same for both sizes. ``floor`` is a plain write of the same
bytes with fsync in the same run, ``share_of_floor`` how much of its MiB per CPU-second the upload reaches.
``parts`` is the CPU-time in seconds of the same number of bytes through the multipart parser, SHA-256 (twice:
of the file and of what is stored) and the sealing alone, so that the rest can be seen: reading the socket and
writing the file. ``system_share`` is what the kernel spent of ``cpu_s``.

``pieces`` are the same files in pieces of 1 MiB, as scripts send them: each is sealed and on the disk before
its answer, and at the end all are opened and sealed anew as one document: twice sealed, once opened.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from apparatus import MIB, Server, Visitor, fresh_instance, report, served
from cryptography.cobblestone import Cobblestone256Encryptor
from multipart import PushMultipartParser

_STEP = 128 * 1024


def upload(server: Server, block: bytes, mib: int) -> dict[str, Any]:
    """Send one file made of blocks of 1 MiB."""
    visitor = Visitor(server.port)
    visitor.ask("GET", "/en/documents")
    server.reset_peak()
    before, cpu, system, started = server.memory(), server.cpu(), server.cpu(12), time.perf_counter()
    status = visitor.upload("/en/documents", [block] * mib)
    took, spent = time.perf_counter() - started, server.cpu() - cpu
    visitor.close()
    return {
        "file_mib": mib,
        "taken": status == 303,
        "cpu_s": round(spent, 2),
        "system_share": round((server.cpu(12) - system) / spent, 2),
        "mib_per_cpu_s": round(mib / spent),
        "mib_per_s": round(mib / took),
        "memory_mib": round(server.memory("VmHWM") - before, 1),
    }


def pieces(server: Server, block: bytes, mib: int) -> dict[str, Any]:
    """Send one file in pieces of 1 MiB, each with its hash, as scripts do; then have it put together."""
    visitor = Visitor(server.port)
    visitor.ask("GET", "/en/documents")
    path, token = f"/en/documents/arriving/{uuid4()}", {"X_CSRF_Token": visitor.token}
    digest = hashlib.sha256(block)
    server.reset_peak()
    before, cpu, started = server.memory(), server.cpu(), time.perf_counter()
    told = json.dumps({"name": "a.bin", "size": mib * MIB, "piece": MIB}).encode()
    statuses = {visitor.ask("PUT", path, told, **token)}
    for index in range(mib):
        statuses.add(visitor.ask("PUT", f"{path}/{index}", block, X_SHA_256=digest.hexdigest(), **token))
    arrived = server.cpu() - cpu
    statuses.add(visitor.ask("POST", f"{path}/finish", digest.digest() * mib, **token))
    took, spent = time.perf_counter() - started, server.cpu() - cpu
    visitor.close()
    return {
        "file_mib": mib,
        "taken": statuses == {200, 204},
        "cpu_s": round(spent, 2),
        "arriving_cpu_s": round(arrived, 2),
        "cpu_s_per_mib": round(spent / mib, 4),
        "mib_per_cpu_s": round(mib / spent),
        "mib_per_s": round(mib / took),
        "memory_mib": round(server.memory("VmHWM") - before, 1),
    }


def floor(folder: Path, block: bytes, mib: int) -> dict[str, Any]:
    """Write the same bytes in pieces of 64 KiB and bring them to the disk."""
    wall, cpu = time.perf_counter(), time.process_time()
    with (folder / "floor").open("wb", buffering=0) as target:
        for _ in range(mib):
            for start in range(0, MIB, 64 * 1024):
                target.write(block[start : start + 64 * 1024])
        os.fsync(target.fileno())
    took, spent = time.perf_counter() - wall, time.process_time() - cpu
    (folder / "floor").unlink()
    return {"cpu_s": round(spent, 2), "mib_per_cpu_s": round(mib / spent), "mib_per_s": round(mib / took)}


def _cpu(act: Callable[[bytes], object], pieces: list[bytes], mib: int) -> float:
    before = time.process_time()
    for _ in range(mib):
        for piece in pieces:
            act(piece)
    return round(time.process_time() - before, 2)


def parts(block: bytes, mib: int) -> dict[str, float]:
    """CPU-seconds of each step alone, over the same number of bytes."""
    pieces = [block[start : start + _STEP] for start in range(0, MIB, _STEP)]
    encryptor, into = Cobblestone256Encryptor(bytes(32), b"benchmark"), bytearray(_STEP + 4096)
    boundary = "b7f1c2d3e4a5968778695a4b3c2d1e0f"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'.encode()
    parser = PushMultipartParser(boundary)
    list(parser.parse(head))
    digest = hashlib.sha256()
    return {
        "parser_cpu_s": _cpu(lambda piece: [None for _ in parser.parse(piece)], pieces, mib),
        "sha256_twice_cpu_s": round(2 * _cpu(digest.update, pieces, mib), 2),
        "sealing_cpu_s": _cpu(lambda piece: encryptor.update_into(piece, into), pieces, mib),
    }


def run(*, quick: bool) -> dict[str, Any]:
    """Measure everything in one run."""
    block, sizes = os.urandom(MIB), (16, 64) if quick else (256, 1024)
    limit = {"PORTAL_FILE_LIMIT": str(2048 * MIB), "PORTAL_DRAFT_LIMIT": str(2**40)}
    with fresh_instance() as instance:
        with served(instance, "intake", workers=1, settings=limit) as server:
            upload(server, block, 8)  # to warm
            files = [upload(server, block, mib) for mib in sizes]
            pieced = [pieces(server, block, mib) for mib in sizes]
        plain = floor(instance.settings.instance, block, sizes[-1])
    share = round(files[-1]["mib_per_cpu_s"] / plain["mib_per_cpu_s"], 2)
    return {
        "uploads": files,
        "pieces": pieced,
        "floor": plain,
        "share_of_floor": share,
        "parts": parts(block, sizes[-1]),
    }


if __name__ == "__main__":
    report(run(quick="--quick" in sys.argv))
