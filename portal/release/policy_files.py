"""A policy in a JSON file, with its hierarchies: what each column of a table is, and what is promised."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.errors import InvalidError
from portal.release.diversity import Rules
from portal.release.hierarchies import MISSING, TOP, Hierarchy, number_within
from portal.release.policy import DEFAULT_K, DEFAULT_SUPPRESSION, FLOOR
from portal.release.table_files import Table, read_lines, read_table

QUASI, SENSITIVE, UNIT, PLAIN, DROP = "quasi-identifier", "sensitive", "unit", "plain", "drop"
ROLES = (QUASI, SENSITIVE, UNIT, PLAIN, DROP)
MOST_BYTES = 16 << 20
_KEYS = {
    "columns",
    "delta",
    "entropy_l",
    "k",
    "l",
    "register",
    "seed",
    "suppression_limit",
    "t",
    "top_share",
}
_RANGE = re.compile(r"\[\s*(-?\d+(?:\.\d+)?)\s*[,;]\s*(-?\d+(?:\.\d+)?)\s*([\[\])])")


@dataclass(frozen=True)
class TablePolicy:
    """What the policy of a table says, its files read."""

    roles: Mapping[str, str]
    hierarchies: Mapping[str, Hierarchy] = field(repr=False)
    rules: Rules
    suppression: float
    seed: int | None = field(repr=False)
    """Draws who keeps others company; whoever knows it can repeat the draw, so it is written nowhere."""
    register: Table | None = field(default=None, repr=False)
    register_path: Path | None = None

    def named(self, *roles: str) -> list[str]:
        """Return the columns in one of these roles."""
        return [name for name, role in self.roles.items() if role in roles]


def read_policy(path: Path) -> TablePolicy:
    """Read a policy and the files that it names, looked for beside it. Raises `InvalidError`."""
    said = _said(path)
    roles, hierarchies = _columns(said.get("columns"), path.parent)
    sensitive = SENSITIVE in roles.values()
    rules = Rules(
        k=_whole(said, "k", DEFAULT_K, least=FLOOR),
        l=_whole(said, "l", 1, least=1),
        entropy_l=_number(said, "entropy_l", 1.0, least=1.0, most=1e6),
        top_share=_number(said, "top_share", 1.0, least=0.01),
        t=_number(said, "t", 1.0),
        delta=_number(said, "delta", 1.0),
    )
    if not sensitive and (rules.l > 1 or rules.entropy_l > 1 or rules.top_share < 1 or rules.t < 1):
        raise InvalidError(
            "l, entropy_l, top_share and t speak of sensitive columns, and none has that role."
        )
    if ("delta" in said) != ("register" in said):
        raise InvalidError('"delta" and "register" belong together: a share of the people in a register.')
    register = _register(said.get("register"), path.parent)
    if register is not None:
        _check_register(register, hierarchies)
    return TablePolicy(
        roles,
        hierarchies,
        rules,
        _number(said, "suppression_limit", DEFAULT_SUPPRESSION),
        _whole(said, "seed", 0, least=0) if "seed" in said else None,
        register,
        path.parent / said["register"] if register is not None else None,
    )


def check_against(policy: TablePolicy, table: Table) -> None:
    """Refuse a table that the policy does not fit: deny by default. The message repeats no value."""
    for name in table.columns:
        if name not in policy.roles:
            raise InvalidError(f'The policy does not name the column {name}. Give it a role, such as "drop".')
    for name in policy.roles:
        if name not in table.columns:
            raise InvalidError(f"The table has no column {name}, which the policy names.")
    _check_values(table, policy.hierarchies, "the table")
    if policy.rules.k > table.rows:
        raise InvalidError(f"k is {policy.rules.k}, and the table has only {table.rows} rows.")


def _check_values(table: Table, hierarchies: Mapping[str, Hierarchy], where: str) -> None:
    for name, hierarchy in hierarchies.items():
        column = table.columns[name]
        unknown = [number for number, value in enumerate(column.values) if value not in hierarchy.paths]
        if unknown:
            record = int((column.numbers == unknown[0]).argmax()) + 1
            raise InvalidError(
                f"Column {name}, record {record} of {where}: this value is not in its hierarchy "
                f"({len(unknown)} such values in all)."
            )


def _check_register(register: Table, hierarchies: Mapping[str, Hierarchy]) -> None:
    for name in hierarchies:
        if name not in register.columns:
            raise InvalidError(f"The register has no column {name}: it needs every quasi-identifier.")
    _check_values(register, hierarchies, "the register")


def _said(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MOST_BYTES:
        raise InvalidError(f"{path.name} is too big for a policy.")
    try:
        said = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_once)
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise InvalidError(f"{path.name} is no JSON in UTF-8.") from None
    if not isinstance(said, dict):
        raise InvalidError(f'{path.name} is to be an object with "columns".')
    unknown = sorted(said.keys() - _KEYS)
    if unknown:
        raise InvalidError(f'The policy says "{unknown[0]}", which is none of {", ".join(sorted(_KEYS))}.')
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InvalidError("The policy says something twice.")
    return found


def _columns(said: Any, folder: Path) -> tuple[dict[str, str], dict[str, Hierarchy]]:
    if not isinstance(said, dict) or not said:
        raise InvalidError('"columns" gives each column of the table its role.')
    roles: dict[str, str] = {}
    hierarchies: dict[str, Hierarchy] = {}
    for name, entry in said.items():
        role = entry.get("role") if isinstance(entry, dict) else None
        if role not in ROLES:
            raise InvalidError(f"Column {name}: its role is none of {', '.join(ROLES)}.")
        if entry.keys() - {"role", "hierarchy"}:
            raise InvalidError(f'Column {name}: only "role" and "hierarchy" are known.')
        roles[name] = role
        if role == QUASI:
            if not isinstance(entry.get("hierarchy"), str):
                raise InvalidError(f"Column {name}: a quasi-identifier names the file of its hierarchy.")
            hierarchies[name] = read_hierarchy(name, folder / entry["hierarchy"])
    if not hierarchies:
        raise InvalidError("No column is a quasi-identifier, so nothing would be protected.")
    if list(roles.values()).count(UNIT) > 1:
        raise InvalidError("Two columns are the unit; there is one at most.")
    return roles, hierarchies


def read_hierarchy(name: str, path: Path) -> Hierarchy:
    """Read lines such as `1367-05;1367 summer;1367;*`; what is missing gets a line of its own."""
    paths: dict[str, tuple[str, ...]] = {}
    for cells in read_lines(path, delimiter=";"):
        labels = tuple(cell.strip() for cell in cells)
        if labels[0] in paths:
            raise InvalidError(f"hierarchy {name}: {labels[0]} has two lines")
        if labels[0]:
            paths[labels[0]] = labels
    if not paths:
        raise InvalidError(f"hierarchy {name}: {path.name} has no line")
    height = len(next(iter(paths.values())))
    paths.setdefault(MISSING, (MISSING,) * (height - 1) + (TOP,))
    return Hierarchy(name, 1, paths, range_within, repeats=True)


def range_within(label: str, leaf: str) -> bool:
    """Whether an interval such as `15-19` or `[15, 20)` holds the number; other labels say what they hold."""
    span = _RANGE.fullmatch(label)
    if span is None or not re.fullmatch(r"-?\d+(\.\d+)?", leaf):
        return number_within(label, leaf)
    upper = float(span[2])
    return float(span[1]) <= float(leaf) and (float(leaf) <= upper if span[3] == "]" else float(leaf) < upper)


def _register(said: Any, folder: Path) -> Table | None:
    if said is None:
        return None
    if not isinstance(said, str) or not (folder / said).is_file():
        raise InvalidError('"register" is to be the name of a file.')
    return read_table(folder / said)


def _whole(said: Mapping[str, Any], key: str, otherwise: int, *, least: int) -> int:
    value = said.get(key, otherwise)
    if type(value) is not int or value < least:
        raise InvalidError(f'"{key}" is to be a whole number, {least} or more.')
    return value


def _number(
    said: Mapping[str, Any], key: str, otherwise: float, *, least: float = 0.0, most: float = 1.0
) -> float:
    value = said.get(key, otherwise)
    if type(value) not in {int, float} or not least <= value <= most:
        raise InvalidError(f'"{key}" is to be a number from {least:g} to {most:g}.')
    return float(value)
