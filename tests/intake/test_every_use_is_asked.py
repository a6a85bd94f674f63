"""No service opens, links, codes, exports or writes to a source without asking what the source allowed.

``golden/uses.txt`` holds every function of the desk that opens something of a submission, and the uses it
asks for (or why it needs none): a new one fails here until it has its row. The acts themselves are then done
with a use withheld in every way there is: never answered, refused, ended, sealed by the source's death.
"""

import ast
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from builders import EVERYTHING, Instance, a_submission
from cases import TEXT, a_case, a_link, a_mark, a_person, at_desk, at_once, text_of
from sqlalchemy import select

from portal.casework import asking, reading, service, sheets, titles, writing
from portal.casework.allowed import readable
from portal.casework.coding import Sheet
from portal.casework.marking import MarkKind, Span
from portal.errors import InvalidError, RefusedError
from portal.intake import deciding, opening
from portal.intake import service as intake
from portal.intake.consent import MATRIX, permits
from portal.intake.models import Answer, Consent, Question, Use
from portal.linking import candidates
from portal.linking import service as linking
from portal.release import gathering

PORTAL = Path(__file__).parents[2] / "portal"
GOLDEN = Path(__file__).parents[1] / "golden" / "uses.txt"
OPENERS = {
    "add_message", "case_opened", "keys_of", "open_case", "open_documents", "open_fields", "open_messages",
    "part_keys",
}  # fmt: skip
ASKERS = {"permits", "current", "gather"}


def calls(function: ast.FunctionDef) -> set[str]:
    found = [one.func for one in ast.walk(function) if isinstance(one, ast.Call)]
    return {one.id if isinstance(one, ast.Name) else getattr(one, "attr", "") for one in found}


def openers() -> dict[str, set[str]]:
    """Every function of the desk that opens something of a submission, and all that it calls."""
    found = {}
    for feature in ("casework", "linking", "release"):
        for path in sorted((PORTAL / feature).glob("*.py")):
            for one in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(one, ast.FunctionDef):
                    called = calls(one)
                    gathers = "permits" in called and path.stem in {
                        "digest",
                        "reviewing",
                        "speaking",
                        "together",
                    }
                    exports = feature == "release" and "current" in called and path.stem == "gathering"
                    if called & OPENERS or (gathers and one.name != "__init__") or exports:
                        found[f"{feature}.{path.stem}.{one.name}"] = called
    return found


def table() -> dict[str, str]:
    lines = [line.split(None, 2) for line in GOLDEN.read_text("utf-8").splitlines()]
    return {name: uses for name, uses, *_why in lines}


def test_everything_that_opens_a_submission_has_its_row() -> None:
    assert set(openers()) == set(table())


def test_what_needs_a_use_asks_for_it_or_goes_through_what_asks() -> None:
    direct = {"open_case", "permits", "current", "may_write", "find_held"}
    through = {"open_documents", "open_fields", "find", "to_source"}
    found = openers()
    for name, uses in table().items():
        if uses != "-":
            assert found[name] & (direct | through), name


# the acts, with a use withheld

Act = Callable[[Instance, UUID], object]


def read_text(instance: Instance, case_id: UUID) -> object:
    with at_desk(instance) as (session, by):
        content = reading.read(session, by=by, case_id=case_id).content
    if content is None:
        raise RefusedError
    return content


def mark(instance: Instance, case_id: UUID) -> object:
    with at_desk(instance) as (session, by):
        fields = opening.load(session, case_id).parts[0].fields
        field = next(one.id for one in fields if one.name == "narrative")
        return writing.mark(
            session,
            by=by,
            case_id=case_id,
            field_id=field,
            kind=MarkKind.PERSON,
            span=Span(0, 4),
            now=instance.clock(),
        )


def add_note(instance: Instance, case_id: UUID) -> object:
    with at_desk(instance) as (session, by):
        return writing.add_note(session, by=by, case_id=case_id, text="x", now=instance.clock())


def entitle(instance: Instance, case_id: UUID) -> object:
    with at_desk(instance) as (session, by):
        return titles.entitle(session, by=by, case_id=case_id, text="a brother", now=instance.clock())


