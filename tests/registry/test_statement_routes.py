"""Pages of what is said: corrected and taken off, related, concluded, sealed; who may see what."""

import re
from uuid import UUID

import pytest
from builders import Instance
from flask.testing import FlaskClient
from registry_pages import Open, added, record_of, send, text_of, values
from sqlalchemy import select

from portal.registry.models import Conclusion, Position, Record, Relation, Source, Statement


@pytest.fixture
def reviewer(visit: Open) -> FlaskClient:
    return visit("cedar")


def coded(place: Instance, code: str) -> UUID:
    with place.database.session(write=False) as unit:
        found: UUID = unit.scalars(select(Record.id).where(Record.code == code)).one()
        return found


def source_of(place: Instance, code: str = "enayat") -> str:
    with place.database.session(write=False) as unit:
        return str(unit.scalars(select(Source.id).where(Source.code == code)).one())


def newest(place: Instance, record: str) -> str:
    with place.database.session(write=False) as unit:
        query = select(Statement.id).where(Statement.record_id == UUID(record))
        return str(unit.scalars(query.order_by(Statement.position.desc())).first())


def standing(place: Instance, record: str) -> str:
    with place.database.session(write=False) as unit:
        rows = unit.scalars(select(Conclusion).where(Conclusion.record_id == UUID(record))).all()
        replaced = {row.replaces_id for row in rows}
        (row,) = (row for row in rows if row.id not in replaced)
        return str(row.id)


def stated(client: FlaskClient, place: Instance, record: str, **said: str) -> str:
    given = {"source": source_of(place), "note": "test", **said}
    record_of(send(client, f"/en/registry/{record}/statement", **given))
    return newest(place, record)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("Mordad 67", "23 July 1988 to 22 August 1988"),
        ("اواخر مرداد ۶۷", "12 August 1988 to 22 August 1988"),
        ("3 Safar 1409", "September 1988"),
        ("پیش از مرداد ۶۷", "up to"),
        ("a day nobody named", None),
    ],
)
def test_a_date_is_kept_in_its_words_beside_the_days_that_they_mean(
    reviewer: FlaskClient, place: Instance, words: str, days: str | None
) -> None:
    record = added(reviewer, "person", "کسی")
    stated(reviewer, place, record, predicate="fate", value_en="Said.", **{"date-words": words})
    page = " ".join(re.sub(r"<[^>]+>", "", text_of(reviewer.get(f"/en/registry/{record}"))).split())
    assert words in page
    if days is None:
        assert f"{words} (" not in page
    else:
        assert days in page


def test_that_same_year_is_offered_and_never_kept_by_itself(reviewer: FlaskClient, place: Instance) -> None:
    record = added(reviewer, "person", "کسی")
    stated(reviewer, place, record, predicate="arrest", value_en="Arrested.", **{"date-words": "تیر ۱۳۶۱"})
    url = f"/en/registry/{record}/statement"
    leaning = {
        "predicate": "fate",
        "value_en": "Later.",
        "date-words": "آذر همان سال",
        "source": source_of(place),
        "note": "x",
    }
    asked = send(reviewer, url, **leaning)
    assert asked.status_code == 422
    assert "22 November 1982" in text_of(asked)
    record_of(send(reviewer, url, **leaning, **{"date-leaning": "no"}))
    with place.database.session(write=False) as unit:
        kept = unit.get_one(Statement, UUID(newest(place, record)))
        assert (kept.words, kept.earliest, kept.latest) == ("آذر همان سال", None, None)
    record_of(send(reviewer, url, **leaning, **{"date-leaning": "yes"}))
    with place.database.session(write=False) as unit:
        kept = unit.get_one(Statement, UUID(newest(place, record)))
        assert kept.when.edtf == "1982-11-22/1982-12-21"


def test_a_statement_is_corrected_in_its_place(reviewer: FlaskClient, place: Instance) -> None:
    record = added(reviewer, "grave", "گور آزمایشی")
    statement = stated(
        reviewer,
        place,
        record,
        predicate="disturbance",
        word="disturbance:bulldozed",
        basis="saw",
        value_fa="بولدوزر آوردند.",
    )
    url = f"/en/registry/{record}/statement/{statement}/edit"
    assert values(reviewer.get(url))["word"] == "disturbance:bulldozed"
    record_of(send(reviewer, url, word="disturbance:concrete", note="misread"))
    page = text_of(reviewer.get(f"/en/registry/{record}"))
    assert "Covered with concrete" in page
    assert "Bulldozed" not in page
    assert "Saw it" in page
    assert "Hamid Enayat" in page
    change = text_of(reviewer.get(f"/en/registry/{record}/history/3"))
    assert "<del><bdi>Bulldozed</bdi></del>" in change
    assert "<ins><bdi>Covered with concrete</bdi></ins>" in change


