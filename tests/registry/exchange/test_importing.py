"""Files come in whole, once, in steps; what is broken stays out, and it alone."""

import json
from typing import Any

import pytest
from builders import NOON, Instance
from exchanged import House, a_file
from sqlalchemy import func, select

from portal.database import Base
from portal.dates.calendars import Calendar
from portal.errors import InvalidError, NotFoundError, RefusedError
from portal.ledger.rows import digests, recorded_tables, row_digest
from portal.linking import duplicates
from portal.linking.likeness import Sort
from portal.registry import history, service, writing
from portal.registry.exchange import importing, storing
from portal.registry.exchange.cells import Reason
from portal.registry.exchange.drafts import Draft
from portal.registry.exchange.models import Alike, BrokenRow, Changed, ImportRun
from portal.registry.exchange.preparing import pieces
from portal.registry.models import (
    Citation,
    FactCitation,
    Name,
    NameKey,
    Person,
    Record,
    Relation,
    Revision,
    Source,
    Statement,
)
from portal.registry.records import Cite, Claim, PersonFacts, Spelling
from portal.registry.vocabulary import Kind, PlaceKind, RelationKind, Sex

LIST = """ردیف,نام و نام خانوادگی,نام پدر,سال تولد,جنسیت,زندان
۱,سارا یاری,حسن,۱۳۴۰,زن,اوین
۲,بهروز نامدار,علی,۱۳۳۸,مرد,گوهردشت
۳,,رضا,۱۳۳۹,مرد,
۴,مینا روشن,,1341,ناشناس‌واژه,
"""


def all_of(session: Any, table: Any) -> list[Any]:
    return list(session.scalars(select(table)))


def test_a_persian_list_comes_in_with_its_facts_dates_and_sources(house: House) -> None:
    run = house.bring(LIST)
    assert (run.added, run.broken, run.ended) == (2, 2, True)
    with house.open() as (session, by):
        (record,) = service.search(session, by=by, text="سارا یاری")
        assert record.person is not None
        assert (record.person.father_name, record.person.sex) == ("حسن", Sex.FEMALE)
        assert record.person.birth.calendar is Calendar.SOLAR
        assert record.person.birth.words == "۱۳۴۰"
        assert {one.field for one in record.fact_citations} == {"father_name", "birth", "sex"}
        assert [one.value_fa for one in record.statements] == ["اوین"]
        assert record.statements[0].citations[0].source_id == house.source_id
        assert record.names[0].source_id == house.source_id
        broken = importing.broken(session, run)
        assert [(one.line, one.reason, one.place) for one in broken] == [
            (4, Reason.NAME, "name.official"),
            (5, Reason.WORD, "sex"),
        ]
        assert json.loads(broken[1].cells)[1] == "مینا روشن"


def test_running_it_twice_adds_nothing(house: House) -> None:
    house.bring(LIST)
    again = house.bring(LIST)
    assert (again.added, again.there, again.broken) == (0, 2, 2)
    with house.open() as (session, _):
        assert session.scalar(select(func.count()).select_from(Record)) == 2


def test_rows_without_a_code_are_known_by_what_they_say(house: House) -> None:
    table = "name,father\nSara Yari,Hassan\nSara Yari,Hassan\nSara Yari,Ali\n"
    assert house.bring(table).added == 2
    assert house.bring("name,father\nSara Yari,Ali\n").added == 0


def test_a_changed_row_waits_for_a_choice_and_takes_nothing_away(house: House) -> None:
    house.bring("id,name,father\n1,Sara Yari,\n")
    changed = "id,name,father,nickname,note\n1,Sara Yari,Hassan,Sari,was a nurse\n"
    left = house.bring(changed)
    assert (left.added, left.differing, left.updated) == (0, 1, 0)
    run = house.bring(changed, changed=Changed.UPDATE)
    assert (run.differing, run.updated) == (1, 1)
    with house.open() as (session, by):
        (record,) = service.search(session, by=by, text="Sara Yari")
        assert [name.text for name in record.names] == ["Sara Yari", "Sari"]
        assert record.person is not None
        assert record.person.father_name == "Hassan"
        assert [one.value_en for one in record.statements] == ["was a nurse"]
    assert house.bring(changed, changed=Changed.UPDATE).there == 1