def code(instance: Instance, case_id: UUID) -> object:
    with at_desk(instance) as (session, by):
        return sheets.save(
            session, by=by, case_id=case_id, sheet=Sheet(), revision=0, submit=False, now=instance.clock()
        )


def write(instance: Instance, case_id: UUID) -> object:
    with at_desk(instance) as (session, by):
        return writing.message(session, by=by, case_id=case_id, text="x", now=instance.clock())


def identity(instance: Instance, case_id: UUID) -> object:
    with at_desk(instance, "maple") as (session, by):
        return reading.identity(session, by=by, case_id=case_id)


def propose(instance: Instance, case_id: UUID) -> object:
    with at_desk(instance) as (session, by):
        return candidates.propose(session, by=by, case_id=case_id, text="Omid")


def find_in_search(instance: Instance, case_id: UUID) -> object:
    with at_desk(instance) as (session, by):
        if case_id.bytes not in readable(session, by=by):
            raise RefusedError
    return case_id


ACTS: Mapping[str, tuple[Use, Act]] = {
    "read": (Use.READ, read_text),
    "mark": (Use.READ, mark),
    "note": (Use.READ, add_note),
    "entitle": (Use.READ, entitle),
    "code": (Use.READ, code),
    "search": (Use.READ, find_in_search),
    "write": (Use.CONTACT, write),
    "identity": (Use.CONTACT, identity),
    "link": (Use.LINK, propose),
}

WITHHELD = ("refused", "ended", "sealed", "entrusted")


def withhold(instance: Instance, case_id: UUID, use: Use, how: str) -> None:
    """Take one use away as its source would; ``sealed`` closes everything, ``entrusted`` waits for a yes."""
    until = (instance.clock().date() + timedelta(days=9)).isoformat()
    answers = {
        "refused": {use.value: "no"},
        "ended": {use.value: "yes", "until": until},
        "sealed": {"after-death": "no"},
        "entrusted": {"after-death": "ask"},
    }[how]
    with instance.database.session(write=True) as session:
        day = session.today
        intake.decide(session, submission_id=case_id, answers=answers, language="en", day=day)
        session.flush()
        session.expire_all()
        if how in {"sealed", "entrusted"}:
            made = opening.load(session, case_id).consents
            deciding.add_death(session, case_id, made, day=day)
    if how == "ended":
        instance.clock.advance(days=10)


@pytest.mark.parametrize("act", ACTS)
def test_what_is_allowed_is_done(sqlite_instance: Instance, act: str) -> None:
    ACTS[act][1](sqlite_instance, a_case(sqlite_instance))


@pytest.mark.parametrize("how", WITHHELD)
@pytest.mark.parametrize("act", ACTS)
def test_what_is_withheld_is_not_done(sqlite_instance: Instance, act: str, how: str) -> None:
    use, do = ACTS[act]
    case_id = a_case(sqlite_instance)
    withhold(sqlite_instance, case_id, use, how)
    if (act, how) == ("write", "entrusted"):  # whom the source trusted is asked, and that is done by writing
        do(sqlite_instance, case_id)
        return
    with pytest.raises(RefusedError):
        do(sqlite_instance, case_id)


def test_what_was_never_answered_is_not_done(sqlite_instance: Instance) -> None:
    for act in ("read", "mark", "code", "search", "identity"):
        use, do = ACTS[act]
        some = {name: answer for name, answer in EVERYTHING.items() if name != use.value}
        with pytest.raises(RefusedError):
            do(sqlite_instance, a_case(sqlite_instance, consent=some))


