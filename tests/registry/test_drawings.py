"""The pages that draw: the same facts in words, thousands counted, and nothing of what few may know."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest
from builders import Instance
from cases import at_desk
from flask.testing import FlaskClient
from pictured import HIDDEN, paint
from sqlalchemy import insert, select

from portal.dates.calendars import Calendar
from portal.registry import atlas, circle, lives, merging, stays
from portal.registry.models import Name, NameKey, Person, Record, Relation, Sameness, Source
from portal.registry.vocabulary import Kind, Living, NameKind, PersonRole, RelationKind, Sex

Open = Callable[[str], FlaskClient]
pytestmark = pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True, scope="module")
SOLAR: Mapping[str, Any] = {"calendar": Calendar.SOLAR, "mirrored": True}


@pytest.fixture(scope="module")
def scene(place: Instance) -> Mapping[str, UUID]:
    return paint(place)


def read(client: FlaskClient, path: str, status: int = 200) -> str:
    found = client.get(path)
    assert found.status_code == status, path
    return found.get_data(as_text=True)


def drawings(scene: Mapping[str, UUID]) -> list[str]:
    return [
        *(f"/registry/{scene[name]}" for name in ("person", "prison", "grave")),
        *(f"/registry/{scene[name]}/graph?show=48" for name in ("person", "prison", "grave")),
        f"/registry/{scene['prison']}/people",
        f"/registry/{scene['prison']}/people?as=worked_at",
        "/registry/map",
        f"/registry/map?record={scene['grave']}",
    ]


@pytest.mark.parametrize("language", ["fa", "en"])
def test_everything_drawn_lies_inside_its_frame(
    visit: Open, scene: Mapping[str, UUID], language: str
) -> None:
    for path in drawings(scene):
        page = read(visit("cedar"), f"/{language}{path}")
        for x, width in re.findall(r'x="(-?[\d.]+)%"[^>]*? width="(-?[\d.]+)%"', page):
            assert float(x) >= 0, path
            assert float(x) + float(width) <= 100.02, path
        assert "style=" not in page
        assert len(re.findall(r"<svg", page)) == len(
            re.findall(r"<svg[^>]*focusable=\"false\"|<svg class=\"at\"|<svg viewBox", page)
        )


def test_a_restricted_record_is_nowhere_for_those_who_may_not_know_of_it(
    visit: Open, scene: Mapping[str, UUID]
) -> None:
    for path in drawings(scene):
        hidden = read(visit("cedar"), f"/en{path}")
        assert HIDDEN not in hidden, path
        assert "1950" not in hidden, path
    known = read(visit("maple"), f"/en/registry/{scene['prison']}/people")
    assert HIDDEN in known
    assert "1950" in known


def test_what_few_may_know_is_not_counted_and_moves_no_edge_of_a_drawing(
    place: Instance, scene: Mapping[str, UUID]
) -> None:
    found = []
    for name in ("cedar", "maple"):
        with at_desk(place, name, write=False) as (session, by):
            prison = session.get_one(Record, scene["prison"])
            person = session.get_one(Record, scene["person"])
            house = stays.house(session, prison, by=by, word=RelationKind.HELD_AT, **SOLAR)
            around = circle.circle(session, person, by=by, limit=48)
            assert house.axis
            found.append((house.people, house.axis.first, around.total))
    (few, later, some), (all_, earlier, more) = found
    assert (all_ - few, more - some) == (1, 1)
    assert earlier < later


def test_rivals_stand_beneath_each_other_with_their_sources_and_gaps_are_told(
    place: Instance, scene: Mapping[str, UUID]
) -> None:
    with at_desk(place, write=False) as (session, by):
        person = session.get_one(Record, scene["person"])
        line = lives.life_line(session, person, by=by, **SOLAR)
        assert line
        told = [
            (str(one.word), one.first, one.empty, [lives.short(each) for each in one.sources])
            for one in line.strands
        ]
    arrest = [row for row in told if row[0] == "arrest"]
    assert [row[1] for row in arrest] == [True, False]
    assert {row[3][0] for row in arrest} == {"Aban 2004", "Mehregan 2018"}
    held = [row[2] for row in told if row[0] == "held_at"]
    assert held == [False, False, True, False]
    assert all(one.pieces for one in line.strands)


def test_a_record_of_which_nothing_is_dated_has_no_line(place: Instance, scene: Mapping[str, UUID]) -> None:
    with at_desk(place, write=False) as (session, by):
        nobody = session.get_one(Record, scene["Mahin Farahmand"])
        assert lives.life_line(session, nobody, by=by, **SOLAR) is None


def test_transfers_are_told_by_direction(place: Instance, scene: Mapping[str, UUID]) -> None:
    with at_desk(place, write=False) as (session, by):
        prison = session.get_one(Record, scene["prison"])
        house = stays.house(session, prison, by=by, word=RelationKind.HELD_AT, **SOLAR)
        assert [move.inward for move in house.moves] == [True, True, False]
        assert {move.people for move in house.moves} == {1}
        assert [(inward, count) for _, inward, count in house.ways] == [(True, 2), (False, 1)]


def test_the_map_lends_a_grave_the_position_of_its_town_and_no_finer_one(
    place: Instance, scene: Mapping[str, UUID]
) -> None:
    with at_desk(place, write=False) as (session, by):
        found = atlas.atlas(session, by=by, wanted=("grave", "prison"), latin=True)
        grave = next(one for one in found.located if one.id == scene["grave"])
        assert grave.through
        assert grave.through.code == "tehran"
        assert (grave.longitude_tenths, grave.latitude_tenths) == (514, 357)
        assert len(found.located) == len({one.id for one in found.located})


def test_the_map_shows_what_is_asked_for_and_nothing_strange_breaks_it(
    visit: Open, scene: Mapping[str, UUID]
) -> None:
    cedar = visit("cedar")
    assert "Khavaran mass graves" not in read(cedar, "/en/registry/map?kind=prison")
    assert "Evin Prison" not in read(cedar, "/en/registry/map?kind=grave")
    assert "Vakilabad" not in read(cedar, "/en/registry/map?view=tehran")
    for query in ("view=nowhere", "kind=%00", "record=x", f"record={uuid4()}", "view=iran&kind=prison'--"):
        read(cedar, f"/en/registry/map?{query}")
    for query in ("page=-1", "page=99999999", "page=۲", "as=nothing", "page=x"):
        read(cedar, f"/en/registry/{scene['prison']}/people?{query}")
    for query in ("show=0", "show=99999", "show=-5", "show=²"):
        read(cedar, f"/en/registry/{scene['person']}/graph?{query}")
    read(cedar, f"/en/registry/{scene['person']}/people", 404)
    read(cedar, f"/en/registry/{uuid4()}/graph", 404)


def test_a_name_that_nobody_spells_so_is_offered_others(visit: Open, scene: Mapping[str, UUID]) -> None:
    page = read(visit("cedar"), "/en/registry/?q=Farahmnd")
    assert "Did you mean one of these?" in page
    assert str(scene["person"]) in page
    assert "Did you mean" not in read(visit("cedar"), "/en/registry/?q=Farahmand")


MANY = 5000


def _crowd(place: Instance, prison: UUID) -> None:
    """Put thousands into a prison, row by row of the tables alone."""
    with place.database.session(write=False) as session:
        source = session.scalars(select(Source.id)).first()
    records, names, keys, people, ties = [], [], [], [], []
    for number in range(MANY):
        one, name = uuid4(), uuid4()
        since = date.fromordinal(date(1981, 1, 1).toordinal() + number % 2500)
        records.append(
            {
                "id": one,
                "kind": Kind.PERSON,
                "restricted": False,
                "version": 1,
                "sort_key": f"crowd {number:05}",
            }
            | {"created": date(2026, 1, 1), "created_by": "x"}
        )
        names.append(
            {"id": name, "record_id": one, "position": 0, "text": f"Crowd {number}", "script": "Latn"}
            | {
                "kind": NameKind.OFFICIAL,
                "titles": "",
                "folded": f"crowd {number}",
                "joined": f"crowd{number}",
            }
        )
        keys.append({"name_id": name, "key": f"crowd{number}", "whole": True})
        people.append(
            {"record_id": one, "sex": Sex.UNKNOWN, "role": PersonRole.VICTIM, "living": Living.NO}
            | {"father_name": "", "origin": "", "birth_words": ""}
        )
        ties.append(
            {
                "id": uuid4(),
                "from_id": one,
                "to_id": prison,
                "kind": RelationKind.HELD_AT,
                "source_id": source,
            }
            | {"locator": "", "since_earliest": since, "since_latest": since}
            | {"until_earliest": date(1988, 7, 28), "until_latest": date(1988, 9, 1)}
        )
    with place.database.main.begin() as connection:
        for table, rows in (
            (Record, records),
            (Name, names),
            (NameKey, keys),
            (Person, people),
            (Relation, ties),
        ):
            connection.execute(insert(table), rows)


def test_a_prison_of_thousands_is_counted_and_shown_page_by_page(place: Instance, visit: Open) -> None:
    with place.database.session(write=False) as session:
        prison = session.scalars(select(Record.id).where(Record.code == "ghezel-hesar")).one()
    _crowd(place, prison)
    started = monotonic()
    pages = [
        read(visit("cedar"), f"/en/registry/{prison}{rest}")
        for rest in ("", "/people?page=125", "/graph?show=48")
    ]
    took = monotonic() - started
    assert "5000 people are named" in pages[0]
    assert "Page 1 of 125" in pages[0]
    assert pages[1].count('<li class="strand') == stays.PAGE
    assert "48 of 5" in pages[2]
    assert max(map(len, pages)) < 400_000
    assert took < 20


def test_records_that_are_one_are_drawn_as_one(place: Instance, scene: Mapping[str, UUID]) -> None:
    """What is drawn of two that were found to be one has both, and of each apart its own alone."""

    def drawn() -> tuple[int, int, int, int]:
        with at_desk(place, write=False) as (session, by):
            cellmate = session.get_one(Record, scene["Omid Daneshvar"])
            house = stays.house(
                session, session.get_one(Record, scene["prison"]), by=by, word=RelationKind.HELD_AT, **SOLAR
            )
            line = lives.life_line(session, cellmate, by=by, **SOLAR)
            around = circle.circle(session, cellmate, by=by)
            person = circle.circle(session, session.get_one(Record, scene["person"]), by=by, limit=48)
            return len(line.strands) if line else 0, around.total, house.people, person.total

    apart = drawn()
    ids = [scene["Omid Daneshvar"], scene["Siamak Tahvildari-Mohammadabadi"]]
    with at_desk(place) as (session, by):
        seen = [(one, session.get_one(Record, one).version) for one in ids]
        said = merging.judge(
            session,
            by=by,
            kept=seen[0],
            other=seen[1],
            sameness=Sameness.SAME,
            reason="One man.",
            now=place.clock(),
        ).id
    with at_desk(place, "birch") as (session, by):
        merging.second(session, said, by=by, versions=(seen[0][1], seen[1][1]), now=place.clock())
    assert drawn() == (apart[0], apart[1], apart[2], apart[3] - 1)
