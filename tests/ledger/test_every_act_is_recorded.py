"""Every page is walked through the real app: each leaves the entries that the golden table says, no other.

The table is ``golden/acts.txt``: a page, a method, and the acts that one successful request leaves. A new
page fails here until it has its row; ``PORTAL_WRITE_GOLDEN=1`` writes the rows of what is walked. Rows with
"elsewhere" name the test that shows them, because they need more than a form (a security key). What follows
a plus is the same page again: another range of a file, a release that is finished.

Two rules hold for every request of the walk, whatever the table says: whoever opens what a source told or
what reviewers wrote about it leaves an entry, and no entry is without an act and a name.
"""

import base64
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pyrage
import pytest
from builders import Instance, token_of
from cases import PICTURE, TEXT, a_case, a_person, a_prison, at_desk
from coded import COLUMNS, accounts
from flask.testing import FlaskClient
from sqlalchemy import select
from visits import Source, by_page
from werkzeug.test import TestResponse

from portal.config import Face
from portal.intake.models import Document, HoldState, LegalHold, Receiver, Removal, SealedField, Submission
from portal.ledger import service as ledger
from portal.ledger.models import LedgerEntry
from portal.ledger.tags import read_key
from portal.linking.models import Link
from portal.permissions import Group
from portal.registry.models import Conclusion, Record, Relation, Statement
from portal.registry.models import Source as RegistrySource
from portal.release.columns import NAMES
from portal.release.models import Release
from portal.release.policy import ColumnRole
from portal.staff.models import Invitation, Staff
from portal.vault import age, seal, stream, totp
from portal.vault.seal import Label

GOLDEN = Path(__file__).parents[1] / "golden" / "acts.txt"
TOLD = {
    Label.FIELD,
    Label.FILE,
    Label.FILE_RECORD,
    Label.CUSTODY,
    Label.CONDITION,
    Label.TEXT_VERSION,
    Label.ANNOTATION,
    Label.LINK,
    Label.FACT,
    Label.CODING_SHEET,
    Label.NOTE,
    Label.RELEASE,
}
"""What a source told, and what was written about it."""

Rows = dict[tuple[str, str], tuple[tuple[str, ...], str]]


@dataclass
class Watch:
    """Sees every request: which labels it opened, which entries it left."""

    instance: Instance
    opened: list[str] = field(default_factory=list)
    walked: Rows = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def size(self) -> int:
        with self.instance.database.session(write=False) as session:
            return ledger.size(session)

    def acts_since(self, seq: int) -> list[list[ledger.Act]]:
        with at_desk(self.instance, "olive", write=False) as (session, by):
            seeds = by.seeds_of(Group.AUDITORS)
            found = session.scalars(
                select(LedgerEntry).where(LedgerEntry.seq >= seq).order_by(LedgerEntry.seq)
            )
            return [ledger.read_acts(entry, seeds) for entry in found]

    def request(self, who: str, endpoint: str, method: str, send: Callable[[], TestResponse]) -> TestResponse:
        """Send one request and hold what it left against the two rules; the table is compared at the end."""
        before = self.size()
        self.opened.clear()
        answer = send()
        body = answer.get_data()
        answer.close()
        assert answer.status_code in {200, 206, 303}, (
            f"{method} {endpoint}: {answer.status_code} {body[:300]!r}"
        )
        assert "/confirm" not in (answer.location or ""), f"{method} {endpoint} asked for proof"
        entries = self.acts_since(before)
        acts = [one for entry in entries for one in entry]
        told = sorted(set(self.opened) & TOLD)
        if told and not acts and who != "source" and not endpoint.endswith("+again"):
            self.wrong.append(f"{method} {endpoint} opened {told} and left nothing")
        for entry in entries:
            if not entry or any(one.by not in {who, "source", "portal"} for one in entry):
                self.wrong.append(f"{method} {endpoint} left an entry without an act or a name: {entry}")
        key = (endpoint, method)
        names = tuple(one.act for one in acts)
        if self.walked.setdefault(key, (names, ""))[0] != names:
            self.wrong.append(f"{method} {endpoint} left {names}, and {self.walked[key][0]} before")
        return answer


