"""Candidates come in the order of all that speaks for them, and what was set aside stays aside."""

from datetime import date
from uuid import UUID

import pytest
from builders import Instance
from cases import a_case, a_link, a_mark, a_person, a_prison, at_desk, at_once
from sqlalchemy import select

from portal.casework.marking import MarkKind
from portal.casework.models import Annotation
from portal.errors import NotFoundError, RefusedError, StaleError
from portal.linking import candidates, service
from portal.linking.candidates import Candidate, Proposed
from portal.linking.evidence import Sort
from portal.linking.vocabulary import LinkRelation, Target, Verdict
from portal.registry import service as registry
from portal.registry.records import Cite, PersonFacts, Spelling
from portal.registry.vocabulary import PlaceKind, RelationKind, Sex, SourceKind

TEXT = "My brother Omid Rastegar, son of Rahim, was held in Gohardasht. Nader Zamani was with him."


def propose(
    instance: Instance, case_id: UUID, mark_id: UUID, text: str = "Omid Rastegar", *, name: str = "cedar"
) -> Proposed:
    with at_desk(instance, name) as (session, by):
        return candidates.propose(session, by=by, case_id=case_id, text=text, mark_id=mark_id)


def ids(found: Proposed) -> list[UUID]:
    return [one.record.id for one in found.candidates]


def sorts(one: Candidate, *, against: bool = False) -> set[Sort]:
    return {each.sort for each in one.evidence if (each.weight < 0) is against}


def judge(
    instance: Instance,
    case_id: UUID,
    mark_id: UUID,
    *record_ids: UUID,
    verdict: Verdict | None = Verdict.NOT,
    name: str = "cedar",
) -> None:
    with at_desk(instance, name) as (session, by):
        service.judge(
            session,
            by=by,
            case_id=case_id,
            mark_id=mark_id,
            record_ids=record_ids,
            verdict=verdict,
            now=instance.clock(),
        )


def tie(instance: Instance, one: UUID, word: RelationKind, other: UUID) -> None:
    with at_desk(instance) as (session, by):
        source = registry.add_source(session, by=by, kind=SourceKind.BOOK, title="A list")
        registry.relate(
            session,
            one,
            by=by,
            version=registry.find(session, one, by=by).version,
            word=word,
            other_id=other,
            cite=Cite(source.id),
            note="",
            now=instance.clock(),
        )


def test_of_three_with_one_name_the_one_whose_father_is_named_comes_first(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, TEXT)
    mark_id = a_mark(sqlite_instance, case_id)
    a_person(sqlite_instance, "Rahim Moradi")  # what nobody is called is no name, and contradicts nothing
    longer = a_person(sqlite_instance, "Omid Rastegarpour")
    other = a_person(sqlite_instance, "امید رستگار", father_name="کریم")
    unknown = a_person(sqlite_instance, "Omid Rastegar")
    son = a_person(sqlite_instance, "امید رستگار", father_name="رحیم")
    found = propose(sqlite_instance, case_id, mark_id)
    assert ids(found)[:3] == [son, unknown, other]
    assert longer not in ids(found)[:3]
    assert sorts(found.candidates[0]) == {Sort.FATHER}
    assert (sorts(found.candidates[2], against=True), found.candidates[2].evidence[0].contradicts) == (
        {Sort.FATHER},
        True,
    )
    assert found.complete


def test_prisons_and_kin_and_whom_the_case_is_linked_to_speak_for_a_person(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, TEXT)
    mark_id, friends = a_mark(sqlite_instance, case_id), a_mark(sqlite_instance, case_id, "Nader Zamani")
    prison, nader = a_prison(sqlite_instance, "گوهردشت"), a_person(sqlite_instance, "نادر زمانی")
    first, right = (a_person(sqlite_instance, "Omid Rastegar", sex=Sex.MALE) for _ in range(2))
    tie(sqlite_instance, right, RelationKind.HELD_AT, prison)
    assert ids(propose(sqlite_instance, case_id, mark_id)) == [right, first]
    tie(sqlite_instance, nader, RelationKind.CELLMATE_OF, right)
    a_link(sqlite_instance, case_id, nader, mark_id=friends)
    best = propose(sqlite_instance, case_id, mark_id).candidates[0]
    assert sorts(best) == {Sort.PLACE, Sort.KIN, Sort.COMPANION, Sort.SEX}


def test_a_restricted_record_gives_no_evidence_to_others(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, TEXT)
    mark_id, friends = a_mark(sqlite_instance, case_id), a_mark(sqlite_instance, case_id, "Nader Zamani")
    right = a_person(sqlite_instance)
    with at_desk(sqlite_instance, "maple") as (session, by):
        facts, now = PersonFacts(), sqlite_instance.clock()
        names = [Spelling("Nader Zamani")]
        hidden = registry.add(session, by=by, names=names, facts=facts, note="", now=now, restricted=True).id
        source = registry.add_source(session, by=by, kind=SourceKind.BOOK, title="A list")
        session.flush()
        registry.relate(
            session,
            hidden,
            by=by,
            version=1,
            word=RelationKind.SIBLING_OF,
            other_id=right,
            cite=Cite(source.id),
            note="",
            now=now,
        )
    assert [one.evidence for one in propose(sqlite_instance, case_id, mark_id).candidates] == [()]
    seen = propose(sqlite_instance, case_id, mark_id, name="maple").candidates[0]
    assert sorts(seen) == {Sort.KIN}
    assert ids(propose(sqlite_instance, case_id, friends, "Nader Zamani")) == []
    assert ids(propose(sqlite_instance, case_id, friends, "Nader Zamani", name="maple")) == [hidden]


