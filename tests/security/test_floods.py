"""What many strangers at once can and cannot keep from others."""

import os
import time
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from builders import NOON, Instance, token_of, without_limits
from cases import at_desk
from flask.testing import FlaskClient
from proofs import solve, task_on
from visits import Source
from werkzeug.test import TestResponse

from portal.casework import skimming
from portal.config import Face
from portal.errors import UnavailableError
from portal.intake import letting_in
from portal.intake import service as intake
from portal.store.files import FileStore, new_name
from portal.vault import passphrase, receipt
from portal.web import sessions
from portal.web.throttle import Throttle


def test_a_flood_of_typed_receipts_stops_neither_sending_nor_signing_in(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passphrase, "WAIT_SECONDS", 2.0)

    def wait() -> None:
        with passphrase.TYPED.place(60):
            pass

    client, stranger = (sqlite_instance.app(Face.INTAKE).test_client() for _ in range(2))
    token = token_of(client.get("/en/account"))
    client.post("/en/account", data={"csrf_token": token, "narrative": "I was there.", "action": "next"})
    typed = token_of(stranger.get("/en/return"))
    with passphrase.TYPED.place(0):
        waiting = [Thread(target=wait) for _ in range(passphrase.TYPED._most)]
        for one in waiting:
            one.start()
        while len(passphrase.TYPED._waiting) < len(waiting):
            time.sleep(0.001)
        sent = client.post(
            "/en/check", data={"csrf_token": token_of(client.get("/en/check")), "reread": "no"}
        )
        desk = sqlite_instance.app(Face.DESK).test_client()
        signed_in = sqlite_instance.sign_in(desk, "cedar")
        words = receipt.generate().digits()
        refused = stranger.post("/en/return", data={"csrf_token": typed, "words": words})
    for one in waiting:
        one.join()
    assert sent.status_code == 303
    assert signed_in.status_code == 303
    assert refused.status_code == 503
    assert "Too many people are asking this at once." in refused.text


