"""Cases at the desk, as tests need them: sent by a source, taken up by a reviewer, marked and coded."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from builders import Instance, a_draft, a_submission
from sqlalchemy import select

from portal.casework import access, holds, marking, reading, removals, service, sheets, writing
from portal.casework.coding import Sheet
from portal.casework.marking import MarkKind
from portal.database import PortalSession
from portal.intake import service as intake
from portal.intake.documents import draft_file, receiving
from portal.intake.drafts import Draft
from portal.intake.models import Authority, Compartment
from portal.ledger import service as ledger
from portal.ledger.models import LedgerEntry
from portal.linking import reviewing
from portal.linking import service as linking
from portal.linking.models import LinkState
from portal.linking.reviewing import Given
from portal.linking.vocabulary import Answer, LinkRelation, needs_second
from portal.permissions import Group
from portal.registry import service as registry
from portal.registry.records import PersonFacts, PlaceFacts, Spelling
from portal.registry.vocabulary import Basis, Certainty, PlaceKind
from portal.staff.actor import Actor
from portal.store.files import new_name
from portal.vault import receipt as receipts
from portal.vault.receipt import Receipt

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300
TEXT = (
    "My brother Omid Rastegar was held in Gohardasht. In Mordad 1367 the visits ended. "
    "Gohardasht stayed silent."
)


@contextmanager
def at_desk(
    instance: Instance, name: str = "cedar", *, write: bool = True
) -> Iterator[tuple[PortalSession, Actor]]:
    """A unit of work and the person who does it."""
    with instance.database.session(write=write) as session:
        yield session, instance.actor(name, session)


def a_case(instance: Instance, narrative: str = TEXT, *, holder: str = "cedar", **given: object) -> UUID:
    """A case that somebody holds; nobody, for an empty name."""
    with instance.database.session(write=True) as session:
        case_id = a_submission(instance, session, narrative, **given).submission.id
    if holder:
        with at_desk(instance, holder) as (session, by):
            service.claim(session, by=by, case_id=case_id, now=instance.clock())
    return case_id


def text_of(session: PortalSession, by: Actor, case_id: UUID) -> reading.Text:
    opened = access.open_case(session, access.find(session, by=by, case_id=case_id), by=by)
    return reading.open_texts(opened)[0]


def a_mark(
    instance: Instance, case_id: UUID, words: str = "Omid Rastegar", kind: MarkKind = MarkKind.PERSON
) -> UUID:
    """Words that the holder marked."""
    with at_desk(instance) as (session, by):
        text = text_of(session, by, case_id)
        return writing.mark(
            session,
            by=by,
            case_id=case_id,
            field_id=text.field_id,
            kind=kind,
            span=marking.find(text.text, words)[0],
            now=instance.clock(),
        )


def a_link(
    instance: Instance,
    case_id: UUID,
    record_id: UUID,
    *,
    mark_id: UUID | None = None,
    relation: LinkRelation = LinkRelation.VICTIM,
    basis: Basis = Basis.TOLD,
    holder: str = "cedar",
    second: str = "birch",
) -> UUID:
    """A link that holds, from words that the holder marked; seconded, where two are asked for."""
    words = mark_id or a_mark(instance, case_id)
    with at_desk(instance, holder) as (session, by):
        link_id = linking.link(
            session,
            by=by,
            case_id=case_id,
            mark_id=words,
            record_id=record_id,
            relation=relation,
            certainty=Certainty.LIKELY,
            basis=basis,
            now=instance.clock(),
        )
    if second and needs_second(relation):
        a_second_look(instance, case_id, link_id, record_id, relation=relation, name=second)
    return link_id


def a_second_look(
    instance: Instance,
    case_id: UUID,
    link_id: UUID,
    record_id: UUID | None = None,
    *,
    relation: LinkRelation = LinkRelation.VICTIM,
    answer: Answer = Answer.RECORD,
    comment: str = "",
    name: str = "birch",
) -> LinkState:
    """What a second reviewer answers, who knows nothing of the first."""
    given = Given(answer, comment=comment)
    if answer is Answer.RECORD:
        given = Given(answer, record_id, relation, Certainty.CERTAIN, Basis.SAW, comment)
    with at_desk(instance, name) as (session, by):
        return reviewing.second(
            session, by=by, case_id=case_id, link_id=link_id, given=given, now=instance.clock()
        )


def a_sheet(instance: Instance, case_id: UUID, sheet: Sheet | None = None, *, submit: bool = True) -> None:
    """A sheet that the holder filled in."""
    with at_desk(instance) as (session, by):
        sheets.save(
            session,
            by=by,
            case_id=case_id,
            sheet=sheet or Sheet(month="1367-05"),
            revision=0,
            submit=submit,
            now=instance.clock(),
        )


def with_circle(instance: Instance, by: Actor, group: Group = Group.CASES) -> Actor:
    """The same person, who holds the key of one more circle."""
    return replace(by, seeds={**by.seeds, group: {1: instance.secrets.group_seeds[group]}})


def a_hold(instance: Instance, case_id: UUID, *, by: str = "willow", days: int = 90) -> UUID:
    """A legal hold that a lead asked for; another has yet to agree."""
    until = instance.clock().date() + timedelta(days=days)
    reason = "A court has asked that it be kept for a trial. It must not be erased before."
    with at_desk(instance, by) as (session, actor):
        row = holds.ask(session, by=actor, case_id=case_id, reason=reason, until=until, now=instance.clock())
        session.flush()
        return row.id


def a_removal(instance: Instance, case_id: UUID, *, by: str = "willow") -> UUID:
    """A request to erase a case on its source's letter; another lead has yet to agree."""
    with at_desk(instance, by) as (session, actor):
        row = removals.ask(
            session,
            by=actor,
            case_id=case_id,
            authority=Authority.LETTER,
            reason="A letter of 3 May.",
            now=instance.clock(),
        )
        session.flush()
        return row.id


