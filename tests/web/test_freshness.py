"""Before what cannot be undone, people prove anew who they are; the way leads there, back, and no further."""

import re
from uuid import UUID

import pytest
from builders import Instance, a_submission, token_of
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from test_pages_and_roles import STAFF, STRANGER, address

from portal.config import Face
from portal.ledger import service as ledger
from portal.permissions import Access, Permission, Role, allows
from portal.staff.models import Staff
from portal.web.freshness import local
from portal.web.guard import Page, Pages


@pytest.fixture
def desk(sqlite_instance: Instance) -> Flask:
    return sqlite_instance.app(Face.DESK)


def signed_in(instance: Instance, desk: Flask, name: str) -> FlaskClient:
    client = desk.test_client()
    assert instance.sign_in(client, name).status_code == 303
    return client


def guarded(desk: Flask) -> list[tuple[Page, str]]:
    """Every page that asks anew, with its address."""
    found = []
    for page in desk.extensions["portal_pages"]:
        if page.fresh:
            prefix = desk.blueprints[page.endpoint.split(".")[0]].url_prefix or ""
            found.append((page, address(page, prefix.replace("<language:language>", "en"))))
    return found


def somebody_for(page: Page) -> str:
    assert isinstance(page.access, Permission)
    return STAFF[next(role for role in Role if allows(role, page.access)).value]


def test_what_cannot_be_undone_is_in_the_table(desk: Flask) -> None:
    endpoints = {page.endpoint for page, _address in guarded(desk)}
    assert endpoints >= {
        "casework.identity",
        "casework.approve_hold",
        "casework.decline_hold",
        "casework.end_hold",
        "casework.ask_removal",
        "casework.approve_removal",
        "release.new",
        "release.preview",
        "release.approve",
        "release.download",
        "staff.end",
        "staff.grant",
        "staff.invite",
        "staff.renew_key",
    }


def test_nothing_of_it_opens_after_five_minutes_and_nothing_is_written(
    sqlite_instance: Instance, desk: Flask
) -> None:
    clients = {name: signed_in(sqlite_instance, desk, name) for name in set(STAFF.values())}
    sqlite_instance.clock.advance(minutes=5)
    with sqlite_instance.database.session(write=False) as session:
        before = ledger.size(session)
    for page, url in guarded(desk):
        client = clients[somebody_for(page)]
        token = token_of(client.get("/en/me"))
        for method in page.methods:
            answer = client.open(url, method=method, data={"csrf_token": token})
            assert answer.status_code == 303, page
            assert answer.location.startswith("/en/confirm?to="), page
    with sqlite_instance.database.session(write=False) as session:
        assert ledger.size(session) == before


def test_every_one_of_them_leads_back_to_a_page_that_can_be_read(
    sqlite_instance: Instance, desk: Flask
) -> None:
    client = signed_in(sqlite_instance, desk, "maple")
    sqlite_instance.clock.advance(minutes=5)
    for page, url in guarded(desk):
        if not allows(Role.LEAD, page.access):  # type: ignore[arg-type] # a permission
            continue
        token = token_of(client.get("/en/me"))
        answer = client.open(url, method=page.methods[-1], data={"csrf_token": token})
        asked = client.get(answer.location)
        assert "Your passphrase once more" in asked.text
        with desk.test_request_context():
            assert local(re.sub(r"^.*to=", "", answer.location).replace("%2F", "/"))