def test_the_queue_says_when_reading_has_ended(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    withhold(sqlite_instance, case_id, Use.READ, "ended")
    with at_desk(sqlite_instance) as (session, by):
        [row] = service.queue(session, by=by).rows
    assert row.read is Answer.ASK


@pytest.mark.parametrize("how", WITHHELD)
def test_no_release_is_made_of_what_is_withheld(sqlite_instance: Instance, how: str) -> None:
    from coded import accounts  # noqa: PLC0415 - its many rows are needed here only

    kept, gone = accounts(sqlite_instance, 2)
    day = sqlite_instance.clock().date()
    with sqlite_instance.database.session(write=True) as session:
        made = opening.load(session, gone.submission_id).consents
        number = len(made) + 1
        common = {"submission_id": gone.submission_id, "day": day, "wording": 2, "language": "en"}
        if how == "refused":
            session.add(Consent(number=number, use=Use.RESEARCH, answer=Answer.NO, **common))
        elif how == "ended":
            last = day - timedelta(days=1)
            session.add(Consent(number=number, use=Use.RESEARCH, answer=Answer.YES, until=last, **common))
        else:
            wish = Answer.NO if how == "sealed" else Answer.ASK
            session.add(Consent(number=number, use=Use.AFTER_DEATH, answer=wish, **common))
            session.add(Consent(number=number + 1, use=Use.DIED, answer=Answer.YES, **common))
    with at_desk(sqlite_instance, "maple") as (session, by):
        accounts_now = gathering.standing(session, by=by).accounts
    assert {one.submission_id for one in accounts_now} == {kept.submission_id}


# at the same moment


def test_an_answer_and_a_use_at_the_same_moment_are_one_after_the_other(instance: Instance) -> None:
    """A link that is made while its source refuses is there before the refusal, or not at all."""
    case_id = a_case(instance, TEXT)
    mark_id = a_mark(instance, case_id)
    record = a_person(instance)

    def both(number: int) -> None:
        if number:
            with instance.database.session(write=True) as session:
                intake.decide(
                    session,
                    submission_id=case_id,
                    answers={"link": "no"},
                    language="en",
                    day=session.today,
                )
            return
        a_link(instance, case_id, record, mark_id=mark_id)

    linked, decided = at_once(2, both)
    assert decided is None
    assert linked is None or isinstance(linked, RefusedError)
    with at_desk(instance) as (session, by):
        assert linking.links_of(session, by=by, case_id=case_id) == []
        with pytest.raises(RefusedError):
            candidates.propose(session, by=by, case_id=case_id, text="Omid")


def test_a_use_is_asked_for_once_whoever_asks_at_the_same_moment(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        sent = a_submission(instance, session, TEXT, consent={**EVERYTHING, "court": "ask"})
    case_id = sent.submission.id

    def one(number: int) -> None:
        with at_desk(instance, ("maple", "willow")[number]) as (session, by):
            asking.ask(
                session, by=by, case_id=case_id, use=Use.COURT, reason="A trial.", now=instance.clock()
            )

    met = at_once(2, one)
    assert sum(problem is None for problem in met) == 1


def test_ask_me_first_makes_a_question_for_every_use_and_its_answer_is_the_decision(
    sqlite_instance: Instance,
) -> None:
    for use in MATRIX:
        with sqlite_instance.database.session(write=True) as session:
            sent = a_submission(sqlite_instance, session, TEXT, consent={**EVERYTHING, use.value: "ask"})
        case_id = sent.submission.id
        with at_desk(sqlite_instance, "maple") as (session, by):
            asking.ask(
                session, by=by, case_id=case_id, use=use, reason="A reason.", now=sqlite_instance.clock()
            )
        with sqlite_instance.database.session(write=True) as session:
            asked = session.scalars(select(Question).where(Question.submission_id == case_id)).one()
            day, made = session.today, opening.load(session, case_id).consents
            assert not permits(made, use, on=day)
            answers = {use.value: "yes"}
            intake.decide(session, submission_id=case_id, answers=answers, language="en", day=day)
            session.flush()
            session.expire_all()
            assert permits(opening.load(session, case_id).consents, use, on=day)
            assert asked.waits is None


def test_one_who_may_read_sees_the_words(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    with at_desk(sqlite_instance) as (session, by):
        assert text_of(session, by, case_id).text == TEXT


def test_no_answer_but_those_of_the_page_is_kept(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        given = {"died": "yes", "nonsense": "yes", "after-death": "ask", "trusted": "x"}
        with pytest.raises(InvalidError):
            intake.decide(session, submission_id=case_id, answers=given, language="en", day=session.today)
    with sqlite_instance.database.session(write=False) as session:
        assert Use.DIED not in {one.use for one in opening.load(session, case_id).consents}
