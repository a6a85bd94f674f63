"""Where and when the registry's victims stand in public lists: nothing restricted, one person once."""

from datetime import date

from builders import NOON, Instance
from cases import a_person
from coded import accounts, look, prison_ids
from sqlalchemy import select

from portal.registry.judgement_models import Judgement, Sameness
from portal.registry.models import Person, Record, Relation, Source, Statement
from portal.registry.vocabulary import PersonRole, Predicate, RelationKind
from portal.release import service
from portal.release.columns import Choice
from portal.release.hierarchies import MISSING
from portal.release.listed import Listed, listed
from portal.release.policy import ColumnRole
from portal.release.preparing import NO_LIST

MORDAD = (date(1988, 7, 25), date(1988, 8, 10))


def test_a_victim_stands_where_they_were_held_and_when_they_died(sqlite_instance: Instance) -> None:
    persons = [a_person(sqlite_instance, name) for name in ("Behrang One", "Behrang Two", "Behrang Three")]
    with sqlite_instance.database.session(write=True) as session:
        prisons = prison_ids(session)
        source = session.scalars(select(Source)).first()
        assert source is not None
        for person in session.scalars(select(Person)):
            person.role = PersonRole.VICTIM if person.record_id in persons else PersonRole.OTHER

        def held(person: int, prison: str, *, restricted: bool | None = None) -> None:
            session.add(
                Relation(
                    from_id=persons[person],
                    to_id=prisons[prison],
                    kind=RelationKind.HELD_AT,
                    source_id=source.id,
                    restricted=restricted,
                )
            )

        held(0, "evin")
        held(1, "evin")
        held(1, "gohardasht")
        held(2, "evin", restricted=True)
        session.add(
            Statement(
                record_id=persons[0],
                position=99,
                predicate=Predicate.FATE,
                earliest=MORDAD[0],
                latest=MORDAD[1],
            )
        )
        session.flush()
        unknown = Listed(MISSING, MISSING)
        assert sorted(listed(session)) == sorted([Listed(str(prisons["evin"]), "1367-05"), unknown, unknown])
        said = {"kept_id": persons[0], "other_id": persons[2], "kept_version": 1, "other_version": 1}
        by = {"author_id": persons[0], "author": "cedar", "reason": "one person", "day": NOON.date()}
        session.add(Judgement(**said, **by, sameness=Sameness.SAME, holds=True))
        session.get_one(Record, persons[1]).restricted = True
        session.flush()
        assert listed(session) == (Listed(str(prisons["evin"]), "1367-05"),)


def test_where_the_registry_lists_nobody_the_lead_reads_what_to_do(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 40)
    with sqlite_instance.database.session(write=True) as session:
        for person in session.scalars(select(Person)):
            person.role = PersonRole.OTHER
        assert listed(session) == ()
        made = service.request(
            session,
            by=sqlite_instance.actor("rowan", session),
            purpose="a study",
            recipient="a university",
            asked=Choice({"prison": ColumnRole.QUASI}, 5, delta=0.5),
            now=sqlite_instance.clock(),
        ).id
    assert look(sqlite_instance, made).trouble == NO_LIST
