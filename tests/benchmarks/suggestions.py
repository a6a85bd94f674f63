"""Name suggestions beside what is ready-made, on persons made of common name parts.

    python tests/benchmarks/suggestions.py [--sizes 5000,100000,1000000] [--quick] [--only-page]

A registry in Persian is filled with recombined name parts; a few hundred of its persons are asked for as
people write them. Each matcher gets the same queries in the same run: rapidfuzz's WRatio on the raw text,
Jaro-Winkler over a letter-by-letter transliteration, SQLite's FTS5 trigrams over the same transliteration,
pg_trgm over it where PORTAL_TEST_POSTGRESQL names a server, and `portal.linking.matching.NameIndex`.

How to read it. ``r1`` and ``r5`` are the shares of queries whose person is first, or among the first five;
``p50_ms`` and ``p95_ms`` one query. The slow ones answer fewer queries (``queries``). ``memory_mib`` is what
building the index added to the process's peak.

``page`` is the same registry in a SQLite database, as the desk asks it (`portal.linking.known`): how long a
process reads the names in; in the meantime another thread works for a millisecond again and again, and
``meanwhile_*`` is how long it is held up. ``ask`` is a question for 48 persons with the look for changes in
it, ``after_a_change`` the first one after a changed name, ``evidence`` what weighing these 48 beside a text
of 5 KB adds (`gathering`, `evidence`). All in time of the processor, which other work on the machine leaves
as it is.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from linking.names import TITLES, Invented, invent, mistyped, parts, respelt
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler
from sqlalchemy import Connection, create_engine, insert, select, text

from portal.database import Base, Database
from portal.linking import evidence
from portal.linking.account import Account
from portal.linking.gathering import facts_of
from portal.linking.known import Known
from portal.linking.matching import NameIndex, Suggestion, Uuids
from portal.permissions import Role
from portal.registry import service, writing
from portal.registry.models import Name, Person, Record
from portal.registry.names import fold
from portal.registry.records import Spelling
from portal.registry.vocabulary import Kind, Living, NameKind, PersonRole, Sex
from portal.staff.actor import Actor

ASKED, PATIENCE_S, SEED = 200, 12.0, 1988
Finder = Callable[[str], Sequence[int]]
_LETTERS = str.maketrans(
    {
        **dict(zip("ابپتثجحخدذرزسشصضطظعغفقکگلمنوهی", "abptsjhkdzrzsszttzagfqkglmnvhi", strict=False)),
        "چ": "ch", "خ": "kh", "ژ": "zh", "ش": "sh", "غ": "gh", "ق": "gh", "و": "ou", "ی": "i", "ه": "h",
    }
)  # fmt: skip
STORY = (
    "من خواهر بهرنگ سروستانی هستم. برادرم، فرزند رحیم، را پاییز ۱۳۶۱ در شیراز گرفتند و اول در عادل‌آباد بود. "
    "سال ۶۵ به گوهردشت بردندش. آخرین ملاقات ما پانزدهم تیر ۱۳۶۷ بود. They told us nothing until late 1988.\n"
)
FATHERS = ("", "", "رحیم", "محمد", "علی", "کریم", "غلامرضا", "Hassan", "ابراهیم")
_ENDINGS = ("", "ی", "یان", "زاده", "پور", "نژاد", "فر", "نیا")


def dice() -> Random:
    """Return the same chance each time."""
    return Random(SEED)  # noqa: S311 - nothing is kept secret here


def letters(name: str) -> str:
    """Transliterate letter by letter, as general tools do."""
    return fold(name).translate(_LETTERS)


def registry(people: Sequence[Invented], size: int, random: Random) -> Iterator[tuple[int, list[str]]]:
    """Yield the persons who are asked for and fill up with others; their ids are their places."""
    given, family = parts()
    for place, one in enumerate(people):
        yield place, [one.written(0)]
    for place in range(len(people), size):
        middle = f" {random.choice(given)[0]}" if random.random() < 0.3 else ""
        first, last = random.choice(given)[0], random.choice(family)[0] + random.choice(_ENDINGS)
        yield place, [f"{first}{middle} {last} {random.choice(family)[0] if random.random() < 0.5 else ''}"]


def queries(people: Sequence[Invented], random: Random) -> dict[str, list[tuple[int, str]]]:
    """Write the same persons in the ways that people do."""
    ways: dict[str, Callable[[Invented], str]] = {
        "Latin": lambda one: one.written(1),
        "Latin, other spelling": lambda one: respelt(one.written(1), random),
        "title, Latin": lambda one: f"{random.choice(TITLES)} {one.written(1)}",
        "surname first": lambda one: one.written(1, family_first=True),
        "one typing error": lambda one: mistyped(one.written(1), random),
        "middle name dropped": lambda one: Invented(one.given[:1], one.family[-1:]).written(1),
        "Arabic letters": lambda one: one.written(0).replace("ی", "ي").replace("ک", "ك"),
    }
    return {
        name: [(place, way(one)) for place, one in enumerate(people[:ASKED])] for name, way in ways.items()
    }


def measured(find: Finder, asked: Iterable[tuple[int, str]]) -> dict[str, Any]:
    """Ask until done or out of patience."""
    first = within = 0
    times: list[float] = []
    began = time.perf_counter()
    for wanted, query in asked:
        start = time.perf_counter()
        found = find(query)
        times.append(time.perf_counter() - start)
        first += list(found[:1]) == [wanted]
        within += wanted in found
        if time.perf_counter() - began > PATIENCE_S:
            break
    times.sort()
    count = len(times)
    return {
        "queries": count,
        "r1": round(first / count, 3),
        "r5": round(within / count, 3),
        "p50_ms": round(times[count // 2] * 1000, 1),
        "p95_ms": round(times[int(count * 0.95)] * 1000, 1),
    }


def wratio(names: Sequence[str]) -> Finder:
    """Compare the raw text with every row."""
    return lambda query: [one[2] for one in process.extract(query, names, scorer=fuzz.WRatio, limit=5)]


def jaro_winkler(names: Sequence[str]) -> Finder:
    """Compare transliterations with every row."""
    plain = [letters(one) for one in names]
    return lambda query: [
        one[2]
        for one in process.extract(letters(query), plain, scorer=JaroWinkler.normalized_similarity, limit=5)
    ]


def fts5(names: Sequence[str]) -> Finder:
    """Ask SQLite's trigram index over transliterations."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE person USING fts5(name, tokenize='trigram')")
    database.executemany("INSERT INTO person(rowid, name) VALUES (?, ?)", enumerate(map(letters, names)))

    def find(query: str) -> list[int]:
        plain = letters(query)
        wanted = " OR ".join(f'"{plain[at : at + 3]}"' for at in range(len(plain) - 2))
        sql = "SELECT rowid FROM person WHERE person MATCH ? ORDER BY rank LIMIT 5"
        return [row[0] for row in database.execute(sql, (wanted,))] if wanted else []

    return find


