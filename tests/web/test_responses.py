"""What every answer carries; errors are said kindly, in the reader's language, and give nothing away."""

import logging
from collections.abc import Callable

import pytest
from builders import Instance
from flask import Flask, abort, redirect
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from visits import said
from werkzeug.exceptions import HTTPException, RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response

from portal.config import Face
from portal.errors import InvalidError, NotFoundError, PortalError, RefusedError, StaleError, UnavailableError
from portal.permissions import Access
from portal.web.guard import Pages
from portal.web.responses import HEADERS, POLICY

Make = Callable[..., Flask]
SECRET = "Behrang was my brother"  # what a person wrote, caught in a message

FAULTS: dict[str, Exception] = {
    "gone": NotFoundError(SECRET),
    "refused": RefusedError(SECRET),
    "stale": StaleError("Somebody else was first."),
    "stale-mute": StaleError(),
    "invalid": InvalidError(
        "There is nothing to send yet. Write something first, even one sentence, or add a file."
    ),
    "away": UnavailableError("The disk is full or does not answer; nothing was kept."),
    "other": PortalError(SECRET),
    "second": StaleDataError(SECRET),
    "twice": IntegrityError(SECRET, {"text": SECRET}, ValueError(SECRET)),
    "locked": OperationalError(SECRET, {"text": SECRET}, ValueError(SECRET)),
    "full": OSError(28, SECRET),
    "odd": OSError(2, SECRET),
    "bug": KeyError(SECRET),
    "range": RequestedRangeNotSatisfiable(),
    "own": HTTPException(response=Response("own words", 418)),
}
FAULTS["moved"] = HTTPException(response=Response("", 302))
STATUSES = {
    "gone": 404,
    "refused": 403,
    "stale": 409,
    "stale-mute": 409,
    "invalid": 400,
    "away": 503,
    "other": 400,
    "second": 409,
    "twice": 409,
    "locked": 503,
    "full": 503,
    "odd": 500,
    "bug": 500,
    "range": 416,
}


def failing() -> Pages:
    pages = Pages("failing", __name__, face=Face.INTAKE)

    @pages.page("/fail/<how>", access=Access.PUBLIC)
    def fail(how: str) -> str:
        raise FAULTS[how]

    @pages.page("/status/<int:status>", access=Access.PUBLIC)
    def status(status: int) -> str:
        abort(status)

    @pages.page("/away", access=Access.PUBLIC)
    def away() -> Response:
        abort(redirect("/en/", 307))

    return pages


@pytest.fixture
def client(with_pages: Make) -> FlaskClient:
    return with_pages(failing()).test_client()


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("how", STATUSES)
def test_a_failure_is_said_in_both_languages_and_gives_nothing_away(
    client: FlaskClient, how: str, language: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = client.get(f"/{language}/fail/{how}")
    assert answer.status_code == STATUSES[how]
    for told in (answer.text, caplog.text, str(answer.headers)):
        assert SECRET not in told
        assert "Traceback" not in told
        assert "Error" not in answer.text
    assert "<html" in answer.text
    assert answer.mimetype == "text/html"


@pytest.mark.parametrize("how", ["stale", "invalid", "away"])
def test_what_a_service_says_to_people_is_shown_in_their_language(client: FlaskClient, how: str) -> None:
    assert str(FAULTS[how]) in said(client.get(f"/en/fail/{how}"))
    assert said(client.get("/fa/fail/invalid")) != said(client.get("/en/fail/invalid"))
    assert "nothing to send" not in said(client.get("/fa/fail/invalid"))


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_failure_that_says_nothing_shows_no_catalogue(client: FlaskClient, language: str) -> None:
    page = client.get(f"/{language}/fail/stale-mute").text
    assert "Content-Type" not in page
    assert "Plural-Forms" not in page


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 411, 413, 418, 429, 500, 501, 503])
@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_status_has_its_page(client: FlaskClient, status: int, language: str) -> None:
    answer = client.get(f"/{language}/status/{status}")
    assert answer.status_code == status
    assert f'lang="{language}"' in answer.text
    number = (
        str(status) if language == "en" else str(status).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    )
    assert number in said(answer)


def test_the_fault_of_the_portal_is_said_in_both_languages_at_once(client: FlaskClient) -> None:
    words = said(client.get("/en/fail/bug"))
    assert "The fault is ours" in words
    assert "خطا از سوی ماست" in words


def test_the_log_names_the_kind_and_the_place_of_a_fault(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/en/fail/bug")
    assert "KeyError at test_responses.py:" in caplog.text


def test_an_answer_that_is_already_made_is_left_alone(client: FlaskClient) -> None:
    assert client.get("/en/fail/own").text == "own words"
    assert client.get("/en/away").status_code == 307
    assert client.get("/en/fail/moved").status_code == 302


def test_a_method_that_a_page_does_not_know_is_refused(client: FlaskClient) -> None:
    assert client.put("/en/account").status_code == 405


@pytest.mark.parametrize("address", ["/en/", "/en/nothing", "/en/fail/bug", "/static/portal.css", "/"])
def test_every_answer_carries_the_headers(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    answer.close()
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "Strict-Transport-Security" not in answer.headers
    assert "Onion-Location" not in answer.headers
    assert "Server" not in answer.headers


def test_the_policy_lets_nothing_in_but_what_is_ours() -> None:
    assert POLICY.startswith("default-src 'none'")
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


def test_only_static_files_are_kept_by_the_browser(client: FlaskClient) -> None:
    for address, kept in (("/static/portal.css", True), ("/static/none.css", False), ("/en/", False)):
        answer = client.get(address)
        answer.close()
        assert ("immutable" in answer.headers["Cache-Control"]) is kept
        assert ("no-store" in answer.headers["Cache-Control"]) is not kept


def test_over_tls_and_tor_an_answer_says_so(with_pages: Make) -> None:
    client = with_pages(secure_cookies=True, onion_address="http://example.onion").test_client()
    answer = client.get("/en/account")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert answer.headers["Onion-Location"] == "http://example.onion/en/account"


def test_a_fault_outside_every_handler_is_logged_without_its_message(
    sqlite_instance: Instance, caplog: pytest.LogCaptureFixture
) -> None:
    app = sqlite_instance.app(Face.INTAKE)
    app.log_exception((ValueError, ValueError(SECRET), None))
    assert "ValueError at ?" in caplog.text
    assert SECRET not in caplog.text
