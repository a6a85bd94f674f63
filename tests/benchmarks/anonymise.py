"""What anonymising a table costs, what it keeps, and what an adversary gets of it.

    python tests/benchmarks/anonymise.py [--adult FOLDER] [--quick]

``--adult`` is a folder with ``adult.csv`` and ``hierarchies/NAME.csv`` (UCI Adult as ARX ships it: 30,162
records, nine quasi-identifiers); without it only invented families are measured. Each case runs by itself in
a new process, the whole way from the CSV file to the verified folder.

How to read it. ``cpu_s`` is processor time from reading to writing, without starting Python; ``peak_mib`` the
most memory of the whole process, ``bare_mib`` of it for loading the portal. ``engine_cpu_s`` is the
search alone. ``ncp`` is judged here from ``table.csv`` and the hierarchy files: 0 is every true value, 1
is nothing; with ``ncp_all`` a record that was left out counts as 1. ``right_guesses`` are expected right
guesses at 2,000 people whose true values are all known, each one among all records, or families, that fit.
``below_k`` counts people in groups smaller than k that both releases together tell apart, ``alone`` those who
stand alone in one.
"""

import argparse
import csv
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from portal.release.inside import Inside
from portal.release.search import preview, recode
from portal.release.table_release import anonymise_file, read_both

NAMES = (
    "sex",
    "age",
    "race",
    "marital-status",
    "education",
    "native-country",
    "workclass",
    "occupation",
    "salary-class",
)
Rows = list[dict[str, str]]
Paths = dict[str, dict[str, list[str]]]
CASES: dict[str, Callable[..., dict[str, Any]]] = {}


