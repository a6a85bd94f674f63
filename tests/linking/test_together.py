"""Accounts of one record, compared: who counts once, where they differ, and nothing of what is shut."""

import re
from uuid import UUID, uuid4

import pytest
from builders import Instance, token_of
from cases import (
    TEXT,
    a_case,
    a_link,
    a_mark,
    a_person,
    a_prison,
    a_sheet,
    acts_of,
    at_desk,
    at_once,
    with_circle,
)
from flask.testing import FlaskClient
from indexed import read_in
from sqlalchemy import event, select

from portal import schema
from portal.casework import moving, sheets
from portal.casework.coding import Sheet
from portal.casework.marking import MarkKind
from portal.config import Face
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import service as intake
from portal.intake import withdrawing
from portal.linking import dependence
from portal.linking import together as comparing
from portal.linking.corroboration import Tie
from portal.linking.models import Dependence
from portal.linking.together import Claim, Together
from portal.linking.vocabulary import LinkRelation
from portal.permissions import Group
from portal.registry.models import Record
from portal.registry.vocabulary import Basis, PlaceKind
from portal.vault.seal import Label

EVIN = TEXT.replace("Gohardasht", "Evin")
WHY = "Both have it from the same letter."


def told(
    instance: Instance,
    person: UUID,
    narrative: str = TEXT,
    *,
    relation: LinkRelation = LinkRelation.VICTIM,
    second: str = "birch",
    answers: object = None,
) -> UUID:
    """An account that says what became of a person."""
    case_id = a_case(instance, narrative, answers=answers or {})
    a_link(instance, case_id, person, relation=relation, second=second)
    return case_id


def held_at(instance: Instance, case_id: UUID, prison: UUID, words: str = "Gohardasht") -> None:
    mark_id = a_mark(instance, case_id, words, MarkKind.PLACE)
    a_link(
        instance, case_id, prison, mark_id=mark_id, relation=LinkRelation.HELD_AT, basis=Basis.SAW, second=""
    )


def compare(instance: Instance, record_id: UUID, name: str = "cedar") -> Together:
    read_in(instance, name)
    with at_desk(instance, name) as (session, by):
        return comparing.together(session, by=by, record_id=record_id)


def claim(found: Together, relation: LinkRelation = LinkRelation.VICTIM, place: UUID | None = None) -> Claim:
    (one,) = [
        one for one in found.claims if one.relation is relation and (one.place and one.place.id) == place
    ]
    return one


def mark(instance: Instance, one: UUID, other: UUID, name: str = "cedar", reason: str = WHY) -> UUID:
    with at_desk(instance, name) as (session, by):
        return dependence.mark(session, by=by, one=one, other=other, reason=reason, now=instance.clock())


def take_back(instance: Instance, dependence_id: UUID, name: str = "cedar") -> None:
    with at_desk(instance, name) as (session, by):
        dependence.take_back(session, by=by, dependence_id=dependence_id)


def voices(instance: Instance, person: UUID) -> int:
    return len(claim(compare(instance, person)).groups)


def test_family_cell_and_publication_count_once_and_strangers_each(sqlite_instance: Instance) -> None:
    instance, person = sqlite_instance, a_person(sqlite_instance)
    cell = {"places": [{"prison": "گوهردشت", "ward": "۲", "cell": "۱۴"}]}
    book = {"told": [{"told_to": "court published", "where": "Letters from Evin"}]}
    mother, sister = (told_as(instance, person, one) for one in ("parent", "sibling"))
    mates = [told(instance, person, answers=cell) for _ in range(2)]
    readers = [told(instance, person, answers=book) for _ in range(2)]
    alone = told(instance, person)
    found = claim(compare(instance, person))
    assert len(found.accounts) == 7
    assert {frozenset(one.cases) for one in found.groups} == {
        frozenset({mother, sister}),
        frozenset(mates),
        frozenset(readers),
        frozenset({alone}),
    }
    ties = {bond.tie for one in found.groups for bond in one.bonds}
    assert ties == {Tie.HOUSEHOLD, Tie.CELL, Tie.PUBLISHED}


