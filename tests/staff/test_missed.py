"""Whose passphrase was entered with a wrong code hears of it at the next sign-in; the visitor does not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.ledger import service as ledger
from portal.permissions import Role
from portal.staff import current
from portal.staff.missed import Miss, Missed
from portal.web.sessions import ProcessHalves
from portal.web.shared import Shared

Visit = Callable[[], Any]
PASSPHRASE = "seven plain words that nobody would guess"
TOLD = "Your passphrase was entered with a wrong code or security key"


def entries(world: Any) -> int:
    with world.database.session(write=False) as session:
        return ledger.size(session)


def acts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, str]]]:
    """Write down every act that is noted from now on."""
    found: list[tuple[str, str, dict[str, str]]] = []
    inner = current.service.note

    def watched(session: Any, name: str, *, by: str, **more: Any) -> None:
        found.append((name, by, dict(more.get("detail") or {})))
        inner(session, name, by=by, **more)

    monkeypatch.setattr(current.service, "note", watched)
    return found


def thief(browser: Visit, name: str, times: int = 1) -> None:
    for _ in range(times):
        status = (
            browser().post("/sign-in", {"name": name, "passphrase": PASSPHRASE, "code": "000000"}).status_code
        )
        assert status in {403, 429}


def seen(visitor: Any, person: Any) -> str:
    """What a person reads right after signing in, on the page they land on."""
    answer = visitor.sign_in(person)
    assert answer.status_code == 303
    text: str = visitor.client.get(answer.headers["Location"]).get_data(as_text=True)
    return text


def test_the_owner_is_told_once_and_the_ledger_says_so(
    world: Any, browser: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    thief(browser, "Mina", 2)
    world.clock.forward(days=1)
    done = acts(monkeypatch)
    shown = seen(browser(), mina)
    assert TOLD in shown
    [(_, by, detail)] = [one for one in done if one[0] == "staff.missed"]
    day = (world.clock.now - timedelta(days=1)).date().isoformat()
    assert (by, detail) == ("Mina", {"last": day, "times": "2"})
    done.clear()
    world.clock.forward(seconds=30)
    assert TOLD not in seen(browser(), mina)
    assert [one[0] for one in done] == ["staff.sign-in"]


def test_it_is_said_in_persian(world: Any, browser: Visit) -> None:
    mina, visitor = world.person("Mina", Role.REVIEWER), browser()
    thief(browser, "Mina")
    fields = {"name": "Mina", "passphrase": PASSPHRASE, "code": world.code(mina)}
    page = visitor.client.get("/fa/sign-in").get_data(as_text=True)
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    answer = visitor.client.post("/fa/sign-in", data={"csrf_token": token, **fields})
    shown = visitor.client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "کسی عبارت عبور شما را می‌داند" in shown


@pytest.mark.parametrize(
    "fields",
    [
        {"passphrase": "another one altogether", "code": "000000"},
        {"passphrase": "another one altogether"},
        {"name": "Homa", "code": "000000"},
    ],
    ids=["wrong passphrase", "wrong passphrase, right code", "another name"],
)
def test_without_the_passphrase_nobody_is_alarmed(world: Any, browser: Visit, fields: dict[str, str]) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    assert browser().sign_in(mina, **fields).status_code == 403
    assert TOLD not in seen(browser(), mina)


def test_a_wrong_security_key_counts_as_well(world: Any, browser: Visit) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    assert browser().sign_in(mina, code="", answer='{"id": "AAAA"}').status_code == 403
    assert TOLD in seen(browser(), mina)


def test_somebody_else_hears_nothing(world: Any, browser: Visit) -> None:
    world.person("Mina", Role.REVIEWER)
    zari = world.person("Zari", Role.LEAD)
    thief(browser, "Mina")
    assert TOLD not in seen(browser(), zari)


def test_an_access_that_has_ended_leaves_nothing_to_tell(world: Any, browser: Visit, desk: Any) -> None:
    nader, mina = world.person("Nader", Role.ADMINISTRATOR), world.person("Mina", Role.REVIEWER)
    with world.database.session(write=True) as session:
        current.service.end(session, by=world.actor(nader), staff_id=mina.id)
    thief(browser, "Mina")
    with desk.app_context():
        assert current.missed().of(mina.id) is None


def test_a_flood_of_wrong_codes_leaves_no_entry_until_the_owner_comes_and_then_one(
    world: Any, browser: Visit
) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    before = entries(world)
    for _ in range(8):
        thief(browser, "Mina", 5)
        world.clock.forward(minutes=6)
    assert entries(world) == before
    assert TOLD in seen(browser(), mina)
    assert entries(world) == before + 1  # the sign-in's own


def test_every_mistake_touches_the_same_entry_the_same_number_of_times(
    world: Any, browser: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statements are counted in test_door.py; this is what happens in memory besides."""
    world.person("Mina", Role.REVIEWER)
    works = set()
    inner = Shared.change
    for fields in (
        {"name": "Mina", "passphrase": PASSPHRASE, "code": "000000"},
        {"name": "Mina", "passphrase": "another one altogether", "code": "000000"},
        {"name": "Homa", "passphrase": PASSPHRASE, "code": "000000"},
    ):
        visitor, done = browser(), []
        visitor.get("/sign-in")

        def watched(self: Shared, kind: str, key: str, *, expires: int, done: list[str] = done) -> Any:
            done.append(f"{kind} {key if kind == 'missed' else ''}")
            return inner(self, kind, key, expires=expires)

        monkeypatch.setattr(Shared, "change", watched)
        assert visitor.post("/sign-in", fields).status_code == 403
        works.add(tuple(done))
    [work] = works
    assert work.count("missed missed") == 1


def test_what_is_ninety_days_old_is_forgotten(world: Any) -> None:
    missed, mina, zari = Missed(Shared(ProcessHalves())), world.person("Mina", Role.LEAD).id, None
    missed.add(mina, world.clock.now)
    assert missed.of(mina) == Miss(1, world.clock.now.date())
    missed.add(zari, world.clock.now + timedelta(days=91))
    assert missed.of(mina) is None


def test_if_the_sign_in_is_not_written_the_owner_is_told_the_next_time(
    world: Any, browser: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    thief(browser, "Mina")

    def broken() -> None:
        raise OSError("no space left")

    monkeypatch.setattr("portal.staff.door_routes.finish", broken)
    assert browser().sign_in(mina).status_code == 500
    monkeypatch.undo()
    world.clock.forward(seconds=30)
    assert TOLD in seen(browser(), mina)
