"""Rows that say more of a record that is there: what somebody may not read there is no answer to them."""

import pytest
from exchanged import House
from sqlalchemy import select

from portal.registry import service
from portal.registry.exchange.models import Changed
from portal.registry.models import Statement

CHANGED = "id,name,note\n1,Sara Yari,was a nurse\n"


@pytest.mark.parametrize(
    ("who", "stand"),
    [("cedar", [("was a nurse", True), ("was a nurse", None)]), ("maple", [("was a nurse", True)])],
)
def test_a_changed_row_is_set_against_what_its_bringer_may_read(
    house: House, who: str, stand: list[tuple[str, bool | None]]
) -> None:
    """Otherwise "there already" would tell somebody what stands in a statement that is not theirs to read."""
    house.bring("id,name,note\n1,Sara Yari,\n")
    house.bring(CHANGED, changed=Changed.UPDATE)
    with house.open("maple") as (session, by):
        (record,) = service.search(session, by=by, text="Sara Yari")
        session.scalars(select(Statement)).one().restricted = True
    again = "id,name,nickname,note\n1,Sara Yari,Sari,was a nurse\n"
    assert house.bring(again, who=who, changed=Changed.UPDATE).updated == 1
    with house.open("maple") as (session, by):
        rows = session.scalars(select(Statement).where(Statement.record_id == record.id))
        assert [(one.value_en, one.restricted) for one in rows.all()] == stand
