"""The pages of staff as a browser meets them."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.permissions import GRANTS, Group, Permission, Role
from portal.staff import service
from portal.staff.models import Membership, Staff
from portal.vault import totp
from portal.vault.wrap import new_seed

Visit = Callable[[], Any]


def said(page: TestResponse) -> str:
    """Give the page as a reader sees it: no tags, no entities, single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.get_data(as_text=True))).split())


def without_token(page: TestResponse) -> bytes:
    return re.sub(rb'(name="csrf_token"[^>]*value=")[^"]+', rb"\1", page.data)


def where(page: TestResponse) -> str:
    assert page.status_code == 303, said(page)
    return page.headers["Location"]


# signing in


def test_strangers_are_led_to_the_way_in(browser: Visit) -> None:
    visitor = browser()
    for path in ("/", "/me", "/staff", "/staff/keys", "/roles"):
        assert where(visitor.get(path)) == "/en/sign-in"
    assert visitor.get("/sign-in").status_code == 200


@pytest.mark.parametrize(
    ("role", "first"),
    [
        (Role.REVIEWER, "/en/me"),
        (Role.LEAD, "/en/staff"),
        (Role.ADMINISTRATOR, "/en/staff"),
        (Role.AUDITOR, "/en/staff/keys"),
    ],
)
def test_signing_in_leads_to_the_first_page_that_the_role_may_open(
    world: Any, browser: Visit, role: Role, first: str
) -> None:
    visitor, somebody = browser(), world.person("Mina", role)
    assert where(visitor.sign_in(somebody)) == first
    assert where(visitor.get("/sign-in")) == first
    assert where(visitor.get("/join")) == first
    assert where(visitor.get("/")) == first
    assert visitor.get(first.removeprefix("/en")).status_code == 200


def test_an_unknown_name_and_a_wrong_passphrase_get_the_same_bytes(world: Any, browser: Visit) -> None:
    world.person("Mina", Role.REVIEWER)
    fields = {"passphrase": "other words", "code": "123456"}
    wrong = browser().post("/sign-in", {"name": "Mina", **fields})
    unknown = browser().post("/sign-in", {"name": "Mona", **fields})
    assert wrong.status_code == unknown.status_code == 403
    assert without_token(wrong).replace(b"Mina", b"Mona") == without_token(unknown)
    assert "Set-Cookie" not in wrong.headers
    assert {name for name, _ in wrong.headers} == {name for name, _ in unknown.headers}


def test_a_wrong_code_an_ended_person_and_a_wrong_passphrase_get_the_same_bytes(
    world: Any, browser: Visit
) -> None:
    nader, mina = world.person("Nader", Role.ADMINISTRATOR), world.person("Mina", Role.REVIEWER)
    wrong = browser().sign_in(mina, passphrase="other words")
    wrong_code = browser().sign_in(mina, code="000000")
    with world.database.session(write=True) as session:
        service.end(session, by=world.actor(nader), staff_id=mina.id)
    ended = browser().sign_in(mina)
    assert [page.status_code for page in (wrong, wrong_code, ended)] == [403, 403, 403]
    assert without_token(wrong) == without_token(wrong_code) == without_token(ended)


def test_a_passphrase_is_never_sent_back(world: Any, browser: Visit) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    page = browser().sign_in(mina, passphrase="a secret typed with a slip", code="111111")
    assert b"typed with a slip" not in page.data
    assert b"111111" not in page.data


def test_a_code_opens_one_session_only(world: Any, browser: Visit) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    assert browser().sign_in(mina).status_code == 303
    assert browser().sign_in(mina).status_code == 403
    world.clock.forward(seconds=30)
    assert browser().sign_in(mina).status_code == 303


@pytest.mark.parametrize("name", ["Mina", "Nobody"])
def test_guessing_is_slowed_and_the_owner_is_let_in_after_the_wait(
    world: Any, browser: Visit, name: str
) -> None:
    mina, visitor = world.person("Mina", Role.REVIEWER), browser()
    for _ in range(5):
        assert visitor.sign_in(mina, name=name, passphrase="a guess").status_code == 403
    slowed = visitor.sign_in(mina, name=name)
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) > 0
    world.clock.forward(minutes=5)
    assert visitor.sign_in(mina).status_code == 303


def test_the_session_gets_a_new_cookie_and_the_old_one_is_worth_nothing(world: Any, browser: Visit) -> None:
    visitor, mina = browser(), world.person("Mina", Role.REVIEWER)
    visitor.get("/sign-in")
    before = visitor.client.get_cookie("desk").value
    visitor.sign_in(mina)
    assert visitor.client.get_cookie("desk").value != before
    visitor.client.set_cookie("desk", before)
    assert where(visitor.get("/me")) == "/en/sign-in"


