"""Accounts that tell the same, found among many: how many, how surely, at what cost.

    python tests/benchmarks/account_pairs.py [--accounts 10000] [--again 200]

Invented accounts of words whose frequencies fall as those of a real text do stand in segments, as the sealed
index has them once it is open (`index.py` measures the opening). Some are sent again: a part of their words
is left out and others are put in (ASSUMED), some with the same file. Prints one JSON object: seconds of the
processor for reading the segments and for comparing, what was found of those sent again, what else, memory.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import accumulate
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from portal.casework.digest import FILE
from portal.casework.index import Index
from portal.casework.search_format import SIZE, Digest, Heads, Words, pack_heads, pack_words
from portal.linking import account_pairs
from portal.linking.resembling import resembling, shared

ASSUMED_CHANGED = (0.0, 0.3)
"""The share of the words of an account that its second telling leaves out, and puts others in for."""
VOCABULARY, LEAST = 40_000, 0.5


def tellings(count: int, again: int, random: Random) -> tuple[list[frozenset[str]], set[tuple[int, int]]]:
    """Invent the words of accounts, the last ``again`` of them sent a second time; give the pairs too."""
    words = [f"w{number}" for number in range(VOCABULARY)]
    weights = list(accumulate(1 / (place + 3) for place in range(VOCABULARY)))

    def some(number: int) -> set[str]:
        return set(random.choices(words, cum_weights=weights, k=number))

    told = [some(random.choice((80, 150, 300, 600, 1200))) for _ in range(count - again)]
    pairs = set()
    for place, one in enumerate(random.sample(range(count - again), again)):
        kept = sorted(told[one])
        changed = round(len(kept) * random.uniform(*ASSUMED_CHANGED))
        second = {*random.sample(kept, len(kept) - changed), *some(changed)}
        if place % 4 == 0:
            file = f"{FILE}{place}"
            told[one].add(file)
            second.add(file)
        pairs.add((one, len(told)))
        told.append(second)
    return [frozenset(one) for one in told], pairs


def segments(told: Sequence[frozenset[str]]) -> Iterator[tuple[Any, Words, Heads]]:
    """Put accounts into segments."""
    for start in range(0, len(told), SIZE):
        digests = [
            Digest(UUID(int=start + place), words) for place, words in enumerate(told[start : start + SIZE])
        ]
        piece = SimpleNamespace(ids=[one.case_id.bytes for one in digests], live=range(len(digests)))
        yield piece, Words(pack_words(digests)), Heads(pack_heads(digests))


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--again", type=int, default=200)
    asked = parser.parse_args()
    random = Random(1367)  # noqa: S311 - the same accounts each time
    told, again = tellings(asked.accounts, asked.again, random)
    made = [*segments(told)]
    index = SimpleNamespace(
        words=lambda: ((piece, words) for piece, words, _ in made),
        heads=lambda: ((piece, heads) for piece, _, heads in made),
    )
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    kept = account_pairs._read(cast("Index", index), [UUID(int=at).bytes for at in range(len(told))])
    read = time.process_time() - began
    alike = {(one.one, one.other) for one in resembling(*kept.words, count=len(told), least=LEAST)}
    files = shared(*kept.files)
    found = {
        "accounts": len(told),
        "sent_again": len(again),
        "words_an_account": round(sum(map(len, told)) / len(told)),
        "read_cpu_s": round(read, 2),
        "compare_cpu_s": round(time.process_time() - began - read, 2),
        "found_by_words": round(len(alike & again) / len(again), 3),
        "found_by_either": round(len((alike | files) & again) / len(again), 3),
        "found_beside": len((alike | files) - again),
        "more_memory_mib": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024,
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
