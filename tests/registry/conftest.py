"""A fresh SQLite database with the registry's tables, and the people who use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from builders import Instance, an_instance
from flask.testing import FlaskClient
from registry_pages import Open

from portal.config import Face
from portal.database import Base, Database, PortalSession
from portal.permissions import Role
from portal.registry.starter import STARTER, load_starter, read_document
from portal.staff.actor import Actor

DEMO = STARTER.parents[1] / "demo" / "registry.json"
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


def fresh(folder: Path) -> Database:
    made = Database(f"sqlite:///{folder / 'main.db'}", f"sqlite:///{folder / 'keys.db'}")
    tables = [table for table in Base.metadata.sorted_tables if table.name.startswith("registry_")]
    Base.metadata.create_all(made.main, tables=tables)
    return made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = fresh(tmp_path)
    yield made
    made.dispose()


@pytest.fixture
def session(database: Database) -> Iterator[PortalSession]:
    with database.session(write=True) as opened:
        yield opened


@pytest.fixture
def reviewer() -> Actor:
    return Actor(uuid4(), "Cedar", Role.REVIEWER)


@pytest.fixture
def lead() -> Actor:
    return Actor(uuid4(), "Plane", Role.LEAD)


@pytest.fixture
def administrator() -> Actor:
    return Actor(uuid4(), "Elm", Role.ADMINISTRATOR)


@pytest.fixture
def auditor() -> Actor:
    return Actor(uuid4(), "Ash", Role.AUDITOR)


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The starter registry and the invented people, loaded once; only to be read."""
    made = fresh(tmp_path_factory.mktemp("registry"))
    with made.session(write=True) as unit:
        load_starter(unit, author="portal", now=NOW)
        load_starter(unit, author="portal", now=NOW, document=read_document(DEMO), note="demonstration")
    yield made
    made.dispose()


@pytest.fixture
def starter(loaded: Database) -> Iterator[PortalSession]:
    with loaded.session(write=False) as opened:
        yield opened


@contextmanager
def on_sqlite(folder: Path) -> Iterator[Instance]:
    made = an_instance(folder)
    yield made
    made.database.dispose()


@pytest.fixture(scope="module")
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance with the starter registry, for all tests of a file; on both databases where it asks so."""
    wanted = getattr(request, "param", "sqlite")
    on = on_sqlite if wanted == "sqlite" else request.getfixturevalue(f"on_{wanted}")
    with on(tmp_path_factory.mktemp("place") / "instance") as made:
        with made.database.session(write=True) as unit:
            load_starter(unit, author="portal", now=made.clock())
        yield made


@pytest.fixture(scope="module")
def visit(place: Instance) -> Open:
    """A client that is signed in as the named person, once for all tests."""
    app = place.app(Face.DESK)
    clients: dict[str, FlaskClient] = {}

    def opened(name: str) -> FlaskClient:
        if name not in clients:
            clients[name] = app.test_client()
            assert place.sign_in(clients[name], name).status_code == 303
        return clients[name]

    return opened
