"""Counts of patterns by place and time as a published table has them, and how they are drawn.

Pure, and it counts nothing: all figures are read from a finished table. Widths are percent, so that one
drawing fits a phone and a screen; from right to left where the page is read so.
"""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from portal.cells import unguarded

FORMAT = "testimony-portal-numbers/1"
ALL, HIDDEN, UNKNOWN = "all", "hidden", "unknown"
FEW = 10
"""Counts from 1 to 9 are never shown where counts are not blurred."""

_ROOM = 0.97
_TICKS = ("1360", "1367-01", "1367-05", "1368")
_TIME = re.compile(r"(before |after )?(\d{4})(-\d{2}|, season unknown)?")


class NumbersError(ValueError):
    """These bytes are no table of numbers."""


@dataclass(frozen=True)
class Numbers:
    """Counts by (pattern, place, time), their sums under `ALL`; None is a count that stays hidden."""

    side: str
    patterns: tuple[str, ...]
    places: tuple[str, ...]
    times: tuple[str, ...]
    counts: Mapping[tuple[str, str, str], int | None] = field(repr=False)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """What places are called, by language."""
    within: Mapping[str, int] = field(default_factory=dict)
    """How far 95 of 100 noisy counts may be off; empty where nothing is blurred."""

    def at(self, pattern: str, place: str = ALL, time: str = ALL) -> int | None:
        """Return a count, or None where it is hidden."""
        return self.counts[pattern, place, time]


@dataclass(frozen=True)
class Document:
    """What was published: the table's own bytes, and the numbers in them."""

    table: bytes
    numbers: Numbers


def when(code: str) -> tuple[int, int]:
    """Order times: what lies before, years and months, what lies after, what is not known."""
    found = _TIME.fullmatch(code)
    if found is None:
        return (10_000, 0)
    year = int(found[2]) + {"before ": -1, "after ": 1}.get(found[1] or "", 0)
    if found[3] is None:
        return (year, 0)
    return (year, 99 if "," in found[3] else int(found[3][1:]))


def in_order(places: Sequence[str], times: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Order places by name, the unknown last, and times as they passed."""
    return tuple(sorted(places, key=lambda one: (one == UNKNOWN, one))), tuple(sorted(times, key=when))


def write(table: bytes, names: Mapping[str, Mapping[str, str]], within: Mapping[str, int]) -> bytes:
    """Return the one form of what is published; raises `NumbersError` if it could not be read back."""
    kept = {"format": FORMAT, "names": names, "table": table.decode(), "within": within}
    made = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    read(made)
    return made


@lru_cache(maxsize=4)
def read(document: bytes) -> Document:
    """Read what `write` made; raises `NumbersError`."""
    try:
        kept: dict[str, Any] = json.loads(document)
        if kept["format"] != FORMAT:
            raise NumbersError
        table: str = kept["table"]
        names = {
            str(place): {str(k): str(v) for k, v in each.items()} for place, each in kept["names"].items()
        }
        within = {str(name): int(far) for name, far in kept["within"].items()}
        return Document(table.encode(), _numbers(table, names, within))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, csv.Error):
        raise NumbersError from None


def _numbers(table: str, names: Mapping[str, Mapping[str, str]], within: Mapping[str, int]) -> Numbers:
    read_ = csv.reader(io.StringIO(table, newline=""), strict=True)
    header, *lines = [[unguarded(cell) for cell in line] for line in read_]
    pattern, side, month, families = header
    if (pattern, month, families) != ("pattern", "month", "families"):
        raise NumbersError
    counts = {(one, place, time): _count(told) for one, place, time, told in lines}
    patterns = tuple(dict.fromkeys(one for one, _, _ in counts))
    places, times = in_order(
        [*dict.fromkeys(place for _, place, _ in counts if place != ALL)],
        [*dict.fromkeys(time for _, _, time in counts if time != ALL)],
    )
    whole = {(one, place, time) for one in patterns for place in (*places, ALL) for time in (*times, ALL)}
    if len(counts) != len(lines) or counts.keys() != whole or (not within and _small(counts)):
        raise NumbersError
    return Numbers(side, patterns, places, times, counts, names, within)


def _small(counts: Mapping[tuple[str, str, str], int | None]) -> bool:
    return any(one is not None and 0 < one < FEW for one in counts.values())


def _count(told: str) -> int | None:
    if told == HIDDEN:
        return None
    if not (told.isascii() and told.isdecimal()):
        raise NumbersError
    return int(told)


@dataclass(frozen=True)
class Bar:
    """One figure drawn along the line, in percent; `low` to `high` is where the true one may lie."""

    code: str
    value: int | None
    x: float
    width: float
    low: float
    high: float


def bars(rows: Sequence[tuple[str, int | None]], *, margin: int, mirrored: bool) -> list[Bar]:
    """Draw figures as bars from nothing, all on one scale."""
    most = max([1, *(value + margin for _, value in rows if value is not None)])

    def at(figure: int) -> float:
        place = 100 * _ROOM * min(figure, most) / most
        return 100 - place if mirrored else place

    found = []
    for code, value in rows:
        told = value or 0
        width = abs(at(told) - at(0))
        found.append(
            Bar(code, value, min(at(0), at(told)), width, at(max(0, told - margin)), at(told + margin))
        )
    return found


@dataclass(frozen=True)
class Column:
    """A figure of one time: where it stands in percent, and how high in parts of the lane's height."""

    x: float
    width: float
    height: float
    hidden: bool


@dataclass(frozen=True)
class Lane:
    """One place through all times; `most` is what its full height stands for."""

    code: str
    total: int | None
    most: int
    columns: tuple[Column, ...]


def lanes(numbers: Numbers, pattern: str, *, mirrored: bool) -> list[Lane]:
    """Draw all places together on a scale of their own, then each place, these on one scale."""
    every = [[numbers.at(pattern, place, time) for time in numbers.times] for place in (ALL, *numbers.places)]
    together = max([1, *(one for one in every[0] if one)])
    apart = max([1, *(one for row in every[1:] for one in row if one)])
    return [
        Lane(
            place,
            numbers.at(pattern, place),
            together if place == ALL else apart,
            _columns(row, together if place == ALL else apart, mirrored=mirrored),
        )
        for place, row in zip((ALL, *numbers.places), every, strict=True)
    ]


def _columns(row: Sequence[int | None], most: int, *, mirrored: bool) -> tuple[Column, ...]:
    step = 100 / max(1, len(row))
    return tuple(
        Column(
            _left(place, len(row), mirrored=mirrored) + step * 0.1,
            step * 0.8,
            (value or 0) / most,
            value is None,
        )
        for place, value in enumerate(row)
        if value != 0
    )


def _left(place: int, many: int, *, mirrored: bool) -> float:
    step = 100 / max(1, many)
    return 100 - (place + 1) * step if mirrored else place * step


def ticks(numbers: Numbers, *, mirrored: bool) -> list[tuple[str, float]]:
    """Give the times that are named under the lanes, each with the percent where its column begins."""
    many = len(numbers.times)
    step = 100 / max(1, many)
    return [
        (one, _left(place, many, mirrored=mirrored) + (step if mirrored else 0))
        for place, one in enumerate(numbers.times)
        if one in _TICKS
    ]
