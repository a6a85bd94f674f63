"""The second opinion on tables of patterns: each pattern's table read back, its own way.

It shares no code with what made them and fails closed. Whoever does not hold the record of who was counted
still sees whether anything small stands in the table.
"""

from collections.abc import Mapping, Sequence

from portal.release.check import Fault, UnsafeReleaseError
from portal.release.check_table import cell_faults, file_faults

_HIDDEN, _ALL = "hidden", "all"
_SMALL = range(1, 10)


def verify_patterns(
    files: Mapping[str, bytes],
    *,
    categories: tuple[Sequence[str], Sequence[str], Sequence[str]],
    noisy: bool,
    families: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    forbidden: Sequence[str] = (),
) -> None:
    """Check tables by (pattern, place, time), or raise `UnsafeReleaseError`.

    ``families`` has the cell of each family by pattern, where exact counts leave; without it what is visible
    is checked by itself. ``forbidden`` words may stand nowhere in the bytes.
    """
    try:
        found, lines = file_faults(files, forbidden)
        patterns, *sides = categories
        tables: dict[str, list[tuple[str, str, str]]] = {pattern: [] for pattern in patterns}
        for pattern, row, column, told in lines:
            tables[pattern].append((row, column, told))
        for pattern, table in tables.items():
            if noisy:
                found |= cell_faults(table, (sides[0], sides[1]), None)
            elif families is not None:
                found |= cell_faults(table, (sides[0], sides[1]), families.get(pattern, ()))
            else:
                found |= _seen_faults(table, (sides[0], sides[1]))
    except Exception as error:  # whatever it is, it is no table
        raise UnsafeReleaseError({Fault.UNREADABLE}) from error
    if found:
        raise UnsafeReleaseError(found)


def _seen_faults(
    table: Sequence[tuple[str, str, str]], categories: tuple[Sequence[str], Sequence[str]]
) -> set[Fault]:
    """Check a table with hidden counts without knowing them: nothing small, nothing alone in its line."""
    cells = {(row, column): told for row, column, told in table}
    rows, columns = ([*names, _ALL] for names in categories)
    if len(cells) != len(table) or set(cells) != {(row, column) for row in rows for column in columns}:
        return {Fault.COLUMNS}
    shown = {place: int(told) for place, told in cells.items() if told != _HIDDEN}
    found = {Fault.SMALL_CLASS for one in shown.values() if one in _SMALL}
    lines = [[(row, column) for column in columns] for row in rows]
    lines += [[(row, column) for row in rows] for column in columns]
    for line in lines:
        hidden = [place for place in line if place not in shown]
        if len(hidden) == 1:
            found.add(Fault.FEW_CANDIDATES)
        if not hidden and shown[line[-1]] != sum(shown[place] for place in line[:-1]):
            found.add(Fault.UNTRUE)
    return found
