"""The public part leaves, nothing else does, and it comes home as it left."""

import json
import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from builders import NOON, an_instance
from exchanged import House
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from portal.database import Base
from portal.registry import periods, service
from portal.registry.exchange import leaving
from portal.registry.exchange.exporting import Values, records, ties
from portal.registry.exchange.fields import fields_of
from portal.registry.exchange.leaving import Sort
from portal.registry.exchange.models import ImportRun
from portal.registry.exchange.publications import source_named
from portal.registry.models import Name, Record, Source
from portal.registry.records import Cite, Claim, PersonFacts, PlaceFacts, Spelling
from portal.registry.starter import load_starter
from portal.registry.vocabulary import (
    Kind,
    Living,
    NameKind,
    PersonRole,
    PlaceKind,
    Predicate,
    RelationKind,
    Sex,
)

OWN = {"code", "place", "source", "locator"}


def told(house: House) -> list[tuple[str, ...]]:
    """What the public part says, without ids: comparable between two instances."""
    with house.open(write=False) as (session, _):
        found = [one.values for one in records(session)]
        tied = [one.values for one in ties(session)]
    names = {one["code"][0]: next(one[key][0] for key in one if key.startswith("name.")) for one in found}
    lines = [line(one, names) for one in found] + [line(one, names) for one in tied]
    return sorted(lines)


def line(values: Values, names: dict[str, str]) -> tuple[str, ...]:
    kept = {key: sorted(several) for key, several in values.items() if key not in OWN}
    for key in ("place", "tie.from", "tie.to"):
        if key in values:
            kept[key] = [names.get(values[key][0], "?")]
    return tuple(f"{key}={several}" for key, several in sorted(kept.items()))


def files(house: House, sort: Sort) -> dict[str, bytes]:
    """The files of an export by their names, in the order in which they are brought in."""
    with house.open(write=False) as (session, _):
        if sort is Sort.FTM:
            return {"ftm": "".join(leaving.entities(session)).encode()}
        made = {name: "".join(rows).encode("utf-8-sig") for name, rows in leaving.tables(session)}
        return dict(sorted(made.items()))


def out(house: House, sort: Sort) -> bytes:
    return b"".join(files(house, sort).values())


def bring(house: House, given: dict[str, bytes]) -> list[ImportRun]:
    return [house.bring(one) for one in given.values()]


def emptied(house: House) -> None:
    with house.instance.database.main.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name.startswith("registry_") and table.name != "registry_source":
                connection.execute(delete(table))


