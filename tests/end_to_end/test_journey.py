"""The whole way of one account, in Persian and in English, in a real browser without scripts.

A source sends it with three files and comes back; a reviewer reads, marks, links and codes it; a lead
approves; a release is asked for, decided and fetched; the auditor reads the ledger; the copy is verified;
the source takes everything back. On every page passed: axe-core, the width, other origins, the policy,
failures of the server.
"""

import csv
import io
import re
import subprocess
import sys
import zipfile
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

import pytest
from coded import COLUMNS, accounts
from end_to_end.browser import Person
from end_to_end.conftest import Portal
from end_to_end.walks import (
    CALLED,
    CAPTIONS,
    FILES,
    ON,
    RELATIONS,
    Kept,
    come_back,
    confirm,
    sample,
    send,
    tell,
)

from portal.upkeep import checkpoint


@dataclass(frozen=True)
class Words:
    """What is typed and looked for in one language."""

    reply: str
    message: str
    comment: str
    complete: str
    person: str
    prison: str
    grave: str
    searched_prison: str
    searched_grave: str
    twice: str
    purpose: str


WORDS = {
    "fa": Words(
        reply="یادم آمد که ساعت مچی مال هم‌بندش بود.",
        message="سپاس از شما. هر وقت خواستید، بنویسید ساک را چه روزی دادند.",
        comment="خواهر راوی نام پدر را هم می‌گوید",
        complete="خوانده شده",
        person="بهرنگ سروستانی",
        prison="گوهردشت کرج",
        grave="کجا دفن شده",
        searched_prison="گوهردشت",
        searched_grave="خاوران",
        twice="برادرم",
        purpose="پژوهشی دربارهٔ ممنوعیت سوگواری",
    ),
    "en": Words(
        reply="I remember now that the television was taken on a Friday.",
        message="Thank you. When you wish, tell us how many of you sat in the corridor.",
        comment="The narrator knew him by his cough",
        complete="It has been read",
        person="Behrang Sarvestani",
        prison="Gohardasht, ward 7",
        grave="did not come back to our side",
        searched_prison="Gohardasht",
        searched_grave="Khavaran",
        twice="I was",
        purpose="A study of the ban on mourning",
    ),
}
Link = tuple[str, str, str, dict[str, str]]
LINKS: tuple[Link, ...] = (
    ("person", "person", "", {"relation": "victim", "certainty": "likely", "basis": "saw"}),
    ("prison", "place", "searched_prison", {"relation": "held_at", "certainty": "certain", "basis": "saw"}),
    ("grave", "place", "searched_grave", {"relation": "mentioned", "certainty": "maybe", "basis": "told"}),
)


@pytest.mark.parametrize("language", ["fa", "en"])
def test_an_account_goes_its_whole_way(portal: Portal, language: str) -> None:
    said = WORDS[language]
    kept = _a_source_sends(portal, language)
    source = portal.source(language)
    _the_source_returns(source, kept, said)
    reviewer = portal.staff(language, "cedar")
    case_id = _the_reviewer_reads(reviewer, said)
    for link in LINKS:
        _the_reviewer_links(reviewer, case_id, said, link)
    _the_reviewer_marks_the_second_of_two_places(reviewer, case_id, said)
    _the_reviewer_writes_and_codes(reviewer, case_id, said)
    _a_lead_approves(portal.staff(language, "maple"), case_id)
    come_back(source, kept)
    assert said.message in source.text("#messages")
    assert said.complete in source.text("main .notice")
    accounts(portal.instance, 60)
    archive = _a_release_is_made(portal, language, said)
    _nothing_of_the_account_is_in_it(archive, language, case_id)
    checkpoint(portal.instance.database, portal.instance.settings)
    _the_auditor_reads(portal.staff(language, "olive"))
    _the_copy_holds(portal)
    _the_source_takes_everything_back(source)
    reviewer.go(f"/cases/{case_id}")
    assert reviewer.status == 404
    assert said.person not in reviewer.page.content()
    _the_copy_holds(portal)
    portal.findings.check()


