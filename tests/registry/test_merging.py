"""Two records found to be one lose nothing, and are two again as they were."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from builders import Instance
from cases import at_desk, at_once
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, PortalError, RefusedError, StaleError
from portal.registry import around, beside, merging, service, wholes
from portal.registry.judgement_models import Judgement, Sameness
from portal.registry.models import Record, Revision
from portal.registry.records import Cite, Facts, PersonFacts, PlaceFacts, Spelling
from portal.registry.vocabulary import Kind, PlaceKind, RelationKind, SourceKind
from portal.staff.actor import Actor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def add(
    session: PortalSession,
    by: Actor,
    *names: str,
    restricted: bool = False,
    facts: Facts | None = None,
) -> UUID:
    return service.add(
        session,
        by=by,
        names=[Spelling(one) for one in names],
        facts=facts or PersonFacts(),
        note="",
        now=NOW,
        restricted=restricted,
    ).id


def seen(session: PortalSession, by: Actor, record_id: UUID) -> tuple[UUID, int]:
    return record_id, service.find(session, record_id, by=by).version


def say(
    session: PortalSession,
    by: Actor,
    kept: UUID,
    other: UUID,
    sameness: Sameness = Sameness.SAME,
    reason: str = "one father",
) -> Judgement:
    return merging.judge(
        session,
        by=by,
        kept=seen(session, by, kept),
        other=seen(session, by, other),
        sameness=sameness,
        reason=reason,
        now=NOW,
    )


def agree(session: PortalSession, by: Actor, row: Judgement) -> None:
    versions = seen(session, by, row.kept_id)[1], seen(session, by, row.other_id)[1]
    merging.second(session, row.id, by=by, versions=versions, now=NOW)


def merge(session: PortalSession, by: Actor, second: Actor, kept: UUID, other: UUID) -> Judgement:
    row = say(session, by, kept, other)
    if row.waits:
        agree(session, second, row)
    return row


def parts(session: PortalSession, by: Actor, record_id: UUID) -> tuple[UUID, ...]:
    return wholes.whole(session, record_id, by=by).parts


def contents(session: PortalSession) -> dict[tuple[str, str], str]:
    """Every row of the registry but the decisions themselves, as text."""
    found = {}
    for model in (Record, Revision):
        for row in session.scalars(select(model)):
            found[model.__tablename__, str(row.id)] = repr(
                [(column.key, getattr(row, column.key)) for column in model.__table__.columns]
            )
    return found


def test_two_people_say_that_two_are_one_and_either_takes_it_back(
    session: PortalSession, reviewer: Actor, lead: Actor
) -> None:
    one, other = add(session, reviewer, "Omid Rastegar"), add(session, reviewer, "امید رستگار")
    before = contents(session)
    row = say(session, reviewer, one, other)
    assert row.waits
    assert parts(session, reviewer, other) == (other,)
    with pytest.raises(RefusedError):
        agree(session, reviewer, row)
    agree(session, lead, row)
    assert parts(session, reviewer, other) == (one, other) == parts(session, reviewer, one)
    merging.withdraw(session, row.id, by=reviewer, reason="two brothers", now=NOW)
    assert parts(session, reviewer, one) == (one,)
    assert contents(session) == before
    assert (row.reason, row.seconded_by, row.withdrawn_reason) == ("one father", "Plane", "two brothers")
    with pytest.raises(StaleError):
        merging.withdraw(session, row.id, by=lead, reason="again", now=NOW)


def test_whoever_reads_finds_one_record_under_every_name_of_both(
    session: PortalSession, reviewer: Actor, lead: Actor
) -> None:
    one, other = add(session, reviewer, "Omid Rastegar"), add(session, reviewer, "بهروز شادی")
    merge(session, reviewer, lead, one, other)
    assert [found.id for found in service.search(session, by=reviewer, text="بهروز شادی")] == [one]
    assert [found.id for found in service.search(session, by=reviewer, text="Rastegar")] == [one]
    assert [found.id for found in service.browse(session, by=reviewer).records] == [one]
    (told,) = beside.others_of(session, service.find(session, one, by=reviewer), by=reviewer)
    assert told.record.id == other


def test_what_is_added_to_either_meanwhile_stays_with_it(
    session: PortalSession, reviewer: Actor, lead: Actor
) -> None:
    one, other = add(session, reviewer, "Omid Rastegar"), add(session, reviewer, "Behruz Shadi")
    row = merge(session, reviewer, lead, one, other)
    service.edit(
        session,
        other,
        by=reviewer,
        version=1,
        names=[Spelling("Behruz Shadi"), Spelling("Behrouz Shadi")],
        facts=PersonFacts(origin="Rasht"),
        note="",
        now=NOW,
    )
    merging.withdraw(session, row.id, by=lead, reason="two", now=NOW)
    record = service.find(session, other, by=reviewer)
    assert [name.text for name in record.names] == ["Behruz Shadi", "Behrouz Shadi"]
    assert len(service.revisions(session, other, by=reviewer)) == 2
    assert len(service.find(session, one, by=reviewer).names) == 1


def test_chains_are_taken_apart_in_any_order(session: PortalSession, reviewer: Actor, lead: Actor) -> None:
    a, b, c = (add(session, reviewer, name) for name in ("Omid One", "Omid Two", "Omid Three"))
    first, second = merge(session, reviewer, lead, b, a), merge(session, reviewer, lead, c, b)
    assert parts(session, reviewer, a)[0] == c
    assert set(parts(session, reviewer, a)) == {a, b, c}
    merging.withdraw(session, second.id, by=lead, reason="no", now=NOW)
    assert parts(session, reviewer, a) == (b, a)
    assert parts(session, reviewer, c) == (c,)
    second = merge(session, reviewer, lead, c, a)
    merging.withdraw(session, first.id, by=lead, reason="no", now=NOW)
    assert parts(session, reviewer, b) == (b,)
    assert parts(session, reviewer, a) == (c, a)


def test_what_is_one_already_is_not_made_one_again_either_way_round(
    session: PortalSession, reviewer: Actor, lead: Actor
) -> None:
    a, b, c = (add(session, reviewer, name) for name in ("Omid One", "Omid Two", "Omid Three"))
    merge(session, reviewer, lead, b, a)
    merge(session, reviewer, lead, c, b)
    for kept, other in ((a, b), (b, a), (a, c), (c, a)):
        with pytest.raises(StaleError):
            say(session, lead, kept, other)
    with pytest.raises(InvalidError):
        say(session, reviewer, a, a)


def test_that_two_are_not_the_same_is_remembered_between_all_that_is_one_with_them(
    session: PortalSession, reviewer: Actor, lead: Actor
) -> None:
    a, b, c = (add(session, reviewer, name) for name in ("Omid One", "Omid Two", "Omid Three"))
    apart = say(session, reviewer, a, b, Sameness.APART, "other fathers")
    for kept, other in ((a, b), (b, a)):
        with pytest.raises(InvalidError, match="not the same"):
            say(session, lead, kept, other)
    merge(session, reviewer, lead, c, b)
    with pytest.raises(InvalidError, match="not the same"):
        say(session, lead, c, a)
    merging.withdraw(session, apart.id, by=lead, reason="one father after all", now=NOW)
    assert set(parts(session, lead, merge(session, reviewer, lead, c, a).kept_id)) == {a, b, c}


def test_a_decision_needs_its_reason_leave_and_the_versions_that_were_looked_at(
    session: PortalSession, reviewer: Actor, lead: Actor, administrator: Actor
) -> None:
    one, other = add(session, reviewer, "Omid Rastegar"), add(session, reviewer, "Omid Rastgar")
    place = add(session, reviewer, "Omid", facts=PlaceFacts(PlaceKind.CITY))
    with pytest.raises(InvalidError):
        say(session, reviewer, one, other, reason="  ")
    with pytest.raises(RefusedError):
        say(session, administrator, one, other)
    with pytest.raises(InvalidError):
        say(session, reviewer, one, place)
    with pytest.raises(StaleError):
        merging.judge(
            session,
            by=reviewer,
            kept=(one, 1),
            other=(other, 7),
            sameness=Sameness.SAME,
            reason="x",
            now=NOW,
        )
    row = say(session, reviewer, one, other)
    with pytest.raises(StaleError):
        merging.second(session, row.id, by=lead, versions=(1, 2), now=NOW)


def test_places_are_one_by_one_persons_word(session: PortalSession, reviewer: Actor) -> None:
    one = add(session, reviewer, "Gohardasht", facts=PlaceFacts(PlaceKind.PRISON))
    other = add(session, reviewer, "Rajai Shahr", facts=PlaceFacts(PlaceKind.PRISON))
    assert say(session, reviewer, one, other).holds


def test_whoever_may_not_see_a_part_sees_the_others_as_if_nothing_had_been_decided(
    session: PortalSession, reviewer: Actor, lead: Actor
) -> None:
    other_lead = Actor(UUID(int=5), "Yew", lead.role)
    one, last = add(session, reviewer, "Omid Rastegar"), add(session, reviewer, "Omid Rastgar")
    hidden = add(session, lead, "پنهان سری", restricted=True)
    seen_before = [one.id for one in service.browse(session, by=reviewer).records]
    into_hidden = merge(session, lead, other_lead, hidden, one)
    merge(session, lead, other_lead, last, hidden)
    assert set(parts(session, lead, one)) == {one, hidden, last}
    assert parts(session, reviewer, one) == (one,)
    assert parts(session, reviewer, last) == (last,)
    assert [one.id for one in service.browse(session, by=reviewer).records] == seen_before
    assert service.search(session, by=reviewer, text="پنهان سری") == []
    assert merging.of_record(session, one, by=reviewer) == []
    assert beside.others_of(session, service.find(session, one, by=reviewer), by=reviewer) == []
    with pytest.raises(NotFoundError):
        merging.withdraw(session, into_hidden.id, by=reviewer, reason="x", now=NOW)
    with pytest.raises(NotFoundError):
        merging.judge(
            session,
            by=reviewer,
            kept=(one, 1),
            other=(hidden, 1),
            sameness=Sameness.SAME,
            reason="x",
            now=NOW,
        )
    # What they may decide on, they decide as if the hidden one were not there.
    assert say(session, reviewer, last, one).waits


def test_one_that_becomes_restricted_leaves_the_whole_for_those_who_may_not_see_it(
    session: PortalSession, reviewer: Actor, lead: Actor
) -> None:
    one, other = add(session, reviewer, "Omid Rastegar"), add(session, reviewer, "Omid Rastgar")
    merge(session, reviewer, lead, one, other)
    service.edit(
        session,
        one,
        by=lead,
        version=1,
        names=[Spelling("Omid Rastegar")],
        facts=PersonFacts(),
        note="",
        now=NOW,
        restricted=True,
    )
    assert [each.id for each in service.browse(session, by=reviewer).records] == [other]
    assert parts(session, lead, other) == (one, other)


def test_ties_of_others_lead_to_the_one_that_stands_for_both(
    session: PortalSession, reviewer: Actor, lead: Actor
) -> None:
    one, other = add(session, reviewer, "Omid Rastegar"), add(session, reviewer, "Omid Rastgar")
    sister = add(session, reviewer, "Mina Rastegar")
    source = service.add_source(
        session, by=reviewer, kind=SourceKind.BOOK, title="A book", author="", year=None, address=""
    )
    service.relate(
        session,
        sister,
        by=reviewer,
        version=1,
        word=RelationKind.SIBLING_OF,
        other_id=other,
        cite=Cite(source.id),
        note="",
        now=NOW,
    )
    merge(session, reviewer, lead, one, other)
    (told,) = beside.others_of(session, service.find(session, one, by=reviewer), by=reviewer)
    assert [tie.other.id for tie in told.relations] == [sister]
    assert [tie.other.id for tie in around.relations(session, told.record, by=reviewer)] == [sister]


# Two at once, on both databases


def _two(instance: Instance) -> tuple[UUID, UUID]:
    with at_desk(instance) as (session, by):
        return add(session, by, "Omid Rastegar"), add(session, by, "Omid Rastgar")


def test_of_two_who_say_it_at_once_one_is_heard(instance: Instance) -> None:
    one, other = _two(instance)

    def act(number: int) -> None:
        with at_desk(instance, ("cedar", "birch")[number]) as (session, by):
            say(session, by, *((one, other), (other, one))[number])

    outcomes = at_once(2, act)
    assert [type(one) for one in outcomes if one] == [StaleError]


def test_agreeing_and_taking_back_at_once_leaves_one_truth(instance: Instance) -> None:
    one, other = _two(instance)
    with at_desk(instance) as (session, by):
        row_id = say(session, by, one, other).id

    def act(number: int) -> None:
        with at_desk(instance, ("birch", "cedar")[number]) as (session, by):
            if number:
                merging.withdraw(session, row_id, by=by, reason="no", now=NOW)
            else:
                merging.second(session, row_id, by=by, versions=(1, 1), now=NOW)

    outcomes = at_once(2, act)
    assert outcomes[1] is None
    assert outcomes[0] is None or isinstance(outcomes[0], StaleError)
    with at_desk(instance) as (session, by):
        row = session.get_one(Judgement, row_id)
        assert (row.holds, row.stands) == (False, False)
        assert parts(session, by, one) == (one,)


def test_an_edit_and_a_merge_at_once_lose_nothing(instance: Instance) -> None:
    one, other = _two(instance)

    def act(number: int) -> None:
        with at_desk(instance, ("birch", "cedar")[number]) as (session, by):
            if number:
                ends = {"kept": (one, 1), "other": (other, 1)}
                merging.judge(session, by=by, **ends, sameness=Sameness.SAME, reason="x", now=NOW)
            else:
                _edit(session, by, other, {other: 0})

    outcomes = at_once(2, act)
    assert outcomes[0] is None
    assert outcomes[1] is None or isinstance(outcomes[1], StaleError)
    with at_desk(instance) as (session, by):
        record = service.find(session, other, by=by)
        assert record.person is not None
        assert record.person.origin == "Town 1"


# Whatever the order

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["same", "apart", "unsure", "agree", "back", "edit"]),
        st.integers(0, 4),
        st.integers(0, 4),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_decided_and_taken_back_every_record_says_what_it_was_given(
    session: PortalSession, reviewer: Actor, lead: Actor, steps: list[tuple[str, int, int]]
) -> None:
    records = [add(session, reviewer, f"Omid Number{place}") for place in range(5)]
    rows: list[Judgement] = []
    edits = dict.fromkeys(records, 0)
    for what, one, other in steps:
        try:
            if what == "edit":
                _edit(session, reviewer, records[one], edits)
            elif what in {"agree", "back"}:
                row = rows[(one + other) % len(rows)] if rows else None
                if row is not None and what == "agree":
                    agree(session, lead, row)
                elif row is not None:
                    merging.withdraw(session, row.id, by=lead, reason="no", now=NOW)
            else:
                rows.append(say(session, reviewer, records[one], records[other], Sameness(what)))
        except PortalError:
            continue
    for record_id in records:
        record = service.find(session, record_id, by=reviewer)
        assert record.person is not None
        assert record.person.origin == (f"Town {edits[record_id]}" if edits[record_id] else "")
        together = parts(session, reviewer, record_id)
        assert all(set(parts(session, reviewer, each)) == set(together) for each in together)
        assert len({parts(session, reviewer, each)[0] for each in together}) == 1
    for row in rows:
        if row.stands:
            merging.withdraw(session, row.id, by=lead, reason="all", now=NOW)
    assert all(parts(session, reviewer, each) == (each,) for each in records)


def _edit(session: PortalSession, by: Actor, record_id: UUID, edits: dict[UUID, int]) -> None:
    record = service.find(session, record_id, by=by)
    edits[record_id] += 1
    service.edit(
        session,
        record_id,
        by=by,
        version=record.version,
        names=[Spelling(record.names[0].text)],
        facts=PersonFacts(origin=f"Town {edits[record_id]}"),
        note="",
        now=NOW,
    )


def test_a_list_of_what_waits_holds_nothing_of_what_is_hidden(
    session: PortalSession, reviewer: Actor, lead: Actor
) -> None:
    one, other = add(session, reviewer, "Omid Rastegar"), add(session, lead, "Omid Secret", restricted=True)
    row = say(session, lead, one, other)
    assert merging.waiting(session, by=reviewer) == []
    assert [each.id for each in merging.waiting(session, by=lead)] == [row.id]
    assert service.find(session, one, by=reviewer).kind is Kind.PERSON
