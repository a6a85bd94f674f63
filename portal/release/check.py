"""The second opinion on a finished release: reads the files back and measures everything again.

It shares no code with what made them, knows only the true rows, the public labels and what was promised, and
fails closed: whatever it cannot read, or does not expect, is a fault.
"""

import csv
import hashlib
import io
import itertools
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Any, Protocol

from portal.errors import RefusedError
from portal.release.reading_back import BINARY, format_problems, others

LEAST_K = 5
MOST_SUPPRESSED = 0.05
_WHOLE_WORDS_BELOW = 4
_SIGNS = frozenset("=+-@\u2212")
_BAD_FIRST = frozenset('\t\r\n |"')
_UNSEEN = "".join(map(chr, range(0x21))) + '"\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff'

Trees = Mapping[str, Mapping[str, Sequence[str]]]
"""Quasi-identifier → true value → its labels from finest to coarsest."""


class Known(Protocol):
    """One true row and the key of its family."""

    @property
    def values(self) -> Mapping[str, Any]:
        """Coded values by column."""

    @property
    def unit(self) -> str | None:
        """Key of the family; without one the row is a family of its own."""


class Fault(StrEnum):
    """What is wrong with a release; never where, since that would tell of whom."""

    UNREADABLE = "a file cannot be read"
    FILES = "the files are not those that the manifest names"
    PROMISE = "the manifest does not say what was decided"
    COLUMNS = "the columns are not those of the manifest"
    FORMATS = "the formats do not all say the same, or one holds more"
    UNTRUE = "a record does not follow from its source"
    TWICE = "a record was released twice"
    SMALL_CLASS = "a class holds too few families"
    FEW_CANDIDATES = "true values lead to too few families"
    SUPPRESSED = "too many records were left out"
    ORDER = "the order of the records is not that of their values"
    IDS = "record ids are not random, or repeat"
    FORMULA = "a cell would run in a spreadsheet"
    FORBIDDEN = "a word that must not leave is in the files"
    EXACT_COUNT = "a count is not rounded"
    ANSWERS = "a class tells more of its answers than was promised"
    PRESENCE = "somebody of a public list would be known to be in it"


class UnsafeReleaseError(RefusedError):
    """The release must not leave; `faults` says why, and nothing about whom."""

    def __init__(self, faults: Collection[Fault]) -> None:
        super().__init__("; ".join(sorted(faults)))
        self.faults = frozenset(faults)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured, in families: the smallest class and the fewest candidates. Exact, so for inside."""

    records: int
    suppressed: int
    classes: int
    k: int
    fewest_candidates: int
    right_guesses: float = field(default=0.0)
    """Expected right guesses when each released row is sought by its true values among all that fit."""
    median_candidates: float = field(default=0.0)
    """Families that fit the true values of a released row, in the middle of all rows."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One released record: its cells, its labels, and the family and true row behind it."""

    cells: Mapping[str, str]
    labels: tuple[str, ...]
    source: int
    family: object


def verify(
    files: Mapping[str, bytes],
    *,
    truth: Sequence[Known],
    sources: Sequence[int],
    trees: Trees,
    k: int,
    forbidden: Collection[str] = (),
    most_suppressed: float = MOST_SUPPRESSED,
) -> Figures:
    """Measure a release anew, or raise `UnsafeReleaseError`.

    `files` are the bytes by name, one table and its manifest; `truth` all rows that were to be released and
    `sources` the place in it of each line of the table; `trees` the labels of every quasi-identifier;
    `forbidden` words (names, contacts, canaries) that may stand nowhere in the bytes.
    """
    try:
        figures, faults = _measured(_Reading(files), truth, sources, trees, forbidden, k=k)
    except UnsafeReleaseError:
        raise
    except Exception as error:  # whatever it is, it is no release
        raise UnsafeReleaseError({Fault.UNREADABLE}) from error
    if not figures.suppressed <= most_suppressed * len(truth):
        faults.add(Fault.SUPPRESSED)
    if faults:
        raise UnsafeReleaseError(faults)
    return figures


