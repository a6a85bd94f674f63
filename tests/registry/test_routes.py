"""The registry's pages, as people of each role meet them."""

import re
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from builders import Instance, token_of
from flask.testing import FlaskClient
from registry_pages import Open, added, record_of, send, text_of, values
from sqlalchemy import select

from portal.config import Face
from portal.registry import service
from portal.registry.models import Record, Source, Statement

NOBODY = UUID("00000000-0000-4000-8000-000000000000")


@pytest.fixture
def reviewer(visit: Open) -> FlaskClient:
    return visit("cedar")


@pytest.fixture
def coded(place: Instance) -> Callable[[str], UUID]:
    def of(code: str) -> UUID:
        with place.database.session(write=False) as unit:
            found: UUID = unit.scalars(select(Record.id).where(Record.code == code)).one()
            return found

    return of


@pytest.mark.parametrize("language", ["fa", "en"])
def test_the_list_shows_both_scripts(reviewer: FlaskClient, language: str) -> None:
    page = text_of(reviewer.get(f"/{language}/registry/?kind=person"))
    assert "حمید نوری" in page
    assert "Hamid Noury" in page


@pytest.mark.parametrize("text", ["نوري", "Noori", "Abbasi"])
def test_a_search_finds_by_spelling(reviewer: FlaskClient, text: str) -> None:
    page = text_of(reviewer.get("/en/registry/", query_string={"q": text, "kind": "person"}))
    assert "Hamid Noury" in page
    assert "Raisi" not in page


def test_a_search_for_nothing_known_says_so(reviewer: FlaskClient) -> None:
    assert "No name in the registry" in text_of(reviewer.get("/en/registry/?q=Qwertz"))


def test_a_kind_that_does_not_exist_shows_all(reviewer: FlaskClient) -> None:
    assert reviewer.get("/en/registry/?kind=dragon").status_code == 200


def test_the_list_goes_on_from_page_to_page(reviewer: FlaskClient) -> None:
    first = text_of(reviewer.get("/en/registry/"))
    after = re.search(r'rel="next" href="([^"]+)"', first)
    assert after
    second = text_of(reviewer.get(after[1].replace("&amp;", "&")))
    links = re.compile(r"/en/registry/([0-9a-f-]{36})\"")
    assert set(links.findall(first)).isdisjoint(links.findall(second))
    assert reviewer.get("/en/registry/?after=nowhere").status_code == 404
    assert reviewer.get(f"/en/registry/?after={uuid4()}").status_code == 404


@pytest.mark.parametrize("language", ["fa", "en"])
def test_every_record_of_the_starter_has_a_page(
    reviewer: FlaskClient, place: Instance, language: str
) -> None:
    with place.database.session(write=False) as unit:
        records = unit.scalars(select(Record.id).where(Record.code.is_not(None))).all()
    for record_id in records:
        assert reviewer.get(f"/{language}/registry/{record_id}").status_code == 200


def test_rival_figures_and_their_sources_are_shown_together(
    reviewer: FlaskClient, coded: Callable[[str], UUID]
) -> None:
    page = text_of(reviewer.get(f"/en/registry/{coded('killings-1988')}"))
    for words in ("Several thousand", "444", "5,000", "30,000", "Hamid Enayat", "Eric David"):
        assert words in page
    persian = text_of(reviewer.get(f"/fa/registry/{coded('killings-1988')}"))
    assert "۳۰٬۰۰۰" in persian


def test_a_prison_is_shown_in_its_place(reviewer: FlaskClient, coded: Callable[[str], UUID]) -> None:
    page = text_of(reviewer.get(f"/en/registry/{coded('gohardasht')}"))
    for words in ("Alborz Province", "Karaj", "Rajai Shahr", "Who worked here", "Hamid Noury"):
        assert words in page


