"""The bodies that accounts may be handed to: kept by administrators, asked one by one, ended for good."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from builders import Instance
from cases import a_case, at_desk
from sqlalchemy import select
from visits import STORY, Source, said, token

from portal.casework import asking, reading
from portal.config import Face
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import questions, receivers, wordings
from portal.intake import service as intake
from portal.intake.consent import name_of, permits
from portal.intake.models import Answer, Consent, Question, Receiver, Submission, Use
from portal.intake.receivers import Described

ARCHIVE = Described(
    "بایگانی شهادت‌ها", "The Archive of Testimonies", "بایگانی دانشگاهی", "A university's archive"
)
TRIBUNAL = Described("هیئت مستقل", "The Independent Panel", "هیئت حقیقت‌یاب", "A panel of inquiry")
LONG = Described("نهاد " + "ا" * 74, "Body " + "x" * 74, "ب" * 90, "y" * 90)


def add(instance: Instance, told: Described = ARCHIVE, by: str = "rowan") -> UUID:
    with at_desk(instance, by) as (session, actor):
        return receivers.add(session, by=actor, described=told, now=instance.clock()).id


def end(instance: Instance, receiver_id: UUID, by: str = "rowan") -> None:
    with at_desk(instance, by) as (session, actor):
        receivers.end(session, by=actor, receiver_id=receiver_id, now=instance.clock())


def share(receiver_id: UUID) -> str:
    return name_of(Use.SHARE, receiver_id)


def decisions(instance: Instance) -> list[Consent]:
    with instance.database.session(write=False) as session:
        return list(session.scalars(select(Consent).order_by(Consent.number)))


# the list


def test_only_administrators_keep_the_list(sqlite_instance: Instance) -> None:
    for name in ("cedar", "maple", "olive"):
        with pytest.raises(RefusedError):
            add(sqlite_instance, by=name)
    one = add(sqlite_instance)
    for name in ("cedar", "maple", "olive"):
        with pytest.raises(RefusedError):
            end(sqlite_instance, one, by=name)


def test_a_body_is_ended_once_and_stays_as_it_was_shown(instance: Instance) -> None:
    one = add(instance)
    end(instance, one)
    with pytest.raises(StaleError):
        end(instance, one)
    with pytest.raises(NotFoundError):
        end(instance, uuid4())
    again = add(instance)
    with at_desk(instance, "maple") as (session, actor):
        listed = receivers.listing(session, by=actor)
        assert [(row.id, row.ended is None) for row in listed] == [(again, True), (one, False)]
        assert (listed[1].name_en, listed[1].added_name, listed[1].ended_name) == (
            ARCHIVE.name_en,
            "rowan",
            "rowan",
        )


@pytest.mark.parametrize(
    "told",
    [
        Described("", "A", "ب", "b"),
        Described("ا", "A", " ", "b"),
        Described("ا" * 81, "A", "ب", "b"),
        Described("ا", "A", "ب", "b" * 91),
    ],
)
def test_what_is_incomplete_or_too_long_is_not_kept(sqlite_instance: Instance, told: Described) -> None:
    with pytest.raises(InvalidError):
        add(sqlite_instance, told)


def test_two_who_add_the_same_body_at_once_add_it_once(instance: Instance) -> None:
    def once(_number: int) -> bool:
        try:
            add(instance)
        except InvalidError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(once, range(4))) == 1


def many(instance: Instance, count: int, told: Described) -> list[UUID]:
    """Put bodies on the list whose names end in figures."""
    names = [
        (f"{told.name_fa[:76]}{number:04}", f"{told.name_en[:76]}{number:04}") for number in range(count)
    ]
    return [add(instance, Described(*both, told.about_fa, told.about_en)) for both in names]


@pytest.mark.parametrize("told", [LONG, ARCHIVE])
def test_however_many_bodies_there_are_each_is_asked_about_and_every_page_stays_light(
    sqlite_instance: Instance, told: Described
) -> None:
    bodies = many(sqlite_instance, 23, told)
    source = Source(sqlite_instance, "fa")
    source.get("account")
    for path in ("sharing", "folder/permissions/sharing"):
        if "folder" in path:
            source.come_back(" ".join(source.submit()))
        first = source.get(path).data
        ways = re.findall(rb'value="bodies-(\d)"', first)
        asked: list[str] = []
        for page in (first, *(source.get(f"{path}?bodies={lot.decode()}").data for lot in ways)):
            rows = re.findall(r'name="(share-[0-9a-f]+)" value="yes"', page.decode())
            asked += rows
            assert len(rows) <= receivers.TOGETHER
            assert page.count(b'name="court"') == (3 if page is first else 0)
            assert len(page) <= 10_000, (path, len(rows), len(page))
        assert asked == [share(one) for one in bodies]


def test_the_bodies_of_one_page_keep_what_those_of_another_were_answered(sqlite_instance: Instance) -> None:
    bodies = many(sqlite_instance, 12, ARCHIVE)
    source = Source(sqlite_instance)
    source.post("account", narrative=STORY, action="continue")
    way = source.post("sharing", action="bodies-2", court="no", **{share(bodies[0]): "yes"})
    assert way.headers["Location"] == "/en/sharing?bodies=2"
    way = source.post("sharing?bodies=2", action="continue", **{share(bodies[-1]): "yes"})
    assert way.headers["Location"] == "/en/public"
    checked = said(source.get("check"))
    names = [f"{ARCHIVE.name_en}{number:04}" for number in (0, 11)]
    assert f"You allow this: It is handed to {names[0]} and {names[1]}." in checked
    assert "It is handed to any of 10 bodies on the list." in checked
    assert "It is used in a court case, without your name." in checked[checked.index("You do not allow") :]
    source.post("check", reread="no")
    today = sqlite_instance.clock().date()
    kept = decisions(sqlite_instance)
    assert [one for one in bodies if permits(kept, Use.SHARE, on=today, receiver=one)] == [
        bodies[0],
        bodies[-1],
    ]


def test_the_folder_leads_to_the_other_bodies_and_keeps_what_was_chosen(sqlite_instance: Instance) -> None:
    bodies = many(sqlite_instance, 12, ARCHIVE)
    source = Source(sqlite_instance)
    source.come_back(" ".join(source.submit(read="yes")))
    where = "folder/permissions/sharing"
    way = source.post(where, action="bodies-2", **{share(bodies[0]): "yes"})
    assert way.headers["Location"] == f"/en/{where}?bodies=2"
    source.post(f"{where}?bodies=2", action="continue", **{share(bodies[-1]): "no"})
    told = {one.receiver_id: one.answer for one in decisions(sqlite_instance) if one.use is Use.SHARE}
    assert told == {bodies[0]: Answer.YES, bodies[-1]: Answer.NO}
    assert source.get(f"{where}?bodies=99999999999999999999").status_code == 200
    assert source.get(f"{where}?bodies=-1").status_code == 200


def test_back_from_further_bodies_leads_to_those_before_them(sqlite_instance: Instance) -> None:
    bodies = many(sqlite_instance, 23, ARCHIVE)
    source = Source(sqlite_instance)
    source.post("account", narrative=STORY, action="continue")
    way = source.post("sharing?bodies=3&change=1", action="back", **{share(bodies[-1]): "no"})
    assert way.headers["Location"] == "/en/sharing?bodies=2&change=1"
    way = source.post("sharing?bodies=2", action="back", **{share(bodies[10]): "yes"})
    assert way.headers["Location"] == "/en/sharing?bodies=1"
    assert source.post("sharing?bodies=1", action="back").headers["Location"] == "/en/permissions"
    assert source.post("public?bodies=2", action="back").headers["Location"] == "/en/sharing"
    assert f'name="{share(bodies[10])}" value="yes" checked' in source.get("sharing?bodies=2").text


def pressed_by_enter(page: str) -> str:
    """Give the button that a browser presses when Enter is pressed in the form of the rows: its first."""
    form = page.index('id="rows"')
    buttons = list(re.finditer(r"<button[^>]*>", page))
    return next(one[0] for one in buttons if 'form="rows"' in one[0] or one.start() > form)


def test_enter_goes_on_from_the_bodies_of_any_page(sqlite_instance: Instance) -> None:
    many(sqlite_instance, 12, ARCHIVE)
    source, returned = Source(sqlite_instance), Source(sqlite_instance)
    returned.come_back(" ".join(returned.submit(read="yes")))
    source.post("account", narrative=STORY, action="continue")
    for path in ("sharing", "sharing?bodies=2", "sharing?change=1"):
        assert "name=" not in pressed_by_enter(source.get(path).text), path
    assert "name=" not in pressed_by_enter(returned.get("folder/permissions/sharing?bodies=2").text)
    for path, way in {"": "public", "?bodies=2": "public", "?change=1": "check"}.items():
        assert source.post(f"sharing{path}").headers["Location"] == f"/en/{way}"


def test_an_answer_is_kept_though_another_body_ended_while_the_page_stood_open(
    sqlite_instance: Instance,
) -> None:
    bodies = many(sqlite_instance, 12, ARCHIVE)
    source = Source(sqlite_instance)
    source.post("account", narrative=STORY, action="continue")
    page = source.get("sharing?bodies=2")
    end(sqlite_instance, bodies[0])
    fields = {share(one): "no" for one in bodies[10:]}
    seen = re.findall(r'name="seen" value="([^"]+)"', page.text)[0]
    source.send("sharing?bodies=2", csrf_token=token(page), seen=seen, action="continue", **fields)
    source.post("check", reread="no")
    told = {one.receiver_id for one in decisions(sqlite_instance) if one.use is Use.SHARE}
    assert told == set(bodies[10:])


# asked about


@pytest.mark.parametrize("language", ["en", "fa"])
def test_each_body_is_a_row_of_its_own_with_what_it_is(sqlite_instance: Instance, language: str) -> None:
    source = Source(sqlite_instance, language)
    source.get("account")
    assert {"en": "nobody to whom", "fa": "هیچ نهادی نیست"}[language] in said(source.get("sharing"))
    one, other = add(sqlite_instance), add(sqlite_instance, TRIBUNAL)
    page = source.get("sharing")
    for told in (ARCHIVE, TRIBUNAL):
        name, about = {"en": (told.name_en, told.about_en), "fa": (told.name_fa, told.about_fa)}[language]
        assert name in said(page)
        assert about in said(page)
    assert " checked" not in page.text
    source.write(STORY, read="yes", **{share(one): "yes", share(other): "no"})
    checked = said(source.get("check"))
    assert checked.index({"en": ARCHIVE.name_en, "fa": ARCHIVE.name_fa}[language]) < checked.index(
        {"en": TRIBUNAL.name_en, "fa": TRIBUNAL.name_fa}[language]
    )
    source.post("check")
    kept = decisions(sqlite_instance)
    today = sqlite_instance.clock().date()
    assert permits(kept, Use.SHARE, on=today, receiver=one)
    assert not permits(kept, Use.SHARE, on=today, receiver=other)
    assert {row.wording for row in kept} == {wordings.VERSION}


def test_a_body_that_comes_later_is_asked_first_and_answered_in_the_folder(instance: Instance) -> None:
    source = Source(instance)
    one = add(instance)
    words = source.submit(read="yes", contact="yes", **{share(one): "yes"})
    later = add(instance, TRIBUNAL)
    assert not permits(decisions(instance), Use.SHARE, on=instance.clock().date(), receiver=later)
    with instance.database.session(write=False) as session:
        case_id = session.scalars(select(Submission.id)).one()
    ask(instance, case_id, later)
    source.come_back(" ".join(words))
    page = source.get("folder")
    assert "May it be handed to The Independent Panel?" in said(page)
    [question] = re.findall(r"folder/questions/([0-9a-f-]{36})", page.text)
    source.post(f"folder/questions/{question}", seen="folder", said="yes")
    kept = decisions(instance)
    assert all(permits(kept, Use.SHARE, on=instance.clock().date(), receiver=each) for each in (one, later))
    text = source.get("folder/copy/all.zip")
    assert text.status_code == 200
    assert "It is handed to The Archive of Testimonies and The Independent Panel." in said(
        source.get("folder")
    )


def ask(instance: Instance, case_id: UUID, receiver: UUID | None, use: Use = Use.SHARE) -> None:
    with at_desk(instance, "maple") as (session, by):
        asking.ask(
            session,
            by=by,
            case_id=case_id,
            use=use,
            reason="They have asked for it.",
            now=instance.clock(),
            receiver=receiver,
        )


def test_nobody_is_asked_about_no_body_an_ended_one_or_two_at_once(sqlite_instance: Instance) -> None:
    one, other, ended = add(sqlite_instance), add(sqlite_instance, TRIBUNAL), add(sqlite_instance, LONG)
    end(sqlite_instance, ended)
    case_id = a_case(sqlite_instance)
    with pytest.raises(InvalidError):
        ask(sqlite_instance, case_id, None)
    with pytest.raises(InvalidError):
        ask(sqlite_instance, case_id, one, Use.COURT)
    with pytest.raises(StaleError):
        ask(sqlite_instance, case_id, ended)
    ask(sqlite_instance, case_id, one)
    with pytest.raises(StaleError):
        ask(sqlite_instance, case_id, other)
    with at_desk(sqlite_instance, "maple") as (session, by):
        standing = asking.standing(session, by=by, case_id=case_id)
        assert Use.SHARE not in {use for use, _receiver in standing.may_ask}
        shown = reading.read(session, by=by, case_id=case_id).handing
        assert [(row.id, answer) for row, answer in shown] == [(one, Answer.ASK), (other, Answer.ASK)]


def test_a_change_in_the_folder_answers_the_question_about_that_body_alone(sqlite_instance: Instance) -> None:
    one, other = add(sqlite_instance), add(sqlite_instance, TRIBUNAL)
    case_id = a_case(sqlite_instance)
    ask(sqlite_instance, case_id, one)

    def decide(receiver: UUID) -> bool | None:
        with sqlite_instance.database.session(write=True) as session:
            answers = {share(receiver): "yes"}
            intake.decide(session, submission_id=case_id, answers=answers, language="en", day=session.today)
            session.flush()
            return session.scalars(select(Question)).one().waits

    assert decide(other) is True
    assert decide(one) is None


def test_everything_private_says_no_to_every_body(sqlite_instance: Instance) -> None:
    one = add(sqlite_instance)
    source = Source(sqlite_instance)
    source.come_back(" ".join(source.submit(read="yes", **{share(one): "yes"})))
    source.post("folder/permissions", action="private")
    last = {(row.use, row.receiver_id): row.answer for row in decisions(sqlite_instance)}
    assert last[Use.SHARE, one] is Answer.NO


def test_an_answer_about_a_body_that_is_not_on_the_list_is_not_taken(sqlite_instance: Instance) -> None:
    ended = add(sqlite_instance)
    end(sqlite_instance, ended)
    source = Source(sqlite_instance)
    source.write(STORY, read="yes", **{share(ended): "yes", share(uuid4()): "yes"})
    source.post("check")
    assert [row.use for row in decisions(sqlite_instance)] == [Use.READ]


# the pages of the list


def test_an_administrator_adds_and_ends_on_the_pages_and_hostile_names_are_only_text(
    sqlite_instance: Instance,
) -> None:
    desk = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(desk, "rowan")
    assert "no source is asked" in desk.get("/en/receivers").text

    def post(path: str, **fields: str) -> str:
        token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', desk.get(path).text)[-1]
        return desk.post(path, data={"csrf_token": token, **fields}, follow_redirects=True).text

    assert "Give the name" in post("/en/receivers/add", name_en="x")
    bad = "<script>alert(1)</script>{{7*7}}%s{name}"
    page = post("/en/receivers/add", name_fa="نهاد", name_en=bad, about_fa="چیز", about_en="thing")
    assert html.escape(bad, quote=False) in page
    assert "<script>alert" not in page
    source = Source(sqlite_instance)
    source.get("account")
    assert f"May it be handed to {bad}?" in said(source.get("sharing"))
    with sqlite_instance.database.session(write=False) as session:
        one = session.scalars(select(Receiver)).one()
    assert "off the list" in post(f"/en/receivers/{one.id}/end")
    assert "nobody to whom" in said(source.get("sharing"))
    assert desk.get(f"/en/receivers/{one.id}/end").status_code == 409


def test_questions_of_the_thread_open_with_their_body(sqlite_instance: Instance) -> None:
    one = add(sqlite_instance)
    case_id = a_case(sqlite_instance)
    ask(sqlite_instance, case_id, one)
    with at_desk(sqlite_instance, "maple") as (session, by):
        [asked] = asking.standing(session, by=by, case_id=case_id).asked
        assert isinstance(asked, questions.Asked)
        assert (asked.use, asked.receiver_id) == (Use.SHARE, one)
