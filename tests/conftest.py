"""Fixtures shared by all tests; kept short, builders do the rest."""

import os
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

sys.path.insert(0, str(Path(__file__).parent))

from builders import Founded, Instance, a_copy, an_instance, found_in

from portal.web import sessions


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, as sessions and throttles are kept in."""
    place = Path("/dev/shm")  # noqa: S108 - the one tmpfs that Linux always has
    if not os.access(place, os.W_OK) or not sessions._in_memory(place):
        pytest.skip("no tmpfs at /dev/shm on this machine")
    with tempfile.TemporaryDirectory(prefix="portal-test-", dir=place) as folder:
        yield Path(folder)


@pytest.fixture
def sqlite_instance(tmp_path: Path) -> Iterator[Instance]:
    instance = an_instance(tmp_path / "instance")
    yield instance
    instance.database.dispose()


@pytest.fixture(scope="session")
def postgresql_server() -> str:
    url = os.environ.get("PORTAL_TEST_POSTGRESQL", "")
    if not url:
        pytest.skip("no PostgreSQL: PORTAL_TEST_POSTGRESQL is not set")
    return url


@contextmanager
def fresh_databases(server: str, templates: Sequence[str] = ("", "")) -> Iterator[tuple[str, ...]]:
    """Two databases, empty or copied from others on the same server, gone afterwards."""
    names = [f"portal_{uuid4().hex[:12]}_{which}" for which in ("main", "keys")]
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for name, template in zip(names, templates, strict=True):
            copied = f' TEMPLATE "{template}"' if template else ""
            connection.execute(text(f'CREATE DATABASE "{name}"{copied}'))
    yield tuple(names)
    with engine.connect() as connection:
        for name in names:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    engine.dispose()


def urls_of(server: str, names: Sequence[str]) -> list[str]:
    return [make_url(server).set(database=name).render_as_string(hide_password=False) for name in names]


@pytest.fixture
def postgresql_urls(postgresql_server: str) -> Iterator[list[str]]:
    """Two fresh databases on the test server."""
    with fresh_databases(postgresql_server) as names:
        yield urls_of(postgresql_server, names)


@pytest.fixture(scope="session")
def postgresql_founded(
    postgresql_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Founded, tuple[str, ...]]]:
    """An instance that was founded once on PostgreSQL, and the databases that others are copied from."""
    with fresh_databases(postgresql_server) as names:
        url, keys_url = urls_of(postgresql_server, names)
        folder = tmp_path_factory.mktemp("founded") / "instance"
        yield found_in(folder, url=url, keys_url=keys_url), names


@pytest.fixture(scope="session")
def on_postgresql(
    postgresql_server: str, postgresql_founded: tuple[Founded, tuple[str, ...]]
) -> Callable[[Path], AbstractContextManager[Instance]]:
    """What makes a founded instance on PostgreSQL, in a folder, for as long as it is asked for."""
    founded, templates = postgresql_founded

    @contextmanager
    def make(folder: Path) -> Iterator[Instance]:
        with fresh_databases(postgresql_server, templates) as names:
            url, keys_url = urls_of(postgresql_server, names)
            made = a_copy(founded, folder, url=url, keys_url=keys_url)
            yield made
            made.database.dispose()

    return make


@pytest.fixture
def postgresql_instance(
    on_postgresql: Callable[[Path], AbstractContextManager[Instance]], tmp_path: Path
) -> Iterator[Instance]:
    """A founded instance on PostgreSQL."""
    with on_postgresql(tmp_path / "instance") as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def instance(request: pytest.FixtureRequest) -> Instance:
    """A founded instance, on both databases."""
    made: Instance = request.getfixturevalue(f"{request.param}_instance")
    return made


UNCOUNTED = ("tests/end_to_end/", "tests/reliability/")
"""Tests that repeat what others do, thousands of times or through a browser: counting lines would only
slow them down. So would counting them once more on the second database."""


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Let coverage be counted where each line is tested for itself."""
    for item in items:
        if item.nodeid.startswith(UNCOUNTED) or "[postgresql" in item.nodeid:
            item.add_marker("no_cover")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything was installed, a test that skips is a test that failed."""
    report = yield
    if report.skipped and os.environ.get("PORTAL_REQUIRE_EVERYTHING") and not hasattr(report, "wasxfail"):
        reason = call.excinfo.value if call.excinfo else "skipped"
        report.outcome, report.longrepr = "failed", f"{item.nodeid} may not be skipped here: {reason}"
    return report
