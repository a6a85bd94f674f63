"""How long a list of persons takes to come into the registry: processor seconds for 100,000, and the million.

Names are made of public name parts. Run: ``python tests/benchmarks/registry_import.py [rows] [--twice]``;
20,000 rows without a number. What is told for a million is what these rows cost, times so many; with
``1000000`` it is measured.
"""

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

MILLION, HUNDRED_THOUSAND = 1_000_000, 100_000
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
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def bring(house: House, file: Given) -> tuple[int, int]:
    """Bring the file in as the command does, and give how many were added and how many were there."""
    with house.open() as (session, by):
        run = importing.begin(session, by=by, file=file, choice=house.choice(), now=NOON)
        author = by
    for at in carrying.carry(house.instance.database, run, file, by=author):
        run = at
        if run.line % 100_000 < AT_ONCE:
            sys.stderr.write(f"line {run.line}\n")
    return run.added, run.there


def main() -> None:
    """Measure, and say it in a table."""
    words = sys.argv[1:]
    count = int(next((word for word in words if word.isdecimal()), 20_000))
    with tempfile.TemporaryDirectory() as folder, fresh_instance() as instance:
        table = Path(folder) / "list.csv"
        with table.open("w", encoding="utf-8") as sink:
            sink.write(HEADINGS)
            sink.writelines(lines(count))
        house, file = House(instance), on_disk(table)
        for _ in range(2 if "--twice" in words else 1):
            began, before = time.perf_counter(), spent()
            added, there = bring(house, file)
            wall, used = time.perf_counter() - began, spent() - before
            each = used / count * HUNDRED_THOUSAND
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
            million = each * MILLION / HUNDRED_THOUSAND / 60
            sys.stdout.write(
                f"{count} rows: {added} added, {there} there; {wall:.1f} s, {used:.1f} processor seconds, "
                f"{each:.1f} for 100,000, {million:.1f} minutes of one core for a million; {peak} MB\n"
            )


if __name__ == "__main__":
    main()
