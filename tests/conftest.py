"""Fixtures shared by all tests; kept short, builders do the rest."""

import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

sys.path.insert(0, str(Path(__file__).parent))

from builders import Instance, an_instance


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


@pytest.fixture
def postgresql_urls(postgresql_server: str) -> Iterator[tuple[str, str]]:
    """Two fresh databases on the test server."""
    server = make_url(postgresql_server)
    names = [f"portal_{uuid4().hex[:12]}_{which}" for which in ("main", "keys")]
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for name in names:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield tuple(server.set(database=name).render_as_string(hide_password=False) for name in names)  # type: ignore[misc]
    with engine.connect() as connection:
        for name in names:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def instance(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Instance]:
    """A founded instance, on both databases."""
    url, keys_url = "", ""
    if request.param == "postgresql":
        url, keys_url = request.getfixturevalue("postgresql_urls")
    made = an_instance(tmp_path / "instance", url=url, keys_url=keys_url)
    yield made
    made.database.dispose()


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
