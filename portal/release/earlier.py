"""A release beside all earlier ones of the same table: what was shown stays, the rest forms new classes.

People who stood in a class keep its labels; newcomers form classes among themselves; and whoever would still
be told apart with too few others waits (`differencing`). All recipients are taken to hold all releases.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from portal.errors import InvalidError
from portal.release.differencing import Member, held_back
from portal.release.diversity import Diversity
from portal.release.encoded import Ints, Tree, distinct
from portal.release.finished import Finished
from portal.release.inside import Digests, Inside
from portal.release.partition import OUT, Partition
from portal.release.search import recode

Labels = tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """The table now: its columns, schemes and digests, as they are kept afterwards."""

    columns: tuple[str, ...]
    schemes: Mapping[str, str]
    rows: Digests
    units: Digests | None


@dataclass(frozen=True)
class _Roll:
    """Who is who over all releases: people by release, then those of the table now."""

    before: Sequence[Sequence[int]]
    now: Sequence[int]
    family: Mapping[int, str]


def beside_earlier(
    asked: Asked, earlier: Sequence[Inside], rules: Diversity, *, values: Ints, random: Callable[[int], bytes]
) -> Finished:
    """Return what may leave beside the earlier releases; `values` are the true ones of each row.

    Every group of people that all releases together tell apart then holds at least `k` families, or none of
    it leaves.
    """
    roll = _roll(asked, earlier)
    stood = [
        {who: number for who, number in zip(people, one.of.tolist(), strict=True) if number != OUT}
        for people, one in zip(roll.before, earlier, strict=True)
    ]
    paths = [tuple(release.get(person, OUT) for release in stood) for person in roll.now]
    labels = _labels(asked, earlier, rules, values=values, paths=paths)
    finished = _finished(rules, values, labels)
    memberships = [
        {person: Member(number, roll.family[person]) for person, number in release.items()}
        for release in stood
    ]
    place = {person: row for row, person in enumerate(roll.now)}
    while True:
        candidate = {
            roll.now[row]: Member(int(finished.of[row]), roll.family[roll.now[row]]) for row in finished.kept
        }
        away = held_back(candidate, memberships, rules.rules.k, rank=lambda _person: random(16))
        left = finished.without(np.array(sorted(place[one] for one in away), dtype=np.int64))
        faulty = _faulty(left, rules)
        if not away and not len(faulty):
            return left
        finished = left.without(faulty)


def _faulty(finished: Finished, rules: Diversity) -> Ints:
    """Return the rows of classes that break a promise other than `k`."""
    if not rules.asked or not len(finished.heads):
        return np.zeros(0, dtype=np.int64)
    over = rules.over_rows(finished.of)
    good = np.ones(len(finished.heads), dtype=bool)
    if rules.columns:
        good &= over.sound(over.histograms(finished.of, len(finished.heads)))
    good &= rules.all_present(finished.units, finished.heads, finished.levels)
    return np.flatnonzero((finished.of != OUT) & ~good[finished.of])


def _labels(
    asked: Asked,
    earlier: Sequence[Inside],
    rules: Diversity,
    *,
    values: Ints,
    paths: Sequence[tuple[int, ...]],
) -> list[Labels | None]:
    """Give each row its labels: those it had where the columns are the same, else those of its own group."""
    found: list[Labels | None] = [None] * len(paths)
    groups: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for row, path in enumerate(paths):
        last = max((place for place, number in enumerate(path) if number != OUT), default=None)
        if last is None or list(earlier[last].schemes.items()) != list(asked.schemes.items()):
            groups[path].append(row)
            continue
        labels = earlier[last].labels[path[last]]
        if _holds(rules.items.trees, values[row], labels):
            found[row] = labels
    for rows in groups.values():
        own = _own(rules, values, np.array(rows, dtype=np.int64))
        for row, each in zip(rows, own, strict=True):
            found[row] = each
    return found


def _holds(trees: Sequence[Tree], values: Ints, labels: Labels) -> bool:
    return all(
        label in {tree.labels[number] for number in tree.paths[value]}
        for tree, value, label in zip(trees, values.tolist(), labels, strict=True)
    )


def _own(rules: Diversity, values: Ints, rows: Ints) -> list[Labels | None]:
    """Recode some rows by themselves; those that find no company stay out."""
    trees = rules.items.trees
    unit = rules.unit[rows]
    items = distinct(trees, [values[rows, j] for j in range(len(trees))], unit)
    columns = tuple(replace(column, values=column.values[rows]) for column in rules.columns)
    found = recode(Diversity(rules.rules, items, unit, columns, rules.register), bearable=len(rows))
    if not isinstance(found, Partition):
        return [None] * len(rows)
    labels = found.labels()
    return [None if number == OUT else labels[number] for number in found.of[items.place].tolist()]


def _finished(rules: Diversity, values: Ints, labels: Sequence[Labels | None]) -> Finished:
    trees = rules.items.trees
    names = sorted({each for each in labels if each is not None})
    number = {each: place for place, each in enumerate(names)}
    of = np.array([OUT if each is None else number[each] for each in labels], dtype=np.int64)
    heads = np.zeros((len(names), len(trees)), dtype=np.int64)
    levels = np.zeros_like(heads)
    for j, tree in enumerate(trees):
        places = {tree.labels[tree.paths[value, level]]: (value, level) for value, level in _downwards(tree)}
        for row, name in enumerate(names):
            heads[row, j], levels[row, j] = places[name[j]]
    return Finished(trees, values, rules.unit, of, heads, levels)


def _downwards(tree: Tree) -> list[tuple[int, int]]:
    """List values and levels so that the lowest place of each label comes last."""
    return [(v, level) for level in reversed(range(tree.paths.shape[1])) for v in range(len(tree.paths))]


def _roll(asked: Asked, earlier: Sequence[Inside]) -> _Roll:
    """Recognise people from release to release: by the whole row, else by their family."""
    for one in earlier:
        if one.columns != asked.columns and (one.units is None or asked.units is None):
            raise InvalidError(
                "The table has other columns than at the earlier release, and no column is the unit of both: "
                "nobody can tell who stood in it."
            )
        if (one.units is None) != (asked.units is None):
            raise InvalidError("One release has a unit and the other has none: they cannot be compared.")
    people = _People()
    before = [people.recognise(one.rows, one.units) for one in earlier]
    now = people.recognise(asked.rows, asked.units)
    return _Roll(before, now, people.family)


class _People:
    """Everybody who stood in a table so far: how their row looked last, and their family."""

    def __init__(self) -> None:
        self.rows: dict[int, bytes] = {}
        self.family: dict[int, str] = {}

    def recognise(self, rows: Digests, units: Digests | None) -> list[int]:
        """Return who each row is; people of one family whose rows changed are taken in turn."""
        digests = [row.tobytes() for row in np.ascontiguousarray(rows)]
        families = [None] * len(digests) if units is None else [f"{unit:016x}" for unit in units.tolist()]
        known: defaultdict[bytes, list[int]] = defaultdict(list)
        for person, digest in sorted(self.rows.items(), reverse=True):
            known[digest].append(person)
        found: list[int | None] = [known[one].pop() if known.get(one) else None for one in digests]
        gone: defaultdict[str | None, list[int]] = defaultdict(list)
        for person in sorted(self.rows.keys() - set(found), reverse=True):
            gone[self.family[person]].append(person)
        for row in sorted((row for row, one in enumerate(found) if one is None), key=digests.__getitem__):
            same = gone.get(families[row]) if families[row] else None
            found[row] = same.pop() if same else len(self.family)
            person = int(found[row] or 0)
            self.family[person] = families[row] or f"person {person}"
        people = [int(one or 0) for one in found]
        self.rows.update(zip(people, digests, strict=True))
        return people
