"""A table of numbers as pages show it: drawings with their words, and the table beside each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.intake.numbers import ALL, FEW, Bar, Lane, Numbers, bars, lanes, ticks
from portal.intake.numbers_words import PATTERN_WORDS, place_words, tick_words, time_words
from portal.web.locale import direction, language, number
from portal.web.locale import gettext as _

_TOP, _HEAD = 20, 12
_TALL, _LOW, _GAP = 96, 34, 14
_FOOT = 24


@dataclass(frozen=True)
class Drawn:
    """A lane with its words, and where it stands in the picture, in pixels from its top."""

    lane: Lane
    words: str
    total: str
    top: int
    height: int

    @property
    def base(self) -> int:
        """Where its columns stand."""
        return self.top + _TOP + self.height


def mirrored() -> bool:
    """Tell whether the page is read from right to left."""
    return direction(language()) == "rtl"


def told(count: int | None) -> str:
    """Write a count, or that it stays hidden."""
    return _("hidden") if count is None else number(count)


def overview(numbers: Numbers) -> dict[str, Any]:
    """Give what the page of all patterns draws: the sum of each, and how far it may be off."""
    rows = [(pattern, numbers.at(pattern)) for pattern in numbers.patterns]
    drawn = bars(rows, margin=numbers.within.get("all", 0), mirrored=mirrored())
    return {
        "numbers": numbers,
        "bars": [(one, str(PATTERN_WORDS[one.code]), told(one.value)) for one in drawn],
        "mirrored": mirrored(),
        "hides": hides(drawn),
        "few": FEW - 1,
    }


def hides(drawn: Sequence[Bar]) -> bool:
    """Tell whether any figure stays hidden."""
    return any(one.value is None for one in drawn)


def one_pattern(numbers: Numbers, pattern: str) -> dict[str, Any]:
    """Give what the page of one pattern draws: each place through all times, and the table of both."""
    places = (ALL, *numbers.places)
    drawn, top = [], 0
    for lane in lanes(numbers, pattern, mirrored=mirrored()):
        height = _TALL if lane.code == ALL else _LOW
        words = place_words(lane.code, numbers)
        drawn.append(Drawn(lane, words, told(lane.total), top, height))
        top += _TOP + height + _GAP
    return {
        "numbers": numbers,
        "pattern": pattern,
        "name": str(PATTERN_WORDS[pattern]),
        "lanes": drawn,
        "ticks": [(tick_words(code), x) for code, x in ticks(numbers, mirrored=mirrored())],
        "height": top + _FOOT,
        "mirrored": mirrored(),
        "headers": [place_words(one, numbers) for one in places],
        "rows": [
            (time_words(time), [told(numbers.at(pattern, one, time)) for one in places])
            for time in (ALL, *numbers.times)
        ],
        "few": FEW - 1,
        "hides": any(
            numbers.at(pattern, one, time) is None for one in places for time in (ALL, *numbers.times)
        ),
    }