def test_a_run_that_was_cut_off_goes_on_where_it_stopped_and_doubles_nothing(house: House) -> None:
    table = "name\n" + "".join(f"Person {number} Nobody\n" for number in range(25))
    given = a_file(table)
    with house.open() as (session, by):
        run = importing.begin(session, by=by, file=given, choice=house.choice(), now=NOON)
    some_of = pieces(importing.left(run, given), Kind.PERSON, 10)
    with house.open() as (session, by):
        some, _ = next(some_of)
        importing.step(session, session.get_one(ImportRun, run.id), some, by=by, now=NOON, last=False)
    some, _ = next(some_of)

    def cut_off() -> None:
        with house.open() as (session, by):
            importing.step(session, session.get_one(ImportRun, run.id), some, by=by, now=NOON, last=False)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_off()
    went_on = house.bring(table, size=10)
    assert went_on.id == run.id
    assert (went_on.added, went_on.there, went_on.ended) == (25, 0, True)
    with house.open() as (session, _):
        assert session.scalar(select(func.count()).select_from(Record)) == 25


def test_another_file_does_not_go_on_with_a_run(house: House) -> None:
    with house.open() as (session, by):
        run = importing.begin(session, by=by, file=a_file(LIST), choice=house.choice(), now=NOON)
    with pytest.raises(InvalidError):
        importing.left(run, a_file(LIST + "5,x,,,,\n"))
    with house.open("birch") as (session, by), pytest.raises(NotFoundError):
        importing.find_run(session, run.id, by=by)


def rows_of(session: Any, record_id: Any) -> dict[str, Any]:
    """What the tables hold of a record, without ids, as comparable values."""
    found: dict[str, Any] = {}
    names = session.scalars(select(Name).where(Name.record_id == record_id)).all()
    statements = session.scalars(select(Statement).where(Statement.record_id == record_id)).all()
    of = {
        Record: Record.id == record_id,
        Person: Person.record_id == record_id,
        Name: Name.record_id == record_id,
        NameKey: NameKey.name_id.in_([one.id for one in names]),
        FactCitation: FactCitation.record_id == record_id,
        Statement: Statement.record_id == record_id,
        Citation: Citation.statement_id.in_([one.id for one in statements]),
    }
    for model, condition in of.items():
        table = storing.table_of(model)
        rows = session.execute(select(table).where(condition)).mappings()
        mine = {"id", "record_id", "name_id", "statement_id"}
        found[table.name] = sorted(
            sorted((key, repr(value)) for key, value in row.items() if key not in mine) for row in rows
        )
    return found


def test_persons_by_the_thousand_are_written_as_one_by_one(house: House) -> None:
    table = (
        "نام,نام دیگر,نام پدر,نام مادر,زادگاه,شهر,تولد,جنس,نقش,زنده,شغل,تاریخ اعدام,page\n"
        "سید علی نوری,Ali Nouri,حسن,زهرا,ساری,رشت,بهار ۱۳۴۰,مرد,قربانی,خیر,معلم,۵ مرداد ۱۳۶۷,12\n"
    )
    house.bring(table)
    with house.open() as (session, by):
        bulk = session.scalars(select(Record)).one()
        person = bulk.person
        assert person is not None
        cite = Cite(house.source_id, "12")
        made = service.add(
            session,
            by=by,
            names=[Spelling(one.text, one.kind, cite) for one in bulk.names],
            facts=PersonFacts(
                person.sex,
                person.role,
                person.living,
                person.father_name,
                person.origin,
                person.birth,
                person.mother_name or "",
                person.birthplace or "",
            ),
            note="by hand",
            now=NOON,
            cites=[cite],
        )
        for one in bulk.statements:
            claim = Claim(
                one.predicate, value_fa=one.value_fa, value_en=one.value_en, date=one.when, cites=(cite,)
            )
            service.state(
                session, made.id, by=by, version=made.version, claim=claim, note="by hand", now=NOON
            )
        made.version = 1
        session.flush()
        assert rows_of(session, bulk.id) == rows_of(session, made.id)
        kept = session.scalars(select(Revision).where(Revision.record_id == bulk.id)).one()
        assert json.loads(kept.snapshot) == json.loads(
            json.dumps(history.snapshot(session, bulk), ensure_ascii=False)
        )
        assert writing.astray(session) == []


