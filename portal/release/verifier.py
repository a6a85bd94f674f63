"""The second opinion on a finished folder: reads the files back and measures every promise again.

It shares no code with what made them, and fails closed: whatever it cannot read, or does not expect, is a
problem, and each problem names the file or the promise, never a person.
"""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from portal.errors import RefusedError
from portal.release.check import plain, would_run
from portal.release.reading_back import canonical, format_problems, others
from portal.release.verifier_reading import Plain, Tree, Truth, cells_of, shares_of
from portal.release.verifier_received import is_received, mark_of, parted, received_problems

NAMES = frozenset({"table.csv", "manifest.json", "risk.json", "utility.json", "report.html"})
"""What every folder holds; further formats of the table may stand beside."""
LEAST_K = 5
TARGETS = 2_000
_CLOSE = 1e-6


class VerificationError(RefusedError):
    """The folder must not leave; `problems` says why."""

    def __init__(self, problems: Collection[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Verified:
    """What was measured in the files alone."""

    records: int
    classes: int
    k_records: int
    ncp: float
    files: int
    """How many there are, all of them compared with the manifest and, where they hold the table, with it."""


@dataclass(frozen=True)
class Received:
    """What was found of a release that a portal handed out."""

    files: int
    """How many the manifest names, which is what the signature speaks of."""
    mark: str
    """Names the key that signed it."""
    unsigned: Sequence[str]
    """The files that nobody signed: who can change them can have them say anything."""


def verify_folder(folder: Path) -> Verified | Received:
    """Verify a folder by its own files. Raises `VerificationError`."""
    try:
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
    except OSError as error:
        raise VerificationError([f"{folder.name}: cannot be read"]) from error
    return _verify_received(files) if is_received(files) else verify_files(files)


def _verify_received(files: Mapping[str, bytes]) -> Received:
    try:
        problems = list(received_problems(files))
    except Exception as error:  # whatever it is, it is no release
        raise VerificationError(["a file cannot be read, or is not what it should be"]) from error
    if problems:
        raise VerificationError(problems)
    named, unsigned = parted(files)
    return Received(len(named), mark_of(files) or "", unsigned)


def verify_files(files: Mapping[str, bytes], *, truth: Truth | None = None) -> Verified:
    """Verify finished files by name, and against what they were made of if that is at hand."""
    if odd := sorted((files.keys() - others(files)) ^ NAMES):
        raise VerificationError([f"{name}: is missing, or belongs to no release" for name in odd])
    problems: list[str] = []
    try:
        release = _Release(files)
        problems += [*release.file_problems(), *release.table_problems(), *release.said_problems()]
        if truth is not None:
            problems += _against(release, truth)
    except VerificationError:
        raise
    except Exception as error:  # whatever it is, it is no release
        raise VerificationError([*problems, "a file cannot be read, or is not what it should be"]) from error
    if problems:
        raise VerificationError(list(dict.fromkeys(problems)))
    smallest = min(release.sizes.values())
    return Verified(len(release.classes), len(release.sizes), smallest, release.ncp, len(files))


class _Release:
    """The files as found: the manifest, the hierarchies in it, and the table."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.manifest: dict[str, Any] = json.loads(files["manifest.json"])
        self.risk: dict[str, Any] = json.loads(files["risk.json"])
        self.utility: dict[str, Any] = json.loads(files["utility.json"])
        self.promised: dict[str, Any] = self.manifest["promised"]
        self.roles: dict[str, str] = {name: one["role"] for name, one in self.manifest["columns"].items()}
        self.quasi = [name for name, role in self.roles.items() if role == "quasi-identifier"]
        self.sensitive = [name for name, role in self.roles.items() if role == "sensitive"]
        reader = cells_of(files["table.csv"], "utf-8")
        self.header = next(reader)
        self.columns = [plain(name) for name in self.header]
        self.known = Plain()
        self.rows = [tuple(map(self.known.__getitem__, row)) for row in reader]
        if set(map(len, self.rows)) - {len(self.columns)}:
            raise VerificationError(["table.csv: a record has another number of cells than the header"])
        self.trees = {name: Tree(name, self.manifest["hierarchies"][name]) for name in self.quasi}
        places = [self.columns.index(name) for name in self.quasi]
        chosen = itemgetter(*places)
        self.classes = (
            [(chosen(row),) for row in self.rows] if len(places) == 1 else list(map(chosen, self.rows))
        )
        self.sizes = Counter(self.classes)

    @property
    def ncp(self) -> float:
        """Mean loss of the released cells."""
        lost = sum(
            size * sum(self.trees[name].loss(label) for name, label in zip(self.quasi, labels, strict=True))
            for labels, size in self.sizes.items()
        )
        return lost / max(1, len(self.classes)) / len(self.quasi)

    def file_problems(self) -> Iterator[str]:
        """Compare the files with the manifest."""
        if canonical(self.manifest) != self.files["manifest.json"]:
            yield "manifest.json: is not canonical"
        rest = {name: value for name, value in self.manifest.items() if name != "rest_sha256"}
        if self.manifest.get("rest_sha256") != hashlib.sha256(canonical(rest)).hexdigest():
            yield "manifest.json: was changed"
        if self.manifest["format"] != "testimony-portal-table/1":
            yield "manifest.json: is of another format"
        if set(self.manifest["files"]) != self.files.keys() - {"manifest.json"}:
            yield "manifest.json: does not name the files that are there"
            return
        for name, entry in self.manifest["files"].items():
            data = self.files[name]
            if entry != {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}:
                yield f"{name}: is not the file that the manifest names"
        for name in ("risk.json", "utility.json"):
            if canonical(json.loads(self.files[name])) != self.files[name]:
                yield f"{name}: is not canonical"
        page = self.files["report.html"].decode()
        if re.search(r"<script|\son\w+=|\sstyle=|(?:src|href|url)\s*[=(]\s*[\"']?(?!#)", page, re.IGNORECASE):
            yield "report.html: leads elsewhere, or runs something"

    def table_problems(self) -> Iterator[str]:
        """Measure the table by itself."""
        if self.columns != list(self.roles) or len(set(self.columns)) < len(self.columns):
            order = sorted(self.columns) != sorted(self.roles)
            if order or len(set(self.columns)) < len(self.columns):
                yield "table.csv: has other columns than the manifest"
        if not self.quasi or set(self.manifest["hierarchies"]) != set(self.quasi):
            yield "manifest.json: quasi-identifiers and hierarchies are not the same"
        if any(role not in {"quasi-identifier", "sensitive", "plain"} for role in self.roles.values()):
            yield "manifest.json: a column has no role that leaves"
        for name, tree in self.trees.items():
            yield from tree.problems()
            place = self.quasi.index(name)
            if any(labels[place] not in tree.leaves for labels in self.sizes):
                yield f"table.csv: column {name} holds something that is no label of its hierarchy"
        if self.rows != sorted(self.rows):
            yield "table.csv: the records do not stand in the order of their values"
        if any(would_run(cell) for cell in {*self.known, *self.header}):
            yield "table.csv: a cell would run in a spreadsheet"
        tags = {name: one["hxl"] for name, one in self.manifest["columns"].items() if "hxl" in one}
        yield from format_problems(self.files, header=self.columns, rows=self.rows, tags=tags)
        yield from self.promise_problems()

    def promise_problems(self) -> Iterator[str]:
        """Measure k, l, entropy, shares and t."""
        promised = self.promised
        k = promised["k"]
        if type(k) is not int or k < LEAST_K:
            yield f"manifest.json: k is less than {LEAST_K}"
        if not self.sizes:
            yield "table.csv: holds nothing"
        elif min(self.sizes.values()) < k:
            yield f"k: a class holds fewer than {k} records"

    def measure(self, name: str, families: Sequence[object] | None) -> tuple[int, float, float, float]:
        """Measure one sensitive column, each value once a family: (l, entropy l, top share, t), the worst."""
        place = self.columns.index(name)
        values = [row[place] for row in self.rows]
        if families is None:
            pairs: Iterable[tuple[tuple[str, ...], str]] = zip(self.classes, values, strict=True)
            everybody: Iterable[str] = values
        else:
            triples = set(zip(self.classes, values, families, strict=True))
            pairs = [(label, value) for label, value, _ in triples]
            everybody = [value for value, _ in set(zip(values, families, strict=True))]
        counts: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for (label, value), count in Counter(pairs).items():
            counts[label][value] += count
        overall = Counter(everybody)
        steps = sorted(overall, key=float) if self.manifest["columns"][name]["ordered"] else None
        found = [shares_of(each, overall, steps) for each in counts.values()]
        return (
            min(one[0] for one in found),
            min(one[1] for one in found),
            max(one[2] for one in found),
            max(one[3] for one in found),
        )

    def diversity_problems(self, families: Sequence[object] | None) -> Iterator[str]:
        """Compare what was measured with what was promised, and with what is said in risk.json."""
        promised = self.promised
        if set(self.risk["sensitive"]) != set(self.sensitive):
            yield "risk.json: speaks of other sensitive columns"
            return
        for name in self.sensitive:
            values, entropy, top, t = self.measure(name, families)
            said = self.risk["sensitive"][name]
            if values < promised["l"]:
                yield f"l: a class holds fewer than {promised['l']} values of {name}"
            if entropy < promised["entropy_l"] - _CLOSE:
                yield f"entropy_l: a class tells too much of {name}"
            if top > promised["top_share"] + _CLOSE:
                yield f"top_share: one value of {name} is too common in a class"
            if t > promised["t"] + _CLOSE:
                yield f"t: a class is too far from the whole in {name}"
            told = (
                said["l"] == values,
                entropy - 2e-4 <= said["entropy_l"] <= entropy + _CLOSE,
                top - _CLOSE <= said["top_share"] <= top + 2e-4,
                t - _CLOSE <= said["t"] <= t + 2e-4,
            )
            if not all(told):
                yield f"risk.json: does not say what the table shows of {name}"

    def said_problems(self) -> Iterator[str]:
        """Compare the reports with the table."""
        if not self.sizes:
            return
        smallest = min(self.sizes.values())
        if self.risk["k_records"] != smallest or not self.promised["k"] <= self.risk["k"] <= smallest:
            yield "risk.json: does not say how small the smallest class is"
        if self.risk["promised"] != {n: v for n, v in self.promised.items() if n != "suppression_limit"}:
            yield "risk.json: promises something else than the manifest"
        if not 1 / self.risk["k"] - _CLOSE <= self.risk["highest_risk"] <= 1 / self.risk["k"] + 2e-4:
            yield "risk.json: does not say the highest risk"
        if self.utility["classes"] != len(self.sizes) or abs(self.utility["ncp"] - self.ncp) > 1e-4:  # noqa: PLR2004
            yield "utility.json: does not say what the table lost"
        counts = [*self.manifest["rounded"].values(), *self.risk["rounded"].values()]
        records = self.manifest["rounded"]["records"]
        if any(type(count) is not int or count % 10 for count in counts) or abs(records - len(self.rows)) > 5:  # noqa: PLR2004
            yield "manifest.json: a count is not rounded to tens, or is another"
        if self.manifest["rounded"] != self.risk["rounded"]:
            yield "risk.json: counts otherwise than the manifest"
        if self.manifest["unit"] == "record":
            yield from self.diversity_problems(None)


def _against(release: _Release, truth: Truth) -> Iterator[str]:
    """Compare the files with what they were made of: each record, each family, each candidate."""
    count = len(next(iter(truth.columns.values())))
    sources = list(truth.sources)
    if len(sources) != len(release.rows) or not all(0 <= source < count for source in sources):
        yield "table.csv: has more or fewer records than were to leave"
        return
    if len(set(sources)) < len(sources):
        yield "table.csv: a record was released twice"
    for place, name in enumerate(release.columns):
        cells = truth.columns[name]
        tree = release.trees.get(name)
        seen_in = map(itemgetter(place), release.rows)
        pairs = set(zip(map(cells.__getitem__, sources), seen_in, strict=True))
        if any((seen not in tree.paths.get(true, ())) if tree else seen != true for true, seen in pairs):
            yield f"table.csv: column {name} says something that does not follow from the source"
    left_out = (count - len(sources)) - release.risk["rounded"]["withheld"]
    if left_out > release.promised["suppression_limit"] * count + 5:
        yield "suppression_limit: too many records were left out"
    families = None if truth.unit is None else [truth.unit[source] for source in sources]
    if families is not None:
        yield from release.diversity_problems(families)
    yield from _candidate_problems(release, truth, families)


def _candidate_problems(release: _Release, truth: Truth, families: Sequence[object] | None) -> Iterator[str]:
    """Count families in each class, and around each true combination of values."""
    members: defaultdict[tuple[str, ...], set[object]] = defaultdict(set)
    for place, labels in enumerate(release.classes):
        members[labels].add(place if families is None else families[place])
    fewest = min(map(len, members.values()), default=0)
    if fewest < release.promised["k"] or fewest != release.risk["k"]:
        yield f"k: a class holds fewer than {release.promised['k']} units, or risk.json says otherwise"
    names = release.quasi
    holding: dict[tuple[int, str], set[int]] = defaultdict(set)
    classes = list(members)
    for number, labels in enumerate(classes):
        for column, label in enumerate(labels):
            holding[column, label].add(number)
    guesses, step = 0.0, max(1, len(release.rows) / TARGETS)
    targets = sorted({int(number * step) for number in range(TARGETS)} & set(range(len(release.rows))))
    known: dict[tuple[str, ...], int] = {}
    for place in targets:
        values = tuple(truth.columns[name][truth.sources[place]] for name in names)
        if values not in known:
            fits = _fitting(values, release, holding)
            known[values] = (
                sum(len(members[classes[one]]) for one in fits)
                if families is None
                else len(set().union(*(members[classes[one]] for one in fits)))
            )
        guesses += 1 / max(1, known[values])
    if known and min(known.values()) < release.promised["k"]:
        yield f"candidates: true values lead to fewer than {release.promised['k']}"
    guesses *= TARGETS / max(1, len(targets))
    if release.risk["expected_right_guesses"] < guesses * 0.9 - 3:
        yield "risk.json: tells fewer right guesses than there would be"
    yield from _presence_problems(release, truth, members)


def _fitting(
    values: Sequence[str], release: _Release, holding: Mapping[tuple[int, str], set[int]]
) -> set[int]:
    """Return the classes whose labels all hold these true values."""
    found: set[int] | None = None
    options = []
    for column, (name, value) in enumerate(zip(release.quasi, values, strict=True)):
        labels = set(release.trees[name].paths[value])
        options.append([holding[column, label] for label in labels if (column, label) in holding])
    for sets in sorted(options, key=lambda each: sum(map(len, each))):
        here: set[int] = set().union(*(each if found is None else found & each for each in sets))
        found = here
    return found or set()


def _presence_problems(
    release: _Release, truth: Truth, members: Mapping[tuple[str, ...], set[object]]
) -> Iterator[str]:
    """Compare each class with the people of the register who fit it."""
    if truth.register is None:
        return
    people = Counter(tuple(one[name] for name in release.quasi) for one in truth.register)
    paths = [release.trees[name].paths for name in release.quasi]
    worst = 0.0
    for labels, families in members.items():
        fitting = sum(
            count
            for values, count in people.items()
            if all(label in path[value] for label, path, value in zip(labels, paths, values, strict=True))
        )
        worst = max(worst, len(families) / max(1, fitting))
    if worst > release.promised["delta"] + _CLOSE or worst > (release.risk["delta"] or 0) + _CLOSE:
        yield "delta: a class holds too many of the people in the register"