def case(found: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Measure this in a process of its own."""
    CASES[found.__name__] = found
    return found


# Judging


def hierarchies(folder: Path, names: Sequence[str]) -> Paths:
    found: Paths = {}
    for name in names:
        with (folder / f"{name}.csv").open(encoding="utf-8") as source:
            found[name] = {row[0]: row for row in csv.reader(source, delimiter=";")}
    return found


def table(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def losses(paths: Paths) -> dict[str, dict[str, float]]:
    """Loss of each label, by column."""
    found = {}
    for name, lines in paths.items():
        under = Counter(label for line in lines.values() for label in set(line))
        found[name] = {label: (count - 1) / (len(lines) - 1) for label, count in under.items()}
    return found


def right_guesses(
    out: Path, released: Rows, truth: Rows, paths: Paths, family: Sequence[object] | None
) -> dict[str, Any]:
    """Guess at 2,000 people: records, or families by the true row behind each record, that fit."""
    names = list(paths)
    classes = Counter(tuple(row[name] for name in names) for row in released)
    members: dict[tuple[str, ...], set[object]] = defaultdict(set)
    if family is not None:
        inside = Inside.of_folder(out)
        for number, one in zip(inside.of.tolist(), family, strict=True):
            if number >= 0:
                members[inside.labels[number]].add(one)
    chance, guesses, fewest = random.Random(7), 0.0, len(truth)  # noqa: S311 - a sample
    for row in chance.sample(truth, min(2000, len(truth))):
        fits = fitting(row, classes, paths)
        count = (
            sum(classes[one] for one in fits)
            if family is None
            else len(set().union(*(members[f] for f in fits)))
        )
        if fits:
            guesses += 1 / count
            fewest = min(fewest, count)
    return {"right_guesses": round(guesses, 1), "fewest_candidates": fewest}


def fitting(
    row: Mapping[str, str], classes: Mapping[tuple[str, ...], int], paths: Paths
) -> list[tuple[str, ...]]:
    """Return the classes whose labels hold these true values."""
    key = id(classes)
    if key not in _BY_FIRST:
        index: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
        for labels in classes:
            index[labels[:_PART]].append(labels)
        _BY_FIRST[key] = index
    names = list(paths)
    ways: list[tuple[str, ...]] = [()]
    for name in names[:_PART]:
        ways = [(*way, label) for way in ways for label in dict.fromkeys(paths[name][row[name]])]
    rest = [(place, set(paths[name][row[name]])) for place, name in enumerate(names) if place >= _PART]
    return [
        labels
        for way in ways
        for labels in _BY_FIRST[key].get(way, ())
        if all(labels[place] in known for place, known in rest)
    ]


_PART = 5
_BY_FIRST: dict[int, dict[tuple[str, ...], list[tuple[str, ...]]]] = {}


def judged(out: Path, truth: Rows, paths: Paths, family: Sequence[object] | None = None) -> dict[str, Any]:
    released, lost = table(out / "table.csv"), losses(paths)
    each = [sum(lost[name][row[name]] for name in paths) / len(paths) for row in released]
    away = len(truth) - len(released)
    smallest = min(Counter(tuple(row[name] for name in paths) for row in released).values())
    return {
        "ncp": round(sum(each) / len(each), 4),
        "ncp_all": round((sum(each) + away) / len(truth), 4),
        "left_out_percent": round(100 * away / len(truth), 2),
        "smallest_class": smallest,
        **right_guesses(out, released, truth, paths, family),
    }


# Cases


def policy(folder: Path, roles: Mapping[str, Any], **more: Any) -> Path:
    path = folder / "policy.json"
    path.write_text(json.dumps({"columns": roles, "seed": 1, **more}), encoding="utf-8")
    return path


def quasi(names: Sequence[str], folder: Path) -> dict[str, Any]:
    return {name: {"role": "quasi-identifier", "hierarchy": str(folder / f"{name}.csv")} for name in names}


def timed(source: Path, rules: Path, out: Path, earlier: Sequence[Path] = ()) -> float:
    before = time.process_time()
    anonymise_file(source, rules, out, earlier=earlier)
    return round(time.process_time() - before, 2)


@case
def adult_k5(adult: Path, scratch: Path) -> dict[str, Any]:
    """Nine quasi-identifiers, k = 5."""
    rules = policy(scratch, quasi(NAMES, adult / "hierarchies"), k=5)
    cpu = timed(adult / "adult.csv", rules, scratch / "out")
    peak = peak_mib()
    paths = hierarchies(adult / "hierarchies", NAMES)
    return {"cpu_s": cpu, "peak_mib": peak, **judged(scratch / "out", table(adult / "adult.csv"), paths)}


@case
def adult_l2(adult: Path, scratch: Path) -> dict[str, Any]:
    """Eight quasi-identifiers, k = 5, two salary classes in each group."""
    names = NAMES[:-1]
    roles = {**quasi(names, adult / "hierarchies"), "salary-class": {"role": "sensitive"}}
    cpu = timed(adult / "adult.csv", policy(scratch, roles, k=5, l=2), scratch / "out")
    peak = peak_mib()
    said: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for row in table(scratch / "out" / "table.csv"):
        said[tuple(row[name] for name in names)].add(row["salary-class"])
    paths = hierarchies(adult / "hierarchies", names)
    found = judged(scratch / "out", table(adult / "adult.csv"), paths)
    return {"cpu_s": cpu, "peak_mib": peak, "l": min(map(len, said.values())), **found}


@case
def adult_300k(adult: Path, scratch: Path) -> dict[str, Any]:
    """Ten copies, in nine of them each cell drawn anew from its column with chance 0.1; k = 5."""
    truth = table(adult / "adult.csv")
    chance = random.Random(5)  # noqa: S311 - a benchmark
    columns = {name: [row[name] for row in truth] for name in NAMES}
    copies = [
        {name: chance.choice(columns[name]) if chance.random() < 0.1 else row[name] for name in NAMES}
        for _ in range(9)
        for row in truth
    ]
    written(scratch / "big.csv", [*truth, *copies])
    rules = policy(scratch, quasi(NAMES, adult / "hierarchies"), k=5)
    del copies, columns
    read = read_both(scratch / "big.csv", rules)
    before = time.process_time()
    preview(read.rules.items, 5)
    rate = 10 * len(truth) / (time.process_time() - before)
    before = time.process_time()
    recode(read.rules, bearable=15_000)
    engine = round(time.process_time() - before, 2)
    del read
    cpu = timed(scratch / "big.csv", rules, scratch / "out")
    peak = peak_mib()
    found = judged(scratch / "out", table(scratch / "big.csv"), hierarchies(adult / "hierarchies", NAMES))
    return {
        "cpu_s": cpu,
        "engine_cpu_s": engine,
        "peak_mib": peak,
        "preview_rows_per_s": round(rate),
        **found,
    }


@case
def families_k11(scratch: Path) -> dict[str, Any]:
    """2,400 invented accounts of some 1,340 families, six quasi-identifiers, k = 11 families."""
    truth, rules, paths = invented(scratch, 2400, k=11)
    cpu = timed(scratch / "table.csv", rules, scratch / "out")
    family = [row["family"] for row in truth]
    risk = json.loads((scratch / "out" / "risk.json").read_text())
    return {
        "cpu_s": cpu,
        "peak_mib": peak_mib(),
        "k": risk["k"],
        **judged(scratch / "out", truth, paths, family),
    }


@case
def second_release_k5(scratch: Path) -> dict[str, Any]:
    """One account a family, four quasi-identifiers; 2 % withdrawn, 15 % new."""
    return second(scratch, k=5, alone=True, columns=4)


@case
def second_release_families_k11(scratch: Path) -> dict[str, Any]:
    """Up to four accounts a family, four quasi-identifiers; 2 % withdrawn, 15 % new."""
    return second(scratch, k=11, alone=False, columns=4)


def second(scratch: Path, *, k: int, alone: bool, columns: int) -> dict[str, Any]:
    truth, rules, _ = invented(scratch, 2760, k=k, alone=alone, columns=columns)
    chance = random.Random(3)  # noqa: S311 - a benchmark
    first, new = truth[:2400], truth[2400:]
    stayed = [row for row in first if chance.random() >= 0.02]
    written(scratch / "first.csv", first)
    written(scratch / "second.csv", [*stayed, *new])
    timed(scratch / "first.csv", rules, scratch / "a")
    cpu = timed(scratch / "second.csv", rules, scratch / "b", [scratch / "a"])
    stood = [
        classes_by_account(scratch / name, rows) for name, rows in (("a", first), ("b", [*stayed, *new]))
    ]
    cells: dict[tuple[object, object], set[str]] = defaultdict(set)
    for row in truth:
        cell = (stood[0].get(row["account"]), stood[1].get(row["account"]))
        if cell != (None, None):
            cells[cell].add(row["family"])
    small = [len(one) for one in cells.values() if len(one) < k]
    waits = 1 - len(stood[1]) / (len(stayed) + len(new))
    return {
        "cpu_s": cpu,
        "below_k": sum(small),
        "alone": small.count(1),
        "withheld_percent": round(100 * waits, 1),
        "withdrawn": len(first) - len(stayed),
        "new": len(new),
    }


def classes_by_account(out: Path, rows: Rows) -> dict[str, int]:
    of = Inside.of_folder(out).of.tolist()
    return {row["account"]: number for row, number in zip(rows, of, strict=True) if number >= 0}


# Invented families


def invented(
    scratch: Path, count: int, *, k: int, alone: bool = False, columns: int = 6
) -> tuple[Rows, Path, Paths]:
    """Write a table of accounts, its hierarchies and a policy: (rows, policy, hierarchies)."""
    trees: Paths = {
        "birth": {str(year): born(year) for year in range(1310, 1351)},
        "prison": {
            f"prison {n}": [f"prison {n}", f"province {n % 8}", f"region {n % 8 % 3}", "*"] for n in range(24)
        },
        "affiliation": {f"group {n}": [f"group {n}", f"family of groups {n % 3}", "*"] for n in range(9)},
        "month": {f"month {n}": [f"month {n}", f"season {n // 3}", "*"] for n in range(10)},
        "origin": {f"town {n}": [f"town {n}", f"land {n % 5}", "*"] for n in range(31)},
        "relation": {f"relation {n}": [f"relation {n}", f"kind {n % 3}", "*"] for n in range(12)},
    }
    trees = dict(list(trees.items())[:columns])
    for name, lines in trees.items():
        text = "\n".join(";".join(line) for line in lines.values())
        (scratch / f"{name}.csv").write_text(text + "\n", encoding="utf-8")
    rows = list(accounts(count, trees, alone=alone))
    written(scratch / "table.csv", rows)
    roles = {**quasi(list(trees), scratch), "family": {"role": "unit"}, "account": {"role": "drop"}}
    return rows, policy(scratch, roles, k=k), trees


def born(year: int) -> list[str]:
    five, ten = year // 5 * 5, year // 10 * 10
    return [str(year), f"{five}-{five + 4}", f"{ten}-{ten + 9}", "*"]


def accounts(count: int, trees: Paths, *, alone: bool) -> Iterator[dict[str, str]]:
    """Families share all but the relation; early values of each tree are common, late ones rare."""
    chance, made, family = random.Random(11), 0, 0  # noqa: S311 - a benchmark
    while made < count:
        shared = {name: drawn(chance, list(lines)) for name, lines in trees.items()}
        for _ in range(1 if alone or chance.random() > 0.38 else chance.randint(2, 4)):
            if made < count:
                own = {"relation": drawn(chance, list(trees["relation"]))} if "relation" in trees else {}
                yield {**shared, **own, "family": f"family {family}", "account": f"account {made}"}
            made += 1
        family += 1


def drawn(chance: random.Random, values: Sequence[str]) -> str:
    if len(values) > 40:  # years of birth lie around their middle
        return values[min(len(values) - 1, max(0, round(chance.gauss(len(values) * 0.6, 6))))]
    return chance.choices(values, [1 / (place + 1) for place in range(len(values))])[0]


def written(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.DictWriter(sink, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


# Running


def peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _one(name: str, adult: Path | None, results: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bare, found = peak_mib(), CASES[name]
        given = (
            {"adult": adult} if "adult" in found.__code__.co_varnames[: found.__code__.co_argcount] else {}
        )
        results.put({"bare_mib": bare, **found(**given, scratch=Path(folder))})


def run(adult: Path | None, *, quick: bool) -> dict[str, Any]:
    context, found = multiprocessing.get_context("spawn"), {}
    for name, one in CASES.items():
        if "adult" in one.__code__.co_varnames and (adult is None or (quick and "300k" in name)):
            continue
        results = context.Queue()
        process = context.Process(target=_one, args=(name, adult, results))
        process.start()
        found[name] = results.get(timeout=600)
        process.join()
    return found


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description="Measure the anonymisation of tables.")
    asked.add_argument("--adult", type=Path)
    asked.add_argument("--quick", action="store_true")
    said = asked.parse_args()
    json.dump(run(said.adult, quick=said.quick), sys.stdout, indent=1)
    sys.stdout.write("\n")