def test_a_page_left_open_too_long_is_shown_again_with_the_name(world: Any, browser: Visit) -> None:
    visitor, mina = browser(), world.person("Mina", Role.REVIEWER)
    fields = {"name": "Mina", "passphrase": "x", "code": "1", "csrf_token": "of an older session"}
    page = visitor.client.post("/en/sign-in", data=fields)
    assert page.status_code == 400
    assert "open for a while" in said(page)
    assert b'value="Mina"' in page.data
    assert visitor.sign_in(mina).status_code == 303


def test_gaps_in_the_form_are_named(browser: Visit) -> None:
    page = browser().post("/sign-in", {"name": "", "passphrase": "", "code": ""})
    assert page.status_code == 400
    assert "Enter your passphrase." in said(page)


def test_signing_out_ends_the_session_on_both_sides(world: Any, browser: Visit) -> None:
    visitor, mina = browser(), world.person("Mina", Role.REVIEWER)
    visitor.sign_in(mina)
    cookie = visitor.client.get_cookie("desk").value
    answer = visitor.post("/sign-out", seen="/me")
    assert where(answer) == "/en/sign-in"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert visitor.client.get_cookie("desk") is None
    visitor.client.set_cookie("desk", cookie)
    assert where(visitor.get("/me")) == "/en/sign-in"


# sessions


def test_who_is_ended_is_out_at_the_next_request(world: Any, browser: Visit) -> None:
    nader, mina = world.person("Nader", Role.ADMINISTRATOR), world.person("Mina", Role.REVIEWER)
    office, desk = browser(), browser()
    office.sign_in(nader)
    desk.sign_in(mina)
    assert desk.get("/me").status_code == 200
    question = office.get(f"/staff/{mina.id}/end")
    assert "End this person's access?" in said(question)
    assert desk.get("/me").status_code == 200
    assert where(office.post(f"/staff/{mina.id}/end")) == "/en/staff"
    assert where(desk.get("/me")) == "/en/sign-in"
    assert "access ended" in said(office.get("/staff"))


def test_a_session_whose_seed_is_somebody_elses_is_no_session(world: Any, browser: Visit) -> None:
    visitor = browser()
    visitor.sign_in(world.person("Mina", Role.REVIEWER))
    for seed in (new_seed(), b"", bytes(31)):
        with visitor.client.session_transaction() as session:
            session["identity"] = seed
        assert where(visitor.get("/me")) == "/en/sign-in"


def kept_seeds(client: FlaskClient) -> dict[str, bytes]:
    with client.session_transaction() as session:
        return dict(session.get("group_seeds", {}))


def test_an_opened_key_is_kept_in_the_session_until_the_membership_is_gone(
    world: Any, browser: Visit
) -> None:
    visitor, mina = browser(), world.person("Mina", Role.REVIEWER, [Group.INTAKE])
    visitor.sign_in(mina)
    assert "Testimony as it comes in" in said(visitor.get("/me"))
    assert list(kept_seeds(visitor.client).values()) == [world.group_seeds[Group.INTAKE]]
    with world.database.session(write=True) as session:
        for one in session.get_one(Staff, mina.id).memberships:
            session.delete(one)
    assert "You hold no key." in said(visitor.get("/me"))
    assert kept_seeds(visitor.client) == {}


def test_a_key_slipped_into_the_database_is_not_taken_for_the_groups(world: Any, browser: Visit) -> None:
    visitor, sahar = browser(), world.person("Sahar", Role.LEAD)
    with world.database.session(write=True) as session:
        person = session.get_one(Staff, sahar.id)
        now = world.clock.now
        service.hold(session, person=person, group=Group.INTAKE, seed=new_seed(), by="nobody", now=now)
        blob = b"\x01" + bytes(1168)
        person.memberships.append(
            Membership(group=Group.RELEASE, blob=blob, granted_by="nobody", granted=now.date())
        )
    visitor.sign_in(sahar)
    assert "You hold no key." in said(visitor.get("/me"))


# joining


def invitation(world: Any, name: str = "Mina", role: Role = Role.REVIEWER) -> tuple[Any, str]:
    nader = world.person("Nader", Role.ADMINISTRATOR)
    with world.database.session(write=True) as session:
        return nader, service.invite(
            session, by=world.actor(nader), name=name, role=role, now=world.clock.now
        )


def shown(page: TestResponse) -> tuple[str, bytes]:
    """Read the passphrase and the second factor's secret off the page."""
    text = page.get_data(as_text=True)
    words = re.findall(r"<bdi>([^<]+)</bdi></li>", text)
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", text)
    assert found
    import base64  # noqa: PLC0415 - here alone

    return " ".join(words), base64.b32decode(found[1].replace(" ", ""))