def test_signing_in_is_a_proof_and_a_proof_lasts_five_minutes(sqlite_instance: Instance, desk: Flask) -> None:
    client = signed_in(sqlite_instance, desk, "rowan")
    assert client.get("/en/releases/new").status_code == 200
    sqlite_instance.clock.advance(minutes=4, seconds=59)
    assert client.get("/en/releases/new").status_code == 200
    sqlite_instance.clock.advance(seconds=1)
    asked = client.get("/en/releases/new")
    assert asked.location == "/en/confirm?to=/en/releases/new"
    page = client.get(asked.location)
    proof = {"csrf_token": token_of(page), "passphrase": sqlite_instance.founders["rowan"].passphrase}
    before = client.get_cookie("desk")
    done = client.post(asked.location, data=proof)
    assert (done.status_code, done.location) == (303, "/en/releases/new")
    after = client.get_cookie("desk")
    assert before
    assert after
    assert after.value != before.value
    assert client.get("/en/releases/new").status_code == 200
    assert client.get("/en/confirm").location == "/en/me"
    old = desk.test_client()
    old.set_cookie("desk", before.value)
    assert old.get("/en/me").location == "/en/sign-in"


def test_a_clock_that_went_back_makes_no_proof_last(sqlite_instance: Instance, desk: Flask) -> None:
    client = signed_in(sqlite_instance, desk, "rowan")
    with client.session_transaction() as session:
        session["proved"] = int(sqlite_instance.clock().timestamp()) + 120
    assert client.get("/en/releases/new").status_code == 303


@pytest.mark.parametrize("typed", ["another one altogether", "", " "])
def test_a_wrong_passphrase_proves_nothing(sqlite_instance: Instance, desk: Flask, typed: str) -> None:
    client = signed_in(sqlite_instance, desk, "rowan")
    sqlite_instance.clock.advance(minutes=5)
    page = client.get("/en/confirm?to=/en/releases/new")
    answer = client.post(
        "/en/confirm?to=/en/releases/new", data={"csrf_token": token_of(page), "passphrase": typed}
    )
    assert answer.status_code in {400, 403}
    assert typed.strip() == "" or typed not in answer.text
    assert client.get("/en/releases/new").status_code == 303


def test_guessing_at_the_open_desk_of_somebody_is_slowed_and_forgiven(
    sqlite_instance: Instance, desk: Flask
) -> None:
    client = signed_in(sqlite_instance, desk, "rowan")
    sqlite_instance.clock.advance(minutes=5)
    page = client.get("/en/confirm")
    for number in range(6):
        answer = client.post(
            "/en/confirm", data={"csrf_token": token_of(page), "passphrase": f"guess {number}"}
        )
    assert answer.status_code == 429
    assert "Wait 2 seconds" in answer.text
    slowed = sqlite_instance.step_up(client, "rowan")
    assert slowed.status_code == 429
    sqlite_instance.clock.advance(seconds=2)
    assert sqlite_instance.step_up(client, "rowan").status_code == 303
    assert client.get("/en/releases/new").status_code == 200


def test_what_was_typed_is_there_again_after_the_proof_and_nothing_was_done(
    sqlite_instance: Instance, desk: Flask
) -> None:
    client = signed_in(sqlite_instance, desk, "rowan")
    token = token_of(client.get("/en/releases/new"))
    sqlite_instance.clock.advance(minutes=6)
    typed = {"purpose": "a study of <graves>", "recipient": "a university", "k": "20"}
    asked = client.post("/en/releases/new", data={"csrf_token": token, **typed})
    assert asked.location == "/en/confirm?to=/en/releases/new"
    assert sqlite_instance.step_up(client, "rowan").status_code == 303
    page = client.get("/en/releases/new")
    assert "a study of &lt;graves&gt;" in page.text
    (chosen,) = (one for one in re.findall(r'<input[^>]*name="k"[^>]*>', page.text) if "checked" in one)
    assert 'value="20"' in chosen
    assert "Nothing has been done yet" in page.text
    assert "Nothing has been done yet" not in client.get("/en/releases/").text
    assert "a study" not in client.get("/en/releases/new").text


