"""Setting the stage: invented accounts sent through the real intake, some of them read and linked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.casework import service as cases
from portal.casework import sheets, writing
from portal.casework.access import find, open_case
from portal.casework.coding import Pattern, Said, Sheet
from portal.casework.marking import MarkKind
from portal.casework.marking import find as find_words
from portal.casework.prisons import prisons
from portal.casework.reading import open_texts
from portal.config import PublicKeys
from portal.database import PortalSession
from portal.demo.visitor import Visitor
from portal.intake.journey import Relation
from portal.intake.models import Status, Submission
from portal.linking import reviewing
from portal.linking import service as linking
from portal.linking.reviewing import Given
from portal.linking.vocabulary import Answer, LinkRelation, fits, needs_second
from portal.registry import service as records
from portal.registry.models import Record
from portal.registry.vocabulary import Basis, Certainty
from portal.staff import service as staff
from portal.staff.actor import Actor
from portal.staff.founding import Founder
from portal.staff.models import Staff

_DATA = files(__package__)
_YES = dict.fromkeys(("contact", "read", "link", "research", "statistics"), "yes")
_NARRATORS = {"cellmate": "cellmate", "former official": "official"}


def accounts() -> list[dict[str, Any]]:
    """Return the invented accounts."""
    text = (_DATA / "accounts.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def registry() -> dict[str, Any]:
    """Return the invented persons that the accounts speak of."""
    document = json.loads((_DATA / "registry.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)  # noqa: S101 - our own data
    return document


def letter() -> bytes:
    """Return an invented letter as a photograph."""
    return (_DATA / "letter.jpg").read_bytes()


def send(account: Mapping[str, Any], host: str, port: int) -> tuple[str, ...]:
    """Send one account through the intake's pages and return the receipt's words."""
    visitor = Visitor(host, port, "fa" if account["language"] == "fa" else "en")
    visitor.fill("account", narrative=account["narrative"])
    visitor.fill("you", relation=_NARRATORS.get(account["narrator"], account["narrator"]))
    if "letter" in account["narrative"]:
        visitor.attach(
            "documents", name="letter.jpg", content=letter(), caption="The last letter, eleven lines"
        )
    visitor.fill("permissions", **_YES)
    visitor.fill("reaching", called="", contact="", reread="yes")
    visitor.fill("check")
    words = tuple(visitor.page.words)
    visitor.fill("received/words", words=" ".join(words))
    visitor.close()
    return words


def actor(session: PortalSession, founder: Founder) -> Actor:
    """Return a founder at work, with the keys that were granted."""
    person = session.scalars(select(Staff).where(Staff.name == founder.name)).one()
    seed = founder.bundle.identity
    return Actor(person.id, person.name, person.role, seed, staff.group_seeds(person, seed))


@dataclass(frozen=True)
class Desk:
    """The people at the demonstration's desk, and the clock they work by."""

    reviewer: Actor
    lead: Actor
    keys: PublicKeys
    now: datetime


_RELATIONS = {
    "victim": LinkRelation.VICTIM,
    "held at": LinkRelation.HELD_AT,
    "worked at": LinkRelation.WORKED_AT,
    "believed buried": LinkRelation.BELIEVED_BURIED,
    "mentioned": LinkRelation.MENTIONED,
}
_MARKS = {"person": MarkKind.PERSON, "prison": MarkKind.PLACE, "grave": MarkKind.PLACE}
_READ = {"s1": True, "s2": True, "s3": False, "s7": True}
"""The accounts that were read already, and whether a lead has approved what was coded."""


def waiting(session: PortalSession) -> list[UUID]:
    """Return the cases that nobody has taken up."""
    return list(session.scalars(select(Submission.id).where(Submission.status == Status.RECEIVED)))


def triage(session: PortalSession, desk: Desk, case_id: UUID) -> None:
    """Take a case up; where it is one of the read ones, mark, link and code it, else give it back."""
    by_text = {account["narrative"]: account for account in accounts()}
    cases.claim(session, by=desk.reviewer, case_id=case_id, now=desk.now)
    opened = open_case(session, find(session, by=desk.reviewer, case_id=case_id), by=desk.reviewer)
    text = open_texts(opened)[0]
    account = by_text[text.text]
    if account["id"] not in _READ:
        cases.release(session, by=desk.reviewer, case_id=case_id)
        return
    _mark_and_link(session, desk, case_id, text.field_id, account)
    _code(session, desk, case_id, account, approve=_READ[account["id"]])


