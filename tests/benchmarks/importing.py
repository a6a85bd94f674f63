"""What it costs to bring a list of persons into the registry: time, time of the processor, memory.

    python tests/benchmarks/importing.py [ROWS ...] [--twice]

20,000 and 100,000 rows without a number; ``1000000`` is the million, which is to be in within ten minutes of
two cores. Names are made of common name parts. Each count goes into a fresh registry on the disk, as the
command brings it in: in steps, each row recorded by the ledger; a second process reads words and keys.
``--twice`` brings the same file once more, which adds nothing.

How to read it. ``rows_s`` by the clock; ``cpu_s`` of both processes, ``per_100000`` of that what so many rows
cost; ``mib`` is the most memory that the first process and the second one held.
"""

import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from apparatus import fresh_instance
from builders import NOON
from exchanged import House

from portal.registry.exchange import carrying, importing
from portal.registry.exchange.given import Given, on_disk
from portal.registry.exchange.preparing import AT_ONCE

HUNDRED_THOUSAND = 100_000
PROCESSES = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
GIVEN = "علی حسن حسین محمد رضا مهدی احمد محمود اکبر اصغر زهرا فاطمه مریم سارا بهروز مینا پروین ناهید جواد"
FAMILY = "نوری عباسی احمدی رضایی کریمی محمدی حسینی موسوی جعفری صادقی یاری نامدار روشن تهرانی شیرازی بهشتی"
ENDINGS = " زاده پور نژاد فر نیا منش دوست خواه"
TOWNS = "تهران شیراز اصفهان مشهد رشت ساری تبریز اهواز کرمانشاه همدان"
HEADINGS = "ردیف,نام و نام خانوادگی,نام پدر,سال تولد,شهر,نقش,زندان\n"


def lines(count: int) -> Iterator[str]:
    """Rows of invented persons."""
    dice = random.Random(7)  # noqa: S311 - the same list each time
    given, family, towns = GIVEN.split(), FAMILY.split(), TOWNS.split()
    endings = ["", *ENDINGS.split()]
    for number in range(1, count + 1):
        surname = dice.choice(family) + dice.choice(endings)
        name = f"{dice.choice(given)} {dice.choice(given)} {surname} {dice.choice(family)}"
        born = 1310 + dice.randrange(40)
        yield f"{number},{name},{dice.choice(given)},{born},{dice.choice(towns)},قربانی,اوین\n"


def spent() -> float:
    """Return the processor seconds of this process and of those it started."""
    own, others = (resource.getrusage(who) for who in PROCESSES)
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def bring(house: House, file: Given) -> tuple[int, int]:
    """Bring the file in as the command does, and give how many were added and how many were there."""
    with house.open() as (session, by):
        run = importing.begin(session, by=by, file=file, choice=house.choice(), now=NOON)
        author = by
    for at in carrying.carry(house.instance.database, run, file, by=author):
        run = at
        if run.line % HUNDRED_THOUSAND < AT_ONCE:
            sys.stderr.write(f"line {run.line}\n")
    return run.added, run.there


def measured(count: int, *, times: int) -> Iterator[dict[str, object]]:
    """Bring a list of so many rows in, once or more."""
    with tempfile.TemporaryDirectory() as folder, fresh_instance() as instance:
        table = Path(folder) / "list.csv"
        with table.open("w", encoding="utf-8") as sink:
            sink.write(HEADINGS)
            sink.writelines(lines(count))
        house, file = House(instance), on_disk(table)
        for _ in range(times):
            began, before = time.perf_counter(), spent()
            added, there = bring(house, file)
            wall, used = time.perf_counter() - began, spent() - before
            peaks = [resource.getrusage(who).ru_maxrss >> 10 for who in PROCESSES]
            yield {
                "rows": count,
                "added": added,
                "there": there,
                "wall_s": round(wall, 1),
                "rows_s": round(count / wall),
                "cpu_s": round(used, 1),
                "per_100000": round(used / count * HUNDRED_THOUSAND, 1),
                "mib": peaks,
            }


def main() -> None:
    """Measure, one JSON object a line."""
    words = sys.argv[1:]
    counts = [int(word) for word in words if word.isdecimal()] or [20_000, HUNDRED_THOUSAND]
    for count in counts:
        for found in measured(count, times=2 if "--twice" in words else 1):
            sys.stdout.write(json.dumps(found) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
