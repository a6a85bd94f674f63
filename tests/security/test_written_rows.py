"""Somebody writes to the database: the portal obeys until `portal verify` is run, which names it."""

import sqlite3
from contextlib import closing

import pytest
from builders import Instance
from cases import a_case, a_sheet

from portal.upkeep import verify_folder

STATEMENTS = {
    "consent": "UPDATE consent SET answer = 'yes' WHERE answer = 'no'",
    "submission": "UPDATE submission SET status = 'received'",
    "coding_sheet": "UPDATE coding_sheet SET state = 'approved'",
    "staff": "UPDATE staff SET active = 1, role = 'lead' WHERE name = 'cedar'",
    "membership": "DELETE FROM membership WHERE staff_id IN (SELECT id FROM staff WHERE name = 'cedar')",
    "claim": "DELETE FROM claim",
    "sealed_field": "DELETE FROM sealed_field",
}


@pytest.mark.parametrize("table", sorted(STATEMENTS))
def test_what_was_written_past_the_portal_is_named(sqlite_instance: Instance, table: str) -> None:
    case_id = a_case(sqlite_instance, consent={"read": "yes", "research": "no"})
    a_sheet(sqlite_instance, case_id)
    folder = sqlite_instance.settings.instance
    assert [str(one) for one in verify_folder(folder, {}).problems] == []
    with closing(sqlite3.connect(folder / "portal.db")) as connection, connection:
        assert connection.execute(STATEMENTS[table]).rowcount >= 1
    named = [str(one) for one in verify_folder(folder, {}).problems]
    assert named
    assert all(table in one for one in named)
