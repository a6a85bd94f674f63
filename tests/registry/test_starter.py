"""The starter registry: nothing without a source, both scripts for places, rival figures side by side."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.database import Base, PortalSession
from portal.errors import InvalidError
from portal.registry import names, service
from portal.registry.models import Participation, Record, Relation, Source, Statement
from portal.registry.starter import STARTER, load_starter, read_document
from portal.staff.actor import Actor

DEMO = STARTER.parents[1] / "demo" / "registry.json"
DOCUMENTS = [pytest.param(STARTER, id="starter"), pytest.param(DEMO, id="demo")]
SAMPLES = [
    "Behrang Sarvestani",
    "بهرنگ سروستانی",
    "Farangis Tala'i",
    "فرنگیس طلایی",
    "نيما رستمي نژاد",
    "Nima Rostami Nezhad",
    "سيد كاظم موسوي پور",
    "Seyyed Kazem Mousavipour",
    "عادل‌آباد",
    "Adelabad",
    "گوهردشت",
    "Gohardasht",
    "اوین",
    "Evin",
    "دستگرد اصفهان",
    "وكيل آباد مشهد",
    "Dizelabad",
    "یونسکوی دزفول",
    "UNESCO, Dezful",
    "قبرستان تازه‌آباد رشت",
    "Tazeh Abad, Rasht",
    "بهشت رضا",
    "Behesht-e Reza, Mashhad",
    "Ahvaz mass grave",
]


def by_code(path: Path = STARTER) -> dict[str, dict[str, Any]]:
    return {record["code"]: record for record in read_document(path)["records"]}


def claims(path: Path) -> list[tuple[str, dict[str, Any]]]:
    return [(code, claim) for code, record in by_code(path).items() for claim in record.get("statements", ())]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_statement_has_a_source_and_a_place_in_it(path: Path) -> None:
    document = read_document(path)
    codes = {source["code"] for source in document["sources"]}
    cites = [cite for _code, claim in claims(path) for cite in claim["cite"]]
    cites += [tie["cite"] for tie in document["relations"] + document["participations"]]
    assert all(claim["cite"] for _code, claim in claims(path))
    assert all(source in codes and locator for source, locator in cites)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_statement_is_there_in_persian_and_in_english(path: Path) -> None:
    for _code, claim in claims(path):
        assert names.script_of(claim["fa"]) == "Arab"
        assert names.script_of(claim["en"]) == "Latn"


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_record_has_a_name_in_both_scripts(path: Path) -> None:
    for code, record in by_code(path).items():
        scripts = {names.script_of(text) for text, *_kind in record["names"]}
        assert {"Arab", "Latn"} <= scripts, code


@pytest.mark.parametrize("path", DOCUMENTS)
def test_codes_are_used_once(path: Path) -> None:
    document = read_document(path)
    for part in ("records", "sources"):
        codes = [entry["code"] for entry in document[part]]
        assert len(codes) == len(set(codes))


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_date_is_a_first_and_a_last_day_beside_its_words(path: Path) -> None:
    dates = [claim["date"] for _code, claim in claims(path) if "date" in claim]
    dates += [record["event"]["date"] for record in by_code(path).values() if record["kind"] == "event"]
    for given in dates:
        assert given["words"]
        assert date.fromisoformat(given["earliest"]) <= date.fromisoformat(given["latest"])


def test_nobody_is_in_the_starter_without_a_cited_statement() -> None:
    for code, record in by_code().items():
        if record["kind"] == "person":
            assert record["statements"], code


def test_whoever_may_be_living_is_spoken_of_by_published_sources_only() -> None:
    document = read_document()
    assert {source["kind"] for source in document["sources"]} <= {"article", "report", "book", "judgment"}
    assert all(source["author"] and source["year"] for source in document["sources"])


def test_a_conviction_is_never_told_without_the_appeal() -> None:
    for code, claim in claims(STARTER):
        if "life imprisonment" in claim["en"].lower():
            assert "appealed" in claim["en"], code


def test_rival_figures_stand_side_by_side() -> None:
    figures = [
        claim for code, claim in claims(STARTER) if code == "killings-1988" and claim["predicate"] == "figure"
    ]
    words = " / ".join(claim["en"] for claim in figures)
    for figure in ("Several thousand", "444", "5,000", "30,000"):
        assert figure in words
    assert len({claim["en"] for claim in figures}) == len(figures)


def test_the_seven_disturbed_sites_are_there() -> None:
    graves = {code for code, record in by_code().items() if record["kind"] == "grave"}
    assert {
        f"grave-{town}" for town in ["ahvaz", "mashhad", "rasht", "sanandaj", "ghorveh", "tabriz", "khavaran"]
    } <= graves


def test_invented_people_are_marked_and_kept_apart() -> None:
    document = read_document(DEMO)
    assert [source["kind"] for source in document["sources"]] == ["invented"]
    assert not set(by_code(DEMO)) & set(by_code())
    for record in document["records"]:
        assert any("invented" in claim["en"] for claim in record["statements"]), record["code"]


def count(session: PortalSession, table: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_loading_twice_adds_nothing(session: PortalSession, now: datetime) -> None:
    assert load_starter(session, author="portal", now=now) == len(by_code())
    before = [count(session, table) for table in (Record, Statement, Source, Relation, Participation)]
    assert load_starter(session, author="portal", now=now) == 0
    assert [count(session, table) for table in (Record, Statement, Source, Relation, Participation)] == before
    assert before[2] == len(read_document()["sources"])


@pytest.mark.parametrize("text", SAMPLES)
def test_every_name_of_the_invented_accounts_is_found_first(
    starter: PortalSession, reviewer: Actor, text: str
) -> None:
    found = service.search(starter, by=reviewer, text=text)
    assert any(names.matches(name.text, text) for name in found[0].names)


def test_a_statement_without_a_source_is_not_loaded(session: PortalSession, now: datetime) -> None:
    document = read_document()
    document["records"][0]["statements"] = [{"predicate": "note", "fa": "", "en": "Said by nobody."}]
    with pytest.raises(InvalidError, match="source"):
        load_starter(session, author="portal", now=now, document=document)
    session.rollback()


def test_a_registry_file_is_one_object(tmp_path: Path) -> None:
    wrong = tmp_path / "list.json"
    wrong.write_text(json.dumps([]), encoding="utf-8")
    with pytest.raises(InvalidError):
        read_document(wrong)
