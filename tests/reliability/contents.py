"""An instance in which everything that can be sealed is there twice, and one row of every recorded table."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from builders import Instance, Sent, a_draft
from cases import a_mark, a_person, a_prison, a_second_look, a_sheet, at_desk
from coded import accounts

from portal.casework import service as casework
from portal.casework import sheets, writing
from portal.casework.marking import MarkKind
from portal.database import PortalSession
from portal.intake import draft_rows
from portal.intake import service as intake
from portal.intake.documents import draft_file, receiving
from portal.intake.draft_rows import Kept
from portal.intake.drafts import Draft
from portal.intake.models import Compartment, SealedField, Submission
from portal.intake.sealing import PartKey, seal_field
from portal.linking import service as linking
from portal.linking.vocabulary import LinkRelation
from portal.permissions import Role
from portal.registry.vocabulary import Basis, Certainty
from portal.staff import service as staff
from portal.store.files import new_name
from portal.vault import receipt as receipts
from portal.vault.receipt import Receipt

TOLD = "Sepidehdam told: my brother Omid Rastegar was held in Gohardasht, {which}. Nobody said where he lies."


@dataclass(frozen=True)
class Told:
    """One submission and what its source and the test know of it."""

    id: UUID
    draft: Draft = field(repr=False)
    receipt: Receipt = field(repr=False)
    seed: bytes = field(repr=False)
    contents: tuple[bytes, ...] = field(repr=False)
    marks: tuple[UUID, ...] = ()
    links: tuple[UUID, ...] = ()


def a_file(instance: Instance, part: PartKey, content: bytes) -> intake.DraftFile:
    """A file as it arrives: sealed into the store."""
    document_id, stored = uuid4(), new_name()
    with receiving(instance.files, part, document_id, stored) as coming:
        coming.write(content)
    return draft_file(
        coming, document_id=document_id, stored_name=stored, name="Kabootarnameh.bin", caption="Panjshirlamp"
    )


def send(instance: Instance, which: str, *, narrative: str = TOLD) -> tuple[Sent, tuple[bytes, ...]]:
    """A submission with two files, names and contact; its source may read it again."""
    draft = a_draft(narrative.format(which=which), called=f"Mahtabgoon {which}", contact=f"Oslo {which}")
    draft.reread, draft.relation = "yes", "sibling"
    contents = tuple(f"SarveravanBYTES {which} {number} ".encode() * 400 for number in (1, 2))
    draft.files.extend(a_file(instance, draft.part(Compartment.CONTENT), content) for content in contents)
    receipt = Receipt(draft.receipt)
    keys = receipts.keys_of(receipt, instance.keys.receipt_salt)
    day = instance.clock().date()
    with instance.database.session(write=True) as session:
        made = intake.submit(session, draft=draft, keys=instance.keys, receipt=keys, language="en", day=day)
    return Sent(made, draft, receipt, keys.seed), contents


def _correct(session: PortalSession, draft: Draft, which: str) -> None:
    """A second version of two answers; the corrected account keeps the words that marks stand in."""
    for compartment, name, text in (
        (Compartment.CONTENT, "narrative", TOLD.format(which=which) + " Corrected."),
        (Compartment.IDENTITY, "called", f"Mahtabgoon {which}, corrected"),
    ):
        part = draft.part(compartment)
        blob = seal_field(part, name, 2, text)
        session.add(SealedField(part_id=part.part_id, name=name, version=2, blob=blob))


def _add(instance: Instance, sent: Sent, content: bytes) -> None:
    """One more file, which gets a part of its own."""
    part = PartKey.new(sent.submission.id, Compartment.CONTENT)
    file = a_file(instance, part, content)
    with instance.database.session(write=True) as session:
        intake.add_files(
            session,
            submission_id=sent.submission.id,
            seed=sent.seed,
            part=part,
            files=[file],
            keys=instance.keys,
            day=instance.clock().date(),
            limit=20,
        )


def _work(instance: Instance, case_id: UUID, person: UUID, prison: UUID) -> tuple[tuple[UUID, ...], ...]:
    """The desk's part: marks, links, notes, messages, a coded sheet that a lead approves."""
    now = instance.clock()
    with at_desk(instance) as (session, by):
        casework.claim(session, by=by, case_id=case_id, now=now)
    marks = (
        a_mark(instance, case_id),
        a_mark(instance, case_id, "Gohardasht", MarkKind.PLACE),
    )
    links = []
    with at_desk(instance) as (session, by):
        for mark_id, record_id, relation in (
            (marks[0], person, LinkRelation.VICTIM),
            (marks[1], prison, LinkRelation.HELD_AT),
        ):
            made = linking.link(
                session,
                by=by,
                case_id=case_id,
                mark_id=mark_id,
                record_id=record_id,
                relation=relation,
                certainty=Certainty.LIKELY,
                basis=Basis.SAW,
                comment="Derakhteanar",
                now=now,
            )
            links.append(made)
        for text in ("Ghobareshab noted", "Ghobareshab noted again"):
            writing.add_note(session, by=by, case_id=case_id, text=text, now=now)
            writing.message(session, by=by, case_id=case_id, text=f"Bidmajnoon asked. {text}", now=now)
    a_second_look(instance, case_id, links[0], person, comment="Derakhteanar")
    a_sheet(instance, case_id)
    with at_desk(instance, "maple") as (session, by):
        sheets.approve(session, by=by, case_id=case_id, revision=1, keys=instance.keys, now=now)
    return marks, tuple(links)


