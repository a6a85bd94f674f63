"""The pages that bring a file in and take the public part out, as people of each role meet them."""

import io
import re
import zipfile
from http import HTTPStatus
from io import BytesIO

import pytest
from builders import token_of
from exchanged import House
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.config import Face
from portal.registry import exchange_routes, service
from portal.registry.exchange import waiting
from portal.registry.exchange.models import ImportRun, SavedMapping
from portal.registry.models import Record
from portal.registry.records import PersonFacts, Spelling

LIST = "شماره,نام,نام پدر,یادداشت خودم\n۱,سارا یاری,حسن,=1+1\n۲,,رضا,\n".encode()


def signed_in(house: House, name: str = "cedar") -> FlaskClient:
    client = house.instance.app(Face.DESK).test_client()
    house.instance.sign_in(client, name)
    return client


def send_file(client: FlaskClient, data: bytes, name: str = "list.csv", **fields: str) -> TestResponse:
    page = client.get("/en/registry/import")
    told = {"new_title": "An invented list", "kind": "person", **fields}
    # Werkzeug's client writes empty fields otherwise than browsers do.
    filled = {field: value for field, value in told.items() if value}
    values = {"csrf_token": token_of(page), **filled, "file": (io.BytesIO(data), name)}
    return client.post("/en/registry/import", data=values, content_type="multipart/form-data")


def fill(client: FlaskClient, url: str, **fields: str) -> TestResponse:
    page = client.get(url).text
    chosen = {
        name: (re.findall(r'<option selected value="([^"]*)"', body) or [""])[0]
        for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL)
    }
    checked = dict(re.findall(r'<input checked[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page))
    token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)[0]
    return client.post(url, data={"csrf_token": token, **chosen, **checked, **fields})


def test_a_file_is_sent_looked_at_and_brought_in(house: House) -> None:
    client = signed_in(house)
    sent = send_file(client, LIST)
    assert sent.status_code == HTTPStatus.SEE_OTHER
    folder = house.instance.settings.instance / waiting.FOLDER
    stored = [path for path in folder.rglob("*") if path.is_file()]
    assert len(stored) == 1
    assert "سارا".encode() not in stored[0].read_bytes()
    page = client.get("/fa/registry/import/columns").text
    assert "نام پدر" in page
    assert "سارا یاری" in page
    answer = fill(client, "/en/registry/import/columns", save_as="My lists")
    assert answer.headers["Location"].endswith("/import/preview")
    preview = client.get("/fa/registry/import/preview").text
    assert "هنوز چیزی نوشته نشده است" in preview
    assert "نامی ندارد" in preview
    with house.open() as (session, _):
        assert session.scalars(select(Record)).all() == []
    done = fill(client, "/en/registry/import/preview", alike="add", changed="leave")
    assert "The file is in" in client.get(done.headers["Location"]).text
    assert not [path for path in folder.rglob("*") if path.is_file()]
    left_out = client.get(done.headers["Location"] + "/left-out")
    assert "name.official" in left_out.text
    assert left_out.headers["Content-Disposition"].startswith("attachment")
    with house.open() as (session, _):
        assert len(session.scalars(select(Record)).all()) == 1
        assert session.scalars(select(SavedMapping)).one().name == "My lists"


def test_the_preview_names_who_may_be_there_already_and_why(house: House) -> None:
    with house.open() as (session, by):
        facts = PersonFacts(father_name="حسن")
        service.add(
            session, by=by, names=[Spelling("سارا یاری")], facts=facts, note="x", now=house.instance.clock()
        )
    client = signed_in(house)
    send_file(client, LIST)
    fill(client, "/en/registry/import/columns")
    page = client.get("/en/registry/import/preview").text
    assert "same name · same father" in page


def test_a_saved_mapping_is_used_again(house: House) -> None:
    client = signed_in(house)
    send_file(client, b"a,b\nSara Yari,Hassan\n")
    fill(client, "/en/registry/import/columns", c0="name.official", c1="father", save_as="Letters")
    with house.open() as (session, _):
        kept = session.scalars(select(SavedMapping)).one()
    send_file(client, b"a\nMina Roshan\n", mapping=str(kept.id))
    assert "This file lacks columns" in client.get("/en/registry/import/columns").text
    send_file(client, b"b,a\nAli,Mina Roshan\n", mapping=str(kept.id))
    page = client.get("/en/registry/import/columns").text
    chosen = re.findall(r'<option selected value="([^"]*)"', page)
    assert chosen == ["father", "name.official"]


def test_a_file_that_is_none_is_refused_in_words(house: House) -> None:
    client = signed_in(house)
    send_file(client, b"PK\x03\x04 this is no workbook", name="x.xlsx")
    page = client.get("/en/registry/import/columns")
    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "cannot be read row by row" in page.text
    no_source = send_file(client, LIST, new_title="")
    assert no_source.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Please choose the file once more." in no_source.text


def test_a_run_is_for_its_own_author_and_a_file_for_its_own_session(house: House) -> None:
    client = signed_in(house)
    send_file(client, LIST)
    fill(client, "/en/registry/import/columns")
    done = fill(client, "/en/registry/import/preview", alike="add", changed="leave")
    other = signed_in(house, "birch")
    assert other.get(done.headers["Location"]).status_code == HTTPStatus.NOT_FOUND
    assert other.get("/en/registry/import/preview").status_code == HTTPStatus.NOT_FOUND
    assert signed_in(house, "rowan").get("/en/registry/import").status_code == HTTPStatus.FORBIDDEN


def test_the_export_leaves_without_what_is_restricted_and_runs_no_formula(house: House) -> None:
    with house.open("maple") as (session, by):
        for name, restricted in (("=cmd|'/C calc'!A0 Yari", False), ("Hidden Person", True)):
            service.add(
                session,
                by=by,
                names=[Spelling(name)],
                facts=PersonFacts(),
                note="x",
                now=house.instance.clock(),
                restricted=restricted,
            )
    client = signed_in(house)
    told = {}
    for action in ("csv", "ftm"):
        token = token_of(client.get("/en/registry/export"))
        answer = client.post("/en/registry/export", data={"csrf_token": token, "action": action})
        told[action] = _unpacked(answer.data) if action == "csv" else answer.text
        assert "Yari" in told[action]
        assert "Hidden" not in told[action]
        assert "maple" not in told[action]
    assert "\"'=cmd|'/C calc'!A0 Yari\"" in told["csv"]


def _unpacked(data: bytes) -> str:
    with zipfile.ZipFile(BytesIO(data)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


def test_a_large_file_comes_in_by_parts(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_routes, "_STEP", 2)
    client = signed_in(house)
    send_file(client, ("name\n" + "".join(f"Person Nr{n}\n" for n in range(5))).encode())
    fill(client, "/en/registry/import/columns")
    done = fill(client, "/en/registry/import/preview", alike="add", changed="leave")
    address = done.headers["Location"]
    assert "up to line 3" in client.get(address).text
    fill(client, address)
    fill(client, address)
    assert "The file is in" in client.get(address).text
    with house.open() as (session, _):
        assert session.scalars(select(ImportRun)).one().added == 5
