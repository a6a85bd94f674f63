"""Coded accounts for tests of releases: made quickly, as casework leaves them after the second approval."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from secrets import token_bytes
from uuid import UUID, uuid4

from builders import EVERYTHING, NOON, Instance
from sqlalchemy import select

from portal.casework.coding import Pattern, Prison, Said, Sheet
from portal.casework.models import CodingSheet, SheetState
from portal.casework.sealing import CaseKey, release_wrap_place, seal_for_release
from portal.database import PortalSession
from portal.intake.consent import named
from portal.intake.journey import Relation
from portal.intake.models import (
    Answer,
    Compartment,
    Consent,
    Part,
    SealedField,
    Status,
    Submission,
    Use,
)
from portal.intake.sealing import PartKey, seal_field
from portal.ledger.tags import read_key
from portal.linking.models import Link
from portal.permissions import Group
from portal.registry.models import Record
from portal.registry.starter import load_starter
from portal.release import deciding, service
from portal.release.columns import Choice
from portal.release.handing import as_seen
from portal.release.models import Release
from portal.release.plans import Plan
from portal.release.policy import ColumnRole
from portal.release.preparing import Prepared
from portal.release.preparing_tables import PreparedTable
from portal.store import wraps
from portal.vault.seal import Label
from portal.vault.wrap import key_id

CANARY = "CANARYNARRATIVE"
PRISONS = ("evin", "gohardasht", "ghezel-hesar", "adelabad", "vakilabad")
MONTHS = ("1367-05", "1367-06", "1367", "")
RELATIONS = (Relation.PARENT, Relation.SIBLING, Relation.SURVIVOR, None)
COLUMNS = {
    "relation": ColumnRole.QUASI,
    "prison": ColumnRole.QUASI,
    "month": ColumnRole.QUASI,
    "reprisals": ColumnRole.SENSITIVE,
}


@dataclass(frozen=True)
class Coded:
    """One account as casework leaves it, and the key of its first part."""

    submission_id: UUID
    sheet_id: UUID
    key: CaseKey


def prison_ids(session: PortalSession) -> dict[str, UUID]:
    """The prisons of the starter registry by code; it is loaded when it is not there."""
    load_starter(session, author="portal", now=NOON)
    found = session.execute(select(Record.code, Record.id).where(Record.code.in_(PRISONS))).all()
    return {str(code): record_id for code, record_id in found}


def a_sheet(number: int, prisons: Mapping[str, UUID], **given: object) -> Sheet:
    """A sheet; those of equal numbers are alike, and few numbers make large classes."""
    code = PRISONS[number % len(PRISONS)]
    patterns = {**dict.fromkeys(Pattern, Said.NOT_SAID), Pattern.REPRISALS: list(Said)[number % 3]}
    told: dict[str, object] = {
        "prison": Prison(prisons[code], f"{CANARY} label"),
        "month": MONTHS[number // 2 % len(MONTHS)],
        "relation": RELATIONS[number // 3 % len(RELATIONS)],
        "patterns": patterns,
    }
    return Sheet(**{**told, **given})  # type: ignore[arg-type]


def an_account(
    instance: Instance,
    session: PortalSession,
    sheet: Sheet,
    *,
    state: SheetState = SheetState.APPROVED,
    **answers: str,
) -> Coded:
    """A finished case with its sheet; its source allowed everything but what ``answers`` say."""
    submission_id, sheet_id = uuid4(), uuid4()
    part = PartKey.new(submission_id, Compartment.CONTENT)
    session.add(
        Submission(
            id=submission_id,
            day=date(2026, 11, 1),
            status=Status.COMPLETE,
            locator=token_bytes(16),
            source_key=b"",
        )
    )
    session.flush()
    session.add(
        Part(
            id=part.part_id,
            submission_id=submission_id,
            number=1,
            compartment=part.compartment,
            day=NOON.date(),
        )
    )
    session.flush()
    blob = seal_field(part, "narrative", 1, CANARY)
    session.add(SealedField(part_id=part.part_id, name="narrative", blob=blob))
    said = {**EVERYTHING, **answers}
    for number, name in enumerate(said, 1):
        use, receiver = named(name) or (Use(name), None)
        session.add(a_decision(submission_id, number, use, Answer(said[name]), receiver))
    key, copy = seal_for_release(submission_id, sheet_id, sheet.to_json())
    session.add(
        CodingSheet(
            id=sheet_id,
            submission_id=submission_id,
            state=state,
            written_by="cedar",
            approved_by="willow",
            day=NOON.date(),
            blob=part_blob(part),
            release_blob=copy,
        )
    )
    keys = instance.keys
    for part_id, secret, group, place in (
        (sheet_id, key, Group.RELEASE, release_wrap_place(submission_id, sheet_id)),
        (part.part_id, part.key, Group.INTAKE, part.place),
    ):
        wraps.add(
            session,
            submission_id=submission_id,
            part_id=part_id,
            key=secret,
            recipients=[keys.groups[group.value], keys.recovery],
            place=place,
        )
    session.flush()
    return Coded(submission_id, sheet_id, CaseKey(submission_id, part))


def part_blob(part: PartKey) -> bytes:
    """Something sealed, where only its being there matters."""
    return seal_field(part, "sheet", 1, CANARY)


def a_decision(
    submission_id: UUID, number: int, use: Use, answer: Answer, receiver: UUID | None = None
) -> Consent:
    """One decision of a source."""
    return Consent(
        submission_id=submission_id,
        number=number,
        use=use,
        answer=answer,
        day=NOON.date(),
        wording=1,
        language="en",
        receiver_id=receiver,
    )


def accounts(instance: Instance, count: int, **answers: str) -> list[Coded]:
    """So many accounts, committed."""
    with instance.database.session(write=True) as session:
        prisons = prison_ids(session)
        return [an_account(instance, session, a_sheet(number, prisons), **answers) for number in range(count)]


def a_link(session: PortalSession, account: Coded, person: UUID, relation: str = "victim") -> None:
    """A link of an account to a person of the registry."""
    link_id = uuid4()
    value = {"kind": "person", "record_id": str(person), "relation": relation}
    blob = account.key.seal(Label.LINK, link_id, value)
    session.add(Link(id=link_id, submission_id=account.submission_id, blob=blob))


def a_request(
    instance: Instance,
    *,
    k: int = 5,
    by: str = "rowan",
    plan: Plan | None = None,
    receiver: UUID | None = None,
    **columns: ColumnRole,
) -> UUID:
    """A request for a release, or for a table of counts, by the administrator."""
    with instance.database.session(write=True) as session:
        actor = instance.actor(by, session)
        made = service.request(
            session,
            by=actor,
            purpose="a study",
            recipient="a university",
            asked=plan or Choice(columns or COLUMNS, k),
            now=instance.clock(),
            receiver=receiver,
        )
        return made.id


def _look(instance: Instance, release_id: UUID, by: str) -> Prepared | PreparedTable:
    with instance.database.session(write=True) as session:
        actor = instance.actor(by, session)
        return deciding.preview(session, by=actor, release_id=release_id, now=instance.clock()).prepared


def look(instance: Instance, release_id: UUID, by: str = "maple") -> Prepared:
    """Prepare records and look, as a lead does."""
    found = _look(instance, release_id, by)
    assert isinstance(found, Prepared)
    return found


def look_at_table(instance: Instance, release_id: UUID, by: str = "maple") -> PreparedTable:
    """Prepare a table of counts and look, as a lead does."""
    found = _look(instance, release_id, by)
    assert isinstance(found, PreparedTable)
    return found


def approve(instance: Instance, release_id: UUID, by: str = "maple", revision: int | None = None) -> Release:
    """Approve what was looked at, as a lead does."""
    with instance.database.session(write=True) as session:
        actor = instance.actor(by, session)
        seen = session.get_one(Release, release_id).revision if revision is None else revision
        asker = instance.founders[session.get_one(Release, release_id).requested_name]
        return deciding.approve(
            session,
            by=actor,
            release_id=release_id,
            revision=seen,
            compared=key_id(asker.bundle.public_key),
            seen=as_seen(session.get_one(Release, release_id)),
            keys=instance.keys,
            now=instance.clock(),
        )


def a_release(instance: Instance, **given: object) -> UUID:
    """A release that was asked for, looked at and approved."""
    release_id = a_request(instance, **given)  # type: ignore[arg-type]
    assert _look(instance, release_id, "maple").trouble == ""
    approve(instance, release_id)
    return release_id


def fetched(instance: Instance, release_id: UUID, by: str = "rowan") -> bytes:
    """The finished archive, as one of the two fetches it."""
    with instance.database.session(write=True) as session:
        key = read_key(instance.settings)
        return service.download(session, by=instance.actor(by, session), release_id=release_id, key=key).data
