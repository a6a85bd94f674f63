"""Make the pictures of the README from the demonstration: ``python docs/make_pictures.py``.

Needs the test extra and a Chromium. The demonstration runs in this process, in a folder that is removed
afterwards; everybody and everything in it is invented. A few more invented accounts are coded, so that a
release has somebody to count.
"""

import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from portal.casework import service as cases
from portal.casework import sheets
from portal.casework.coding import Pattern, Said, Sheet
from portal.casework.prisons import prisons
from portal.database import Database, PortalSession
from portal.demo import stage
from portal.demo.run import Demo, Ports, demonstration
from portal.intake import service as intake
from portal.intake.drafts import Draft
from portal.intake.journey import Relation, Step
from portal.intake.models import Use
from portal.intake.permission_forms import PAGES
from portal.ledger import service as ledger
from portal.ledger.tags import known_key
from portal.permissions import Group
from portal.store.directory import read_public_keys
from portal.vault import totp
from portal.vault.receipt import ReceiptKeys
from portal.vault.wrap import new_seed

PICTURES = Path(__file__).resolve().parent / "pictures"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 860}
ON = "main form button[value=continue]"
CODED = 72


def chromium() -> str:
    """Return where a Chromium lies on this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit("No Chromium: none of chromium, chromium-browser, google-chrome is installed.")
    return found


@contextmanager
def a_page(browser: Browser, size: dict[str, int], *, scheme: str = "light") -> Iterator[Page]:
    """Open a window that nobody used before."""
    scale = 1.5 if size is PHONE else 1
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=scale,
        reduced_motion="reduce",
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def keep(page: Page, name: str, *, down: int = 0) -> None:
    """Keep what the window shows of a page, so many pixels below its beginning."""
    page.evaluate("document.activeElement && document.activeElement.blur()")
    page.evaluate("(down) => window.scrollTo(0, down)", down)
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


def press(page: Page, what: str = ON) -> None:
    """Press what leads to another page; scripts ask the line before a page is sent."""
    with page.expect_navigation():
        page.locator(what).first.click()
    page.wait_for_load_state("networkidle")


def source(page: Page, address: str) -> None:
    """Walk a source's way in Persian, on a phone, and come back."""
    account = stage.accounts()[0]
    page.goto(f"{address}fa/")
    keep(page, "start")
    page.goto(f"{address}fa/account")
    page.fill("[name=narrative]", account["narrative"])
    keep(page, "account")
    press(page)
    page.goto(f"{address}fa/you")
    page.check(f"[name=relation][value={account['narrator']}]")
    press(page)
    page.goto(f"{address}fa/documents")
    letter = {"name": "letter.jpg", "mimeType": "image/jpeg", "buffer": stage.letter()}
    page.set_input_files("[name=file]", letter)  # type: ignore[arg-type]
    page.wait_for_selector("ul.files li")
    permit(page, address)
    page.check("[name=reread][value=yes]")
    press(page)
    press(page)
    words = " ".join(page.locator(".words bdi").all_inner_texts())
    keep(page, "receipt")
    for place in ("received/words", "return"):
        page.goto(f"{address}fa/{place}")
        page.fill("[name=words]", words)
        press(page)
    page.fill("main textarea", "یک نامهٔ دیگر هم پیدا کردم. بفرستم؟")
    press(page, "main form:has(textarea) button")
    keep(page, "folder")


def permit(page: Page, address: str) -> None:
    """Answer every page of permissions with yes, but let nothing be published; up to the page after them."""
    for step in PAGES:
        page.goto(f"{address}fa/{step}")
        for name in {one.get_attribute("name") for one in page.locator("#rows .segments input").all()}:
            page.check(f"[name='{name}'][value={'no' if str(name).startswith('publish') else 'yes'}]")
        if step is Step.PERMISSIONS:
            keep(page, "permissions", down=760)
        press(page, "#rows button[value=continue]")


def sign_in(page: Page, demo: Demo, name: str) -> None:
    """Sign in at the desk, in English."""
    one = next(founder for founder in demo.founders if founder.name == name)
    page.goto(f"{demo.desk}en/sign-in")
    page.fill("[name=name]", one.name)
    page.fill("[name=passphrase]", one.passphrase)
    page.fill("[name=code]", totp.code(one.bundle.totp_secret, datetime.now(UTC)))
    page.click("main form button[type=submit]")


def show_case(page: Page, address: str, words: str) -> bool:
    """Open the case whose text holds these words."""
    page.goto(f"{address}en/cases/")
    links = [one.get_attribute("href") or "" for one in page.locator("tbody th a").all()]
    for link in links:
        page.goto(address.rstrip("/") + link)
        if words in page.inner_text("main"):
            return True
    return False