def pg_trgm(names: Sequence[str], connection: Connection) -> Finder:
    """Ask PostgreSQL's trigram index over transliterations."""
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    connection.execute(text("CREATE TEMP TABLE person (id int, name text)"))
    rows = [{"id": place, "name": letters(one)} for place, one in enumerate(names)]
    for start in range(0, len(rows), 50_000):
        connection.execute(text("INSERT INTO person VALUES (:id, :name)"), rows[start : start + 50_000])
    connection.execute(text("CREATE INDEX person_name ON person USING gin (name gin_trgm_ops)"))
    sql = text("SELECT id FROM person WHERE name % :q ORDER BY similarity(name, :q) DESC LIMIT 5")
    return lambda query: [row[0] for row in connection.execute(sql, {"q": letters(query)})]


def others(names: Sequence[str]) -> Iterator[tuple[str, Finder]]:
    """Yield the ready-made ways, one at a time so that only one is in memory."""
    yield "WRatio", wratio(names)
    yield "Jaro-Winkler over transliteration", jaro_winkler(names)
    yield "FTS5 trigram", fts5(names)
    server = os.environ.get("PORTAL_TEST_POSTGRESQL")
    if server:
        with create_engine(server).begin() as connection:
            yield "pg_trgm", pg_trgm(names, connection)


