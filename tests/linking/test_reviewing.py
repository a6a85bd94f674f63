"""Death, burial and perpetrator: two look, the second blind to the first, and a lead where they differ."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from builders import EVERYTHING, Instance
from cases import (
    a_case,
    a_link,
    a_mark,
    a_person,
    a_prison,
    a_second_look,
    acts_of,
    at_desk,
    at_once,
    with_circle,
)
from indexed import read_in
from sqlalchemy import select

from portal.casework import moving, service, writing
from portal.casework.marking import MarkKind
from portal.casework.models import Annotation
from portal.errors import InvalidError, NotFoundError, PortalError, RefusedError, StaleError
from portal.intake import service as intake
from portal.intake import withdrawing
from portal.intake.models import Status, Submission, Telling
from portal.linking import candidates, reviewing, speaking
from portal.linking import service as linking
from portal.linking.models import Link, LinkDecision, LinkState
from portal.linking.reviewing import Given
from portal.linking.service import OpenedLink
from portal.linking.vocabulary import Answer, LinkRelation, Outcome, Verdict, needs_second
from portal.permissions import Group
from portal.registry.models import Record
from portal.registry.vocabulary import Basis, Certainty, PlaceKind
from portal.staff import service as staff
from portal.vault.seal import UnsealError

WHY = "The father's name stands in the letter."


def first(
    instance: Instance,
    case_id: UUID,
    record_id: UUID,
    relation: LinkRelation = LinkRelation.VICTIM,
    *,
    mark_id: UUID | None = None,
) -> UUID:
    """A first answer by whoever holds the case, which waits."""
    return a_link(instance, case_id, record_id, mark_id=mark_id, relation=relation, second="")


def links_of(instance: Instance, case_id: UUID, name: str = "cedar") -> list[OpenedLink]:
    with at_desk(instance, name) as (session, by):
        return linking.links_of(session, by=by, case_id=case_id)


def waiting(instance: Instance, name: str = "birch") -> list[UUID]:
    with at_desk(instance, name) as (session, by):
        return [one.link_id for one in reviewing.waiting(session, by=by)[0]]


def disputed(instance: Instance, name: str = "maple") -> list[UUID]:
    with at_desk(instance, name) as (session, by):
        return [one.link_id for one in reviewing.disputed(session, by=by)[0]]


def settle(
    instance: Instance, case_id: UUID, link_id: UUID, outcome: Outcome, name: str = "maple", why: str = WHY
) -> None:
    with at_desk(instance, name) as (session, by):
        reviewing.settle(
            session,
            by=by,
            case_id=case_id,
            link_id=link_id,
            outcome=outcome,
            reason=why,
            now=instance.clock(),
        )


def take_back(instance: Instance, case_id: UUID, link_id: UUID, name: str = "cedar") -> None:
    with at_desk(instance, name) as (session, by):
        linking.take_back(session, by=by, case_id=case_id, link_id=link_id)


def spoken(instance: Instance, record_id: UUID, name: str = "cedar") -> list[UUID]:
    read_in(instance, name)
    with at_desk(instance, name) as (session, by):
        return [one.case_id for one in speaking.speaking_of(session, by=by, record_id=record_id).linked]


def state_of(instance: Instance, link_id: UUID) -> LinkState:
    with instance.database.session(write=False) as session:
        return session.get_one(Link, link_id).state


def test_what_weighs_waits_and_the_rest_holds_at_once(sqlite_instance: Instance) -> None:
    person = a_person(sqlite_instance)
    grave = a_prison(sqlite_instance, "Gohardasht", PlaceKind.CEMETERY)
    for relation, record_id in (
        (LinkRelation.VICTIM, person),
        (LinkRelation.PERPETRATOR, person),
        (LinkRelation.ABOUT, person),
        (LinkRelation.BELIEVED_BURIED, grave),
        (LinkRelation.SAW_BURIAL, grave),
        (LinkRelation.VISITED, grave),
    ):
        link_id = first(sqlite_instance, a_case(sqlite_instance), record_id, relation)
        waits = state_of(sqlite_instance, link_id) is LinkState.WAITING
        assert waits is needs_second(relation), relation


def test_two_who_say_the_same_let_the_link_hold_with_both_names(instance: Instance) -> None:
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)
    assert spoken(instance, person) == []
    assert waiting(instance) == [link_id]
    assert a_second_look(instance, case_id, link_id, person) is LinkState.CURRENT
    (found,) = links_of(instance, case_id)
    assert (found.state, found.by, found.relation) == (LinkState.CURRENT, "cedar", LinkRelation.VICTIM)
    assert found.second is not None
    assert found.second.choice is not None
    assert (found.second.by, found.second.choice.certainty) == ("birch", Certainty.CERTAIN)
    assert not found.by_one
    assert spoken(instance, person) == [case_id]
    assert waiting(instance) == []


def test_the_same_matter_in_other_words_is_agreement(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    grave = a_prison(sqlite_instance, "Gohardasht", PlaceKind.CEMETERY)
    link_id = first(sqlite_instance, case_id, grave, LinkRelation.SAW_BURIAL)
    state = a_second_look(sqlite_instance, case_id, link_id, grave, relation=LinkRelation.BELIEVED_BURIED)
    assert state is LinkState.CURRENT
    assert [one.relation for one in links_of(sqlite_instance, case_id)] == [LinkRelation.SAW_BURIAL]


Look = Callable[[Instance, UUID, UUID, UUID], LinkState]
DIFFERENT: dict[str, Look] = {
    "another record": lambda i, c, link, _p: a_second_look(i, c, link, a_person(i)),
    "another matter": lambda i, c, link, p: a_second_look(i, c, link, p, relation=LinkRelation.PERPETRATOR),
    "a lighter word": lambda i, c, link, p: a_second_look(i, c, link, p, relation=LinkRelation.ABOUT),
    "none": lambda i, c, link, _p: a_second_look(i, c, link, answer=Answer.NONE, comment="Not him."),
    "unsure": lambda i, c, link, _p: a_second_look(i, c, link, answer=Answer.UNSURE),
}


@pytest.mark.parametrize("look", DIFFERENT.values(), ids=DIFFERENT)
def test_two_who_differ_go_to_a_lead_and_all_three_stay(sqlite_instance: Instance, look: Look) -> None:
    instance = sqlite_instance
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)
    assert look(instance, case_id, link_id, person) is LinkState.DISPUTED
    assert spoken(instance, person) == []
    assert disputed(instance) == [link_id]
    settle(instance, case_id, link_id, Outcome.FIRST)
    assert spoken(instance, person) == [case_id]
    (found,) = links_of(instance, case_id)
    assert found.second is not None
    assert found.settled is not None
    assert (found.by, found.second.by, found.settled.by) == ("cedar", "birch", "maple")
    assert found.settled.reason == WHY
    assert disputed(instance) == []


def test_a_lead_may_follow_the_second_or_neither(sqlite_instance: Instance) -> None:
    instance = sqlite_instance
    one, other = a_person(instance), a_person(instance, "Omid Rastgar")
    case_id = a_case(instance)
    mark_id = a_mark(instance, case_id)
    link_id = first(instance, case_id, one, mark_id=mark_id)
    a_second_look(instance, case_id, link_id, other)
    settle(instance, case_id, link_id, Outcome.SECOND)
    held, overruled = links_of(instance, case_id)
    assert (held.state, held.record_id, held.by, held.settles) == (LinkState.CURRENT, other, "birch", link_id)
    assert (overruled.state, overruled.id) == (LinkState.OVERRULED, link_id)
    assert not held.by_one
    assert (spoken(instance, one), spoken(instance, other)) == ([], [case_id])
    with at_desk(instance) as (session, by):
        assert linking.mark_of(session, by=by, case_id=case_id, mark_id=mark_id).links == (held.id,)
    case_id = a_case(instance)
    link_id = first(instance, case_id, one)
    a_second_look(instance, case_id, link_id, answer=Answer.NONE)
    with pytest.raises(InvalidError):
        settle(instance, case_id, link_id, Outcome.SECOND)
    with pytest.raises(InvalidError):
        settle(instance, case_id, link_id, Outcome.NEITHER, why="  ")
    settle(instance, case_id, link_id, Outcome.NEITHER)
    assert [found.state for found in links_of(instance, case_id)] == [LinkState.OVERRULED]
    first(instance, case_id, other)
    assert len(waiting(instance)) == 1


def test_nobody_is_second_to_themselves_nor_lead_over_themselves(sqlite_instance: Instance) -> None:
    instance = sqlite_instance
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)
    assert waiting(instance, "cedar") == []
    with pytest.raises(StaleError):
        a_second_look(instance, case_id, link_id, person, name="cedar")
    a_second_look(instance, case_id, link_id, a_person(instance), name="maple")
    assert (disputed(instance), disputed(instance, "willow")) == ([], [link_id])
    for name in ("maple", "birch", "cedar", "rowan", "olive"):
        with pytest.raises(RefusedError):
            settle(instance, case_id, link_id, Outcome.FIRST, name)
    settle(instance, case_id, link_id, Outcome.FIRST, "willow")


@pytest.mark.parametrize("name", ["rowan", "olive"])
def test_who_may_not_link_is_no_second(sqlite_instance: Instance, name: str) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    link_id = first(sqlite_instance, case_id, person)
    with pytest.raises(RefusedError):
        a_second_look(sqlite_instance, case_id, link_id, person, name=name)
    with pytest.raises(RefusedError):
        waiting(sqlite_instance, name)


# Blind


def judge(
    instance: Instance, case_id: UUID, mark_id: UUID, record_id: UUID, verdict: Verdict | None = Verdict.NOT
) -> None:
    with at_desk(instance) as (session, by):
        linking.judge(
            session,
            by=by,
            case_id=case_id,
            mark_id=mark_id,
            record_ids=[record_id],
            verdict=verdict,
            now=instance.clock(),
        )


def test_nothing_of_the_first_is_shown_to_whoever_may_be_the_second(sqlite_instance: Instance) -> None:
    instance = sqlite_instance
    case_id, person, other = a_case(instance), a_person(instance), a_person(instance)
    mark_id = a_mark(instance, case_id)
    before = {name: propose(instance, case_id, mark_id, name) for name in ("birch", "maple")}
    judge(instance, case_id, mark_id, other)
    link_id = first(instance, case_id, person, mark_id=mark_id)
    for name in ("birch", "maple"):
        assert links_of(instance, case_id, name) == []
        assert propose(instance, case_id, mark_id, name) == before[name]
        assert spoken(instance, person, name) == []
        with at_desk(instance, name) as (session, by):
            mark = reviewing.question(session, by=by, case_id=case_id, link_id=link_id)
            assert mark.judged == ()
            (row,) = reviewing.waiting(session, by=by)[0]
            assert row == reviewing.Waiting(case_id, link_id, "Omid Rastegar")
    assert [one.id for one in links_of(instance, case_id)] == [link_id]
    a_second_look(instance, case_id, link_id, person)
    assert [one.id for one in links_of(instance, case_id, "maple")] == [link_id]
    with at_desk(instance, "maple") as (session, by):
        seen = linking.mark_of(session, by=by, case_id=case_id, mark_id=mark_id)
        assert [one.record_id for one in seen.judged] == [other]


def propose(instance: Instance, case_id: UUID, mark_id: UUID, name: str) -> object:
    with at_desk(instance, name) as (session, by):
        found = candidates.propose(session, by=by, case_id=case_id, text="Omid Rastegar", mark_id=mark_id)
    return [(one.record.id, one.linked, one.judged, one.weight) for one in found.candidates], found.aside


def test_who_takes_a_case_over_learns_nothing_by_trying(sqlite_instance: Instance) -> None:
    """Linking the same, linking another, unmarking, undoing: each answer is the same for right and wrong."""
    instance = sqlite_instance
    case_id, person, other = a_case(instance), a_person(instance), a_person(instance)
    mark_id = a_mark(instance, case_id)
    judge(instance, case_id, mark_id, other)
    link_id = first(instance, case_id, person, mark_id=mark_id)
    with at_desk(instance, "maple") as (session, by):
        service.claim(session, by=by, case_id=case_id, now=instance.clock(), take_over=True)
    said = set()
    for record_id in (person, other):
        with pytest.raises(StaleError) as met:
            a_link(instance, case_id, record_id, mark_id=mark_id, holder="maple", second="")
        said.add(str(met.value))
        with at_desk(instance, "maple") as (session, by), pytest.raises(StaleError) as met:
            linking.judge(
                session,
                by=by,
                case_id=case_id,
                mark_id=mark_id,
                record_ids=[record_id],
                verdict=None,
                now=instance.clock(),
            )
        said.add(str(met.value))
    assert len(said) == 2
    with pytest.raises(NotFoundError):
        take_back(instance, case_id, link_id, "maple")
    assert a_second_look(instance, case_id, link_id, person, name="maple") is LinkState.CURRENT


def test_no_word_of_either_lies_in_clear(sqlite_instance: Instance) -> None:
    instance = sqlite_instance
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)
    a_second_look(instance, case_id, link_id, person, comment="Derakhtestan")
    with instance.database.session(write=False) as session:
        row = session.scalars(select(LinkDecision)).one()
        for secret in (person.bytes, str(person).encode(), b"birch", b"Derakhtestan", b"victim"):
            assert secret not in row.blob


def test_a_decision_opens_in_its_place_alone(sqlite_instance: Instance) -> None:
    instance = sqlite_instance
    person = a_person(instance)
    cases = [a_case(instance), a_case(instance)]
    for case_id in cases:
        a_link(instance, case_id, person)
    with instance.database.session(write=True) as session:
        one, two = session.scalars(select(LinkDecision)).all()
        one.blob, two.blob = two.blob, one.blob
    for case_id in cases:
        with pytest.raises(UnsealError):
            links_of(instance, case_id)


# The supporting words


def test_without_words_that_stand_in_the_text_nothing_is_linked(
    sqlite_instance: Instance,
) -> None:
    instance = sqlite_instance
    case_id, person = a_case(instance), a_person(instance)
    with pytest.raises(NotFoundError):
        first(instance, case_id, person, mark_id=uuid4())
    mark_id, other = a_mark(instance, case_id), a_mark(instance, case_id, "Gohardasht", MarkKind.PLACE)
    link_id = first(instance, case_id, person, mark_id=mark_id)
    for one in (mark_id, other):
        forge(instance, case_id, one)
    with pytest.raises(InvalidError):
        a_second_look(instance, case_id, link_id, person)
    with pytest.raises(InvalidError):
        first(instance, case_id, person, LinkRelation.ABOUT, mark_id=other)


def forge(instance: Instance, case_id: UUID, mark_id: UUID) -> None:
    """Let a mark say words that are not in the text, as a program gone wrong would."""
    with at_desk(instance) as (session, by):
        opened = linking.open_to_link(session, by=by, case_id=case_id)
        row, kept = writing.find_mark(session, opened, mark_id)
        wrong = replace(kept, at=replace(kept.at, quote="Somebody else"))
        writing._reseal(opened, row, wrong, links=wrong.links, judged=wrong.judged)


# What may happen in between


def test_a_first_answer_may_be_taken_back_until_the_second_has_looked(sqlite_instance: Instance) -> None:
    instance = sqlite_instance
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)
    take_back(instance, case_id, link_id)
    assert waiting(instance) == []
    with pytest.raises(StaleError):
        a_second_look(instance, case_id, link_id, person)
    link_id = first(instance, case_id, person)
    a_second_look(instance, case_id, link_id, answer=Answer.NONE)
    with pytest.raises(StaleError):
        take_back(instance, case_id, link_id)
    settle(instance, case_id, link_id, Outcome.FIRST)
    take_back(instance, case_id, link_id)
    again = first(instance, case_id, person)
    assert waiting(instance) == [again]
    assert len(links_of(instance, case_id)) == 3


def test_a_source_who_withdraws_takes_every_answer_along(instance: Instance) -> None:
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)
    a_second_look(instance, case_id, link_id, answer=Answer.NONE)
    waits = first(instance, a_case(instance), person)
    with instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=case_id, day=session.today)
    with pytest.raises(NotFoundError):
        settle(instance, case_id, link_id, Outcome.FIRST)
    assert (disputed(instance), waiting(instance)) == ([], [waits])
    with instance.database.session(write=False) as session:
        assert session.scalars(select(LinkDecision)).all() == []
        assert [one.id for one in session.scalars(select(Link))] == [waits]


@pytest.mark.parametrize("use", ["link", "read"])
def test_a_source_who_says_no_meanwhile_stops_it_and_a_yes_lets_it_go_on(
    sqlite_instance: Instance, use: str
) -> None:
    instance = sqlite_instance
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)
    decide(instance, case_id, {**EVERYTHING, use: "no"})
    assert waiting(instance) == []
    with pytest.raises(RefusedError):
        a_second_look(instance, case_id, link_id, person)
    decide(instance, case_id, EVERYTHING)
    assert a_second_look(instance, case_id, link_id, person) is LinkState.CURRENT


def decide(instance: Instance, case_id: UUID, answers: dict[str, str]) -> None:
    with instance.database.session(write=True) as session:
        intake.decide(
            session, submission_id=case_id, answers=answers, language="en", day=instance.clock().date()
        )


def test_a_case_that_moves_takes_its_question_along(sqlite_instance: Instance) -> None:
    instance = sqlite_instance
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)
    with at_desk(instance, "maple") as (session, by):
        holding = with_circle(instance, by)
        moving.move(
            session,
            by=holding,
            case_id=case_id,
            origin=Group.INTAKE,
            to=Group.CASES,
            reason="It is for few.",
            keys=instance.keys,
            now=instance.clock(),
        )
    assert waiting(instance) == []
    with pytest.raises(NotFoundError):
        a_second_look(instance, case_id, link_id, person)
    with at_desk(instance, "birch") as (session, by):
        insider = with_circle(instance, by)
        given = Given(Answer.RECORD, person, LinkRelation.VICTIM, Certainty.LIKELY, Basis.TOLD)
        assert [one.link_id for one in reviewing.waiting(session, by=insider)[0]] == [link_id]
        state = reviewing.second(
            session, by=insider, case_id=case_id, link_id=link_id, given=given, now=instance.clock()
        )
    assert state is LinkState.CURRENT


def test_who_left_is_still_named_and_the_second_may_look(sqlite_instance: Instance) -> None:
    instance = sqlite_instance
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)
    with at_desk(instance, "rowan") as (session, by), at_desk(instance, write=False) as (_, leaving):
        staff.end(session, by=by, staff_id=leaving.id)
    assert a_second_look(instance, case_id, link_id, person) is LinkState.CURRENT
    assert links_of(instance, case_id, "birch")[0].by == "cedar"


def test_a_record_that_becomes_restricted_is_for_those_who_may_know_of_it(sqlite_instance: Instance) -> None:
    """To everybody else the question is gone, whatever they would have answered."""
    instance = sqlite_instance
    case_id, person, other = a_case(instance), a_person(instance), a_person(instance)
    link_id = first(instance, case_id, person)
    with instance.database.session(write=True) as session:
        session.get_one(Record, person).restricted = True
    assert waiting(instance) == []
    for record_id in (person, other):
        with pytest.raises(StaleError):
            a_second_look(instance, case_id, link_id, record_id)
    assert waiting(instance, "maple") == [link_id]
    assert a_second_look(instance, case_id, link_id, person, name="maple") is LinkState.CURRENT


def test_a_case_that_is_set_aside_asks_nobody(sqlite_instance: Instance) -> None:
    instance = sqlite_instance
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)
    with at_desk(instance) as (session, by):
        service.move(session, by=by, case_id=case_id, to=Status.SET_ASIDE)
    assert waiting(instance) == []
    with pytest.raises(StaleError):
        a_second_look(instance, case_id, link_id, person)
    assert state_of(instance, link_id) is LinkState.WAITING


# What counts


def test_the_ledger_names_no_record_and_no_matter(sqlite_instance: Instance) -> None:
    instance = sqlite_instance
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)
    waiting(instance)
    a_second_look(instance, case_id, link_id, answer=Answer.NONE)
    settle(instance, case_id, link_id, Outcome.NEITHER)
    acts = acts_of(instance)
    assert [one for one in acts if one.startswith("link.")] == [
        "link.add",
        "link.look-through",
        "link.second",
        "link.settle",
    ]


def test_what_was_taken_back_under_an_older_mark_tells_the_second_nothing(sqlite_instance: Instance) -> None:
    """Correcting how far a mark reaches is an everyday way to have said it once before."""
    instance = sqlite_instance
    case_id, person = a_case(instance), a_person(instance)
    before = a_mark(instance, case_id)
    take_back(instance, case_id, first(instance, case_id, person, mark_id=before))
    with at_desk(instance) as (session, by):
        writing.unmark(session, by=by, case_id=case_id, mark_id=before)
    link_id = first(instance, case_id, person)
    assert waiting(instance) == [link_id]
    assert links_of(instance, case_id, "birch") == []
    assert len(links_of(instance, case_id)) == 2
    a_second_look(instance, case_id, link_id, person)
    assert len(links_of(instance, case_id, "birch")) == 2


def test_the_source_is_told_of_a_link_once_it_holds(sqlite_instance: Instance) -> None:
    instance = sqlite_instance
    case_id, person = a_case(instance), a_person(instance)
    before = told_to_source(instance, case_id)
    link_id = first(instance, case_id, person)
    assert told_to_source(instance, case_id) == before
    a_second_look(instance, case_id, link_id, answer=Answer.UNSURE)
    assert told_to_source(instance, case_id) == before
    settle(instance, case_id, link_id, Outcome.FIRST)
    assert told_to_source(instance, case_id) == before + 1


def told_to_source(instance: Instance, case_id: UUID) -> int:
    with instance.database.session(write=False) as session:
        return len(session.scalars(select(Telling).where(Telling.submission_id == case_id)).all())


# At once


def met_by(count: int, act: Callable[[int], None]) -> list[Exception]:
    return [one for one in at_once(count, act) if one is not None]


def test_of_two_seconds_at_once_one_counts(instance: Instance) -> None:
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)

    def look(number: int) -> None:
        a_second_look(instance, case_id, link_id, person, name=("birch", "maple", "willow")[number])

    problems = met_by(3, look)
    assert len(problems) == 2
    assert all(isinstance(one, StaleError) for one in problems)
    assert state_of(instance, link_id) is LinkState.CURRENT


def test_a_lead_s_decision_counts_once(instance: Instance) -> None:
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)
    a_second_look(instance, case_id, link_id, a_person(instance))

    def once(number: int) -> None:
        settle(instance, case_id, link_id, list(Outcome)[number % 3], ("maple", "willow")[number % 2])

    problems = met_by(6, once)
    assert len(problems) == 5
    assert all(isinstance(one, StaleError) for one in problems)
    with instance.database.session(write=False) as session:
        assert len(session.scalars(select(LinkDecision)).all()) == 2


def test_a_second_look_and_an_undo_at_once_leave_one_of_both(instance: Instance) -> None:
    case_id, person = a_case(instance), a_person(instance)
    mark_id = a_mark(instance, case_id)
    link_id = first(instance, case_id, person, mark_id=mark_id)
    other = a_person(instance)

    def one(number: int) -> None:
        if number:
            take_back(instance, case_id, link_id)
        else:
            a_second_look(instance, case_id, link_id, other)

    problems = at_once(2, one)
    assert sum(problem is None for problem in problems) == 1
    assert state_of(instance, link_id) in {LinkState.DISPUTED, LinkState.SUPERSEDED}
    with at_desk(instance) as (session, by):
        rests = linking.mark_of(session, by=by, case_id=case_id, mark_id=mark_id).links
    assert bool(rests) == (state_of(instance, link_id) is LinkState.DISPUTED)


def test_a_second_look_and_a_withdrawal_at_once_leave_nothing(instance: Instance) -> None:
    case_id, person = a_case(instance), a_person(instance)
    link_id = first(instance, case_id, person)

    def one(number: int) -> None:
        if number:
            with instance.database.session(write=True) as session:
                withdrawing.withdraw(session, submission_id=case_id, day=session.today)
        else:
            a_second_look(instance, case_id, link_id, person)

    looked, withdrew = at_once(2, one)
    assert withdrew is None
    assert looked is None or isinstance(looked, PortalError)
    with instance.database.session(write=False) as session:
        assert session.get_one(Submission, case_id).status is Status.WITHDRAWN
        for model in (Link, LinkDecision, Annotation):
            assert session.scalars(select(model)).all() == []