def test_rival_figures_of_a_grave_stand_side_by_side(reviewer: FlaskClient, place: Instance) -> None:
    record = added(reviewer, "grave", "گور آزمایشی")
    for low, high in (("40", "60"), ("۱۵۰", "")):
        stated(reviewer, place, record, predicate="capacity", low=low, high=high)
    page = text_of(reviewer.get(f"/en/registry/{record}"))
    assert "<strong>40 to 60</strong>" in page
    assert "<strong>150</strong>" in page


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"predicate": "note", "word": "disturbance:road"}, "something else"),
        ({"predicate": "disturbance", "word": "disturbance:dragon"}, "something else"),
        ({"predicate": "note", "value_en": "x", "low": "3"}, "how many lie in a grave"),
        ({"predicate": "capacity", "low": "30", "high": "3"}, "lowest figure comes first"),
        ({"predicate": "capacity", "high": "3"}, "lowest figure comes first"),
    ],
)
def test_a_slip_in_a_statement_is_answered_in_words(
    reviewer: FlaskClient, place: Instance, said: dict[str, str], problem: str
) -> None:
    url = f"/en/registry/{coded(place, 'grave-rasht')}/statement"
    answer = send(reviewer, url, source=source_of(place), note="x", **said)
    assert answer.status_code == 422
    assert problem in text_of(answer)


def test_the_same_two_are_related_twice_by_one_source(reviewer: FlaskClient, place: Instance) -> None:
    record, evin = added(reviewer, "person", "کسی در اوین"), str(coded(place, "evin"))
    url = f"/en/registry/{record}/relation"
    chosen = {"word": "held_at", "other": evin, "source": source_of(place), "note": "x"}
    first = {"lasted-since": "1360", "lasted-until": "1362", "post": "prisoner"}
    lasted = {**first, "lasted-since": "early 1366", "lasted-until": "Mordad 67"}
    for dates in (first, lasted):
        record_of(send(reviewer, f"{url}?q=Evin", **chosen, **dates))
    page = text_of(reviewer.get(f"/en/registry/{record}"))
    assert page.count("<dt>Held at") == 2
    assert "Mordad 67" in page
    assert "22 August 1988" in page
    assert send(reviewer, f"{url}?q=Evin", **chosen, **lasted).status_code == 400


def test_a_relation_is_said_from_either_end(reviewer: FlaskClient, place: Instance) -> None:
    child, parent = added(reviewer, "person", "فرزند آزمون"), added(reviewer, "person", "پدر آزمون")
    url = f"/en/registry/{child}/relation?q=پدر آزمون"
    chosen = {"word": "~parent_of", "other": parent, "source": source_of(place), "note": "x"}
    assert "Child of" in text_of(reviewer.get(url))
    assert "Held at" not in text_of(reviewer.get(url))
    record_of(send(reviewer, url, **chosen))
    with place.database.session(write=False) as unit:
        tie = unit.scalars(select(Relation).where(Relation.to_id == UUID(child))).one()
        assert tie.from_id == UUID(parent)
    assert "Child of" in text_of(reviewer.get(f"/en/registry/{child}"))
    assert "Parent of" in text_of(reviewer.get(f"/en/registry/{parent}"))


def test_a_word_that_does_not_fit_the_chosen_record_is_answered_beside_it(
    reviewer: FlaskClient, place: Instance
) -> None:
    person = added(reviewer, "person", "اوین آزمون")
    added(reviewer, "person", "اوین دیگر")
    chosen = {
        "word": "parent_of",
        "other": str(coded(place, "evin")),
        "source": source_of(place),
        "note": "x",
    }
    answer = send(reviewer, f"/en/registry/{person}/relation?q=اوین", **chosen)
    assert answer.status_code == 422
    assert "cannot be said of these two" in text_of(answer)


def test_a_relation_is_corrected_and_taken_off_from_either_side(
    reviewer: FlaskClient, place: Instance
) -> None:
    record, body = added(reviewer, "person", "عضو هیئت"), added(reviewer, "body", "هیئت آزمایشی")
    chosen = {"word": "member_of", "other": body, "source": source_of(place), "note": "x"}
    record_of(send(reviewer, f"/en/registry/{record}/relation?q=هیئت آزمایشی", **chosen))
    with place.database.session(write=False) as unit:
        tie = unit.scalars(select(Relation.id).where(Relation.from_id == UUID(record))).one()
    there = f"/en/registry/{body}/relation/{tie}"
    record_of(send(reviewer, f"{there}/edit", post="representative", note="x", **{"lasted-since": "1367"}))
    page = text_of(reviewer.get(f"/en/registry/{body}"))
    assert "representative" in page
    assert "Has as a member" in page
    record_of(send(reviewer, f"{there}/retract", note="misread"))
    for each in (record, body):
        assert "representative" not in text_of(reviewer.get(f"/en/registry/{each}"))
    assert "representative" in text_of(reviewer.get(f"/en/registry/{record}/history/4"))
    assert reviewer.get(f"{there}/edit").status_code == 404


