"""Name suggestions beside what is ready-made, on persons made of common name parts.

    python tests/benchmarks/suggestions.py [--sizes 5000,100000,1000000] [--quick]

A registry in Persian is filled with recombined name parts; a few hundred of its persons are asked for as
people write them. Each matcher gets the same queries in the same run: rapidfuzz's WRatio on the raw text,
Jaro-Winkler over a letter-by-letter transliteration, SQLite's FTS5 trigrams over the same transliteration,
pg_trgm over it where PORTAL_TEST_POSTGRESQL names a server, and `portal.linking.matching.NameIndex`.

How to read it. ``r1`` and ``r5`` are the shares of queries whose person is first, or among the first five;
``p50_ms`` and ``p95_ms`` one query. The slow ones answer fewer queries (``queries``). ``memory_mib`` is what
building the index added to the process's peak.
"""

import argparse
import json
import os
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from linking.names import TITLES, Invented, invent, mistyped, parts, respelt
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler
from sqlalchemy import Connection, create_engine, text

from portal.linking.matching import NameIndex
from portal.registry.names import fold

ASKED, PATIENCE_S, SEED = 200, 12.0, 1988
Finder = Callable[[str], Sequence[int]]
_LETTERS = str.maketrans(
    {
        **dict(zip("ابپتثجحخدذرزسشصضطظعغفقکگلمنوهی", "abptsjhkdzrzsszttzagfqkglmnvhi", strict=False)),
        "چ": "ch", "خ": "kh", "ژ": "zh", "ش": "sh", "غ": "gh", "ق": "gh", "و": "ou", "ی": "i", "ه": "h",
    }
)  # fmt: skip
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


def peak_mib() -> int:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def run(size: int, *, beside: bool) -> dict[str, Any]:
    """Measure one size of registry."""
    people = invent(2 * ASKED, dice())
    asked = queries(people, dice())
    before, began = peak_mib(), time.perf_counter()
    index = NameIndex(registry(people, size, dice()))
    built = time.perf_counter() - began
    found: dict[str, Any] = {
        "ours": {
            "build_s": round(built, 1),
            "memory_mib": peak_mib() - before,
            **{
                name: measured(lambda q: [one.id for one in index.suggest(q, 5)], rows)
                for name, rows in asked.items()
            },  # type: ignore[misc]
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
    chosen = options.parse_args()
    sizes = [5000] if chosen.quick else [int(one) for one in chosen.sizes.split(",")]
    made = {str(size): run(size, beside=size <= 100_000) for size in sizes}
    print(json.dumps(made, ensure_ascii=False, indent=1))  # noqa: T201


main()
