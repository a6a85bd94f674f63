"""Sessions under attack, and under two requests at once."""

from collections.abc import Callable
from io import BytesIO
from threading import Barrier, Thread
from typing import Any

import pytest
from builders import Instance, token_of
from flask import Flask
from werkzeug.datastructures import FileStorage

from portal.config import Face
from portal.web.sessions import FolderHalves, Halves, ProcessHalves


def test_two_files_that_arrive_at_once_are_both_kept(sqlite_instance: Instance) -> None:
    app = sqlite_instance.app(Face.INTAKE)
    client = app.test_client()
    token = token_of(client.get("/en/documents"))
    cookie = client.get_cookie("intake")
    assert cookie
    together = Barrier(2, timeout=10)
    view = app.view_functions["intake.add_document"]

    def met(**kwargs: object) -> object:
        answer = view(**kwargs)
        together.wait()
        return answer

    views: Any = app.view_functions
    views["intake.add_document"] = met

    def send(name: str) -> None:
        one = app.test_client()
        one.set_cookie("intake", cookie.value)
        data = {"csrf_token": token, "file": FileStorage(BytesIO(b"abc"), name)}
        assert one.post("/en/documents", data=data).status_code == 303

    both = [Thread(target=send, args=(name,)) for name in ("one.bin", "two.bin")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    page = client.get("/en/documents").text
    assert "one.bin" in page
    assert "two.bin" in page


@pytest.fixture(params=["process", "folder"])
def halves(request: pytest.FixtureRequest) -> Halves:
    if request.param == "process":
        return ProcessHalves(most=3)
    return FolderHalves(request.getfixturevalue("memory"))


def _between(app: Flask, endpoint: str, then: Callable[[], object]) -> None:
    """Let something happen once, after the view has run and before its answer leaves."""
    views: Any = app.view_functions
    view = views[endpoint]

    def slow(**kwargs: object) -> object:
        answer = view(**kwargs)
        views[endpoint] = view
        then()
        return answer

    views[endpoint] = slow


def test_a_session_that_was_ended_is_not_brought_back_by_a_request_under_way(
    sqlite_instance: Instance, halves: Halves
) -> None:
    app = sqlite_instance.app(Face.INTAKE)
    interface: Any = app.session_interface
    interface.halves = halves
    client, other, thief = (app.test_client() for _ in range(3))
    token = token_of(client.get("/en/account"))
    cookie = client.get_cookie("intake")
    assert cookie
    for one in (other, thief):
        one.set_cookie("intake", cookie.value)
    _between(app, "intake.account", lambda: other.get("/en/leave"))
    client.post("/en/account", data={"csrf_token": token, "narrative": "I was there.", "action": "next"})
    assert "I was there." not in thief.get("/en/account").text


def test_whoever_comes_when_all_places_are_taken_is_asked_to_come_again(sqlite_instance: Instance) -> None:
    app = sqlite_instance.app(Face.INTAKE)
    interface: Any = app.session_interface
    shared = 2  # what all visits know together, and its key
    interface.halves = ProcessHalves(most=2 + shared)
    first, second, third = (app.test_client() for _ in range(3))
    assert first.get("/en/account").status_code == 200
    assert second.get("/en/account").status_code == 200
    for writer in (first, second):  # nobody is forgotten who has written
        typed = {"csrf_token": token_of(writer.get("/en/account")), "narrative": "x", "action": "next"}
        writer.post("/en/account", data=typed)
    refused = third.get("/en/account")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    assert "Set-Cookie" not in refused.headers
    assert first.get("/en/account").status_code == 200, "who is writing already is not disturbed"
    sqlite_instance.clock.advance(hours=4)
    assert third.get("/en/account").status_code == 200, "places are given back"


def test_many_new_sessions_do_not_each_read_all_others(
    halves: Halves, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[int] = []
    monkeypatch.setattr(halves, "sweep", swept.append)
    for second in range(0, 120, 2):
        halves.room(1_000_020 + second)
    assert len(swept) == 2