@pytest.mark.parametrize("kind", ["person", "place", "grave", "body", "event"])
def test_a_record_of_each_kind_is_added_and_changed(reviewer: FlaskClient, kind: str) -> None:
    record = added(reviewer, kind, "سيد آزمايش")
    url = f"/en/registry/{record}/edit"
    answer = send(reviewer, url, **{"names-1-text": "Azmayesh", "note": "a second spelling"})
    assert record_of(answer) == record
    page = text_of(reviewer.get(f"/fa/registry/{record}"))
    assert "سيد آزمايش" in page
    assert "Azmayesh" in page
    changes = text_of(reviewer.get(f"/en/registry/{record}/history/2"))
    assert "<ins><bdi>Azmayesh</bdi></ins>" in changes
    assert "a second spelling" in text_of(reviewer.get(f"/en/registry/{record}/history"))


def test_a_person_is_kept_with_the_birth_as_it_was_said(reviewer: FlaskClient) -> None:
    said = {
        "father_name": "رحیم",
        "birth-words": "سال ۴۳",
        "birth-earliest": "۱۳۴۳-۰۱-۰۱",
        "birth-latest": "1343/12/29",
        "new_title": "A family book",
    }
    record = added(reviewer, "person", "نیما", **said)
    page = text_of(reviewer.get(f"/en/registry/{record}"))
    for words in ("رحیم", "سال ۴۳", "21 March 1964", "20 March 1965"):
        assert words in page
    form = values(reviewer.get(f"/en/registry/{record}/edit"))
    assert (form["birth-earliest"], form["birth-latest"]) == ("", "")  # they follow from the words
    assert form["birth-words"] == "سال ۴۳"


def test_a_day_may_be_typed_in_the_gregorian_calendar(reviewer: FlaskClient) -> None:
    said = {"birth-calendar": "gregorian", "birth-earliest": "1964-03-21", "new_title": "A list"}
    record = added(reviewer, "person", "نیما", **said)
    form = values(reviewer.get(f"/en/registry/{record}/edit"))
    assert (form["birth-calendar"], form["birth-earliest"]) == ("gregorian", "1964-03-21")
    assert form["birth-latest"] == ""


def test_a_place_lies_in_another(reviewer: FlaskClient, coded: Callable[[str], UUID]) -> None:
    rasht = str(coded("rasht"))
    facts = {"place_kind": "prison", "place": rasht, "latitude": "۳۷٫۳", "longitude": "49.58"}
    record = added(reviewer, "place", "زندان آزمایشی", **facts)
    page = text_of(reviewer.get(f"/en/registry/{record}"))
    assert "Gilan Province" in page
    assert "37.3, 49.6" in page
    form = values(reviewer.get(f"/en/registry/{record}/edit"))
    assert (form["place"], form["latitude"], form["longitude"]) == (rasht, "37.3", "49.6")


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("person", {"names-0-text": " "}, "one name at least"),
        ("person", {"note": ""}, "say why"),
        ("person", {"birth-earliest": "1367"}, "year-month-day"),
        ("person", {"birth-earliest": "1367-13-01"}, "year-month-day"),
        ("person", {"birth-latest": "1367-05-01"}, "earliest day too"),
        ("person", {"birth-earliest": "1367", "birth-latest": "1367-05-01"}, "year-month-day"),
        ("person", {"birth-earliest": "1367-05-02", "birth-latest": "1367-05-01"}, "before the earliest"),
        ("person", {"birth-earliest": "1988-02-30", "birth-calendar": "gregorian"}, "year-month-day"),
        ("person", {"father_name": "ر" * 201}, "under 200"),
        ("place", {"latitude": "north"}, "write degrees"),
        ("place", {"latitude": "91", "longitude": "10"}, "write degrees"),
        ("place", {"latitude": "nan", "longitude": "10"}, "write degrees"),
        ("place", {"latitude": "35.8"}, "both figures"),
    ],
    ids=lambda value: " ".join(f"{k}={v:.12}" for k, v in value.items()) if isinstance(value, dict) else None,
)
def test_a_slip_is_answered_in_words_and_keeps_what_was_typed(
    reviewer: FlaskClient, kind: str, changes: dict[str, str], words: str
) -> None:
    typed = {"names-0-text": "کسی", "note": "because", **changes}
    answer = send(reviewer, f"/en/registry/add/{kind}", **typed)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "کسی" in text_of(answer) or "names-0-text" in changes


