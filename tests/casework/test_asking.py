"""Asking a source: for one use, with a reason they read; a second contact needs a colleague who agrees."""

from uuid import UUID

import pytest
from builders import EVERYTHING, Instance, token_of
from cases import a_case, acts_of, at_desk

from portal.casework import asking, writing
from portal.config import Face
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import opening, questions
from portal.intake.models import Answer, Question, Use

ASKS = {**EVERYTHING, "court": "ask", "publish": "ask"}


def ask(
    instance: Instance, case_id: UUID, use: Use = Use.COURT, *, by: str = "cedar", why: str = "A trial."
) -> Question:
    with at_desk(instance, by) as (session, actor):
        return asking.ask(session, by=actor, case_id=case_id, use=use, reason=why, now=instance.clock())


def leave(instance: Instance, case_id: UUID, *, by: str = "cedar", agreed: str = "") -> UUID:
    with at_desk(instance, by) as (session, actor):
        made = asking.ask_leave(
            session, by=actor, case_id=case_id, reason="The court moved.", now=instance.clock()
        )
    if agreed:
        with at_desk(instance, agreed) as (session, actor):
            asking.agree(session, by=actor, case_id=case_id, leave_id=made, now=instance.clock())
    return made


def test_a_question_lies_sealed_in_the_thread_with_its_reason(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, consent=ASKS)
    ask(sqlite_instance, case_id)
    with at_desk(sqlite_instance) as (session, by):
        standing = asking.standing(session, by=by, case_id=case_id)
        [one] = standing.asked
        assert (one.use, one.reason, one.by, one.waits) == (Use.COURT, "A trial.", "cedar", True)
        assert standing.may_ask == tuple(use for use in standing.may_ask if use is not Use.COURT)
        row = session.get_one(questions.Question, one.id)
        assert b"trial" not in row.blob
    assert acts_of(sqlite_instance)[-1] == "question.ask"


@pytest.mark.parametrize("use", [Use.READ, Use.DIED, Use.AFTER_DEATH])
def test_only_what_is_open_is_asked_for(sqlite_instance: Instance, use: Use) -> None:
    case_id = a_case(sqlite_instance, consent=ASKS)
    with pytest.raises(InvalidError):
        ask(sqlite_instance, case_id, use)


def test_a_question_needs_a_reason_and_has_its_limit(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, consent=ASKS)
    for why in (" ", "x" * 2001):
        with pytest.raises(InvalidError):
            ask(sqlite_instance, case_id, why=why)


def test_who_does_not_wish_to_be_written_to_is_asked_nothing(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, consent={**ASKS, "contact": "no"})
    with pytest.raises(RefusedError):
        ask(sqlite_instance, case_id)
    with at_desk(sqlite_instance) as (session, by):
        assert asking.standing(session, by=by, case_id=case_id).may_ask == ()


def test_only_the_holder_or_a_lead_asks(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, consent=ASKS)
    with pytest.raises(RefusedError):
        ask(sqlite_instance, case_id, by="birch")
    ask(sqlite_instance, case_id, by="maple")


def test_the_same_is_not_asked_twice(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, consent=ASKS)
    ask(sqlite_instance, case_id)
    leave(sqlite_instance, case_id, agreed="maple")
    with pytest.raises(StaleError, match="asked this already"):
        ask(sqlite_instance, case_id)
    ask(sqlite_instance, case_id, Use.PUBLISH)


def test_a_second_contact_needs_a_reason_and_another_reviewer(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, consent=ASKS)
    ask(sqlite_instance, case_id)
    for again in (
        lambda: ask(sqlite_instance, case_id, Use.PUBLISH),
        lambda: message(sqlite_instance, case_id),
    ):
        with pytest.raises(StaleError, match="colleague"):
            again()
    wish = leave(sqlite_instance, case_id)
    with at_desk(sqlite_instance) as (session, by), pytest.raises(RefusedError):
        asking.agree(session, by=by, case_id=case_id, leave_id=wish, now=sqlite_instance.clock())
    with at_desk(sqlite_instance, "birch") as (session, by):
        asking.agree(session, by=by, case_id=case_id, leave_id=wish, now=sqlite_instance.clock())
    message(sqlite_instance, case_id)
    with pytest.raises(StaleError, match="colleague"):
        message(sqlite_instance, case_id)
    with at_desk(sqlite_instance) as (session, by):
        assert asking.standing(session, by=by, case_id=case_id).contacts == 2


