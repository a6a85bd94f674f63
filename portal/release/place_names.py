"""What the places of a table are called in each language: public names of the registry, and no other."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from portal.casework.coding import Prison
from portal.casework.prisons import prisons
from portal.database import PortalSession
from portal.registry import service as registry
from portal.registry.models import Place, Record
from portal.registry.records import shown
from portal.registry.vocabulary import PlaceKind
from portal.registry.wholes import all_edges
from portal.release.hierarchies import Hierarchy
from portal.release.places import joined, named_after
from portal.release.plans import Side, categories
from portal.staff.actor import Actor

LANGUAGES = ("en", "fa")
_PROVINCE = " province"


def place_names(
    session: PortalSession, *, by: Actor, side: str, places: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Return the names of these places by language; those that are no places of the registry have none."""
    known = _prisons(session, by) if side == Side.PRISON.value else _provinces(session, by)
    return {
        one: {code: shown(known[one].names, code)[0] for code in LANGUAGES} for one in places if one in known
    }


def unknown_places(session: PortalSession, *, by: Actor, side: str, places: Iterable[str]) -> set[str]:
    """Return those that the registry, as everybody may see it today, does not lead to any more."""
    tree = _tree(session, [place for _, place in prisons(session, by=by, open_only=True)])
    return set(places).difference(categories(Side(side), tree))


def _tree(session: PortalSession, places: Sequence[Prison]) -> Hierarchy:
    return named_after(places, joined(places, all_edges(session)))


def _prisons(session: PortalSession, by: Actor) -> Mapping[str, Record]:
    """Find prisons by their labels, as `places.named_after` gives them."""
    found = prisons(session, by=by, open_only=True)
    records: dict[UUID, Record] = {record.id: record for record, _ in found}
    labels = {path[0]: one for one, path in _tree(session, [place for _, place in found]).paths.items()}
    return {label: records[UUID(one)] for label, one in labels.items() if one != label}


def _provinces(session: PortalSession, by: Actor) -> Mapping[str, Record]:
    """Find provinces by their labels."""
    kinds = dict(iter(session.execute(select(Place.record_id, Place.kind))))
    found = [
        one
        for one in registry.places(session, by=by)
        if not one.restricted and kinds.get(one.id) is PlaceKind.PROVINCE
    ]
    return {_label(shown(one.names, "en")[0]): one for one in reversed(found)}


def _label(name: str) -> str:
    for ending in (" Province", _PROVINCE):
        name = name.removesuffix(ending)
    return name.strip() + _PROVINCE
