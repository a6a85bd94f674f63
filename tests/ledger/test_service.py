"""What is recorded of each transaction, in which order, and what cannot go past the recorder."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, delete, event, func, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Session

from portal.database import Base, Database, KeysBase, PortalSession, pause
from portal.errors import NotFoundError, UnavailableError
from portal.intake.models import Consent, Part, Status, Submission
from portal.ledger import recorder, service
from portal.ledger.checkpoint import Proof, Signer, verify
from portal.ledger.models import LedgerCheckpoint, LedgerEntry
from portal.ledger.rows import canonical, row_digest
from portal.ledger.tree import leaf_hash, root
from portal.staff.models import Invitation
from portal.store import wraps
from portal.store.wraps import Wrap
from portal.vault.seal import UnsealError
from portal.vault.wrap import public_key

Fill = Callable[[Database, int], list[UUID]]
Add = Callable[[PortalSession, int], UUID]
DAY = date(2026, 11, 22)
ENTRIES = b"\x0b" * 32
SUBMISSION, CONSENT = Base.metadata.tables["submission"], Base.metadata.tables["consent"]


def bodies(database: Database) -> list[dict[str, Any]]:
    with database.session(write=False) as session:
        return [json.loads(entry.body) for entry in service.entries(session)]


def rows_of(body: dict[str, Any]) -> list[str]:
    return [row[0] for row in body["rows"]]


def count(database: Database, model: type[DeclarativeBase]) -> int:
    with database.session(write=False) as session:
        found: int | None = (session.keys if issubclass(model, KeysBase) else session).scalar(
            select(func.count()).select_from(model)
        )
    return found or 0


def test_one_transaction_is_one_entry_with_every_row_and_wrap(database: Database, fill: Fill) -> None:
    fill(database, 1)
    (body,) = bodies(database)
    assert body["v"] == 1
    assert body["seq"] == 0
    assert body["day"] == "2026-11-22"
    assert body["acts"] is None
    expected = [
        "consent",
        "document",
        "invitation",
        "message",
        "part",
        "sealed_field",
        "submission",
        "tombstone",
        "wrap",
        "wrap",
    ]
    assert rows_of(body) == expected
    assert body["rows"] == sorted(body["rows"])


def test_an_entry_is_canonical_and_its_leaf_hash_fits(database: Database, fill: Fill) -> None:
    fill(database, 2)
    with database.session(write=False) as session:
        for number, entry in enumerate(service.entries(session)):
            assert entry.seq == number
            assert entry.body == canonical(json.loads(entry.body))
            assert entry.leaf_hash == leaf_hash(entry.body)


def test_a_digest_is_that_of_the_values_in_the_row(database: Database, fill: Fill) -> None:
    (made,) = fill(database, 1)
    (body,) = bodies(database)
    with database.session(write=False) as session:
        found = session.get_one(Submission, made)
        values = {column.name: getattr(found, column.name) for column in Submission.__table__.columns}
    recorded = {row[0]: (row[1], row[2]) for row in body["rows"]}
    assert recorded["submission"] == (made.hex, row_digest("submission", values).hex())


def test_changes_and_deletions_are_recorded(database: Database, fill: Fill) -> None:
    (made,) = fill(database, 1)
    with database.session(write=True) as session:
        session.get_one(Submission, made).status = Status.IN_REVIEW
    with database.session(write=True) as session:
        session.delete(session.scalars(select(Consent)).one())
    changed, deleted = bodies(database)[1:]
    assert rows_of(changed) == ["submission"]
    assert changed["rows"][0][2] != bodies(database)[0]["rows"][6][2]
    assert rows_of(deleted) == ["consent"]
    assert deleted["rows"][0][2] is None


def test_a_child_moved_through_a_relationship_is_recorded(database: Database, fill: Fill) -> None:
    one, two = fill(database, 2)
    with database.session(write=True) as session:
        part = session.scalars(select(Part).where(Part.submission_id == one)).one()
        part.number = 2
        new_parent = session.get_one(Submission, two)
        new_parent.parts.append(part)
    assert rows_of(bodies(database)[-1]) == ["part"]


def test_a_row_that_takes_another_key_leaves_its_old_place(database: Database, fill: Fill) -> None:
    fill(database, 1)
    with database.session(write=True) as session:
        found = session.scalars(select(Invitation)).one()
        old, found.id = found.id, uuid4()
        new = found.id
    recorded = {row[1]: row[2] for row in bodies(database)[-1]["rows"]}
    assert recorded[old.hex] is None
    assert recorded[new.hex] is not None


def test_what_never_came_to_be_is_not_recorded(database: Database, fill: Fill, add_submission: Add) -> None:
    fill(database, 1)
    with database.session(write=True) as session, session.begin_nested() as savepoint:
        add_submission(session, 4)
        session.flush()
        savepoint.rollback()
        session.companion.rollback()
    assert len(bodies(database)) == 1
    with database.session(write=True) as session:
        add_submission(session, 5)
        pause(session)
    assert len(bodies(database)) == 1
    assert count(database, Submission) == 1
    assert count(database, Wrap) == 2


def test_a_savepoint_that_holds_makes_no_entry_of_its_own(database: Database, add_submission: Add) -> None:
    with database.session(write=True) as session:
        with session.begin_nested():
            add_submission(session, 1)
        add_submission(session, 2)
    assert len(bodies(database)) == 1
    assert len(bodies(database)[0]["rows"]) == 20


def test_nothing_done_is_nothing_written(database: Database, fill: Fill) -> None:
    (made,) = fill(database, 1)
    with database.session(write=True) as session:
        session.get_one(Submission, made).status = Status.RECEIVED
        session.keys.scalars(select(Wrap)).all()
    with database.session(write=True):
        pass
    assert len(bodies(database)) == 1


def test_acts_are_read_by_auditors_alone(database: Database, auditor: bytes) -> None:
    subject = uuid4()
    with database.session(write=True) as session:
        service.note(
            session, "staff.sign-in", by="Nasrin", subject=subject, detail={"how": "\u06a9\u0644\u06cc\u062f"}
        )
        service.note(session, "case.read", by="Nasrin")
    with database.session(write=False) as session:
        (entry,) = service.entries(session)
        assert service.read_acts(entry, auditor) == [
            service.Act("staff.sign-in", "Nasrin", subject, {"how": "\u06a9\u0644\u06cc\u062f"}),
            service.Act("case.read", "Nasrin", None, {}),
        ]
        assert b"Nasrin" not in entry.body
        with pytest.raises(UnsealError):
            service.read_acts(entry, b"\x08" * 32)
        moved = LedgerEntry(seq=entry.seq + 1, day=entry.day, body=entry.body, leaf_hash=entry.leaf_hash)
        with pytest.raises(UnsealError):
            service.read_acts(moved, auditor)


def test_acts_do_not_leak_into_the_next_transaction(database: Database, fill: Fill, auditor: bytes) -> None:
    session = database.open(write=True)
    service.note(session, "forgotten", by="A")
    session.rollback()
    service.note(session, "kept", by="A")
    session.commit()
    session.commit()
    assert len(bodies(database)) == 1
    (entry,) = service.entries(session)
    assert [one.act for one in service.read_acts(entry, auditor)] == ["kept"]
    session.close()
    session.companion.close()
    fill(database, 1)
    with database.session(write=False) as reading:
        assert service.read_acts(service.newest(reading, limit=1)[0], auditor) == []


def test_pages_of_entries_follow_one_another(lite: Database, fill: Fill) -> None:
    fill(lite, 5)
    with lite.session(write=False) as session:
        assert [entry.seq for entry in service.entries(session, limit=2)] == [0, 1]
        assert [entry.seq for entry in service.entries(session, after=1, limit=2)] == [2, 3]
        assert [entry.seq for entry in service.newest(session, limit=2)] == [4, 3]
        assert [entry.seq for entry in service.newest(session, before=3)] == [2, 1, 0]
        assert service.size(session) == 5
        assert [service.row_count(entry) for entry in service.entries(session)] == [10] * 5


def test_an_empty_ledger_has_no_entries(lite: Database) -> None:
    with lite.session(write=False) as session:
        assert service.size(session) == 0
        assert list(service.newest(session)) == []


def test_entries_carry_the_day_of_the_clock(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}", f"sqlite:///{tmp_path / 'b.db'}")
    Base.metadata.create_all(database.main)
    service.attach(database, public_key(b"\x07" * 32), key=ENTRIES)
    before = datetime.now(UTC).date()
    with database.session(write=True) as session:
        service.note(session, "staff.sign-in", by="A")
    with database.session(write=False) as session:
        assert before <= service.entries(session)[0].day <= datetime.now(UTC).date()
    database.dispose()


# -- what cannot go past ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        update(Submission).values(status=Status.COMPLETE),
        delete(Consent),
        insert(Invitation),
        update(SUBMISSION).values(status=Status.COMPLETE),
        delete(CONSENT),
    ],
)
def test_statements_on_recorded_tables_are_refused(lite: Database, statement: Any) -> None:
    session = lite.open(write=True)
    with pytest.raises(RuntimeError, match="is recorded"):
        session.execute(statement)
    session.close()


def test_statements_on_wraps_are_refused_too(lite: Database) -> None:
    session = lite.open(write=True)
    with pytest.raises(RuntimeError, match="is recorded"):
        session.keys.execute(delete(Wrap))
    session.close()
    session.companion.close()


def test_tables_the_ledger_does_not_record_are_free(lite: Database) -> None:
    with lite.session(write=True) as session:
        session.execute(delete(LedgerCheckpoint))
    assert bodies(lite) == []


def test_a_reading_session_cannot_write(lite: Database, add_submission: Add) -> None:
    session = lite.open(write=False)
    add_submission(session, 1)
    with pytest.raises(RuntimeError, match="reading session"):
        session.commit()
    session.close()
    session.companion.close()
    assert count(lite, Submission) == 0
    assert count(lite, Wrap) == 0
    with lite.session(write=False) as reading:
        reading.commit()


def test_tables_that_change_behind_the_ledgers_back_are_refused(
    lite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = next(iter(Part.__table__.foreign_keys))
    monkeypatch.setattr(foreign, "ondelete", "cascade")
    with pytest.raises(ValueError, match="part"):
        service.attach(lite, b"", key=ENTRIES)


def test_one_name_in_both_databases_is_refused(lite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "recorded_tables", lambda _base: {"wrap": Wrap.__table__})
    with pytest.raises(ValueError, match="both databases"):
        service.attach(lite, b"", key=ENTRIES)


def test_the_models_of_the_portal_can_be_recorded() -> None:
    recorder.Recorder(b"", ENTRIES, lambda: DAY)


# -- many at once -------------------------------------------------------------------------------------------


def test_many_writers_at_once_leave_no_gap(database: Database, add_submission: Add) -> None:
    problems: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(5):
                with database.session(write=True) as session:
                    add_submission(session, number)
        except BaseException as problem:  # noqa: BLE001 - told by the test
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert [body["seq"] for body in bodies(database)] == list(range(50))


# -- the two databases --------------------------------------------------------------------------------------


def order_of_commits(database: Database, act: Callable[[PortalSession], object]) -> list[str]:
    seen: list[str] = []
    listeners: list[tuple[Engine, Callable[..., None]]] = []
    for name, engine in (("main", database.main), ("keys", database.keys)):

        def committed(_connection: Any, name: str = name) -> None:
            seen.append(name)

        event.listen(engine, "commit", committed)
        listeners.append((engine, committed))
    with database.session(write=True) as session:
        act(session)
    for engine, listener in listeners:
        event.remove(engine, "commit", listener)
    return seen


def test_new_wraps_come_before_their_rows_and_erased_ones_after(
    database: Database, add_submission: Add
) -> None:
    def erase(session: PortalSession) -> None:
        assert wraps.erase(session, session.scalars(select(Submission.id)).one()) == 2

    assert order_of_commits(database, lambda session: add_submission(session, 1)) == ["keys", "main"]
    assert order_of_commits(database, erase) == ["main", "keys"]
    assert rows_of(bodies(database)[-1]) == ["wrap", "wrap"]
    assert count(database, Wrap) == 0


def test_a_main_transaction_that_fails_keeps_erased_wraps(
    database: Database, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, 1)

    def broken(_body: bytes) -> bytes:
        raise ArithmeticError

    def erase_all() -> None:
        with database.session(write=True) as session:
            wraps.erase(session, session.scalars(select(Submission.id)).one())

    with monkeypatch.context() as patch:
        patch.setattr(recorder, "leaf_hash", broken)
        with pytest.raises(ArithmeticError):
            erase_all()
    assert count(database, Wrap) == 2
    assert len(bodies(database)) == 1
    erase_all()
    assert count(database, Wrap) == 0


def crash(database: Database, act: Callable[[PortalSession], object], *, before: str) -> None:
    """Let one of the two commits never happen."""
    session = database.open(write=True)
    act(session)
    victim: Session = session if before == "main" else session.companion
    connection = victim.connection()

    def die(_connection: Any) -> None:
        raise KeyboardInterrupt

    event.listen(connection.engine, "commit", die)
    try:
        with pytest.raises(KeyboardInterrupt):
            session.commit()
    finally:
        event.remove(connection.engine, "commit", die)
        session.invalidate()
        session.companion.invalidate()


def test_recovery_deletes_wraps_whose_submission_never_came(database: Database, add_submission: Add) -> None:
    crash(database, lambda session: add_submission(session, 1), before="main")
    assert count(database, Wrap) == 2
    assert bodies(database) == []
    with database.session(write=True) as session:
        assert service.recover(session) == 2
    assert count(database, Wrap) == 0
    with database.session(write=True) as session:
        assert service.recover(session) == 0
    assert len(bodies(database)) == 1


def test_recovery_ends_an_erasure_that_the_ledger_already_knows(
    database: Database, fill: Fill, auditor: bytes
) -> None:
    fill(database, 2)

    def erase_one(session: PortalSession) -> None:
        session.keys.delete(session.keys.scalars(select(Wrap)).first())

    crash(database, erase_one, before="keys")
    assert count(database, Wrap) == 4
    with database.session(write=True) as session:
        assert service.recover(session) == 1
    assert count(database, Wrap) == 3
    with database.session(write=False) as session:
        (act,) = service.read_acts(service.newest(session, limit=1)[0], auditor)
    assert (act.act, act.detail) == ("ledger.recover", {"rows": "1"})


def test_rows_can_be_recorded_again_after_a_migration(database: Database, fill: Fill) -> None:
    fill(database, 2)
    with database.session(write=True) as session:
        service.record_again(session, ["wrap", "submission"], by="portal", reason="0009")
    assert rows_of(bodies(database)[-1]) == ["submission"] * 2 + ["wrap"] * 4


# -- heads --------------------------------------------------------------------------------------------------


def sign(database: Database, signer: Signer) -> LedgerCheckpoint:
    with database.session(write=True) as session:
        return service.checkpoint(session, signer=signer, key=ENTRIES, day=DAY)


def test_heads_are_signed_over_all_leaves_and_computed_step_by_step(
    database: Database, fill: Fill, signer: Signer
) -> None:
    empty = sign(database, signer)
    assert empty.size == 0
    leaves: list[bytes] = []
    for more in (1, 4, 3):
        fill(database, more)
        made = sign(database, signer)
        signed = verify(made.note, signer.public)
        with database.session(write=False) as session:
            leaves = [entry.leaf_hash for entry in service.entries(session)]
        assert signed.checkpoint.size == made.size == len(leaves)
        assert signed.checkpoint.root == root(leaves)
        assert signed.time % 86_400 == 0
    assert len(leaves) == 8


def test_with_nothing_new_the_same_head_stands(database: Database, fill: Fill, signer: Signer) -> None:
    fill(database, 2)
    assert sign(database, signer).note == sign(database, signer).note
    assert count(database, LedgerCheckpoint) == 1
    assert len(bodies(database)) == 2


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE ledger_entry SET leaf_hash = zeroblob(32) WHERE seq = 3",
        "UPDATE ledger_entry SET body = x'7b7d' WHERE seq = 3",
        "DELETE FROM ledger_entry WHERE seq = 3",
        "UPDATE ledger_checkpoint SET edge = zeroblob(32)",
        "UPDATE ledger_checkpoint SET edge = x''",
        "UPDATE ledger_checkpoint SET note = replace(note, 'example', 'examples')",
        "UPDATE ledger_checkpoint SET size = 1, edge = zeroblob(32)",
    ],
)
def test_nothing_is_signed_over_damage(lite: Database, fill: Fill, signer: Signer, damage: str) -> None:
    fill(lite, 2)
    sign(lite, signer)
    fill(lite, 3)
    with lite.main.begin() as connection:
        connection.exec_driver_sql(damage)
    with pytest.raises(UnavailableError, match="portal verify"):
        sign(lite, signer)


def test_an_entry_is_proved_under_the_newest_head(database: Database, fill: Fill, signer: Signer) -> None:
    fill(database, 5)
    with database.session(write=False) as session, pytest.raises(NotFoundError):
        service.proof(session, 0)
    sign(database, signer)
    fill(database, 1)
    with database.session(write=False) as session:
        for entry in service.entries(session, limit=5):
            text = service.proof(session, entry.seq).text()
            assert Proof.parse(text).verify(entry.body, signer.public).size == 5
        with pytest.raises(NotFoundError):
            service.proof(session, 5)


def test_every_recorded_table_has_a_digest_for_its_values(database: Database, fill: Fill) -> None:
    fill(database, 1)
    assert {table.name for table in Base.metadata.sorted_tables} >= {"ledger_entry", "ledger_checkpoint"}