def held_mib() -> int:
    """Return the memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() // 2**20


def peak_mib() -> int:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def opened(folder: str) -> Database:
    """Open the registry of a folder."""
    return Database(f"sqlite:///{folder}/main.db", f"sqlite:///{folder}/keys.db")


def fill(folder: str, size: int) -> None:
    """Put the same persons into a registry; in a process of its own, so that its memory is not counted."""
    database = opened(folder)
    Base.metadata.create_all(
        database.main, tables=[one for one in Base.metadata.sorted_tables if one.name.startswith("registry_")]
    )
    people, random = invent(2 * ASKED, dice()), dice()
    with database.main.begin() as connection:
        rows = registry(people, size, random)
        while some := list(islice(rows, 20_000)):
            ids = [uuid4() for _ in some]
            made = {"kind": Kind.PERSON, "restricted": False, "version": 1, "sort_key": "", "created_by": ""}
            records = [made | {"id": one, "created": date(2026, 1, 1)} for one in ids]
            facts = {"sex": Sex.MALE, "role": PersonRole.VICTIM, "living": Living.NO, "origin": ""}
            persons = [facts | {"record_id": one, "father_name": random.choice(FATHERS)} for one in ids]
            other = {"position": 1, "script": "Arab", "kind": NameKind.OFFICIAL, "folded": "", "joined": ""}
            names = [
                other | {"id": uuid4(), "record_id": one, "text": given[0]}
                for one, (_, given) in zip(ids, some, strict=True)
            ]
            for table, written in ((Record, records), (Person, persons), (Name, names)):
                connection.execute(insert(table), written)


def meanwhile(reading: Known, found: list[float]) -> None:
    """Work for a millisecond again and again, as requests do, and see how long that takes."""
    while reading.reading:
        began = time.process_time()
        sum(range(30_000))
        time.sleep(0.001)
        found.append((time.process_time() - began) * 1000)


def page(size: int) -> dict[str, Any]:
    """Measure the names of a database as a process of the desk keeps them."""
    people = invent(2 * ASKED, dice())
    asked = [query for rows in queries(people, dice()).values() for _, query in rows[:40]]
    by = Actor(uuid4(), "bench", Role.REVIEWER)
    with tempfile.TemporaryDirectory(prefix="portal-names-") as folder:
        filling = multiprocessing.Process(target=fill, args=(folder, size))
        filling.start()
        filling.join()
        database = opened(folder)
        before, began, mine, waits = held_mib(), time.process_time(), time.thread_time(), list[float]()
        kept = Known()
        with database.session(write=False) as session:
            kept.ask(session, by=by, text="x", kinds=(Kind.PERSON,), count=1)
        meanwhile(kept, waits)
        kept.wait()
        took = time.process_time() - began - (time.thread_time() - mine) * bool(waits)
        found = {"read_s": round(took, 1), "memory_mib": held_mib() - before}
        found |= {f"meanwhile_{name}": value for name, value in spread(waits).items()} if waits else {}
        found |= {f"ask_{name}": value for name, value in spread(_asked(database, kept, by, asked)).items()}
        found["after_a_change_ms"] = _changed(database, kept, by)
        found |= {
            f"evidence_{name}": value for name, value in spread(_weighed(database, kept, by, asked)).items()
        }
        database.dispose()
    return found


def _asked(database: Database, kept: Known, by: Actor, asked: Sequence[str]) -> list[float]:
    times = []
    for query in asked:
        began = time.thread_time()
        with database.session(write=False) as session:
            kept.ask(session, by=by, text=query, kinds=(Kind.PERSON,), count=48)
        times.append((time.thread_time() - began) * 1000)
    return times


def _changed(database: Database, kept: Known, by: Actor) -> float:
    with database.session(write=True) as session:
        record = session.scalars(select(Record).limit(1)).one()
        writing.set_names(record, [Spelling("بهرنگ نوین")])
    began = time.thread_time()
    with database.session(write=False) as session:
        answer = kept.ask(session, by=by, text="Behrang Novin", kinds=(Kind.PERSON,), count=1)
    took = (time.thread_time() - began) * 1000
    if answer.suggestions[0].id != record.id:
        raise RuntimeError("the changed name was not found")
    return round(took, 1)


def _weighed(database: Database, kept: Known, by: Actor, asked: Sequence[str]) -> list[float]:
    story = STORY * 20
    times = []
    for query in asked[:60]:
        with database.session(write=False) as session:
            answer = kept.ask(session, by=by, text=query, kinds=(Kind.PERSON,), count=48)
            ids = [one.id for one in answer.suggestions if isinstance(one.id, UUID)]
            began = time.thread_time()
            records = service.several(session, ids, by=by)
            facts = facts_of(session, [*records.values()], by=by, linked=())
            account = Account(story, 9, 25)
            for one in records:
                evidence.weigh(account, facts[one], kept.share)
        times.append((time.thread_time() - began) * 1000)
    return times


def spread(times: Sequence[float]) -> dict[str, float]:
    """Give the middle, the slow and the slowest of some milliseconds."""
    kept = sorted(times)
    return {
        "p50_ms": round(kept[len(kept) // 2], 1),
        "p95_ms": round(kept[int(len(kept) * 0.95)], 1),
        "max_ms": round(kept[-1], 1),
    }


def places_of(found: Sequence[Suggestion]) -> list[int]:
    """Give the places of persons whose ids are their places."""
    return [one.id.int for one in found if isinstance(one.id, UUID)]


def run(size: int, *, beside: bool) -> dict[str, Any]:
    """Measure one size of registry."""
    people = invent(2 * ASKED, dice())
    asked = queries(people, dice())
    before, began = peak_mib(), time.perf_counter()
    every = ((UUID(int=place), names) for place, names in registry(people, size, dice()))
    index = NameIndex(every, ids=Uuids(), remember=False)  # as a process of the desk packs it
    built = time.perf_counter() - began
    found: dict[str, Any] = {
        "ours": {
            "build_s": round(built, 1),
            "memory_mib": peak_mib() - before,
            **{
                name: measured(lambda query: places_of(index.suggest(query, 5)), rows)
                for name, rows in asked.items()
            },
        }
    }
    if beside:
        names = [one[1][0] for one in registry(people, size, dice())]
        for name, finder in others(names):
            found[name] = {way: measured(finder, islice(rows, 60)) for way, rows in asked.items()}
    return found


def main() -> None:
    """Print one JSON object."""
    options = argparse.ArgumentParser()
    options.add_argument("--sizes", default="5000,100000,1000000")
    options.add_argument("--quick", action="store_true")
    options.add_argument("--only-page", action="store_true")
    chosen = options.parse_args()
    sizes = [5000] if chosen.quick else [int(one) for one in chosen.sizes.split(",")]
    made = {str(size): {} if chosen.only_page else run(size, beside=size <= 100_000) for size in sizes}
    for size in sizes:
        made[str(size)]["page"] = page(size)
    print(json.dumps(made, ensure_ascii=False, indent=1))  # noqa: T201


main()