def test_a_conclusion_decides_a_fact_until_it_is_taken_back(reviewer: FlaskClient, place: Instance) -> None:
    record = added(reviewer, "person", "کسی", father_name="رحيم", new_title="A family's list")
    statement = stated(reviewer, place, record, predicate="father", value_fa="کریم")
    url = f"/en/registry/{record}/conclusion"
    found = {"predicate": "father", "value_fa": "کریم", "grounds": statement, "note": "The register says so."}
    assert send(reviewer, url, **{**found, "grounds": ""}).status_code == 422
    record_of(send(reviewer, url, **found))
    page = text_of(reviewer.get(f"/en/registry/{record}"))
    for words in ("What reviewers concluded", "The register says so.", "concluded, see below", "کریم"):
        assert words in page
    changed = send(reviewer, f"/en/registry/{record}/edit", father_name="علی", note="x")
    assert changed.status_code == 422
    assert "conclusion decides this" in text_of(changed)
    taken = f"/en/registry/{record}/conclusion/{standing(place, record)}/withdraw"
    record_of(send(reviewer, taken, note="The register is of another man."))
    page = text_of(reviewer.get(f"/en/registry/{record}"))
    for words in ("رحيم", "Taken back", "What it replaced", "The register says so.", "another man"):
        assert words in page
    assert send(reviewer, taken, note="again").status_code == 400


def test_names_have_their_source_and_their_years(reviewer: FlaskClient, place: Instance) -> None:
    record = added(
        reviewer,
        "place",
        "رجایی‌شهر",
        **{
            "names-0-kind": "later",
            "names-0-source": source_of(place),
            "names-0-locator": "p. 3",
            "names-0-since": "1360s",
        },
    )
    page = text_of(reviewer.get(f"/en/registry/{record}"))
    assert "p. 3" in page
    assert "1360s" in page
    form = values(reviewer.get(f"/en/registry/{record}/edit"))
    assert (form["names-0-since"], form["names-0-locator"]) == ("1360s", "p. 3")
    record_of(send(reviewer, f"/en/registry/{record}/edit", note="nothing changed"))
    assert "Nothing that is shown changed" in text_of(reviewer.get(f"/en/registry/{record}/history/2"))


def test_facts_are_not_changed_without_saying_who_says_so(reviewer: FlaskClient, place: Instance) -> None:
    record = added(reviewer, "person", "کسی")
    url = f"/en/registry/{record}/edit"
    refused = send(reviewer, url, mother_name="زهرا", note="x")
    assert refused.status_code == 422
    assert "which source the facts are from" in text_of(refused)
    record_of(send(reviewer, url, mother_name="زهرا", source=source_of(place), locator="p. 9", note="x"))
    page = text_of(reviewer.get(f"/en/registry/{record}"))
    assert "زهرا" in page
    assert "p. 9" in page


def test_an_exact_position_is_read_by_the_case_circle_alone(visit: Open, place: Instance) -> None:
    reviewer, lead, other = visit("cedar"), visit("maple"), visit("rowan")
    grave = str(coded(place, "grave-khavaran"))
    url = f"/en/registry/{grave}/position"
    exact = {"latitude": "۳۵٫۶۵۴۳۲", "longitude": "51.48123", "accuracy": "20", "words": "کنار دیوار"}
    assert send(reviewer, url, **{**exact, "latitude": "north"}, note="x").status_code == 422
    record_of(send(reviewer, url, **exact, note="a visit"))
    with place.database.session(write=False) as unit:
        row = unit.scalars(select(Position).where(Position.record_id == UUID(grave))).one()
        assert b"35.654" not in row.blob
    page = text_of(lead.get(f"/en/registry/{grave}"))
    assert "only the case circle" in page
    assert "35.654" not in page
    look = f"{url}/look"
    holders = [one for one in (reviewer, lead) if one.get(look).status_code == 200]
    for one in holders:
        assert "35.65432" in text_of(one.get(look))
        assert "کنار دیوار" in text_of(one.get(look))
    assert holders, "nobody in the circle"
    assert other.get(look).status_code == 403
    for page_of_history in (f"/en/registry/{grave}/history", f"/en/registry/{grave}/history/2"):
        assert "35.65" not in text_of(lead.get(page_of_history))
    record_of(send(reviewer, f"{url}/erase", note="too risky"))
    assert lead.get(look).status_code == 404
    assert send(reviewer, f"{url}/erase", note="again").status_code == 404


