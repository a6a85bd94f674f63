"""Looking for candidates asks the database a few times, however many there are."""

from builders import Instance
from cases import a_case, a_mark, a_person, at_desk
from sqlalchemy import event

from portal.linking import candidates


def test_candidates_cost_a_fixed_number_of_statements(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    counts = []
    seen: list[str] = []
    event.listen(
        sqlite_instance.database.main,
        "before_cursor_execute",
        lambda conn, cursor, statement, *rest: seen.append(statement),  # noqa: ARG005
    )
    a_person(sqlite_instance)
    with at_desk(sqlite_instance, write=False) as (session, by):  # reads the names in
        candidates.propose(session, by=by, case_id=case_id, text="Omid", mark_id=mark_id)
    for _ in range(2):
        for number in range(4):
            a_person(sqlite_instance, "Omid Rastegar", origin=f"town {number}")
        with at_desk(sqlite_instance, write=False) as (session, by):
            seen.clear()
            candidates.propose(session, by=by, case_id=case_id, text="Omid Rastegar", mark_id=mark_id)
            counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] < 24
