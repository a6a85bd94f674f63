"""A policy in a JSON file, with its hierarchies: what each column of a table is, and what is promised."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from portal.errors import InvalidError
from portal.release.diversity import Rules
from portal.release.formats import TAG
from portal.release.hierarchies import Hierarchy
from portal.release.hierarchy_files import read_hierarchy
from portal.release.policy import DEFAULT_K, DEFAULT_SUPPRESSION, FLOOR
from portal.release.table_files import Table, line_of, read_table

QUASI, SENSITIVE, UNIT, PLAIN, DROP = "quasi-identifier", "sensitive", "unit", "plain", "drop"
ROLES = (QUASI, SENSITIVE, UNIT, PLAIN, DROP)
MOST_BYTES = 16 << 20
_MOST = 2**53 - 1
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


@dataclass(frozen=True)
class TablePolicy:
    """What the policy of a table says, its files read."""

    roles: Mapping[str, str]
    hierarchies: Mapping[str, Hierarchy] = field(repr=False)
    rules: Rules
    suppression: float
    seed: int | None = field(repr=False)
    """Draws who keeps others company; whoever knows it can repeat the draw, so it is written nowhere."""
    path: Path
    register: Table | None = field(default=None, repr=False)
    register_path: Path | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    """HXL tags of columns that leave, as far as they have one."""

    def named(self, *roles: str) -> list[str]:
        """Return the columns in one of these roles."""
        return [name for name, role in self.roles.items() if role in roles]


def read_policy(path: Path) -> TablePolicy:
    """Read a policy and the files that it names, looked for beside it.

    Raises `InvalidError`, which names the file, the line where there is one, and what to do.
    """
    text = _text(path)
    said = _said(path, text)
    try:
        return _policy(path, said)
    except _SaidError as error:
        raise InvalidError(f"{path.name}{_line(text, error.key)}: {error}") from None


class _SaidError(InvalidError):
    """Something in the policy is wrong; `key` is where to look for it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def _policy(path: Path, said: Mapping[str, Any]) -> TablePolicy:
    roles, hierarchies, tags = _columns(said.get("columns"), path.parent)
    rules = Rules(
        k=_whole(said, "k", DEFAULT_K, least=FLOOR),
        l=_whole(said, "l", 1, least=1),
        entropy_l=_number(said, "entropy_l", 1.0, least=1.0, most=1e6),
        top_share=_number(said, "top_share", 1.0, least=0.01),
        t=_number(said, "t", 1.0),
        delta=_number(said, "delta", 1.0),
    )
    unwatched = {"l": rules.l > 1, "entropy_l": rules.entropy_l > 1, "top_share": rules.top_share < 1}
    for key, promised in {**unwatched, "t": rules.t < 1}.items():
        if promised and SENSITIVE not in roles.values():
            raise _SaidError(key, f'"{key}" speaks of sensitive columns, and none has that role.')
    if ("delta" in said) != ("register" in said):
        key = "delta" if "delta" in said else "register"
        raise _SaidError(key, '"delta" and "register" belong together: a share of the people in a register.')
    register = _register(said.get("register"), path.parent)
    if register is not None:
        _check_register(path.parent / said["register"], register, hierarchies)
    return TablePolicy(
        roles,
        hierarchies,
        rules,
        _number(said, "suppression_limit", DEFAULT_SUPPRESSION),
        _whole(said, "seed", 0, least=0) if "seed" in said else None,
        path,
        register,
        path.parent / said["register"] if register is not None else None,
        tags,
    )


def check_against(policy: TablePolicy, path: Path, table: Table) -> None:
    """Refuse a table that the policy does not fit: deny by default. The message repeats no value."""
    for name in table.columns:
        if name not in policy.roles:
            raise InvalidError(
                f"{policy.path.name} does not name the column {name} of {path.name}. "
                'Give it a role, such as "drop".'
            )
    for name in policy.roles:
        if name not in table.columns:
            raise InvalidError(
                f"{path.name} has no column {name}, which {policy.path.name} names. Take it out there."
            )
    _check_values(path, table, policy.hierarchies)
    _check_promises(policy, path, table)


def _check_promises(policy: TablePolicy, path: Path, table: Table) -> None:
    """Refuse promises that no recoding of this table could keep."""
    rules = policy.rules
    if rules.k > table.rows:
        raise InvalidError(
            f"{policy.path.name}: k is {rules.k}, and {path.name} has only {table.rows} rows. "
            "So few people cannot be hidden among each other."
        )
    for name in policy.named(SENSITIVE):
        kinds = len(table.columns[name].values)
        for key, least in (("l", rules.l), ("entropy_l", rules.entropy_l)):
            if least > kinds:
                raise InvalidError(
                    f"{policy.path.name}: {key} is {least:g}, and the column {name} of {path.name} has only "
                    f"{kinds} different values. Ask for {kinds} at most, or drop the column."
                )


