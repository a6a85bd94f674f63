"""The door tells nothing to who may not come in, and no stranger keeps anybody out of it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy import event
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.config import Face
from portal.permissions import Role
from portal.staff import service
from portal.staff.pages import pages
from portal.vault import passphrase

Visit = Callable[[], Any]
FOREIGN = {"passphrase": "another one altogether", "code": "123456"}


def nothing_told(page: TestResponse, name: str) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Give all that a visitor gets, but for what they sent themselves and the token of their own session."""
    body = re.sub(rb'(name="csrf_token"[^>]*value=")[^"]+', rb"\1", page.data)
    body = body.replace(escape(name).encode(), b"")
    headers = [(key, value) for key, value in page.headers if key != "Content-Length"]
    return page.status_code, body, headers


@contextmanager
def work_counted(world: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Write down every statement, every derivation with its cost, and where the transactions end."""
    done: list[str] = []
    derive = passphrase.derive_key

    def statement(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        done.append(text)

    def watched(secret: str | bytes, salt: bytes, cost: passphrase.Cost, *line: passphrase.Line) -> bytes:
        done.append(f"Argon2id {cost}")
        return derive(secret, salt, cost, *line)

    engines = (world.database.main, world.database.keys)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", statement)
    with monkeypatch.context() as patch:
        for place in ("portal.vault.passphrase", "portal.staff.credentials", "portal.staff.changing"):
            patch.setattr(f"{place}.derive_key", watched)
        yield done
    for engine in engines:
        event.remove(engine, "before_cursor_execute", statement)


@pytest.fixture
def mistakes(world: Any) -> dict[str, tuple[str, dict[str, str]]]:
    """Everything that can be wrong with a sign-in: what is typed for it."""
    nader, mina = world.person("Nader", Role.ADMINISTRATOR), world.person("Mina", Role.REVIEWER)
    zari, gone = world.person("Zari", Role.LEAD), world.person("Soraya", Role.REVIEWER)
    with world.database.session(write=True) as session:
        service.end(session, by=world.actor(nader), staff_id=gone.id)
    own = "seven plain words that nobody would guess"
    return {
        "unknown name": ("Homa", FOREIGN),
        "unknown name, somebody's passphrase and code": (
            "Homa",
            {"passphrase": own, "code": world.code(mina)},
        ),
        "wrong passphrase": ("Mina", FOREIGN),
        "wrong passphrase, right code": ("Mina", FOREIGN | {"code": world.code(mina)}),
        "wrong code": ("Zari", {"passphrase": own, "code": "000000"}),
        "somebody else's code": ("Zari", {"passphrase": own, "code": world.code(mina)}),
        "ended": ("Soraya", {"passphrase": own, "code": world.code(gone)}),
        "ended, wrong passphrase": ("Soraya", FOREIGN),
        "nonsense": ("%' OR 1=1 --", FOREIGN),
        "an administrator's wrong code": ("Nader", {"passphrase": own, "code": "999999"}),
        "not the code of " + zari.name: ("Zari", {"passphrase": own, "code": "12"}),
    }


def test_every_mistake_at_the_door_gets_the_same_bytes_after_the_same_work(
    world: Any,
    browser: Visit,
    mistakes: dict[str, tuple[str, dict[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same answer and headers; the same statements and derivations in the same order."""
    answers, works = {}, {}
    for what, (name, fields) in mistakes.items():
        visitor = browser()
        visitor.get("/sign-in")
        with work_counted(world, monkeypatch) as done:
            page = visitor.post("/sign-in", {"name": name, **fields})
        answers[what], works[what] = nothing_told(page, name), done
    assert {answer[0] for answer in answers.values()} == {403}
    assert len({repr(answer) for answer in answers.values()}) == 1, answers
    [work] = {tuple(done) for done in works.values()}
    assert sum(line.startswith("Argon2id") for line in work) == 1


def test_every_mistake_with_an_invitation_gets_the_same_bytes_after_the_same_work(
    world: Any, browser: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    nader = world.person("Nader", Role.ADMINISTRATOR)
    given = {}
    for name in ("Mina", "Zari"):
        with world.database.session(write=True) as session:
            given[name] = service.invite(
                session, by=world.actor(nader), name=name, role=Role.REVIEWER, now=world.clock.now
            )
        world.clock.forward(days=4)  # Mina's runs out
    world.clock.forward(days=2)
    mistakes = [
        ("Homa", "some other words"),
        ("Homa", given["Zari"]),
        ("Zari", given["Mina"]),
        ("Zari", "some other words"),
        ("Mina", given["Mina"]),
        ("Nader", given["Zari"]),
    ]
    answers, works = [], []
    for name, words in mistakes:
        visitor = browser()
        visitor.get("/join")
        with work_counted(world, monkeypatch) as done:
            page = visitor.post("/join", {"name": name, "words": words})
        answers.append(repr(nothing_told(page, name)).replace(words, ""))
        works.append(tuple(done))
    assert len(set(answers)) == 1, answers
    assert "403" in answers[0]
    assert len(set(works)) == 1


def test_who_is_held_up_learns_no_more_of_a_name_than_who_is_not(world: Any, browser: Visit) -> None:
    world.person("Mina", Role.REVIEWER)
    held_up = []
    for name in ("Mina", "Homa"):
        visitor = browser()
        for _ in range(5):
            visitor.post("/sign-in", {"name": name, **FOREIGN})
        page = visitor.post("/sign-in", {"name": name, **FOREIGN})
        held_up.append(nothing_told(page, name))
        assert page.status_code == 429
    assert held_up[0] == held_up[1]


# held up, and not locked out


def stranger_tries(visitor: Any, name: str, times: int) -> list[int]:
    """Guess as fast as a program does, from one open page."""
    page = visitor.get("/sign-in").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    fields = {"csrf_token": token[1], "name": name, **FOREIGN}
    return [visitor.client.post("/en/sign-in", data=fields).status_code for _ in range(times)]


def test_a_thousand_attempts_of_a_stranger_do_not_delay_the_owner_on_a_known_device(
    world: Any, browser: Visit
) -> None:
    mina, owner = world.person("Mina", Role.REVIEWER), browser()
    assert owner.sign_in(mina).status_code == 303
    owner.post("/sign-out", seen="/me")
    statuses = stranger_tries(browser(), "mina", 1_000)
    assert statuses.count(403) == 5
    assert statuses.count(429) == 995
    world.clock.forward(seconds=30)
    assert owner.sign_in(mina).status_code == 303


def test_the_owner_without_a_known_device_waits_five_minutes_at_most_whatever_strangers_do(
    world: Any, browser: Visit
) -> None:
    mina, owner, stranger = world.person("Mina", Role.REVIEWER), browser(), browser()
    for _ in range(12):
        stranger_tries(stranger, "Mina", 2)
        world.clock.forward(minutes=5)
    stranger_tries(stranger, "Mina", 2)
    held_up = owner.sign_in(mina)
    assert held_up.status_code == 429
    assert 0 < int(held_up.headers["Retry-After"]) <= 300
    text = held_up.get_data(as_text=True)
    assert "Keep this page open and try again in 5 minutes" in text
    for _ in range(10):
        world.clock.forward(seconds=30)
        stranger_tries(browser(), "Mina", 2)
    assert stranger_tries(browser(), "Mina", 1) == [429]
    assert owner.sign_in(mina).status_code == 303


def test_a_turn_is_good_for_one_attempt_at_one_name(world: Any, browser: Visit) -> None:
    world.person("Mina", Role.REVIEWER)
    zari, stranger = world.person("Zari", Role.REVIEWER), browser()
    for name in ("Mina", "Zari"):
        stranger_tries(browser(), name, 20)
    for _ in range(12):
        world.clock.forward(minutes=5)
        stranger_tries(browser(), "Mina", 2)
        stranger_tries(browser(), "Zari", 2)
    assert stranger_tries(stranger, "Mina", 1) == [429]
    world.clock.forward(minutes=4, seconds=59)
    assert stranger_tries(stranger, "Mina", 1) == [429]
    world.clock.forward(seconds=1)
    for name in ("Mina", "Zari"):
        stranger_tries(browser(), name, 2)
    assert stranger_tries(stranger, "Mina", 3)[1:] == [429, 429]
    assert stranger.sign_in(zari).status_code == 429


def test_a_thief_of_the_passphrase_gets_no_more_codes_from_more_sessions(world: Any, browser: Visit) -> None:
    """Each session has its turn after five minutes; the right code among theirs is as good as a wrong one."""
    mina, thieves = world.person("Mina", Role.REVIEWER), [browser() for _ in range(30)]
    right = {"name": "Mina", "passphrase": "seven plain words that nobody would guess"}

    def guess(visitor: Any, code: str) -> int:
        visitor.get("/sign-in")
        status: int = visitor.post("/sign-in", {**right, "code": code}).status_code
        return status

    assert [guess(one, "000000") for one in thieves].count(429) == 25
    world.clock.forward(minutes=5)
    answers = [
        guess(one, "000000" if number < 20 else world.code(mina)) for number, one in enumerate(thieves)
    ]
    assert answers.count(403) > 20
    assert 303 not in answers
    world.clock.forward(minutes=5)
    assert browser().sign_in(mina).status_code == 303


def test_turns_do_not_fill_the_session(browser: Visit) -> None:
    visitor = browser()
    for number in range(20):
        stranger_tries(visitor, f"Name {number}", 6)
    with visitor.client.session_transaction() as session:
        assert len(session["turns"]) <= 8


# devices


def test_a_device_is_known_for_its_own_person_alone(world: Any, browser: Visit) -> None:
    mina, zari, visitor = world.person("Mina", Role.REVIEWER), world.person("Zari", Role.LEAD), browser()
    visitor.sign_in(mina)
    visitor.post("/sign-out", seen="/me")
    stranger_tries(browser(), "Zari", 20)
    assert visitor.sign_in(zari).status_code == 429


def test_the_cookie_of_a_device_tells_no_name_and_opens_nothing(world: Any, browser: Visit) -> None:
    mina, visitor = world.person("Mina", Role.REVIEWER), browser()
    answer = visitor.sign_in(mina)
    [line] = [value for value in answer.headers.getlist("Set-Cookie") if value.startswith("device=")]
    assert "HttpOnly" in line
    assert "SameSite=Strict" in line
    assert "Path=/" in line
    assert "Max-Age=7776000" in line
    assert "Domain" not in line
    cookie = visitor.client.get_cookie("device").value
    other = browser()
    other.client.set_cookie("device", cookie)
    assert other.get("/me").status_code == 303
    assert other.sign_in(mina, passphrase="another one").status_code == 403
    second = browser()
    world.clock.forward(seconds=30)
    second.sign_in(mina)
    assert len(second.client.get_cookie("device").value) == len(cookie)
    assert second.client.get_cookie("device").value != cookie


@pytest.mark.parametrize("days", [90, 91])
def test_a_device_is_known_for_ninety_days(world: Any, browser: Visit, days: int) -> None:
    mina, owner = world.person("Mina", Role.REVIEWER), browser()
    owner.sign_in(mina)
    cookie = owner.client.get_cookie("device").value
    world.clock.forward(days=days)
    later = browser()
    later.client.set_cookie("device", cookie)
    stranger_tries(browser(), "Mina", 20)
    assert later.sign_in(mina).status_code == (303 if days == 90 else 429)


@pytest.mark.parametrize("cookie", ["", "x", "=", "A" * 400, "\u00e9", "AQ" + "A" * 130])
def test_an_invented_device_is_a_stranger(world: Any, browser: Visit, cookie: str) -> None:
    mina, visitor = world.person("Mina", Role.REVIEWER), browser()
    visitor.client.set_cookie("device", cookie)
    stranger_tries(browser(), "Mina", 20)
    assert visitor.sign_in(mina).status_code == 429


def test_a_device_has_a_count_of_its_own(world: Any, browser: Visit) -> None:
    mina, owner = world.person("Mina", Role.REVIEWER), browser()
    owner.sign_in(mina)
    owner.post("/sign-out", seen="/me")
    world.clock.forward(seconds=30)
    for _ in range(5):
        assert owner.sign_in(mina, passphrase="a slip").status_code == 403
    assert owner.sign_in(mina).status_code == 429
    assert browser().sign_in(mina).status_code == 303


def test_the_cookies_belong_to_the_host_where_the_desk_is_served_securely(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.app._features", lambda _: [pages])
    secure = replace(world.settings, secure_cookies=True)
    app = create_app(secure, Face.DESK, database=world.database, clock=world.clock)
    mina, client = world.person("Mina", Role.REVIEWER), app.test_client()
    page = client.get("/en/sign-in", base_url="https://localhost").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    fields = {"name": "Mina", "passphrase": "seven plain words that nobody would guess"}
    answer = client.post(
        "/en/sign-in",
        data={"csrf_token": token[1], "code": world.code(mina), **fields},
        base_url="https://localhost",
    )
    cookies = answer.headers.getlist("Set-Cookie")
    assert answer.status_code == 303
    assert {line.split("=")[0] for line in cookies} == {"__Host-desk", "__Host-device"}
    assert all("Secure" in line and "Domain" not in line for line in cookies)


def test_the_workers_of_the_desk_hold_up_and_end_together(
    world: Any, memory: Path, monkeypatch: pytest.MonkeyPatch, new_browser: Callable[[Flask], Any]
) -> None:
    monkeypatch.setattr("portal.app._features", lambda _: [pages])
    mina = world.person("Mina", Role.REVIEWER)
    settings = replace(world.settings, session_folder=memory)
    one, other = (
        create_app(settings, Face.DESK, database=world.database, clock=world.clock) for _ in range(2)
    )
    assert stranger_tries(new_browser(one), "Mina", 3) == [403] * 3
    assert stranger_tries(new_browser(other), "Mina", 3) == [403, 403, 429]
    world.clock.forward(minutes=5)
    here, there = new_browser(one), new_browser(one)
    assert here.sign_in(mina).status_code == 303
    world.clock.forward(seconds=30)
    assert there.sign_in(mina).status_code == 303
    there.client, moved = other.test_client(), there.client.get_cookie("desk").value
    there.client.set_cookie("desk", moved)
    assert there.get("/me").status_code == 200
    assert here.post("/me/sessions/end-others", seen="/me").status_code == 303
    assert there.get("/me").status_code == 303