def reviewer(page: Page, demo: Demo) -> None:
    """Look at the queue, read a case with marks and links, link the words of another."""
    sign_in(page, demo, "cedar")
    page.goto(f"{demo.desk}en/cases/")
    keep(page, "queue")
    if show_case(page, demo.desk, "held by you"):
        keep(page, "reading")
    if show_case(page, demo.desk, "my father spells it"):
        page.click(".heading form button")
        page.fill("#marking [name=quote]", "Farangis Tala'i")
        page.click("#marking button[type=submit]")
        page.locator("li a", has_text="Link to the registry").first.click()
        keep(page, "linking")
    page.goto(f"{demo.desk}en/registry/?q=Gohardasht")
    page.locator("main table a, main .card a, main li a").filter(has_text="Gohardasht").first.click()
    keep(page, "record")


def released(page: Page, demo: Demo) -> str:
    """Ask for a release as the administrator; returns its address."""
    sign_in(page, demo, "rowan")
    page.goto(f"{demo.desk}en/releases/new")
    page.fill("[name=purpose]", "How families were told, by prison and month.")
    page.fill("[name=recipient]", "An invented university")
    page.check("[name=k][value='5']")
    page.check("[name=delta][value='1.0']")
    for name in ("column_relation", "column_prison", "column_month"):
        page.select_option(f"[name={name}]", "quasi-identifier")
    page.select_option(f"[name=column_{Pattern.FAMILY_TOLD.value}]", "sensitive")
    page.click("main form button[value=send]")
    return page.url


def code(database: Database, demo: Demo, folder: Path) -> None:
    """Send and code more invented accounts, each of a family of its own."""
    keys, now = read_public_keys(folder), datetime.now(UTC)
    people = {one.name: one for one in demo.founders}
    yes = {use.value: "yes" for use in Use}
    with database.session(write=False) as session:
        reviewer, lead = (stage.actor(session, people[name]) for name in ("cedar", "maple"))
    desk = stage.Desk(reviewer, lead, keys, now)
    for number in range(CODED):
        draft = Draft.new()
        draft.narrative, draft.consent = f"Invented account number {number}.", yes
        receipt = ReceiptKeys(locator=secrets.token_bytes(16), seed=new_seed())
        with database.session(write=True) as session:
            intake.submit(session, draft=draft, keys=keys, receipt=receipt, language="en", day=now.date())
        with database.session(write=True) as session:
            approve(session, desk, draft, number)


def approve(session: PortalSession, desk: stage.Desk, draft: Draft, number: int) -> None:
    """Code one account, and let the lead approve it."""
    known = [prison for _, prison in prisons(session, by=desk.reviewer)][:4]
    said = dict.fromkeys(Pattern, Said.NOT_SAID)
    said[Pattern.FAMILY_TOLD] = (Said.YES, Said.NO, Said.NOT_SAID)[number % 3]
    sheet = Sheet(
        prison=known[number % 4],
        month=("1367-05", "1367-06")[number % 2],
        relation=(Relation.SIBLING, Relation.SPOUSE, Relation.SURVIVOR)[number % 3],
        patterns=said,
    )
    case_id = draft.submission_id
    cases.claim(session, by=desk.reviewer, case_id=case_id, now=desk.now)
    sheets.save(
        session, by=desk.reviewer, case_id=case_id, sheet=sheet, revision=0, submit=True, now=desk.now
    )
    sheets.approve(session, by=desk.lead, case_id=case_id, revision=1, keys=desk.keys, now=desk.now)


def run(browser: Browser, folder: Path) -> None:
    """Make every picture."""
    with demonstration(folder, Ports(0, 0)) as demo:
        with a_page(browser, PHONE) as page:
            source(page, demo.intake)
        with a_page(browser, PHONE, scheme="dark") as page:
            page.goto(f"{demo.intake}fa/")
            keep(page, "start-dark")
        with a_page(browser, DESK) as page:
            reviewer(page, demo)
        database = Database(f"sqlite:///{folder / 'portal.db'}", f"sqlite:///{folder / 'keys.db'}")
        keys = read_public_keys(folder)
        ledger.attach(database, keys.groups[Group.AUDITORS.value], key=known_key(folder, keys.origin))
        code(database, demo, folder)
        database.dispose()
        with a_page(browser, DESK) as page:
            address = released(page, demo)
        with a_page(browser, {**DESK, "height": 1240}) as page:
            sign_in(page, demo, "maple")
            page.goto(address)
            page.click("form[action$='/preview'] button")
            keep(page, "release")
        with a_page(browser, DESK) as page:
            sign_in(page, demo, "olive")
            page.goto(f"{demo.desk}en/ledger")
            keep(page, "ledger")


def main() -> None:
    """Make the pictures, and say how large they are together."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="portal-pictures-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        run(browser, Path(folder) / "instance")
        browser.close()
    total = sum(path.stat().st_size for path in PICTURES.glob("*.png"))
    sys.stdout.write(f"{total / 1e6:.2f} MB\n")


if __name__ == "__main__":
    main()