def test_joining_from_the_words_to_the_first_page(world: Any, browser: Visit) -> None:
    _, words = invitation(world)
    visitor = browser()
    assert where(visitor.post("/join", {"name": "mina", "words": words})) == "/en/join/keys"
    page = visitor.get("/join/keys")
    phrase, secret = shown(page)
    assert len(phrase.split()) == 7
    assert b"<svg" in page.data
    assert b"data:" not in page.data
    assert shown(visitor.get("/join/keys")) == (phrase, secret)
    code = totp.code(secret, world.clock.now)
    assert where(visitor.post("/join/keys", {"passphrase": f" {phrase}  ", "code": code})) == "/en/me"
    me = said(visitor.get("/me"))
    assert "Mina" in me
    assert "Still awaited" in me
    fields = {"name": "Mina", "passphrase": phrase}
    assert browser().post("/sign-in", fields | {"code": code}).status_code == 403
    world.clock.forward(seconds=30)
    later = totp.code(secret, world.clock.now)
    assert where(browser().post("/sign-in", fields | {"code": later})) == "/en/me"


def test_nobody_joins_before_both_were_shown_to_be_kept(world: Any, browser: Visit) -> None:
    _, words = invitation(world)
    visitor = browser()
    visitor.post("/join", {"name": "Mina", "words": words})
    phrase, secret = shown(visitor.get("/join/keys"))
    code = totp.code(secret, world.clock.now)
    page = visitor.post("/join/keys", {"passphrase": "something else", "code": code})
    assert page.status_code == 400
    assert "Compare them one by one" in said(page)
    page = visitor.post("/join/keys", {"passphrase": phrase, "code": "000000"})
    assert page.status_code == 400
    assert "not the code of this moment" in said(page)
    with world.database.session(write=False) as session:
        assert session.query(Staff).count() == 1


def test_the_passphrase_comes_in_the_language_of_the_page(world: Any, browser: Visit) -> None:
    _, words = invitation(world)
    visitor = browser()
    page = visitor.client.get("/fa/join").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    visitor.client.post("/fa/join", data={"csrf_token": token[1], "name": "Mina", "words": words})
    phrase, _ = shown(visitor.client.get("/fa/join/keys"))
    assert re.fullmatch(r"[\u0600-\u06ff\u200c ]+", phrase)


def test_wrong_words_and_an_unknown_name_get_the_same_bytes(world: Any, browser: Visit) -> None:
    invitation(world)
    wrong = browser().post("/join", {"name": "Mina", "words": "some other words"})
    unknown = browser().post("/join", {"name": "Mona", "words": "some other words"})
    assert wrong.status_code == unknown.status_code == 403
    assert without_token(wrong).replace(b"Mina", b"Mona") == without_token(unknown)


def test_guessing_an_invitation_is_slowed(world: Any, browser: Visit) -> None:
    _, words = invitation(world)
    visitor = browser()
    for _ in range(5):
        visitor.post("/join", {"name": "Mina", "words": "a guess"})
    assert visitor.post("/join", {"name": "Mina", "words": words}).status_code == 429


def test_the_second_page_alone_leads_back_to_the_first(browser: Visit) -> None:
    assert where(browser().get("/join/keys")) == "/en/join"


def test_an_invitation_withdrawn_meanwhile_ends_the_joining(world: Any, browser: Visit) -> None:
    nader, words = invitation(world)
    office, visitor = browser(), browser()
    visitor.post("/join", {"name": "Mina", "words": words})
    phrase, secret = shown(visitor.get("/join/keys"))
    office.sign_in(nader)
    withdraw = re.search(
        r'action="/en(/staff/invitations/[^"]+)"', office.get("/staff").get_data(as_text=True)
    )
    assert withdraw
    assert where(office.post(withdraw[1], seen="/staff")) == "/en/staff"
    code = totp.code(secret, world.clock.now)
    page = visitor.post("/join/keys", {"passphrase": phrase, "code": code})
    assert page.status_code == 403
    assert where(visitor.get("/join/keys")) == "/en/join"


# people and keys


