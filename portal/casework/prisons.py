"""The prisons that a coding sheet may name, each with the town and province around it."""

from uuid import UUID

from sqlalchemy import select

from portal.casework.coding import Prison
from portal.database import PortalSession
from portal.registry import service as registry
from portal.registry.models import Place, Record
from portal.registry.records import shown
from portal.registry.vocabulary import PlaceKind
from portal.registry.wholes import shown_for
from portal.staff.actor import Actor

# Figures are grouped by these names, whatever language the desk is read in.
_LANGUAGE = "en"
_DEPTH = 12


def prisons(session: PortalSession, *, by: Actor, open_only: bool = False) -> list[tuple[Record, Prison]]:
    """List the prisons of the registry by name.

    With ``open_only`` no restricted place is named, nor one that lies around a prison, whoever asks: so for
    all that leaves.
    """
    known = registry.places(session, by=by)
    records = {one.id: one for one in known if not (open_only and one.restricted)}
    places = {one.record_id: one for one in session.scalars(select(Place)) if one.record_id in records}
    return [
        (record, _prison(record, records, places))
        for record in records.values()
        if places[record.id].kind is PlaceKind.PRISON
    ]


def offered(session: PortalSession, *, by: Actor) -> dict[UUID, tuple[Record, Prison]]:
    """Return for each prison the one that is chosen in its place: those that were found to be one, once."""
    listed = {record.id: (record, prison) for record, prison in prisons(session, by=by)}
    shown = shown_for(session, listed, by=by)
    return {one: listed.get(shown[one], own) for one, own in listed.items()}


def _name(record: Record) -> str:
    return shown(record.names, _LANGUAGE)[0]


def _prison(record: Record, records: dict[UUID, Record], places: dict[UUID, Place]) -> Prison:
    around: dict[PlaceKind, str] = {}
    upward = places[record.id].parent_id
    for _ in range(_DEPTH):
        if upward is None or upward not in records:
            break
        around.setdefault(places[upward].kind, _name(records[upward]))
        upward = places[upward].parent_id
    return Prison(
        record_id=record.id,
        label=_name(record),
        town=around.get(PlaceKind.CITY, ""),
        province=around.get(PlaceKind.PROVINCE, ""),
    )
