"""The pages of security keys: what they ask, whose answers they take, and how often."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from authenticator import SoftKey
from flask import Flask

from portal.app import create_app
from portal.config import Face
from portal.permissions import Role
from portal.staff import hardware
from portal.staff.pages import pages

PASSPHRASE = "seven plain words that nobody would guess"
HERE = "http://localhost"


@pytest.fixture
def desk(world: Any, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A desk whose own address is the one that these visitors come to."""
    monkeypatch.setattr("portal.app._features", lambda _: [pages])
    settings = replace(world.settings, desk_address=HERE)
    return create_app(settings, Face.DESK, database=world.database, clock=world.clock)


@pytest.fixture
def visitor(desk: Flask, new_browser: Callable[[Flask], Any]) -> Any:
    return new_browser(desk)


def key(**other: Any) -> SoftKey:
    return SoftKey(origin=HERE, **other)


def question(visitor: Any, path: str = "/security-key", seen: str = "/sign-in") -> Any:
    answer = visitor.post(path, seen=seen)
    assert answer.status_code == 200
    return answer.get_json()


def said(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.get_data(as_text=True)).split())


def register(visitor: Any, one: SoftKey, name: str = "blue", passphrase: str = PASSPHRASE) -> Any:
    asked = question(visitor, "/me/security-keys/question", "/me/security-keys")
    answer = json.dumps({"created": one.create(asked["create"]), "proof": one.get(asked["get"])})
    return visitor.post("/me/security-keys", {"name": name, "passphrase": passphrase, "answer": answer})


def sign_in(visitor: Any, person: Any, one: SoftKey, **other: Any) -> Any:
    answer = other.pop("answer", None) or one.answer(question(visitor))
    fields = {"name": person.name, "passphrase": PASSPHRASE, "code": "", "answer": answer}
    return visitor.post("/sign-in", fields | other)


@pytest.fixture
def sahar(world: Any, visitor: Any) -> Any:
    person = world.lead()
    visitor.sign_in(person)
    return person


def standing(world: Any, person: Any) -> hardware.Standing:
    with world.database.session(write=False) as session:
        return hardware.standing(session, by=world.actor(person))


def test_the_question_is_the_same_for_everybody(visitor: Any, world: Any) -> None:
    world.lead()
    first, second = question(visitor), question(visitor)
    assert first.pop("challenge") != second.pop("challenge")
    assert first == second
    assert first["allowCredentials"] == []
    assert first["rpId"] == "localhost"


def test_a_registered_key_opens_the_door(visitor: Any, sahar: Any, desk: Flask, new_browser: Any) -> None:
    one = key()
    assert register(visitor, one).status_code == 303
    assert "blue" in said(visitor.get("/me/security-keys"))
    other = new_browser(desk)
    answer = sign_in(other, sahar, one)
    assert answer.status_code == 303
    assert other.get("/me").status_code == 200


def test_one_answer_for_every_mistake(visitor: Any, sahar: Any, desk: Flask, new_browser: Any) -> None:
    one = key()
    register(visitor, one)
    other = new_browser(desk)
    wrong = {
        "unknown name": sign_in(other, sahar, one, name="Nobody"),
        "wrong passphrase": sign_in(other, sahar, one, passphrase="other words"),
        "unknown key": sign_in(other, sahar, key()),
        "nonsense": sign_in(other, sahar, one, answer="x"),
    }
    assert {answer.status_code for answer in wrong.values()} == {403}
    pages = {
        re.sub(r"value=\"[^\"]*\"|nonce", "", answer.get_data(as_text=True)) for answer in wrong.values()
    }
    assert len(pages) == 1
    assert "security key do not fit together" in pages.pop()


def test_a_question_is_answered_once_in_its_own_session_within_five_minutes(
    visitor: Any, sahar: Any, world: Any, desk: Flask, new_browser: Any
) -> None:
    one = key(counts=False)
    register(visitor, one)
    other, third = new_browser(desk), new_browser(desk)
    answer = one.answer(question(other))
    assert sign_in(third, sahar, one, answer=answer).status_code == 403, "another's question"
    question(third)
    assert sign_in(third, sahar, one, answer=answer).status_code == 403, "not the one that was asked"
    world.clock.forward(minutes=5, seconds=1)
    assert sign_in(other, sahar, one, answer=answer).status_code == 403, "too late"
    answer = one.answer(question(other))
    assert sign_in(other, sahar, one, answer=answer, passphrase="wrong").status_code == 403
    assert sign_in(other, sahar, one, answer=answer).status_code == 403, "spent by the wrong passphrase"


def test_the_answer_is_never_sent_back(visitor: Any, sahar: Any, desk: Flask, new_browser: Any) -> None:
    del sahar, visitor
    answer = new_browser(desk).post("/sign-in", {"name": "", "passphrase": "x", "answer": "the answer"})
    assert answer.status_code == 400
    assert "the answer" not in answer.get_data(as_text=True)
    assert "Enter the code" not in said(answer)


