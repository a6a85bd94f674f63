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
from portal.release.partition import OUT, Partition
from portal.release.policy import RECORD, ColumnRole, Policy
from portal.release.search import Reason, Refusal, recode

__all__ = ["Class", "Outcome", "Reason", "Refusal", "Row", "Value", "anonymise"]

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
    coded = [_coded(row, policy) for row in rows]
    rules = _rules(rows, coded, policy)
    found = recode(rules, bearable=math.floor(policy.suppression * len(rows)))
    if isinstance(found, Refusal):
        return Outcome(policy.released, suppressed=len(rows), refused=found)
    return _outcome(rows, coded, found, policy, random)


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
        trees.append(tree_of(name, hierarchy, values, policy.columns[name].coarsest))
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


def _outcome(
    rows: Sequence[Row],
    coded: Sequence[Mapping[str, str]],
    found: Partition,
    policy: Policy,
    random: Callable[[int], bytes],
) -> Outcome:
    of = found.of[found.items.place]
    labels = found.labels()
    released: list[tuple[tuple[str, ...], str, int]] = []
    for place in map(int, np.flatnonzero(of != OUT)):
        cells = {**coded[place], **dict(zip(policy.quasi, labels[of[place]], strict=True))}
        token = "r" + random(TOKEN_BYTES).hex()  # the letter keeps spreadsheets from reading a number
        released.append((tuple(cells[name] for name in policy.released), token, place))
    released.sort(key=lambda each: each[:2])
    if policy.record_ids and len({token for _, token, _ in released}) < len(released):
        raise UnavailableError("the source of chance repeats itself")
    counts = np.bincount(of[of != OUT], minlength=len(labels))
    lost = counts @ found.column_losses / counts.sum()
    return Outcome(
        columns=((RECORD,) if policy.record_ids else ()) + policy.released,
        rows=tuple((token, *cells) if policy.record_ids else cells for cells, token, _ in released),
        sources=tuple(place for _, _, place in released),
        classes=tuple(
            Class(label, int(count), int(units))
            for label, count, units in sorted(zip(labels, counts, found.units, strict=True))
        ),
        suppressed=len(rows) - len(released),
        ncp=dict(zip(policy.quasi, map(float, lost), strict=True)),
        loss=found.loss,
    )