def test_a_source_is_corrected_for_all_that_rest_on_it(visit: Open, place: Instance) -> None:
    reviewer = visit("cedar")
    record = added(reviewer, "person", "کسی", origin="رشت", new_title="A lsit")
    with place.database.session(write=False) as unit:
        source = unit.scalars(select(Source.id).where(Source.title == "A lsit")).one()
    assert "A lsit" in text_of(reviewer.get("/en/registry/sources"))
    url = f"/en/registry/sources/{source}"
    assert send(reviewer, url, title="").status_code == 422
    assert send(reviewer, url, title="A list").status_code == 303
    assert "A list" in text_of(reviewer.get(f"/en/registry/{record}"))
    assert visit("rowan").get(url).status_code == 403


SECRET = "رازی که نباید دانسته شود"


def test_a_restricted_statement_is_told_to_leads_alone(visit: Open, place: Instance) -> None:
    lead, reviewer = visit("maple"), visit("cedar")
    record = added(reviewer, "person", "کسی")
    said = {"predicate": "affiliation", "value_fa": SECRET, "restricted": "y", "date-words": "Mordad 67"}
    statement = stated(lead, place, record, **said)
    found = {"predicate": "affiliation", "value_fa": SECRET, "grounds": statement, "note": SECRET}
    assert send(lead, f"/en/registry/{record}/conclusion", **found).status_code == 400
    record_of(send(lead, f"/en/registry/{record}/conclusion", **found, restricted="y"))
    row = standing(place, record)
    assert text_of(lead.get(f"/en/registry/{record}")).count(SECRET) > 1
    seen = [
        reviewer.get(f"/en/registry/{record}{page}")
        for page in ("", "/history", "/statement", "/conclusion", "/edit")
    ]
    assert all(SECRET not in text_of(page) and "Restricted" not in text_of(page) for page in seen)
    assert "Nothing yet" not in text_of(seen[0])
    for page in (
        "/history/2",
        "/history/3",
        f"/statement/{statement}/edit",
        f"/statement/{statement}/retract",
        f"/conclusion/{row}/withdraw",
        f"/conclusion?replaces={row}",
    ):
        assert reviewer.get(f"/en/registry/{record}{page}").status_code == 404, page
    assert reviewer.get(f"/en/registry/?q={SECRET}").status_code == 200
    forged = {
        "predicate": "note",
        "value_en": "x",
        "restricted": "y",
        "source": source_of(place),
        "note": "x",
    }
    record_of(send(reviewer, f"/en/registry/{record}/statement", **forged))
    with place.database.session(write=False) as unit:
        assert not unit.get_one(Statement, UUID(newest(place, record))).restricted


def test_what_is_restricted_later_leaves_the_history_too(visit: Open, place: Instance) -> None:
    lead, reviewer = visit("maple"), visit("cedar")
    record = added(reviewer, "person", "کسی")
    statement = stated(reviewer, place, record, predicate="religion", value_fa=SECRET)
    assert SECRET in text_of(reviewer.get(f"/en/registry/{record}/history/2"))
    record_of(send(lead, f"/en/registry/{record}/statement/{statement}/edit", restricted="y", note="at risk"))
    assert reviewer.get(f"/en/registry/{record}/history/2").status_code == 404
    assert SECRET in text_of(lead.get(f"/en/registry/{record}/history/2"))
    assert SECRET not in text_of(reviewer.get(f"/en/registry/{record}"))


def test_a_restricted_relation_is_told_on_neither_side(visit: Open, place: Instance) -> None:
    lead, reviewer = visit("maple"), visit("cedar")
    one, other = added(reviewer, "person", "یکی"), added(reviewer, "person", "دیگری")
    chosen = {"word": "comrade_of", "other": other, "source": source_of(place), "note": "x"}
    record_of(send(lead, f"/en/registry/{one}/relation?q=دیگری", **chosen, restricted="y"))
    assert "Comrade of" in text_of(lead.get(f"/en/registry/{one}"))
    for record in (one, other):
        assert "Comrade of" not in text_of(reviewer.get(f"/en/registry/{record}"))
    assert reviewer.get(f"/en/registry/{one}/history/2").status_code == 404


def test_what_is_said_is_shown_as_text(reviewer: FlaskClient, place: Instance) -> None:
    record = added(reviewer, "person", "کسی")
    hostile = "<script>alert(1)</script>"
    statement = stated(reviewer, place, record, predicate="note", value_en=hostile, **{"date-words": hostile})
    found = {"predicate": "note", "value_en": hostile, "grounds": statement, "note": hostile}
    record_of(send(reviewer, f"/en/registry/{record}/conclusion", **found))
    for page in ("", "/conclusion", "/history/2", "/history/3"):
        assert "<script>alert" not in text_of(reviewer.get(f"/en/registry/{record}{page}"))
