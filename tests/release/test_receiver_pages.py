"""The pages of a body's key: entered with its fingerprint, shown in the list, asked for where it is not."""

import json
import re
from uuid import UUID

import pyrage
from builders import Instance, token_of
from coded import a_release, accounts
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.config import Face
from portal.intake import receivers
from portal.intake.consent import name_of
from portal.intake.models import Use
from portal.permissions import Group
from portal.release.models import Release
from portal.release.policy import ColumnRole
from portal.release.recalling import recall
from portal.release.signing import mark
from portal.release.tables import unpacked
from portal.vault import age


def desk(instance: Instance, name: str) -> FlaskClient:
    client = instance.app(Face.DESK).test_client()
    assert instance.sign_in(client, name).status_code in {302, 303}
    return client


def post(client: FlaskClient, where: str, **fields: str) -> TestResponse:
    return client.post(where, data={"csrf_token": token_of(client.get(where)), **fields})


def a_body(instance: Instance) -> UUID:
    told = receivers.Described("نهاد", "The Archive", "بایگانی", "an archive")
    with instance.database.session(write=True) as session:
        by = instance.actor("rowan", session)
        return receivers.add(session, by=by, described=told, now=instance.clock()).id


def test_a_key_is_entered_with_its_fingerprint_and_shown_in_the_list(sqlite_instance: Instance) -> None:
    body = a_body(sqlite_instance)
    where = f"/en/receivers/{body}/key"
    client, lead = desk(sqlite_instance, "rowan"), desk(sqlite_instance, "maple")
    assert "no key yet" in client.get("/en/receivers").text
    assert lead.get(where).status_code == 403
    one = pyrage.x25519.Identity.generate()
    key, secret = str(one.to_public()), str(one)
    said = " ".join(re.findall("....", age.fingerprint(key)))
    refused = post(client, where, key=secret, fingerprint=said)
    assert (refused.status_code, "the secret key of an age key" in refused.text) == (400, True)
    assert secret not in refused.text
    assert (
        "A letter of this age key is wrong"
        in post(client, where, key=key[:-1] + "qp"[key[-1] == "q"], fingerprint=said).text
    )
    assert "not the one of this key" in post(client, where, key=key, fingerprint="").text
    assert post(client, where, key=key, fingerprint=said).status_code == 303
    listed = client.get("/en/receivers").text
    assert said in listed
    assert "no key yet" not in listed
    assert "A new key replaces this one" in client.get(where).text
    with sqlite_instance.database.session(write=False) as session:
        seed = sqlite_instance.actor("maple", session).seed_of(Group.RELEASE)
    shown = " ".join(re.findall("....", mark(seed)))
    assert shown in lead.get("/en/receivers").text
    assert shown not in listed  # administrators hold no key


def test_a_file_waits_for_the_key_and_then_leaves_encrypted(sqlite_instance: Instance) -> None:
    body = a_body(sqlite_instance)
    accounts(sqlite_instance, 16, **{name_of(Use.SHARE, body): "yes"})
    release = a_release(sqlite_instance, receiver=body, relation=ColumnRole.QUASI)
    where = f"/en/releases/{release}"
    client = desk(sqlite_instance, "rowan")
    page = client.get(where).text
    assert "This body has no age key yet" in page
    assert "release.zip" not in page
    early = client.get(f"{where}/release.zip")
    assert (early.status_code, "has no age key yet" in early.text) == (409, True)
    one = pyrage.x25519.Identity.generate()
    key = str(one.to_public())
    post(client, f"/en/receivers/{body}/key", key=key, fingerprint=age.fingerprint(key))
    assert "encrypted for this body" in client.get(where).text
    file = client.get(f"{where}/release.zip")
    assert file.headers["Content-Disposition"] == 'attachment; filename="release.zip.age"'
    assert file.mimetype == "application/octet-stream"
    assert pyrage.decrypt(file.data, [one])[:2] == b"PK"
    again = unpacked(bytes(pyrage.decrypt(client.get(f"{where}/release.zip").data, [one])))
    (entry,) = [json.loads(data) for name, data in again.items() if name.startswith("entry-")]
    assert [row[:2] for row in entry["rows"]] == [["release_manifest", release.hex]]
    with sqlite_instance.database.session(write=True) as session:
        row = session.get_one(Release, release)
        lead = sqlite_instance.actor("maple", session)
        recall(session, by=lead, release_id=release, revision=row.revision, now=sqlite_instance.clock())
    assert "release.zip" not in client.get(where).text
    assert client.get(f"{where}/release.zip").status_code == 409


def test_a_table_of_patterns_is_asked_for_a_body_of_the_list(sqlite_instance: Instance) -> None:
    body = a_body(sqlite_instance)
    client = desk(sqlite_instance, "rowan")
    asked = {"purpose": "a study", "receiver": body.hex, "places": "region", "patterns": "reprisals"}
    made = post(client, "/en/releases/new-patterns", **asked, protection="threshold")
    assert made.status_code == 303
    with sqlite_instance.database.session(write=False) as session:
        row = session.get_one(Release, UUID(made.location.rsplit("/", 1)[1]))
        assert (row.receiver_id, row.recipient) == (body, "The Archive")