def message(instance: Instance, case_id: UUID) -> None:
    with at_desk(instance) as (session, by):
        writing.message(session, by=by, case_id=case_id, text="A word.", now=instance.clock())


def test_leave_is_asked_for_once_when_it_is_needed_and_serves_its_own_case(sqlite_instance: Instance) -> None:
    case_id, other = a_case(sqlite_instance, consent=ASKS), a_case(sqlite_instance, consent=ASKS)
    with pytest.raises(StaleError, match="No leave"):
        leave(sqlite_instance, case_id)
    ask(sqlite_instance, case_id)
    wish = leave(sqlite_instance, case_id)
    with pytest.raises(StaleError, match="asked already"):
        leave(sqlite_instance, case_id, by="maple")
    with at_desk(sqlite_instance, "birch") as (session, by), pytest.raises(NotFoundError):
        asking.agree(session, by=by, case_id=other, leave_id=wish, now=sqlite_instance.clock())


def test_a_death_is_written_down_once_by_a_lead_and_closes_what_was_to_be_closed(
    sqlite_instance: Instance,
) -> None:
    case_id = a_case(sqlite_instance, consent={**EVERYTHING, "after-death": "no", "years": "20"})
    with at_desk(sqlite_instance) as (session, by), pytest.raises(RefusedError):
        asking.record_death(session, by=by, case_id=case_id)
    with at_desk(sqlite_instance, "maple") as (session, by):
        asking.record_death(session, by=by, case_id=case_id)
    with at_desk(sqlite_instance, "maple") as (session, by):
        standing = asking.standing(session, by=by, case_id=case_id)
        assert standing.died == session.today
        assert set(standing.decisions.values()) == {Answer.NO}
        with pytest.raises(StaleError):
            asking.record_death(session, by=by, case_id=case_id)
        assert opening.load(session, case_id).consents[-1].years is None


def test_the_pages_lead_from_a_question_to_a_colleague_s_leave(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, consent=ASKS)
    pages = {}
    for name in ("cedar", "birch"):
        pages[name] = sqlite_instance.app(Face.DESK).test_client()
        sqlite_instance.sign_in(pages[name], name)
    where = f"/en/cases/{case_id}/ask"

    def post(name: str, url: str, **fields: str) -> str:
        token = token_of(pages[name].get(where))
        given = {"csrf_token": token, **fields}
        return pages[name].post(url, data=given, follow_redirects=True).get_data(as_text=True)

    assert "The question lies" in post("cedar", where, use="court", reason="A trial begins.")
    page = pages["cedar"].get(where).get_data(as_text=True)
    assert "written to 1 time without" in page
    assert "A trial begins." in page
    assert "colleague has to agree" in post("cedar", where, use="publish", reason="A book.")
    post("cedar", f"{where}/leave", again="A publisher asks.")
    page = pages["birch"].get(where).get_data(as_text=True)
    assert "A publisher asks." in page
    wish = page[page.index(f"{where}/leave/") :].split('"')[0]
    assert "once more" in post("birch", wish)
    assert "The question lies" in post("cedar", where, use="publish", reason="A book.")


def test_a_lead_writes_down_a_death_on_the_page(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, consent=ASKS)
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "maple")
    where = f"/en/cases/{case_id}/ask"
    token = token_of(client.get(where))
    client.post(f"/en/cases/{case_id}/died", data={"csrf_token": token})
    assert "it is written down here that the source has died" in client.get(where).get_data(as_text=True)