def test_at_another_address_there_is_no_question(visitor: Any, sahar: Any) -> None:
    del sahar
    elsewhere = {"base_url": "http://evil.example"}
    page = visitor.client.get("/en/sign-in", **elsewhere).get_data(as_text=True)
    assert "data-security-key" not in page
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    fields = {"csrf_token": token[1]}
    assert visitor.client.post("/en/security-key", data=fields, **elsewhere).status_code == 404
    page = visitor.get("/me/security-keys").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token


def test_a_question_from_one_address_is_not_answered_at_another(
    visitor: Any, sahar: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    del sahar, world
    from portal.staff import challenges  # noqa: PLC0415
    from portal.staff.webauthn import Site  # noqa: PLC0415

    one = key()
    asked = question(visitor, "/me/security-keys/question", "/me/security-keys")
    content = {"created": one.create(asked["create"]), "proof": one.get(asked["get"])}
    monkeypatch.setattr(challenges, "here", lambda: Site("http://desk.onion", "desk.onion"))
    fields = {"name": "blue", "passphrase": PASSPHRASE, "answer": json.dumps(content)}
    answer = visitor.post("/me/security-keys", fields)
    assert answer.status_code == 400
    assert "does not hold" in said(answer)
    monkeypatch.setattr(challenges, "here", lambda: None)
    assert visitor.post("/me/security-keys/question", seen="/me/security-keys").status_code == 404


def test_changes_ask_for_the_passphrase_and_are_slowed(visitor: Any, sahar: Any, world: Any) -> None:
    one = key()
    assert register(visitor, one, passphrase="other words").status_code == 400
    assert register(visitor, one).status_code == 303
    assert register(visitor, key(), "green").status_code == 303
    held = standing(world, sahar).keys[0]
    remove, required = f"/me/security-keys/{held.id}/remove", "/me/security-keys/required"
    for path in (remove, required):
        assert "not your passphrase" in said(visitor.post(path, {"passphrase": "other words"}))
        assert visitor.post(path, {"passphrase": ""}).status_code == 400
    for _ in range(4):
        visitor.post(remove, {"passphrase": "other words"})
    for path in (remove, required):
        assert visitor.post(path, {"passphrase": PASSPHRASE}).status_code == 429
    assert register(visitor, key(), "red").status_code == 429
    assert len(standing(world, sahar).keys) == 2


def test_a_key_is_required_removed_and_no_longer_required(visitor: Any, sahar: Any, world: Any) -> None:
    assert visitor.get("/me/security-keys/required").status_code == 303
    for name in ("blue", "green"):
        register(visitor, key(), name)
    assert visitor.get("/me/security-keys/required").status_code == 200
    assert visitor.post("/me/security-keys/required", {"passphrase": PASSPHRASE}).status_code == 303
    assert standing(world, sahar).required
    held = standing(world, sahar).keys[0]
    path = f"/me/security-keys/{held.id}/remove"
    assert "You need another security key" in said(visitor.get(path))
    assert visitor.post(path, {"passphrase": PASSPHRASE}).status_code == 303
    assert "Only one security key is left" in said(visitor.get("/me/security-keys"))
    assert visitor.post("/me/security-keys/required", {"passphrase": PASSPHRASE}).status_code == 303
    assert not standing(world, sahar).required


def test_nobody_sees_or_removes_anothers_key(visitor: Any, sahar: Any, world: Any, desk: Flask) -> None:
    register(visitor, key())
    held = standing(world, sahar).keys[0]
    from staff.conftest import Browser  # noqa: PLC0415

    other = Browser(desk.test_client(), world)
    other.sign_in(world.person("Roya", Role.REVIEWER))
    assert other.get(f"/me/security-keys/{held.id}/remove").status_code == 404
    assert visitor.get(f"/me/security-keys/{uuid4()}/remove").status_code == 404


def test_a_full_list_and_a_strange_row_are_said(visitor: Any, sahar: Any, world: Any) -> None:
    from portal.staff.models import SecurityKey  # noqa: PLC0415

    for number in range(6):
        register(visitor, key(), str(number))
    assert "as many security keys" in said(visitor.get("/me/security-keys"))
    row = {"id": uuid4(), "staff_id": sahar.id, "record": b"\x01" + bytes(90)}
    with world.database.main.begin() as connection:
        connection.execute(SecurityKey.__table__.insert().values(row))
    assert "that you did not register" in said(visitor.get("/me/security-keys"))


def test_a_key_confirms_who_sits_here(visitor: Any, sahar: Any, world: Any) -> None:
    one = key()
    register(visitor, one)
    world.clock.forward(minutes=6)
    wrong = visitor.post("/confirm", {"answer": key().answer(question(visitor, seen="/confirm"))})
    assert wrong.status_code == 403
    right = visitor.post("/confirm", {"answer": one.answer(question(visitor, seen="/confirm"))})
    assert right.status_code == 303
    del sahar


def test_confirming_with_a_key_ends_with_access(world: Any, sahar: Any) -> None:
    from portal.errors import RefusedError  # noqa: PLC0415
    from portal.staff.models import Staff  # noqa: PLC0415

    actor = world.actor(sahar)
    with world.database.session(write=True) as session:
        session.get_one(Staff, sahar.id).active = False
    with world.database.session(write=True) as session, pytest.raises(RefusedError):
        hardware.confirm(session, by=actor, answer="x", asked=None)
