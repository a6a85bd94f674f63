"""How long it takes to move a group's keys over: 10,000 submissions, processor time of this process alone.

Documents lie beside them, and are looked at before and after: their bytes, their times, their places.

Run: ``python tests/benchmarks/rewrap.py [submissions]``. Making the submissions is not counted.
"""

import hashlib
import json
import secrets
import sys
import time
from collections.abc import Callable
from uuid import uuid4

from apparatus import fresh_instance
from builders import Instance
from cases import at_desk

from portal.database import PortalSession
from portal.intake.models import Compartment, Part, Submission
from portal.intake.sealing import PartKey
from portal.permissions import Group
from portal.release import rewrapping
from portal.staff import epochs
from portal.store import wraps
from portal.store.directory import read_public_keys, standing
from portal.store.files import new_name
from portal.upkeep import install_directory
from portal.vault.directory import Request
from portal.vault.sign import SigningKey

PARTS = ((Compartment.CONTENT, Group.INTAKE), (Compartment.THREAD, Group.INTAKE))


def fill(instance: Instance, count: int) -> None:
    """Submissions with what is wrapped to the intake group: one key for the content, one for the thread."""
    day = instance.clock().date()
    for start in range(0, count, 500):
        with instance.database.session(write=True) as session:
            for _ in range(start, min(start + 500, count)):
                one = Submission(id=uuid4(), day=day, locator=uuid4().bytes, source_key=bytes(1216))
                session.add(one)
                session.flush()
                for number, (compartment, group) in enumerate(PARTS, 1):
                    part = PartKey.new(one.id, compartment)
                    session.add(
                        Part(
                            id=part.part_id,
                            submission_id=one.id,
                            number=number,
                            compartment=compartment,
                            day=day,
                        )
                    )
                    wraps.add(
                        session,
                        submission_id=one.id,
                        part_id=part.part_id,
                        key=part.key,
                        recipients=[instance.keys.groups[group.value]],
                        place=part.place,
                    )


def lay_files(instance: Instance, count: int = 50) -> None:
    """Documents in the store, as sealed as any: random bytes."""
    for _ in range(count):
        with instance.files.create(new_name()) as target:
            target.write(secrets.token_bytes(64 * 1024))


def files_of(instance: Instance) -> dict[str, tuple[int, int, int, int, str]]:
    """Every file of the store: where it lies, its length, its times, its digest."""
    found = {}
    for path in sorted(instance.settings.files.rglob("*")):
        if path.is_file():
            now = path.stat()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path)] = (now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns, digest)
    return found


def renew(instance: Instance) -> None:
    """A new key for the intake group, signed and installed."""
    folder = instance.settings.instance
    keys = read_public_keys(folder)
    with at_desk(instance, "maple") as (session, by):
        epochs.propose(session, by=by, group=Group.INTAKE, keys=keys, now=instance.clock())
        session.flush()
        asked = epochs.asked_for(session, by=by, group=Group.INTAKE, keys=keys)
    root = SigningKey.from_seeds(instance.secrets.root_seeds)
    signed = Request(standing(folder), (asked,)).signed(root)
    install_directory(folder, {}, signed.to_json().encode())


def main() -> None:
    """Measure, and print one line of JSON."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with fresh_instance() as instance:
        fill(instance, count)
        lay_files(instance)
        renew(instance)
        before = files_of(instance)
        keys = read_public_keys(instance.settings.instance)

        def once(act: Callable[[PortalSession], object]) -> object:
            with instance.database.session(write=True) as session:
                return act(session)

        with at_desk(instance, "maple", write=False) as (_, by):
            pass
        cpu, wall = time.process_time(), time.perf_counter()
        batches = sum(1 for _ in rewrapping.rounds(Group.INTAKE, once, by=by, keys=keys))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        with at_desk(instance, "maple", write=False) as (session, by):
            left = rewrapping.left(session, by=by, group=Group.INTAKE, keys=keys)
        print(  # noqa: T201
            json.dumps(
                {
                    "submissions": count,
                    "wraps": count * len(PARTS),
                    "batches": batches,
                    "cpu_seconds": round(cpu, 2),
                    "wall_seconds": round(wall, 2),
                    "left": left.wraps,
                    "files": len(before),
                    "files_touched": sum(before[one] != now for one, now in files_of(instance).items()),
                }
            )
        )


main()
