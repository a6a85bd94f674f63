"""What goes wrong tells a log where, and nobody what was written."""

import logging

import pytest
from builders import Instance, token_of
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.app import create_app
from portal.config import Face

SECRET = "the-words-of-a-witness"


def test_a_failing_statement_names_none_of_its_values(sqlite_instance: Instance) -> None:
    with sqlite_instance.database.session(write=False) as session, pytest.raises(DBAPIError) as failed:
        session.execute(text("SELECT nothing FROM nowhere WHERE said = :said"), {"said": SECRET})
    assert SECRET not in str(failed.value)


def test_a_failure_of_the_error_page_itself_is_logged_by_kind_and_place_only(
    sqlite_instance: Instance, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(sqlite_instance.settings, Face.INTAKE, database=sqlite_instance.database)

    @app.context_processor
    def _broken() -> dict[str, object]:
        raise RuntimeError(SECRET)

    with caplog.at_level(logging.DEBUG):
        answer = app.test_client().get(f"/en/?asked={SECRET}")
    assert answer.status_code == 500
    assert "The fault is ours" in answer.text, "the plain page needs no context"
    assert SECRET not in caplog.text + str([one.args for one in caplog.records])
    assert all(one.exc_info is None for one in caplog.records)
    assert "RuntimeError at" in caplog.text


@pytest.mark.parametrize(
    ("page", "field"), [("reaching", "called"), ("reaching", "contact"), ("return", "words")]
)
def test_a_line_that_is_too_long_is_said_beside_the_field_and_stays_there(
    sqlite_instance: Instance, page: str, field: str
) -> None:
    client = sqlite_instance.app(Face.INTAKE).test_client()
    token = token_of(client.get(f"/en/{page}"))
    typed = "word " * (20_000 if field == "contact" else 1000)
    answer = client.post(f"/en/{page}", data={"csrf_token": token, "action": "next", field: typed})
    assert answer.status_code == 200
    told = "longer than one page of ours can take" if field == "contact" else "Please make it shorter."
    assert told in answer.text
    assert typed.strip() in answer.text


def test_a_number_that_no_database_holds_leads_nowhere(sqlite_instance: Instance) -> None:
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "olive")
    assert client.get(f"/en/ledger?before={10**30}").status_code == 404