def test_prisons_are_proposed_for_places_and_persons_for_persons(sqlite_instance: Instance) -> None:
    case_id, prison = a_case(sqlite_instance), a_prison(sqlite_instance)
    a_prison(sqlite_instance, "Gohardasht", PlaceKind.CITY)
    place = a_mark(sqlite_instance, case_id, "Gohardasht", MarkKind.PLACE)
    person = a_mark(sqlite_instance, case_id, "Gohardasht", MarkKind.PERSON)
    (found,) = propose(sqlite_instance, case_id, place, "گوهردشت").candidates
    assert (found.record.id, found.target) == (prison, Target.PRISON)
    assert ids(propose(sqlite_instance, case_id, person, "Gohardasht")) == []


def test_a_name_in_a_marked_sentence_is_found(sqlite_instance: Instance) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance, "امید رستگار")
    said = "My brother Omid Rastegar was held in Gohardasht"
    mark_id = a_mark(sqlite_instance, case_id, said, MarkKind.CLAIM)
    assert ids(propose(sqlite_instance, case_id, mark_id, said)) == [person]


def test_what_is_linked_already_is_said(sqlite_instance: Instance) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    a_link(sqlite_instance, case_id, person, mark_id=a_mark(sqlite_instance, case_id))
    with at_desk(sqlite_instance) as (session, by):
        one = candidates.candidate(session, by=by, case_id=case_id, text="Omid", record_id=person)
    assert one.linked == (LinkRelation.VICTIM,)


def test_what_was_set_aside_is_not_offered_again_until_that_is_undone(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    other_mark = a_mark(sqlite_instance, case_id, "Omid")
    one, two = a_person(sqlite_instance), a_person(sqlite_instance)
    judge(sqlite_instance, case_id, mark_id, one)
    found = propose(sqlite_instance, case_id, mark_id)
    assert ids(found) == [two]
    (aside,) = found.aside
    assert aside.judged is not None
    assert (aside.record.id, aside.judged.by, aside.judged.day) == (one, "cedar", date(2026, 11, 22))
    assert set(ids(propose(sqlite_instance, case_id, other_mark))) == {one, two}
    judge(sqlite_instance, case_id, mark_id, one, verdict=None)
    assert set(ids(propose(sqlite_instance, case_id, mark_id))) == {one, two}
    with pytest.raises(StaleError):
        judge(sqlite_instance, case_id, mark_id, one, verdict=None)


def test_one_who_is_unsure_is_named_and_the_candidate_stays(sqlite_instance: Instance) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    judge(sqlite_instance, case_id, mark_id, person, verdict=Verdict.UNSURE)
    (found,) = propose(sqlite_instance, case_id, mark_id).candidates
    assert found.judged is not None
    assert found.judged.verdict == "unsure"


def test_a_judgement_survives_links_and_links_survive_it(sqlite_instance: Instance) -> None:
    case_id, person, other = a_case(sqlite_instance), a_person(sqlite_instance), a_person(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    judge(sqlite_instance, case_id, mark_id, other)
    link_id = a_link(sqlite_instance, case_id, person, mark_id=mark_id)
    judge(sqlite_instance, case_id, mark_id, person, verdict=Verdict.UNSURE)
    with at_desk(sqlite_instance) as (session, by):
        mark = service.mark_of(session, by=by, case_id=case_id, mark_id=mark_id)
        assert mark.links == (link_id,)
        assert {one.record_id for one in mark.judged} == {person, other}
        service.take_back(session, by=by, case_id=case_id, link_id=link_id)
    assert [one.record.id for one in propose(sqlite_instance, case_id, mark_id).aside] == [other]


def test_nothing_tells_in_clear_whom_marked_words_do_not_mean(sqlite_instance: Instance) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    judge(sqlite_instance, case_id, a_mark(sqlite_instance, case_id), person)
    with sqlite_instance.database.session(write=False) as session:
        row = session.scalars(select(Annotation)).one()
        for secret in (person.bytes, person.hex.encode(), str(person).encode(), b"judged"):
            assert secret not in row.blob


@pytest.mark.parametrize("name", ["birch", "maple", "rowan", "olive"])
def test_only_the_holder_judges(sqlite_instance: Instance, name: str) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    with pytest.raises(RefusedError):
        judge(sqlite_instance, case_id, mark_id, person, name=name)


def test_only_records_that_can_be_seen_are_judged(sqlite_instance: Instance) -> None:
    case_id, other = a_case(sqlite_instance), a_case(sqlite_instance)
    mark_id, person = a_mark(sqlite_instance, case_id), a_person(sqlite_instance)
    with pytest.raises(NotFoundError):
        judge(sqlite_instance, case_id, mark_id, case_id)
    with pytest.raises(NotFoundError):
        judge(sqlite_instance, other, mark_id, person)


def test_those_who_link_and_judge_at_once_lose_nothing(instance: Instance) -> None:
    case_id = a_case(instance)
    mark_id = a_mark(instance, case_id)
    people = [a_person(instance) for _ in range(8)]

    def one(number: int) -> None:
        if number % 2:
            a_link(instance, case_id, people[number], mark_id=mark_id, relation=LinkRelation.ABOUT)
        else:
            judge(instance, case_id, mark_id, people[number])

    assert at_once(8, one) == [None] * 8
    with at_desk(instance) as (session, by):
        mark = service.mark_of(session, by=by, case_id=case_id, mark_id=mark_id)
        assert len(mark.links) == 4
        assert {each.record_id for each in mark.judged} == set(people[::2])
