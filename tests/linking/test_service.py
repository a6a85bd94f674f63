"""Links: on marked words, of a fitting relation, once, and only while the source lets the case be linked."""

from uuid import UUID, uuid4

import pytest
from builders import EVERYTHING, Instance
from cases import a_case, a_mark, a_person, a_prison, a_sheet, at_desk, at_once, text_of
from sqlalchemy import select

from portal.casework import marking, writing
from portal.casework.marking import MarkKind
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import service as intake
from portal.linking import candidates, service
from portal.linking.models import Link, LinkState
from portal.linking.vocabulary import LinkRelation
from portal.registry import service as registry
from portal.registry.records import PersonFacts, Spelling
from portal.registry.vocabulary import Basis, Certainty, PlaceKind
from portal.vault.seal import UnsealError


def link(
    instance: Instance,
    case_id: UUID,
    mark_id: UUID,
    record_id: UUID,
    relation: LinkRelation = LinkRelation.ABOUT,
    *,
    name: str = "cedar",
) -> UUID:
    with at_desk(instance, name) as (session, by):
        return service.link(
            session,
            by=by,
            case_id=case_id,
            mark_id=mark_id,
            record_id=record_id,
            relation=relation,
            certainty=Certainty.LIKELY,
            basis=Basis.TOLD,
            comment="as the family says",
            now=instance.clock(),
        )


def links_of(instance: Instance, case_id: UUID, name: str = "cedar") -> list[service.OpenedLink]:
    with at_desk(instance, name) as (session, by):
        return service.links_of(session, by=by, case_id=case_id)


def test_a_link_leads_back_to_the_words_that_support_it(sqlite_instance: Instance) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    link_id = link(sqlite_instance, case_id, mark_id, person)
    (found,) = links_of(sqlite_instance, case_id)
    assert (found.id, found.record_id, found.mark_id) == (link_id, person, mark_id)
    assert (found.quote, found.comment) == ("Omid Rastegar", "as the family says")
    assert (found.relation, found.certainty, found.basis) == (
        LinkRelation.ABOUT,
        Certainty.LIKELY,
        Basis.TOLD,
    )


def test_words_that_carry_a_link_cannot_be_unmarked_until_it_is_taken_back(sqlite_instance: Instance) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    link_id = link(sqlite_instance, case_id, mark_id, person)
    with at_desk(sqlite_instance) as (session, by), pytest.raises(InvalidError):
        writing.unmark(session, by=by, case_id=case_id, mark_id=mark_id)
    with at_desk(sqlite_instance) as (session, by):
        service.take_back(session, by=by, case_id=case_id, link_id=link_id)
    with at_desk(sqlite_instance) as (session, by):
        writing.unmark(session, by=by, case_id=case_id, mark_id=mark_id)
    (kept,) = links_of(sqlite_instance, case_id)
    assert (kept.state, kept.quote) == (LinkState.SUPERSEDED, "Omid Rastegar")


def test_the_same_is_not_said_twice_and_may_be_said_again_once_taken_back(sqlite_instance: Instance) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    link_id = link(sqlite_instance, case_id, mark_id, person)
    with pytest.raises(StaleError):
        link(sqlite_instance, case_id, mark_id, person)
    link(sqlite_instance, case_id, mark_id, person, LinkRelation.MENTIONED)
    with at_desk(sqlite_instance) as (session, by):
        service.take_back(session, by=by, case_id=case_id, link_id=link_id)
    with at_desk(sqlite_instance) as (session, by), pytest.raises(StaleError):
        service.take_back(session, by=by, case_id=case_id, link_id=link_id)
    link(sqlite_instance, case_id, mark_id, person)


def test_fifty_who_link_at_once_link_once(instance: Instance) -> None:
    case_id, person = a_case(instance), a_person(instance)
    mark_id = a_mark(instance, case_id)

    def one(number: int) -> None:
        del number
        link(instance, case_id, mark_id, person)

    met = at_once(50, one)
    assert sum(problem is None for problem in met) == 1
    assert all(problem is None or isinstance(problem, StaleError) for problem in met)
    assert len(links_of(instance, case_id)) == 1


@pytest.mark.parametrize("relation", [LinkRelation.HELD_AT, LinkRelation.SAW_BURIAL])
def test_a_relation_that_does_not_fit_is_refused(sqlite_instance: Instance, relation: LinkRelation) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    with pytest.raises(InvalidError):
        link(sqlite_instance, case_id, mark_id, person, relation)


def test_a_town_is_no_target(sqlite_instance: Instance) -> None:
    case_id, town = a_case(sqlite_instance), a_prison(sqlite_instance, "Karaj", PlaceKind.CITY)
    mark_id = a_mark(sqlite_instance, case_id)
    with pytest.raises(InvalidError):
        link(sqlite_instance, case_id, mark_id, town, LinkRelation.MENTIONED)