def test_an_administrator_invites_and_the_words_are_shown_once(world: Any, browser: Visit) -> None:
    visitor = browser()
    visitor.sign_in(world.person("Nader", Role.ADMINISTRATOR))
    page = visitor.post("/staff/invite", {"name": "Mina", "role": "reviewer"})
    words = " ".join(re.findall(r"<bdi>([^<]+)</bdi></li>", page.get_data(as_text=True)))
    assert world.joined("Mina", words).role is Role.REVIEWER
    assert words not in said(visitor.get("/staff"))
    for alike in ("MINA", "M\N{CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I}na", "Mlna"):
        again = visitor.post("/staff/invite", {"name": alike, "role": "reviewer"})
        assert again.status_code == 400
        assert "This name is taken." in said(again)
    assert "Choose a role." in said(visitor.post("/staff/invite", {"name": "Zari"}))
    odd = visitor.post(
        "/staff/invite", {"name": "Zari", "role": "reviewer", "more": ["everything", "intake"]}
    )
    assert odd.status_code == 400
    assert "Choose one of the answers." in said(odd)


def test_the_list_shows_who_waits_and_the_open_invitations(world: Any, browser: Visit) -> None:
    nader, _ = invitation(world, "Zari")
    sahar, mina = world.lead(), world.person("Mina", Role.REVIEWER)
    visitor = browser()
    visitor.sign_in(sahar)
    page = said(visitor.get("/staff"))
    for name in (nader.name, mina.name, "Zari"):
        assert name in page
    assert "Invite somebody" not in page
    assert "End access" not in page


def test_ending_the_only_holder_of_a_key_comes_with_a_warning(world: Any, browser: Visit) -> None:
    visitor, sahar = browser(), world.lead()
    visitor.sign_in(world.person("Nader", Role.ADMINISTRATOR))
    assert "custodians of the recovery key" in said(visitor.get(f"/staff/{sahar.id}/end"))


def test_a_lead_hands_a_key_on_to_a_mark_read_aloud(world: Any, browser: Visit) -> None:
    lead, desk = browser(), browser()
    mina = world.person("Mina", Role.REVIEWER)
    lead.sign_in(world.lead())
    desk.sign_in(mina)
    mark = re.search(r"<code>([0-9a-f ]{39})</code>", desk.get("/me").get_data(as_text=True))
    assert mark
    assert mark[1] in said(lead.get("/staff/keys"))
    assert (
        where(lead.post(f"/staff/{mina.id}/keys", {"group": "intake", "mark": mark[1]}, seen="/staff/keys"))
        == "/en/staff/keys"
    )
    assert "Testimony as it comes in" in said(desk.get("/me"))
    assert list(kept_seeds(desk.client).values()) == [world.group_seeds[Group.INTAKE]]
    assert "Nobody waits" in said(lead.get("/staff/keys"))


def test_an_invented_group_is_nothing(world: Any, browser: Visit) -> None:
    lead, mina = browser(), world.person("Mina", Role.REVIEWER)
    lead.sign_in(world.lead())
    answer = lead.post(f"/staff/{mina.id}/keys", {"group": "everything", "mark": "0"}, seen="/staff/keys")
    assert answer.status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_each_page_opens_to_the_roles_of_the_table_and_to_no_other(
    world: Any, browser: Visit, role: Role
) -> None:
    visitor, other = browser(), world.person("Mina", Role.REVIEWER)
    visitor.sign_in(world.person("Somebody", role))
    pages = {
        "/me": True,
        "/roles": True,
        "/staff": Permission.STAFF_SEE in GRANTS[role],
        "/staff/invite": Permission.STAFF_MANAGE in GRANTS[role],
        f"/staff/{other.id}/end": Permission.STAFF_MANAGE in GRANTS[role],
        "/staff/keys": Permission.GROUP_GRANT in GRANTS[role],
    }
    for path, opens in pages.items():
        assert visitor.get(path).status_code == (200 if opens else 403), path


def test_the_page_of_roles_says_what_the_doors_ask(world: Any, browser: Visit) -> None:
    visitor = browser()
    visitor.sign_in(world.person("Mina", Role.REVIEWER))
    page = visitor.get("/roles").get_data(as_text=True)
    rows = re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", page, re.DOTALL)
    assert len(rows) == len(Permission)
    assert sum(row.count("yes") for row in rows) == sum(len(granted) for granted in GRANTS.values())


def test_every_page_is_whole_in_persian(world: Any, browser: Visit) -> None:
    visitor, other = browser(), world.person("Mina", Role.REVIEWER)
    for path in ("sign-in", "join"):
        assert 'dir="rtl"' in visitor.client.get(f"/fa/{path}").get_data(as_text=True)
    visitor.sign_in(world.person("Nader", Role.ADMINISTRATOR))
    for path in ("me", "roles", "staff", "staff/invite", f"staff/{other.id}/end"):
        page = said(visitor.client.get(f"/fa/{path}"))
        latin = set(re.findall(r"[A-Za-z]{3,}", page)) - {"English", "Mina", "Nader"}
        assert not {word for word in latin if not re.fullmatch(r"[0-9a-f]+", word)}, path