def test_a_statement_is_added_with_a_new_source_and_taken_off(reviewer: FlaskClient, place: Instance) -> None:
    record = added(reviewer, "person", "بهرنگ")
    url = f"/en/registry/{record}/statement"
    given = {
        "predicate": "arrest",
        "value_fa": "پاییز ۱۳۶۱ بازداشت شد.",
        "date-words": "پاییز ۱۳۶۱",
        "date-earliest": "1361-07-01",
        "date-latest": "1361-09-30",
        "new_title": "A book of names",
        "new_author": "Somebody",
        "new_year": "1999",
        "locator": "p. 7",
        "note": "from the book",
    }
    assert record_of(send(reviewer, url, **given)) == record
    page = text_of(reviewer.get(f"/en/registry/{record}"))
    for words in (
        "پاییز ۱۳۶۱ بازداشت شد.",
        "A book of names",
        "Somebody",
        "1999",
        "p. 7",
        "23 September 1982",
    ):
        assert words in page
    with place.database.session(write=False) as unit:
        source = unit.scalars(select(Source).where(Source.title == "A book of names")).one()
        statement = unit.scalars(select(Statement).where(Statement.record_id == UUID(record))).one()
    again = {"value_en": "Arrested in 1982.", "source": str(source.id), "note": "the same book"}
    record_of(send(reviewer, url, **again))
    taken = f"/en/registry/{record}/statement/{statement.id}/retract"
    assert "بازداشت شد" in text_of(reviewer.get(taken))
    assert send(reviewer, taken, note="").status_code == 422
    record_of(send(reviewer, taken, note="misread"))
    page = text_of(reviewer.get(f"/en/registry/{record}"))
    assert "بازداشت شد" not in page
    assert "Arrested in 1982." in page
    assert "<del><bdi>" in text_of(reviewer.get(f"/fa/registry/{record}/history/4"))
    assert reviewer.get(taken).status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value_en": "Said.", "new_title": ""}, "choose a source"),
        ({"value_en": " ", "new_title": "A book"}, "Persian, in English"),
        ({"value_en": "Said.", "new_title": "A book", "new_year": "67"}, "year of publication"),
    ],
    ids=["no source", "no words", "no year"],
)
def test_nothing_is_stated_without_a_source(
    reviewer: FlaskClient, coded: Callable[[str], UUID], changes: dict[str, str], words: str
) -> None:
    answer = send(reviewer, f"/en/registry/{coded('noury')}/statement", note="x", **changes)
    assert answer.status_code == 422
    assert words in text_of(answer)


def test_a_relation_is_made_with_a_record_found_by_name(
    reviewer: FlaskClient, coded: Callable[[str], UUID], place: Instance
) -> None:
    record = added(reviewer, "person", "کسی در اوین")
    url = f"/en/registry/{record}/relation"
    assert "First find" in text_of(reviewer.get(url))
    assert "No name in the registry" in text_of(reviewer.get(f"{url}?q=Qwertz"))
    with place.database.session(write=False) as unit:
        source = unit.scalars(select(Source.id).where(Source.code == "enayat")).one()
    chosen = {"word": "held_at", "other": str(coded("evin")), "source": str(source), "note": "x"}
    record_of(send(reviewer, f"{url}?q=Ewin", **chosen))
    assert "Held at" in text_of(reviewer.get(f"/en/registry/{record}"))
    assert "Who was held here" in text_of(reviewer.get(f"/en/registry/{coded('evin')}"))
    twice = send(reviewer, f"{url}?q=Ewin", **chosen)
    assert twice.status_code == 400


def test_a_part_in_an_event_is_made_from_the_event(
    reviewer: FlaskClient, coded: Callable[[str], UUID], place: Instance
) -> None:
    with place.database.session(write=False) as unit:
        source = unit.scalars(select(Source.id).where(Source.code == "enayat")).one()
    url = f"/fa/registry/{coded('decree-1988')}/relation?q=منتظری"
    chosen = {"word": "other", "other": str(coded("montazeri")), "source": str(source), "note": "x"}
    assert send(reviewer, url, **chosen).status_code == 303
    assert "نقشی دیگر" in text_of(reviewer.get(f"/fa/registry/{coded('montazeri')}"))


