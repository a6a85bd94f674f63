"""Searching in what people told: forgiving, in both scripts, and only in what may be read now."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

import pytest
from builders import Instance, a_submission
from cases import (
    PICTURE,
    TEXT,
    a_case,
    a_link,
    a_person,
    a_prison,
    a_sheet,
    acts_of,
    at_desk,
    send_with_file,
)
from indexed import hits, read_in, searched, segments, standing
from sqlalchemy import select

from portal.casework import search, titles, writing
from portal.casework.coding import Prison, Sheet
from portal.casework.digest import Gathered, gather
from portal.casework.index import titles as own_words
from portal.casework.search import excerpt
from portal.database import PortalSession
from portal.errors import NotFoundError, RefusedError
from portal.intake import service as intake
from portal.intake.documents import draft_file, receiving
from portal.intake.models import Compartment
from portal.intake.sealing import PartKey
from portal.ledger import service as ledger
from portal.ledger.models import LedgerEntry
from portal.linking import service as linking
from portal.linking import speaking
from portal.linking.speaking import Speaking
from portal.linking.vocabulary import LinkRelation
from portal.permissions import Group, Role
from portal.registry import service as registry
from portal.registry.records import PersonFacts, Spelling
from portal.staff.actor import Actor
from portal.store.files import new_name

PERSIAN = "برادرم را از گوهردشت به اوین بردند. آخرین ملاقات در مرداد ۱۳۶۷ بود."


def decide(instance: Instance, case_id: UUID, **answers: str) -> None:
    with instance.database.session(write=True) as session:
        intake.decide(
            session, submission_id=case_id, answers=answers, language="en", day=instance.clock().date()
        )


def entitle(instance: Instance, case_id: UUID, text: str, name: str = "cedar") -> None:
    with at_desk(instance, name) as (session, by):
        titles.entitle(session, by=by, case_id=case_id, text=text, now=instance.clock())


def speaking_of(instance: Instance, record_id: UUID, name: str = "cedar") -> Speaking:
    with at_desk(instance, name) as (session, by):
        return speaking.speaking_of(session, by=by, record_id=record_id)


def test_a_word_finds_its_case_however_it_is_spelt(instance: Instance) -> None:
    case_id, other = a_case(instance), a_case(instance, PERSIAN, holder="")
    assert read_in(instance) == 2
    assert hits(instance, "Gohardasht") == [case_id, other]
    assert hits(instance, "گوهردشت") == [other, case_id]
    assert hits(instance, "Omid Rastegr") == [case_id]
    assert hits(instance, "امید رستگار") == [case_id]
    assert hits(instance, "evin 1367 برادر") == [other]
    assert hits(instance, "nobody") == []
    assert hits(instance, " , . ") == []


def test_what_is_found_is_shown_where_it_stands(sqlite_instance: Instance) -> None:
    a_case(sqlite_instance, "Nothing of it. " * 40 + "Then Omid Rastegar, he was gone. " + "Nothing. " * 40)
    (hit,) = searched(sqlite_instance, "rastgar").hits
    text = "".join(piece for piece, _ in hit.pieces)
    assert [piece for piece, found in hit.pieces if found] == ["Rastegar"]
    assert text.startswith("… ")
    assert text.endswith(" …")
    assert "Then Omid Rastegar, he was gone." in text
    assert not hit.exact


@pytest.mark.parametrize("text", [TEXT, PERSIAN, "", "word", "  گوهردشت  "])
def test_an_excerpt_loses_nothing_of_a_short_text(text: str) -> None:
    pieces = excerpt(text, {"گوهردشت", "gohardasht"})
    assert "".join(piece for piece, _ in pieces).strip() == text.strip()


def test_when_no_case_has_every_word_those_with_some_are_shown_as_such(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    answer = searched(sqlite_instance, "Rastegar unicorn")
    assert [one.case_id for one in answer.hits] == [case_id]
    assert answer.partly
    assert not searched(sqlite_instance, "Rastegar").partly


def test_pages_follow_one_another(sqlite_instance: Instance) -> None:
    cases = {a_case(sqlite_instance, f"Gohardasht, account {number}.", holder="") for number in range(12)}
    first, second = (searched(sqlite_instance, "gohardasht", page=page) for page in (1, 2))
    assert (first.count, first.further, second.further) == (12, True, False)
    assert {one.case_id for one in (*first.hits, *second.hits)} == cases


# What staff wrote


def test_what_staff_wrote_is_searched_from_the_next_visit_on(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    assert hits(sqlite_instance, "zarrinkhat") == []
    with at_desk(sqlite_instance) as (session, by):
        writing.add_note(
            session, by=by, case_id=case_id, text="Zarrinkhat called", now=sqlite_instance.clock()
        )
    assert hits(sqlite_instance, "zarrinkhat") == [case_id]
    entitle(sqlite_instance, case_id, "The two brothers of Mahtab")
    assert hits(sqlite_instance, "mahtab") == [case_id]
    entitle(sqlite_instance, case_id, "")
    assert hits(sqlite_instance, "mahtab") == []


def test_names_of_files_are_searched(sqlite_instance: Instance) -> None:
    case_id, _ = send_with_file(sqlite_instance)
    assert hits(sqlite_instance, "نامه") == [case_id]
    (hit,) = searched(sqlite_instance, "letter").hits
    assert [piece for piece, found in hit.pieces if found] == ["letter"]


def test_names_on_cards_and_lists_are_searched_and_questions_and_choices_are_not(
    sqlite_instance: Instance,
) -> None:
    people = [
        {"name": "Behnam Zarrinkhat", "father": "Yadollah", "basis": "told saw"},
        {"name": "مهتاب‌گون راد", "row.line": "2"},
        {"name": "Zarrinkhat"},
    ]
    cards = {
        "people": people,
        "responsible": [{"name": "Hajji", "deed": "He signed."}],
        "group": [{"group": "Nilu"}],
    }
    asked = {"people": {"name": {"language": "en", "text": "Qumash", "version": 1}}}
    case_id = a_case(sqlite_instance, holder="", answers=cards, asked=asked)
    read_in(sqlite_instance)
    for words in ("behnam zarrinkhat", "yadollah", "مهتابگون", "hajji", "signed", "nilu"):
        assert hits(sqlite_instance, words) == [case_id], words
    (hit,) = searched(sqlite_instance, "yadollah").hits
    assert [piece for piece, found in hit.pieces if found] == ["Yadollah"]
    for words in ("qumash", "told", "saw"):
        assert hits(sqlite_instance, words) == []
    decide(sqlite_instance, case_id, read="ask")
    answer = searched(sqlite_instance, "zarrinkhat")
    assert (answer.hits, answer.count, answer.standing.total) == ([], 0, 0)


def test_what_a_source_adds_later_is_searched_too(sqlite_instance: Instance) -> None:
    with sqlite_instance.database.session(write=True) as session:
        sent = a_submission(sqlite_instance, session, TEXT)
    read_in(sqlite_instance)
    part, document_id, stored = PartKey.new(sent.submission.id, Compartment.CONTENT), uuid4(), new_name()
    with receiving(sqlite_instance.files, part, document_id, stored) as coming:
        coming.write(PICTURE)
    named = {"name": "kabootarnameh.png", "caption": "found later"}
    file = draft_file(coming, document_id=document_id, stored_name=stored, **named)
    day = sqlite_instance.clock().date()
    with sqlite_instance.database.session(write=True) as session:
        kept = {"submission_id": sent.submission.id, "seed": sent.seed, "keys": sqlite_instance.keys}
        intake.add_files(session, part=part, files=[file], day=day, limit=20, **kept)  # type: ignore[arg-type]
    assert hits(sqlite_instance, "kabootarnameh") == [sent.submission.id]


def test_a_queue_shows_a_case_s_own_words_to_those_who_may_read_it(sqlite_instance: Instance) -> None:
    case_id, plain = a_case(sqlite_instance), a_case(sqlite_instance)
    entitle(sqlite_instance, case_id, "  Two brothers,\n Gohardasht ")
    with pytest.raises(RefusedError):
        entitle(sqlite_instance, case_id, "not hers", "birch")
    entitle(sqlite_instance, case_id, "Two brothers, Karaj", "maple")
    read_in(sqlite_instance)
    with at_desk(sqlite_instance, "birch", write=False) as (session, by):
        shown = own_words(session, by=by, case_ids=[case_id, plain, uuid4()])
    assert shown == {case_id: "Two brothers, Karaj"}
    with at_desk(sqlite_instance, "rowan") as (session, by), pytest.raises(RefusedError):
        own_words(session, by=by, case_ids=[case_id])


# Which cases speak of a record


def test_a_record_knows_the_cases_that_are_linked_to_it_and_those_that_name_it(instance: Instance) -> None:
    linked, named, other = (
        a_case(instance),
        a_case(instance, "I knew امید رستگار."),
        a_case(instance, PERSIAN),
    )
    person = a_person(instance)
    link_id = a_link(instance, linked, person)
    found = speaking_of(instance, person)
    assert [(one.case_id, one.relation, one.quote) for one in found.linked] == [
        (linked, LinkRelation.VICTIM, "Omid Rastegar")
    ]
    assert [one.case_id for one in found.named] == [named]
    assert other not in {one.case_id for one in found.named}
    with at_desk(instance) as (session, by):
        linking.take_back(session, by=by, case_id=linked, link_id=link_id)
    after = speaking_of(instance, person)
    assert after.linked == []
    assert {one.case_id for one in after.named} == {linked, named}


def test_a_record_of_many_spellings_finds_a_case_once(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, "Omid Rastegar, امید رستگار, was here.")
    with at_desk(sqlite_instance) as (session, by):
        names = [Spelling(name) for name in ("Omid Rastegar", "Omeed Rastgar", "امید رستگار")]
        facts = PersonFacts()
        person = registry.add(
            session, by=by, names=names, facts=facts, note="", now=sqlite_instance.clock()
        ).id
    found = speaking_of(sqlite_instance, person)
    assert ([one.case_id for one in found.named], found.named_count) == ([case_id], 1)


def test_a_coded_prison_speaks_of_it(sqlite_instance: Instance) -> None:
    case_id, prison = a_case(sqlite_instance, "They were held in the north."), a_prison(sqlite_instance)
    a_sheet(sqlite_instance, case_id, Sheet(prison=Prison(prison, "Gohardasht"), month="1367-05"))
    (said,) = speaking_of(sqlite_instance, prison).linked
    assert (said.case_id, said.relation) == (case_id, None)
    assert hits(sqlite_instance, "1367") == [case_id]


def test_who_may_not_be_linked_is_not_said_to_be(sqlite_instance: Instance) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    a_link(sqlite_instance, case_id, person)
    read_in(sqlite_instance)
    decide(sqlite_instance, case_id, link="no")
    found = speaking_of(sqlite_instance, person)
    assert found.linked == []
    assert [one.case_id for one in found.named] == [case_id]


def test_a_link_that_is_allowed_again_is_found_again(sqlite_instance: Instance) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    a_link(sqlite_instance, case_id, person)
    decide(sqlite_instance, case_id, link="no")
    read_in(sqlite_instance)
    assert speaking_of(sqlite_instance, person).linked == []
    decide(sqlite_instance, case_id, link="yes")
    assert [one.case_id for one in speaking_of(sqlite_instance, person).linked] == [case_id]


def test_no_more_cases_are_opened_than_a_page_shows_and_the_rest_is_counted(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may not be read or linked is not counted either, however far down it stands."""
    person = a_person(instance)
    cases = [a_case(instance) for _ in range(6)]
    for case_id in cases:
        a_link(instance, case_id, person)
    waiting = [one.case_id for one in speaking_of(instance, person).linked]
    assert set(waiting) == set(cases)
    opened: list[UUID] = []

    def noticed(session: PortalSession, *, case_ids: Iterable[UUID], **given: Any) -> list[Gathered]:
        opened.extend(asked := list(case_ids))
        return gather(session, case_ids=asked, **given)

    monkeypatch.setattr("portal.casework.digest.gather", noticed)
    monkeypatch.setattr(speaking, "PAGE", 2)
    found = speaking_of(instance, person)
    assert ([one.case_id for one in found.linked], found.linked_count) == (waiting[:2], 6)
    assert (found.named_count, opened) == (0, waiting[:2])
    decide(instance, waiting[3], link="no")
    decide(instance, waiting[4], read="ask")
    read_in(instance)
    found = speaking_of(instance, person)
    assert ([one.case_id for one in found.linked], found.linked_count) == (waiting[:2], 4)
    assert found.named_count == 1