letters = st.characters(categories=["L", "Nd", "P"], include_characters=" =+-@|;,'\"‌")
texts = st.text(letters, min_size=1, max_size=30).map(lambda text: " ".join(text.split()))
named = texts.filter(lambda text: any(letter.isalpha() for letter in text))
dates = st.sampled_from(["", "۱۳۴۰", "بهار ۱۳۶۷", "1961", "1961-07-27", "۵ مرداد ۶۷", "نامعلوم"]).map(
    periods.said
)
facts = st.builds(
    PersonFacts,
    st.sampled_from(Sex),
    st.sampled_from(PersonRole),
    st.sampled_from(Living),
    st.one_of(st.just(""), named),
    st.one_of(st.just(""), named),
    dates,
    st.one_of(st.just(""), named),
    st.one_of(st.just(""), named),
)
spellings = st.lists(
    st.builds(Spelling, named, st.sampled_from(NameKind)), min_size=1, max_size=3, unique_by=lambda one: one
)
people = st.lists(st.tuples(spellings, facts, st.lists(named, max_size=2)), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(an_instance(tmp_path_factory.mktemp("leaving") / "instance"))


@pytest.mark.parametrize("sort", list(Sort))
def test_what_leaves_comes_home_to_an_empty_registry_as_it_left(shared: House, sort: Sort) -> None:
    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(people)
    def comes_home(several: Any) -> None:
        emptied(shared)
        with shared.open() as (session, by):
            cite = Cite(shared.source_id, "p. 3")
            for names, told_of, notes in several:
                record = service.add(
                    session, by=by, names=names, facts=told_of, note="x", now=NOON, cites=[cite]
                )
                for note in notes:
                    claim = Claim(Predicate.FATE, value_fa=note, cites=(cite,))
                    service.state(
                        session, record.id, by=by, version=record.version, claim=claim, note="x", now=NOON
                    )
        before, given = told(shared), files(shared, sort)
        emptied(shared)
        assert not any(run.broken for run in bring(shared, given))
        assert told(shared) == before
        assert files(shared, sort) == given

    comes_home()


@pytest.mark.parametrize("sort", list(Sort))
def test_the_starter_registry_goes_round(shared: House, sort: Sort) -> None:
    emptied(shared)
    with shared.open() as (session, _):
        load_starter(session, author="portal", now=NOON)
    before, given = told(shared), files(shared, sort)
    assert not [(run.added, run.broken) for run in bring(shared, given) if run.added or run.broken]
    emptied(shared)
    assert not any(run.broken or not run.ended for run in bring(shared, given))
    assert told(shared) == before


def test_tables_go_to_another_instance_and_leave_it_byte_for_byte(shared: House, tmp_path: Path) -> None:
    emptied(shared)
    with shared.open() as (session, by):
        load_starter(session, author="portal", now=NOON)
        hostile = service.add(
            session,
            by=by,
            names=[Spelling("=HYPERLINK(1) Yari"), Spelling("-2+3", NameKind.NICKNAME)],
            facts=PersonFacts(father_name="@SUM(A1)", origin="+98; =1+1"),
            note="x",
            now=NOON,
            cites=[Cite(shared.source_id, "=p. 3")],
        )
        for place, source in enumerate(session.scalars(select(Source).limit(2)).all()):
            cites = (Cite(shared.source_id, "1"), Cite(source.id, "2"))
            claim = Claim(Predicate.NOTE, value_fa="=چند\nسطر", value_en=f"-lines {place}", cites=cites)
            service.state(
                session, hostile.id, by=by, version=hostile.version, claim=claim, note="x", now=NOON
            )
        title = session.get_one(Source, shared.source_id).title
    given = files(shared, Sort.CSV)
    other = House(an_instance(tmp_path / "other"))
    with other.open() as (session, by):
        other.source_id = source_named(session, f"{title} again", by=by)
    runs = [other.bring(one, size=7) for one in given.values()]
    assert not [(run.filename, run.broken) for run in runs if run.broken]
    assert files(other, Sort.CSV) == given
    assert not any(run.added or run.broken for run in bring(other, given))
    assert files(other, Sort.CSV) == given
    for line in b"".join(given.values()).decode("utf-8-sig").splitlines():
        assert not re.search(r'(^|",)"?[=+@-](?![0-9.]+(,|$))', line), line


def test_a_record_keeps_its_id_unless_another_has_it(house: House) -> None:
    free, hidden = uuid4(), uuid4()
    with house.open("maple") as (session, by):
        shut = service.add(
            session, by=by, names=[Spelling("X Y")], facts=PersonFacts(), note="", now=NOON, restricted=True
        )
        hidden = shut.id
    assert house.bring(f"code,name\n{free},Sara Yari\n{hidden},Mina Roshan\n").added == 2
    with house.open("maple") as (session, _):
        ids = {name.text: name.record_id for name in session.scalars(select(Name))}
        assert ids["Sara Yari"] == free
        assert ids["Mina Roshan"] not in {free, hidden}
        assert session.get_one(Record, hidden).restricted


def test_an_archive_of_the_same_content_is_the_same_bytes(shared: House) -> None:
    with shared.open(write=False) as (session, _):
        one, other = leaving.archive(session), leaving.archive(session)
    assert one == other
    with zipfile.ZipFile(BytesIO(one)) as book:
        assert book.namelist()[0] == "1-sources.csv"
        assert len(book.namelist()) == 8


@pytest.fixture
def guarded(house: House) -> Callable[[Sort], str]:
    with house.open("maple") as (session, by):
        cite = Cite(house.source_id)

        def add(name: str, **more: Any) -> Record:
            given: dict[str, Any] = {"facts": PersonFacts(), "note": "NOTE", "now": NOON, "by": by, **more}
            return service.add(session, names=[Spelling(name)], **given)

        place = add("HIDDEN place", facts=PlaceFacts(PlaceKind.PRISON), restricted=True)
        inside = add("Open ward", facts=PlaceFacts(PlaceKind.WARD, place.id))
        one, other = add("Open One"), add("HIDDEN Other", restricted=True)
        third = add("Open Third")
        for claim in (
            Claim(Predicate.FATE, value_en="open words", cites=(cite,)),
            Claim(Predicate.NOTE, value_en="HIDDEN words", cites=(cite,), restricted=True),
        ):
            service.state(session, one.id, by=by, version=one.version, claim=claim, note="x", now=NOON)
        for end, word in ((other, RelationKind.PARENT_OF), (third, RelationKind.PERHAPS_SAME)):
            service.relate(
                session,
                one.id,
                by=by,
                version=one.version,
                word=word,
                other_id=end.id,
                cite=cite,
                note="x",
                now=NOON,
            )
        assert inside.place is not None
        secret = [str(place.id), str(other.id), "HIDDEN", "NOTE", "maple", "perhaps_same"]

    def said(sort: Sort) -> str:
        text = out(house, sort).decode()
        assert "Open One" in text
        assert "open words" in text
        assert not [one for one in secret if one in text]
        return text

    return said


@pytest.mark.parametrize("sort", list(Sort))
def test_nothing_restricted_leaves(guarded: Callable[[Sort], str], sort: Sort) -> None:
    assert "Open ward" in guarded(sort)


def test_every_entity_has_an_id_a_schema_and_lists_of_texts(shared: House, tmp_path: Path) -> None:
    del tmp_path
    emptied(shared)
    with shared.open() as (session, _):
        load_starter(session, author="portal", now=NOON)
    seen = set()
    for one in map(json.loads, out(shared, Sort.FTM).decode().splitlines()):
        assert set(one) == {"id", "schema", "properties"}
        seen.add(one["id"])
        for name, values in one["properties"].items():
            assert isinstance(values, list), name
            assert all(isinstance(value, str) and value for value in values), name
    assert len(seen) > 20


def test_a_date_of_another_calendar_is_no_date_of_the_model() -> None:
    assert leaving._iso("1961")
    assert leaving._iso("1961-07-27")
    assert not leaving._iso("1340")
    assert not leaving._iso("۱۹۶۱")


def test_columns_are_what_fields_are() -> None:
    own = {one for one in fields_of(Kind.PERSON) if not one.startswith("said.")}
    assert own - {"name.given", "name.surname"} == set(leaving.columns(Kind.PERSON))