def test_a_form_of_a_million_fields_is_refused_before_it_is_read(sqlite_instance: Instance) -> None:
    client = sqlite_instance.app(Face.DESK).test_client()
    before = time.process_time()
    answer = client.post(
        "/en/sign-in", data=b"a&" * 3_000_000, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 413
    assert time.process_time() - before < 1


def test_files_leave_room_for_the_databases(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError), FileStore(tmp_path, reserve=2**60).create(new_name()):
        pass
    with FileStore(tmp_path, reserve=1).create(new_name()) as sink:
        sink.write(b"x")


def test_a_file_that_a_folder_cannot_hold_any_more_leaves_nothing_on_the_disk(
    sqlite_instance: Instance,
) -> None:
    client = without_limits(sqlite_instance, files_per_submission=0).app(Face.INTAKE).test_client()
    open_folder(client)
    data = {"csrf_token": token_of(client.get("/en/folder")), "file": (BytesIO(b"abc"), "one.bin")}
    answer = client.post("/en/folder/file", data=data, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert not list(sqlite_instance.files.names())


def open_folder(client: FlaskClient) -> None:
    """Send an account, and come back with its words."""
    token = token_of(client.get("/en/account"))
    client.post("/en/account", data={"csrf_token": token, "narrative": "I was there.", "action": "next"})
    client.post("/en/check", data={"csrf_token": token_of(client.get("/en/check")), "reread": "no"})
    with client.session_transaction() as kept:
        words = receipt.Receipt(tuple(kept["draft"]["receipt"])).digits()
    token = token_of(client.get("/en/return"))
    assert client.post("/en/return", data={"csrf_token": token, "words": words}).status_code == 303


def test_many_names_neither_fill_the_memory_nor_slow_each_other_down() -> None:
    throttle = Throttle()
    before = time.process_time()
    for number in range(30_000):
        throttle.attempt(f"name {number}", NOON)
    assert time.process_time() - before < 60
    assert sum(map(len, (throttle._shared.read("throttle", str(drawer)) for drawer in range(16)))) <= 10_000


def test_a_page_of_strangers_does_not_empty_a_draft(sqlite_instance: Instance) -> None:
    client = sqlite_instance.app(Face.INTAKE).test_client()
    answer = client.get("/en/leave", headers={"Sec-Fetch-Site": "cross-site"})
    assert "Clear-Site-Data" not in answer.headers
    assert client.get("/en/leave").headers["Clear-Site-Data"]


def test_empty_visits_make_room_for_whoever_comes_and_what_was_written_stays(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions.ProcessHalves.__init__, "__defaults__", (40,))
    app = sqlite_instance.app(Face.INTAKE)
    writer, reader = app.test_client(), app.test_client()
    token = token_of(writer.get("/en/account"))
    kept = {"csrf_token": token, "narrative": "I was there.", "action": "next"}
    assert writer.post("/en/account", data=kept).status_code == 303
    opened = token_of(reader.get("/en/account"))
    for _ in range(200):
        assert app.test_client().get("/en/account").status_code == 200
    assert "I was there." in writer.get("/en/account").text
    typed = {"csrf_token": opened, "narrative": "Written meanwhile.", "action": "next"}
    again = reader.post("/en/account", data=typed)
    assert "Written meanwhile." in again.text
    typed["csrf_token"] = token_of(again)
    assert reader.post("/en/account", data=typed).status_code == 303
    assert "Written meanwhile." in reader.get("/en/account").text


def test_a_folder_forgets_empty_visits_first_and_the_oldest_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_in_memory", lambda _: True)
    memory, room = tmp_path / "halves", [0]
    halves = sessions.FolderHalves(memory)
    monkeypatch.setattr(halves, "_free", lambda: room[0])
    for number in range(20):
        halves.put(f"{number:064x}", b"x", 2**40, light=number >= 10)
        os.utime(memory / f"{number:064x}", (number, number))
    halves.put(f"{10:064x}", b"written", 2**40)
    assert not halves.room(0)
    left = [number for number in range(20) if halves.get(f"{number:064x}")]
    assert left == [*range(11), *range(13, 20)]
    room[0] = sessions._ROOM
    assert halves.room(0)


def test_a_flood_neither_blocks_nor_hides_a_real_account(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letting_in, "QUIET_BITS", 4)
    few = without_limits(sqlite_instance, quiet_accounts=4)
    app, clock = few.app(Face.INTAKE), few.clock

    def visitor() -> Source:
        one = Source(sqlite_instance)
        one.client = app.test_client()
        return one

    def sends(one: Source, story: str) -> bool:
        one.post("account", narrative=story, action="next")
        one.post("permissions", read="yes", action="next")
        return str(one.post("check", reread="no").location).endswith("/received")

    junk = sum(sends(visitor(), "Buy our watches.") for _ in range(40))
    patient, quick = visitor(), visitor()
    where, salt, bits, its_token = task_on(quick.get("account").text)
    quick.client.post(where, data=solve(salt, bits), headers={"X-CSRF-Token": its_token})
    assert sends(quick, "They took him at dawn. " * 300)
    assert not sends(patient, "I was in Gohardasht. " * 300)
    clock.advance(seconds=letting_in.LONGEST)
    page = patient.get("wait?then=check")
    while "It is your turn" not in page.text:  # a person chooses right at once, and this one in the end
        page = patient.send("wait?then=check", csrf_token=token_of(page), word="0")
    assert patient.send("check", csrf_token=token_of(page)).location.endswith("/received")
    assert junk <= 5
    with at_desk(sqlite_instance) as (session, by):
        rows = skimming.spread(session, by=by)
    assert [row.alike for row in rows] == [2, junk] + [2] + [junk] * (junk - 1)


def test_a_folder_takes_so_many_messages_in_a_day_and_loses_none(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake.reply, "__kwdefaults__", {"limit": 1})
    client = sqlite_instance.app(Face.INTAKE).test_client()
    open_folder(client)

    def write(text: str) -> TestResponse:
        token = token_of(client.get("/en/folder"))
        return client.post("/en/folder/reply", data={"csrf_token": token, "text": text})

    assert write("The first of today.").status_code == 303
    refused = write("One too many.")
    assert refused.status_code == 200
    assert "One too many." in refused.text
    assert "please send it tomorrow" in refused.text
    sqlite_instance.clock.advance(hours=2)
    assert write("Still today.").status_code == 200
    for _ in range(6):  # until tomorrow, looked at now and then so that the visit goes on
        sqlite_instance.clock.advance(hours=2)
        client.get("/en/folder")
    assert write("One too many.").status_code == 303