def told_as(instance: Instance, person: UUID, narrator: str) -> UUID:
    case_id = a_case(instance, relation=narrator)
    a_link(instance, case_id, person)
    return case_id


def test_only_what_holds_counts(sqlite_instance: Instance) -> None:
    instance, person = sqlite_instance, a_person(sqlite_instance)
    one = told(instance, person)
    told(instance, person, second="")
    told(instance, person, relation=LinkRelation.MENTIONED)
    found = compare(instance, person)
    assert [*claim(found).accounts] == [one]
    assert (len(found.claims), found.count) == (1, 2)


def test_prisons_of_accounts_about_a_person_are_counted_and_set_against_each_other(
    sqlite_instance: Instance,
) -> None:
    instance, person = sqlite_instance, a_person(sqlite_instance)
    gohardasht, evin = a_prison(instance), a_prison(instance, "Evin")
    first, second, third = told(instance, person), told(instance, person), told(instance, person, EVIN)
    for case_id in (first, second):
        held_at(instance, case_id, gohardasht)
    assert compare(instance, person).places == []
    held_at(instance, third, evin, "Evin")
    found = compare(instance, person)
    assert len(claim(found, LinkRelation.HELD_AT, gohardasht).groups) == 2
    (apart,) = found.places
    assert apart.matter == "prison"
    assert {one.value.id: set(one.cases) for one in apart.sayings} == {
        gohardasht: {first, second},
        evin: {third},
    }
    assert len(claim(compare(instance, gohardasht), LinkRelation.HELD_AT).accounts) == 2


def test_months_that_cannot_be_one_stand_beside_each_other_once_approved(sqlite_instance: Instance) -> None:
    instance, person = sqlite_instance, a_person(sqlite_instance)
    cases = [told(instance, person) for _ in range(2)]
    for case_id, month in zip(cases, ("1367-05", "1367-07"), strict=True):
        a_sheet(instance, case_id, Sheet(month=month))
    assert compare(instance, person).months == []
    for case_id in cases:
        with at_desk(instance, "maple") as (session, by):
            sheets.approve(
                session, by=by, case_id=case_id, revision=1, keys=instance.keys, now=instance.clock()
            )
    assert {one.value: one.cases for one in compare(instance, person).months} == {
        "1367-05": (cases[0],),
        "1367-07": (cases[1],),
    }


def test_a_grave_in_a_cemetery_is_no_other_grave(sqlite_instance: Instance) -> None:
    instance, person = sqlite_instance, a_person(sqlite_instance)
    yard = a_prison(instance, "Gohardasht", PlaceKind.CEMETERY)
    other = a_prison(instance, "Evin", PlaceKind.CEMETERY)
    for narrative, words, place in ((TEXT, "Gohardasht", yard), (EVIN, "Evin", other)):
        case_id = told(instance, person, narrative)
        mark_id = a_mark(instance, case_id, words, MarkKind.PLACE)
        a_link(instance, case_id, place, mark_id=mark_id, relation=LinkRelation.BELIEVED_BURIED)
    (apart,) = compare(instance, person).places
    assert apart.matter == "grave"
    assert len(apart.sayings) == 2


# The reviewers' own mark


def test_two_that_a_reviewer_binds_count_once_until_it_is_taken_back(instance: Instance) -> None:
    person = a_person(instance)
    one, other = told(instance, person), told(instance, person)
    assert voices(instance, person) == 2
    dependence_id = mark(instance, one, other, "birch")
    (group,) = claim(compare(instance, person)).groups
    (bond,) = group.bonds
    assert bond.marked is not None
    assert (bond.marked.reason, bond.marked.by) == (WHY, "birch")
    with pytest.raises(StaleError):
        mark(instance, other, one)
    take_back(instance, dependence_id)
    assert voices(instance, person) == 2
    with pytest.raises(StaleError):
        take_back(instance, dependence_id)
    mark(instance, other, one)
    assert voices(instance, person) == 1


