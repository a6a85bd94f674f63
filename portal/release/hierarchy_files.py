"""A hierarchy in a file of somebody's own: a line for each value, from fine to coarse."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from portal.errors import InvalidError
from portal.release.hierarchies import MISSING, TOP, Hierarchy, number_within
from portal.release.table_files import read_lines

_RANGE = re.compile(r"\[\s*(-?\d+(?:\.\d+)?)\s*[,;]\s*(-?\d+(?:\.\d+)?)\s*([\[\])])")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def read_hierarchy(name: str, path: Path) -> Hierarchy:
    """Read lines such as `1367-05;1367 summer;1367;*`; what is missing gets a line of its own.

    Raises `InvalidError`, which names the line and what to do.
    """
    paths: dict[str, tuple[str, ...]] = {}
    above: dict[tuple[int, str], str] = {}
    for line, cells in read_lines(path, delimiter=";"):
        labels = tuple(cell.strip() for cell in cells)
        if not labels[0]:
            continue  # what is missing needs no line
        for problem in _problems(labels, paths, above):
            raise InvalidError(f"{path.name}, line {line}: {problem}")
        paths[labels[0]] = labels
    if not paths:
        raise InvalidError(f"{path.name} is empty: the hierarchy of {name} has a line for each value.")
    height = len(next(iter(paths.values())))
    paths.setdefault(MISSING, (MISSING,) * (height - 1) + (TOP,))
    try:
        return Hierarchy(name, 1, paths, range_within, repeats=True)
    except InvalidError as error:
        raise InvalidError(f"{path.name}: {error}. Give each label one meaning.") from None


def _problems(
    labels: tuple[str, ...], paths: Mapping[str, tuple[str, ...]], above: dict[tuple[int, str], str]
) -> Iterator[str]:
    """Say what is wrong with a line, by itself and beside those before."""
    if len(labels) == 1:
        yield "there is one cell. Put semicolons between the value and its labels, and * at the end."
    height = len(next(iter(paths.values()), labels))
    if len(labels) != height:
        yield f"there are {len(labels)} cells, and {height} on the first line. Give each value as many."
    if "" in labels or labels[-1] != TOP or TOP in labels[:-1]:
        yield "the labels are to go from fine to coarse without a gap, and only the last is *."
    if labels[0] in paths:
        yield f"{labels[0]} has a line already. Keep one of them."
    if labels[0] == MISSING and set(labels[:-1]) != {MISSING}:
        yield f"what is {MISSING} stays {MISSING} up to the *."
    for label in labels:
        if not range_within(label, labels[0]):
            yield f"{label} does not hold {labels[0]}. Mend the label."
    for level, label in enumerate(labels[:-1]):
        known, here = above.setdefault((level, label), labels[level + 1]), labels[level + 1]
        if known != here:
            yield f"{label} stands under {known} on another line, and under {here} here. Choose one."


def range_within(label: str, leaf: str) -> bool:
    """Whether an interval such as `15-19` or `[15, 20)` holds the number; other labels say what they hold."""
    span = _RANGE.fullmatch(label)
    if span is None or not _NUMBER.fullmatch(leaf):
        return number_within(label, leaf)
    upper = float(span[2])
    return float(span[1]) <= float(leaf) and (float(leaf) <= upper if span[3] == "]" else float(leaf) < upper)
