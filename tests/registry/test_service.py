"""What staff can do with the registry, and what each may not."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select

from portal.database import Database, PortalSession
from portal.dates.calendars import Calendar
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.registry import around, service
from portal.registry.models import Record, Source, Statement
from portal.registry.records import (
    BodyFacts,
    Cite,
    Claim,
    EventFacts,
    Facts,
    GraveFacts,
    Period,
    PersonFacts,
    PlaceFacts,
    Spelling,
)
from portal.registry.vocabulary import (
    Kind,
    Living,
    NameKind,
    Part,
    PlaceKind,
    Predicate,
    RelationKind,
    SourceKind,
)
from portal.staff.actor import Actor

Add = Callable[..., Record]
DAY = date(1988, 8, 15)
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def add(session: PortalSession, reviewer: Actor) -> Add:
    def made(*texts: str, facts: Facts | None = None, **other: Any) -> Record:
        return service.add(
            session,
            names=[Spelling(text) for text in texts],
            facts=facts or PersonFacts(),
            note="test",
            now=NOW,
            **{"by": reviewer, **other},
        )

    return made


@pytest.fixture
def source(session: PortalSession, reviewer: Actor) -> Source:
    return service.add_source(session, by=reviewer, kind=SourceKind.BOOK, title=" A list ", year=1999)


def claim(source: Source, text: str = "Said.") -> Claim:
    period = Period("پاییز ۶۱", Calendar.SOLAR, date(1982, 9, 23), date(1982, 12, 21))
    return Claim(Predicate.ARREST, (Cite(source.id, "p. 7"),), value_en=text, date=period)


def found(session: PortalSession, by: Actor, text: str, kind: Kind | None = None) -> list[str]:
    return [record.names[0].text for record in service.search(session, by=by, text=text, kind=kind)]


@pytest.mark.parametrize(
    "text",
    [
        "نوری",
        "نوري",
        "حمید نوری",
        "نوری حمید",
        "حمیدنوری",
        "Noury",
        "Hamid Noori",
        "HAMID",
        "عباسی",
        "Abbasi",
        "آقای نوری",
        "Mr. Nouri",
        "Nour",
        "oury",
    ],
)
def test_a_person_is_found_by_every_spelling(starter: PortalSession, reviewer: Actor, text: str) -> None:
    assert "حمید نوری" in found(starter, reviewer, text)


@pytest.mark.parametrize("text", ["نوری", "Noori", "oury"])
def test_a_person_comes_before_an_event_named_for_him(
    starter: PortalSession, reviewer: Actor, text: str
) -> None:
    assert found(starter, reviewer, text)[0] == "حمید نوری"


@pytest.mark.parametrize("text", ["رستمي نژاد نيما", "Nezhad Rostami Nima", "نژاد نیما"])
def test_the_order_of_the_words_does_not_matter(starter: PortalSession, reviewer: Actor, text: str) -> None:
    assert found(starter, reviewer, text) == ["نیما رستمی‌نژاد"]


@pytest.mark.parametrize("text", ["", "  ", "!?", "ژغکث", "Zyxw", "خ٪غظ", "\x00"])
def test_nothing_is_found_for_nothing(starter: PortalSession, reviewer: Actor, text: str) -> None:
    assert found(starter, reviewer, text) == []


def test_a_title_alone_is_looked_for_as_a_name(session: PortalSession, reviewer: Actor, add: Add) -> None:
    add("سید کاظم موسوی‌پور")
    assert found(session, reviewer, "سید") == ["سید کاظم موسوی‌پور"]
    assert found(session, reviewer, "سيدكاظم موسوي پور") == ["سید کاظم موسوی‌پور"]


def test_the_whole_name_comes_before_its_beginning(session: PortalSession, reviewer: Actor, add: Add) -> None:
    add("Karimi Ahmad")
    add("Zahra Karim")
    add("Karim")
    assert found(session, reviewer, "karim") == ["Karim", "Zahra Karim", "Karimi Ahmad"]
    assert len(service.search(session, by=reviewer, text="karim", limit=1)) == 1


def test_a_search_can_keep_to_one_kind(starter: PortalSession, reviewer: Actor) -> None:
    assert found(starter, reviewer, "خاوران", Kind.GRAVE) == ["گورهای جمعی خاوران"]
    assert found(starter, reviewer, "خاوران", Kind.PLACE) == ["گورستان خاوران"]


def test_browsing_goes_through_everything_once(starter: PortalSession, reviewer: Actor) -> None:
    seen: list[UUID] = []
    after = None
    while True:
        shelf = service.browse(starter, by=reviewer, after=after, limit=7)
        seen += [record.id for record in shelf.records]
        if (after := shelf.after) is None:
            break
    assert len(seen) == len(set(seen)) == len(starter.scalars(select(Record)).all())


def test_browsing_can_keep_to_one_kind(starter: PortalSession, reviewer: Actor) -> None:
    shelf = service.browse(starter, by=reviewer, kind=Kind.GRAVE)
    assert {record.kind for record in shelf.records} == {Kind.GRAVE}
    assert shelf.after is None


@pytest.mark.parametrize("text", ["", "زندان"], ids=["browsing", "searching"])
def test_a_list_takes_few_statements(loaded: Database, reviewer: Actor, text: str) -> None:
    seen: list[str] = []

    def count(*given: Any) -> None:
        seen.append(given[2])

    event.listen(loaded.main, "before_cursor_execute", count)
    try:
        with loaded.session(write=False) as unit:
            if text:
                records = service.search(unit, by=reviewer, text=text)
            else:
                records = service.browse(unit, by=reviewer).records
            for record in records:
                assert any((record.person, record.place, record.grave, record.body, record.event))
                assert record.names
    finally:
        event.remove(loaded.main, "before_cursor_execute", count)
    assert len([statement for statement in seen if statement.startswith("SELECT")]) <= 6


def test_names_are_kept_letter_for_letter(session: PortalSession, add: Add) -> None:
    record = add("سيد كاظم ", "Sayyid Kāẓim")
    session.expire_all()
    assert [name.text for name in record.names] == ["سيد كاظم", "Sayyid Kāẓim"]
    assert [(name.script, name.titles, name.folded) for name in record.names] == [
        ("Arab", "سيد", "سید کاظم"),
        ("Latn", "Sayyid", "sayyid kazim"),
    ]


@pytest.mark.parametrize(
    "texts", [[], [" "], ["ـ"], ["ن" * 301]], ids=["none", "blank", "no letter", "too long"]
)
def test_a_record_needs_a_name(add: Add, session: PortalSession, texts: list[str]) -> None:
    with pytest.raises(InvalidError):
        add(*texts)
    session.rollback()


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        (PersonFacts(living=Living.NO, birth=Period("1343")), Kind.PERSON),
        (PlaceFacts(PlaceKind.PRISON, latitude_tenths=-12, longitude_tenths=513), Kind.PLACE),
        (GraveFacts(), Kind.GRAVE),
        (BodyFacts(), Kind.BODY),
        (
            EventFacts(date=Period("1988", Calendar.GREGORIAN, date(1988, 1, 1), date(1988, 12, 31))),
            Kind.EVENT,
        ),
    ],
    ids=list(Kind),
)
def test_each_kind_keeps_its_facts_and_its_history(
    session: PortalSession, reviewer: Actor, add: Add, facts: Facts, kind: Kind
) -> None:
    record = add("نام", facts=facts)
    session.expire_all()
    assert service.find(session, record.id, by=reviewer).kind is kind
    assert [row.version for row in service.revisions(session, record.id, by=reviewer)] == [1]


def test_a_change_is_a_version_with_a_note(
    session: PortalSession, reviewer: Actor, lead: Actor, add: Add
) -> None:
    record = add("حمید نوری")
    names = [Spelling("حمید نوری"), Spelling("حمید عباسی", NameKind.PRISON)]
    service.edit(
        session,
        record.id,
        by=lead,
        version=1,
        names=names,
        facts=PersonFacts(origin="رشت"),
        note="the name used in prison",
        now=NOW,
    )
    revision, changed = service.difference(session, record.id, by=reviewer, version=2)
    assert (revision.author, revision.note, revision.day) == ("Plane", "the name used in prison", NOW.date())
    assert [(each.field, each.before, each.after, each.word) for each in changed] == [
        ("name", "", "حمید عباسی", "prison"),
        ("origin", "", "رشت", ""),
    ]
    assert found(session, reviewer, "عباسی") == ["حمید نوری"]


def test_a_dropped_spelling_no_longer_finds(session: PortalSession, reviewer: Actor, add: Add) -> None:
    record = add("اوین", "Evin", facts=PlaceFacts())
    kept = [Spelling("اوین")]
    service.edit(
        session, record.id, by=reviewer, version=1, names=kept, facts=PlaceFacts(), note="x", now=NOW
    )
    assert found(session, reviewer, "Evin") == []
    assert found(session, reviewer, "اوین") == ["اوین"]


def test_unchanged_names_keep_their_rows(session: PortalSession, reviewer: Actor, add: Add) -> None:
    record = add("اوین", facts=PlaceFacts())
    before = [name.id for name in record.names]
    facts = PlaceFacts(PlaceKind.PRISON)
    service.edit(
        session, record.id, by=reviewer, version=1, names=[Spelling("اوین")], facts=facts, note="x", now=NOW
    )
    assert [name.id for name in record.names] == before


def test_who_looked_at_an_older_version_is_told(
    session: PortalSession, reviewer: Actor, add: Add, source: Source
) -> None:
    record = add("اوین")
    service.state(session, record.id, by=reviewer, version=1, claim=claim(source), note="x", now=NOW)
    with pytest.raises(StaleError):
        service.state(session, record.id, by=reviewer, version=1, claim=claim(source), note="x", now=NOW)


def test_the_first_of_two_changes_wins(database: Database, reviewer: Actor) -> None:
    with database.session(write=True) as unit:
        record = service.add(
            unit, by=reviewer, names=[Spelling("اوین")], facts=PersonFacts(), note="x", now=NOW
        )
    for turn, expected in (("first", 2), ("second", None)):
        with database.session(write=True) as unit:
            names = [Spelling(turn)]
            change: dict[str, Any] = {"names": names, "facts": PersonFacts(), "note": turn, "now": NOW}
            if expected is None:
                with pytest.raises(StaleError):
                    service.edit(unit, record.id, by=reviewer, version=1, **change)
            else:
                assert service.edit(unit, record.id, by=reviewer, version=1, **change).version == expected


def test_a_record_keeps_its_kind(session: PortalSession, reviewer: Actor, add: Add) -> None:
    record = add("اوین")
    same: dict[str, Any] = {"by": reviewer, "names": [Spelling("x")], "note": "x", "now": NOW}
    with pytest.raises(InvalidError, match="kind"):
        service.edit(session, record.id, version=1, facts=BodyFacts(), **same)


def test_a_statement_comes_with_its_source_and_leaves_its_trace(
    session: PortalSession, reviewer: Actor, add: Add, source: Source
) -> None:
    record = add("بهرنگ")
    first = service.state(session, record.id, by=reviewer, version=1, claim=claim(source), note="x", now=NOW)
    rival = claim(source, "Said otherwise.")
    service.state(session, record.id, by=reviewer, version=2, claim=rival, note="y", now=NOW)
    assert [statement.value_en for statement in record.statements] == ["Said.", "Said otherwise."]
    service.retract(session, record.id, first.id, by=reviewer, version=3, note="misread", now=NOW)
    session.flush()
    session.expire_all()
    assert [statement.value_en for statement in record.statements] == ["Said otherwise."]
    assert session.get(Statement, first.id) is None
    _revision, changed = service.difference(session, record.id, by=reviewer, version=4)
    assert [(each.field, each.word, each.after) for each in changed] == [("statement", "arrest", "")]
    assert "A list, 1999, p. 7" in changed[0].before
    assert "1982-09-23/1982-12-21" in changed[0].before


def test_a_statement_of_an_unknown_source_is_refused(
    session: PortalSession, reviewer: Actor, add: Add, source: Source
) -> None:
    record = add("بهرنگ")
    nowhere = Claim(Predicate.NOTE, (Cite(uuid4()),), value_en="Said.")
    with pytest.raises(NotFoundError):
        service.state(session, record.id, by=reviewer, version=1, claim=nowhere, note="x", now=NOW)
    with pytest.raises(NotFoundError):
        service.retract(session, record.id, source.id, by=reviewer, version=2, note="x", now=NOW)


def test_a_relation_is_seen_from_both_ends(
    session: PortalSession, reviewer: Actor, add: Add, source: Source
) -> None:
    person, prison = add("بهرنگ"), add("اوین", facts=PlaceFacts())
    service.relate(
        session,
        person.id,
        by=reviewer,
        version=1,
        word=RelationKind.HELD_AT,
        other_id=prison.id,
        cite=Cite(source.id),
        note="x",
        now=NOW,
    )
    (out,) = around.relations(session, person, by=reviewer)
    (back,) = around.relations(session, prison, by=reviewer)
    assert (out.other, out.forward, back.other, back.forward) == (prison, True, person, False)
    assert out.source is source
    _revision, changed = service.difference(session, person.id, by=reviewer, version=2)
    assert [(each.field, each.word, each.after) for each in changed] == [
        ("relation", "held_at", "اوین\nA list, 1999")
    ]


def test_a_part_is_seen_from_the_event_and_from_the_person(
    session: PortalSession, reviewer: Actor, add: Add, source: Source
) -> None:
    trial, person = add("دادگاه", facts=EventFacts()), add("شاهد")
    service.relate(
        session,
        trial.id,
        by=reviewer,
        version=1,
        word=Part.WITNESS,
        other_id=person.id,
        cite=Cite(source.id),
        note="x",
        now=NOW,
    )
    assert [tie.other for tie in around.parts(session, trial, by=reviewer)] == [person]
    assert [tie.other for tie in around.parts(session, person, by=reviewer)] == [trial]


SENSELESS: dict[str, tuple[str, RelationKind | Part, str]] = {
    "itself": ("person", RelationKind.SIBLING_OF, "person"),
    "a part without an event": ("person", Part.WITNESS, "event"),
    "an event's relation": ("event", RelationKind.HELD_AT, "person"),
    "twice": ("body", RelationKind.ACTED_IN, "place"),
}


@pytest.mark.parametrize("case", SENSELESS)
def test_a_relation_that_makes_no_sense_is_refused(
    session: PortalSession, reviewer: Actor, add: Add, source: Source, case: str
) -> None:
    records = {
        "person": add("الف"),
        "event": add("ب", facts=EventFacts()),
        "place": add("پ", facts=PlaceFacts()),
        "body": add("ت", facts=BodyFacts()),
    }
    start, word, end = SENSELESS[case]
    same: dict[str, Any] = {"cite": Cite(source.id), "note": "x", "now": NOW, "by": reviewer, "word": word}
    if case == "twice":
        service.relate(session, records[start].id, version=1, other_id=records[end].id, **same)
    version = records[start].version
    with pytest.raises(InvalidError):
        service.relate(session, records[start].id, version=version, other_id=records[end].id, **same)


def test_a_part_twice_from_one_source_is_refused(
    session: PortalSession, reviewer: Actor, add: Add, source: Source
) -> None:
    trial, person = add("دادگاه", facts=EventFacts()), add("شاهد")
    same: dict[str, Any] = {
        "by": reviewer,
        "word": Part.WITNESS,
        "cite": Cite(source.id),
        "note": "x",
        "now": NOW,
    }
    service.relate(session, trial.id, version=1, other_id=person.id, **same)
    with pytest.raises(InvalidError, match="already"):
        service.relate(session, trial.id, version=2, other_id=person.id, **same)


def test_a_prison_lies_in_its_town_and_province(starter: PortalSession, reviewer: Actor) -> None:
    coded = {record.code: record for record in starter.scalars(select(Record))}
    places = around.lineage(starter, coded["adelabad"], by=reviewer)
    assert [place.code for place in places] == ["iran", "fars", "shiraz"]
    assert coded["adelabad"] in around.inside(starter, coded["shiraz"], by=reviewer)
    assert around.inside(starter, coded["noury"], by=reviewer) == []


def test_the_events_of_a_person_are_told_in_order(starter: PortalSession, reviewer: Actor) -> None:
    noury = starter.scalars(select(Record).where(Record.code == "noury")).one()
    told = [tie.other.code for tie in around.parts(starter, noury, by=reviewer)]
    assert told == ["arrest-noury", "trial-noury", "sentence-noury", "appeal-noury"]


def test_a_place_cannot_lie_in_itself_or_in_a_person(
    session: PortalSession, reviewer: Actor, add: Add
) -> None:
    outer = add("استان", facts=PlaceFacts())
    inner = add("شهر", facts=PlaceFacts(parent_id=outer.id))
    person = add("کسی")
    same: dict[str, Any] = {"by": reviewer, "names": [Spelling("استان")], "note": "x", "now": NOW}
    with pytest.raises(InvalidError, match="itself"):
        service.edit(session, outer.id, version=1, facts=PlaceFacts(parent_id=inner.id), **same)
    with pytest.raises(InvalidError, match="not a place"):
        add("گور", facts=GraveFacts(place_id=person.id))


def test_places_do_not_lie_in_one_another_without_end(session: PortalSession, add: Add) -> None:
    place = add("0", facts=PlaceFacts())
    for level in range(12):
        place = add(str(level), facts=PlaceFacts(parent_id=place.id))
    with pytest.raises(InvalidError, match="too deep"):
        add("one more", facts=PlaceFacts(parent_id=place.id))
    session.rollback()


def test_a_restricted_record_is_not_there_for_others(
    session: PortalSession, reviewer: Actor, lead: Actor, add: Add, source: Source
) -> None:
    hidden = add("پنهان", by=lead, restricted=True)
    known = add("آشکار")
    service.relate(
        session,
        hidden.id,
        by=lead,
        version=1,
        word=RelationKind.SIBLING_OF,
        other_id=known.id,
        cite=Cite(source.id),
        note="x",
        now=NOW,
    )
    assert found(session, lead, "پنهان") == ["پنهان"]
    assert found(session, reviewer, "پنهان") == []
    assert [record.id for record in service.browse(session, by=reviewer).records] == [known.id]
    assert around.relations(session, known, by=reviewer) == []
    assert len(around.relations(session, known, by=lead)) == 1
    for act in (service.find, service.revisions):
        with pytest.raises(NotFoundError):
            act(session, hidden.id, by=reviewer)
    with pytest.raises(NotFoundError):
        service.difference(session, hidden.id, by=reviewer, version=1)
    with pytest.raises(NotFoundError):
        service.browse(session, by=reviewer, after=hidden.id)
    with pytest.raises(NotFoundError):
        service.state(session, hidden.id, by=reviewer, version=2, claim=claim(source), note="x", now=NOW)


def test_a_history_does_not_name_a_restricted_record(
    session: PortalSession, reviewer: Actor, lead: Actor, add: Add, source: Source
) -> None:
    hidden = add("پنهان", by=lead, restricted=True)
    known = add("آشکار")
    service.relate(
        session,
        known.id,
        by=lead,
        version=1,
        word=RelationKind.SIBLING_OF,
        other_id=hidden.id,
        cite=Cite(source.id),
        note="x",
        now=NOW,
    )
    assert [one.version for one in service.revisions(session, known.id, by=reviewer)] == [1]
    with pytest.raises(NotFoundError):
        service.difference(session, known.id, by=reviewer, version=2)
    _revision, changed = service.difference(session, known.id, by=lead, version=2)
    assert [str(hidden.id) in each.after for each in changed] == [True]


def test_only_who_may_see_restricted_records_restricts(
    session: PortalSession, reviewer: Actor, lead: Actor, add: Add
) -> None:
    record = add("کسی")
    same: dict[str, Any] = {"names": [Spelling("کسی")], "facts": PersonFacts(), "note": "x", "now": NOW}
    with pytest.raises(RefusedError):
        add("کسی دیگر", restricted=True)
    with pytest.raises(RefusedError):
        service.edit(session, record.id, by=reviewer, version=1, restricted=True, **same)
    session.expire(record)
    assert service.edit(
        session, record.id, by=lead, version=record.version, restricted=True, **same
    ).restricted


def test_administrators_read_and_do_not_write(
    session: PortalSession, administrator: Actor, add: Add, source: Source
) -> None:
    record = add("کسی")
    assert service.find(session, record.id, by=administrator) is record
    assert list(service.sources(session, by=administrator)) == [source]
    with pytest.raises(RefusedError):
        service.state(session, record.id, by=administrator, version=1, claim=claim(source), note="x", now=NOW)
    with pytest.raises(RefusedError):
        add("کسی دیگر", by=administrator)
    with pytest.raises(RefusedError):
        service.add_source(session, by=administrator, kind=SourceKind.BOOK, title="x")


def test_auditors_do_not_see_the_registry(session: PortalSession, auditor: Actor, add: Add) -> None:
    record = add("کسی")
    for act in (
        lambda: service.find(session, record.id, by=auditor),
        lambda: service.browse(session, by=auditor),
        lambda: service.search(session, by=auditor, text="کسی"),
        lambda: service.sources(session, by=auditor),
        lambda: service.places(session, by=auditor),
    ):
        with pytest.raises(RefusedError):
            act()


def test_a_source_needs_a_title(session: PortalSession, reviewer: Actor, source: Source) -> None:
    assert source.title == "A list"
    with pytest.raises(InvalidError):
        service.add_source(session, by=reviewer, kind=SourceKind.BOOK, title=" ")


def test_an_unknown_version_is_not_there(session: PortalSession, reviewer: Actor, add: Add) -> None:
    record = add("کسی")
    with pytest.raises(NotFoundError):
        service.difference(session, record.id, by=reviewer, version=9)
