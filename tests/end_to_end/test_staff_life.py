"""The life of one's access in a real browser without scripts, in Persian and in English.

Joining with a passphrase of one's own, another session, being asked anew, a new passphrase, a stranger.
"""

import base64
import re

import pytest
from end_to_end.browser import Person
from end_to_end.conftest import Portal

from portal.permissions import Role
from portal.staff import service as staff
from portal.vault import totp

OWN = {"fa": "چراغ بنفش هفده قورباغه رود", "en": "purple lamp seventeen frog river"}
SEND = "main form button[name=action]"


def invited(portal: Portal, name: str) -> str:
    instance = portal.instance
    with instance.database.session(write=True) as session:
        by = instance.actor("rowan", session)
        return staff.invite(
            session, by=by, name=name, role=Role.REVIEWER, now=instance.clock(), language="en"
        )


def newcomer(portal: Portal, language: str, name: str = "") -> Person:
    person = Person(portal.browser, portal.desk, language, portal.looker, who=name or "stranger")
    portal.people.callback(person.close)
    return person


def code_for(portal: Portal, secret: bytes) -> str:
    portal.instance.clock.advance(seconds=30)
    return totp.code(secret, portal.instance.clock())


def joined(portal: Portal, language: str) -> tuple[Person, bytes]:
    """Join as a reviewer who thinks of a passphrase themselves, after a common one was refused."""
    words = invited(portal, "poplar")
    person = newcomer(portal, language, "poplar")
    person.go("/join")
    person.fill({"name": "poplar", "words": words})
    person.press(SEND)
    secret = base64.b32decode(person.text("main code").replace(" ", ""))
    person.press("main nav a >> nth=1")
    assert person.page.url.endswith("kind=own")
    common = "password password1367"
    person.fill({"passphrase": common, "again": common, "code": code_for(portal, secret)})
    person.press(SEND)
    assert person.status == 400
    person.fill({"passphrase": OWN[language], "again": OWN[language], "code": code_for(portal, secret)})
    person.press(SEND)
    assert person.page.url.endswith("/me"), person.text()
    return person, secret


@pytest.mark.parametrize("language", ["fa", "en"])
def test_the_life_of_ones_access_without_scripts(portal: Portal, language: str) -> None:
    person, secret = joined(portal, language)

    other = newcomer(portal, language, "poplar elsewhere")
    other.go("/sign-in")
    other.fill({"name": "poplar", "passphrase": OWN[language], "code": code_for(portal, secret)})
    other.press(SEND)
    other.go("/me")
    person.go("/me")
    assert person.page.locator("tbody tr").count() == 2
    person.press("form[action$='/end-others'] button")
    assert person.page.locator("[role=status]").count() == 1
    assert person.page.locator("tbody tr").count() == 1
    other.go("/me")
    assert "/sign-in" in other.page.url

    person.go("/me/passphrase")
    words = " ".join(person.page.locator(".words bdi").all_inner_texts())
    assert len(words.split()) == 7
    fields = {"present": "not this one", "passphrase": words, "code": code_for(portal, secret)}
    person.fill(fields)
    person.press(SEND)
    assert person.status == 403
    fields |= {"present": OWN[language], "code": code_for(portal, secret)}
    person.fill(fields)
    person.press(SEND)
    assert person.page.url.endswith("/me")
    assert person.page.locator("[role=status]").count() == 1
    portal.findings.check()


@pytest.mark.parametrize("language", ["fa", "en"])
def test_who_rested_is_asked_anew_and_nothing_typed_is_lost(portal: Portal, language: str) -> None:
    office = portal.staff(language, "rowan")
    office.go("/releases/new")
    office.fill({"purpose": "a study of graves", "recipient": "a university"})
    portal.instance.clock.advance(minutes=6)
    office.press("main form button[type=submit]")
    assert "/confirm" in office.page.url
    office.fill({"passphrase": "another one"})
    office.press(SEND)
    assert office.status == 403
    office.fill({"passphrase": portal.instance.founders["rowan"].passphrase})
    office.press(SEND)
    assert office.page.url.endswith("/releases/new")
    assert office.page.input_value("[name=purpose]") == "a study of graves"
    assert office.page.locator("[role=status]").count() == 1
    portal.findings.check()


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_stranger_is_held_up_and_told_how_long(portal: Portal, language: str) -> None:
    stranger = newcomer(portal, language)
    stranger.looked_at = False
    stranger.go("/sign-in")
    for number in range(6):
        stranger.looked_at = number == 5
        stranger.fill({"name": "maple", "passphrase": f"guess {number}", "code": "123456"})
        stranger.press(SEND)
    assert stranger.status == 429
    assert re.search("[1۱]", stranger.text("[role=alert]"))
    portal.findings.check()
