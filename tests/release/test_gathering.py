"""What a release may be made of: nothing that the registry keeps from everybody, whoever prepares it."""

from builders import Instance
from coded import prison_ids
from sqlalchemy import select

from portal.casework.prisons import prisons
from portal.registry.models import Record
from portal.release.gathering import standing
from portal.release.place_names import place_names
from portal.release.plans import Side

HIDDEN = ("tehran", "tehran-province")


def test_towns_and_provinces_that_are_restricted_leave_by_no_prison_in_them(
    sqlite_instance: Instance,
) -> None:
    with sqlite_instance.database.session(write=True) as session:
        evin = prison_ids(session)["evin"]
        for record in session.scalars(select(Record).where(Record.code.in_(HIDDEN))):
            record.restricted = True
        session.flush()
        lead = sqlite_instance.actor("maple", session)
        read = {place.record_id: place for _, place in prisons(session, by=lead)}
        leaves = {place.record_id: place for place in standing(session, by=lead).prisons}
        assert (bool(read[evin].town), bool(read[evin].province)) == (True, True)
        assert (leaves[evin].town, leaves[evin].province) == ("", "")
        assert any(place.province for place in leaves.values())
        label = leaves[evin].label
        names = place_names(session, by=lead, side=Side.PRISON.value, places=[label])
        assert names[label]["en"] == label
