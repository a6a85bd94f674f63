"""Fifty at once, on both databases: exactly one wins, nothing is doubled, nothing is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from uuid import UUID, uuid4

import contents
from builders import NOON, Instance, a_draft, token_of
from cases import a_case, a_link, a_mark, a_person, a_sheet, at_desk
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.casework import service as casework
from portal.casework import sheets, writing
from portal.casework.models import Claim, CodingSheet, SheetState
from portal.config import Face
from portal.database import PortalSession
from portal.errors import PortalError
from portal.intake import opening, withdrawing
from portal.intake import service as intake
from portal.intake.models import (
    Compartment,
    Consent,
    Document,
    Message,
    Part,
    Status,
    Submission,
    Tombstone,
)
from portal.intake.sealing import PartKey
from portal.ledger import service as ledger
from portal.ledger.models import LedgerEntry
from portal.linking import service as linking
from portal.linking.models import Link
from portal.permissions import Group, Role
from portal.staff import groups
from portal.staff import service as staff
from portal.staff.actor import Actor
from portal.staff.models import Staff
from portal.store.wraps import Wrap

AT_ONCE = 50


def all_at_once(act: Callable[[int], object], count: int = AT_ONCE) -> list[object]:
    """What each of so many threads got: what it returned, or the portal's own refusal; nothing else."""
    barrier = Barrier(count)

    def run(number: int) -> object:
        barrier.wait()
        try:
            return act(number)
        except PortalError as refused:
            return refused

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def winners(got: list[object]) -> list[object]:
    return [one for one in got if not isinstance(one, PortalError)]


def people(instance: Instance, count: int = AT_ONCE) -> list[Actor]:
    """So many reviewers; they share one set of credentials, which no race looks at."""
    seeds = {Group.INTAKE: {1: instance.secrets.group_seeds[Group.INTAKE]}}
    with instance.database.session(write=True) as session:
        model = session.scalars(select(Staff).where(Staff.name == "cedar")).one()
        kept = {
            column: getattr(model, column)
            for column in ("public_key", "salt", "memory_kib", "iterations", "lanes", "bundle")
        }
        made = [
            Staff(id=uuid4(), name=f"alder {number}", role=Role.REVIEWER, joined=NOON.date(), **kept)
            for number in range(count)
        ]
        session.add_all(made)
        return [Actor(one.id, one.name, one.role, b"", seeds) for one in made]


def counted(session: PortalSession, model: type, *where: object) -> int:
    unit = session.keys if model is Wrap else session
    return unit.scalar(select(func.count()).select_from(model).where(*where)) or 0  # type: ignore[arg-type]


def acts(instance: Instance) -> list[tuple[str, str]]:
    """What was done and by whom, in the log's order."""
    seed = instance.secrets.group_seeds[Group.AUDITORS]
    with instance.database.session(write=False) as session:
        entries = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq)).all()
    return [(one.act, one.by) for entry in entries for one in ledger.read_acts(entry, seed)]


def test_of_fifty_reviewers_one_takes_the_case_up(instance: Instance) -> None:
    case_id = a_case(instance, holder="")
    everybody = people(instance)

    def claim(number: int) -> str:
        by = everybody[number]
        with instance.database.session(write=True) as session:
            casework.claim(session, by=by, case_id=case_id, now=NOON)
        return by.name

    won = winners(all_at_once(claim))
    with instance.database.session(write=False) as session:
        held = session.scalars(select(Claim)).one()
        assert won == [held.name]
        assert session.get_one(Submission, case_id).status is Status.IN_REVIEW
    assert [by for act, by in acts(instance) if act == "case.claim"] == won


def test_the_same_link_is_made_once(instance: Instance) -> None:
    case_id, person = a_case(instance), a_person(instance)
    mark_id = a_mark(instance, case_id)

    def link(_number: int) -> UUID:
        return a_link(instance, case_id, person, mark_id=mark_id)

    won = winners(all_at_once(link))
    with at_desk(instance) as (session, by):
        assert [row.id for row in session.scalars(select(Link))] == won
        (one,) = linking.links_of(session, by=by, case_id=case_id)
        assert one.mark_id == mark_id
        assert linking.mark_of(session, by=by, case_id=case_id, mark_id=mark_id).links == (one.id,)

    def undo(_number: int) -> None:
        with at_desk(instance) as (session, by):
            linking.take_back(session, by=by, case_id=case_id, link_id=one.id)

    assert len(winners(all_at_once(undo))) == 1


