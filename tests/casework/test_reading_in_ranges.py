"""Reading a document in ranges is one reading an hour; its entry is there before the first byte."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from builders import Instance
from cases import PICTURE, acts_of, send_with_file
from flask.testing import FlaskClient

from portal.config import Face
from portal.ledger import service as ledger
from portal.store.files import FileStore


@pytest.fixture
def sent(sqlite_instance: Instance) -> tuple[UUID, UUID]:
    return send_with_file(sqlite_instance)


def at_desk(instance: Instance, name: str = "cedar") -> FlaskClient:
    client = instance.app(Face.DESK).test_client()
    assert instance.sign_in(client, name).status_code == 303
    return client


def size(instance: Instance) -> int:
    with instance.database.session(write=False) as session:
        return ledger.size(session)


def read(client: FlaskClient, sent: tuple[UUID, UUID], span: str = "") -> bytes:
    headers = {"Range": f"bytes={span}"} if span else {}
    answer = client.get(f"/en/cases/{sent[0]}/documents/{sent[1]}", headers=headers)
    assert answer.status_code == (206 if span else 200)
    found = answer.get_data()
    answer.close()
    return found


def readings(instance: Instance) -> int:
    return acts_of(instance).count("document.read")


def test_many_ranges_are_one_reading(sqlite_instance: Instance, sent: tuple[UUID, UUID]) -> None:
    client = at_desk(sqlite_instance)
    step = -(-len(PICTURE) // 25)
    pieces = [read(client, sent, f"{start}-{start + step - 1}") for start in range(0, len(PICTURE), step)]
    assert b"".join(pieces) == PICTURE
    assert readings(sqlite_instance) == 1
    assert read(client, sent) == PICTURE
    assert readings(sqlite_instance) == 1


def test_the_next_hour_another_session_and_another_document_are_readings_of_their_own(
    sqlite_instance: Instance, sent: tuple[UUID, UUID]
) -> None:
    client = at_desk(sqlite_instance)
    read(client, sent, "0-9")
    for _ in range(5):
        sqlite_instance.clock.advance(minutes=13)
        read(client, sent, "10-19")
    assert readings(sqlite_instance) == 2
    read(at_desk(sqlite_instance), sent, "0-9")
    assert readings(sqlite_instance) == 3
    read(at_desk(sqlite_instance, "birch"), sent, "0-9")
    assert readings(sqlite_instance) == 4
    other = send_with_file(sqlite_instance)
    read(client, other, "0-9")
    assert readings(sqlite_instance) == 5


def test_a_reading_that_failed_is_not_remembered(
    sqlite_instance: Instance, sent: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = at_desk(sqlite_instance)
    with monkeypatch.context() as broken:
        broken.setattr(FileStore, "open", lambda *_: (_ for _ in ()).throw(OSError))
        assert client.get(f"/en/cases/{sent[0]}/documents/{sent[1]}").status_code == 500
    assert readings(sqlite_instance) == 0
    read(client, sent, "0-9")
    assert readings(sqlite_instance) == 1


@pytest.mark.parametrize("span", ["", "bytes=5-9"])
def test_the_entry_is_on_the_disk_before_the_first_byte_leaves(
    sqlite_instance: Instance, sent: tuple[UUID, UUID], span: str
) -> None:
    """Even the status line waits for it: it is sent with the first byte."""
    client = at_desk(sqlite_instance)
    before, seen = size(sqlite_instance), []
    app = client.application.wsgi_app

    def watching(environ: Any, start_response: Any) -> Iterator[bytes]:
        def start(*given: Any) -> Any:
            seen.append(size(sqlite_instance))
            return start_response(*given)

        body = app(environ, start)
        try:
            for piece in body:
                seen.append(size(sqlite_instance))
                yield piece
        finally:
            body.close()  # type: ignore[attr-defined]  # a response of Werkzeug

    client.application.wsgi_app = watching  # type: ignore[method-assign]
    headers = {"Range": span} if span else {}
    answer = client.get(f"/en/cases/{sent[0]}/documents/{sent[1]}", headers=headers)
    assert answer.get_data() == (PICTURE[5:10] if span else PICTURE)
    answer.close()
    assert len(seen) >= 2
    assert set(seen) == {before + 1}