def _mark_and_link(
    session: PortalSession, desk: Desk, case_id: UUID, field_id: UUID, account: Mapping[str, Any]
) -> None:
    narrative = account["narrative"]
    for one in account["registry"]:
        mark_id = writing.mark(
            session,
            by=desk.reviewer,
            case_id=case_id,
            field_id=field_id,
            kind=_MARKS[one["kind"]],
            span=find_words(narrative, one["quote"])[0],
            now=desk.now,
        )
        record = _record(session, desk, one["name"], LinkRelation(_RELATIONS[one["relation"]]))
        if record is not None:
            saw = account["narrator"] in {"survivor", "cellmate"}
            _link(
                session,
                desk,
                case_id=case_id,
                mark_id=mark_id,
                record_id=record.id,
                relation=_RELATIONS[one["relation"]],
                basis=Basis.SAW if saw else Basis.TOLD,
            )
    for one in account["dates"]:
        span = find_words(narrative, one["words"])[0]
        writing.mark(
            session,
            by=desk.reviewer,
            case_id=case_id,
            field_id=field_id,
            kind=MarkKind.DATE,
            span=span,
            now=desk.now,
        )


def _link(
    session: PortalSession,
    desk: Desk,
    *,
    case_id: UUID,
    mark_id: UUID,
    record_id: UUID,
    relation: LinkRelation,
    basis: Basis,
) -> None:
    """Link marked words to a record; of what two must decide on, the lead gives the second look."""
    link_id = linking.link(
        session,
        by=desk.reviewer,
        case_id=case_id,
        mark_id=mark_id,
        record_id=record_id,
        relation=relation,
        certainty=Certainty.LIKELY,
        basis=basis,
        now=desk.now,
    )
    if needs_second(relation):
        given = Given(Answer.RECORD, record_id, relation, Certainty.LIKELY, basis)
        reviewing.second(session, by=desk.lead, case_id=case_id, link_id=link_id, given=given, now=desk.now)


def _record(session: PortalSession, desk: Desk, name: str, relation: LinkRelation) -> Record | None:
    """Return the registered record of this name that such a relation can lead to."""
    for record in records.search(session, by=desk.reviewer, text=name):
        leads_to = linking.target(record)
        if leads_to is not None and fits(leads_to, relation):
            return record
    return None


def _code(
    session: PortalSession, desk: Desk, case_id: UUID, account: Mapping[str, Any], *, approve: bool
) -> None:
    """Fill the coding sheet from what the sample says, and let the lead approve some."""
    names = [one["name"] for one in account["registry"] if one["kind"] == "prison"]
    known = [prison for _, prison in prisons(session, by=desk.reviewer)]
    prison = next((one for name in reversed(names) for one in known if name in one.label), None)
    said = dict.fromkeys(Pattern, Said.NOT_SAID) | {
        Pattern.COMMISSION: Said.YES if "robe" in account["narrative"] else Said.NOT_SAID,
        Pattern.MOURNING_BAN: Said.YES if account["id"] in {"s1", "s7"} else Said.NOT_SAID,
        Pattern.GRAVE_DISTURBED: Said.YES if account["id"] in {"s3", "s7"} else Said.NOT_SAID,
        Pattern.FAMILY_TOLD: Said.YES if account["id"] in {"s1", "s3", "s7"} else Said.NOT_SAID,
    }
    relation = Relation(_NARRATORS.get(account["narrator"], account["narrator"]))
    sheet = Sheet(prison=prison, month="1367-05" if prison else "1367", relation=relation, patterns=said)
    sheets.save(
        session, by=desk.reviewer, case_id=case_id, sheet=sheet, revision=0, submit=True, now=desk.now
    )
    session.flush()
    if approve:
        sheets.approve(session, by=desk.lead, case_id=case_id, revision=1, keys=desk.keys, now=desk.now)
