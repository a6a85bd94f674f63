"""The second opinion on what a release promises of answers and of people on public lists.

Like `check`, it shares no code with what made the files: it reads the table back and measures anew.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence

from portal.release.check import Fault, Known, Trees, UnsafeReleaseError, plain

_NEAR = 1e-9
_UNKNOWN = "unknown"


def verify_promises(
    files: Mapping[str, bytes],
    *,
    truth: Sequence[Known],
    sources: Sequence[int],
    trees: Trees,
    promised: Mapping[str, float],
    people: Sequence[Mapping[str, str]] = (),
) -> None:
    """Measure answers and presence, or raise `UnsafeReleaseError`.

    As in `check.verify`; `promised` is what was decided (`l`, `t`, `delta`), and `people` are those of the
    public list, the values of each by the columns it has; where there is none, nobody can hide.
    """
    try:
        faults = _faults(files, truth, sources, trees, people)
        said = json.loads(files["manifest.json"])["policy"]
        if any(said[name] != value for name, value in promised.items()):
            faults.add(Fault.PROMISE)
    except Exception as error:  # whatever it is, it is no release
        raise UnsafeReleaseError({Fault.UNREADABLE}) from error
    if faults:
        raise UnsafeReleaseError(faults)


def _faults(
    files: Mapping[str, bytes],
    truth: Sequence[Known],
    sources: Sequence[int],
    trees: Trees,
    people: Sequence[Mapping[str, str]],
) -> set[Fault]:
    policy = json.loads(files["manifest.json"])["policy"]
    header, *lines = csv.reader(io.StringIO(files["table.csv"].decode(), newline=""), strict=True)
    rows = [dict(zip(map(plain, header), map(plain, line), strict=True)) for line in lines]
    family = [truth[one].unit or f"row {one}" for one in sources]
    found = set()
    for name, column in policy["columns"].items():
        if column["role"] == "sensitive" and not _answers(rows, family, name, list(trees), policy):
            found.add(Fault.ANSWERS)
    hidden = bool(people) and _chance(rows, family, people, trees) <= policy["delta"] + _NEAR
    if policy["delta"] < 1 and not hidden:
        found.add(Fault.PRESENCE)
    return found


def _answers(
    rows: Sequence[Mapping[str, str]],
    family: Sequence[str],
    name: str,
    quasi: Sequence[str],
    policy: Mapping[str, float],
) -> bool:
    """Whether each class gives so many answers, in shares no further from those of all than was promised."""
    given: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    for row, who in zip(rows, family, strict=True):
        given.setdefault(tuple(row[one] for one in quasi), set()).add((row[name], who))
    once = Counter(answer for answer, _who in set().union(*given.values()))
    whole = once.total()
    for some in given.values():
        here = Counter(answer for answer, _who in some)
        if len(here) < policy["l"]:
            return False
        apart = sum(abs(here[one] / len(some) - once[one] / whole) for one in once) / 2
        if apart > policy["t"] + _NEAR:
            return False
    return True


def _chance(
    rows: Sequence[Mapping[str, str]],
    family: Sequence[str],
    people: Sequence[Mapping[str, str]],
    trees: Trees,
) -> float:
    """Return the greatest chance that somebody of the list is behind a record."""
    known = [name for name in trees if people and name in people[0]]
    groups: dict[tuple[str, ...], set[str]] = {}
    for row, who in zip(rows, family, strict=True):
        groups.setdefault(tuple(row[name] for name in known), set()).add(who)
    fitting = {
        place: [
            number
            for number, one in enumerate(people)
            if all(_fits(label, one[name], trees[name]) for label, name in zip(place, known, strict=True))
        ]
        for place in groups
    }
    chances = [0.0] * len(people)
    for place, those in fitting.items():
        for number in those:
            chances[number] += len(groups[place]) / len(those)
    return min(1.0, max(chances, default=0.0))


def _fits(label: str, value: str, tree: Mapping[str, Sequence[str]]) -> bool:
    if label.endswith(_UNKNOWN):
        above = [one for one in tree.get(label, ()) if not one.endswith(_UNKNOWN)]
        label = above[0] if above else "*"
    return label == "*" or label in tree.get(value, ())
