"""One's own access: sessions that one sees and ends, and a passphrase that one changes, without scripts."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from staff.test_routes import invitation, kept_seeds, said, shown, where

from portal.permissions import Group, Role
from portal.staff import service
from portal.staff.models import Membership, Staff
from portal.vault import totp

Visit = Callable[[], Any]
PASSPHRASE = "seven plain words that nobody would guess"
OWN = "purple lamp seventeen frog river"


def entered(world: Any, visitor: Any, colleague: Any, **other: str) -> Any:
    world.clock.forward(seconds=30)
    answer = visitor.sign_in(colleague, **other)
    assert answer.status_code == 303, said(answer)
    return visitor


def endings(visitor: Any) -> list[str]:
    """The addresses of the buttons that end a session."""
    page = visitor.get("/me").get_data(as_text=True)
    return re.findall(r'action="/en(/me/sessions/[0-9a-f]+/end)"', page)


# sessions


def test_a_person_sees_their_sessions_and_which_one_this_is(world: Any, browser: Visit) -> None:
    mina, one, two = world.person("Mina", Role.REVIEWER), browser(), browser()
    entered(world, one, mina)
    assert "End all others" not in said(one.get("/me"))
    one.post("/sign-out", seen="/me")
    entered(world, one, mina)
    entered(world, two, mina)
    page = said(two.get("/me"))
    assert page.count("4 May 2026, 09:01") >= 1
    assert page.count("this one") == 1
    assert "a device known from before" in page
    assert "a device seen for the first time" in page
    assert len(endings(two)) == 1


def test_a_session_that_its_owner_ends_is_out_at_the_next_request(world: Any, browser: Visit) -> None:
    mina, here, there, third = world.person("Mina", Role.REVIEWER), browser(), browser(), browser()
    for visitor in (here, there, third):
        entered(world, visitor, mina)
    newest_first = endings(here)
    assert len(newest_first) == 2
    assert where(here.post(newest_first[0], seen="/me")) == "/en/me#sessions"
    assert "Done: that session has ended." in said(here.get("/me"))
    assert "Done:" not in said(here.get("/me"))
    assert where(third.get("/me")) == "/en/sign-in"
    assert there.get("/me").status_code == 200
    assert where(here.post("/me/sessions/end-others", seen="/me")) == "/en/me#sessions"
    assert where(there.get("/me")) == "/en/sign-in"
    assert here.get("/me").status_code == 200
    assert endings(here) == []


def test_nobody_ends_the_session_of_another(world: Any, browser: Visit) -> None:
    mina, nader = world.person("Mina", Role.REVIEWER), world.person("Nader", Role.ADMINISTRATOR)
    one, two, office = browser(), browser(), browser()
    entered(world, one, mina)
    entered(world, two, mina)
    entered(world, office, nader)
    [theirs] = endings(one)
    page = office.post(theirs, seen="/me")
    assert where(page) == "/en/me#sessions"
    assert "Done" not in said(office.get("/me"))
    assert two.get("/me").status_code == 200
    office.post("/me/sessions/end-others", seen="/me")
    assert one.get("/me").status_code == two.get("/me").status_code == 200


def test_a_session_that_was_ended_does_not_come_back_with_its_cookie(world: Any, browser: Visit) -> None:
    mina, here, there = world.person("Mina", Role.REVIEWER), browser(), browser()
    entered(world, here, mina)
    entered(world, there, mina)
    cookie = there.client.get_cookie("desk").value
    here.post("/me/sessions/end-others", seen="/me")
    for _ in range(2):
        there.client.set_cookie("desk", cookie)
        assert where(there.get("/me")) == "/en/sign-in"


def test_signing_out_takes_the_session_off_the_list(world: Any, browser: Visit) -> None:
    mina, here, there = world.person("Mina", Role.REVIEWER), browser(), browser()
    entered(world, here, mina)
    entered(world, there, mina)
    there.post("/sign-out", seen="/me")
    assert endings(here) == []


def test_a_changed_role_bites_at_the_next_request(world: Any, browser: Visit) -> None:
    sahar, visitor = world.lead(), browser()
    entered(world, visitor, sahar)
    assert visitor.get("/staff/keys").status_code == 200
    with world.database.session(write=True) as session:
        person = session.get_one(Staff, sahar.id)
        person.role = Role.REVIEWER
        for one in session.query(Membership).filter(Membership.staff_id == sahar.id):
            if one.group is not Group.INTAKE:
                session.delete(one)
    assert visitor.get("/staff/keys").status_code == 403
    visitor.get("/me")
    assert list(kept_seeds(visitor.client).values()) == [world.group_seeds[Group.INTAKE]]


def test_a_browser_can_forget(world: Any, browser: Visit) -> None:
    mina, visitor = world.person("Mina", Role.REVIEWER), browser()
    entered(world, visitor, mina)
    assert visitor.client.get_cookie("device")
    visitor.post("/me/device/forget", seen="/me")
    assert visitor.client.get_cookie("device") is None
    assert "keeps nothing of you" in said(visitor.get("/me"))
    assert "This browser remembers" not in said(visitor.get("/me"))


# the passphrase


def change(world: Any, visitor: Any, mina: Any, kind: str = "own", **other: str) -> Any:
    world.clock.forward(seconds=30)
    fields = {"present": PASSPHRASE, "passphrase": OWN, "again": OWN, "code": world.code(mina)} | other
    return visitor.post(f"/me/passphrase?kind={kind}", fields)


def test_a_passphrase_of_ones_own_takes_the_place_of_the_present_one(world: Any, browser: Visit) -> None:
    mina = world.person("Mina", Role.REVIEWER, [Group.INTAKE])
    here, there = browser(), browser()
    entered(world, there, mina)
    device = there.client.get_cookie("device").value
    entered(world, here, mina)
    before = here.client.get_cookie("desk").value
    assert where(change(world, here, mina)) == "/en/me"
    assert here.client.get_cookie("desk").value != before
    page = said(here.get("/me"))
    assert "Done: your passphrase has changed." in page
    assert list(kept_seeds(here.client).values()) == [world.group_seeds[Group.INTAKE]]
    assert where(there.get("/me")) == "/en/sign-in"
    assert endings(here) == []
    world.clock.forward(seconds=30)
    assert there.sign_in(mina).status_code == 403
    entered(world, browser(), mina, passphrase=OWN)
    later = browser()
    later.client.set_cookie("device", device)
    world.clock.forward(seconds=30)
    for _ in range(6):
        browser().post("/sign-in", {"name": "Mina", "passphrase": "x", "code": "1"})
    assert later.sign_in(mina, passphrase=OWN).status_code == 429, "devices end with the passphrase"


@pytest.mark.parametrize("kind", ["fa", "en"])
def test_drawn_words_stay_the_same_until_they_are_in_use(world: Any, browser: Visit, kind: str) -> None:
    mina, visitor = world.person("Mina", Role.REVIEWER), browser()
    entered(world, visitor, mina)

    def drawn() -> str:
        page = visitor.get(f"/me/passphrase?kind={kind}").get_data(as_text=True)
        return " ".join(re.findall(r"<bdi>([^<]+)</bdi></li>", page))

    words = drawn()
    assert len(words.split()) == 7
    assert words == drawn()
    wrong = change(world, visitor, mina, kind, passphrase="seven other words than the ones above here")
    assert wrong.status_code == 400
    assert "Compare them one by one" in said(wrong)
    assert where(change(world, visitor, mina, kind, passphrase=f"  {words} ")) == "/en/me"
    assert drawn() != words
    entered(world, browser(), mina, passphrase=words)


@pytest.mark.parametrize(
    ("other", "status", "words"),
    [
        ({"present": "not mine at all"}, 403, "do not fit together"),
        ({"code": "000000"}, 403, "do not fit together"),
        ({"again": "purple lamp seventeen frog"}, 400, "The two are not the same"),
        ({"passphrase": "too short", "again": "too short"}, 400, "at least 15 characters"),
        ({"passphrase": "password password1", "again": "password password1"}, 400, "what is tried first"),
        ({"passphrase": PASSPHRASE, "again": PASSPHRASE}, 400, "your present passphrase"),
        ({"passphrase": "", "again": ""}, 400, "Enter the new passphrase."),
    ],
)
def test_what_cannot_be_taken_is_said_and_changes_nothing(
    world: Any, browser: Visit, other: dict[str, str], status: int, words: str
) -> None:
    mina, here, there = world.person("Mina", Role.REVIEWER), browser(), browser()
    entered(world, there, mina)
    entered(world, here, mina)
    page = change(world, here, mina, **other)
    assert page.status_code == status
    assert words in said(page)
    assert PASSPHRASE not in page.get_data(as_text=True)
    assert OWN not in page.get_data(as_text=True)
    assert there.get("/me").status_code == 200
    entered(world, browser(), mina)


def test_guessing_the_present_passphrase_is_slowed(world: Any, browser: Visit) -> None:
    mina, visitor = world.person("Mina", Role.REVIEWER), browser()
    entered(world, visitor, mina)
    page = visitor.get("/me/passphrase?kind=own").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    fields = {"csrf_token": token[1], "passphrase": OWN, "again": OWN, "code": "1", "present": "a guess"}
    statuses = [visitor.client.post("/en/me/passphrase?kind=own", data=fields).status_code for _ in range(6)]
    assert statuses == [403] * 5 + [429]


# joining with a passphrase of one's own


def test_who_joins_may_choose_words_in_a_language_or_a_passphrase_of_their_own(
    world: Any, browser: Visit
) -> None:
    _, words = invitation(world)
    visitor = browser()
    visitor.post("/join", {"name": "Mina", "words": words})
    ways = re.findall(r'href="(/en/join/keys\?kind=\w+)"', visitor.get("/join/keys").get_data(as_text=True))
    assert ways == ["/en/join/keys?kind=fa", "/en/join/keys?kind=own"], "words in English are shown already"
    phrase, secret = shown(visitor.get("/join/keys?kind=fa"))
    assert re.fullmatch(r"[\u0600-\u06ff\u200c ]+", phrase)
    page = visitor.get("/join/keys?kind=own").get_data(as_text=True)
    assert phrase not in page
    assert shown(visitor.get("/join/keys?kind=fa")) == (phrase, secret)
    code = totp.code(secret, world.clock.now)
    own = "/join/keys?kind=own"
    weak = visitor.post(
        own, {"passphrase": "Mina Mina 1367 Mina", "again": "Mina Mina 1367 Mina", "code": code}
    )
    assert weak.status_code == 400
    assert "Add words that nobody would expect" in said(weak)
    assert visitor.post(own, {"passphrase": OWN, "again": OWN + "s", "code": code}).status_code == 400
    assert where(visitor.post(own, {"passphrase": OWN, "again": OWN, "code": code})) == "/en/me"
    world.clock.forward(seconds=30)
    fields = {"name": "Mina", "passphrase": OWN, "code": totp.code(secret, world.clock.now)}
    assert where(browser().post("/sign-in", fields)) == "/en/me"


def test_drawn_words_are_typed_in_sight_and_ones_own_is_not(world: Any, browser: Visit) -> None:
    _, words = invitation(world)
    visitor = browser()
    visitor.post("/join", {"name": "Mina", "words": words})
    typed = re.compile(r'<input[^>]*name="passphrase"[^>]*>')
    for kind, wanted in (("en", 'type="text"'), ("own", 'type="password"')):
        found = typed.search(visitor.get(f"/join/keys?kind={kind}").get_data(as_text=True))
        assert found
        assert wanted in found[0]


# what was done


def test_pages_say_once_what_was_done(world: Any, browser: Visit) -> None:
    nader, mina, sahar = (
        world.person("Nader", Role.ADMINISTRATOR),
        world.person("Mina", Role.REVIEWER),
        world.lead(),
    )
    office, lead = browser(), browser()
    entered(world, lead, sahar)
    mark = re.search(r"<code>([0-9a-f ]{39})</code>", lead.get("/staff/keys").get_data(as_text=True))
    assert mark
    lead.post(f"/staff/{mina.id}/keys", {"group": "intake", "mark": mark[1]}, seen="/staff/keys")
    page = lead.get("/staff/keys").get_data(as_text=True)
    assert re.search(r'role="status">\s*<p>Done: the key has been handed on.', page)
    assert "Done:" not in said(lead.get("/staff/keys"))
    entered(world, office, nader)
    office.post(f"/staff/{mina.id}/end")
    assert "Done: this person's access has ended." in said(office.get("/staff"))
    with world.database.session(write=True) as session:
        service.invite(session, by=world.actor(nader), name="Zari", role=Role.REVIEWER, now=world.clock.now)
    withdraw = re.search(
        r'action="/en(/staff/invitations/[^"]+)"', office.get("/staff").get_data(as_text=True)
    )
    assert withdraw
    office.post(withdraw[1], seen="/staff")
    assert "Done: nobody can join with that invitation any more." in said(office.get("/staff"))