def _a_source_sends(portal: Portal, language: str) -> Kept:
    source = tell(portal.source(language), later=lambda: portal.source(language))
    kept = send(source)
    confirm(source, kept)
    return kept


def _the_source_returns(source: Person, kept: Kept, said: Words) -> None:
    come_back(source, kept)
    page = source.text()
    assert sample(source.language)["narrative"] in page
    assert all(caption in page for caption in CAPTIONS[source.language])
    for number, (name, content) in enumerate(FILES.items()):
        assert source.save(source.page.locator("a[href*='/folder/files/']").nth(number)) == (name, content)
    source.fill({"text": said.reply})
    source.press("form[action$='/folder/reply'] button")
    assert said.reply in source.text("#messages")
    source.press("a[href$='/folder/permissions']")
    source.press("nav.ways button[value=public]")
    assert source.page.is_checked("input[name=publish][value=no]")
    source.choose({"publish": "ask"})
    source.press(ON)
    source.go("/folder/permissions/public")
    assert source.page.is_checked("input[name=publish][value=ask]")
    source.go("/folder")
    source.press("form[action$='/folder/close'] button")
    source.go("/folder")
    assert source.page.url.endswith("/return")


def _the_reviewer_reads(reviewer: Person, said: Words) -> UUID:
    assert reviewer.page.url.endswith("/cases/")
    reviewer.press("form[action$='/claim'] button")
    case_id = UUID(reviewer.page.url.rsplit("/", 1)[1])
    page = reviewer.text()
    assert reviewer.text(".narrative") == sample(reviewer.language)["narrative"]
    assert said.reply in page
    assert CALLED[reviewer.language] not in page
    originals = reviewer.page.locator("a[href*='/documents/']:not([href*='show'])")
    saved = dict(reviewer.save(originals.nth(number)) for number in range(originals.count()))
    assert saved == FILES
    shown = reviewer.page.locator("a[href*='/documents/'][href*='show']").first.get_attribute("href")
    picture = reviewer.page.goto(reviewer.address + str(shown))
    assert picture
    assert picture.headers["content-type"] == "image/jpeg"
    assert reviewer.page.evaluate("document.images[0].naturalWidth") == 16
    reviewer.go(f"/cases/{case_id}")
    return case_id


def _mark(reviewer: Person, quote: str, kind: str) -> None:
    reviewer.fill({"quote": quote})
    reviewer.page.select_option("#marking [name=kind]", kind)
    reviewer.press("#marking button[type=submit]")


def _the_reviewer_links(reviewer: Person, case_id: UUID, said: Words, link: Link) -> None:
    name, kind, searched, answers = link
    _mark(reviewer, getattr(said, name), kind)
    mark_id = reviewer.page.url.rpartition("#mark-")[2]
    assert getattr(said, name) in reviewer.page.locator(f"#mark-{mark_id}").inner_text()
    reviewer.press(f"#about-{mark_id} a[href*='/links/new']")
    if searched:
        reviewer.fill({"q": getattr(said, searched)})
        reviewer.press("form[role=search] button")
    reviewer.press(".candidate a.button >> nth=0")
    reviewer.press(ON)
    assert reviewer.page.locator("#errors").is_visible(), "a link without certainty and basis was taken"
    reviewer.choose(answers)
    reviewer.fill({"comment": said.comment})
    reviewer.press(ON)
    assert reviewer.page.url.endswith(f"/cases/{case_id}#about-{mark_id}")
    assert said.comment in reviewer.text(f"#about-{mark_id}")


def _the_reviewer_marks_the_second_of_two_places(reviewer: Person, case_id: UUID, said: Words) -> None:
    _mark(reviewer, said.twice, "claim")
    places = reviewer.page.locator("input[name=at]")
    assert places.count() >= 2
    places.nth(1).check()
    reviewer.press(ON)
    assert reviewer.page.url.partition("?")[0].endswith(f"/cases/{case_id}")
    assert reviewer.page.locator(".narrative mark.claim").inner_text() == said.twice


