"""Prison → town → province → region: the one hierarchy that is read from the register, whole, when needed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

from portal.casework.coding import Prison
from portal.registry.wholes import Edge, first_of_each
from portal.release.hierarchies import MISSING, REGIONS, TOP, Hierarchy

VERSION = 1


def prison_hierarchy(prisons: Iterable[Prison]) -> Hierarchy:
    """Build the hierarchy over the ids of all prisons shown to everybody, named or not in any account.

    What the register leaves open, or calls by a name that is no province of `REGIONS`, gets a label that says
    so. Prisons that share a name are told apart by what lies around them, then by a number.
    """
    places = sorted(prisons, key=lambda one: (one.label, one.town, one.province, str(one.record_id)))
    paths = {MISSING: (MISSING, MISSING, MISSING, MISSING, TOP)}
    for place, label in zip(places, _labels(places), strict=True):
        paths[str(place.record_id)] = (label, *_around(place), TOP)
    return Hierarchy("prison", VERSION, paths)


def joined(prisons: Iterable[Prison], same: Iterable[Edge]) -> dict[UUID, UUID]:
    """Say under which record each prison is counted: those that were found to be one are one.

    Only what joins prisons that everybody may see counts (`portal.registry.wholes`); the record that no
    decision gave up stands for the others.
    """
    found = {one.record_id: one.record_id for one in prisons}
    edges = [(kept, other) for kept, other in same if kept in found and other in found]
    given_up = {other for _, other in edges}
    stands: dict[UUID, UUID] = {}
    group = first_of_each(edges)
    for one in sorted(group, key=lambda each: (each in given_up, str(each))):
        stands.setdefault(group[one], one)
    return found | {one: stands[first] for one, first in group.items()}


def named_after(prisons: Iterable[Prison], same: Mapping[UUID, UUID]) -> Hierarchy:
    """Build the hierarchy over the prisons that stand for themselves."""
    return prison_hierarchy(one for one in prisons if same[one.record_id] == one.record_id)


def _around(place: Prison) -> tuple[str, str, str]:
    province = place.province.removesuffix(" Province").removesuffix(" province").strip()
    region = f"{REGIONS[province]} region" if province in REGIONS else "region not known"
    above = f"{province} province" if province in REGIONS else f"province of {province or 'no known name'}"
    if place.town:
        return f"{place.town} ({above})", above, region
    return f"town not known ({above})", above, region


def _labels(places: list[Prison]) -> list[str]:
    """Name each prison so that no two are alike, nor like a label above them."""
    full = [f"{one.label}, {one.town}" if one.town else one.label for one in places]
    plain = Counter(one.label for one in places)
    taken = {label for one in places for label in _around(one)} | {MISSING, TOP}
    names = []
    for one, longer in zip(places, full, strict=True):
        unlike = plain[one.label] == 1 and one.label not in taken
        first = (one.label if unlike else longer) or "prison without a name"
        name, number = first, 1
        while name in taken:
            number += 1
            name = f"{first} ({number})"
        taken.add(name)
        names.append(name)
    return names
