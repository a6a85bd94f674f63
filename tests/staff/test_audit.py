"""The auditor's pages: days as a strip, findings in plain words and both languages, a proof to take along."""

import json
from datetime import UTC, datetime

import pytest
from babel.messages.pofile import read_po
from builders import Instance, a_submission
from flask.testing import FlaskClient
from sqlalchemy import text

from portal.config import PACKAGE, Face
from portal.ledger import service as ledger
from portal.ledger.checkpoint import LogKeys, Proof
from portal.ledger.models import LedgerCosignature, LedgerTimestamp
from portal.ledger.report import Finding, Problem
from portal.ledger.tags import read_key
from portal.ledger.words import MEANINGS, THINGS, explained
from portal.staff.founding import read_signer


@pytest.fixture
def auditor(sqlite_instance: Instance) -> FlaskClient:
    client = sqlite_instance.app(Face.DESK).test_client()
    assert sqlite_instance.sign_in(client, "olive").status_code == 303
    return client


def sign(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        settings, day = instance.settings, instance.clock().date()
        ledger.checkpoint(session, signer=read_signer(settings), key=read_key(settings), day=day)


def run(instance: Instance, statement: str, *, keys: bool = False) -> None:
    engine = instance.database.keys if keys else instance.database.main
    with engine.begin() as connection:
        connection.execute(text(statement))


def page(client: FlaskClient, path: str, language: str = "en") -> str:
    answer = client.get(f"/{language}/ledger{path}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_days_are_drawn_with_their_entries_and_who_vouched_for_them(
    sqlite_instance: Instance, auditor: FlaskClient
) -> None:
    sqlite_instance.clock.now = datetime.now(UTC)  # the recorder's own days are today's
    assert sqlite_instance.sign_in(auditor, "olive").status_code == 303
    sign(sqlite_instance)
    today = sqlite_instance.clock().date()
    with sqlite_instance.database.session(write=True) as session:
        session.add(LedgerTimestamp(size=1, day=today, request=b"q", nonce="1", response=b"r"))
        session.add(LedgerCosignature(size=1, day=today, witness="w", lines=""))
    shown = page(auditor, "")
    assert '<table class="strip">' in shown
    assert "entries, signed head, time-stamp, witness" in " ".join(shown.split())
    assert shown.count('class="quiet"') >= 20
    assert "شنبه" in page(auditor, "", "fa")
    assert '<table class="strip">' not in page(auditor, "?before=1")


def test_a_proof_and_its_entry_are_taken_along_and_hold(
    sqlite_instance: Instance, auditor: FlaskClient
) -> None:
    sign(sqlite_instance)
    shown = page(auditor, "")
    assert "/en/ledger/0/proof" in shown
    body = auditor.get("/en/ledger/0/entry.json")
    found = auditor.get("/en/ledger/0/proof")
    assert found.headers["Content-Disposition"] == "attachment; filename=entry-0.tlog-proof"
    keys = sqlite_instance.keys
    proof = Proof.parse(found.get_data(as_text=True))
    held = proof.verify(body.get_data(), LogKeys(keys.origin, keys.ledger_ed25519, keys.ledger_mldsa44))
    assert held.size >= 1
    assert json.loads(body.get_data())["seq"] == 0
    assert auditor.get("/en/ledger/99999/proof").status_code == 404
    assert auditor.get("/en/ledger/99999/entry.json").status_code == 404


TAMPERED = {
    "row changed": (
        "UPDATE consent SET answer = 'no'",
        False,
        "Something was changed",
        "a permission of a source",
    ),
    "role changed": (
        "UPDATE staff SET role = 'lead' WHERE name = 'cedar'",
        False,
        "Something was changed",
        "a member of staff or their role",
    ),
    "membership put in": (
        "",
        False,
        "Something was put into the database",
        "a key in somebody&#39;s hands",
    ),
    "row deleted": ("DELETE FROM consent", False, "Something is missing", "a permission of a source"),
    "entry changed": (
        "UPDATE ledger_entry SET leaf_hash = zeroblob(32) WHERE seq = 0",
        False,
        "An entry of the",
        "",
    ),
    "entry deleted": ("DELETE FROM ledger_entry WHERE seq = 0", False, "Entries were taken out", ""),
    "head forged": (
        "UPDATE ledger_checkpoint SET note = replace(note, 'test', 'best')",
        False,
        "A head is not",
        "",
    ),
    "wraps taken": (
        "DELETE FROM wrap",
        True,
        "The store of wrapped keys is not of the same moment",
        "a wrapped key",
    ),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_what_does_not_hold_is_said_in_plain_words_with_what_to_do(
    sqlite_instance: Instance, auditor: FlaskClient, kind: str
) -> None:
    statement, keys, means, thing = TAMPERED[kind]
    with sqlite_instance.database.session(write=True) as session:
        a_submission(sqlite_instance, session)
    sign(sqlite_instance)
    assert "The ledger holds together" in page(auditor, "/check")
    if kind == "membership put in":
        with sqlite_instance.database.main.connect() as connection:
            names = [row[1] for row in connection.execute(text("PRAGMA table_info(membership)"))]
        values = ", ".join(
            "lower(hex(randomblob(16)))" if one == "id" else "9" if one == "epoch" else f'"{one}"'
            for one in names
        )
        columns = ", ".join(f'"{one}"' for one in names)
        statement = f"INSERT INTO membership ({columns}) SELECT {values} FROM membership LIMIT 1"  # noqa: S608
    run(sqlite_instance, statement, keys=keys)
    shown = page(auditor, "/check")
    assert means in shown
    assert thing in shown
    assert "What to do:" in shown
    persian = page(auditor, "/check", "fa")
    assert "چه باید کرد:" in persian
    assert means not in persian


def test_an_older_head_in_the_place_of_a_newer_is_said(
    sqlite_instance: Instance, auditor: FlaskClient
) -> None:
    sign(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        a_submission(sqlite_instance, session)
    sign(sqlite_instance)
    run(
        sqlite_instance,
        "UPDATE ledger_checkpoint SET note = (SELECT note FROM ledger_checkpoint ORDER BY size LIMIT 1)",
    )
    assert "An older signed head stands in the place of a newer one." in page(auditor, "/check")


def test_many_things_of_a_kind_are_counted(sqlite_instance: Instance, auditor: FlaskClient) -> None:
    with sqlite_instance.database.session(write=True) as session:
        for _ in range(10):
            a_submission(sqlite_instance, session)
    run(sqlite_instance, "UPDATE wrap SET blob = zeroblob(9)", keys=True)
    run(sqlite_instance, "UPDATE consent SET language = 'xx'")
    assert "more of the same kind" in page(auditor, "/check")


def test_every_finding_has_words_in_both_languages() -> None:
    path = PACKAGE / "translations" / "fa" / "ledger.po"
    with path.open("rb") as source:
        known = {one.id: one.string for one in read_po(source)}
    assert set(MEANINGS) == set(Finding)
    for finding in Finding:
        for said in explained(Problem(finding.kind, "wrap/x", "", finding)):
            assert known[said]
        for said in MEANINGS[finding]:
            assert known[said]
    for thing in THINGS.values():
        assert known[thing], thing