def _the_reviewer_writes_and_codes(reviewer: Person, case_id: UUID, said: Words) -> None:
    reviewer.page.fill("form[action$='/message'] textarea", said.message)
    reviewer.press("form[action$='/message'] button[type=submit]")
    assert said.message in reviewer.text()
    reviewer.press(f"a[href$='/cases/{case_id}/sheet']")
    assert reviewer.page.input_value("[name=relation]") == RELATIONS[reviewer.language]
    prisons = reviewer.page.locator("[name=prison] option", has_text=said.searched_prison)
    reviewer.page.select_option("[name=prison]", prisons.first.get_attribute("value"))
    reviewer.fill({"year": "۱۳۶۷" if reviewer.language == "fa" else "1367"})
    reviewer.page.select_option("[name=month]", "5")
    reviewer.choose({"mourning_ban": "yes", "commission": "yes"})
    reviewer.press("button[name=action][value=submit]")
    assert reviewer.page.locator("form[action$='/sheet/approve']").count() == 0


def _a_lead_approves(lead: Person, case_id: UUID) -> None:
    lead.press(f"a[href$='/cases/{case_id}']")
    lead.press("form[action$='/sheet/approve'] button")
    assert lead.page.locator(".notice.is-done").is_visible()


def _a_release_is_made(portal: Portal, language: str, said: Words) -> bytes:
    administrator = portal.staff(language, "rowan")
    administrator.go("/releases/")
    administrator.press("a[href$='/releases/new']")
    administrator.fill({"purpose": said.purpose, "recipient": "Example University"})
    administrator.choose({"k": "5", "delta": "1.0"})
    for name, role in COLUMNS.items():
        administrator.page.select_option(f"[name=column_{name}]", role.value)
    administrator.press("button[value=send]")
    release = administrator.page.url.rpartition("/")[2]
    assert administrator.page.locator("a[href$='release.zip']").count() == 0
    lead = portal.staff(language, "maple")
    lead.go("/releases/")
    lead.press(f"a[href$='/releases/{release}']")
    lead.press("button[value=preview]")
    lead.choose({"same": "y"})
    lead.press("button[value=approve]")
    assert lead.page.locator("a[href$='release.zip']").is_visible()
    administrator.go(f"/releases/{release}")
    name, archive = administrator.save("a[href$='release.zip']")
    assert name == "release.zip"
    return archive


def _nothing_of_the_account_is_in_it(archive: bytes, language: str, case_id: UUID) -> None:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        inside = {name: opened.read(name).decode(errors="replace") for name in opened.namelist()}
    table = next(text for name, text in inside.items() if name.endswith(".csv"))
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) >= 5
    classes = Counter((row["relation"], row["prison"], row["month"]) for row in rows)
    assert min(classes.values()) >= 5, classes
    everything = "\n".join(inside.values())
    assert str(case_id) not in everything
    assert case_id.hex not in everything
    narrative = sample(language)["narrative"]
    told = set(re.findall(r"\w{4,}", narrative.casefold())) - {"gohardasht"}  # a value of the prison's column
    values = set(re.findall(r"\w{4,}", table.casefold()))
    assert not values & told
    for name in (WORDS[language].person, CALLED[language], "cedar", "maple", "rowan", *CAPTIONS[language]):
        assert name not in everything


def _the_auditor_reads(auditor: Person) -> None:
    auditor.go("/ledger")
    assert auditor.page.locator("tbody tr").count() > 10
    auditor.go("/ledger/check")
    assert auditor.page.locator(".notice.is-exit").count() == 0
    for path in ("/cases/", "/registry/"):
        auditor.go(path)
        assert auditor.status == 403


def _the_copy_holds(portal: Portal) -> None:
    folder = portal.instance.settings.instance
    done = subprocess.run(
        [sys.executable, "-c", "from portal.cli import main; main()", "verify", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything holds." in done.stdout


def _the_source_takes_everything_back(source: Person) -> None:
    source.go("/folder")
    source.press("a[href$='/folder/withdraw']")
    source.press(ON)
    assert source.page.locator("#errors").is_visible(), "everything was taken back without being sure"
    source.choose({"sure": "yes"})
    source.press(ON)
    assert sample(source.language)["narrative"] not in source.page.content()
    assert source.page.locator("form[action$='/folder/reply']").count() == 0
