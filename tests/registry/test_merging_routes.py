"""Deciding that two records are one, through the pages: look, see both, decide, agree, take back."""

import html
from uuid import UUID

import pytest
from builders import Instance, token_of
from cases import a_person, acts_of, at_desk
from flask.testing import FlaskClient

from portal.config import Face
from portal.registry import service
from portal.registry.records import PersonFacts, Spelling


@pytest.fixture
def signed_in(sqlite_instance: Instance) -> dict[str, FlaskClient]:
    app = sqlite_instance.app(Face.DESK)
    clients = {name: app.test_client() for name in ("cedar", "birch", "maple")}
    for name, client in clients.items():
        sqlite_instance.sign_in(client, name)
    return clients


def read(client: FlaskClient, path: str, language: str = "en", status: int = 200) -> str:
    page = client.get(f"/{language}{path}", follow_redirects=True)
    assert page.status_code == status
    return html.unescape(page.get_data(as_text=True))


def decide(client: FlaskClient, path: str, decision: str, reason: str = "one father") -> str:
    """Choose on the page that shows both, as it stands."""
    page = client.get(f"/en{path}")
    text = page.get_data(as_text=True)
    kept = {
        name: text.split(f'name="{name}"')[1].split('value="')[1].split('"')[0]
        for name in ("one_version", "other_version", "judgement")
    }
    given = {"csrf_token": token_of(page), "decision": decision, "reason": reason, **kept}
    said = client.post(f"/en{path}", data=given, follow_redirects=True)
    return html.unescape(said.get_data(as_text=True))


def test_two_people_make_one_of_two_and_one_takes_them_apart(
    sqlite_instance: Instance, signed_in: dict[str, FlaskClient]
) -> None:
    one = a_person(sqlite_instance, "Omid Rastegar", father_name="Jalal")
    other = a_person(sqlite_instance, "امید رستگار", father_name="جمال")
    first, second = signed_in["cedar"], signed_in["birch"]
    listed = read(first, f"/registry/{one}/same?q=Rastegar")
    assert f"/registry/{one}/same/{other}" in listed
    path = f"/registry/{one}/same/{other}"
    beside = read(first, path)
    assert "differs" in beside
    assert "Jalal" in beside
    assert "جمال" in beside
    assert "when somebody else agrees" in decide(first, path, "one")
    assert "Agree: these" not in read(first, path)
    assert "agree" in read(second, "/cases/duplicates")
    assert "Kept." in decide(second, f"{path}?from=queue", "agree")
    moved = second.get(f"/en/registry/{other}")
    assert moved.headers["Location"].endswith(f"/registry/{one}")
    whole = read(second, f"/registry/{other}")
    assert "جمال" in whole
    assert "Jalal" in whole
    own = read(second, f"/registry/{other}?apart=1")
    assert "its own page" in own
    assert "Kept." in decide(second, path, "back", "two cousins")
    assert "جمال" not in read(second, f"/registry/{one}")
    assert read(second, f"/registry/{other}").count("جمال") == 1
    history = read(first, f"/registry/{one}/same")
    assert "two cousins" in history
    assert "one father" in history
    assert [
        act for act in acts_of(sqlite_instance) if act.startswith("registry.") and act != "registry.add"
    ] == [
        "registry.same",
        "registry.same-agree",
        "registry.unmerge",
    ]


def test_not_the_same_is_remembered_and_a_missing_reason_is_asked_for(
    sqlite_instance: Instance, signed_in: dict[str, FlaskClient]
) -> None:
    one, other = a_person(sqlite_instance, "Omid Rastegar"), a_person(sqlite_instance, "Omid Rastgar")
    path = f"/registry/{one}/same/{other}"
    assert "Say why." in decide(signed_in["cedar"], path, "apart", "")
    decide(signed_in["cedar"], path, "apart", "other fathers")
    assert "These are one" not in read(signed_in["birch"], path)
    decide(signed_in["birch"], path, "back", "same father")
    decide(signed_in["birch"], path, "unsure", "who knows")
    assert "Not sure" in read(signed_in["cedar"], path)


def test_looking_through_the_registry_lists_pairs_with_reasons_in_both_languages(
    sqlite_instance: Instance, signed_in: dict[str, FlaskClient]
) -> None:
    one = a_person(sqlite_instance, "Omid Rastegar", father_name="Jalal")
    a_person(sqlite_instance, "امید رستگار", father_name="جلال")
    client = signed_in["cedar"]
    page = client.get("/en/cases/duplicates")
    assert "not been looked through" in page.get_data(as_text=True)
    client.post("/en/cases/duplicates", data={"csrf_token": token_of(page)})
    listed = read(client, "/cases/duplicates")
    assert "their fathers have one name" in listed
    assert str(one) in listed
    assert "نام پدرها یکی است" in read(client, "/cases/duplicates", "fa")
    assert "registry.look-alike" in acts_of(sqlite_instance)


def test_who_may_not_know_a_record_meets_it_on_none_of_these_pages(
    sqlite_instance: Instance, signed_in: dict[str, FlaskClient]
) -> None:
    one, hidden = a_person(sqlite_instance, "Omid Rastegar"), _hidden(sqlite_instance)
    lead, reviewer = signed_in["maple"], signed_in["cedar"]
    decide(lead, f"/registry/{one}/same/{hidden}", "one", "secret reason")
    for path in (
        f"/registry/{one}",
        f"/registry/{one}/same",
        f"/registry/{one}/same?q=Secret",
        "/cases/duplicates",
    ):
        shown = read(reviewer, path)
        assert str(hidden) not in shown
        assert "secret reason" not in shown
    for path in (f"/registry/{one}/same/{hidden}", f"/registry/{hidden}/same"):
        read(reviewer, path, status=404)
    assert "secret reason" in read(lead, f"/registry/{one}/same")


def _hidden(instance: Instance) -> UUID:
    with at_desk(instance, "maple") as (session, by):
        return service.add(
            session,
            by=by,
            names=[Spelling("Omid Secret")],
            facts=PersonFacts(),
            note="",
            now=instance.clock(),
            restricted=True,
        ).id
