"""One Chromium for all tests here, and a portal that is really served: both faces on loopback."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from builders import NOON, Instance, an_instance, without_limits
from end_to_end.browser import Findings, Looker, Person, chromium
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from portal.config import Face
from portal.demo import stage
from portal.registry.starter import load_starter
from portal.vault import totp


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's own name
        pass


@dataclass
class Portal:
    """A founded instance with its registry, served; and who came to it with a browser."""

    instance: Instance
    browser: Browser
    intake: str
    desk: str
    people: ExitStack
    findings: Findings
    looker: Looker

    def source(
        self, language: str, *, without: frozenset[str] = frozenset(), looked_at: bool = True
    ) -> Person:
        """Somebody who comes to the public side, unknown; their pages are looked at unless told otherwise."""
        person = Person(
            self.browser,
            self.intake,
            language,
            self.looker,
            who="source",
            without=without,
            looked_at=looked_at,
        )
        self.people.callback(person.close)
        return person

    def staff(self, language: str, name: str) -> Person:
        """Somebody of the desk, who signs in through the page."""
        person = Person(self.browser, self.desk, language, self.looker, who=name)
        self.people.callback(person.close)
        person.go("/sign-in")
        person.fill(self.ways_in(name))
        person.press("main form button[type=submit]")
        assert "/sign-in" not in person.page.url, person.text()
        return person

    def ways_in(self, name: str) -> dict[str, str]:
        """Return what somebody types to sign in at this moment; a code serves once, so the clock moves."""
        self.instance.clock.advance(seconds=30)
        one = self.instance.founders[name]
        code = totp.code(one.bundle.totp_secret, self.instance.clock())
        return {"name": name, "passphrase": one.passphrase, "code": code}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if not path:
        pytest.skip("no Chromium: none of chromium, chromium-browser, google-chrome is installed")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield found
        found.close()


def _serve(instance: Instance, face: Face) -> BaseWSGIServer:
    server = make_server("127.0.0.1", 0, instance.app(face), threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@contextmanager
def _portal(instance: Instance, browser: Browser) -> Iterator[Portal]:
    with instance.database.session(write=True) as session:
        load_starter(session, author="starter", now=NOON)
        load_starter(session, author="demonstration", now=NOON, document=stage.registry())
    servers = [_serve(instance, face) for face in (Face.INTAKE, Face.DESK)]
    intake, desk = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    findings = Findings()
    looker = Looker(browser, (intake, desk), findings)
    with ExitStack() as people:
        people.callback(looker.context.close)
        yield Portal(instance, browser, intake, desk, people, findings, looker)
    for server in servers:
        server.shutdown()
        server.server_close()
    instance.database.dispose()


@pytest.fixture
def portal(browser: Browser, tmp_path: Path) -> Iterator[Portal]:
    """A portal of its own for one test."""
    with _portal(an_instance(tmp_path / "instance"), browser) as served:
        yield served


@pytest.fixture
def small_portal(browser: Browser, tmp_path: Path) -> Iterator[Portal]:
    """A portal that takes files of one megabyte at most."""
    instance = without_limits(an_instance(tmp_path / "instance"), file_limit=1024 * 1024)
    with _portal(instance, browser) as served:
        yield served


@pytest.fixture(scope="module")
def one_portal(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One portal for all tests of a module."""
    with _portal(an_instance(tmp_path_factory.mktemp("portal") / "instance"), browser) as served:
        yield served
