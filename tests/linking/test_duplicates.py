"""Persons who may stand twice are found with reasons, and nothing of what is hidden is told by it."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from builders import Instance
from cases import at_desk, at_once
from sqlalchemy import select

from portal.database import PortalSession
from portal.linking import duplicates, newcomers
from portal.linking.evidence import Stretch
from portal.linking.likeness import Entry, Likenesses, Sort
from portal.registry import merging
from portal.registry import service as registry
from portal.registry.judgement_models import Sameness
from portal.registry.models import Likeness
from portal.registry.records import PersonFacts, Spelling
from portal.registry.vocabulary import Sex
from portal.staff.actor import Actor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CROWD = [
    Entry(uuid4(), (f"{given} {family}",), father="Karim")
    for given in ("Ali", "Reza", "Hassan", "Mina", "Sara", "Nasrin", "Behruz", "Kaveh")
    for family in ("Moradi", "Karimi", "Ahmadi", "Hosseini", "Sadeghi", "Rahimi", "Jafari", "Kazemi")
]


def weigh(one: Entry, other: Entry) -> tuple[float, set[Sort], set[Sort]]:
    """What two weigh among a crowd, and what speaks for it and against it."""
    found = [
        pair
        for pair in Likenesses([one, other, *CROWD], total=2000).pairs(least=-1000)
        if (pair.one, pair.other) == (0, 1)
    ]
    if not found:
        return -1000, set(), set()
    (pair,) = found
    agreeing = {sign.sort for sign in pair.signs if sign.weight > 0}
    return pair.weight, agreeing, {sign.sort for sign in pair.signs if sign.weight < 0}


def person(*names: str, **known: object) -> Entry:
    return Entry(uuid4(), names, **known)  # type: ignore[arg-type] # fields of Entry


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Omid Rastegar", "امید رستگار"),
        ("امید رستگار", "رستگار امید"),
        ("Omid Rastegar", "Omeed Rastgar"),
        ("علی اکبر رستگار", "علی‌اکبر رستگار"),
        ("Dr. Omid Rastegar", "Omid Rastegar"),
    ],
)
def test_one_name_in_two_spellings_is_found(one: str, other: str) -> None:
    weight, agreeing, _ = weigh(person(one), person(other))
    assert Sort.NAME in agreeing
    assert weight > 0


def test_what_contradicts_weighs_against_and_what_agrees_for() -> None:
    one, other = person("Omid Rastegar"), person("Omid Rastegar")
    plain = weigh(one, other)[0]
    father = weigh(person("Omid Rastegar", father="Jalal"), person("Omid Rastegar", father="جلال"))
    assert father[0] > plain
    assert Sort.FATHER in father[1]
    apart = weigh(
        person("Omid Rastegar", father="Jalal", birth=_year(1958)),
        person("Omid Rastegar", father="Mansur", birth=_year(1931)),
    )
    assert apart[0] < 0 < plain
    assert apart[2] == {Sort.FATHER, Sort.BIRTH}
    assert weigh(person("Omid Rastegar", sex=Sex.MALE), person("Omid Rastegar", sex=Sex.FEMALE))[0] < plain


def _year(year: int) -> Stretch:
    return Stretch(date(year, 1, 1), date(year, 12, 31), str(year))


def test_brothers_are_not_one_and_what_a_source_tells_apart_is_never_offered() -> None:
    brother = uuid4()
    one = Entry(uuid4(), ("Omid Rastegar",), father="Jalal", kin=frozenset({brother}))
    other = Entry(brother, ("Behruz Rastegar",), father="Jalal", kin=frozenset({one.id}))
    assert weigh(one, other)[0] < 0
    told = Entry(uuid4(), ("Omid Rastegar",), apart=frozenset({one.id}))
    assert weigh(one, told) == (-1000, set(), set())


def test_a_crowd_of_one_name_is_compared_by_what_else_is_known() -> None:
    crowd = [person("Ali Mohammadi", father=f"Father{'abcdefghij'[place % 10]}") for place in range(60)]
    twins = [person("Ali Mohammadi", father="Siavash"), person("علی محمدی", father="سیاوش")]
    pairs = [*Likenesses([*twins, *crowd]).pairs(least=-1000)]
    assert (0, 1) in {(pair.one, pair.other) for pair in pairs}
    assert len(pairs) < 60 * 59 / 2


# In the registry


def add(session: PortalSession, by: Actor, *names: str, restricted: bool = False, father: str = "") -> UUID:
    return registry.add(
        session,
        by=by,
        names=[Spelling(one) for one in names],
        facts=PersonFacts(father_name=father),
        note="",
        now=NOW,
        restricted=restricted,
    ).id


def look(session: PortalSession, by: Actor) -> None:
    duplicates.look(session, by=by, clock=lambda: NOW)


def queued(session: PortalSession, by: Actor) -> list[set[UUID]]:
    return [{one.one.id, one.other.id} for one in duplicates.queue(session, by=by)[0]]


def test_the_queue_has_the_strongest_first_and_forgets_what_was_decided(instance: Instance) -> None:
    with at_desk(instance) as (session, by):
        strong = (
            add(session, by, "امید رستگار", father="جلال"),
            add(session, by, "Omid Rastegar", father="Jalal"),
        )
        weak = add(session, by, "Behruz Shadi"), add(session, by, "بهروز شادی")
        assert duplicates.standing(session, by=by) is None
        look(session, by)
        assert queued(session, by) == [set(strong), set(weak)]
        first = duplicates.queue(session, by=by)[0][0]
        assert {sign.sort for sign in first.signs} == {Sort.NAME, Sort.FATHER}
        row = merging.judge(
            session,
            by=by,
            kept=(strong[0], 1),
            other=(strong[1], 1),
            sameness=Sameness.APART,
            reason="cousins",
            now=NOW,
        )
        assert queued(session, by) == [set(weak)]
        look(session, by)
        assert queued(session, by) == [set(weak)]
        merging.withdraw(session, row.id, by=by, reason="one", now=NOW)
        assert queued(session, by) == [set(strong), set(weak)]
        standing = duplicates.standing(session, by=by)
        assert standing is not None
        assert (standing.persons, standing.changed) == (4, False)
    with at_desk(instance) as (session, by):
        add(session, by, "Mina Rastegar")
        standing = duplicates.standing(session, by=by)
        assert standing is not None
        assert standing.changed


def test_what_is_hidden_changes_nothing_for_those_who_may_not_know_it(instance: Instance) -> None:
    with at_desk(instance, "maple") as (session, lead):
        open_to_all = add(session, lead, "Omid Rastegar"), add(session, lead, "امید رستگار")
        look(session, lead)
        before = {
            (row.one_id, row.other_id): row.weight for row in session.query(Likeness).populate_existing()
        }
    with at_desk(instance, "maple") as (session, lead):
        hidden = add(session, lead, "Omid Rastegar", restricted=True)
        add(session, lead, "Omid Rastegaar", restricted=True)
        look(session, lead)
        after = {
            (row.one_id, row.other_id): row.weight for row in session.query(Likeness).populate_existing()
        }
        assert before.items() <= after.items()
        assert any(hidden in pair for pair in queued(session, lead))
    with at_desk(instance) as (session, by):
        assert queued(session, by) == [set(open_to_all)]


def test_those_who_are_one_are_offered_no_more_nor_twice(instance: Instance) -> None:
    with at_desk(instance) as (session, by):
        one, other, third = (
            add(session, by, name) for name in ("Omid Rastegar", "امید رستگار", "Omeed Rastgar")
        )
        look(session, by)
        assert len(queued(session, by)) == 3
        row = merging.judge(
            session,
            by=by,
            kept=(one, 1),
            other=(other, 1),
            sameness=Sameness.SAME,
            reason="one father",
            now=NOW,
        )
    with at_desk(instance, "birch") as (session, by):
        merging.second(session, row.id, by=by, versions=(1, 1), now=NOW)
        assert queued(session, by) == [{one, third}]


def test_two_who_look_at_once_find_the_same_once(instance: Instance) -> None:
    with at_desk(instance) as (session, by):
        twins = add(session, by, "Omid Rastegar"), add(session, by, "امید رستگار")

    def act(number: int) -> None:
        with at_desk(instance, ("cedar", "birch")[number]) as (session, by):
            look(session, by)

    assert at_once(2, act) == [None, None]
    with at_desk(instance) as (session, by):
        assert queued(session, by) == [set(twins)]


def test_a_large_registry_is_looked_through_beside_the_requests(instance: Instance) -> None:
    with at_desk(instance) as (session, by):
        twins = add(session, by, "Omid Rastegar"), add(session, by, "امید رستگار")
    duplicates.look_beside(instance.database.main, 2, lambda: NOW)
    with at_desk(instance) as (session, by):
        assert queued(session, by) == [set(twins)]
        standing = duplicates.standing(session, by=by)
        assert standing is not None
        assert standing.ended


def test_what_is_looked_through_is_counted_without_the_restricted(sqlite_instance: Instance) -> None:
    with at_desk(sqlite_instance) as (session, by):
        for name in ("Omid Rastegar", "Mina Roshan"):
            add(session, by, name)
    with at_desk(sqlite_instance, "maple") as (session, by):
        add(session, by, "Hidden Person", restricted=True)
        look(session, by)
        told = duplicates.standing(session, by=by)
        assert told is not None
        assert told.persons == 2


def test_a_new_or_changed_person_is_compared_without_looking_the_whole_through(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at_desk(instance, "maple") as (session, by):
        first = add(session, by, "امید رستگار", father="جلال")
        for name in ("Mina Roshan", "Kaveh Shirazi", "Behruz Shadi"):
            add(session, by, name)
        shut = add(session, by, "Mina Rowshan", restricted=True)
        look(session, by)
        before = queued(session, by)
    monkeypatch.setattr(duplicates, "AT_ONCE", 0)
    monkeypatch.setattr(duplicates, "find", None)
    with at_desk(instance, "maple") as (session, by):
        twin = add(session, by, "Omid Rastegar")
        other = add(session, by, "Nobody Else")
    for _ in range(2):  # the second time one of them has changed
        with at_desk(instance, "maple") as (session, by):
            assert duplicates.begin(session, by=by, clock=lambda: NOW) is None
            assert {first, twin} in queued(session, by)
            assert len(queued(session, by)) == len(before) + 1
            record = registry.find(session, other, by=by)
            facts = PersonFacts(father_name="Reza")
            registry.edit(
                session,
                other,
                by=by,
                version=record.version,
                names=[Spelling("Nobody Else")],
                facts=facts,
                note="",
                now=NOW,
            )
    with at_desk(instance, "cedar") as (session, by):
        assert not any(shut in pair for pair in queued(session, by))
        assert {first, twin} in queued(session, by)


def test_many_changes_or_none_are_looked_for_among_all(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "AT_ONCE", 0)
    monkeypatch.setattr(newcomers, "MOST", 1)
    with at_desk(sqlite_instance) as (session, by):
        add(session, by, "Omid Rastegar")
        assert duplicates.begin(session, by=by, clock=lambda: NOW) == 1
    duplicates.look_beside(sqlite_instance.database.main, 1, lambda: NOW)
    with at_desk(sqlite_instance) as (session, by):
        assert duplicates.begin(session, by=by, clock=lambda: NOW) == 1
    duplicates.look_beside(sqlite_instance.database.main, 1, lambda: NOW)
    with at_desk(sqlite_instance) as (session, by):
        for name in ("امید رستگار", "Mina Roshan"):
            add(session, by, name)
    with at_desk(sqlite_instance) as (session, by):
        assert duplicates.begin(session, by=by, clock=lambda: NOW) == 3


def test_a_pair_weighs_nearly_the_same_compared_alone_and_among_all(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [
        f"{given} {family}" for given in ("Ali", "Reza", "Mina") for family in ("Moradi", "Karimi", "Sadr")
    ]
    with at_desk(sqlite_instance) as (session, by):
        for name in names:
            add(session, by, name)
        look(session, by)
    with at_desk(sqlite_instance) as (session, by):
        add(session, by, "علی مرادی", father="کریم")
    monkeypatch.setattr(duplicates, "AT_ONCE", 0)
    with at_desk(sqlite_instance) as (session, by):
        assert duplicates.begin(session, by=by, clock=lambda: NOW) is None
        alone = session.scalars(select(Likeness.weight).order_by(Likeness.weight.desc())).all()
    duplicates.look_beside(sqlite_instance.database.main, 10, lambda: NOW)
    with at_desk(sqlite_instance) as (session, by):
        among = session.scalars(select(Likeness.weight).order_by(Likeness.weight.desc())).all()
    assert alone
    assert alone == pytest.approx(among, abs=15)