def _check_values(path: Path, table: Table, hierarchies: Mapping[str, Hierarchy]) -> None:
    for name, hierarchy in hierarchies.items():
        column = table.columns[name]
        unknown = [number for number, value in enumerate(column.values) if value not in hierarchy.paths]
        if unknown:
            record = int(np.isin(column.numbers, unknown).argmax()) + 1
            raise InvalidError(
                f"{path.name}, line {line_of(path, record)}: the value in column {name} is not in its "
                f"hierarchy ({len(unknown)} such values in all). Add a line for each of them there."
            )


def _check_register(path: Path, register: Table, hierarchies: Mapping[str, Hierarchy]) -> None:
    for name in hierarchies:
        if name not in register.columns:
            raise InvalidError(f"{path.name} has no column {name}: a register needs every quasi-identifier.")
    _check_values(path, register, hierarchies)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidError(f"{path.name} is too big for a policy.")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidError(f"{path.name} is not UTF-8. Save the file as UTF-8.") from None
    except OSError as error:
        raise InvalidError(f"{path.name} cannot be read: {error.strerror}.") from None


def _line(text: str, key: str) -> str:
    """Say on which line a key stands first, as far as it can be found."""
    wanted = json.dumps(key, ensure_ascii=False)
    lines = [number for number, line in enumerate(text.split("\n"), 1) if wanted in line]
    return f", line {lines[0]}" if lines else ""


def _said(path: Path, text: str) -> dict[str, Any]:
    try:
        said = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise InvalidError(f"{path.name}, line {error.lineno}: this is no JSON ({error.msg}).") from None
    except (RecursionError, ValueError):
        raise InvalidError(f"{path.name} is no JSON that can be read.") from None
    except _SaidError as error:
        raise InvalidError(f"{path.name}{_line(text, error.key)}: {error}") from None
    if not isinstance(said, dict):
        raise InvalidError(f'{path.name} is to be an object with "columns".')
    if unknown := sorted(said.keys() - _KEYS):
        raise InvalidError(
            f'{path.name}{_line(text, unknown[0])}: "{unknown[0]}" is none of {", ".join(sorted(_KEYS))}.'
        )
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise _SaidError(twice, f'"{twice}" is said twice. Keep one of them.')
    return found


def _columns(said: Any, folder: Path) -> tuple[dict[str, str], dict[str, Hierarchy], dict[str, str]]:
    if not isinstance(said, dict) or not said:
        raise _SaidError("columns", '"columns" gives each column of the table its role.')
    roles = {name: _role(name, entry) for name, entry in said.items()}
    if QUASI not in roles.values():
        raise _SaidError("columns", "no column is a quasi-identifier, so nothing would be protected.")
    units = [name for name, role in roles.items() if role == UNIT]
    if len(units) > 1:
        raise _SaidError(units[1], f"{units[0]} and {units[1]} are both the unit; there is one at most.")
    hierarchies = {
        name: read_hierarchy(name, folder / said[name]["hierarchy"])
        for name, role in roles.items()
        if role == QUASI
    }
    return roles, hierarchies, {name: entry["hxl"] for name, entry in said.items() if "hxl" in entry}


def _role(name: str, entry: Any) -> str:
    """Return the role of a column, if all that is said of it fits it."""
    role = entry.get("role") if isinstance(entry, dict) else None
    if not isinstance(role, str) or role not in ROLES:
        raise _SaidError(name, f"the role of column {name} is none of {', '.join(ROLES)}.")
    if unknown := sorted(entry.keys() - {"role", "hierarchy", "hxl"}):
        raise _SaidError(name, f'of column {name} "role", "hierarchy" and "hxl" are known, {unknown[0]} not.')
    tree = entry.get("hierarchy")
    if role == QUASI and (not isinstance(tree, str) or not tree):
        raise _SaidError(name, f"column {name} is a quasi-identifier, so it names the file of its hierarchy.")
    if role != QUASI and tree is not None:
        raise _SaidError(name, f"column {name} has a hierarchy; only a quasi-identifier leaves by one.")
    tag = entry.get("hxl", "#meta")
    if not isinstance(tag, str) or not TAG.fullmatch(tag):
        raise _SaidError(name, f'the "hxl" of column {name} is no tag such as "#adm1+name".')
    return role


def _register(said: Any, folder: Path) -> Table | None:
    if said is None:
        return None
    try:
        found = isinstance(said, str) and (folder / said).is_file()
    except ValueError:
        found = False
    if not found:
        raise _SaidError("register", '"register" is to be the name of a file beside the policy.')
    return read_table(folder / said)


def _whole(said: Mapping[str, Any], key: str, otherwise: int, *, least: int) -> int:
    value = said.get(key, otherwise)
    if type(value) is not int or not least <= value <= _MOST:
        raise _SaidError(key, f'"{key}" is to be a whole number, {least} or more.')
    return value


def _number(
    said: Mapping[str, Any], key: str, otherwise: float, *, least: float = 0.0, most: float = 1.0
) -> float:
    value = said.get(key, otherwise)
    if type(value) not in {int, float} or not least <= value <= most:
        raise _SaidError(key, f'"{key}" is to be a number from {least:g} to {most:g}.')
    return float(value)