def test_such_a_mark_needs_a_reason_two_accounts_and_leave_for_both(sqlite_instance: Instance) -> None:
    instance, person = sqlite_instance, a_person(sqlite_instance)
    one, other = told(instance, person), told(instance, person)
    for pair, reason in (((one, one), WHY), ((one, other), "  "), ((one, other), "x" * 2_001)):
        with pytest.raises(InvalidError):
            mark(instance, *pair, reason=reason)
    for name in ("rowan", "olive"):
        with pytest.raises(RefusedError):
            mark(instance, one, other, name)
    decide(instance, other, link="no")
    with pytest.raises(RefusedError):
        mark(instance, one, other)
    with pytest.raises(NotFoundError):
        mark(instance, one, uuid4())
    with pytest.raises(NotFoundError):
        take_back(instance, uuid4())


def test_no_table_tells_that_two_sources_know_each_other_and_the_reason_goes_with_either(
    sqlite_instance: Instance,
) -> None:
    instance, person = sqlite_instance, a_person(sqlite_instance)
    one, other = told(instance, person), told(instance, person)
    mark(instance, one, other)
    with instance.database.session(write=False) as session:
        row = session.scalars(select(Dependence)).one()
        seen = b"".join(
            value if isinstance(value, bytes) else str(value).encode()
            for column in Dependence.__table__.columns
            if (value := getattr(row, column.key)) is not None
        )
        for secret in (other.bytes, str(other).encode(), other.hex.encode(), WHY.encode(), b"cedar"):
            assert secret not in seen
    with at_desk(instance) as (session, by):
        cases = comparing._open(session, [one], by=by)
        row = session.scalars(select(Dependence)).one()
        assert WHY not in str(cases[one].key.open(Label.DEPENDENCE, row.id, row.blob))
    with instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=other, day=session.today)
    assert voices(instance, person) == 1
    with instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=one, day=session.today)
        assert session.scalars(select(Dependence)).all() == []


def test_of_many_who_bind_the_same_two_at_once_one_does(instance: Instance) -> None:
    person = a_person(instance)
    pair = told(instance, person), told(instance, person)

    def bind(number: int) -> None:
        mark(instance, pair[number % 2], pair[(number + 1) % 2])

    problems = [one for one in at_once(6, bind) if one is not None]
    assert len(problems) == 5
    assert all(isinstance(one, StaleError) for one in problems)


# What is shut


def decide(instance: Instance, case_id: UUID, **answers: str) -> None:
    with instance.database.session(write=True) as session:
        intake.decide(
            session, submission_id=case_id, answers=answers, language="en", day=instance.clock().date()
        )


@pytest.fixture
def desk(sqlite_instance: Instance) -> FlaskClient:
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "cedar")
    return client


def page_of(client: FlaskClient, record_id: UUID, language: str = "en") -> str:
    answer = client.get(f"/{language}/cases/about/{record_id}/together")
    assert answer.status_code == 200
    return re.sub(r'(csrf_token"[^>]*value=)"[^"]*"', "", answer.get_data(as_text=True))


@pytest.mark.parametrize("use", ["read", "link", "circle"])
def test_an_account_that_may_not_be_opened_changes_nothing_on_the_page(
    sqlite_instance: Instance, desk: FlaskClient, use: str
) -> None:
    """The same bytes and as many statements with it and without it: no count, no difference, no bond."""
    instance, person = sqlite_instance, a_person(sqlite_instance)
    gohardasht, evin = a_prison(instance), a_prison(instance, "Evin")
    one, other = told(instance, person), told(instance, person)
    held_at(instance, one, gohardasht)
    read_in(instance)
    before, asked_before = page_and_statements(instance, desk, person)
    shut = told(instance, person, EVIN)
    held_at(instance, shut, evin, "Evin")
    mark(instance, shut, other)
    mark(instance, one, shut)
    if use == "circle":
        move(instance, shut)
    else:
        decide(instance, shut, **{use: "no"})
    read_in(instance)
    after, asked_after = page_and_statements(instance, desk, person)
    assert after == before
    assert asked_after == asked_before


