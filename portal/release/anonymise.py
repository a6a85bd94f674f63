"""k-anonymity in families: generalise by fixed hierarchies, suppress what stays alone, invent nothing.

Cuts look at quasi-identifiers only; sensitive values decide at most which classes are joined afterwards, so
that replaying the public algorithm tells little about them (Wong and others, "Minimality attack", VLDB 2007).
"""

import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from portal.errors import InvalidError, UnavailableError
from portal.release.diversity import Diversity, Rules, Sensitive
from portal.release.encoded import distinct, tree_of
from portal.release.hierarchies import MISSING
from portal.release.partition import OUT
from portal.release.policy import RECORD, ColumnRole, Policy
from portal.release.search import Reason, Refusal, recode

__all__ = [
    "Class",
    "Combination",
    "Outcome",
    "Reason",
    "Refusal",
    "Row",
    "Value",
    "anonymise",
    "built",
    "labelled",
]

TOKEN_BYTES = 16

Value = str | int | float | None
Combination = tuple[str, ...]
"""Values or labels of the quasi-identifiers, in the order of the policy."""


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


def anonymise(
    rows: Sequence[Row], policy: Policy, *, random: Callable[[int], bytes] = secrets.token_bytes
) -> Outcome:
    """Release what can be protected: every class of equal labels holds at least `policy.k` families.

    The order of the input never matters; equal rows are put in order, and ids drawn, by `random`. Raises
    `InvalidError` for a column that the policy does not name or a value that it does not know, without
    repeating the value.
    """
    labels = labelled(rows, policy)
    if isinstance(labels, Refusal):
        return Outcome(policy.released, suppressed=len(rows), refused=labels)
    return built(rows, policy, labels, random=random)


def labelled(
    rows: Sequence[Row], policy: Policy, *, bearable: int | None = None
) -> list[Combination | None] | Refusal:
    """Give each row the labels of its class, or None to those that stay out: `bearable` rows at most.

    Unless said, that is what the policy allows. Raises `InvalidError` as `anonymise` does.
    """
    most = math.floor(policy.suppression * len(rows)) if bearable is None else bearable
    found = recode(_rules(rows, [_coded(row, policy) for row in rows], policy), bearable=most)
    if isinstance(found, Refusal):
        return found
    labels = found.labels()
    return [None if one == OUT else labels[one] for one in found.of[found.items.place].tolist()]


def built(
    rows: Sequence[Row],
    policy: Policy,
    labels: Sequence[Combination | None],
    *,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Outcome:
    """Write out a recoding; equal rows are put in order, and ids drawn, by `random`."""
    released: list[tuple[tuple[str, ...], str, int]] = []
    units: dict[Combination, list[str | int]] = {}
    for place, (row, given) in enumerate(zip(rows, labels, strict=True)):
        if given is not None:
            cells = {**_coded(row, policy), **dict(zip(policy.quasi, given, strict=True))}
            token = "r" + random(TOKEN_BYTES).hex()  # the letter keeps spreadsheets from reading a number
            released.append((tuple(cells[name] for name in policy.released), token, place))
            units.setdefault(given, []).append(place if row.unit is None else row.unit)
    released.sort(key=lambda each: each[:2])
    if policy.record_ids and len({token for _, token, _ in released}) < len(released):
        raise UnavailableError("the source of chance repeats itself")
    ncp = {
        name: math.fsum(tree.loss(given[j]) * len(some) for given, some in units.items())
        / max(1, len(released))
        for j, (name, tree) in enumerate(policy.quasi.items())
    }
    kept = len(released) / max(1, len(rows))
    return Outcome(
        columns=((RECORD,) if policy.record_ids else ()) + policy.released,
        rows=tuple((token, *cells) if policy.record_ids else cells for cells, token, _ in released),
        sources=tuple(place for _, _, place in released),
        classes=tuple(Class(given, len(some), len(set(some))) for given, some in sorted(units.items())),
        suppressed=len(rows) - len(released),
        ncp=ncp,
        loss=math.fsum(ncp.values()) / max(1, len(ncp)) * kept + 1 - kept,
    )


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


def _rules(rows: Sequence[Row], coded: Sequence[Mapping[str, str]], policy: Policy) -> Diversity:
    numbers: dict[str | int, int] = {}
    units = [
        numbers.setdefault(place if row.unit is None else row.unit, len(numbers))
        for place, row in enumerate(rows)
    ]
    unit = np.array(units, dtype=np.int64)
    trees, columns = [], []
    for name, hierarchy in policy.quasi.items():
        values = sorted({row[name] for row in coded})
        code = {value: place for place, value in enumerate(values)}
        column = policy.columns[name]
        trees.append(tree_of(name, hierarchy, values, column.coarsest, column.finest))
        columns.append(np.array([code[row[name]] for row in coded], dtype=np.int64))
    items = distinct(tuple(trees), columns, unit)
    return Diversity(Rules(policy.k, l=policy.l, t=policy.t), items, unit, _sensitive(coded, policy))


def _sensitive(coded: Sequence[Mapping[str, str]], policy: Policy) -> tuple[Sensitive, ...]:
    """Return the sensitive columns, if the policy promises anything about them."""
    if policy.l == 1 and policy.t == 1:
        return ()
    found = []
    for name, column in policy.columns.items():
        if column.role is ColumnRole.SENSITIVE:
            number = {value: place for place, value in enumerate(sorted(column.values | {MISSING}))}
            values = np.array([number[row[name]] for row in coded], dtype=np.int64)
            found.append(Sensitive(name, values, len(number)))
    return tuple(found)