@pytest.fixture
def watch(sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Watch:
    made = Watch(sqlite_instance)

    def seen(context: bytes) -> None:
        made.opened.append(context.split(b"\x00", 1)[0].decode())

    unsealed, begun = seal.unseal, stream.SealedReader.__init__

    def unseal(key: bytes, sealed: Any, context: bytes, **more: Any) -> bytes:
        seen(context)
        return unsealed(key, sealed, context, **more)

    def begin(self: Any, key: bytes, context: bytes, *rest: Any, **more: Any) -> None:
        seen(context)
        begun(self, key, context, *rest, **more)

    for module in [one for name, one in sys.modules.items() if name.startswith("portal.")]:
        for name, value in list(vars(module).items()):
            if value is unsealed:
                monkeypatch.setattr(module, name, unseal)
    monkeypatch.setattr(stream.SealedReader, "__init__", begin)
    return made


@dataclass
class Person:
    """Somebody at the desk with a browser."""

    watch: Watch
    name: str
    client: FlaskClient

    def get(self, endpoint: str, url: str) -> TestResponse:
        return self.watch.request(self.name, endpoint, "GET", lambda: self.client.get(f"/en{url}"))

    def post(self, endpoint: str, url: str, page: str = "/me", /, **data: object) -> TestResponse:
        token = token_of(self.client.get(f"/en{page}", follow_redirects=True))
        given = {"csrf_token": token, **data}
        return self.watch.request(
            self.name, endpoint, "POST", lambda: self.client.post(f"/en{url}", data=given)
        )

    def fill(self, endpoint: str, url: str, **changes: object) -> TestResponse:
        """Open a page with a form, and send what a browser would, with changes."""
        page = self.client.get(f"/en{url}")
        given = {**_values(page), **changes}
        return self.watch.request(
            self.name, endpoint, "POST", lambda: self.client.post(f"/en{url}", data=given)
        )


def _values(page: TestResponse) -> dict[str, str]:
    found: dict[str, str] = {}
    html = page.get_data(as_text=True)
    html = html[html.index("<main") :]
    for tag in re.findall(r"<input [^>]*>", html):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        checked = 'type="checkbox"' not in tag and 'type="radio"' not in tag
        if name and (checked or " checked" in tag):
            found[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        first = re.search(r'<option[^>]*value="([^"]*)"', options)
        found[name] = option[1] if (option := chosen or first) else ""
    return found


def person(watch: Watch, name: str) -> Person:
    client = watch.instance.app(Face.DESK).test_client()
    made = Person(watch, name, client)
    made.get("staff.sign_in", "/sign-in")
    watch.request(name, "staff.sign_in", "POST", lambda: watch.instance.sign_in(client, name))
    return made


def one(watch: Watch, query: Any) -> Any:
    with watch.instance.database.session(write=False) as session:
        return session.scalars(query).first()


# -- the walk -----------------------------------------------------------------------------------------------


def a_source(watch: Watch) -> tuple[Source, UUID]:
    """Walk the public side from the first page to a folder that is open."""
    source = Source(watch.instance)

    def get(endpoint: str, path: str) -> TestResponse:
        return watch.request("source", endpoint, "GET", lambda: source.get(path))

    def send(endpoint: str, path: str, seen: str | None = None, **fields: str) -> TestResponse:
        return watch.request("source", endpoint, "POST", lambda: source.post(path, seen=seen, **fields))

    steps = {
        "safe": {"where": "own"},
        "helping": {"helper": "Nasrin"},
        **{page: {} for page in ("how", "told", "pause", "people", "places", "group", "responsible")},
        "account": {"narrative": TEXT},
        "you": {"relation": "survivor"},
        **by_page(dict.fromkeys(COURSE, "yes")),
        "reaching": {"called": "Nasrin", "contact": "by letter", "reread": "yes"},
    }
    get("intake.start", "")
    for path, fields in steps.items():
        get(f"intake.{path}", path)
        send(f"intake.{path}", path, action="continue", **fields)
    get("intake.rest", "rest")
    get("intake.support", "support")
    get("intake.many", "people/many")
    send("intake.many", "people/many", names="Simin")
    table = {"path": "people/sheet", "seen": "people/many"}
    watch.request("source", "intake.take_sheet", "POST", lambda: source.attach(b"name", **table))
    get("intake.documents", "documents")
    watch.request("source", "intake.add_document", "POST", lambda: source.attach(PICTURE, name="letter.png"))
    page = source.get("documents").get_data(as_text=True)
    extra = re.findall(r"documents/([0-9a-f-]{36})/remove", page)[0]
    send("intake.remove_document", f"documents/{extra}/remove", seen="documents")
    source.attach(PICTURE, name="letter.png")
    get("intake.check", "check")
    send("intake.check", "check")
    get("intake.received", "received")
    words = source.words()
    get("intake.confirm", "received/words")
    send("intake.confirm", "received/words", words=" ".join(words))
    return source, _folder(watch, source, words)


COURSE = ("contact", "read", "link", "research", "statistics", "court", "publish")


def _folder(watch: Watch, source: Source, words: list[str]) -> UUID:
    case_id: UUID = one(watch, select(Submission.id).order_by(Submission.day.desc()))
    watch.request("source", "folder.come_back", "GET", lambda: Source(watch.instance).get("return"))
    watch.request("source", "folder.come_back", "POST", lambda: source.come_back(" ".join(words)))
    watch.request("source", "folder.show", "GET", lambda: source.get("folder"))
    return case_id


def at_the_desk(watch: Watch, source: Source, case_id: UUID) -> None:
    """Walk a case from the queue to a second reviewer, and back into the source's folder."""
    reviewer, case = person(watch, "cedar"), f"/cases/{case_id}"
    reviewer.get("staff.home", "/")
    reviewer.get("staff.me", "/me")
    reviewer.get("staff.roles", "/roles")
    reviewer.get("casework.index", "/cases/")
    reviewer.get("casework.show", case)
    reviewer.post("casework.claim", f"{case}/claim", case)
    document: UUID = one(watch, select(Document.id))
    reviewer.get("casework.document", f"{case}/documents/{document}")
    reviewer.get("casework.document+again", f"{case}/documents/{document}")
    text: UUID = one(watch, select(SealedField.id).where(SealedField.name == "narrative"))
    reviewer.post("casework.mark", f"{case}/marks", case, text=text, kind="person", quote="Omid Rastegar")
    mark = re.findall(r'id="mark-([0-9a-f-]{36})"', reviewer.client.get(f"/en{case}").get_data(as_text=True))[
        0
    ]
    record = a_person(watch.instance)
    reviewer.get("linking.new", f"{case}/links/new?annotation={mark}&record={record}")
    words = {"annotation": mark, "record": record, "verdict": "unsure", "q": ""}
    reviewer.post("linking.judge", f"{case}/links/judge", case, **words)
    given = {
        "annotation": mark,
        "record": record,
        "relation": "victim",
        "certainty": "likely",
        "basis": "told",
    }
    reviewer.post("linking.link", f"{case}/links", case, **given, comment="")
    link: UUID = one(watch, select(Link.id))
    reviewer.post("linking.remove", f"{case}/links/{link}/remove", case)
    reviewer.post("casework.unmark", f"{case}/marks/{mark}/remove", case)
    reviewer.post("casework.message", f"{case}/message", case, message="Thank you.")
    watch.request(
        "source", "folder.reply", "POST", lambda: source.post("folder/reply", seen="folder", text="Yes.")
    )
    reviewer.post("casework.add_note", f"{case}/notes", case, note="To be compared.")
    reviewer.get("casework.sheet", f"{case}/sheet")
    reviewer.get("casework.title", f"{case}/title")
    reviewer.fill("casework.title", f"{case}/title", title="A brother in Gohardasht")
    reviewer.post("casework.read_in", "/cases/search/read-in", "/cases/")
    reviewer.post("casework.searched", "/cases/search", "/cases/search", words="Gohardasht")
    reviewer.get("casework.searched", "/cases/search")
    reviewer.get("linking.about", f"/cases/about/{record}" if _under(watch) else f"/about/{record}")
    reviewer.fill("casework.sheet", f"{case}/sheet", action="submit", submit="yes")
    _second(watch, reviewer, case)
    holds_and_removals(watch, case_id)
    watch.request("source", "folder.files", "GET", lambda: source.get("folder/file"))
    watch.request(
        "source", "folder.add_file", "POST", lambda: source.attach(PICTURE, path="folder/file", seen="folder")
    )
    _own(watch, source)


def _under(watch: Watch) -> bool:
    rules = watch.instance.app(Face.DESK).url_map.iter_rules("linking.about")
    return any("/cases/" in rule.rule for rule in rules)


def _revision(lead: Person, case: str) -> str:
    found = re.search(
        r'name="revision"[^>]*value="(\d+)"', lead.client.get(f"/en{case}/sheet").get_data(as_text=True)
    )
    assert found
    return found[1]


def _second(watch: Watch, reviewer: Person, case: str) -> None:
    """The sheet goes back to its writer, again to the lead, and is approved."""
    lead = person(watch, "maple")
    lead.get("casework.identity", f"{case}/identity")
    lead.post("casework.identity", f"{case}/identity", case)
    lead.post(
        "casework.send_back", f"{case}/sheet/return", case, revision=_revision(lead, case), reason="The day?"
    )
    reviewer.fill("casework.sheet", f"{case}/sheet", action="submit", submit="yes")
    lead.post("casework.approve", f"{case}/sheet/approve", case, revision=_revision(lead, case))
    sent = a_case(watch.instance, holder="")
    reviewer.client.post(
        f"/en/cases/{sent}/claim", data={"csrf_token": token_of(reviewer.client.get(f"/en/cases/{sent}"))}
    )
    reviewer.post("casework.release", f"/cases/{sent}/release", f"/cases/{sent}")
    lead.client.post(
        f"/en/cases/{sent}/claim", data={"csrf_token": token_of(lead.client.get(f"/en/cases/{sent}"))}
    )
    lead.post("casework.move", f"/cases/{sent}/move", f"/cases/{sent}", to="set-aside")


def holds_and_removals(watch: Watch, case_id: UUID) -> None:
    """One lead asks, another decides, three times."""
    one_, other = person(watch, "maple"), person(watch, "willow")
    one_.get("casework.holds_list", "/cases/holds")
    one_.get("casework.ask_hold", f"/cases/{case_id}/hold")
    for decision in ("decline", "approve"):
        one_.fill("casework.ask_hold", f"/cases/{case_id}/hold", reason="A court asked for it.")
        hold: UUID = one(watch, select(LegalHold.id).where(LegalHold.state == HoldState.ASKED))
        other.get("casework.hold", f"/cases/holds/{hold}")
        other.post(f"casework.{decision}_hold", f"/cases/holds/{hold}/{decision}", f"/cases/holds/{hold}")
    other.post("casework.end_hold", f"/cases/holds/{hold}/end", f"/cases/holds/{hold}")
    gone = a_case(watch.instance, holder="")
    one_.get("casework.ask_removal", f"/cases/{gone}/erase")
    for decision in ("decline", "approve"):
        one_.fill(
            "casework.ask_removal", f"/cases/{gone}/erase", authority="letter", reason="Letter of 3 May."
        )
        removal: UUID = one(watch, select(Removal.id))
        where = f"/cases/removals/{removal}"
        other.get("casework.removal", where)
        other.post(f"casework.{decision}_removal", f"{where}/{decision}", where)


def _own(watch: Watch, source: Source) -> None:
    page = source.get("folder").get_data(as_text=True)
    name = re.findall(r"folder/files/([0-9a-f-]{36})", page)[0]
    watch.request("source", "folder.own_file", "GET", lambda: source.get(f"folder/files/{name}"))
    watch.request("source", "folder.change_permissions", "GET", lambda: source.get("folder/permissions"))
    changed = dict.fromkeys(COURSE, "yes") | {"link": "no"}
    watch.request(
        "source", "folder.change_permissions", "POST", lambda: source.post("folder/permissions", **changed)
    )
    public = "folder/permissions/public"
    watch.request("source", "folder.change_part", "GET", lambda: source.get(public))
    watch.request("source", "folder.change_part", "POST", lambda: source.post(public, publish="no"))
    watch.request("source", "folder.withdraw", "GET", lambda: source.get("folder/withdraw"))


def the_conclusions(reviewer: Person, url: str, statement: UUID) -> None:
    """Conclude something from a statement, and take it back."""
    found = {"predicate": "arrest", "value_en": "Arrested.", "grounds": str(statement), "note": "x"}
    reviewer.get("registry.conclude", f"{url}/conclusion")
    reviewer.fill("registry.conclude", f"{url}/conclusion", **found)
    row: UUID = one(reviewer.watch, select(Conclusion.id))
    reviewer.get("registry.reopen", f"{url}/conclusion/{row}/withdraw")
    reviewer.fill("registry.reopen", f"{url}/conclusion/{row}/withdraw", note="x")


def the_registry(watch: Watch) -> None:
    """Walk the registry: a record is added, changed, stated about, related, and a statement taken back."""
    reviewer = person(watch, "birch")
    reviewer.get("registry.index", "/registry/")
    reviewer.get("registry.add", "/registry/add/person")
    answer = reviewer.fill("registry.add", "/registry/add/person", **{"names-0-text": "بهرنگ", "note": "x"})
    record = answer.location.rpartition("/")[2]
    url = f"/registry/{record}"
    reviewer.get("registry.show", url)
    reviewer.get("registry.map_page", "/registry/map")
    reviewer.get("registry.graph_page", f"{url}/graph")
    reviewer.get("registry.edit", f"{url}/edit")
    reviewer.fill("registry.edit", f"{url}/edit", note="second")
    reviewer.get("registry.state", f"{url}/statement")
    said = {"predicate": "arrest", "value_en": "Arrested.", "new_title": "A book", "note": "x"}
    reviewer.fill("registry.state", f"{url}/statement", **said)
    other, cited = a_prison(watch.instance, "Evin"), one(watch, select(RegistrySource.id))
    reviewer.get("registry.people", f"/registry/{other}/people")
    chosen = {"word": "held_at", "other": str(other), "source": str(cited), "note": "x"}
    reviewer.get("registry.relate", f"{url}/relation?q=Evin")
    reviewer.fill("registry.relate", f"{url}/relation?q=Evin", **chosen)
    statement: UUID = one(watch, select(Statement.id).where(Statement.record_id == UUID(record)))
    said_again = f"{url}/statement/{statement}/edit"
    reviewer.get("registry.restate", said_again)
    reviewer.fill("registry.restate", said_again, value_en="Arrested.", note="a slip")
    the_conclusions(reviewer, url, statement)
    tie: UUID = one(watch, select(Relation.id).where(Relation.from_id == UUID(record)))
    for act in ("retie", "untie"):
        way = f"{url}/relation/{tie}/{'edit' if act == 'retie' else 'retract'}"
        reviewer.get(f"registry.{act}", way)
        reviewer.fill(f"registry.{act}", way, note="a slip")
    reviewer.get("registry.sources", "/registry/sources")
    reviewer.get("registry.edit_source", f"/registry/sources/{cited}")
    reviewer.fill("registry.edit_source", f"/registry/sources/{cited}", title="A book of names")
    taken = f"{url}/statement/{statement}/retract"
    reviewer.get("registry.retract", taken)
    reviewer.fill("registry.retract", taken, note="misread")
    reviewer.get("registry.history", f"{url}/history")
    reviewer.get("registry.change", f"{url}/history/1")
    assert one(watch, select(Record.id))


def a_release(watch: Watch) -> None:
    """Walk a release from the request to the file, and one that is declined."""
    accounts(watch.instance, 60)
    administrator, lead = person(watch, "rowan"), person(watch, "willow")
    roles = {f"column_{name}": COLUMNS.get(name, ColumnRole.DROP).value for name in NAMES}
    asked = {**roles, "purpose": "a study", "recipient": "a university", "k": "5"}
    asked |= {"l": "1", "t": "1.0", "delta": "1.0", "receiver": ""}  # the registry lists fewer than spoke
    administrator.get("release.index", "/releases/")
    administrator.get("release.new", "/releases/new")
    table = {"purpose": "a study", "recipient": "a university", "rows": "prison", "across": "month"}
    table |= {"pattern": "", "protection": "noise", "hundredths": "10"}
    administrator.get("release.new_table", "/releases/new-table")
    administrator.fill("release.new_table", "/releases/new-table", **table)
    for number in range(2):
        answer = administrator.fill("release.new", "/releases/new", **asked)
        where = answer.location.removeprefix("/en")
        lead.get("release.show", where)
        seen = lead.post("release.preview", f"{where}/preview", where)
        revision = re.search(r'name="revision"[^>]*value="(\d+)"', seen.get_data(as_text=True))
        mark = re.search(r'name="mark"[^>]*value="([0-9a-f ]+)"', seen.get_data(as_text=True))
        assert revision
        assert mark
        if number:
            lead.post("release.decline", f"{where}/decline", where, revision=revision[1], reason="not now")
        else:
            known = re.search(r'name="seen"[^>]*value="([0-9a-f]+)"', seen.get_data(as_text=True))
            assert known
            compared = {"revision": revision[1], "mark": mark[1], "seen": known[1], "same": "y"}
            lead.post("release.approve", f"{where}/approve", where, **compared)
            administrator.get("release.download", f"{where}/release.zip")
            lead.get("release.show+inside", where)
            lead.get("release.preview", f"{where}/preview")
            lead.get("release.decline", f"{where}/decline")
            administrator.get("release.again", f"{where}/again")
            _recalled(watch, administrator, lead, where)
    again = administrator.fill("release.new", "/releases/new", **asked)
    at = again.location.removeprefix("/en")
    administrator.get("release.cancel", f"{at}/cancel")
    administrator.post("release.cancel", f"{at}/cancel", at, revision="1")
    administrator.get("release.receivers_list", "/receivers")
    administrator.get("release.add_receiver", "/receivers/add")
    body = {"name_fa": "بایگانی", "name_en": "Archive", "about_fa": "بایگانی", "about_en": "An archive"}
    administrator.fill("release.add_receiver", "/receivers/add", **body)
    receiver: UUID = one(watch, select(Receiver.id))
    key = str(pyrage.x25519.Identity.generate().to_public())
    administrator.get("release.receiver_key", f"/receivers/{receiver}/key")
    administrator.fill(
        "release.receiver_key", f"/receivers/{receiver}/key", key=key, fingerprint=age.fingerprint(key)
    )
    administrator.get("release.end_receiver", f"/receivers/{receiver}/end")
    administrator.fill("release.end_receiver", f"/receivers/{receiver}/end")
    administrator.get("release.figures", "/figures")
    assert one(watch, select(Release.id))


def _recalled(watch: Watch, administrator: Person, lead: Person, where: str) -> None:
    release = UUID(where.rpartition("/")[2])

    def revision() -> str:
        return str(one(watch, select(Release.revision).where(Release.id == release)))

    lead.get("release.recall", f"{where}/recall")
    lead.post("release.recall", f"{where}/recall", where, revision=revision())
    administrator.get("release.recalled_list", "/releases/recalled")
    administrator.get("release.recalled_file", "/releases/recalled.json")
    administrator.get("release.told", f"{where}/told")
    administrator.post("release.told", f"{where}/told", where, revision=revision())


def the_patterns(watch: Watch, source: Source) -> None:
    """Walk a table of patterns from the request to the public page, and off it again."""
    administrator, lead = person(watch, "rowan"), person(watch, "willow")
    lead.get("release.patterns", "/patterns")
    asked = {
        "purpose": "for everybody",
        "recipient": "everybody",
        "places": "region",
        "patterns": "reprisals",
    }
    administrator.get("release.new_patterns", "/releases/new-patterns")
    answer = administrator.fill("release.new_patterns", "/releases/new-patterns", **asked, protection="noise")
    where = answer.location.removeprefix("/en")
    seen = lead.post("release.preview", f"{where}/preview", where).get_data(as_text=True)
    given = {
        name: re.search(rf'name="{name}"[^>]*value="([^"]+)"', seen) for name in ("revision", "mark", "seen")
    }
    compared = {name: found[1] for name, found in given.items() if found}
    lead.post("release.approve", f"{where}/approve", where, **compared, same="y")
    administrator.get("release.publish", f"{where}/publish")
    for declined in (True, False):
        answer = administrator.fill("release.publish", f"{where}/publish")
        page = answer.location.removeprefix("/en")
        lead.get("release.publication", page)
        act = "decline" if declined else "approve"
        lead.post(f"release.{act}_publication", f"{page}/{act}", page, revision="1")
    administrator.get("release.published", "/published")
    for name, path in (("numbers", ""), ("numbers_of", "/reprisals"), ("numbers_table", "/table.csv")):
        watch.request("source", f"intake.{name}", "GET", lambda path=path: source.get(f"numbers{path}"))
    administrator.get("release.take_back_edition", "/published/1/take-back")
    administrator.fill("release.take_back_edition", "/published/1/take-back")


def the_staff(watch: Watch) -> None:
    """Walk an invitation, an end of access, and the auditor's pages."""
    administrator = person(watch, "rowan")
    administrator.get("staff.people", "/staff")
    administrator.get("staff.invite", "/staff/invite")
    administrator.post("staff.invite", "/staff/invite", name="Mina", role="reviewer")
    invited: UUID = one(watch, select(Invitation.id).where(Invitation.name == "Mina"))
    administrator.post("staff.withdraw", f"/staff/invitations/{invited}/withdraw")
    invited_again = administrator.client.post(
        "/en/staff/invite",
        data={
            "csrf_token": token_of(administrator.client.get("/en/staff/invite")),
            "name": "Zari",
            "role": "reviewer",
        },
    )
    _joining(watch, invited_again)
    administrator = person(watch, "rowan")
    gone: UUID = one(watch, select(Staff.id).where(Staff.name == "birch"))
    administrator.get("staff.end", f"/staff/{gone}/end")
    administrator.post("staff.end", f"/staff/{gone}/end", f"/staff/{gone}/end")
    lead = person(watch, "maple")
    lead.get("staff.keys", "/staff/keys")
    lead.get("release.rewrap", "/releases/rewrap/intake")
    lead.post("release.rewrap", "/releases/rewrap/intake", "/releases/rewrap/intake")
    auditor = person(watch, "olive")
    for endpoint, url in AUDITOR:
        auditor.get(endpoint, url)
    auditor.post("staff.sign_out", "/sign-out")


def _joining(watch: Watch, invited: TestResponse) -> None:
    """Somebody joins with the words, a lead hands a key on, and they look after their own access."""
    words = " ".join(re.findall(r"<bdi>([^<]+)</bdi></li>", invited.get_data(as_text=True)))
    new = Person(watch, "Zari", watch.instance.app(Face.DESK).test_client())
    new.get("staff.join", "/join")
    new.fill("staff.join", "/join", name="Zari", words=words)
    page = new.get("staff.join_keys", "/join/keys").get_data(as_text=True)
    phrase = " ".join(re.findall(r"<bdi>([^<]+)</bdi></li>", page))
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert secret
    code = totp.code(base64.b32decode(secret[1].replace(" ", "")), watch.instance.clock())
    new.fill("staff.join_keys", "/join/keys", passphrase=phrase, again=phrase, code=code)
    lead = person(watch, "maple")
    listed = lead.client.get("/en/staff/keys").get_data(as_text=True)
    row = re.search(
        r'action="/en(/staff/[0-9a-f-]{36}/keys)".*?name="mark" value="([^"]*)"', listed, re.DOTALL
    )
    where = re.search(r'action="/en(/staff/[0-9a-f-]{36}/keys)"', listed)
    assert where
    lead.post("staff.grant", where[1], "/staff/keys", group="intake", mark=row[2] if row else "")
    watch.instance.clock.advance(minutes=6)
    new.get("staff.confirm", "/confirm")
    new.fill("staff.confirm", "/confirm", passphrase=phrase)
    new.post("staff.end_other_sessions", "/me/sessions/end-others")
    new.post("staff.forget", "/me/device/forget")
    new.get("staff.passphrase", "/me/passphrase")
    new.get("staff.security_keys", "/me/security-keys")


AUDITOR = (
    ("audit.index", "/ledger"),
    ("audit.check", "/ledger/check"),
    ("audit.head", "/ledger/head.txt"),
    ("audit.entry", "/ledger/0/entry.json"),
    ("audit.proof", "/ledger/0/proof"),
)


def leave(watch: Watch, source: Source) -> None:
    """Make a new key for a group; take the account back, and leave."""
    lead = person(watch, "maple")
    lead.post("staff.renew_key", "/staff/keys/renew", "/staff/keys", group="intake")
    lead.get("staff.key_request", "/staff/keys/intake/request.json")
    other = Source(watch.instance)
    other.submit()
    watch.request("source", "folder.withdraw", "POST", lambda: source.post("folder/withdraw", sure="yes"))
    watch.request("source", "folder.close", "POST", lambda: source.post("folder/close", seen="return"))
    watch.request("source", "intake.leave", "GET", lambda: other.get("leave"))


def table() -> Rows:
    rows: Rows = {}
    for line in GOLDEN.read_text("utf-8").splitlines() if GOLDEN.exists() else ():
        endpoint, method, acts, *elsewhere = line.split("\t") if "\t" in line else line.split(None, 3)
        rows[endpoint, method] = (
            tuple(one for one in acts.split("+") if one != "-"),
            "".join(elsewhere).strip(),
        )
    return rows


def write(rows: Rows) -> None:
    lines = [
        f"{endpoint:<28} {method:<4} {'+'.join(acts) or '-':<28} {elsewhere}".rstrip()
        for (endpoint, method), (acts, elsewhere) in sorted(rows.items())
    ]
    GOLDEN.write_text("\n".join(lines) + "\n", encoding="utf-8")


def pages_of(instance: Instance) -> set[tuple[str, str]]:
    return {
        (page.endpoint, method)
        for face in Face
        for page in instance.app(face).extensions["portal_pages"]
        for method in page.methods
    }


def test_every_page_leaves_exactly_the_entries_of_the_table(watch: Watch) -> None:
    with watch.instance.database.session(write=True) as session:
        settings, day = watch.instance.settings, watch.instance.clock().date()
        ledger.checkpoint(session, signer=_signer(watch.instance), key=read_key(settings), day=day)
    source, case_id = a_source(watch)
    at_the_desk(watch, source, case_id)
    the_registry(watch)
    the_staff(watch)
    a_release(watch)
    the_patterns(watch, source)
    leave(watch, source)
    golden = table()
    if os.environ.get("PORTAL_WRITE_GOLDEN"):
        write({**golden, **watch.walked})
        pytest.fail("the golden table of acts was written; look at it and run again")
    assert watch.wrong == []
    assert watch.walked == {key: row for key, row in golden.items() if not row[1]}


def _signer(instance: Instance) -> Any:
    from portal.staff.founding import read_signer  # noqa: PLC0415

    return read_signer(instance.settings)


def test_the_table_has_every_page_and_names_a_test_for_each_that_is_not_walked(
    sqlite_instance: Instance,
) -> None:
    golden = table()
    assert {(name.split("+")[0], method) for name, method in golden} == pages_of(sqlite_instance)
    for (endpoint, method), (_, elsewhere) in golden.items():
        if elsewhere:
            path, _, name = elsewhere.removeprefix("elsewhere: ").partition("::")
            text = (GOLDEN.parents[1] / path).read_text("utf-8")
            assert f"def {name}(" in text, f"{method} {endpoint}: {elsewhere}"
