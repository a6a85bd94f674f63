"""A recorded database with rows of every kind, on SQLite and, where there is one, on PostgreSQL."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from portal.database import Base, Database, KeysBase, PortalSession
from portal.intake.models import (
    Answer,
    Compartment,
    Consent,
    Document,
    Message,
    Part,
    SealedField,
    Speaker,
    Submission,
    Tombstone,
    Use,
)
from portal.ledger import service
from portal.ledger.checkpoint import Signer
from portal.permissions import Role
from portal.staff.models import Invitation
from portal.store.wraps import Wrap
from portal.vault.sign import SigningKey
from portal.vault.wrap import public_key

DAY = date(2026, 11, 22)
AUDITOR = b"\x07" * 32
ENTRIES = b"\x0b" * 32
"""The key of the entries' tags."""
POSTGRESQL = os.environ.get("PORTAL_TEST_POSTGRESQL", "")


def _postgresql_urls() -> Iterator[tuple[str, str]]:
    """Two schemas of one database, gone afterwards."""
    if not POSTGRESQL:
        pytest.skip("PORTAL_TEST_POSTGRESQL names no database")
    name = f"ledger_{uuid4().hex[:12]}"
    schemas = (f"{name}_main", f"{name}_keys")
    engine = create_engine(POSTGRESQL)
    with engine.begin() as connection:
        for schema in schemas:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = make_url(POSTGRESQL)
    main, keys = (
        url.update_query_dict(
            {"options": f"-csearch_path={schema}", "application_name": name}
        ).render_as_string(hide_password=False)
        for schema in schemas
    )
    yield main, keys
    with engine.begin() as connection:
        # A test that failed may have left a transaction open.
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"
        connection.execute(text(ended), {"name": name})
        for schema in schemas:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'portal.db'}", f"sqlite:///{tmp_path / 'keys.db'}"
    else:
        yield from _postgresql_urls()


@pytest.fixture
def open_database() -> Iterator[Callable[[tuple[str, str]], Database]]:
    """Open an empty recorded database at two addresses."""
    opened: list[Database] = []

    def make(urls: tuple[str, str]) -> Database:
        database = Database(*urls)
        opened.append(database)
        Base.metadata.create_all(database.main)
        KeysBase.metadata.create_all(database.keys)
        service.attach(database, public_key(AUDITOR), key=ENTRIES, today=lambda: DAY)
        return database

    yield make
    for database in opened:
        database.dispose()


@pytest.fixture
def database(urls: tuple[str, str], open_database: Callable[[tuple[str, str]], Database]) -> Database:
    return open_database(urls)


@pytest.fixture
def lite(tmp_path: Path, open_database: Callable[[tuple[str, str]], Database]) -> Database:
    """The same on SQLite alone, where a test looks into the file."""
    return open_database((f"sqlite:///{tmp_path / 'lite.db'}", f"sqlite:///{tmp_path / 'lite-keys.db'}"))


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer("ledger.example/test", SigningKey.from_seeds(bytes(range(64))))


@pytest.fixture
def entries_key() -> bytes:
    return ENTRIES


@pytest.fixture
def auditor() -> bytes:
    return AUDITOR


def _add_submission(session: PortalSession, number: int) -> UUID:
    """One submission with a row in every table of intake, an invitation, and two wraps."""
    sealed = b"\x01" + bytes([number % 256]) * 60
    submission = Submission(day=DAY, locator=uuid4().bytes, source_key=b"\x05" * 40)
    part = Part(number=1, compartment=Compartment.CONTENT, day=DAY, submission=submission)
    part.fields.append(SealedField(name="narrative", blob=sealed))
    part.documents.append(
        Document(
            number=1,
            day=DAY,
            stored_name=uuid4().hex,
            stored_size=6,
            stored_sha256=b"\x09" * 32,
            record=sealed,
            custody=sealed,
        )
    )
    submission.consents.append(
        Consent(number=1, use=Use.LINK, answer=Answer.YES, day=DAY, wording=1, language="fa")
    )
    session.add(submission)
    session.flush()
    session.add(Message(submission_id=submission.id, number=1, speaker=Speaker.SOURCE, day=DAY, blob=sealed))
    session.add(Tombstone(submission_id=submission.id, digest=b"\x03" * 32, day=DAY, authority="source"))
    session.add(
        Invitation(
            name=f"\u0646\u0627\u0645 {number} {uuid4().hex[:6]}",
            role=Role.REVIEWER,
            code_hash=b"\x04" * 32,
            invited_by="A",
            expires=datetime(2026, 12, 1, 12, 30, 15, 250_000, UTC),
        )
    )
    for key_id in ("a" * 32, "b" * 32):
        session.keys.add(Wrap(submission_id=submission.id, part_id=part.id, key_id=key_id, blob=sealed))
    return submission.id


@pytest.fixture
def add_submission() -> Callable[[PortalSession, int], UUID]:
    return _add_submission


@pytest.fixture
def fill() -> Callable[[Database, int], list[UUID]]:
    """Make `count` submissions, one transaction each."""

    def make(database: Database, count: int) -> list[UUID]:
        made = []
        for number in range(count):
            with database.session(write=True) as session:
                made.append(_add_submission(session, number))
        return made

    return make
