"""Conclusions stand, are replaced and taken back; positions are sealed; all of it by two people at once."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from builders import Instance
from cases import acts_of, at_desk, at_once
from hypothesis import given
from hypothesis import strategies as st
from release.test_rewrapping import left, move, renew
from sqlalchemy import func, select

from portal.dates.calendars import Calendar
from portal.dates.reading import Precision, Qualifier
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.linking import gathering
from portal.permissions import Group
from portal.registry import concluding, facts, positions, service
from portal.registry.models import Conclusion, Grave, Person, Position, Record, Relation, Source, Statement
from portal.registry.periods import NOTHING, Period, between, proposed, said
from portal.registry.positions import Exact
from portal.registry.records import (
    DECIDES,
    Cite,
    Claim,
    Facts,
    Finding,
    GraveFacts,
    PersonFacts,
    PlaceFacts,
    Spelling,
)
from portal.registry.saying import Bond
from portal.registry.vocabulary import (
    BETWEEN,
    CODED,
    PREDICATES,
    Condition,
    Existence,
    Kind,
    Part,
    Predicate,
    RelationKind,
    SourceKind,
    may_relate,
)
from portal.staff.actor import Actor
from portal.store.wraps import Wrap

SUCCESS = None
EXACT = Exact(35.65432, 51.48123, 20, "کنار دیوار")


def a_record(instance: Instance, given: Facts, *, source: bool = True) -> tuple[UUID, UUID]:
    """A record and a publication."""
    with at_desk(instance) as (session, by):
        record = service.add(
            session, by=by, names=[Spelling("نام")], facts=given, note="x", now=instance.clock()
        )
        title = f"A book {uuid4()}" if source else ""
        made = service.add_source(session, by=by, kind=SourceKind.BOOK, title=title)
        return record.id, made.id


def state(instance: Instance, record: UUID, source: UUID, *, name: str = "cedar", **said_: object) -> UUID:
    with at_desk(instance, name) as (session, by):
        claim = Claim(**{"predicate": Predicate.NOTE, "cites": (Cite(source),), **said_})  # type: ignore[arg-type] # fields of Claim
        version = service.find(session, record, by=by).version
        return service.state(
            session, record, by=by, version=version, claim=claim, note="x", now=instance.clock()
        ).id


def conclude(
    instance: Instance, record: UUID, finding: Finding, *, name: str = "cedar", version: int | None = None
) -> UUID:
    with at_desk(instance, name) as (session, by):
        seen = version or service.find(session, record, by=by).version
        return service.conclude(
            session, record, by=by, version=seen, finding=finding, note="x", now=instance.clock()
        ).id


def reopen(instance: Instance, record: UUID, conclusion: UUID, *, version: int | None = None) -> None:
    with at_desk(instance, "birch") as (session, by):
        seen = version or service.find(session, record, by=by).version
        service.reopen(session, record, conclusion, by=by, version=seen, note="misread", now=instance.clock())


def grave_of(instance: Instance, record: UUID) -> tuple[Existence, Condition]:
    with at_desk(instance, write=False) as (session, _):
        grave = session.get_one(Grave, record)
        return grave.existence, grave.condition


def test_a_chain_of_conclusions_puts_back_what_was_there_before(instance: Instance) -> None:
    record, source = a_record(instance, GraveFacts(condition=Condition.REPORTED))
    ground = state(instance, record, source, predicate=Predicate.DISTURBANCE, word="road")
    first = conclude(instance, record, Finding(Predicate.CONDITION, "Seen.", (ground,), word="suspected"))
    second = conclude(
        instance, record, Finding(Predicate.CONDITION, "Photographed.", (ground,), word="confirmed")
    )
    assert grave_of(instance, record) == (Existence.REPORTED, Condition.CONFIRMED)
    with at_desk(instance, write=False) as (session, by):
        (chain,) = concluding.conclusions(session, service.find(session, record, by=by), by=by)
        assert [one.id for one in chain] == [second, first]
        assert chain[0].author == "cedar"
    with pytest.raises(InvalidError, match="not stand"):
        reopen(instance, record, first)
    reopen(instance, record, second)
    assert grave_of(instance, record) == (Existence.REPORTED, Condition.REPORTED)
    with at_desk(instance, write=False) as (session, by):
        (chain,) = concluding.conclusions(session, service.find(session, record, by=by), by=by)
        assert [one.open for one in chain] == [True, False, False]
        assert concluding.decided(session, service.find(session, record, by=by)) == set()
    assert {"registry.conclude", "registry.reopen"} <= set(acts_of(instance))


def test_of_those_who_conclude_at_once_one_succeeds_and_the_others_are_told(instance: Instance) -> None:
    record, source = a_record(instance, GraveFacts())
    ground = state(instance, record, source, predicate=Predicate.DISTURBANCE, word="dug")
    words = ("suspected", "confirmed", "destroyed", "reported")

    def one(number: int) -> None:
        finding = Finding(Predicate.CONDITION, "Seen.", (ground,), word=words[number])
        conclude(instance, record, finding, name=("cedar", "birch")[number % 2], version=2)

    met = at_once(4, one)
    assert met.count(SUCCESS) == 1
    assert all(isinstance(problem, StaleError) for problem in met if problem is not SUCCESS)
    with at_desk(instance, write=False) as (session, _):
        kept = session.scalars(select(Conclusion).where(Conclusion.record_id == record)).one()
    assert grave_of(instance, record)[1].value == kept.word


def test_a_conclusion_rests_on_statements_of_the_same_record(instance: Instance) -> None:
    record, source = a_record(instance, PersonFacts())
    other, _ = a_record(instance, PersonFacts())
    elsewhere = state(instance, other, source, value_en="Said of another.")
    for ground in (elsewhere, uuid4()):
        with pytest.raises(NotFoundError):
            conclude(instance, record, Finding(Predicate.NOTE, "x", (ground,), value_en="x"))


def test_what_is_restricted_stands_beside_what_all_may_read(instance: Instance) -> None:
    record, source = a_record(instance, PersonFacts(father_name="رحیم"))
    ground = state(instance, record, source, predicate=Predicate.FATHER, value_fa="کریم")
    secret = state(
        instance, record, source, name="maple", predicate=Predicate.FATHER, value_fa="راز", restricted=True
    )
    with pytest.raises(InvalidError, match="restricted too"):
        conclude(instance, record, Finding(Predicate.FATHER, "x", (secret,), value_fa="راز"), name="maple")
    with pytest.raises(RefusedError):
        conclude(instance, record, Finding(Predicate.FATHER, "x", (ground,), value_fa="x", restricted=True))
    hidden = Finding(Predicate.FATHER, "x", (secret,), value_fa="راز", restricted=True)
    conclude(instance, record, hidden, name="maple")
    conclude(instance, record, Finding(Predicate.FATHER, "y", (ground,), value_fa="کریم"))
    with at_desk(instance, "maple", write=False) as (session, by):
        found = service.find(session, record, by=by)
        assert len(concluding.conclusions(session, found, by=by)) == 2
        assert session.get_one(Person, record).father_name == "کریم"
    with at_desk(instance, "cedar", write=False) as (session, by):
        found = service.find(session, record, by=by)
        (chain,) = concluding.conclusions(session, found, by=by)
        assert [one.value_fa for one in chain] == ["کریم"]
        assert [one.value_fa for one in found.statements] == ["کریم"]
        versions = [one.version for one in service.revisions(session, record, by=by)]
    assert versions == [5, 2, 1]


def test_one_who_corrects_and_one_who_takes_off_do_not_both_succeed(instance: Instance) -> None:
    record, source = a_record(instance, PersonFacts())
    statement = state(instance, record, source, value_en="Said.")

    def one(number: int) -> None:
        with at_desk(instance, ("cedar", "birch")[number]) as (session, by):
            if number:
                service.retract(session, record, statement, by=by, version=2, note="x", now=instance.clock())
                return
            claim = Claim(Predicate.NOTE, (Cite(source),), value_en="Said otherwise.")
            service.restate(
                session, record, statement, by=by, version=2, claim=claim, note="x", now=instance.clock()
            )

    met = at_once(2, one)
    assert met.count(SUCCESS) == 1
    with at_desk(instance, write=False) as (session, _):
        left_over = session.scalar(select(func.count()).select_from(Statement)) or 0
    assert left_over == (1 if met[0] is SUCCESS else 0)


def test_a_relation_may_stand_twice_with_other_dates_and_not_with_the_same(instance: Instance) -> None:
    person, source = a_record(instance, PersonFacts())
    prison, _ = a_record(instance, PlaceFacts())

    def held(since: str, version: int) -> None:
        with at_desk(instance) as (session, by):
            service.relate(
                session,
                person,
                by=by,
                version=version,
                word=RelationKind.HELD_AT,
                other_id=prison,
                cite=Cite(source),
                bond=Bond(since=said(since)),
                note="x",
                now=instance.clock(),
            )

    held("1360", 1)
    held("1366", 2)
    with pytest.raises(InvalidError, match="already"):
        held("1366", 3)
    with at_desk(instance, write=False) as (session, _):
        kept = session.scalars(select(Relation)).all()
        assert {one.since.words for one in kept} == {"1360", "1366"}
        assert all(one.until == NOTHING for one in kept)


@pytest.mark.parametrize("word", RelationKind)
def test_a_relation_stands_between_the_kinds_that_the_table_names(word: RelationKind) -> None:
    one_side, other_side = BETWEEN[word]
    allowed = {(one, other) for one in Kind for other in Kind if may_relate(word, one, other)}
    assert allowed
    assert allowed <= {(one, other) for one in one_side for other in other_side}


def test_the_words_of_relations_and_of_parts_are_told_apart() -> None:
    assert {one.value for one in RelationKind}.isdisjoint({one.value for one in Part})
    assert all(len(one.value) <= 16 for words in (RelationKind, Part, Predicate) for one in words)
    assert {one for words in PREDICATES.values() for one in words} == set(Predicate)
    assert all(CODED.get(one) is not None for one in DECIDES[Kind.GRAVE])


def keep(instance: Instance, record: UUID, *, name: str = "cedar", version: int | None = None) -> None:
    with at_desk(instance, name) as (session, by):
        seen = version or service.find(session, record, by=by).version
        positions.keep_position(
            session,
            record,
            by=by,
            version=seen,
            exact=EXACT,
            keys=instance.keys,
            note="x",
            now=instance.clock(),
        )


def look(instance: Instance, record: UUID, *, name: str = "maple", group: Group | None = None) -> Exact:
    with at_desk(instance, name) as (session, by):
        held = by
        if group is not None:  # who holds the key of another circle alone
            held = Actor(by.id, by.name, by.role, by.seed, {group: by.seeds[group]})
        return positions.open_position(session, record, by=held)


def test_a_position_opens_for_the_case_circle_and_in_its_own_row_alone(instance: Instance) -> None:
    one, _ = a_record(instance, GraveFacts())
    other, _ = a_record(instance, GraveFacts())
    for record in (one, other):
        keep(instance, record)
    assert look(instance, one) == EXACT
    with pytest.raises(RefusedError):
        look(instance, one, group=Group.INTAKE)
    with pytest.raises(RefusedError):
        look(instance, one, name="rowan")
    assert "registry.position-look" in acts_of(instance)
    with at_desk(instance) as (session, _):
        rows = session.scalars(select(Position)).all()
        rows[0].blob, rows[1].blob = rows[1].blob, rows[0].blob
    with pytest.raises(Exception, match="does not open"):
        look(instance, one)


def test_a_position_that_is_replaced_leaves_no_key_behind(instance: Instance) -> None:
    record, _ = a_record(instance, GraveFacts())
    met = at_once(
        3, lambda number: keep(instance, record, name=("cedar", "birch", "maple")[number], version=1)
    )
    assert met.count(SUCCESS) == 1
    keep(instance, record)
    with at_desk(instance, write=False) as (session, _):
        (row,) = session.scalars(select(Position)).all()
        wraps = session.keys.scalars(select(Wrap).where(Wrap.submission_id == record)).all()
        assert {one.part_id for one in wraps} == {row.id}
        assert len(wraps) == 2
    with at_desk(instance) as (session, by):
        version = service.find(session, record, by=by).version
        positions.drop_position(session, record, by=by, version=version, note="x", now=instance.clock())
    with at_desk(instance, write=False) as (session, _):
        assert session.keys.scalars(select(Wrap).where(Wrap.submission_id == record)).all() == []
        assert session.scalars(select(Position)).all() == []


def test_positions_move_over_when_the_circles_key_is_renewed(sqlite_instance: Instance) -> None:
    record, _ = a_record(sqlite_instance, GraveFacts())
    keep(sqlite_instance, record)
    renew(sqlite_instance, Group.CASES)
    assert left(sqlite_instance, Group.CASES).wraps == 1
    move(sqlite_instance, Group.CASES)
    assert left(sqlite_instance, Group.CASES).wraps == 0
    assert look(sqlite_instance, record) == EXACT


@pytest.mark.parametrize("point", [(91, 0, None), (0, 181, None), (float("nan"), 0, None), (0, 0, 0)])
def test_a_position_that_is_nowhere_is_refused(point: tuple[float, float, int | None]) -> None:
    with pytest.raises(InvalidError):
        Exact(*point)


PERIODS = st.builds(
    lambda days, calendar, words: between(words, calendar, *sorted(days)),
    st.tuples(st.dates(date(1600, 1, 1), date(2100, 1, 1)), st.dates(date(1600, 1, 1), date(2100, 1, 1))),
    st.sampled_from(Calendar),
    st.text(max_size=200),
)


@given(PERIODS | st.text(max_size=60).map(said))
def test_a_fact_that_was_decided_is_put_back_as_it_was(period: Period) -> None:
    record = Record(kind=Kind.PERSON)
    facts.set_facts(record, PersonFacts(birth=period, father_name="رحیم"))
    for field, value in (("birth", said("1340")), ("father_name", "کریم")):
        before = facts.decide(record, field, value)
        assert getattr(facts.facts_of(record), field) == value
        facts.undecide(record, field, before)
    assert facts.facts_of(record) == PersonFacts(birth=period, father_name="رحیم")


@given(st.text(max_size=120))
def test_any_words_are_kept_as_they_are(text: str) -> None:
    period = said(text)
    assert period.words == text.strip()
    if period.earliest and period.latest:
        assert period.earliest <= period.latest


@pytest.mark.parametrize(
    ("words", "edtf"),
    [
        ("Mordad 67", "1988-07-23/1988-08-22"),
        ("حدود ۱۳۶۷", "1988-03-21~/1989-03-20~"),
        ("پیش از مرداد ۶۷", "../1988-07-22"),
        ("15 August 1988", "1988-08-15"),
        ("آذر همان سال", ""),
    ],
)
def test_a_date_goes_out_as_edtf(words: str, edtf: str) -> None:
    assert said(words).edtf == edtf


def test_what_leans_on_another_date_is_only_proposed() -> None:
    near = said("تیر ۱۳۶۱")
    offered = proposed("آذر همان سال", near)
    assert offered
    assert offered.edtf == "1982-11-22/1982-12-21"
    assert proposed("آذر همان سال", NOTHING) is None
    assert proposed("آذر ۱۳۶۱", near) is None
    assert said("آذر همان سال") == Period("آذر همان سال")
    day = between("", Calendar.SOLAR, date(1988, 8, 1), date(1988, 8, 1))
    assert (day.precision, day.qualifier) == (Precision.DAY, Qualifier.NONE)


def test_a_source_needs_its_title_when_it_is_corrected(instance: Instance) -> None:
    record, source = a_record(instance, PersonFacts())
    with at_desk(instance) as (session, by):
        with pytest.raises(InvalidError, match="title"):
            service.edit_source(session, source, by=by, kind=SourceKind.BOOK, title=" ")
        with pytest.raises(NotFoundError):
            service.edit_source(session, record, by=by, kind=SourceKind.BOOK, title="x")
        assert session.get_one(Source, source).title


def test_evidence_for_links_knows_nothing_of_what_is_restricted(sqlite_instance: Instance) -> None:
    person, source = a_record(sqlite_instance, PersonFacts())
    prison, _ = a_record(sqlite_instance, PlaceFacts())
    state(
        sqlite_instance,
        person,
        source,
        name="maple",
        predicate=Predicate.FATE,
        value_en="Killed.",
        date=said("Mordad 67"),
        restricted=True,
    )
    with at_desk(sqlite_instance, "maple") as (session, by):
        service.relate(
            session,
            person,
            by=by,
            version=2,
            word=RelationKind.HELD_AT,
            other_id=prison,
            cite=Cite(source),
            bond=Bond(restricted=True),
            note="x",
            now=sqlite_instance.clock(),
        )
    seen = {}
    for name in ("maple", "cedar"):
        with at_desk(sqlite_instance, name, write=False) as (session, by):
            record = service.find(session, person, by=by)
            found = gathering.facts_of(session, [record], by=by, linked=())[person]
            seen[name] = (len(found.places), len(found.dated))
    assert seen == {"maple": (1, 1), "cedar": (0, 0)}
