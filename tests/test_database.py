"""Two databases, one unit of work: typed columns, one writer at a time, nothing in clear over a network."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid4

import pytest
from builders import NOON, Instance, a_submission
from sqlalchemy import select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import OperationalError, StatementError

from portal.database import Database, SealedColumn, UtcDay, UtcTime, pause
from portal.errors import UnavailableError
from portal.intake.models import SealedField, Submission
from portal.store.wraps import Wrap

DIALECT = sqlite.dialect()


@pytest.fixture
def bare(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'main.db'}", f"sqlite:///{tmp_path / 'keys.db'}")
    with made.main.begin() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    return made


# columns


@pytest.mark.parametrize("value", [b"", b"plain words", b"\x00", b"\x02 another suite"])
def test_a_sealed_column_refuses_what_did_not_go_through_the_vault(value: bytes) -> None:
    with pytest.raises(ValueError, match="unsealed"):
        SealedColumn().process_bind_param(value, DIALECT)


def test_a_sealed_column_takes_sealed_bytes_and_nothing() -> None:
    assert SealedColumn().process_bind_param(b"\x01 sealed", DIALECT) == b"\x01 sealed"
    assert SealedColumn().process_bind_param(None, DIALECT) is None


def test_plain_words_never_reach_the_database(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        sent = a_submission(instance, session)
        session.commit()
        field = session.scalars(select(SealedField)).first()
        assert field
        field.blob = b"plain words"
        with pytest.raises(StatementError, match="unsealed"):
            session.flush()
        session.rollback()
        session.keys.add(
            Wrap(submission_id=sent.draft.submission_id, part_id=uuid4(), key_id="0", blob=b"plain")
        )
        with pytest.raises(StatementError, match="unsealed"):
            session.keys.flush()
        pause(session)


def test_a_day_column_refuses_a_moment() -> None:
    with pytest.raises(TypeError, match="not a moment"):
        UtcDay().process_bind_param(datetime(2026, 1, 1, tzinfo=UTC), DIALECT)
    assert UtcDay().process_bind_param(date(2026, 1, 1), DIALECT) == date(2026, 1, 1)
    assert UtcDay().process_bind_param(None, DIALECT) is None


def test_a_moment_is_kept_in_utc_and_comes_back_with_its_zone() -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    kept = UtcTime().process_bind_param(datetime(2026, 1, 1, 3, 30, tzinfo=tehran), DIALECT)
    assert kept == datetime(2026, 1, 1)  # noqa: DTZ001 - kept without zone
    assert UtcTime().process_result_value(kept, DIALECT) == datetime(2026, 1, 1, tzinfo=UTC)
    assert UtcTime().process_bind_param(None, DIALECT) is None
    assert UtcTime().process_result_value(None, DIALECT) is None


def test_moments_and_days_come_back_from_both_databases(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        sent = a_submission(instance, session)
    with instance.database.session(write=False) as session:
        assert session.get_one(Submission, sent.draft.submission_id).day == NOON.date()


# writers


def test_no_increment_of_many_writers_is_lost(bare: Database) -> None:
    together = threading.Barrier(8)

    def count() -> None:
        together.wait()
        for _ in range(50):
            with bare.session(write=True) as session:
                n = session.execute(text("SELECT n FROM counter")).scalar_one()
                session.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(count) for _ in range(8)]:
            done.result(timeout=120)
    with bare.session(write=False) as session:
        assert session.execute(text("SELECT n FROM counter")).scalar_one() == 400
    bare.dispose()


def within(seconds: float, act: object) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(act).result(timeout=seconds)  # type: ignore[arg-type]


def test_a_second_beginning_on_one_connection_does_not_wait_for_itself(bare: Database) -> None:
    def twice() -> None:
        with bare.main.connect() as connection:
            for _ in range(2):
                with connection.begin():
                    connection.execute(text("UPDATE counter SET n = n + 1"))

    within(20, twice)
    bare.dispose()


def test_a_pause_lets_the_next_writer_in(bare: Database) -> None:
    with bare.session(write=True) as first:
        first.execute(text("UPDATE counter SET n = 7"))
        pause(first)

        def write() -> None:
            with bare.session(write=True) as second:
                second.execute(text("UPDATE counter SET n = n + 1"))

        within(20, write)
        assert first.execute(text("SELECT n FROM counter")).scalar_one() == 1
    bare.dispose()


def test_readers_do_not_wait_for_a_writer(bare: Database) -> None:
    with bare.session(write=True) as writer:
        writer.execute(text("UPDATE counter SET n = 7"))

        def read() -> None:
            with bare.session(write=False) as reader:
                assert reader.execute(text("SELECT n FROM counter")).scalar_one() == 0

        within(20, read)
    bare.dispose()


def test_a_failure_undoes_both_databases_and_frees_the_writers_place(instance: Instance) -> None:
    def fail() -> None:
        with instance.database.session(write=True) as session:
            a_submission(instance, session)
            session.keys.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with instance.database.session(write=True) as session:
        assert session.scalars(select(Submission)).all() == []
        assert session.keys.scalars(select(Wrap)).all() == []


def test_what_was_only_read_is_not_committed(bare: Database) -> None:
    with bare.session(write=False) as session:
        session.execute(text("UPDATE counter SET n = 9"))
    with bare.session(write=False) as session:
        assert session.execute(text("SELECT n FROM counter")).scalar_one() == 0
    bare.dispose()


# SQLite


def test_sqlite_is_durable_self_erasing_and_keeps_its_temporary_things_in_memory(bare: Database) -> None:
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "temp_store": 2,
        "trusted_schema": 0,
    }
    for engine in (bare.main, bare.keys):
        with engine.connect() as connection:
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
        assert found == wanted
    bare.dispose()


def test_a_sqlite_database_in_nothing_is_refused() -> None:
    with pytest.raises(UnavailableError, match="needs a file"):
        Database("sqlite://", "sqlite://")


def test_a_folder_that_is_not_there_is_an_error_and_holds_no_lock(tmp_path: Path) -> None:
    missing = Database(f"sqlite:///{tmp_path / 'none' / 'a.db'}", f"sqlite:///{tmp_path / 'none' / 'b.db'}")
    with pytest.raises(OperationalError), missing.session(write=True) as session:
        session.execute(text("SELECT 1"))
    missing.dispose()


# PostgreSQL


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://portal@db.example/portal",
        "postgresql+psycopg://portal@10.0.0.7:5432/portal",
        "postgresql+psycopg://portal@db.example/portal?sslmode=disable",
        "postgresql+psycopg://portal@db.example/portal?sslmode=prefer",
        "postgresql+psycopg://portal@db.example/portal?sslmode=require",
        "postgresql+psycopg:///portal?host=db.example",
        "postgresql+psycopg:///portal?host=/run/postgresql,db.example",
        "postgresql+psycopg:///portal?host=/run/postgresql&host=db.example",
        "postgresql+psycopg://portal@localhost/portal?hostaddr=10.0.0.7",
    ],
)
def test_a_database_elsewhere_must_prove_who_it_is(tmp_path: Path, url: str) -> None:
    for pair in ((url, f"sqlite:///{tmp_path / 'k.db'}"), (f"sqlite:///{tmp_path / 'm.db'}", url)):
        with pytest.raises(UnavailableError, match="verify-full"):
            Database(*pair)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://portal@db.example/portal?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "postgresql+psycopg://portal@localhost/portal",
        "postgresql+psycopg://portal@127.0.0.1/portal",
        "postgresql+psycopg:///portal",
        "postgresql+psycopg:///portal?host=/run/postgresql",
    ],
)
def test_a_database_here_or_one_that_proves_itself_is_taken(url: str) -> None:
    pytest.importorskip("psycopg")
    Database(url, url).dispose()
