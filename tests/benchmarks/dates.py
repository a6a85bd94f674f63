"""How fast dates are read: one after another from a field, and all of them in a story of 20 KB.

    python tests/benchmarks/dates.py [--quick]

How to read it. ``parses_per_s`` counts `parse` over a mix of short and long ways to say a date, Persian and
English, on one core in CPU-seconds. ``story_ms`` is `find` over 20,000 characters of an invented account (the
slowest of the languages there), ``hostile_ms`` over the worst of some texts that repeat what begins a date.
"""

import json
import sys
from pathlib import Path
from statistics import median
from time import process_time

from portal.dates import reading as dates

SAID = (
    *("5 Mordad 1367", "اواخر مرداد ۶۷", "مرداد ۶۷", "late July 1988", "1367/5/5", "summer of 67", "1988"),
    *("از پنجم تا یازدهم مرداد ۱۳۶۷", "بیست و هشتم مرداد شصت و هفت", "شهریور ۱۳۶۷", "before Mordad 67"),
    *("Tuesday, 26 July 1988", "آذر همان سال", "six months before Mordad 67", "محرم ۱۴۰۹", "nothing at all"),
)
HOSTILE = ("1367/5/5/", "5-", "از ", "هزار و ", "سال ", "between ", "(?", "Mordad ", "5 و ", "\n ")
LENGTH = 20_000


def accounts() -> list[str]:
    kept = Path(__file__).parents[2] / "portal" / "demo" / "accounts.jsonl"
    return [json.loads(line)["narrative"] for line in kept.read_text(encoding="utf-8").splitlines()]


def parses(rounds: int) -> float:
    """Parses in one CPU-second."""
    begun = process_time()
    for _ in range(rounds):
        for said in SAID:
            dates.parse(said)
    return rounds * len(SAID) / (process_time() - begun)


def finding(part: str, rounds: int) -> float:
    """Milliseconds to find the dates of a text of this, again and again."""
    text = ((part + " ") * (LENGTH // len(part) + 1))[:LENGTH]
    times = []
    for _ in range(rounds):
        begun = process_time()
        dates.find(text)
        times.append(process_time() - begun)
    return 1000 * median(times)


def main() -> None:
    rounds = 100 if "--quick" in sys.argv else 1000
    parses(10)
    figures = {
        "parses_per_s": round(parses(rounds)),
        "story_ms": round(max(finding(account, 5) for account in accounts()), 1),
        "hostile_ms": round(max(finding(part, 3) for part in HOSTILE), 1),
    }
    sys.stdout.write(json.dumps({"benchmark": "dates", **figures}) + "\n")


if __name__ == "__main__":
    main()