def test_the_ledger_records_every_row_of_an_import(house: House) -> None:
    house.bring(LIST)
    assert house.rows_that_differ() == []
    with house.instance.database.main.begin() as connection:
        connection.exec_driver_sql("UPDATE registry_person SET father_name = 'x' WHERE father_name <> ''")
    assert len(house.rows_that_differ()) == 2


def test_what_the_database_keeps_is_digested_as_what_the_portal_makes_of_it(instance: Instance) -> None:
    house = House(instance)
    house.bring(LIST)
    digested = 0
    with instance.database.main.connect() as connection:
        for name, table in recorded_tables(Base).items():
            rows = [dict(row._mapping) for row in connection.execute(select(table))]
            keys = [column.name for column in table.primary_key.columns]
            wanted = {tuple(row[key] for key in keys): row_digest(name, row) for row in rows}
            assert digests(connection, table, wanted) == wanted
            digested += len(rows)
    assert digested > 40


def test_one_who_may_be_there_is_queued_or_skipped_as_chosen(house: House) -> None:
    with house.open() as (session, by):
        service.add(
            session,
            by=by,
            names=[Spelling("ساره یاری")],
            facts=PersonFacts(father_name="حسن"),
            note="x",
            now=NOON,
        )
        known = service.add(
            session,
            by=by,
            names=[Spelling("سارا ياري")],
            facts=PersonFacts(father_name="حسن"),
            note="x",
            now=NOON,
        )
    seen = house.look(LIST)
    assert (seen.added, seen.likely, seen.broken) == (2, 1, 2)
    assert seen.alike[0].likes[0].record.id == known.id
    assert [why.value for why in seen.alike[0].likes[0].reasons] == ["name", "father"]
    skipped = house.bring(LIST, alike=Alike.SKIP)
    assert (skipped.added, skipped.skipped) == (1, 1)
    queued = house.bring(LIST)
    assert (queued.added, queued.likely, queued.there) == (1, 1, 1)
    with house.open() as (session, by):
        (pair,) = duplicates.queue(session, by=by)[0]
        assert known.id in {pair.one.id, pair.other.id}
        assert {Sort.NAME, Sort.FATHER, Sort.PERHAPS} <= {sign.sort for sign in pair.signs}
        (tie,) = all_of(session, Relation)
        assert (tie.kind, tie.to_id) == (RelationKind.PERHAPS_SAME, known.id)
        record = session.get_one(Record, tie.from_id)
        kept = history.read(history.revision(session, record.id, 1))
        assert kept == json.loads(json.dumps(history.snapshot(session, record)))


def test_another_father_or_birth_is_another_person(house: House) -> None:
    with house.open() as (session, by):
        facts = PersonFacts(father_name="رضا")
        service.add(session, by=by, names=[Spelling("سارا یاری")], facts=facts, note="x", now=NOON)
    assert house.look(LIST).likely == 0


def test_a_preview_writes_nothing_and_says_what_happens(house: House) -> None:
    seen = house.look(LIST)
    assert (seen.rows, seen.added, seen.there, seen.broken, seen.whole) == (4, 2, 0, 2, True)
    assert [row.line for row, _ in seen.problems] == [4, 5]
    assert house.bring(LIST).added == seen.added
    assert house.look(LIST).there == 2
    assert (house.look(LIST, most=1).rows, house.look(LIST, most=1).whole) == (1, False)


def test_a_file_tells_nothing_of_a_restricted_record(house: House) -> None:
    before = house.look(LIST)
    with house.open("maple") as (session, by):
        hidden = service.add(
            session,
            by=by,
            names=[Spelling("سارا یاری")],
            facts=PersonFacts(father_name="حسن"),
            note="x",
            now=NOON,
            restricted=True,
        )
    again = house.look(LIST)
    assert (again.added, again.likely, again.there) == (before.added, before.likely, before.there)
    coded = house.look(f"id,name\n{hidden.id},Sara Yari\n")
    assert (coded.added, coded.there, coded.likely) == (1, 0, 0)
    assert house.look(LIST, who="maple").likely == 1
    run = house.bring(LIST)
    assert (run.added, run.likely, run.skipped) == (2, 0, 0)