@pytest.mark.parametrize("sent", [{"csrf_token": "forged"}, {}])
def test_nothing_of_a_form_that_somebody_else_made_is_kept(
    sqlite_instance: Instance, desk: Flask, sent: dict[str, str]
) -> None:
    with sqlite_instance.database.session(write=True) as session:
        case = a_submission(sqlite_instance, session).submission.id
    client = signed_in(sqlite_instance, desk, "maple")
    sqlite_instance.clock.advance(minutes=6)
    client.post(f"/en/cases/{case}/erase", data={"reason": "planted", **sent})
    with client.session_transaction() as kept:
        assert "kept_form" not in kept
    assert client.post("/en/releases/new", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_very_long_form_is_not_kept(sqlite_instance: Instance, desk: Flask) -> None:
    client = signed_in(sqlite_instance, desk, "rowan")
    token = token_of(client.get("/en/releases/new"))
    sqlite_instance.clock.advance(minutes=6)
    client.post("/en/releases/new", data={"csrf_token": token, "purpose": "x" * 20_001})
    with client.session_transaction() as kept:
        assert "kept_form" not in kept


@pytest.mark.parametrize(
    "to",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/en/me",
        "/\\elsewhere.example",
        "/en/sign-out",
        "/en/nothing-here",
        "/static/portal.css",
        "/",
        "en/me",
        "javascript:alert(1)",
        "/en/me\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_the_way_back_leads_to_a_page_of_the_desk_or_to_ones_own(
    sqlite_instance: Instance, desk: Flask, to: str
) -> None:
    client = signed_in(sqlite_instance, desk, "rowan")
    assert client.get("/en/confirm", query_string={"to": to}).location == "/en/me"
    sqlite_instance.clock.advance(minutes=6)
    page = client.get("/en/confirm", query_string={"to": to})
    proof = {"csrf_token": token_of(page), "passphrase": sqlite_instance.founders["rowan"].passphrase}
    done = client.post("/en/confirm", query_string={"to": to}, data=proof)
    assert (done.status_code, done.location) == (303, "/en/me")


def test_the_way_back_keeps_what_the_address_names(sqlite_instance: Instance, desk: Flask) -> None:
    client = signed_in(sqlite_instance, desk, "rowan")
    sqlite_instance.clock.advance(minutes=6)
    with sqlite_instance.database.session(write=False) as session:
        cedar = session.scalars(select(Staff.id).where(Staff.name == "cedar")).one()
    asked = client.get(f"/fa/staff/{cedar}/end")
    assert asked.location == f"/fa/confirm?to=/fa/staff/{cedar}/end"
    page = client.get(asked.location)
    proof = {"csrf_token": token_of(page), "passphrase": sqlite_instance.founders["rowan"].passphrase}
    assert client.post(asked.location, data=proof).location == f"/fa/staff/{cedar}/end"


def test_a_button_without_a_page_of_its_own_leads_back_to_where_it_stands(
    sqlite_instance: Instance, desk: Flask
) -> None:
    client = signed_in(sqlite_instance, desk, "maple")
    token = token_of(client.get("/en/staff/keys"))
    sqlite_instance.clock.advance(minutes=6)
    asked = client.post(f"/en/staff/{STRANGER}/keys", data={"csrf_token": token, "group": "intake"})
    assert asked.location == "/en/confirm?to=/en/staff/keys"
    file = client.get(f"/en/releases/{STRANGER}/release.zip")
    assert file.location == f"/en/confirm?to=/en/releases/{STRANGER}"


def test_only_staff_can_be_asked() -> None:
    pages = Pages("fresh", __name__, face=Face.INTAKE)
    with pytest.raises(ValueError, match="Only staff"):
        pages.page("/fresh", access=Access.PUBLIC, fresh=True)


def test_a_proof_is_in_the_ledger_and_a_stranger_is_not_asked(sqlite_instance: Instance, desk: Flask) -> None:
    assert desk.test_client().get(f"/en/staff/{UUID(int=1)}/end").location == "/en/sign-in"
    client = signed_in(sqlite_instance, desk, "rowan")
    sqlite_instance.clock.advance(minutes=6)
    with sqlite_instance.database.session(write=False) as session:
        before = ledger.size(session)
    assert sqlite_instance.step_up(client, "rowan").status_code == 303
    with sqlite_instance.database.session(write=False) as session:
        assert ledger.size(session) == before + 1