def test_whoever_changed_an_older_version_is_told(reviewer: FlaskClient) -> None:
    record = added(reviewer, "person", "کسی")
    url = f"/en/registry/{record}/edit"
    opened = values(reviewer.get(url))
    record_of(send(reviewer, url, note="first"))
    assert reviewer.post(url, data={**opened, "note": "second"}).status_code == 409
    assert reviewer.post(url, data={**opened, "note": "second", "version": "x"}).status_code == 409


def test_a_change_without_its_token_is_not_made(reviewer: FlaskClient) -> None:
    url = "/en/registry/add/person"
    answer = reviewer.post(
        url, data={**values(reviewer.get(url)), "names-0-text": "ا", "note": "x", "csrf_token": ""}
    )
    assert answer.status_code == 422


def test_a_restricted_record_is_seen_by_leads_alone(visit: Open) -> None:
    lead, reviewer = visit("maple"), visit("cedar")
    record = added(lead, "person", "پنهان", restricted="y")
    assert "Restricted" in text_of(lead.get(f"/en/registry/{record}"))
    assert "پنهان" in text_of(lead.get("/en/registry/?q=پنهان"))
    assert "پنهان" not in text_of(reviewer.get("/en/registry/?q=پنهان")).replace('value="پنهان"', "")
    for page in ("", "/edit", "/statement", "/relation", "/history", "/history/1"):
        assert reviewer.get(f"/en/registry/{record}{page}").status_code == 404
    form = values(lead.get(f"/en/registry/{record}/edit"))
    assert form.pop("restricted")
    record_of(lead.post(f"/en/registry/{record}/edit", data={**form, "note": "open again"}))
    assert reviewer.get(f"/en/registry/{record}").status_code == 200
    assert "<del><bdi>Yes</bdi></del>" in text_of(lead.get(f"/en/registry/{record}/history/2"))


def test_administrators_read_and_are_offered_no_change(visit: Open, coded: Callable[[str], UUID]) -> None:
    administrator = visit("rowan")
    record = coded("noury")
    assert "/registry/add/" not in text_of(administrator.get("/en/registry/"))
    assert f"/registry/{record}/edit" not in text_of(administrator.get(f"/en/registry/{record}"))
    for page in (f"{record}/edit", f"{record}/statement", f"{record}/relation", "add/person"):
        assert administrator.get(f"/en/registry/{page}").status_code == 403


def test_auditors_and_strangers_stay_outside(
    visit: Open, place: Instance, coded: Callable[[str], UUID]
) -> None:
    stranger = place.app(Face.DESK).test_client()
    for page in ("", str(coded("noury"))):
        assert visit("olive").get(f"/en/registry/{page}").status_code == 403
        assert stranger.get(f"/en/registry/{page}").status_code == 303


def test_what_is_written_is_shown_as_text(reviewer: FlaskClient) -> None:
    record = added(reviewer, "person", "<script>alert(1)</script> نام")
    page = text_of(reviewer.get(f"/en/registry/{record}"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("page", ["dragon", str(NOBODY), f"{NOBODY}/history/1", "add/dragon"])
def test_what_is_not_there_is_not_found(reviewer: FlaskClient, page: str) -> None:
    assert reviewer.get(f"/en/registry/{page}").status_code == 404


def test_the_token_stands_first_in_every_form(reviewer: FlaskClient) -> None:
    assert token_of(reviewer.get("/en/registry/add/person"))


def test_each_language_lists_by_the_name_it_shows(place: Instance) -> None:
    with place.database.session(write=False) as session:
        by = place.actor("cedar", session)
        every = [one.id for one in service.browse(session, by=by, limit=500).records]
        keys, ids, after = [], [], None
        while True:
            shelf = service.browse(session, by=by, latin=True, after=after, limit=7)
            latin = [[name for name in one.names if name.script == "Latn"] for one in shelf.records]
            keys += [names[0].folded for names in latin if names]
            ids += [one.id for one in shelf.records]
            after = shelf.after
            if after is None:
                break
    assert sorted(ids) == sorted(every)
    assert keys == sorted(keys)


def test_a_name_that_was_looked_for_is_written_into_the_form(reviewer: FlaskClient) -> None:
    page = reviewer.get("/en/registry/add/person?name=Omid+Rastegar").get_data(as_text=True)
    assert 'value="Omid Rastegar"' in page