def test_a_link_needs_a_mark_of_this_very_case(sqlite_instance: Instance) -> None:
    case_id, other, person = a_case(sqlite_instance), a_case(sqlite_instance), a_person(sqlite_instance)
    foreign = a_mark(sqlite_instance, other)
    for mark_id in (foreign, uuid4()):
        with pytest.raises(NotFoundError):
            link(sqlite_instance, case_id, mark_id, person)
    with pytest.raises(NotFoundError):
        link(sqlite_instance, case_id, a_mark(sqlite_instance, case_id), uuid4())


@pytest.mark.parametrize("name", ["birch", "maple", "rowan", "olive"])
def test_only_the_holder_links_and_takes_back(sqlite_instance: Instance, name: str) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    with pytest.raises(RefusedError):
        link(sqlite_instance, case_id, mark_id, person, name=name)
    link_id = link(sqlite_instance, case_id, mark_id, person)
    with at_desk(sqlite_instance, name) as (session, by), pytest.raises(RefusedError):
        service.take_back(session, by=by, case_id=case_id, link_id=link_id)


def test_nothing_is_linked_while_a_second_reviewer_looks(sqlite_instance: Instance) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    a_sheet(sqlite_instance, case_id)
    with pytest.raises(StaleError):
        link(sqlite_instance, case_id, mark_id, person)


@pytest.mark.parametrize("answer", ["ask", "no"])
def test_without_leave_nothing_is_linked_or_proposed(sqlite_instance: Instance, answer: str) -> None:
    case_id = a_case(sqlite_instance, consent={**EVERYTHING, "link": answer})
    mark_id, person = a_mark(sqlite_instance, case_id), a_person(sqlite_instance)
    with pytest.raises(RefusedError):
        link(sqlite_instance, case_id, mark_id, person)
    with at_desk(sqlite_instance) as (session, by), pytest.raises(RefusedError):
        candidates.propose(session, by=by, case_id=case_id, text="Omid")
    with at_desk(sqlite_instance) as (session, by), pytest.raises(RefusedError):
        candidates.candidate(session, by=by, case_id=case_id, text="Omid", record_id=person)


def test_links_close_when_the_source_changes_its_mind(sqlite_instance: Instance) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    link(sqlite_instance, case_id, a_mark(sqlite_instance, case_id), person)
    with sqlite_instance.database.session(write=True) as session:
        intake.decide(
            session,
            submission_id=case_id,
            answers={"link": "no"},
            language="en",
            day=sqlite_instance.clock().date(),
        )
    assert links_of(sqlite_instance, case_id) == []


def test_a_link_moved_to_another_row_or_case_does_not_open(sqlite_instance: Instance) -> None:
    person = a_person(sqlite_instance)
    cases = [a_case(sqlite_instance), a_case(sqlite_instance)]
    for case_id in cases:
        mark_id = a_mark(sqlite_instance, case_id)
        link(sqlite_instance, case_id, mark_id, person)
        link(sqlite_instance, case_id, mark_id, person, LinkRelation.MENTIONED)
    with sqlite_instance.database.session(write=True) as session:
        one, two = session.scalars(select(Link).where(Link.submission_id == cases[0])).all()
        (three, _) = session.scalars(select(Link).where(Link.submission_id == cases[1])).all()
        one.blob, three.blob = two.blob, one.blob
    for case_id in cases:
        with pytest.raises(UnsealError):
            links_of(sqlite_instance, case_id)


def test_no_record_a_case_is_linked_to_lies_in_clear(sqlite_instance: Instance) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    link(sqlite_instance, case_id, a_mark(sqlite_instance, case_id), person)
    with sqlite_instance.database.session(write=False) as session:
        row = session.scalars(select(Link)).one()
        seen = b"".join(
            str(getattr(row, column.key)).encode()
            for column in Link.__table__.columns
            if column.key != "blob"
        )
        assert person.hex.encode() not in seen
        assert str(person).encode() not in seen
        assert person.bytes not in row.blob
        assert b"about" not in row.blob


def test_a_restricted_record_shows_its_link_but_not_itself(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, holder="maple")
    with at_desk(sqlite_instance, "maple") as (session, by):
        person = registry.add(
            session,
            by=by,
            names=[Spelling("Omid Rastegar")],
            facts=PersonFacts(),
            note="",
            now=sqlite_instance.clock(),
            restricted=True,
        ).id
        text = text_of(session, by, case_id)
        mark_id = writing.mark(
            session,
            by=by,
            case_id=case_id,
            field_id=text.field_id,
            kind=MarkKind.PERSON,
            span=marking.find(text.text, "Omid Rastegar")[0],
            now=sqlite_instance.clock(),
        )
    link(sqlite_instance, case_id, mark_id, person, name="maple")
    assert links_of(sqlite_instance, case_id)[0].record is None
    assert links_of(sqlite_instance, case_id, "maple")[0].record is not None