def move(instance: Instance, case_id: UUID) -> None:
    """Move a case to a circle whose key the reader does not hold."""
    with at_desk(instance, "maple") as (session, by):
        moving.move(
            session,
            by=with_circle(instance, by),
            case_id=case_id,
            origin=Group.INTAKE,
            to=Group.CASES,
            reason="It is for few.",
            keys=instance.keys,
            now=instance.clock(),
        )


def test_a_prison_that_is_restricted_is_neither_named_nor_set_against_another(
    sqlite_instance: Instance,
) -> None:
    instance, person = sqlite_instance, a_person(sqlite_instance)
    gohardasht, evin = a_prison(instance), a_prison(instance, "Evin")
    one, other = told(instance, person), told(instance, person, EVIN)
    held_at(instance, one, gohardasht)
    held_at(instance, other, evin, "Evin")
    assert len(compare(instance, person).places) == 1
    with instance.database.session(write=True) as session:
        session.get_one(Record, evin).restricted = True
    found = compare(instance, person)
    assert found.places == []
    assert {claim.place and claim.place.id for claim in found.claims} == {None, gohardasht}
    assert len(compare(instance, person, "maple").places) == 1


def page_and_statements(instance: Instance, client: FlaskClient, person: UUID) -> tuple[str, int]:
    page_of(client, person)
    asked: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    engine = schema.engines(instance.database)["main"]
    event.listen(engine, "before_cursor_execute", count)
    try:
        page = page_of(client, person)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return page, len(asked)


def test_the_page_counts_and_binds_and_lets_go_in_both_languages(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    instance, person = sqlite_instance, a_person(sqlite_instance)
    one, other, _third = (told(instance, person) for _ in range(3))
    read_in(instance)
    assert "/together" in desk.get(f"/en/cases/about/{person}").get_data(as_text=True)
    path = f"/en/cases/about/{person}/together"
    page = desk.get(path)
    assert "3 accounts say so." in page.get_data(as_text=True)
    assert "3 of them are independent of each other." in page.get_data(as_text=True)
    given = {"csrf_token": token_of(page), "one": str(one), "other": str(one), "reason": WHY}
    assert "Choose two different accounts." in desk.post(path, data=given).get_data(as_text=True)
    assert desk.post(path, data={**given, "other": str(uuid4())}).status_code == 422
    done = desk.post(path, data={**given, "other": str(other)}, follow_redirects=True).get_data(as_text=True)
    for words in ("The two count once now.", "2 of them are independent", WHY, "Counted once:"):
        assert words in done
    again = desk.post(path, data={**given, "other": str(other)}, follow_redirects=True)
    assert "This was already said of the two." in again.get_data(as_text=True)
    persian = page_of(desk, person, "fa")
    for words in ("۳ روایت", "۲ تای آن‌ها مستقل از یکدیگرند", "یک بار شمرده شد"):
        assert words in persian
    (way,) = re.findall(r'action="(/en/cases/about/[^"]+/remove)"', done)
    gone = desk.post(way, data={"csrf_token": given["csrf_token"]}, follow_redirects=True)
    assert "3 of them are independent of each other." in gone.get_data(as_text=True)
    acts = acts_of(instance)
    assert (acts.count("link.bind"), acts.count("link.unbind")) == (1, 1)
    assert "case.compare" in acts


def test_a_restricted_record_is_not_there(sqlite_instance: Instance, desk: FlaskClient) -> None:
    person = a_person(sqlite_instance)
    told(sqlite_instance, person)
    with sqlite_instance.database.session(write=True) as session:
        session.get_one(Record, person).restricted = True
    assert desk.get(f"/en/cases/about/{person}/together").status_code == 404


def test_more_accounts_than_can_be_compared_are_said_to_be(
    sqlite_instance: Instance, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance, person = sqlite_instance, a_person(sqlite_instance)
    for _ in range(3):
        told(instance, person)
    read_in(instance)
    monkeypatch.setattr(comparing, "MOST", 2)
    page = page_of(desk, person)
    assert "3 accounts are linked to it" in page
    assert "2 accounts say so." in page
