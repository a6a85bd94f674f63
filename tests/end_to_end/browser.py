"""A person at a real browser without scripts, and the second pair of eyes that looks at every page they pass.

axe-core needs scripts, so each page is shown once more, word for word and under the same policy, to a browser
that has them. Everything found on the way is collected; a test asserts at its end that there is nothing.
"""

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlsplit

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Download,
    FilePayload,
    Locator,
    Page,
    Request,
    Response,
    Route,
    ViewportSize,
)

PHONE = ViewportSize(width=390, height=844)
DESKTOP = ViewportSize(width=1280, height=900)
SMALLEST = ViewportSize(width=320, height=640)
_INSIDE = {"data", "blob", "about", "chrome-error"}
SHOTS = os.environ.get("PORTAL_SCREENSHOTS", "")
_AXE = Axe().axe_script
_WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
_POKING = """() => [...document.querySelectorAll('body *')]
  .filter((one) => { const box = one.getBoundingClientRect();
    return box.width && (box.right > innerWidth + 1 || box.left < -1); })
  .slice(0, 3).map((one) => one.outerHTML.slice(0, 90))"""


def chromium() -> str:
    """Return where a Chromium lies on this machine; empty when there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), "")


@dataclass
class Findings:
    """What was wrong on the way, each thing once."""

    lines: dict[str, str] = field(default_factory=dict)
    pages: int = 0

    def add(self, where: str, what: str) -> None:
        """Note something; the place where it was met first is kept."""
        self.lines.setdefault(what, where)

    def check(self) -> None:
        """Fail when there is anything, saying all of it."""
        told = "\n".join(f"- {where}: {what}" for what, where in self.lines.items())
        assert not self.lines, f"{len(self.lines)} findings on {self.pages} pages:\n{told}"


def watch(context: BrowserContext, origins: Sequence[str], findings: Findings) -> None:
    """Note requests to other places, answers that say the server failed, and what the console says."""

    def asked(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in _INSIDE and f"{parts.scheme}://{parts.netloc}" not in origins:
            findings.add(request.frame.url, f"a request to another place: {request.url}")

    def answered(response: Response) -> None:
        if response.status >= 500:
            findings.add(response.url, f"the server failed with {response.status}")

    def said(message: ConsoleMessage) -> None:
        known = re.search(r"Failed to load resource: .*(status of 4\d\d|ERR_FAILED)", message.text)
        if message.type in {"error", "assert"} and not known:
            findings.add(message.page.url if message.page else "?", f"the console says: {message.text}")

    context.on("request", asked)
    context.on("response", answered)
    context.on("console", said)
    context.on("weberror", lambda one: findings.add("a script", f"an error in a script: {one.error.message}"))


def _rules(*, strict: bool, colours: bool) -> dict[str, Any]:
    """Return axe-core's options: all of its usual rules, sizes of targets, and on intake the AAA contrast.

    With ``colours`` only those that other colours can break.
    """
    if colours:
        wanted = ["color-contrast", "link-in-text-block", *(["color-contrast-enhanced"] if strict else [])]
        return {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": wanted}}
    rules = {"target-size": {"enabled": True}, "color-contrast-enhanced": {"enabled": strict}}
    return {"resultTypes": ["violations"], "rules": rules}


def ready(page: Page) -> None:
    """Give the page axe-core, once."""
    page.evaluate(_AXE)


def audit(page: Page, where: str, findings: Findings, *, strict: bool, colours: bool = False) -> None:
    """Run axe-core on the page as it stands and see that nothing makes it wider than the window."""
    result = page.evaluate("(options) => axe.run(options)", _rules(strict=strict, colours=colours))
    for violation in result["violations"]:
        for node in violation["nodes"]:
            why = (node.get("any") or node.get("all") or node.get("none") or [{"message": ""}])[0]["message"]
            findings.add(where, f"{violation['id']}: {node['html'][:160]} ({why})")
    overflow(page, where, findings)


def overflow(page: Page, where: str, findings: Findings) -> None:
    """Note when a page can be scrolled sideways."""
    if (wider := page.evaluate(_WIDER)) > 0:
        width = (page.viewport_size or {"width": 0})["width"]
        path = urlsplit(page.url).path
        findings.add(where, f"{path} is {wider} px wider than {width}: {page.evaluate(_POKING)}")


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page, when somebody asked for pictures (PORTAL_SCREENSHOTS names a folder)."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(SHOTS) / f"{re.sub(r'[^a-z0-9]+', '-', name)}.png", full_page=True)


class Looker:
    """The second pair of eyes: a browser with scripts that is shown what the first one got."""

    def __init__(self, browser: Browser, origins: Sequence[str], findings: Findings) -> None:
        self.context = browser.new_context(viewport=PHONE, service_workers="block")
        self.origins, self.findings = origins, findings
        watch(self.context, origins, findings)
        self.page = self.context.new_page()
        self.count = 0

    def look(self, where: str, page: Page, policy: str) -> None:
        """Look at what another browser shows now."""
        address, html = urldefrag(page.url).url, page.content()
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}

        def answer(route: Route) -> None:
            route.fulfill(status=200, headers=headers, body=html)

        self.page.set_viewport_size(PHONE)
        self.page.emulate_media(color_scheme="light")
        self.page.route(address, answer)
        self.page.goto(address)
        self.page.unroute(address)
        ready(self.page)
        audit(self.page, where, self.findings, strict=address.startswith(self.origins[0]))
        self.count += 1
        self.findings.pages += 1
        shoot(self.page, f"{self.count:02} {where} 390 light")
        self.page.set_viewport_size(SMALLEST)
        overflow(self.page, where, self.findings)
        if SHOTS:
            self.page.set_viewport_size(DESKTOP)
            self.page.emulate_media(color_scheme="dark")
            shoot(self.page, f"{self.count:02} {where} 1280 dark")


class Person:
    """Somebody at a browser without scripts; every page they come to is looked at."""

    def __init__(
        self,
        browser: Browser,
        address: str,
        language: str,
        looker: Looker,
        *,
        who: str,
        without: frozenset[str] = frozenset(),
        looked_at: bool = True,
    ) -> None:
        self.address, self.language, self.looker, self.who = address, language, looker, who
        self.context = browser.new_context(java_script_enabled=False, viewport=PHONE, locale=language)
        watch(self.context, looker.origins, looker.findings)
        if without:
            self.context.route("**/*", lambda route: _sieve(route, without))
        self.context.set_default_timeout(10_000)
        self.page = self.context.new_page()
        self.policy, self.status, self.looked_at = "", 0, looked_at

    def go(self, path: str) -> None:
        """Open an address of this face: what follows its language."""
        self._arrive(lambda: self.page.goto(f"{self.address}/{self.language}{path}"))

    def press(self, what: str | Locator) -> None:
        """Press a button or a link that leads to another page."""
        found = self.page.locator(what).first if isinstance(what, str) else what
        self._arrive(found.click)

    def back(self) -> None:
        """Go back with the browser's own button."""
        self._arrive(self.page.go_back)

    def _arrive(self, act: Callable[[], object]) -> None:
        with self.page.expect_navigation(wait_until="load") as arrival:
            act()
        self.status = arrival.value.status
        self.policy = arrival.value.headers.get("content-security-policy", "")
        if self.looked_at:
            where = f"{self.who} {self.language} {urlsplit(self.page.url).path[3:]}"
            self.looker.look(where, self.page, self.policy)

    def fill(self, values: Mapping[str, str]) -> None:
        """Type into the fields of the page, by their names."""
        for name, value in values.items():
            self.page.fill(f'[name="{name}"]', value)

    def choose(self, values: Mapping[str, str]) -> None:
        """Choose one answer for each question."""
        for name, value in values.items():
            self.page.check(f'input[name="{name}"][value="{value}"]')

    def attach(self, name: str, content: bytes, caption: str = "") -> None:
        """Add one file, on the page where that can be done."""
        self.page.fill("[data-upload] [name=caption]", caption)
        file: FilePayload = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        self.page.set_input_files("[data-upload] input[type=file]", file)
        self.press("[data-upload] button[type=submit]")

    def save(self, what: str | Locator) -> tuple[str, bytes]:
        """Press a link that saves a file; return its name and its bytes."""
        found = self.page.locator(what).first if isinstance(what, str) else what
        with self.page.expect_download() as coming:
            found.click()
        saved: Download = coming.value
        return saved.suggested_filename, Path(saved.path()).read_bytes()

    def text(self, selector: str = "main") -> str:
        """Return what the page says."""
        return self.page.locator(selector).first.inner_text()

    def close(self) -> None:
        """Close the browser."""
        self.context.close()


def _sieve(route: Route, without: frozenset[str]) -> None:
    kind, path = route.request.resource_type, urlsplit(route.request.url).path
    if kind in without or path.endswith((".svg", ".ico", ".png")):
        route.abort()
    else:
        route.continue_()
