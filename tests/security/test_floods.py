"""What many strangers at once can and cannot keep from others."""

import time
from threading import Thread

import pytest
from builders import Instance, token_of

from portal.config import Face
from portal.vault import passphrase, receipt


def test_a_flood_of_typed_receipts_stops_neither_sending_nor_signing_in(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passphrase, "WAIT_SECONDS", 2.0)
    client, stranger = (sqlite_instance.app(Face.INTAKE).test_client() for _ in range(2))
    token = token_of(client.get("/en/account"))
    client.post("/en/account", data={"csrf_token": token, "narrative": "I was there.", "action": "next"})
    typed = token_of(stranger.get("/en/return"))
    with passphrase.TYPED.place(0):
        waiting = [
            Thread(
                target=lambda: passphrase.derive_key(b"x", bytes(16), passphrase.RECEIPT, passphrase.TYPED)
            )
            for _ in range(passphrase.TYPED._most)
        ]
        for one in waiting:
            one.start()
        while len(passphrase.TYPED._waiting) < len(waiting):
            time.sleep(0.001)
        sent = client.post("/en/check", data={"csrf_token": token_of(client.get("/en/check"))})
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