def a_full_submission(instance: Instance, which: str, person: UUID, prison: UUID) -> Told:
    """A submission with everything that may hang on it."""
    sent, contents = send(instance, which)
    case_id, day = sent.submission.id, instance.clock().date()
    added = f"SarveravanBYTES {which} 3 ".encode() * 900
    _add(instance, sent, added)
    with instance.database.session(write=True) as session:
        _correct(session, sent.draft, which)
        for number in (1, 2):
            intake.reply(
                session, submission_id=case_id, seed=sent.seed, text=f"Bidmajnoon {which} {number}", day=day
            )
            session.flush()
    marks, links = _work(instance, case_id, person, prison)
    return Told(case_id, sent.draft, sent.receipt, sent.seed, (*contents, added), marks, links)


@dataclass(frozen=True)
class Filled:
    """Two full submissions, and the records that both are linked to."""

    one: Told
    other: Told
    person: UUID
    prison: UUID


def leave_a_draft(instance: Instance) -> Kept:
    """An account that nobody has sent yet, kept under its private code, with a file."""
    draft = a_draft(TOLD.format(which="unsent"), called="Mahtabgoon unsent", contact="Oslo the unsent")
    draft.files.append(a_file(instance, draft.part(Compartment.CONTENT), b"SarveravanBYTES unsent" * 400))
    receipt = receipts.keys_of(Receipt(draft.receipt), instance.keys.receipt_salt)
    until = instance.clock().date() + timedelta(days=30)
    with instance.database.session(write=True) as session:
        return draft_rows.keep_first(session, draft=draft, receipt=receipt, until=until)


def fill(instance: Instance) -> Filled:
    """Two submissions with everything; the registry has what they are linked to."""
    person, prison = a_person(instance), a_prison(instance)
    return Filled(
        a_full_submission(instance, "the first", person, prison),
        a_full_submission(instance, "the second", person, prison),
        person,
        prison,
    )


def invite(instance: Instance, name: str = "hazel") -> None:
    """Somebody on the way in."""
    with at_desk(instance, "rowan") as (session, by):
        staff.invite(session, by=by, name=name, role=Role.REVIEWER, now=instance.clock())


def coded(instance: Instance, count: int) -> None:
    """Coded accounts, enough for releases; they need no pages."""
    accounts(instance, count)


def submissions(session: PortalSession) -> list[Submission]:
    """All submissions, oldest first."""
    return list(session.query(Submission).order_by(Submission.day, Submission.id))