def test_a_sheet_is_decided_on_once(instance: Instance) -> None:
    case_id = a_case(instance)
    a_sheet(instance, case_id)

    def decide(number: int) -> str:
        with at_desk(instance, ("maple", "willow")[number % 2]) as (session, by):
            if number % 4 < 2:
                sheets.approve(session, by=by, case_id=case_id, revision=1, keys=instance.keys, now=NOON)
                return "approved"
            sheets.send_back(session, by=by, case_id=case_id, revision=1, reason="look again", now=NOON)
            return "returned"

    won = winners(all_at_once(decide))
    with instance.database.session(write=False) as session:
        sheet = session.scalars(select(CodingSheet)).one()
        assert won == [sheet.state.value]
        copies = counted(session, Wrap, Wrap.part_id == sheet.id)
        assert copies == (2 if sheet.state is SheetState.APPROVED else 0)
    assert len([act for act, _by in acts(instance) if act in {"sheet.approve", "sheet.return"}]) == 1


def test_nothing_is_done_after_access_has_ended(instance: Instance) -> None:
    """Requests that are under way end before the access does, or are refused; the log shows the order."""
    desk = instance.app(Face.DESK)
    clients: list[FlaskClient] = []
    for name in ("cedar", "rowan"):
        client = desk.test_client()
        instance.sign_in(client, name)
        clients.append(client)
    cases = [a_case(instance, holder="") for _number in range(8)]
    cookie = clients[0].get_cookie("desk")
    assert cookie is not None
    token = token_of(clients[0].get(f"/en/cases/{cases[0]}"))
    with instance.database.session(write=False) as session:
        cedar = session.scalars(select(Staff.id).where(Staff.name == "cedar")).one()
    ending = token_of(clients[1].get(f"/en/staff/{cedar}/end"))

    def use(number: int) -> int:
        if number == 20:
            page = clients[1].post(f"/en/staff/{cedar}/end", data={"csrf_token": ending})
            assert page.status_code == 303
            return 0
        client = desk.test_client()
        client.set_cookie("desk", cookie.value)
        case = cases[number % len(cases)]
        where = f"/en/cases/{case}"
        if number % 2:
            return client.get(where).status_code
        return client.post(f"{where}/claim", data={"csrf_token": token}).status_code

    got = all_at_once(use)
    assert set(got) <= {0, 200, 303, 403, 404, 409}
    done = acts(instance)
    end = done.index(("staff.end", "rowan"))
    assert [act for act, by in done[end + 1 :] if by == "cedar"] == []
    assert clients[0].get(f"/en/cases/{cases[0]}").status_code == 303


def test_a_form_that_is_sent_fifty_times_is_one_submission(instance: Instance) -> None:
    app = instance.app(Face.INTAKE)
    source = app.test_client()
    token = token_of(source.get("/en/account"))
    source.post("/en/account", data={"csrf_token": token, "narrative": "One account."})
    source.get("/en/check")
    cookie = source.get_cookie("intake")
    assert cookie is not None

    def send(_number: int) -> tuple[int, str | None]:
        client = app.test_client()
        client.set_cookie("intake", cookie.value)
        answer = client.post("/en/check", data={"csrf_token": token, "reread": "no"})
        return answer.status_code, answer.location

    got = set(all_at_once(send))
    assert got - {(503, None)} == {(303, "/en/received")}  # who asks with too many others is asked to wait
    with instance.database.session(write=False) as session:
        assert counted(session, Submission) == 1
        assert counted(session, Part) == 3
        assert counted(session, Wrap) == 7
        assert counted(session, Consent) == 0
    assert [act for act, _by in acts(instance)].count("submission.receive") == 1


def sent(instance: Instance) -> tuple[UUID, bytes]:
    one, _contents = contents.send(instance, "the only one")
    return one.submission.id, one.seed


def test_permissions_changed_fifty_times_keep_every_change_in_order(instance: Instance) -> None:
    case_id, _seed = sent(instance)

    def decide(number: int) -> int:
        with instance.database.session(write=True) as session:
            answers = {"research": ("yes", "no")[number % 2], "court": ("no", "ask", "yes")[number % 3]}
            return intake.decide(
                session, submission_id=case_id, answers=answers, language="en", day=NOON.date()
            )

    got = all_at_once(decide)
    assert len(winners(got)) == AT_ONCE
    with instance.database.session(write=False) as session:
        numbers = list(
            session.scalars(
                select(Consent.number).where(Consent.submission_id == case_id).order_by(Consent.number)
            )
        )
    changes = sum(one for one in got if isinstance(one, int))
    assert numbers == list(range(1, 7 + changes + 1))