def a_person(instance: Instance, name: str = "Omid Rastegar", **facts: object) -> UUID:
    with at_desk(instance) as (session, by):
        return registry.add(
            session,
            by=by,
            names=[Spelling(name)],
            facts=PersonFacts(**facts),  # type: ignore[arg-type]
            note="",
            now=instance.clock(),
        ).id


def a_prison(instance: Instance, name: str = "Gohardasht", kind: PlaceKind = PlaceKind.PRISON) -> UUID:
    with at_desk(instance) as (session, by):
        return registry.add(
            session,
            by=by,
            names=[Spelling(name)],
            facts=PlaceFacts(kind=kind),
            note="",
            now=instance.clock(),
        ).id


def at_once(count: int, act: Callable[[int], None]) -> list[Exception | None]:
    """Do something in many threads at once; what each met, None for success."""

    def one(number: int) -> Exception | None:
        try:
            act(number)
        except Exception as problem:  # noqa: BLE001 - the test looks at every kind
            return problem
        return None

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def acts_of(instance: Instance) -> list[str]:
    """What the ledger says was done, as an auditor reads it."""
    with at_desk(instance, "olive", write=False) as (session, by):
        seed = by.seed_of(Group.AUDITORS)
        entries = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq)).all()
        return [act.act for entry in entries for act in ledger.read_acts(entry, seed)]


def send_with_file(instance: Instance, content: bytes = PICTURE, name: str = "نامه.png") -> tuple[UUID, UUID]:
    """A case with one document; returns both ids."""
    draft: Draft = a_draft(TEXT)
    document_id, stored = uuid4(), new_name()
    part = draft.part(Compartment.CONTENT)
    with receiving(instance.files, part, document_id, stored) as coming:
        coming.write(content)
    draft.files.append(
        draft_file(coming, document_id=document_id, stored_name=stored, name=name, caption="the last letter")
    )
    keys = receipts.keys_of(Receipt(draft.receipt), instance.keys.receipt_salt)
    with instance.database.session(write=True) as session:
        intake.submit(
            session, draft=draft, keys=instance.keys, receipt=keys, language="fa", day=instance.clock().date()
        )
    return draft.submission_id, document_id
