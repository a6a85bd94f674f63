"""Persons who stand twice in a registry, found among invented ones: how many, how surely, at what cost.

    python tests/benchmarks/duplicates.py [--persons 5000] [--planted 200]

Persons are made of common name parts, so that many share a name. Some are written down a second time: in the
other script or another spelling, a fifth with a given name left out, and each fact kept, left out or, at
times, wrong (ASSUMED). Prints one JSON object: for the strongest pairs, as many as were planted and half as
many, `precision` and `recall`; the recall of all that is stored; processor seconds and memory of the search.
"""

import argparse
import json
import resource
import sys
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from random import Random
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from linking.names import Invented, parts, respelt

from portal.linking.evidence import Stretch
from portal.linking.likeness import Entry, Likenesses
from portal.registry.vocabulary import Sex

ASSUMED_UNKNOWN = {"father": 0.4, "home": 0.5, "birth": 0.6, "place": 0.3}
ASSUMED_WRONG = 0.05
_TOWNS = ("شیراز", "آبادان", "رشت", "سنندج", "تبریز", "مشهد", "اهواز", "کرمانشاه")
_PRISONS = 12


def invent(random: Random) -> Invented:
    """Make a person; others may have the same name."""
    given, family = parts()
    first = random.sample(given, 2 if random.random() < 0.3 else 1)
    last = random.sample(family, 2 if random.random() < 0.4 else 1)
    return Invented(tuple(first), tuple(last))


@dataclass(frozen=True)
class Facts:
    """What may be known of an invented person; None or empty for what nobody wrote down."""

    father: tuple[str, str] | None
    home: str
    birth: int | None
    """A year of the solar calendar."""
    place: int | None

    def kept(self, random: Random, *, wrong: bool) -> "Facts":
        """Leave out what this source does not know, and let it err."""
        unknown = ASSUMED_UNKNOWN
        found = Facts(
            self.father if random.random() >= unknown["father"] else None,
            self.home if random.random() >= unknown["home"] else "",
            self.birth if random.random() >= unknown["birth"] else None,
            self.place if random.random() >= unknown["place"] else None,
        )
        return replace(found, birth=1330 + random.randrange(20)) if wrong else found


def _year(year: int) -> Stretch:
    return Stretch(date(year + 621, 3, 21), date(year + 622, 3, 20), str(year))


def entry(number: int, one: Invented, facts: Facts, random: Random, *, again: bool) -> Entry:
    """Write a person down; a second time in another hand."""
    script = random.random() < 0.3
    shown = one
    if again and random.random() < 0.2 and len(one.given) > 1:
        shown = Invented(one.given[:1], one.family)
    name = shown.written(int(script))
    if again and script:
        name = respelt(name, random)
    kept = facts.kept(random, wrong=again and random.random() < ASSUMED_WRONG)
    return Entry(
        UUID(int=number),
        (name,),
        father=kept.father[int(script)] if kept.father else "",
        sex=Sex.MALE,
        birth=None if kept.birth is None else _year(kept.birth),
        home=kept.home,
        places=frozenset() if kept.place is None else frozenset({UUID(int=kept.place)}),
    )


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--persons", type=int, default=5000)
    parser.add_argument("--planted", type=int, default=200)
    asked = parser.parse_args()
    random = Random(1367)  # noqa: S311 - the same persons each time
    given, _ = parts()
    made, entries, planted = [], [], set()
    for number in range(asked.persons):
        facts = Facts(
            random.choice(given),
            random.choice(_TOWNS),
            1320 + random.randrange(30),
            10**9 + random.randrange(_PRISONS),
        )
        made.append((invent(random), facts))
        entries.append(entry(number, *made[-1], random, again=False))
    for number in random.sample(range(asked.persons), asked.planted):
        planted.add((number, len(entries)))
        entries.append(entry(len(entries), *made[number], random, again=True))
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    found = sorted(Likenesses(entries).pairs(), key=lambda one: -one.weight)
    took = time.process_time() - began
    result: dict[str, object] = {"persons": asked.persons, "planted": asked.planted, "stored": len(found)}
    for count in (asked.planted // 2, asked.planted):
        right = sum((one.one, one.other) in planted for one in found[:count])
        result[f"first_{count}"] = {
            "precision": round(right / count, 3),
            "recall": round(right / asked.planted, 3),
        }
    right = sum((one.one, one.other) in planted for one in found)
    result["recall_of_all"] = round(right / asked.planted, 3)
    result["processor_s"] = round(took, 1)
    result["more_memory_mib"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(json.dumps(result, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
