"""k-anonymity in families: generalise by fixed hierarchies, suppress what stays alone, invent nothing.

Cuts look at quasi-identifiers only, never at sensitive values, so that replaying the public algorithm tells
nothing about them (Wong and others, "Minimality attack", VLDB 2007).
"""

import itertools
import math
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from portal.errors import InvalidError, UnavailableError
from portal.release.hierarchies import MISSING
from portal.release.policy import RECORD, Levels, Policy

TOKEN_BYTES = 16

Value = str | int | float | None
Combination = tuple[str, ...]
"""Values or labels of the quasi-identifiers, in the order of the policy."""
Plan = Mapping[Combination, Combination]
"""True values → released labels; what is suppressed is not in it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One coded account; `unit` is the key of its family, without which the row is a family of its own."""

    values: Mapping[str, Value] = field(repr=False)
    unit: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Class:
    """Released records that share all labels: how many, of how many families."""

    labels: Combination
    rows: int
    units: int


class Reason(StrEnum):
    """Why nothing is released."""

    TOO_FEW = "fewer families than a class must hold"
    TOO_MANY_ALONE = "too many records would have to be left out"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Names no class and no record: the message itself must tell nothing. `drop` are columns to leave out."""

    reason: Reason
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. All figures are exact and stay inside; `tables.manifest` says what may go out."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    sources: tuple[int, ...] = field(default=(), repr=False)
    """For each released row its place in the input: for the verifier and for comparing releases only."""
    classes: tuple[Class, ...] = ()
    suppressed: int = 0
    ncp: Mapping[str, float] = field(default_factory=dict)
    """Loss of each quasi-identifier over the released records, 0 (true values) to 1 (nothing said)."""
    loss: float = 1.0
    """Loss in all, a suppressed record counting as lost whole."""
    refused: Refusal | None = None

    @property
    def k_reached(self) -> int:
        """Families in the smallest class; 0 when nothing is released."""
        return min((each.units for each in self.classes), default=0)

    @property
    def highest_risk(self) -> float:
        """Chance of the best guess at a family by one who knows that it is there and all its values."""
        return 1 / self.k_reached if self.classes else 0.0

    @property
    def right_guesses(self) -> float:
        """Expected right guesses when each family is sought once in its class: one for every class."""
        return float(len(self.classes))


@dataclass(frozen=True, slots=True)
class _Crowd:
    """All rows that share their true quasi-identifiers."""

    rows: int
    units: frozenset[int]


def anonymise(
    rows: Sequence[Row], policy: Policy, *, random: Callable[[int], bytes] = secrets.token_bytes
) -> Outcome:
    """Release what can be protected: every class of equal labels holds at least `policy.k` families.

    Top-down recoding class by class and whole-column recoding are both tried; the smaller loss wins. The
    order of the input never matters; equal rows are put in order, and ids drawn, by `random`. Raises
    `InvalidError` for a column that the policy does not name or a value that it does not know, without
    repeating the value.
    """
    coded = [_coded(row, policy) for row in rows]
    search = _Search(policy, _crowds(rows, coded, policy))
    refusal = search.refusal()
    if refusal is not None:
        return Outcome(policy.released, suppressed=len(rows), refused=refusal)
    return _outcome(rows, coded, search, search.plan(), random)


def _coded(row: Row, policy: Policy) -> dict[str, str]:
    unknown = sorted(row.values.keys() - policy.columns.keys())
    if unknown:
        raise InvalidError(f"the policy does not name the column {unknown[0]}")
    coded = {name: _text(row.values.get(name)) for name in policy.released}
    for name, value in coded.items():
        column = policy.columns[name]
        known = column.values | {MISSING} if column.hierarchy is None else column.hierarchy.paths
        if value not in known:
            raise InvalidError(f"the column {name} holds a value that the policy does not know")
    return coded


def _text(value: Value) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip() or MISSING


def _crowds(
    rows: Sequence[Row], coded: Sequence[Mapping[str, str]], policy: Policy
) -> dict[Combination, _Crowd]:
    numbers: dict[str, int] = {}
    members: dict[Combination, list[int]] = {}
    for place, (row, values) in enumerate(zip(rows, coded, strict=True)):
        alone = -1 - place  # below zero, so never the number of a named family
        unit = alone if row.unit is None else numbers.setdefault(row.unit, len(numbers))
        members.setdefault(tuple(values[name] for name in policy.quasi), []).append(unit)
    return {values: _Crowd(len(units), frozenset(units)) for values, units in members.items()}


@dataclass(frozen=True, slots=True)
class _Cut:
    """One class made finer: what the cells win, the classes that follow, and how many rows it leaves out."""

    won: float
    parts: list[tuple[Levels, list[Combination]]]
    left_out: int = 0

    def rank(self) -> tuple[bool, float]:
        """Order cuts: nobody is left out where a cut without it is to be had."""
        return not self.left_out, self.won


class _Search:
    """Looks for the recoding of least loss that keeps `policy.k` families in each class."""

    def __init__(self, policy: Policy, crowds: Mapping[Combination, _Crowd]) -> None:
        self.policy = policy
        self.crowds = crowds
        self.hierarchies = tuple(policy.quasi.values())
        self.total = self._rows(crowds)
        self.bearable = math.floor(policy.suppression * self.total)

    def refusal(self) -> Refusal | None:
        """Whether even the coarsest labels leave too many alone, and which columns to drop then."""
        if self._units(self.crowds) < self.policy.k:
            return Refusal(Reason.TOO_FEW)
        levels = list(self.policy.ceiling)
        dropped: list[int] = []
        while self._alone(tuple(levels)) > self.bearable:
            trials = {
                index: self._alone((*levels[:index], hierarchy.height, *levels[index + 1 :]))
                for index, hierarchy in enumerate(self.hierarchies)
                if levels[index] < hierarchy.height
            }
            best = min(trials, key=lambda index: (trials[index], index))
            levels[best] = self.hierarchies[best].height
            dropped.append(best)
        names = tuple(self.policy.quasi)
        return Refusal(Reason.TOO_MANY_ALONE, tuple(names[index] for index in dropped)) if dropped else None

    def plan(self) -> Plan:
        """Choose the better of both ways; whole columns are tried only if there are few enough of them."""
        best = self._class_by_class()
        least = self.loss(best)
        if math.prod(top + 1 for top in self.policy.ceiling) > self.policy.most_nodes:
            return best
        for bound, levels in sorted(self._bounds()):
            if bound >= least:
                break
            plan = self._without_the_alone(levels)
            loss = self.loss(plan)
            if loss < least and self.total - self._rows(plan) <= self.bearable:
                best, least = plan, loss
        return best

    def loss(self, plan: Plan) -> float:
        """Mean loss over all cells, 1 for each cell of a suppressed record."""
        lost = math.fsum(
            crowd.rows * (self._loss(plan[values]) if values in plan else 1.0)
            for values, crowd in self.crowds.items()
        )
        return lost / self.total

    def _bounds(self) -> Iterable[tuple[float, Levels]]:
        """Each combination of levels with what it loses before any suppression: it cannot lose less."""
        of_column = [
            [
                math.fsum(
                    crowd.rows * self._at(index, values, level) for values, crowd in self.crowds.items()
                )
                / (self.total * len(self.hierarchies))
                for level in range(top + 1)
            ]
            for index, top in enumerate(self.policy.ceiling)
        ]
        for levels in itertools.product(*(range(top + 1) for top in self.policy.ceiling)):
            yield math.fsum(losses[level] for losses, level in zip(of_column, levels, strict=True)), levels

    def _class_by_class(self) -> Plan:
        """Top-down: from the coarsest labels, refine each class by the cut that wins most."""
        plan: dict[Combination, Combination] = {}
        spare = self.bearable - self._alone(self.policy.ceiling)
        waiting = deque(
            (self.policy.ceiling, members)
            for members in self._classes(self.policy.ceiling, self.crowds).values()
            if self._units(members) >= self.policy.k
        )
        while waiting:
            levels, members = waiting.popleft()
            cut = max(self._cuts(levels, members, spare), key=_Cut.rank, default=None)
            if cut is None:
                plan.update((values, self._labels(values, levels)) for values in members)
            else:
                waiting.extend(cut.parts)
                spare -= cut.left_out
        return plan

    def _cuts(self, levels: Levels, members: list[Combination], spare: int) -> Iterator[_Cut]:
        """Every way to go a level finer in one column where each part holds `k` families.

        Those too few to stand alone keep their label together; if they are too few even so, the smallest
        parts keep them company, or they are left out while the policy bears it and it loses less.
        """
        for index, level in enumerate(levels):
            if level == 0:
                continue
            finer = (*levels[:index], level - 1, *levels[index + 1 :])
            parts = sorted(
                (self._units(part), labels, part) for labels, part in self._classes(finer, members).items()
            )
            kept = [part for units, _, part in parts if units >= self.policy.k]
            rest = [values for units, _, part in parts if units < self.policy.k for values in part]
            if kept and rest and self._units(rest) < self.policy.k and self._rows(rest) <= spare:
                lost = self._rows(rest) * len(levels) * (1 - self._loss(self._labels(rest[0], levels)))
                won = self._won(index, level, kept) - lost
                if won > 0:
                    yield _Cut(won, [(finer, part) for part in kept], self._rows(rest))
            while kept and rest and self._units(rest) < self.policy.k:
                rest += kept.pop(0)
            if kept:
                behind = [(levels, rest)] if rest else []
                yield _Cut(self._won(index, level, kept), [(finer, part) for part in kept] + behind)

    def _classes(
        self, levels: Levels, members: Iterable[Combination]
    ) -> dict[Combination, list[Combination]]:
        found: dict[Combination, list[Combination]] = {}
        for values in members:
            found.setdefault(self._labels(values, levels), []).append(values)
        return found

    def _labels(self, values: Combination, levels: Levels) -> Combination:
        return tuple(
            hierarchy.paths[value][level]
            for hierarchy, value, level in zip(self.hierarchies, values, levels, strict=True)
        )

    def _without_the_alone(self, levels: Levels) -> Plan:
        return {
            values: labels
            for labels, members in self._classes(levels, self.crowds).items()
            if self._units(members) >= self.policy.k
            for values in members
        }

    def _alone(self, levels: Levels) -> int:
        return self.total - self._rows(self._without_the_alone(levels))

    def _loss(self, labels: Combination) -> float:
        losses = [hierarchy.loss(label) for hierarchy, label in zip(self.hierarchies, labels, strict=True)]
        return math.fsum(losses) / max(1, len(losses))

    def _at(self, index: int, values: Combination, level: int) -> float:
        hierarchy = self.hierarchies[index]
        return hierarchy.loss(hierarchy.paths[values[index]][level])

    def _won(self, index: int, level: int, parts: Iterable[list[Combination]]) -> float:
        """Weigh what the rows of all parts win when one column goes down from a level."""
        return math.fsum(
            self.crowds[values].rows * (self._at(index, values, level) - self._at(index, values, level - 1))
            for part in parts
            for values in part
        )

    def _rows(self, members: Iterable[Combination]) -> int:
        return sum(self.crowds[values].rows for values in members)

    def _units(self, members: Iterable[Combination]) -> int:
        return len(frozenset().union(*(self.crowds[values].units for values in members)))


def _outcome(
    rows: Sequence[Row],
    coded: Sequence[Mapping[str, str]],
    search: _Search,
    plan: Plan,
    random: Callable[[int], bytes],
) -> Outcome:
    policy, quasi = search.policy, search.policy.quasi
    released: list[tuple[tuple[str, ...], str, int]] = []
    units: dict[Combination, list[str | int]] = {}
    for place, values in enumerate(coded):
        labels = plan.get(tuple(values[name] for name in quasi))
        if labels is None:
            continue
        cells = {**values, **dict(zip(quasi, labels, strict=True))}
        token = "r" + random(TOKEN_BYTES).hex()  # the letter keeps spreadsheets from reading a number
        released.append((tuple(cells[name] for name in policy.released), token, place))
        family = rows[place].unit
        units.setdefault(labels, []).append(place if family is None else family)
    released.sort(key=lambda each: each[:2])
    if policy.record_ids and len({token for _, token, _ in released}) < len(released):
        raise UnavailableError("the source of chance repeats itself")
    return Outcome(
        columns=((RECORD,) if policy.record_ids else ()) + policy.released,
        rows=tuple((token, *cells) if policy.record_ids else cells for cells, token, _ in released),
        sources=tuple(place for _, _, place in released),
        classes=tuple(
            Class(labels, len(members), len(set(members))) for labels, members in sorted(units.items())
        ),
        suppressed=len(rows) - len(released),
        ncp=_ncp(policy, units),
        loss=search.loss(plan),
    )


def _ncp(policy: Policy, units: Mapping[Combination, Sequence[object]]) -> dict[str, float]:
    total = sum(map(len, units.values()))
    return {
        name: math.fsum(len(members) * hierarchy.loss(labels[index]) for labels, members in units.items())
        / total
        for index, (name, hierarchy) in enumerate(policy.quasi.items())
    }
