"""Marks, messages and notes: by the holder, on the text's own words, within what the source allows."""

from uuid import UUID, uuid4

import pytest
from builders import EVERYTHING, Instance, Sent, a_submission
from cases import TEXT, a_case, a_mark, a_sheet, at_desk, text_of

from portal.casework import reading, service, writing
from portal.casework.marking import MarkKind, Span
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import service as intake
from portal.intake.models import Speaker, Status, Submission


def marks_of(instance: Instance, case_id: UUID) -> list[reading.Mark]:
    with at_desk(instance) as (session, by):
        content = reading.read(session, by=by, case_id=case_id).content
        assert content is not None
        return list(content.marks)


def test_a_mark_keeps_the_texts_own_words_and_surroundings(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    a_mark(sqlite_instance, case_id, "held  in\nGohardasht", MarkKind.PLACE)
    (mark,) = marks_of(sqlite_instance, case_id)
    assert mark.at.quote == "held in Gohardasht"
    assert (mark.at.prefix + mark.at.quote + mark.at.suffix) in TEXT
    assert mark.fits
    assert (mark.by, mark.kind) == ("cedar", MarkKind.PLACE)


def test_words_that_stand_twice_are_shown_with_their_surroundings(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    with at_desk(sqlite_instance) as (session, by):
        field_id = text_of(session, by, case_id).field_id
        found = writing.places(session, by=by, case_id=case_id, field_id=field_id, quote="Gohardasht")
        assert [place.words for place in found] == ["Gohardasht"] * 2
        assert found[1].after == " stayed silent."
        one = writing.places(
            session, by=by, case_id=case_id, field_id=field_id, quote="Gohardasht", span=found[1].span
        )
        assert [place.span for place in one] == [found[1].span]


@pytest.mark.parametrize("name", ["birch", "maple"])
def test_only_the_holder_marks_unmarks_and_writes(sqlite_instance: Instance, name: str) -> None:
    case_id = a_case(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    when = sqlite_instance.clock()
    with at_desk(sqlite_instance, name) as (session, by):
        field_id = text_of(session, by, case_id).field_id
        with pytest.raises(RefusedError):
            writing.mark(
                session,
                by=by,
                case_id=case_id,
                field_id=field_id,
                kind=MarkKind.NOTE,
                span=Span(0, 2),
                now=when,
            )
        with pytest.raises(RefusedError):
            writing.unmark(session, by=by, case_id=case_id, mark_id=mark_id)
        with pytest.raises(RefusedError):
            writing.message(session, by=by, case_id=case_id, text="?", now=when)
    assert len(marks_of(sqlite_instance, case_id)) == 1


def test_a_mark_of_another_case_is_not_there(sqlite_instance: Instance) -> None:
    one, other = a_case(sqlite_instance), a_case(sqlite_instance)
    mark_id = a_mark(sqlite_instance, one)
    with at_desk(sqlite_instance) as (session, by):
        field_id = text_of(session, by, one).field_id
        with pytest.raises(NotFoundError):
            writing.unmark(session, by=by, case_id=other, mark_id=mark_id)
        with pytest.raises(NotFoundError):
            writing.places(session, by=by, case_id=other, field_id=field_id, quote="Omid")


def test_a_mark_is_taken_off(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    with at_desk(sqlite_instance) as (session, by):
        writing.unmark(session, by=by, case_id=case_id, mark_id=mark_id)
    assert marks_of(sqlite_instance, case_id) == []


@pytest.mark.parametrize("span", [Span(0, 10_000), Span(5, 5), Span(9, 2)])
def test_a_span_outside_the_text_is_refused(sqlite_instance: Instance, span: Span) -> None:
    case_id = a_case(sqlite_instance)
    with at_desk(sqlite_instance) as (session, by):
        field_id = text_of(session, by, case_id).field_id
        with pytest.raises(InvalidError):
            writing.mark(
                session,
                by=by,
                case_id=case_id,
                field_id=field_id,
                kind=MarkKind.NOTE,
                span=span,
                now=sqlite_instance.clock(),
            )


def test_nothing_is_marked_while_a_second_reviewer_looks(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    a_sheet(sqlite_instance, case_id)
    with pytest.raises(StaleError):
        a_mark(sqlite_instance, case_id)


def held(instance: Instance, **consent: str) -> Sent:
    with instance.database.session(write=True) as session:
        sent = a_submission(instance, session, consent={**EVERYTHING, **consent})
    with at_desk(instance) as (session, by):
        service.claim(session, by=by, case_id=sent.submission.id, now=instance.clock())
    return sent


def send(instance: Instance, case_id: UUID, *, wait: bool = False) -> None:
    with at_desk(instance) as (session, by):
        writing.message(session, by=by, case_id=case_id, text="May we ask?", wait=wait, now=instance.clock())


def answer(instance: Instance, sent: Sent) -> None:
    with instance.database.session(write=True) as session:
        intake.reply(
            session,
            submission_id=sent.submission.id,
            seed=sent.seed,
            text="Yes.",
            day=instance.clock().date(),
        )


def test_a_question_lets_the_case_wait_and_the_answer_brings_it_back(sqlite_instance: Instance) -> None:
    sent = held(sqlite_instance)
    case_id = sent.submission.id
    send(sqlite_instance, case_id, wait=True)
    with sqlite_instance.database.session(write=False) as session:
        assert session.get_one(Submission, case_id).status is Status.AWAITING_SOURCE
    answer(sqlite_instance, sent)
    with at_desk(sqlite_instance) as (session, by):
        case = reading.read(session, by=by, case_id=case_id)
    assert case.status is Status.IN_REVIEW
    assert [one.speaker for one in case.messages] == [Speaker.STAFF, Speaker.SOURCE]


def test_who_does_not_wish_to_be_written_to_is_only_answered(sqlite_instance: Instance) -> None:
    sent = held(sqlite_instance, contact="no")
    with pytest.raises(RefusedError):
        send(sqlite_instance, sent.submission.id)
    answer(sqlite_instance, sent)
    send(sqlite_instance, sent.submission.id)
    with pytest.raises(RefusedError):
        send(sqlite_instance, sent.submission.id)


def test_who_wishes_to_be_asked_before_being_read_can_be_asked(sqlite_instance: Instance) -> None:
    send(sqlite_instance, held(sqlite_instance, contact="ask", read="ask").submission.id)
    with pytest.raises(RefusedError):
        send(sqlite_instance, held(sqlite_instance, contact="ask", read="yes").submission.id)


def test_notes_are_the_holders_and_the_leads_and_keep_their_order(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    for number, name in enumerate(("cedar", "maple", "cedar")):
        with at_desk(sqlite_instance, name) as (session, by):
            writing.add_note(
                session, by=by, case_id=case_id, text=f"note {number}", now=sqlite_instance.clock()
            )
    with at_desk(sqlite_instance, "birch") as (session, by):
        with pytest.raises(RefusedError):
            writing.add_note(session, by=by, case_id=case_id, text="x", now=sqlite_instance.clock())
        content = reading.read(session, by=by, case_id=case_id).content
    assert content is not None
    assert [note.text for note in content.notes] == ["note 0", "note 1", "note 2"]


@pytest.mark.parametrize("name", ["rowan", "olive"])
def test_others_are_refused_everything(sqlite_instance: Instance, name: str) -> None:
    case_id, when = a_case(sqlite_instance), sqlite_instance.clock()
    with at_desk(sqlite_instance, name) as (session, by):
        for act in (
            lambda: writing.places(session, by=by, case_id=case_id, field_id=uuid4(), quote="x"),
            lambda: writing.unmark(session, by=by, case_id=case_id, mark_id=uuid4()),
            lambda: writing.message(session, by=by, case_id=case_id, text="x", now=when),
            lambda: writing.add_note(session, by=by, case_id=case_id, text="x", now=when),
            lambda: service.claim(session, by=by, case_id=case_id, now=when),
            lambda: service.release(session, by=by, case_id=case_id),
            lambda: service.move(session, by=by, case_id=case_id, to=Status.SET_ASIDE),
        ):
            with pytest.raises(RefusedError):
                act()