def test_a_record_that_was_restricted_later_stays_so_and_is_not_changed(house: House) -> None:
    house.bring("id,name,father\n1,Sara Yari,\n")
    with house.open("maple") as (session, _):
        session.scalars(select(Record)).one().restricted = True
    run = house.bring("id,name,father\n1,Sara Yari,Hassan\n", changed=Changed.UPDATE)
    assert (run.updated, run.broken) == (0, 0)
    with house.open("maple") as (session, _):
        assert [one.father_name for one in all_of(session, Person)] == [""]


def test_a_row_of_a_record_that_was_restricted_since_is_told_as_any_new_one(house: House) -> None:
    table = "id,name,father\n1,Sara Yari,Hassan\n2,Mina Roshan,Ali\n"
    ties = "tie.word,tie.from,tie.to\nsibling_of,1,2\n"
    new = "id,name,father\n8,Sara Yari,Hassan\n2,Mina Roshan,Ali\n"
    house.bring(table)
    house.bring(ties)
    with house.open("maple") as (session, _):
        shut = session.scalars(select(Record).join(Name).where(Name.text == "Sara Yari")).one()
        shut.restricted = True
    counts = ("rows", "added", "there", "differing", "likely", "broken")
    known, fresh = house.look(table), house.look(new)
    assert [getattr(known, name) for name in counts] == [getattr(fresh, name) for name in counts]
    names = [[one.names for one in seen.first if isinstance(one, Draft)] for seen in (known, fresh)]
    assert names[0] == names[1]
    changed = house.look("id,name,father\n1,Sara Yari,Reza\n")
    assert (changed.added, changed.differing) == (1, 0)
    assert (house.look(ties).added, house.look(ties).there) == (1, 0)
    run, tied = house.bring(table), house.bring(ties)
    assert (run.added, run.there, run.broken) == (1, 1, 0)
    assert (tied.added, tied.there, tied.broken) == (1, 0, 0)
    with house.open("maple") as (session, _):
        assert len(all_of(session, Record)) == 2
        assert len(all_of(session, Relation)) == 1
    assert house.look(table, who="maple").there == 2


def test_places_lie_in_places_of_the_same_file_and_a_missing_one_breaks_its_row(house: House) -> None:
    table = (
        "id,name,kind of place,lies in,lat,lng\n"
        "1,ایران,کشور,,,\n2,استان تهران,استان,1,۳۵٫۷,51.4\n3,اوین,زندان,استان تهران,,\n4,x,شهر,Nowhere,,\n"
        "5,y,شهر,,97,\n"
    )
    seen = house.look(table, kind=Kind.PLACE)
    assert (seen.added, seen.broken) == (2, 3) or (seen.added, seen.broken) == (3, 2)
    run = house.bring(table, kind=Kind.PLACE)
    assert (run.added, run.broken) == (3, 2)
    with house.open() as (session, by):
        (evin,) = service.search(session, by=by, text="اوین")
        assert evin.place is not None
        assert evin.place.kind is PlaceKind.PRISON
        above = session.get_one(Record, evin.place.parent_id)
        assert above.place is not None
        assert (above.names[0].text, above.place.latitude_tenths) == ("استان تهران", 357)
        reasons = {one.line: one.reason for one in all_of(session, BrokenRow)}
        assert reasons == {5: Reason.PLACE, 6: Reason.DEGREES}


def test_a_column_may_name_the_source_of_each_row(house: House) -> None:
    table = "name,source,page\nSara Yari,A book of names,7\nMina Roshan,,8\n"
    house.bring(table)
    house.bring(table)
    with house.open() as (session, by):
        (record,) = service.search(session, by=by, text="Sara Yari")
        assert record.names[0].source is not None
        assert (record.names[0].source.title, record.names[0].locator) == ("A book of names", "7")
        assert len(all_of(session, Source)) == 2


def test_an_administrator_brings_nothing_in(house: House) -> None:
    with pytest.raises(RefusedError):
        house.bring(LIST, who="rowan")
