"""Security keys in a real Chromium, with authenticators that it simulates: registered, required, lost."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from builders import Instance, an_instance, without_limits
from end_to_end.browser import DESKTOP, PHONE, Findings, audit, ready, shoot, watch
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.config import Face
from portal.permissions import Role
from portal.staff import hardware, locks
from portal.staff.models import BundleLock, SecurityKey, Staff
from portal.vault import totp

WHO = "maple"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's own name
        pass


@dataclass
class Desk:
    """A desk served at localhost, which is where browsers let security keys be used without TLS."""

    instance: Instance
    address: str
    context: BrowserContext
    page: Page
    findings: Findings
    cdp: CDPSession
    pocket: dict[str, str] = field(default_factory=dict)

    def new_key(self, name: str, *, prf: bool = True) -> None:
        """Take another security key into the hand."""
        options = {
            "protocol": "ctap2",
            "ctap2Version": "ctap2_1",
            "transport": "usb",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
            "hasPrf": prf,
        }
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.pocket[name] = made["authenticatorId"]
        self.in_hand(name)

    def in_hand(self, name: str) -> None:
        """Touch this security key from now on, and no other."""
        for one, authenticator in self.pocket.items():
            self.cdp.send(
                "WebAuthn.setAutomaticPresenceSimulation",
                {"authenticatorId": authenticator, "enabled": one == name},
            )

    def credentials(self, name: str) -> list[Any]:
        found = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.pocket[name]})
        credentials: list[Any] = found["credentials"]
        return credentials

    @property
    def founder(self) -> Any:
        return self.instance.founders[WHO]

    def go(self, path: str) -> None:
        self.page.goto(f"{self.address}/en{path}")

    def text(self) -> str:
        return self.page.locator("main").inner_text()

    def sign_in(self, *, with_key: bool) -> bool:
        """Sign in and tell whether the door opened."""
        self.instance.clock.advance(seconds=40)
        self.go("/sign-in")
        self.page.fill("[name=name]", WHO)
        self.page.fill("[name=passphrase]", self.founder.passphrase)
        if with_key:
            with self.page.expect_navigation():
                self.page.click("[data-security-key=use] button")
        else:
            code = totp.code(self.founder.bundle.totp_secret, self.instance.clock())
            self.page.fill("[name=code]", code)
            with self.page.expect_navigation():
                self.page.click("main form button[type=submit]")
        return "/sign-in" not in self.page.url

    def sign_out(self) -> None:
        with self.page.expect_navigation():
            self.page.click("header form button")

    def register(self, name: str, **given: str) -> None:
        self.go("/me/security-keys")
        self.page.fill("[name=name]", name)
        self.page.fill("[name=passphrase]", given.get("passphrase", self.founder.passphrase))
        with self.page.expect_navigation():
            self.page.click("main form button[type=submit]")

    def decide(self, path: str) -> None:
        """Fill in the passphrase on a page that asks for nothing else."""
        self.go(path)
        self.page.fill("[name=passphrase]", self.founder.passphrase)
        with self.page.expect_navigation():
            self.page.click("main form button[type=submit]")

    def standing(self) -> hardware.Standing:
        with self.instance.database.session(write=False) as session:
            return hardware.standing(session, by=self.instance.actor(WHO, session))

    def remove(self, name: str) -> None:
        held = next(one for one in self.standing().keys if one.name == name)
        self.decide(f"/me/security-keys/{held.id}/remove")

    def offline(self, output: bytes = b"") -> Any:
        """Open the bundle as somebody does who has a copy of the database, and the passphrase."""
        with self.instance.database.session(write=False) as session:
            person = session.scalars(select(Staff).where(Staff.name == WHO)).one()
            kept = hardware.locks_of(session, person)
        return locks.unlock(kept, self.founder.passphrase, staff_id=person.id, output=output)

    def look(self, name: str) -> None:
        """Look at the page as it stands, on a phone and on a large screen."""
        ready(self.page)
        for window in (PHONE, DESKTOP):
            self.page.set_viewport_size(window)
            audit(self.page, f"{name} {window['width']}", self.findings, strict=False)
            shoot(self.page, f"keys {name} {window['width']}")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


@pytest.fixture
def desk(browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    port = _free_port()
    address = f"http://localhost:{port}"
    instance = without_limits(an_instance(tmp_path / "instance"), desk_address=f"http://127.0.0.1:{port}")
    server = make_server("127.0.0.1", port, instance.app(Face.DESK), threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context(viewport=DESKTOP, locale="en")
    context.set_default_timeout(15_000)
    findings = Findings()
    watch(context, (address,), findings)
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    yield Desk(instance, address, context, page, findings, cdp)
    context.close()
    server.shutdown()
    server.server_close()
    instance.database.dispose()
    findings.check()


def test_two_keys_are_registered_required_used_and_one_is_lost(desk: Desk) -> None:
    assert desk.sign_in(with_key=False)
    desk.go("/me/security-keys")
    desk.look("none")
    desk.new_key("blue")
    desk.register("the blue one")
    assert "Register a second one" in desk.text()
    assert "helps to open your keys" in desk.text()
    desk.look("one")
    assert desk.offline() is not None
    before = _locks_on_disk(desk)
    desk.new_key("green")
    desk.register("the green one")
    desk.look("two")
    desk.go("/me/security-keys/required")
    desk.look("require")
    before |= _locks_on_disk(desk)
    desk.decide("/me/security-keys/required")
    assert "with a security key only" in desk.text()
    desk.look("required")
    assert desk.offline() is None
    assert not _anywhere(desk, before), "the earlier locks are in no file any more"

    desk.sign_out()
    assert not desk.sign_in(with_key=False)
    for key in ("blue", "green"):
        desk.in_hand(key)
        assert desk.sign_in(with_key=True), desk.text()
        desk.sign_out()
    desk.in_hand("green")
    assert desk.sign_in(with_key=True)
    desk.remove("the blue one")
    assert "Only one security key is left" in desk.text()
    desk.look("one left")
    desk.sign_out()
    desk.in_hand("blue")
    assert not desk.sign_in(with_key=True)
    assert "security key do not fit" in desk.text()
    desk.in_hand("green")
    assert desk.sign_in(with_key=True)
    desk.remove("the green one")
    assert "the last key" in desk.text()
    desk.decide("/me/security-keys/required")
    desk.sign_out()
    assert desk.sign_in(with_key=False)


def _locks_on_disk(desk: Desk) -> set[bytes]:
    """What now opens with the passphrase alone, as it lies in the database."""
    with desk.instance.database.session(write=False) as session:
        found = {one.blob for one in session.scalars(select(BundleLock))}
        person = session.scalars(select(Staff).where(Staff.name == WHO)).one()
        found |= {one.wrap for one in session.scalars(select(SecurityKey)) if one.wrap}
        return found | {person.bundle}


def _anywhere(desk: Desk, values: set[bytes]) -> list[str]:
    """The files in which one of these values, or a good part of it, still stands."""
    files = [path for path in desk.instance.settings.instance.rglob("*") if path.is_file()]
    parts = {value[8:72] for value in values}
    return [path.name for path in files if any(part in path.read_bytes() for part in parts)]


def test_a_key_without_prf_takes_the_place_of_the_code_and_no_more(desk: Desk) -> None:
    assert desk.sign_in(with_key=False)
    desk.new_key("old", prf=False)
    desk.register("the old one")
    assert "takes the place of the code" in desk.text()
    assert "cannot be required" in desk.text()
    desk.look("without prf")
    desk.new_key("blue")
    desk.register("the blue one")
    assert "Require a security key" not in desk.text()
    desk.in_hand("old")
    desk.sign_out()
    assert desk.sign_in(with_key=True)
    desk.sign_out()
    assert desk.sign_in(with_key=False)


def test_a_key_confirms_in_the_place_of_the_passphrase(desk: Desk) -> None:
    assert desk.sign_in(with_key=False)
    desk.new_key("blue")
    desk.register("the blue one")
    desk.instance.clock.advance(minutes=6)
    desk.go("/confirm")
    desk.look("confirm")
    with desk.page.expect_navigation():
        desk.page.click("[data-security-key=use] button")
    assert "/confirm" not in desk.page.url, desk.text()


def test_what_goes_wrong_at_the_key_is_said_beside_it(desk: Desk) -> None:
    assert desk.sign_in(with_key=False)
    desk.go("/me/security-keys")
    desk.page.click("main form button[type=submit]")
    desk.page.get_by_text("Fill in what stands above first.").wait_for()
    desk.new_key("blue")
    desk.register("the blue one", passphrase="not these words")
    assert "This is not your passphrase." in desk.text()
    desk.register("the blue one")
    assert len(desk.credentials("blue")) == 1, "registered once more, it wrote over what it had"
    assert not desk.credentials("blue")[0].get("userName", "").startswith(WHO)
    desk.go("/me/security-keys")
    desk.page.fill("[name=name]", "again")
    desk.page.fill("[name=passphrase]", desk.founder.passphrase)
    desk.page.click("main form button[type=submit]")
    desk.page.get_by_text("This security key is here already.").wait_for()
    desk.sign_out()
    desk.cdp.send("WebAuthn.clearCredentials", {"authenticatorId": desk.pocket["blue"]})
    desk.go("/sign-in")
    desk.page.fill("[name=name]", WHO)
    desk.page.fill("[name=passphrase]", desk.founder.passphrase)
    desk.page.click("[data-security-key=use] button")
    desk.page.get_by_text("That did not work, or took too long.").wait_for()


def test_who_comes_by_another_address_is_told_where_keys_work(desk: Desk) -> None:
    assert desk.sign_in(with_key=False)
    elsewhere = desk.address.replace("localhost", "127.0.0.1")
    desk.context.add_cookies(
        [{**one, "domain": "127.0.0.1"} for one in desk.context.cookies()]  # type: ignore[typeddict-item]
    )
    desk.page.goto(f"{elsewhere}/en/me/security-keys")
    assert "tied to the desk's own address" in desk.text()
    assert desk.address in desk.text()
    desk.page.goto(f"{elsewhere}/en/sign-in")
    assert desk.page.locator("[data-security-key]").count() == 0
    desk.findings.lines.clear()  # of the other address


@pytest.mark.parametrize("language", ["en", "fa"])
def test_without_scripts_the_pages_say_so_and_the_code_works(
    desk: Desk, browser: Browser, language: str
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{desk.address}/{language}/sign-in")
    said = {"en": "scripts are off", "fa": "اسکریپت در این مرورگر خاموش است"}[language]
    assert said in page.locator("main").inner_text()
    assert not page.locator("[data-security-key]").is_visible()
    shoot(page, f"keys no scripts {language} sign-in")
    desk.instance.clock.advance(seconds=40)
    page.fill("[name=name]", WHO)
    page.fill("[name=passphrase]", desk.founder.passphrase)
    page.fill("[name=code]", totp.code(desk.founder.bundle.totp_secret, desk.instance.clock()))
    page.click("main form button[type=submit]")
    assert "/sign-in" not in page.url
    page.goto(f"{desk.address}/{language}/me/security-keys")
    assert said in page.locator("main").inner_text()
    shoot(page, f"keys no scripts {language} keys")
    context.close()
    assert desk.founder.role is Role.LEAD


def test_the_pages_in_persian(desk: Desk) -> None:
    assert desk.sign_in(with_key=False)
    for name in ("blue", "green"):
        desk.new_key(name)
        desk.register({"blue": "آن آبی", "green": "آن سبز"}[name])
    held = desk.standing().keys[0]
    for path in ("security-keys", "security-keys/required", f"security-keys/{held.id}/remove"):
        desk.page.goto(f"{desk.address}/fa/me/{path}")
        desk.look(f"fa {path[:22]}")
    desk.sign_out()
    desk.page.goto(f"{desk.address}/fa/sign-in")
    desk.look("fa sign-in")