def test_a_restricted_record_is_not_there_for_those_who_may_not_know_of_it(sqlite_instance: Instance) -> None:
    with at_desk(sqlite_instance) as (session, by), pytest.raises(NotFoundError):
        speaking.speaking_of(session, by=by, record_id=uuid4())


# Leave


def test_a_word_of_what_may_not_be_read_gives_nothing(instance: Instance) -> None:
    """Neither found, nor counted, nor named as missing: before it is read in, and after."""
    a_case(instance, "Nothing of it.")
    secret = a_case(instance, "Zarrinkhat was seen in Gohardasht.")
    read_in(instance)
    assert hits(instance, "zarrinkhat") == [secret]
    decide(instance, secret, read="ask")
    later = a_case(instance, "Mahtabgoon was seen.", holder="", consent={"read": "no"})
    for words in ("zarrinkhat", "mahtabgoon", "gohardasht"):
        answer = searched(instance, words)
        assert (answer.hits, answer.count, answer.partly) == ([], 0, False)
        assert answer.standing == searched(instance, "nowhere").standing
    assert (answer.standing.total, answer.standing.waiting) == (1, 0)
    decide(instance, secret, read="yes")
    assert hits(instance, "zarrinkhat") == [secret]
    assert later not in hits(instance, "mahtabgoon")


