"""Every page names its access; the guard asks, and one request is one transaction and one session."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from builders import Instance, token_of
from flask import Flask, abort, session
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.config import Face
from portal.errors import RefusedError
from portal.intake.models import Submission
from portal.permissions import Access, Permission
from portal.web import edge
from portal.web.guard import UNSENT, Page, Pages, Token, may_open

Make = Callable[..., Flask]


def test_a_page_without_an_access_cannot_be_written() -> None:
    pages: Any = Pages("bare", __name__, face=Face.INTAKE)
    with pytest.raises(TypeError):
        pages.page("/bare")


def test_the_table_of_pages_says_who_may_open_what() -> None:
    pages = Pages("table", __name__, face=Face.DESK, url_prefix="/table")
    pages.page("/", access=Permission.CASE_READ, methods=("GET", "POST"), menu="Table")(lambda: "seen")
    endpoint = "table.<lambda>"
    assert pages.table == [Page(endpoint, "/", Permission.CASE_READ, ("GET", "POST"), Face.DESK)]
    assert [(one.endpoint, one.label, one.access) for one in pages.menu] == [
        (endpoint, "Table", Permission.CASE_READ)
    ]
    assert pages.url_prefix == "/<language:language>/table"


# the public side


def _row() -> Submission:
    return Submission(id=uuid4(), day=edge.today(), locator=uuid4().bytes, source_key=b"key")


def public_pages() -> Pages:
    pages = Pages("trial", __name__, face=Face.INTAKE, url_prefix="/trial")

    @pages.page("/open", access=Access.PUBLIC, methods=("GET", "POST"))
    def anyone() -> str:
        return "anyone"

    @pages.page("/own", access=Access.SOURCE)
    def own() -> str:
        return "own"

    @pages.page("/say", access=Access.SOURCE, methods=("POST",), token=Token.FORM)
    def say() -> str:
        return "said"

    @pages.page("/unsent", access=Access.PUBLIC)
    def unsent() -> str:
        return str(session.get(UNSENT, "nothing"))

    @pages.page("/form", access=Access.PUBLIC, methods=("POST",), token=Token.FORM)
    def form() -> str:
        return "form"

    @pages.page("/said", access=Access.PUBLIC)
    def what_is_said() -> str:
        return str(session.get("said", "nothing"))

    @pages.page("/begin", access=Access.PUBLIC)
    def begin() -> str:
        session["folder"] = session["said"] = "before"
        return "begun"

    return pages


def writing_pages() -> Pages:
    pages = Pages("writing", __name__, face=Face.INTAKE, url_prefix="/trial")

    @pages.page("/write", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.STREAM)
    def write() -> str:
        session["said"] = "kept"
        edge.db().add(_row())
        return "written"

    @pages.page("/trace", access=Access.PUBLIC, writes=True)
    def trace() -> str:
        edge.db().add(_row())
        return "traced"

    @pages.page("/break/<how>", access=Access.PUBLIC, methods=("POST",), token=Token.STREAM)
    def broken(how: str) -> str:
        edge.db().add(_row())
        edge.db().flush()
        session["said"] = "kept"
        if how == "refused":
            raise RefusedError
        if how == "abort":
            abort(404)
        if how == "rotate":
            session.rotate()  # type: ignore[attr-defined]
        raise ZeroDivisionError

    return pages


@pytest.fixture
def public(with_pages: Make) -> FlaskClient:
    return with_pages(public_pages(), writing_pages()).test_client()


def rows(instance: Instance) -> int:
    with instance.database.session(write=False) as unit:
        return len(unit.scalars(select(Submission)).all())


def test_a_public_page_opens_for_anyone(public: FlaskClient) -> None:
    assert public.get("/en/trial/open").text == "anyone"
    assert public.head("/en/trial/open").status_code == 200


def test_a_source_page_leads_a_stranger_to_the_nine_words(public: FlaskClient) -> None:
    answer = public.get("/fa/trial/own")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/fa/return")
    public.get("/en/trial/begin")
    assert public.get("/fa/trial/own").text == "own"


@pytest.mark.parametrize(
    ("fields", "kept"),
    [({"text": "what I wrote"}, "what I wrote"), ({"text": " \n"}, "nothing"), ({"other": "x"}, "nothing")],
)
def test_what_was_typed_into_a_folder_that_has_closed_is_kept_until_it_opens(
    public: FlaskClient, fields: dict[str, str], kept: str
) -> None:
    answer = public.post("/en/trial/say", data=fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/en/return")
    assert public.get("/en/trial/unsent").text == kept


def test_another_site_can_put_nothing_into_a_visitors_session(public: FlaskClient) -> None:
    answer = public.post("/en/trial/say", data={"text": "forged"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    files = public.post("/en/trial/say", data={"text": "x"}, content_type="multipart/form-data")
    assert files.status_code == 303
    assert public.get("/en/trial/unsent").text == "nothing"


def test_a_post_without_the_token_is_refused_in_words(public: FlaskClient) -> None:
    for data in ({}, {"csrf_token": ""}, {"csrf_token": "forged"}):
        answer = public.post("/en/trial/open", data=data)
        assert answer.status_code == 400
        assert "open for too long" in answer.text


def test_a_post_with_the_token_of_the_session_is_taken(public: FlaskClient) -> None:
    given = token_of(public.get("/en/return"))
    assert public.post("/en/trial/open", data={"csrf_token": given}).text == "anyone"


def test_a_token_of_another_session_is_refused(public: FlaskClient, with_pages: Make) -> None:
    other = token_of(with_pages().test_client().get("/en/return"))
    public.get("/en/return")
    assert public.post("/en/trial/open", data={"csrf_token": other}).status_code == 400


def test_pages_whose_token_is_checked_elsewhere_reach_their_view(public: FlaskClient) -> None:
    assert public.post("/en/trial/form").text == "form"
    assert public.post("/en/trial/write").text == "written"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything else"])
@pytest.mark.parametrize("page", ["open", "form", "write"])
def test_a_post_from_another_site_is_refused_whatever_it_carries(
    public: FlaskClient, page: str, site: str
) -> None:
    given = token_of(public.get("/en/return"))
    answer = public.post(f"/en/trial/{page}", data={"csrf_token": given}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403


@pytest.mark.parametrize("site", ["same-origin", "none", None])
def test_a_post_from_the_own_site_is_taken(public: FlaskClient, site: str | None) -> None:
    headers = {"Sec-Fetch-Site": site} if site else {}
    assert public.post("/en/trial/form", headers=headers).text == "form"


def test_a_link_from_another_site_may_be_followed(public: FlaskClient) -> None:
    assert public.get("/en/trial/open", headers={"Sec-Fetch-Site": "cross-site"}).text == "anyone"


def test_what_a_post_wrote_is_committed(public: FlaskClient, sqlite_instance: Instance) -> None:
    public.post("/en/trial/write")
    assert rows(sqlite_instance) == 1


def test_looking_writes_nothing_unless_the_page_says_that_it_leaves_a_trace(
    public: FlaskClient, sqlite_instance: Instance
) -> None:
    public.get("/en/trial/write")
    assert rows(sqlite_instance) == 0
    public.get("/en/trial/trace")
    assert rows(sqlite_instance) == 1


@pytest.mark.parametrize(
    ("how", "status"), [("fault", 500), ("rotate", 500), ("refused", 403), ("abort", 404)]
)
def test_a_request_that_fails_leaves_neither_rows_nor_words_in_the_session(
    public: FlaskClient, sqlite_instance: Instance, how: str, status: int
) -> None:
    public.get("/en/trial/begin")
    assert public.post(f"/en/trial/break/{how}").status_code == status
    assert rows(sqlite_instance) == 0
    assert public.get("/en/trial/said").text == "before"


def test_a_commit_that_fails_takes_the_words_of_success_back(
    public: FlaskClient, sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    public.get("/en/trial/begin")

    def full() -> None:
        raise OSError(28, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(edge, "finish", full)
        assert public.post("/en/trial/write").status_code == 503
    assert rows(sqlite_instance) == 0
    assert public.get("/en/trial/said").text == "before"


# the desk


def desk_pages() -> Pages:
    pages = Pages("trial", __name__, face=Face.DESK, url_prefix="/trial")

    @pages.page("/staff", access=Access.STAFF)
    def staff() -> str:
        return "staff"

    @pages.page("/cases", access=Permission.CASE_READ, menu="Trial cases")
    def cases() -> str:
        return "cases"

    @pages.page("/ledger", access=Permission.LEDGER_READ, methods=("GET", "POST"), menu="Trial ledger")
    def ledger() -> str:
        return "ledger"

    return pages


@pytest.fixture
def desk(with_pages: Make) -> FlaskClient:
    return with_pages(desk_pages(), face=Face.DESK).test_client()


@pytest.mark.parametrize("page", ["staff", "cases", "ledger"])
def test_strangers_at_the_desk_are_led_to_the_way_in(desk: FlaskClient, page: str) -> None:
    answer = desk.get(f"/fa/trial/{page}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/fa/sign-in")


def test_staff_open_what_their_role_carries_and_nothing_else(
    desk: FlaskClient, sqlite_instance: Instance
) -> None:
    assert sqlite_instance.sign_in(desk, "cedar").status_code == 303
    assert desk.get("/en/trial/staff").text == "staff"
    assert desk.get("/en/trial/cases").text == "cases"
    refused = desk.get("/en/trial/ledger")
    assert refused.status_code == 403
    assert "not open to you" in refused.text


def test_whoever_may_not_open_a_page_is_refused_before_the_token_is_looked_at(
    desk: FlaskClient, sqlite_instance: Instance
) -> None:
    sqlite_instance.sign_in(desk, "cedar")
    assert desk.post("/en/trial/ledger").status_code == 403


def test_the_menu_names_only_what_may_be_opened(desk: FlaskClient, sqlite_instance: Instance) -> None:
    sqlite_instance.sign_in(desk, "cedar")
    page = desk.get("/en/me").text
    assert "Trial cases" in page
    assert "Trial ledger" not in page


def test_a_folder_opened_on_the_public_side_opens_nothing_at_the_desk(with_pages: Make) -> None:
    app = with_pages(desk_pages(), face=Face.DESK)
    with app.test_request_context("/en/"):
        session["folder"] = {}
        assert may_open(Access.PUBLIC)
        assert not may_open(Access.STAFF)
        assert not may_open(Permission.CASE_READ)