class _Reading:
    """The files as found: the manifest, and the table with its cells as a spreadsheet sees them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.manifest: dict[str, Any] = json.loads(files["manifest.json"])
        reader = csv.reader(io.StringIO(files["table.csv"].decode(), newline=""), strict=True)
        self.header, *self.raw = list(reader)
        self.columns = [plain(name) for name in self.header]
        self.rows = [[plain(cell) for cell in row] for row in self.raw]

    def lines(self, truth: Sequence[Known], sources: Sequence[int], trees: Trees) -> list[_Line]:
        """Join each line with the true row behind it; they must be as many, each true row at most once."""
        names = set(self.columns)
        if len(names) < len(self.columns) or not set(trees) <= names:
            raise UnsafeReleaseError({Fault.COLUMNS})
        if any(len(row) != len(self.columns) for row in self.rows):
            raise UnsafeReleaseError({Fault.COLUMNS})
        if len(sources) != len(self.rows) or not set(sources) <= set(range(len(truth))):
            raise UnsafeReleaseError({Fault.UNTRUE})
        found = []
        for row, source in zip(self.rows, sources, strict=True):
            cells = dict(zip(self.columns, row, strict=True))
            labels = tuple(cells[name] for name in trees)
            found.append(_Line(cells, labels, source, _family(truth, source)))
        return found


def _measured(
    release: _Reading,
    truth: Sequence[Known],
    sources: Sequence[int],
    trees: Trees,
    forbidden: Collection[str],
    *,
    k: int,
) -> tuple[Figures, set[Fault]]:
    lines = release.lines(truth, sources, trees)
    figures = _figures(lines, truth, trees)
    faults = {
        *_promise_faults(release, trees, k),
        *_line_faults(lines, truth, trees),
        *_text_faults(release, forbidden),
    }
    if figures.k < max(k, LEAST_K):
        faults.add(Fault.SMALL_CLASS)
    if figures.fewest_candidates < max(k, LEAST_K):
        faults.add(Fault.FEW_CANDIDATES)
    return figures, faults


def _figures(lines: Sequence[_Line], truth: Sequence[Known], trees: Trees) -> Figures:
    """Families per class, and per true combination of values among all lines whose labels hold it."""
    families: defaultdict[tuple[str, ...], set[object]] = defaultdict(set)
    for line in lines:
        families[line.labels].add(line.family)
    candidates: dict[tuple[str, ...], set[object]] = {}
    for known in truth:
        values = tuple(_value(known, name) for name in trees)
        if values not in candidates:
            ways = itertools.product(*(set(trees[n].get(v, ())) for n, v in zip(trees, values, strict=True)))
            candidates[values] = set().union(*(families[way] for way in ways if way in families))
    sizes = [len(found) for found in candidates.values() if found]
    fitting = [len(candidates[tuple(_value(truth[line.source], name) for name in trees)]) for line in lines]
    return Figures(
        records=len(lines),
        suppressed=len(truth) - len(lines),
        classes=len(families),
        k=min((len(found) for found in families.values()), default=0),
        fewest_candidates=min(sizes, default=0),
        right_guesses=sum(1 / max(1, found) for found in fitting),
        median_candidates=median(fitting) if fitting else 0.0,
    )


def _promise_faults(release: _Reading, trees: Trees, k: int) -> Iterator[Fault]:
    """Manifest against files and decision."""
    manifest = release.manifest
    named = {name: entry.get("sha256") for name, entry in dict(manifest.get("files", {})).items()}
    found = {n: hashlib.sha256(data).hexdigest() for n, data in release.files.items() if n != "manifest.json"}
    if named != found or set(found) != {"table.csv", *others(found)}:
        yield Fault.FILES
    tags = dict(manifest.get("hxl", {}))
    if any(format_problems(release.files, header=release.columns, rows=release.rows, tags=tags)):
        yield Fault.FORMATS
    policy = dict(manifest.get("policy", {}))
    roles = {name: column.get("role") for name, column in dict(policy.get("columns", {})).items()}
    if {name for name, role in roles.items() if role == "quasi-identifier"} != set(trees):
        yield Fault.PROMISE
    if policy.get("k") != k or k < LEAST_K or _canonical(manifest) != release.files["manifest.json"]:
        yield Fault.PROMISE
    ids = ["record"] if policy.get("record_ids") is True else []
    if manifest.get("columns") != release.columns or set(release.columns) != {*ids, *roles}:
        yield Fault.COLUMNS
    if any(role not in {"quasi-identifier", "sensitive", "plain"} for role in roles.values()):
        yield Fault.COLUMNS
    counts = dict(manifest.get("rounded", {})).values()
    if not counts or any(type(count) is not int or count % 10 for count in counts):
        yield Fault.EXACT_COUNT


def _line_faults(lines: Sequence[_Line], truth: Sequence[Known], trees: Trees) -> Iterator[Fault]:
    """Each line against its true row, and all of them against how they must stand."""
    if len({line.source for line in lines}) < len(lines):
        yield Fault.TWICE
    for line in lines:
        true = {name: _value(truth[line.source], name) for name in line.cells}
        if any(
            cell not in trees[name].get(true[name], ()) if name in trees else cell != true[name]
            for name, cell in line.cells.items()
            if name != "record"
        ):
            yield Fault.UNTRUE
    values = [[cell for name, cell in line.cells.items() if name != "record"] for line in lines]
    if values != sorted(values):
        yield Fault.ORDER
    ids = [line.cells["record"] for line in lines if "record" in line.cells]
    if len(set(ids)) < len(ids) or not all(re.fullmatch(r"r[0-9a-f]{32}", each) for each in ids):
        yield Fault.IDS
    common = Counter(each[1:7] for each in ids).most_common(1)
    if common and common[0][1] > max(2, len(ids) // 100):
        yield Fault.IDS  # times and counters share their beginnings, chance does not


def _text_faults(release: _Reading, forbidden: Collection[str]) -> Iterator[Fault]:
    """Look at what stands in the bytes, whatever it was meant to be."""
    if any(would_run(cell) for row in (release.header, *release.raw) for cell in row):
        yield Fault.FORMULA
    cells = [cell for row in (release.columns, *release.rows) for cell in row]
    texts = (data.decode() for name, data in release.files.items() if name not in BINARY)
    whole = _folded(" ".join([*release.files, *texts, *cells]))
    whole = re.sub(r"[0-9a-f]{32,}", " ", whole)  # a digest may spell Abed by chance
    for word in map(_folded, forbidden):
        pattern = rf"(?<!\w){re.escape(word)}(?!\w)" if len(word) < _WHOLE_WORDS_BELOW else re.escape(word)
        if word and re.search(pattern, whole):
            yield Fault.FORBIDDEN


def _family(truth: Sequence[Known], source: int) -> object:
    unit = truth[source].unit
    return ("row", source) if unit is None else ("family", unit)


def _value(known: Known, name: str) -> str:
    """Read a true value as the release must have: nothing, blank and not-a-number are all `unknown`."""
    value = known.values.get(name)
    if value is True or value is False:
        return {True: "yes", False: "no"}[value]
    if value is None or value != value:  # noqa: PLR0124 - only not-a-number differs from itself
        return "unknown"
    return str(value).strip() or "unknown"


def plain(cell: str) -> str:
    """Take the apostrophes off that guard a cell; where this is wrong the record counts as untrue."""
    return re.sub(r"(?<=[,;|\t\r\n])'(?=[\s\"']*[=+\-@|＝＋－＠｜\u2212])", "", cell.removeprefix("'"))


def would_run(cell: str) -> bool:
    """Whether any part that some program may take for a cell begins like a formula."""
    if re.fullmatch(r"-?\d+(\.\d+)?", cell):
        return False
    wide = unicodedata.normalize("NFKC", cell)
    parts = (part.lstrip(_UNSEEN) for part in re.split(r"[,;|\t\r\n]", wide))
    return wide[:1] in _BAD_FIRST or any(part[:1] in _SIGNS for part in parts if part)


def _folded(text: str) -> str:
    """Fold width, case, Arabic and Persian letters, and leave out what is not seen."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = plain.translate({ord("ي"): "ی", ord("ى"): "ی", ord("ك"): "ک", 0x200C: None, 0x0640: None})
    return " ".join(plain.split())


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
