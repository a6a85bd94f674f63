"""Fixed, public, versioned generalisation hierarchies: how a true value becomes a coarser label.

A hierarchy never depends on the accounts: it is built from public knowledge (calendar, provinces, the whole
register of prisons), so that a label tells nothing about who is or is not in a release.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from portal.errors import InvalidError

MISSING = "unknown"
"""What is not known is a value of its own, at every level below the top."""
TOP = "*"

SEASONS = ("spring", "summer", "autumn", "winter")
_MONTHS_IN_SEASON = 3
_MONTHS_IN_YEAR = 12

RELATIONS: Mapping[str, str] = {
    "survivor": "former prisoner",
    "cellmate": "former prisoner",
    "parent": "family",
    "spouse": "family",
    "sibling": "family",
    "child": "family",
    "relative": "family",
    "friend": "outside the family",
    "neighbour": "outside the family",
    "lawyer": "outside the family",
    "official": "outside the family",
    "other": "outside the family",
}
"""Relation of the narrator to the prison or the dead → group."""

REGIONS: Mapping[str, str] = {
    **dict.fromkeys(("Tehran", "Alborz", "Qazvin", "Qom", "Semnan", "Mazandaran", "Golestan"), "north"),
    **dict.fromkeys(
        (
            "Isfahan",
            "Fars",
            "Bushehr",
            "Hormozgan",
            "Chaharmahal and Bakhtiari",
            "Kohgiluyeh and Boyer-Ahmad",
        ),
        "south",
    ),
    **dict.fromkeys(
        ("East Azerbaijan", "West Azerbaijan", "Ardabil", "Zanjan", "Gilan", "Kurdistan"),
        "north-west",
    ),
    **dict.fromkeys(("Kermanshah", "Ilam", "Lorestan", "Hamadan", "Markazi", "Khuzestan"), "west"),
    **dict.fromkeys(
        (
            "Khorasan",
            "Razavi Khorasan",
            "North Khorasan",
            "South Khorasan",
            "Kerman",
            "Yazd",
            "Sistan and Baluchestan",
        ),
        "east",
    ),
}
"""Province → one of five planning regions; undivided Khorasan is listed as it stood in 1988."""


def number_within(label: str, leaf: str) -> bool:
    """Whether an interval such as `15-19` holds the number; other labels hold what their paths say."""
    span = re.fullmatch(r"(\d+)[-–](\d+)", label)
    if span is None or not leaf.isdecimal():
        return True
    return int(span[1]) <= int(leaf) <= int(span[2])


def month_within(label: str, leaf: str) -> bool:
    """Whether a year, or a season of a year, holds the month `1367-05` (Solar Hijri)."""
    month = re.fullmatch(r"(\d{4})-(\d{2})", leaf)
    if month is None or label in {leaf, TOP}:
        return True
    return label in {month[1], f"{month[1]} {_season(int(month[2]))}"}


@dataclass(frozen=True)
class Hierarchy:
    """A tree of labels: for every value, its label at each level; level 0 is the finest, the last is `*`.

    Raises `InvalidError` unless it is total (all paths equally long, `unknown` among the values), monotone
    (equal at one level, equal at all above), every label holds its values by `within`, and a label means one
    set of values wherever it stands, so that released labels of different levels can never be confused.
    """

    name: str
    version: int
    paths: Mapping[str, tuple[str, ...]] = field(repr=False)
    within: Callable[[str, str], bool] = field(default=number_within, repr=False, compare=False)
    repeats: bool = False
    """Whether a label may stand at two levels, as a town and its province do; it then means the wider."""

    def __post_init__(self) -> None:
        self._check_total()
        self._check_monotone()
        self._check_labels()

    @property
    def height(self) -> int:
        """The level of `*`."""
        return len(self.paths[MISSING]) - 1

    @cached_property
    def spans(self) -> Mapping[str, int]:
        """How many values stand under each label."""
        return {label: len(leaves) for label, leaves in self._leaves_by_label().items()}

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hex, of name, version and all paths."""
        whole = [self.name, self.version, sorted((leaf, *path) for leaf, path in self.paths.items())]
        return hashlib.sha256(json.dumps(whole, separators=(",", ":")).encode()).hexdigest()

    def loss(self, label: str) -> float:
        """Normalised certainty penalty of a label: 0 for one value, 1 for all (Xu and others, KDD 2006)."""
        return (self.spans[label] - 1) / max(1, len(self.paths) - 1)

    def _leaves_by_label(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for leaf, path in self.paths.items():
            for label in path:
                found.setdefault(label, set()).add(leaf)
        return found

    def _check_total(self) -> None:
        if MISSING not in self.paths:
            raise InvalidError(f"hierarchy {self.name}: no path for what is not known")
        for leaf, path in self.paths.items():
            if len(path) != self.height + 1 or path[-1] != TOP or TOP in path[:-1] or "" in path:
                raise InvalidError(f"hierarchy {self.name}: the path of {leaf} is not whole")
        if self.height < 1 or set(self.paths[MISSING][:-1]) != {MISSING}:
            raise InvalidError(f"hierarchy {self.name}: what is not known must stay so up to the top")

    def _check_monotone(self) -> None:
        finest = [path[0] for path in self.paths.values()]
        if len(set(finest)) != len(finest):
            raise InvalidError(f"hierarchy {self.name}: two values share their finest label")
        for level in range(self.height):
            above: dict[str, str] = {}
            for path in self.paths.values():
                if above.setdefault(path[level], path[level + 1]) != path[level + 1]:
                    raise InvalidError(f"hierarchy {self.name}: {path[level]} stands under two labels")

    def _check_labels(self) -> None:
        everywhere = self._leaves_by_label()
        widest: dict[str, int] = {}
        for level in range(self.height + 1):
            here: dict[str, set[str]] = {}
            for leaf, path in self.paths.items():
                here.setdefault(path[level], set()).add(leaf)
                if not self.within(path[level], leaf):
                    raise InvalidError(f"hierarchy {self.name}: {path[level]} does not hold {leaf}")
            for label, leaves in here.items():
                widest[label] = max(widest.get(label, 0), len(leaves))
                if not self.repeats and leaves != everywhere[label]:
                    raise InvalidError(f"hierarchy {self.name}: a label means two things")
        if any(widest[label] < len(leaves) for label, leaves in everywhere.items()):
            raise InvalidError(f"hierarchy {self.name}: a label means two things")


def relation(groups: Mapping[str, str] = RELATIONS) -> Hierarchy:
    """Relation of the narrator → group → `*`; `groups` maps each code to its group."""
    paths = {code: (code, group, TOP) for code, group in groups.items()}
    return Hierarchy("relation", 1, {**paths, MISSING: (MISSING, MISSING, TOP)})


def prison(
    places: Mapping[str, tuple[str, str]], *, version: int = 1, regions: Mapping[str, str] = REGIONS
) -> Hierarchy:
    """Prison → province → region → `*`.

    `places` maps the code of a place to its label and province. It must be the whole public register, not
    only the places that somebody spoke of. A province that `regions` does not know is an `InvalidError`.
    """
    paths = {MISSING: (MISSING, MISSING, MISSING, TOP)}
    for code, (label, province) in places.items():
        if province not in regions:
            raise InvalidError(f"no region is known for the province {province}")
        paths[code] = (label, f"{province} province", f"{regions[province]} region", TOP)
    return Hierarchy("prison", version, paths)


def month(*, first: int = 1360, last: int = 1369) -> Hierarchy:
    """Solar Hijri month `1367-05` → season `1367 summer` → year `1367` → `*`; see `month_value`."""
    paths = {MISSING: (MISSING, MISSING, MISSING, TOP)}
    for outside in (_before(first), _after(last)):
        paths[outside] = (outside, outside, outside, TOP)
    for year in range(first, last + 1):
        for number in range(1, _MONTHS_IN_YEAR + 1):
            leaf = f"{year}-{number:02}"
            paths[leaf] = (leaf, f"{year} {_season(number)}", f"{year}", TOP)
        for season in SEASONS:
            leaf = _some_month(year, season)
            paths[leaf] = (leaf, f"{year} {season}", f"{year}", TOP)
        leaf = _some_season(year)
        paths[leaf] = (leaf, leaf, f"{year}", TOP)
    return Hierarchy("month", 1, paths, month_within)


def month_value(
    year: int | None,
    number: int | None = None,
    season: str | None = None,
    *,
    first: int = 1360,
    last: int = 1369,
) -> str:
    """Say a half-known Solar Hijri date as a value of `month(first=..., last=...)`.

    Years outside are coded together at either end. `InvalidError` for a month or season that is none.
    """
    if year is None:
        return MISSING
    if not first <= year <= last:
        return _before(first) if year < first else _after(last)
    if number is not None:
        if not 1 <= number <= _MONTHS_IN_YEAR:
            raise InvalidError("a month is a number from 1 to 12")
        return f"{year}-{number:02}"
    if season is None:
        return _some_season(year)
    if season not in SEASONS:
        raise InvalidError(f"a season is one of {', '.join(SEASONS)}")
    return _some_month(year, season)


def _season(number: int) -> str:
    return SEASONS[min((number - 1) // _MONTHS_IN_SEASON, len(SEASONS) - 1)]


def _some_month(year: int, season: str) -> str:
    return f"{year} {season}, month unknown"


def _some_season(year: int) -> str:
    return f"{year}, season unknown"


def _before(first: int) -> str:
    return f"before {first}"


def _after(last: int) -> str:
    return f"after {last}"
