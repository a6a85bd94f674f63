"""A case that moves to another circle is gone for whoever holds only the key it was under."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from builders import NOON, Instance, Sent, a_submission, token_of
from cases import TEXT, a_case, a_mark, a_sheet, acts_of, at_desk, at_once
from sqlalchemy import select, text

import portal.linking.speaking  # noqa: F401 - the index asks it
from portal.casework import access, holds, moving, reading, search, service, sheets
from portal.casework.models import Claim
from portal.config import Face
from portal.errors import InvalidError, NotFoundError, PortalError, RefusedError, StaleError, UnavailableError
from portal.intake import opening
from portal.intake import service as intake
from portal.intake.drafts import DraftFile
from portal.intake.models import Compartment, Part, Status, Submission
from portal.intake.sealing import PartKey
from portal.ledger import recorder
from portal.ledger import service as ledger
from portal.permissions import Group
from portal.release import figures, gathering
from portal.staff.models import Membership, Staff
from portal.store.files import new_name
from portal.store.wraps import Wrap
from portal.upkeep import verify_folder
from portal.vault.wrap import key_id


def move(
    instance: Instance,
    case_id: UUID,
    to: Group = Group.LEGAL,
    *,
    origin: Group = Group.INTAKE,
    by: str = "maple",
    reason: str = "A court asks for it.",
) -> None:
    with at_desk(instance, by) as (session, actor):
        moving.move(
            session,
            by=actor,
            case_id=case_id,
            origin=origin,
            to=to,
            reason=reason,
            keys=instance.keys,
            now=NOON,
        )


def wrapped_to(instance: Instance, case_id: UUID) -> dict[Compartment, set[str]]:
    """Which groups the parts of a case are wrapped to."""
    names = {key_id(public): group for group, public in instance.keys.groups.items()}
    with instance.database.session(write=False) as session:
        parts = {
            one.id: one.compartment
            for one in session.scalars(select(Part).where(Part.submission_id == case_id))
        }
        found: dict[Compartment, set[str]] = {kind: set() for kind in parts.values()}
        for row in session.keys.scalars(select(Wrap).where(Wrap.part_id.in_(parts))):
            if row.key_id in names:
                found[parts[row.part_id]].add(names[row.key_id])
        return found


def opens(instance: Instance, case_id: UUID, name: str, group: Group) -> bool:
    """Whether somebody opens any of a case with a key they hold, whatever the table says."""
    with at_desk(instance, name, write=False) as (session, by):
        parts = opening.part_keys(session, opening.load(session, case_id), by.seeds_of(group))
        return bool(parts)


def test_what_the_source_told_and_the_conversation_go_to_the_new_circle_alone(instance: Instance) -> None:
    case_id = a_case(instance, holder="")
    move(instance, case_id)
    assert wrapped_to(instance, case_id) == {
        Compartment.CONTENT: {"legal"},
        Compartment.IDENTITY: {"contact"},
        Compartment.THREAD: {"legal"},
    }
    assert not opens(instance, case_id, "cedar", Group.INTAKE)
    assert not opens(instance, case_id, "maple", Group.INTAKE)
    assert opens(instance, case_id, "willow", Group.LEGAL)
    assert acts_of(instance)[-1] == "case.circle"


def test_nobody_finds_it_by_the_key_it_was_under(instance: Instance) -> None:
    case_id, other = a_case(instance, holder=""), a_case(instance, "Another account.", holder="")
    with at_desk(instance) as (session, by):
        assert search.search(session, by=by, text="Rastegar").count == 1
    move(instance, case_id)
    with at_desk(instance) as (session, by):
        for act in (
            lambda: access.find(session, by=by, case_id=case_id),
            lambda: reading.read(session, by=by, case_id=case_id),
            lambda: service.claim(session, by=by, case_id=case_id, now=NOON),
            lambda: service.queue(session, by=by, after=case_id),
        ):
            with pytest.raises(NotFoundError):
                act()
        assert [one.id for one in service.queue(session, by=by).rows] == [other]
        assert service.figures(session, by=by)[Status.RECEIVED] == 1
        assert figures.figures(session, by=by).total == figures.rounded(1)
        found = search.search(session, by=by, text="Rastegar")
        assert (found.count, found.standing.total, found.standing.damaged) == (0, 1, 0)
    with at_desk(instance, "maple") as (session, by):
        assert {one.id for one in service.queue(session, by=by).rows} == {case_id, other}
        assert service.figures(session, by=by)[Status.RECEIVED] == 2
        assert search.search(session, by=by, text="Rastegar").count == 1
        read = reading.read(session, by=by, case_id=case_id)
        assert read.content is not None
        assert [one.text for one in read.content.notes] == ["A court asks for it."]
    for name in ("rowan", "olive"):  # who may hold no circle counts everything, and opens nothing
        with at_desk(instance, name, write=False) as (session, by):
            assert service.figures(session, by=by)[Status.RECEIVED] == 2


def test_it_comes_back_the_same_way(instance: Instance) -> None:
    case_id = a_case(instance, holder="")
    move(instance, case_id, Group.CASES)
    move(instance, case_id, Group.LEGAL, origin=Group.CASES, by="willow")
    move(instance, case_id, Group.INTAKE, origin=Group.LEGAL)
    assert wrapped_to(instance, case_id)[Compartment.CONTENT] == {"intake"}
    with at_desk(instance) as (session, by):
        assert reading.read(session, by=by, case_id=case_id).content is not None


def lose(instance: Instance, name: str, group: Group) -> None:
    with instance.database.session(write=True) as session:
        query = select(Membership).join(Staff).where(Staff.name == name, Membership.group == group)
        for one in session.scalars(query).all():
            session.delete(one)


def test_only_a_lead_who_holds_both_keys_moves_a_case(instance: Instance) -> None:
    case_id = a_case(instance, holder="")
    with pytest.raises(RefusedError):
        move(instance, case_id, by="cedar")
    for name in ("rowan", "olive"):
        with pytest.raises(RefusedError):
            move(instance, case_id, by=name)
    for to in (Group.INTAKE, Group.CONTACT, Group.RELEASE, Group.AUDITORS):
        with pytest.raises(RefusedError):
            move(instance, case_id, to)
    with pytest.raises(InvalidError):
        move(instance, case_id, reason=" ")
    lose(instance, "maple", Group.LEGAL)
    with pytest.raises(RefusedError):
        move(instance, case_id)
    move(instance, case_id, by="willow")
    with pytest.raises(NotFoundError):
        move(instance, case_id, Group.CASES, origin=Group.LEGAL)


def test_a_holder_without_the_new_key_lets_the_case_go(instance: Instance) -> None:
    case_id, mine = a_case(instance), a_case(instance, holder="willow")
    for one in (case_id, mine):
        move(instance, one)
    with at_desk(instance, "willow") as (session, by):
        assert session.get(Claim, case_id) is None
        assert access.find(session, by=by, case_id=case_id).status is Status.RECEIVED
        assert session.get_one(Claim, mine).name == "willow"


def test_a_case_that_may_not_be_read_moves_too(instance: Instance) -> None:
    case_id = a_case(instance, holder="", consent={"read": "no", "contact": "yes"})
    move(instance, case_id)
    assert wrapped_to(instance, case_id)[Compartment.CONTENT] == {"legal"}


def add_file(instance: Instance, sent: Sent) -> UUID:
    """What a source adds in the folder."""
    part = PartKey.new(sent.submission.id, Compartment.CONTENT)
    document_id = uuid4()
    file = DraftFile(
        document_id=document_id,
        stored_name=new_name(),
        name="letter.txt",
        content_type="text/plain",
        caption="",
        length=3,
        stored_size=64,
        sha256=bytes(32),
        stored_sha256=bytes(32),
    )
    with instance.database.session(write=True) as session:
        intake.add_files(
            session,
            submission_id=sent.submission.id,
            seed=sent.seed,
            part=part,
            files=[file],
            keys=instance.keys,
            day=NOON.date(),
            limit=99,
        )
    return part.part_id


def test_what_the_source_adds_later_goes_to_the_circle_of_the_case(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        sent = a_submission(instance, session, TEXT)
    case_id = sent.submission.id
    move(instance, case_id)
    add_file(instance, sent)
    with instance.database.session(write=True) as session:
        intake.reply(session, submission_id=case_id, seed=sent.seed, text="One more thing.", day=NOON.date())
    assert wrapped_to(instance, case_id)[Compartment.CONTENT] == {"legal"}
    with at_desk(instance, "willow") as (session, by):
        read = reading.read(session, by=by, case_id=case_id)
        assert read.content is not None
        assert len(read.content.papers) == 1
        assert [one.text for one in read.messages] == ["One more thing."]


@pytest.mark.parametrize(("stands", "says"), [("legal", "intake"), ("intake", "legal"), ("legal", "cases")])
def test_a_column_that_was_exchanged_opens_nothing_and_takes_nothing_in(
    instance: Instance, stands: str, says: str
) -> None:
    with instance.database.session(write=True) as session:
        sent = a_submission(instance, session, TEXT)
    case_id = sent.submission.id
    if stands != "intake":
        move(instance, case_id, Group(stands))
    with instance.database.main.begin() as connection:
        connection.execute(text('UPDATE submission SET "group" = :says'), {"says": says})
    for name in ("cedar", "maple", "willow"):
        with at_desk(instance, name) as (session, by):
            with pytest.raises((RefusedError, NotFoundError)):
                reading.read(session, by=by, case_id=case_id)
            with pytest.raises(PortalError):
                access.open_case(session, access.find(session, by=by, case_id=case_id), by=by)
            session.rollback()
    with pytest.raises(RefusedError):
        move(instance, case_id, Group.CASES, origin=Group(says))
    with pytest.raises(UnavailableError):
        add_file(instance, sent)


def test_two_leads_who_move_at_once_move_it_once(instance: Instance) -> None:
    case_id = a_case(instance, holder="")
    ways = [("maple", Group.LEGAL), ("willow", Group.CASES)] * 3

    def one(number: int) -> None:
        name, to = ways[number]
        move(instance, case_id, to, by=name)

    met = at_once(len(ways), one)
    assert sum(problem is None for problem in met) == 1
    assert {type(problem) for problem in met if problem} <= {StaleError, NotFoundError}
    with instance.database.session(write=False) as session:
        now_in = session.get_one(Submission, case_id).group
    assert wrapped_to(instance, case_id)[Compartment.CONTENT] == {now_in.value}


def test_what_a_source_adds_while_the_case_moves_is_in_its_circle(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        sent = a_submission(instance, session, TEXT)
    case_id = sent.submission.id

    def one(number: int) -> None:
        if number == 2:
            move(instance, case_id)
        else:
            add_file(instance, sent)

    assert at_once(5, one) == [None] * 5
    assert wrapped_to(instance, case_id)[Compartment.CONTENT] == {"legal"}
    with instance.database.session(write=False) as session:
        assert len(opening.load(session, case_id).parts) == 7


class OffError(Exception):
    """The machine went off."""


@contextmanager
def off(monkeypatch: pytest.MonkeyPatch, where: str) -> Iterator[None]:
    """The machine goes off before or after what was said is on the disk, and is started again."""

    def stop(*_args: object) -> None:
        raise OffError

    with monkeypatch.context() as patch:
        patch.setattr(recorder, where, stop)
        with pytest.raises(OffError):
            yield


@pytest.mark.parametrize(("where", "moved"), [("insert", False), ("_erase_last", True)])
def test_cut_off_anywhere_the_case_opens_in_one_circle_or_the_other(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch, where: str, *, moved: bool
) -> None:
    case_id = a_case(sqlite_instance, holder="")
    with off(monkeypatch, where):
        move(sqlite_instance, case_id)
    assert wrapped_to(sqlite_instance, case_id)[Compartment.CONTENT] == {"intake", "legal"}
    with sqlite_instance.database.session(write=True) as session:
        assert ledger.recover(session) >= 2
    assert wrapped_to(sqlite_instance, case_id)[Compartment.CONTENT] == {"legal" if moved else "intake"}
    with at_desk(sqlite_instance, "maple") as (session, by):
        assert reading.read(session, by=by, case_id=case_id).circle is (
            Group.LEGAL if moved else Group.INTAKE
        )
    assert [str(one) for one in verify_folder(sqlite_instance.settings.instance, {}).problems] == []


def test_a_moved_case_stays_whole_for_the_ledger(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    a_mark(sqlite_instance, case_id)
    move(sqlite_instance, case_id)
    move(sqlite_instance, case_id, Group.INTAKE, origin=Group.LEGAL)
    assert [str(one) for one in verify_folder(sqlite_instance.settings.instance, {}).problems] == []


def test_a_release_uses_a_moved_case_only_in_the_hands_of_its_circle(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    a_sheet(sqlite_instance, case_id)
    with at_desk(sqlite_instance, "maple") as (session, by):
        sheets.approve(session, by=by, case_id=case_id, revision=1, keys=sqlite_instance.keys, now=NOON)
    move(sqlite_instance, case_id)
    lose(sqlite_instance, "willow", Group.LEGAL)
    for name, uses in (("maple", True), ("willow", False)):
        with at_desk(sqlite_instance, name, write=False) as (session, by):
            found = gathering.gather(
                session,
                by=by,
                release_seed=by.seeds_of(Group.RELEASE),
                case_seeds=by.case_seeds(),
            )
            assert [one.account.submission_id for one in found.sheets] == ([case_id] if uses else [])


def test_holds_of_a_moved_case_are_not_listed_outside_its_circle(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, holder="")
    until = NOON.date().replace(month=12)
    with at_desk(sqlite_instance, "maple") as (session, by):
        holds.ask(session, by=by, case_id=case_id, reason="A court asks.", until=until, now=NOON)
    move(sqlite_instance, case_id)
    lose(sqlite_instance, "willow", Group.LEGAL)
    with at_desk(sqlite_instance, "willow") as (session, by):
        assert holds.listing(session, by=by, today=NOON.date()) == []
        with pytest.raises(NotFoundError):
            holds.knows_of(session, by=by, case_id=case_id)
    with at_desk(sqlite_instance, "maple") as (session, by):
        [one] = holds.listing(session, by=by, today=NOON.date())
        assert holds.show(session, by=by, hold_id=one.row.id, today=NOON.date()).reason == "A court asks."


def test_a_lead_moves_a_case_on_the_page(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, holder="")
    desk = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(desk, "maple")
    where = f"/en/cases/{case_id}/circle"
    page = desk.get(where)
    assert 'value="cases"' in page.get_data(as_text=True)
    sent = {"csrf_token": token_of(page), "origin": "intake", "to": "legal"}
    assert desk.post(where, data=sent).status_code == 422
    assert desk.post(where, data=sent | {"reason": "A court asks."}).status_code == 303
    assert "Closed circle: legal cases" in desk.get("/en/cases/").get_data(as_text=True)
    assert "Closed circle: legal cases" in desk.get(f"/en/cases/{case_id}").get_data(as_text=True)
    other = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(other, "cedar")
    assert other.get(f"/en/cases/{case_id}").status_code == 404
    assert case_id.hex[:8] not in other.get("/en/cases/").get_data(as_text=True)
    assert other.get(where).status_code == 403


def test_who_holds_no_other_key_is_told_so(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, holder="")
    for group in (Group.CASES, Group.LEGAL):
        lose(sqlite_instance, "maple", group)
    desk = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(desk, "maple")
    assert "no other circle" in desk.get(f"/en/cases/{case_id}/circle").get_data(as_text=True)
    assert "/circle" not in desk.get(f"/en/cases/{case_id}").get_data(as_text=True)
