"""Every page of both faces that can be opened, in both languages and colour schemes, at 390 and 1280 pixels.

The full matrix runs on every page: it is loaded once in each language, with its scripts, and axe-core's
whole set of rules (with sizes of targets, and on intake the AAA contrast) runs after each change of colours
or width.
What no address alone can open (answers to a sent form) is looked at by the journey, in light at 390.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

import pytest
from authenticator import SoftKey
from builders import Instance
from cases import (
    a_case,
    a_hold,
    a_link,
    a_mark,
    a_person,
    a_removal,
    a_second_look,
    a_sheet,
    at_desk,
    text_of,
)
from coded import a_release, a_request, accounts
from drawn_pictures import a_png, an_image
from end_to_end.browser import (
    DESKTOP,
    PHONE,
    SHOTS,
    SMALLEST,
    Findings,
    audit,
    overflow,
    ready,
    shoot,
    watch,
)
from end_to_end.conftest import Portal
from end_to_end.walks import come_back, send, tell
from pictured import paint
from playwright.sync_api import BrowserContext, FilePayload, Page
from published import an_edition
from sqlalchemy import select

from portal.casework import holds, search_building
from portal.casework.coding import Pattern
from portal.casework.marking import MarkKind
from portal.config import Face
from portal.database import PortalSession
from portal.intake import receivers, withdrawing
from portal.intake.models import Submission
from portal.intake.permission_forms import PAGES
from portal.linking import dependence, duplicates
from portal.linking import service as linking
from portal.linking.corroboration import Bearing
from portal.linking.vocabulary import Answer, Verdict
from portal.permissions import Role
from portal.registry import images, merging, positions
from portal.registry import service as registry
from portal.registry.exchange import importing
from portal.registry.exchange.given import in_memory
from portal.registry.exchange.importing import Choice
from portal.registry.exchange.publications import source_named
from portal.registry.exchange.reading import Mapped
from portal.registry.images import Shows
from portal.registry.judgement_models import Sameness
from portal.registry.models import Record, Relation, Statement
from portal.registry.models import Source as RegistrySource
from portal.registry.periods import said
from portal.registry.records import Finding
from portal.registry.vocabulary import Certainty, ImageKind, Predicate
from portal.release import deciding as releases
from portal.release import publishing
from portal.release.models import Release
from portal.release.plans import Plan, Protection, Side
from portal.staff import hardware, locks, webauthn
from portal.staff import service as staff
from portal.staff.models import Staff
from portal.staff.webauthn import Asked, Site
from portal.upkeep import checkpoint

LANGUAGES = ("fa", "en")
ARCHIVE = receivers.Described(
    "بایگانی دانشگاهی شهادت‌ها",
    "University Archive of Testimonies",
    "بایگانی یک دانشگاه در اروپا",
    "The archive of a university in Europe",
)
SITE = Site("http://localhost:8001", "localhost")
NEED_SCRIPTS = {"staff.security_keys": "a browser speaks to a security key by a script alone"}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
NO_PAGES = {
    "intake.leave": "leads elsewhere",
    "intake.numbers_table": "a file",
    "intake.wait": "leads on unless many write; test_letting_in.py looks at it",
    "folder.own_file": "a file",
    "folder.copy_all": "a file",
    "casework.document": "a file",
    "release.download": "a file",
    "release.preview": "shown only when asked by a form, else leads on",
    "release.decline": "shown only when asked by a form, else leads on",
    "release.cancel": "leads on",
    "release.recall": "leads on",
    "release.told": "leads on",
    "release.recalled_file": "a file",
    "staff.key_request": "a file",
    "registry.left_out": "a file",
    "registry.image_file": "a picture",
    "registry.original": "a file",
    "audit.entry": "a file",
    "audit.head": "a file",
    "audit.proof": "a file",
    "staff.home": "leads on",
}


SOURCES = ("stranger", "writer", "sender", "returner", "kept", "taker", "joiner")
STAFF = ("birch", "willow", "cedar", "maple", "rowan", "olive")


@dataclass(frozen=True)
class View:
    """One page in one state: who looks at it, and what its address holds."""

    endpoint: str
    who: str
    values: Mapping[str, object] = field(default_factory=dict)
    state: str = ""
    query: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.endpoint} {self.state} as {self.who}".replace("  ", " ")


@dataclass(frozen=True)
class Scene:
    """A portal in which something stands on every page, and a browser for everybody who looks."""

    portal: Portal
    views: Mapping[Face, list[View]]
    visitors: Mapping[str, BrowserContext]

    def address(self, face: Face, view: View, language: str) -> str:
        """Return the address of a page."""
        app = self.portal.instance.app(face)
        with app.test_request_context():
            path = app.url_for(view.endpoint, language=language, **dict(view.values))  # type: ignore[arg-type] # ids
        base = self.portal.intake if face is Face.INTAKE else self.portal.desk
        return base + path + (f"?{urlencode(dict(view.query))}" if view.query else "")


@pytest.fixture(scope="module")
def scene(one_portal: Portal) -> Iterator[Scene]:
    portal, visitors = one_portal, {}
    for name in (*SOURCES, *STAFF):
        visitors[name] = portal.browser.new_context(viewport=PHONE, service_workers="block")
        watch(visitors[name], (portal.intake, portal.desk), portal.findings)
    intake = _intake(portal, visitors)
    desk = _desk(portal)
    for name in STAFF:
        page = visitors[name].new_page()
        page.goto(f"{portal.desk}/en/sign-in")
        for field_name, value in portal.ways_in(name).items():
            page.fill(f"[name={field_name}]", value)
        page.click("main form button[type=submit]")
        page.wait_for_url(lambda address: "sign-in" not in address)
        page.close()
        if name == STAFF[0]:  # so long ago that the passphrase is asked for once more
            portal.instance.clock.advance(minutes=6)
    _begin_to_join(portal, visitors["joiner"])
    _search(portal, visitors["cedar"])
    _send_list(portal, visitors["cedar"])
    yield Scene(portal, {Face.INTAKE: intake, Face.DESK: desk}, visitors)
    for context in visitors.values():
        context.close()


def _intake(portal: Portal, visitors: Mapping[str, BrowserContext]) -> list[View]:
    """Let three sources come, each to a different place on the way."""
    writer, sender = (portal.source(language, looked_at=False) for language in LANGUAGES)
    tell(writer)
    tell(sender)
    writer.go("/documents")
    about = writer.page.locator("main a[href*='/documents/']").first.get_attribute("href") or ""
    kept = send(sender)
    returner = portal.source("en", looked_at=False)
    come_back(returner, kept)
    returner.fill({"text": "I remember something more.\n" * 3})
    returner.press("form[action$='/folder/reply'] button")
    for name, person in (("writer", writer), ("sender", sender), ("returner", returner)):
        visitors[name].add_cookies(person.context.cookies())  # type: ignore[arg-type]
    return [
        *(View(f"intake.{name}", "stranger") for name in ("start", "account", "you", "documents")),
        *(
            View(f"intake.{name}", "writer", state="begun")
            for name in ("start", "account", "you", "documents", *PAGES, "reaching", "check")
        ),
        *(View(f"intake.{name}", "stranger") for name in ("safe", "code", "how", "pause", "rest", "support")),
        *(
            View(f"intake.{name}", "writer", state="begun")
            for name in ("code", "code_words", "rest", "erase", "helping", "told", "people", "places")
        ),
        *(
            View(f"intake.{name}", "writer", state="begun")
            for name in ("group", "responsible", "many", "voice")
        ),
        View("intake.about_document", "writer", {"document_id": about.rpartition("/")[2]}, "begun"),
        *(View(f"intake.{name}", "sender", state="sent") for name in ("received", "confirm")),
        View("folder.come_back", "stranger"),
        View("intake.numbers", "stranger"),
        View("intake.numbers_of", "stranger", {"pattern": "commission"}),
        *(
            View("folder.change_part", "returner", {"part": part})
            for part in ("sharing", "public", "lasting")
        ),
        *(
            View(f"folder.{name}", "returner")
            for name in ("show", "files", "change_permissions", "withdraw", "add_text", "who", "copy")
        ),
        *_held_sources(portal, visitors),
    ]


def _published(instance: Instance) -> list[View]:
    """Let an edition be public, a table of patterns wait for it, another be ready; list what shows them."""
    an_edition(instance)
    told = (Pattern.TRANSFERS, Pattern.REPRISALS)
    plan = Plan(Side.REGION, Side.MONTH, None, Protection.NOISE, 10, told)
    ready, waiting = (a_release(instance, plan=plan) for _ in range(2))
    with at_desk(instance, "rowan") as (session, by):
        asked = publishing.ask(session, by=by, release_id=waiting, now=instance.clock()).id
    return [
        View("release.patterns", "maple"),
        View("release.patterns", "maple", state="one", query={"pattern": "reprisals", "by": "region"}),
        View("release.new_patterns", "rowan"),
        View("release.publish", "rowan", {"release_id": ready}),
        View("release.show", "rowan", {"release_id": ready}, "of patterns"),
        *(View("release.publication", who, {"publication_id": asked}) for who in ("rowan", "maple")),
        View("release.published", "rowan"),
        View("release.take_back_edition", "rowan", {"number": 1}),
    ]


def _held_sources(portal: Portal, visitors: Mapping[str, BrowserContext]) -> list[View]:
    """Two sources whose accounts a legal hold keeps, one of whom has taken everything back."""
    instance, now = portal.instance, portal.instance.clock()
    for name in ("kept", "taker"):
        person = portal.source("en", looked_at=False)
        with instance.database.session(write=False) as session:
            before = set(session.scalars(select(Submission.id)))
        tell(person)
        come_back(person, send(person))
        with instance.database.session(write=False) as session:
            case_id = (set(session.scalars(select(Submission.id))) - before).pop()
        hold_id = a_hold(instance, case_id)
        with at_desk(instance, "maple") as (session, by):
            holds.approve(session, by=by, hold_id=hold_id, now=now)
        visitors[name].add_cookies(person.context.cookies())  # type: ignore[arg-type]
    with instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=case_id, day=now.date())
    return [
        View("folder.show", "kept", state="held"),
        View("folder.withdraw", "kept", state="held"),
        View("folder.show", "taker", state="locked"),
    ]


def _desk(portal: Portal) -> list[View]:
    """Let cases stand everywhere they can, and records, releases, staff on the way; list what shows them."""
    instance = portal.instance
    accounts(instance, 60)
    fresh, held, coded = (a_case(instance, holder=holder) for holder in ("", "cedar", "cedar"))
    shut = a_case(instance, holder="cedar", consent={"contact": "yes", "read": "ask"})
    person, place = a_mark(instance, held), a_mark(instance, held, "In Mordad 1367", MarkKind.DATE)
    _judge(instance, held, person)
    a_mark(instance, coded)
    a_sheet(instance, coded)
    asked, made, refused = a_request(instance), a_release(instance), a_request(instance)
    table = a_release(instance, plan=Plan(Side.PRISON, Side.MONTH, None, Protection.NOISE, 50))
    with at_desk(instance, "maple") as (session, by):
        seen = session.get_one(Release, refused).revision
        releases.decline(
            session, by=by, release_id=refused, revision=seen, reason="Too fine.", now=instance.clock()
        )
    with at_desk(instance, "rowan") as (session, by):
        staff.invite(session, by=by, name="linden", role=Role.REVIEWER, now=instance.clock(), language="en")
        body = receivers.add(session, by=by, described=ARCHIVE, now=instance.clock()).id
    hold_id, removal_id = a_hold(instance, held), a_removal(instance, coded)
    checkpoint(instance.database, instance.settings)
    with instance.database.session(write=False) as session:
        records = {
            code: session.scalars(select(Record.id).where(Record.code == code)).one() for code in CODES
        }
        statement = session.scalars(
            select(Statement).where(Statement.record_id == records["gohardasht"])
        ).first()
        assert statement
        colleague = session.scalars(select(Staff.id).where(Staff.name == "birch")).one()
        said = {"record_id": records["gohardasht"], "statement_id": statement.id}
        tie = session.scalars(
            select(Relation).where(Relation.to_id == records["gohardasht"]).order_by(Relation.id)
        ).first()
        assert tie
        publication = session.scalars(select(RegistrySource.id)).first()
    said_there = _said(instance, records, tie_id=tie.id, source=publication)
    return [
        *_casework(fresh=fresh, held=held, coded=coded, shut=shut, marks=(person, place)),
        View("casework.spread", "cedar"),
        View("casework.alike", "cedar", {"case_id": fresh}),
        *_registry(records, said),
        *(View(f"registry.{name}", "cedar") for name in ("bring_in", "columns", "preview", "export")),
        View("registry.run", "cedar", _coming_in(portal)),
        *_drawings(instance),
        *_one_and_the_same(instance),
        *said_there,
        View("casework.holds_list", "maple"),
        View("casework.ask_hold", "maple", {"case_id": held}),
        View("casework.hold", "maple", {"hold_id": hold_id}, "to decide"),
        View("casework.ask_removal", "maple", {"case_id": held}),
        View("casework.ask_source", "cedar", {"case_id": held}),
        View("casework.removal", "maple", {"removal_id": removal_id}, "to decide"),
        View(
            "linking.new",
            "cedar",
            {"case_id": held},
            "one",
            {"annotation": person, "record": records["khomeini"]},
        ),
        View("release.index", "rowan"),
        View("release.index", "maple"),
        View("release.new", "rowan"),
        View("release.new_table", "rowan"),
        View("release.show", "maple", {"release_id": table}, "a table"),
        View("release.again", "rowan", {"release_id": refused}),
        View("release.recalled_list", "rowan"),
        View("release.show", "maple", {"release_id": asked}, "asked for"),
        View("release.show", "rowan", {"release_id": made}, "made"),
        View("release.show", "maple", {"release_id": made}, "made"),
        View("release.show", "rowan", {"release_id": refused}, "declined"),
        View("release.figures", "cedar"),
        *(View("release.receivers_list", who) for who in ("rowan", "maple")),
        View("release.add_receiver", "rowan"),
        View("release.receiver_key", "rowan", {"receiver_id": body}),
        View("release.end_receiver", "rowan", {"receiver_id": body}),
        View("staff.sign_in", "stranger"),
        View("staff.join", "stranger"),
        View("staff.join_keys", "joiner"),
        View("staff.people", "rowan"),
        View("staff.invite", "rowan"),
        View("staff.end", "rowan", {"staff_id": colleague}),
        View("staff.member", "rowan", {"staff_id": colleague}),
        View("staff.keys", "maple"),
        *(View("staff.me", who) for who in ("cedar", "rowan")),
        View("staff.roles", "olive"),
        View("audit.index", "olive"),
        View("audit.check", "olive"),
        View("casework.searched", "cedar", state="found"),
        View("casework.searched", "maple", state="nothing asked"),
        View("casework.title", "cedar", {"case_id": held}),
        View("casework.circle", "maple", {"case_id": held}),
        View("linking.about", "cedar", {"record_id": records["khomeini"]}),
        *_second_looks(instance),
        *_pointed(instance),
        *_published(instance),
        View("release.rewrap", "maple", {"group": "intake"}),
        View("staff.confirm", "birch"),
        View("staff.passphrase", "cedar"),
        View("staff.security_keys", "cedar", state="none"),
        *_security_keys(portal),
    ]


def _second_looks(instance: Instance) -> list[View]:
    """Let one question wait for a second look, and let two see another differently."""
    person, asked, differing = a_person(instance), a_case(instance), a_case(instance)
    waits, differs = (a_link(instance, one, person, second="") for one in (asked, differing))
    a_second_look(instance, differing, differs, answer=Answer.NONE, comment="His father was Karim.")
    question = {"case_id": asked, "link_id": waits}
    one, other, third = (a_case(instance) for _ in range(3))
    for case_id in (one, other, third):
        a_link(instance, case_id, person)
    with at_desk(instance) as (session, by):
        reason = "The sister has it from the mother."
        dependence.mark(session, by=by, one=one, other=other, reason=reason, now=instance.clock())
    return [
        View("linking.together", "cedar", {"record_id": person}),
        View("linking.second_looks", "birch"),
        View("linking.second_looks", "maple", state="two differ"),
        View("linking.second", "birch", question),
        View("linking.second", "birch", question, "one", {"record": person}),
        View("linking.settle", "maple", {"case_id": differing, "link_id": differs}),
        View("linking.history", "cedar", {"case_id": differing}),
    ]


def _pointed(instance: Instance) -> list[View]:
    """Follow a suggestion, in a case in which nothing is marked."""
    case_id = a_case(instance)
    a_person(instance, "امید رستگار", father_name="رحیم")
    with at_desk(instance, write=False) as (session, by):
        text = text_of(session, by, case_id)
    start = text.text.index("Omid Rastegar")
    query = {"text": text.field_id, "at": f"{start}-{start + 13}", "kind": "person"}
    return [
        View("casework.show", "cedar", {"case_id": case_id}, "with suggestions"),
        View("linking.mention", "cedar", {"case_id": case_id}, query=query),
    ]


def _judge(instance: Instance, case_id: UUID, mark_id: UUID) -> None:
    """Let the marked words perhaps mean one of three, surely not another, and leave the third open."""
    for verdict, father in ((Verdict.UNSURE, "Rahim"), (Verdict.NOT, "Karim"), (None, "رحیم")):
        record_id = a_person(instance, "Omid Rastegar", father_name=father)
        if verdict:
            with at_desk(instance) as (session, by):
                linking.judge(
                    session,
                    by=by,
                    case_id=case_id,
                    mark_id=mark_id,
                    record_ids=[record_id],
                    verdict=verdict,
                    now=instance.clock(),
                )


CODES = ("gohardasht", "khomeini", "killings-1988", "tehran-commission", "grave-khavaran")


def _casework(
    *, fresh: object, held: object, coded: object, shut: object, marks: tuple[object, ...]
) -> list[View]:
    return [
        View("casework.index", "cedar"),
        View("casework.index", "maple", query={"status": "complete"}, state="complete"),
        View("casework.index", "maple", query={"status": "closed", "mine": "1"}, state="empty"),
        View("casework.show", "cedar", {"case_id": fresh}, "untaken"),
        View("casework.show", "cedar", {"case_id": held}, "held"),
        View("casework.show", "cedar", {"case_id": shut}, "shut"),
        View("casework.show", "maple", {"case_id": coded}, "to approve"),
        View("casework.sheet", "cedar", {"case_id": held}, "empty"),
        View("casework.sheet", "cedar", {"case_id": coded}, "sent"),
        View("casework.identity", "maple", {"case_id": held}),
        *(
            View("linking.new", "cedar", {"case_id": held}, "candidates", {"annotation": mark})
            for mark in marks
        ),
        View("linking.new", "cedar", {"case_id": held}, "found", {"annotation": marks[0], "q": "Gohardasht"}),
    ]


def _said(
    instance: Instance, records: Mapping[str, UUID], *, tie_id: UUID, source: UUID | None
) -> list[View]:
    """What is said and concluded of a grave, and where exactly it is."""
    grave = {"record_id": records["grave-khavaran"]}
    with at_desk(instance, "maple") as (session, by):
        record = registry.find(session, records["grave-khavaran"], by=by)
        finding = Finding(
            Predicate.CONDITION,
            "Three sources agree.",
            (record.statements[0].id,),
            word="confirmed",
            certainty=Certainty.LIKELY,
        )
        row = registry.conclude(
            session, record.id, by=by, version=record.version, finding=finding, note="x", now=instance.clock()
        )
        positions.keep_position(
            session,
            record.id,
            by=by,
            version=record.version,
            exact=positions.Exact(35.6, 51.5, 20, "beside the wall"),
            keys=instance.keys,
            note="a visit",
            now=instance.clock(),
        )
        concluded = {**grave, "conclusion_id": row.id}
    tie = {"record_id": records["gohardasht"], "tie_id": tie_id}
    return [
        View("registry.show", "maple", grave, "concluded"),
        View("registry.conclude", "cedar", grave),
        View("registry.reopen", "cedar", concluded),
        View("registry.position", "cedar", grave),
        View("registry.drop_position", "cedar", grave),
        View("registry.look", "maple", grave),
        *_pictures(instance, grave["record_id"]),
        View("registry.retie", "cedar", tie),
        View("registry.untie", "cedar", tie),
        View("registry.sources", "cedar"),
        View("registry.edit_source", "cedar", {"source": source}),
    ]


def _pictures(instance: Instance, record_id: UUID) -> list[View]:
    """Show two pictures of a grave, one before and one after, and take a third off."""
    ids = [
        an_image(instance, record_id, a_png(480, 300, shade=shade), name="maple", shows=shows)
        for shade, shows in (
            (170, Shows(ImageKind.SATELLITE, "The plot, with rows of earth", "Pale rows", date=said("1381"))),
            (90, Shows(ImageKind.SATELLITE, "زمین پس از شخم", "زمینی تیره", date=said("بهمن ۱۳۸۷"))),
            (40, Shows(ImageKind.PHOTOGRAPH, "The wrong wall", "A wall")),
        )
    ]
    one = {"record_id": record_id, "image_id": ids[0]}
    off = {"record_id": record_id, "image_id": ids[2]}
    with at_desk(instance, "maple") as (session, by):
        version = registry.find(session, record_id, by=by).version
        given = {"version": version, "note": "another place", "now": instance.clock()}
        images.take_off(session, record_id, ids[2], by=by, **given)
    return [
        View("registry.show", "cedar", {"record_id": record_id}, "pictures"),
        View("registry.show", "rowan", {"record_id": record_id}, "sealed pictures"),
        View("registry.picture", "cedar", {"record_id": record_id}),
        View("registry.describe", "cedar", one),
        View("registry.take_picture_off", "cedar", one),
        View("registry.put_picture_back", "cedar", off),
        View("registry.erase_picture", "cedar", off),
    ]


def _told_twice(instance: Instance) -> list[View]:
    """Let two accounts tell the same, and two others that somebody has decided on."""
    one, other, third, fourth = (a_case(instance) for _ in range(4))
    with at_desk(instance) as (session, by):
        reason = "One hand wrote both, in the same week."
        dependence.mark(
            session,
            by=by,
            one=third,
            other=fourth,
            reason=reason,
            now=instance.clock(),
            bearing=Bearing.EVENT,
        )
    return [
        View("linking.account_list", "cedar"),
        View("linking.account_pair", "cedar", {"first": one, "second": other}),
        View("linking.account_pair", "cedar", {"first": third, "second": fourth}, "decided"),
    ]


def _one_and_the_same(instance: Instance) -> list[View]:
    """Let persons who may be one wait for a decision, and others be one already."""
    one = a_person(instance, "Behrang Samadi", father_name="Jalal", origin="Rasht")
    other = a_person(instance, "بهرنگ صمدی", father_name="جلال", origin="Lahijan")
    kept, given = a_person(instance, "Mina Sadeghi"), a_person(instance, "مینا صادقی", father_name="کریم")
    with at_desk(instance) as (session, by):
        reason = "Both are told of in one letter, with one father."
        rows = [
            merging.judge(
                session, by=by, kept=(a, 1), other=(b, 1), sameness=what, reason=reason, now=instance.clock()
            ).id
            for a, b, what in ((kept, given, Sameness.SAME), (one, kept, Sameness.UNSURE))
        ]
        duplicates.look(session, by=by, clock=instance.clock)
    with at_desk(instance, "birch") as (session, by):
        merging.second(session, rows[0], by=by, versions=(1, 1), now=instance.clock())
        ends = {"kept": (one, 1), "other": (kept, 1), "sameness": Sameness.SAME}
        merging.judge(session, by=by, **ends, reason="One hand wrote both.", now=instance.clock())
    return [
        View("linking.duplicates_list", "cedar"),
        *_told_twice(instance),
        View("registry.merge", "cedar", {"record_id": one, "other_id": other}),
        View("registry.merge", "cedar", {"record_id": one, "other_id": kept}, "waits"),
        View("registry.show", "cedar", {"record_id": kept}, "one"),
        View("registry.show", "cedar", {"record_id": given}, "apart", {"apart": "1"}),
        View("registry.same", "cedar", {"record_id": kept}, query={"q": "Samadi"}),
    ]


def _drawings(instance: Instance) -> list[View]:
    """Something to draw, and the pages that draw it."""
    drawn = paint(instance, people=50)
    person, prison, grave = ({"record_id": drawn[name]} for name in ("person", "prison", "grave"))
    return [
        *(View("registry.show", "cedar", one, "drawn") for one in (person, prison, grave)),
        View("registry.graph_page", "cedar", person),
        View("registry.people", "cedar", prison, query={"page": 2}),
        View("registry.map_page", "cedar"),
        View("registry.map_page", "cedar", query={"view": "tehran", "kind": "grave"}, state="tehran"),
        View("registry.map_page", "cedar", query={"view": "south-east"}, state="nothing there"),
    ]


LIST = "شماره,نام,نام پدر,سال تولد\n۱,سارا یاری,حسن,۱۳۴۰\n۲,,رضا,\n"


def _send_list(portal: Portal, visitor: BrowserContext) -> None:
    """Send a list to be brought into the registry, as far as its preview."""
    page = visitor.new_page()
    page.goto(f"{portal.desk}/fa/registry/import")
    page.fill("#new_title", "فهرستی ساختگی")
    given = FilePayload(name="list.csv", mimeType="text/csv", buffer=LIST.encode())
    page.locator("#file").set_input_files(given)
    page.click("main form button[type=submit]")
    page.wait_for_url("**/import/columns")
    page.close()


def _coming_in(portal: Portal) -> dict[str, object]:
    """Begin to bring a list in."""
    with portal.instance.database.session(write=True) as session:
        by = portal.instance.actor("cedar", session)
        source = source_named(session, "An invented list", by=by)
        file = in_memory("list.csv", LIST.encode())
        choice = Choice(Mapped(), source)
        run = importing.begin(session, by=by, file=file, choice=choice, now=portal.instance.clock())
        return {"run_id": run.id}


def _registry(records: Mapping[str, object], said: Mapping[str, object]) -> list[View]:
    one = {"record_id": records["gohardasht"]}
    return [
        View("registry.index", "cedar"),
        View("registry.index", "cedar", query={"q": "خمینی"}, state="found"),
        View("registry.index", "cedar", query={"q": "zzzz"}, state="nothing"),
        *(View("registry.show", "cedar", {"record_id": records[code]}, code) for code in CODES),
        *(
            View("registry.add", "cedar", {"kind": kind}, kind)
            for kind in ("person", "place", "grave", "body", "event")
        ),
        View("registry.edit", "cedar", one),
        View("registry.state", "cedar", one),
        View("registry.restate", "cedar", said),
        View("registry.retract", "cedar", said),
        View("registry.relate", "cedar", one),
        View("registry.relate", "cedar", one, "found", {"q": "Raisi"}),
        View("registry.history", "cedar", one),
        View("registry.change", "cedar", {**one, "version": 1}),
    ]


def _security_keys(portal: Portal) -> list[View]:
    """Let somebody register two security keys, without requiring them."""
    instance, held = portal.instance, []
    for name in ("blue", "green"):
        asked, proving = (Asked(SITE, os.urandom(32)) for _ in range(2))
        key, salt = SoftKey(), locks.salt(SITE.rp_id)
        made = webauthn.creation_options(asked, handle=bytes(32), known=[], salt=b"salt")
        content = {
            "created": key.create(made),
            "proof": key.get(webauthn.request_options(proving, salt=salt)),
        }
        with at_desk(instance, "willow") as (session, by):
            held.append(
                hardware.add(
                    session,
                    by=by,
                    name=name,
                    passphrase=instance.founders["willow"].passphrase,
                    answer=json.dumps(content),
                    now=instance.clock(),
                    asked=asked,
                    proving=proving,
                )
            )
    return [
        View("staff.security_keys", "willow", state="two"),
        View("staff.remove_key", "willow", {"key_id": held[0].id}),
        View("staff.require_key", "willow"),
    ]


def _search(portal: Portal, reader: BrowserContext) -> None:
    """Let everything be read in, and somebody look for a name."""
    with at_desk(portal.instance, "cedar", write=False) as (_, by):
        pass

    def once(act: Callable[[PortalSession], Any]) -> Any:
        with portal.instance.database.session(write=True) as session:
            return act(session)

    for _ in search_building.rounds(once, by=by):
        pass
    page = reader.new_page()
    page.goto(f"{portal.desk}/en/cases/search")
    page.fill("[name=words]", "Rastegar")
    page.click("main form[role=search] button[type=submit]")
    page.close()


def _begin_to_join(portal: Portal, joiner: BrowserContext) -> None:
    instance = portal.instance
    with at_desk(instance, "rowan") as (session, by):
        words = staff.invite(
            session, by=by, name="poplar", role=Role.REVIEWER, now=instance.clock(), language="en"
        )
    page = joiner.new_page()
    page.goto(f"{portal.desk}/en/join")
    page.fill("[name=name]", "poplar")
    page.fill("[name=words]", words)
    page.click("main form button[type=submit]")
    page.wait_for_url("**/join/keys")
    page.close()


def test_every_page_that_can_be_opened_is_looked_at(scene: Scene) -> None:
    for face in Face:
        table = scene.portal.instance.app(face).extensions["portal_pages"]
        there = {page.endpoint for page in table if "GET" in page.methods} - set(NO_PAGES)
        seen = {view.endpoint for view in scene.views[face]}
        assert sorted(there - seen) == [], "nobody looks at these pages: add them to the views above"
        assert sorted(seen - there) == [], "these pages are not there any more"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("face", list(Face))
def test_every_page_is_open_to_all(scene: Scene, face: Face, language: str) -> None:
    findings = scene.portal.findings
    for who, views in _by_visitor(scene.views[face]).items():
        page = scene.visitors[who].new_page()
        for view in views:
            address = scene.address(face, view, language)
            answer = page.goto(address)
            assert answer
            if answer.status != 200 or page.url != address:
                findings.add(str(view), f"answers with {answer.status} at {page.url}")
                continue
            _first_stop(page, face, str(view), findings)
            _all_ways(page, face, f"{view} {language}", findings, turned=language == "fa")
        page.close()
    findings.check()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_desk_stands_without_scripts(scene: Scene, language: str) -> None:
    """Nothing that can be pressed is dead, and nothing is wider than a small phone."""
    findings, browser = scene.portal.findings, scene.portal.browser
    for who, views in _by_visitor(scene.views[Face.DESK]).items():
        context = browser.new_context(viewport=SMALLEST, java_script_enabled=False)
        context.add_cookies(scene.visitors[who].cookies())  # type: ignore[arg-type]
        watch(context, (scene.portal.desk,), findings)
        page = context.new_page()
        for view in views:
            answer = page.goto(scene.address(Face.DESK, view, language))
            if answer is None or answer.status != 200:
                findings.add(str(view), "does not open without scripts")
                continue
            dead = page.locator("button[type=button]:visible").count()
            if dead and view.endpoint not in NEED_SCRIPTS:
                findings.add(str(view), f"has {dead} buttons that do nothing without scripts")
            shoot(page, f"{view} {language} without scripts")
        context.close()
    findings.check()


def _by_visitor(views: list[View]) -> Mapping[str, list[View]]:
    sorted_out: dict[str, list[View]] = {}
    for view in views:
        sorted_out.setdefault(view.who, []).append(view)
    return sorted_out


def _first_stop(page: Page, face: Face, where: str, findings: Findings) -> None:
    """See that the keyboard comes first to the way out on intake, and past the menu at the desk."""
    page.keyboard.press("Tab")
    first = page.evaluate("() => document.activeElement.className")
    if first != ("leave" if face is Face.INTAKE else "skip"):
        findings.add(where, f"the keyboard comes first to {first!r}")
    page.evaluate("() => document.activeElement.blur()")


def _all_ways(page: Page, face: Face, where: str, findings: Findings, *, turned: bool) -> None:
    """Audit a page light and dark, narrow and wide.

    Which of these go together takes turns between the languages; all do when pictures were asked for.
    """
    ready(page)
    windows = (PHONE, DESKTOP) if turned else (DESKTOP, PHONE)
    for scheme, window in product(SCHEMES, windows) if SHOTS else zip(SCHEMES, windows, strict=True):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(window)
        name = f"{where} {scheme} {window['width']}"
        # Between light and dark nothing changes but the colours.
        audit(page, name, findings, strict=face is Face.INTAKE, colours=scheme == "dark")
        shoot(page, name)
    for window in (SMALLEST, *windows):
        page.set_viewport_size(window)
        overflow(page, where, findings)
    findings.pages += 1