def test_who_holds_no_key_searches_nothing(sqlite_instance: Instance) -> None:
    a_case(sqlite_instance)
    read_in(sqlite_instance)
    for name in ("rowan", "olive"):
        with at_desk(sqlite_instance, name) as (session, by), pytest.raises(RefusedError):
            search.search(session, by=by, text="gohardasht")
    with at_desk(sqlite_instance) as (session, by):
        bare = Actor(by.id, by.name, Role.REVIEWER, by.seed, {})
        answer = search.search(session, by=bare, text="gohardasht")
    assert (answer.hits, answer.standing.total) == ([], 0)


def test_a_search_is_written_down_without_its_words(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    searched(sqlite_instance, "rastegar")
    assert acts_of(sqlite_instance)[-1] == "case.search"
    with at_desk(sqlite_instance, "olive", write=False) as (session, by):
        last = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq.desc()).limit(1)).one()
        acts = ledger.read_acts(last, by.seed_of(Group.AUDITORS))
    assert acts[-1].detail["shown"] == str(case_id)
    assert "astegar" not in str(acts)


def test_nothing_waits_once_everything_is_read_in(sqlite_instance: Instance) -> None:
    for number in range(3):
        a_case(sqlite_instance, f"account {number}", holder="")
    assert read_in(sqlite_instance) == 3
    assert read_in(sqlite_instance) == 0
    now = standing(sqlite_instance)
    assert (now.total, now.searched, now.changed, now.damaged) == (3, 3, 0, 0)
    assert len(segments(sqlite_instance)) == 1
