"""Mentions in invented stories: how many are found, how many are wrong, and how long 20 KB take.

    python tests/benchmarks/mentions.py [--sizes 5000,100000,1000000] [--stories 12]

A registry of recombined name parts, a third of its persons also in Latin letters, and the places that ship
with the portal. Stories in Persian and in English tell of 400 of its persons, known in Persian alone, of 60
strangers, of places and of days; names stand in either script, with titles, in other spellings. Each story
has 20 KB (Persian takes nearly two bytes a letter). ``samples`` are the accounts of the demonstration with
what a reviewer took from them.

How to read it. ``told`` is how often something was named, ``found`` the share that was marked with the right
record among its candidates, ``naive`` the share that the names find as they are spelt (whole words, letter
for letter; dates by year and month names). ``marks`` are those made, ``right`` the share that stands where
something known was named; ``stranger`` the share on somebody the registry does not have, whose namesake it
may have. Times are of the processor: ``p50_ms``, ``max_ms`` of one story, ``naive_ms`` of the naive way.
``memory_mib`` is what the indexes hold.
"""

import argparse
import gc
import json
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from linking.names import invent
from linking.stories import Teller, Told, group, linkable, met, samples, shelves

from portal.linking.matching import Suggestion
from portal.linking.mentions import About, Mention, Shelves, find_mentions
from portal.registry.vocabulary import Kind

SEED, BYTES, PEOPLE, STRANGERS = 1988, 20_000, 400, 60
Finder = Callable[[str], Sequence[Mention]]
_WORDS = re.compile(r"[^\W_]+")
_NAIVE_DATE = re.compile(
    r"(?:\d+ )?(?:فروردین|اردیبهشت|خرداد|تیر|مرداد|شهریور|مهر|آبان|آذر|دی|بهمن|اسفند"
    r"|January|February|March|April|May|June|July|August|September|October|November|December)"
    r"(?: \d{2,4})?|[۰-۹]{4}|1[39]\d\d"
)


def naive(index: Shelves) -> Finder:
    """Find names letter for letter, longest first, between words."""
    known: dict[tuple[str, ...], list[tuple[About, object]]] = {}
    for kind, names in index.items():
        for one in names:
            for row in range(one.size):
                words = tuple(one.lexicon.words[place] for place in one.name_at(row))
                known.setdefault(words, []).append((About(kind.value), one.id_at(row)))

    def find(text: str) -> list[Mention]:
        found = [Mention(*one.span(), About.DATE) for one in _NAIVE_DATE.finditer(text)]
        words = [(one.start(), one.end(), one[0].lower()) for one in _WORDS.finditer(text)]
        at = 0
        while at < len(words):
            for length in (5, 4, 3, 2, 1):
                said = tuple(word for _, _, word in words[at : at + length])
                if said in known and len(said) == length:
                    kind, _ = known[said][0]
                    ids = tuple(Suggestion(one, 1.0, ()) for _, one in known[said][:6])
                    found.append(Mention(words[at][0], words[at + length - 1][1], kind, candidates=ids))
                    at += length - 1
                    break
            at += 1
        return found

    return find


class Count:
    """What was told and found, by kind and way of writing."""

    def __init__(self) -> None:
        self.told: Counter[tuple[str, str]] = Counter()
        self.found: Counter[tuple[str, str]] = Counter()
        self.marks: Counter[str] = Counter()
        self.right: Counter[str] = Counter()
        self.strangers: Counter[str] = Counter()

    def add(self, language: str, told: Sequence[Told], mentions: Sequence[Mention]) -> None:
        """Compare what was told with what was found."""
        hits = set()
        for one in told:
            if one.way == "unknown":
                continue
            key = group(one.kind), f"{language}: {one.way}"
            self.told[key] += 1
            mention = met(one, mentions)
            if mention:
                self.found[key] += 1
                hits.add((mention.start, mention.end))
        unknown = [one for one in told if one.way == "unknown"]
        for mention in mentions:
            kind = group(mention.kind)
            self.marks[kind] += 1
            self.right[kind] += (mention.start, mention.end) in hits
            self.strangers[kind] += any(
                one.start < mention.end and mention.start < one.end for one in unknown
            )

    def table(self, beside: "Count") -> dict[str, Any]:
        """Return the shares, beside those of another finder."""
        rows = {
            " | ".join(key): {
                "told": count,
                "found": round(self.found[key] / count, 3),
                "naive": round(beside.found[key] / count, 3),
            }
            for key, count in sorted(self.told.items())
        }
        marks = {
            kind: {
                "marks": count,
                "right": round(self.right[kind] / count, 3),
                "stranger": round(self.strangers[kind] / count, 3),
                "naive_right": round(beside.right[kind] / max(beside.marks[kind], 1), 3),
            }
            for kind, count in sorted(self.marks.items())
        }
        return {"told": rows, "marked": marks}


def timed(find: Finder, text: str, times: list[float]) -> list[Mention]:
    """Find, and note the processor's time in milliseconds."""
    start = time.process_time()
    found = find(text)
    times.append((time.process_time() - start) * 1000)
    return [one for one in found if linkable(one)]


def measure(size: int, stories: int) -> dict[str, Any]:
    """Tell stories about a registry of some size, and look for what they name."""
    random = Random(SEED)  # noqa: S311 - nothing is kept secret here
    everybody = invent(PEOPLE + STRANGERS, random)
    people, strangers = everybody[:PEOPLE], everybody[PEOPLE:]
    gc.collect()
    before, began = _held(), time.process_time()
    index = shelves(people, size, random)
    built = time.process_time() - began
    gc.collect()
    held = _held() - before
    teller, plain = Teller(people, strangers, random), naive(index)
    ours, theirs, slow = Count(), Count(), list[float]()
    times: dict[str, list[float]] = {"fa": [], "en": []}
    gc.freeze()
    for _ in range(stories):
        for language, letters in (("fa", int(BYTES / 1.8)), ("en", BYTES)):
            text, told = teller.story(language, letters)
            ours.add(language, told, timed(lambda text: find_mentions(text, index), text, times[language]))
            theirs.add(language, told, timed(plain, text, slow))
    gc.unfreeze()
    return {
        "persons": size,
        "words": len(index[Kind.PERSON][0].lexicon),
        "build_s": round(built, 1),
        "memory_mib": held,
        "times": {
            language: {"p50_ms": round(sorted(one)[len(one) // 2]), "max_ms": round(max(one))}
            for language, one in times.items()
        },
        "naive_ms": round(sorted(slow)[len(slow) // 2]),
        **ours.table(theirs),
        "samples": _samples(index, plain),
    }


def _samples(index: Shelves, plain: Finder) -> Mapping[str, Any]:
    ours, theirs = Count(), Count()
    right = days = 0
    for text, told, _ in samples():
        found = [one for one in find_mentions(text, index) if linkable(one)]
        ours.add("samples", told, found)
        theirs.add("samples", told, [one for one in plain(text) if linkable(one)])
        for one in told:
            mention = met(one, found) if one.kind is About.DATE else None
            days += one.kind is About.DATE
            right += mention is not None and mention.date is not None and mention.date.interval == one.record
    return {**ours.table(theirs), "days_right": f"{right} of {days}"}


def _held() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() // 2**20


def main() -> None:
    """Print one JSON object a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", default="5000,100000,1000000")
    parser.add_argument("--stories", type=int, default=12)
    given = parser.parse_args()
    for size in map(int, given.sizes.split(",")):
        sys.stdout.write(json.dumps(measure(size, given.stories), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
