"""Withdrawal is erasure: every row that names a submission goes with it, whichever feature keeps it."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from builders import NOON, Instance
from cases import acts_of, at_desk
from sqlalchemy import Table, select

sys.path.insert(0, str(Path(__file__).parents[1] / "reliability"))

from contents import Filled, fill

from portal import upkeep
from portal.casework import holds, removals
from portal.database import Base, KeysBase, PortalSession
from portal.errors import NotFoundError
from portal.intake import withdrawing
from portal.intake.models import Authority, Document, LegalHold, Part, Status, Submission, Tombstone
from portal.intake.withdrawing import hanging
from portal.store.wraps import Wrap

BY_ITSELF = {"index_segment", "segment_key", "index_manifest"}
"""The search index names cases in its own way; `portal.store.segments.forget` takes them out."""
LEFT = {"submission", "tombstone", "ledger_entry"}


def names_one(table: Table) -> bool:
    """Whether a row of the table belongs to one submission, by name or by what it refers to."""
    named = any(re.search(r"submission|part_id|case", column.name) for column in table.columns)
    refers = {foreign.column.table.name for foreign in table.foreign_keys}
    return table.name != "submission" and (
        named or any(name == "submission" or name in _taken() for name in refers)
    )


def _taken() -> set[str]:
    return {table.name for _kind, table in hanging()}


def every_table() -> Iterator[Table]:
    yield from Base.metadata.sorted_tables
    yield from KeysBase.metadata.sorted_tables


@pytest.mark.parametrize("table", sorted(table.name for table in every_table()))
def test_no_table_that_names_a_submission_is_forgotten(table: str) -> None:
    """A new table whose rows belong to a submission calls it ``submission_id`` or ``part_id``."""
    found = next(one for one in every_table() if one.name == table)
    cared_for = _taken() | {kind.__tablename__ for kind in withdrawing.STAYS} | {"wrap"} | BY_ITSELF
    assert not names_one(found) or table in cared_for


def test_children_go_before_what_they_refer_to() -> None:
    order = [table.name for _kind, table in hanging()]
    for _kind, table in hanging():
        for foreign in table.foreign_keys:
            other = foreign.column.table.name
            assert other not in order or other == table.name or order.index(table.name) < order.index(other)


@pytest.fixture
def filled(instance: Instance) -> Filled:
    """Two submissions with everything, also a hold that was declined and a request to erase."""
    made = fill(instance)
    for told in (made.one, made.other):
        with at_desk(instance, "maple") as (session, by):
            asked = holds.ask(
                session,
                by=by,
                case_id=told.id,
                reason="a court asks",
                until=NOON.date().replace(year=2027),
                now=NOON,
            )
            removals.ask(
                session, by=by, case_id=told.id, authority=Authority.LETTER, reason="a letter", now=NOON
            )
            session.flush()
            hold_id = asked.id
        with at_desk(instance, "willow") as (session, by):
            holds.decline(session, by=by, hold_id=hold_id, now=NOON)
    return made


def ids_of(session: PortalSession, submission_id: UUID) -> set[str]:
    """The ids of a submission and of everything that hangs on it, as they may stand in a row."""
    parts = list(session.scalars(select(Part.id).where(Part.submission_id == submission_id)))
    found = {submission_id, *parts}
    for kind, table in hanging():
        mine = (
            table.c.submission_id == submission_id
            if "submission_id" in table.c
            else table.c.part_id.in_(parts)
        )
        for row in session.scalars(select(kind).where(mine)):
            found |= {value for value in (getattr(row, "id", None),) if value is not None}
    return {one.hex for one in found}


def rows_with(session: PortalSession, wanted: set[str]) -> dict[str, int]:
    """How many rows of each table hold one of these ids, in whatever column."""
    found: dict[str, int] = {}
    for base, part in ((Base, session), (KeysBase, session.keys)):
        for table in base.metadata.sorted_tables:
            for row in part.execute(select(table)):
                text = " ".join(
                    value.hex() if isinstance(value, bytes) else str(value).replace("-", "") for value in row
                )
                if any(one in text for one in wanted):
                    found[table.name] = found.get(table.name, 0) + 1
    return found


def take_back(instance: Instance, submission_id: UUID) -> None:
    with instance.database.session(write=True) as session:
        names = withdrawing.withdraw(session, submission_id=submission_id, day=NOON.date())
    for name in names:
        instance.files.erase(name)


def test_nothing_of_a_withdrawn_submission_stays_in_any_table_but_its_tombstone(
    instance: Instance, filled: Filled
) -> None:
    with instance.database.session(write=False) as session:
        mine, others = ids_of(session, filled.one.id), ids_of(session, filled.other.id)
        before = rows_with(session, mine)
        beside = rows_with(session, others)
    expected = {
        "annotation",
        "case_note",
        "coding_sheet",
        "consent",
        "document",
        "legal_hold",
        "link",
        "message",
    }
    assert expected | {"part", "removal", "sealed_field", "wrap"} <= before.keys()
    take_back(instance, filled.one.id)
    with instance.database.session(write=False) as session:
        assert rows_with(session, mine).keys() <= LEFT
        assert {name: count for name, count in rows_with(session, others).items() if name not in LEFT} == {
            name: count for name, count in beside.items() if name not in LEFT
        }
        left = session.get_one(Submission, filled.one.id)
        assert (left.status, left.source_key, left.parts, left.consents) == (Status.WITHDRAWN, b"", [], [])
        assert session.get_one(Tombstone, filled.one.id).authority == "source"
        stored = set(session.scalars(select(Document.stored_name)))
    assert set(instance.files.names()) == stored
    assert acts_of(instance)[-1] == "submission.withdraw"
    environ = {
        "PORTAL_DATABASE_URL": instance.settings.database_url,
        "PORTAL_KEYS_URL": instance.settings.keys_url,
    }
    report = upkeep.verify_folder(instance.settings.instance, environ)
    assert [str(one) for one in report.problems if one.kind != "checkpoint"] == []


def test_a_process_that_does_not_know_what_goes_along_erases_nothing(
    sqlite_instance: Instance, filled_one: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawing, "_along", [])
    with pytest.raises(RuntimeError, match="erasure"):
        take_back(sqlite_instance, filled_one)
    with sqlite_instance.database.session(write=False) as session:
        assert session.get_one(Submission, filled_one).status is not Status.WITHDRAWN
        assert session.keys.scalars(select(Wrap).where(Wrap.submission_id == filled_one)).all()


@pytest.fixture
def filled_one(sqlite_instance: Instance) -> UUID:
    return fill(sqlite_instance).one.id


def test_what_is_erased_cannot_be_held_any_more(instance: Instance, filled: Filled) -> None:
    take_back(instance, filled.one.id)
    with at_desk(instance, "maple") as (session, by):
        with pytest.raises(NotFoundError):
            holds.ask(
                session,
                by=by,
                case_id=filled.one.id,
                reason="late",
                until=NOON.date().replace(year=2027),
                now=NOON,
            )
        assert session.scalars(select(LegalHold).where(LegalHold.submission_id == filled.one.id)).all() == []
