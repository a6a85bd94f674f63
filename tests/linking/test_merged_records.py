"""Two records that were found to be one are one to linking: suggested, spoken of, counted under one name."""

import re
from uuid import UUID

import pytest
from builders import Instance
from cases import a_case, a_link, a_mark, a_person, a_prison, a_second_look, a_sheet, at_desk
from indexed import read_in

from portal.casework.coding import Prison, Sheet
from portal.config import Face
from portal.errors import StaleError
from portal.linking import candidates, known, speaking
from portal.linking.models import Link, LinkState
from portal.linking.vocabulary import LinkRelation
from portal.registry import merging, service
from portal.registry.judgement_models import Sameness
from portal.registry.records import PersonFacts, Spelling
from portal.registry.vocabulary import Kind


def merge(
    instance: Instance, kept: UUID, other: UUID, *, names: tuple[str, str] = ("cedar", "birch")
) -> UUID:
    first, second = names
    with at_desk(instance, first) as (session, by):
        row = merging.judge(
            session,
            by=by,
            kept=(kept, 1),
            other=(other, 1),
            sameness=Sameness.SAME,
            reason="one father",
            now=instance.clock(),
        ).id
    with at_desk(instance, second) as (session, by):
        merging.second(session, row, by=by, versions=(1, 1), now=instance.clock())
    return row


def part(instance: Instance, row: UUID) -> None:
    with at_desk(instance) as (session, by):
        merging.withdraw(session, row, by=by, reason="two", now=instance.clock())


def asked(instance: Instance, text: str, name: str = "cedar") -> list[object]:
    with at_desk(instance, name, write=False) as (session, by):
        answer = known.names(session).ask(session, by=by, text=text, kinds=(Kind.PERSON,), count=5)
        return [one.id for one in answer.suggestions if one.score > 0.7]


def spoken(instance: Instance, record_id: UUID) -> tuple[UUID, int, set[UUID]]:
    with at_desk(instance) as (session, by):
        found = speaking.speaking_of(session, by=by, record_id=record_id)
        return found.record.id, found.linked_count, {one.case_id for one in found.linked}


def test_a_name_of_either_suggests_the_one_that_stands_for_both(instance: Instance) -> None:
    one, other = a_person(instance, "Omid Rastegar"), a_person(instance, "بهروز شادی")
    row = merge(instance, one, other)
    assert asked(instance, "Behruz Shadi") == [one]
    assert asked(instance, "امید رستگار") == [one]
    part(instance, row)
    assert asked(instance, "Behruz Shadi") == [other]


def test_a_hidden_part_lends_its_name_to_nobody_who_may_not_know_it(sqlite_instance: Instance) -> None:
    one = a_person(sqlite_instance, "Omid Rastegar")
    with at_desk(sqlite_instance, "maple") as (session, by):
        hidden = service.add(
            session,
            by=by,
            names=[Spelling("بهروز شادی")],
            facts=PersonFacts(),
            note="",
            now=sqlite_instance.clock(),
            restricted=True,
        ).id
    merge(sqlite_instance, one, hidden, names=("maple", "willow"))
    assert asked(sqlite_instance, "Behruz Shadi", "maple") == [one]
    assert asked(sqlite_instance, "Behruz Shadi") == []
    assert asked(sqlite_instance, "Omid Rastegar") == [one]


def test_cases_linked_to_either_speak_of_both_until_they_are_two_again(instance: Instance) -> None:
    one, other = a_person(instance), a_person(instance, "Omeed Rastgar")
    first, second = a_case(instance), a_case(instance)
    a_link(instance, first, one)
    a_link(instance, second, other)
    read_in(instance)
    assert spoken(instance, one) == (one, 1, {first})
    row = merge(instance, one, other)
    assert spoken(instance, one) == (one, 2, {first, second})
    assert spoken(instance, other) == (one, 2, {first, second})
    part(instance, row)
    assert spoken(instance, one) == (one, 1, {first})
    assert spoken(instance, other) == (other, 1, {second})


def test_two_reviewers_who_name_either_part_agree(sqlite_instance: Instance) -> None:
    one, other = a_person(sqlite_instance), a_person(sqlite_instance, "Omeed Rastgar")
    merge(sqlite_instance, one, other)
    case_id = a_case(sqlite_instance)
    link_id = a_link(sqlite_instance, case_id, one, second="")
    a_second_look(sqlite_instance, case_id, link_id, other)
    with sqlite_instance.database.session(write=False) as session:
        assert session.get_one(Link, link_id).state is LinkState.CURRENT


def test_a_case_is_not_linked_twice_to_what_is_one(sqlite_instance: Instance) -> None:
    one, other = a_person(sqlite_instance), a_person(sqlite_instance, "Omeed Rastgar")
    case_id = a_case(sqlite_instance)
    a_link(sqlite_instance, case_id, one, relation=LinkRelation.MENTIONED)
    merge(sqlite_instance, one, other)
    with pytest.raises(StaleError):
        a_link(sqlite_instance, case_id, other, relation=LinkRelation.MENTIONED)


def test_candidates_say_what_either_is_linked_to(sqlite_instance: Instance) -> None:
    one, other = a_person(sqlite_instance), a_person(sqlite_instance, "امید رستگار", father_name="Jalal")
    case_id = a_case(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    a_link(sqlite_instance, case_id, other, mark_id=mark_id, relation=LinkRelation.MENTIONED)
    merge(sqlite_instance, one, other)
    with at_desk(sqlite_instance) as (session, by):
        proposed = candidates.propose(session, by=by, case_id=case_id, text="Omid Rastegar", mark_id=mark_id)
        (found,) = proposed.candidates
        assert found.record.id == one
        assert found.linked == (LinkRelation.MENTIONED,)


def test_two_records_of_one_prison_are_one_choice_of_a_coding_sheet(sqlite_instance: Instance) -> None:
    """A sheet that named the other one shows, and sends on, the one that stands for both."""
    kept, other = (a_prison(sqlite_instance, name) for name in ("Gohardasht", "Rajai Shahr"))
    third = a_prison(sqlite_instance, "Evin")
    case_id = a_case(sqlite_instance)
    a_sheet(sqlite_instance, case_id, Sheet(prison=Prison(other, "Rajai Shahr"), month="1367"), submit=False)
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "cedar")

    def choices() -> tuple[list[str], list[str]]:
        page = client.get(f"/en/cases/{case_id}/sheet").text
        field = page.split('name="prison"')[1].split("</select>")[0]
        return (
            [one for one in re.findall(r'value="([^"]+)"', field) if one],
            re.findall(r'selected value="([^"]+)"', field),
        )

    assert choices()[1] == [str(other)]
    assert set(choices()[0]) == {str(one) for one in (kept, other, third)}
    with at_desk(sqlite_instance) as (session, by):
        row = merging.judge(
            session,
            by=by,
            kept=(kept, 1),
            other=(other, 1),
            sameness=Sameness.SAME,
            reason="renamed",
            now=sqlite_instance.clock(),
        ).id
    offered, chosen = choices()
    assert (set(offered), chosen) == ({str(kept), str(third)}, [str(kept)])
    with at_desk(sqlite_instance) as (session, by):
        merging.withdraw(session, row, by=by, reason="two", now=sqlite_instance.clock())
    assert choices()[1] == [str(other)]