def test_messages_and_files_sent_at_once_all_arrive(instance: Instance) -> None:
    case_id, seed = sent(instance)
    parts = [PartKey.new(case_id, Compartment.CONTENT) for _number in range(10)]
    files = [contents.a_file(instance, part, b"letter" * 99) for part in parts]

    def send(number: int) -> None:
        day = NOON.date()
        with instance.database.session(write=True) as session:
            if number < len(parts):
                intake.add_files(
                    session,
                    submission_id=case_id,
                    seed=seed,
                    part=parts[number],
                    files=[files[number]],
                    keys=instance.keys,
                    day=day,
                    limit=20,
                )
            else:
                intake.reply(session, submission_id=case_id, seed=seed, text=f"message {number}", day=day)

    assert winners(all_at_once(send)) == [None] * AT_ONCE
    with instance.database.session(write=False) as session:
        opened = opening.open_folder(session, submission_id=case_id, seed=seed)
        assert {one.text for one in opened.messages} == {f"message {number}" for number in range(10, AT_ONCE)}
        assert opened.file_count == 2 + len(parts)
        assert sorted(session.scalars(select(Message.number))) == list(range(1, AT_ONCE - 9))


def test_a_submission_is_withdrawn_once_and_nothing_comes_after_it(instance: Instance) -> None:
    case_id, seed = sent(instance)
    with at_desk(instance) as (session, by):
        casework.claim(session, by=by, case_id=case_id, now=NOON)

    def act(number: int) -> object:
        day = NOON.date()
        if number % 5 == 1:
            with at_desk(instance) as (session, by):
                writing.add_note(session, by=by, case_id=case_id, text="a note", now=NOON)
            return None
        with instance.database.session(write=True) as session:
            if number % 5 == 2:
                intake.reply(session, submission_id=case_id, seed=seed, text="still here", day=day)
                return None
            return len(withdrawing.withdraw(session, submission_id=case_id, day=day))

    got = all_at_once(act)
    assert [one for one in got if one == 2] == [2]  # the two files' names are handed out once
    with instance.database.session(write=False) as session:
        assert session.get_one(Submission, case_id).status is Status.WITHDRAWN
        assert counted(session, Tombstone) == 1
        for model in (Wrap, Message, Document):
            assert counted(session, model) == 0, model
    done = acts(instance)
    end = [act for act, _by in done].index("submission.withdraw")
    assert [act for act, _by in done].count("submission.withdraw") == 1
    assert done[end + 1 :] == []


def test_a_key_is_handed_on_once(instance: Instance) -> None:
    with at_desk(instance, "rowan") as (session, by):
        words = staff.invite(session, by=by, name="hazel", role=Role.REVIEWER, now=NOON)
    bundle = replace(instance.founders["cedar"].bundle)

    def join(_number: int) -> UUID:
        with instance.database.session(write=True) as session:
            cost = staff.Cost(64, 1, 1)
            person = staff.join(
                session, name="hazel", code=words, bundle=bundle, passphrase="x y z", cost=cost, now=NOON
            )
            return person.id

    (hazel,) = winners(all_at_once(join, 10))
    assert isinstance(hazel, UUID)

    def grant(number: int) -> None:
        with at_desk(instance, ("maple", "willow")[number % 2]) as (session, by):
            groups.grant(session, by=by, staff_id=hazel, group=Group.INTAKE, now=NOON)

    assert len(winners(all_at_once(grant))) == 1
    with instance.database.session(write=False) as session:
        assert len(session.get_one(Staff, hazel).memberships) == 1


def test_draft_of_the_same_source_sent_by_the_service_is_one(instance: Instance) -> None:
    draft = a_draft()
    keys = intake.ReceiptKeys(b"L" * 16, bytes(32))

    def send(_number: int) -> UUID:
        with instance.database.session(write=True) as session:
            made = intake.submit(
                session, draft=draft, keys=instance.keys, receipt=keys, language="en", day=NOON.date()
            )
            return made.id

    assert set(all_at_once(send)) == {draft.submission_id}
    with instance.database.session(write=False) as session:
        assert counted(session, Wrap) == 7
