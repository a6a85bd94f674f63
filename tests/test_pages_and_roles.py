"""The table of pages, methods and roles: what the running app answers, compared with the golden table.

To change who may open a page is to change ``golden/pages.txt``, which ``PORTAL_WRITE_GOLDEN=1`` writes.
"""

import os
import re
from pathlib import Path
from uuid import UUID

import pytest
from builders import Instance, a_submission, token_of
from flask.testing import FlaskClient

from portal.config import Face
from portal.web.guard import SAFE, Page

GOLDEN = Path(__file__).parent / "golden" / "pages.txt"
STRANGER = UUID("00000000-0000-4000-8000-000000000000")
STAFF = {"reviewer": "cedar", "lead": "maple", "administrator": "rowan", "auditor": "olive"}


def address(page: Page, prefix: str) -> str:
    rule = prefix + page.rule
    values = {"uuid": str(STRANGER), "int": "1", "string": "person", "any": "person", "default": "person"}
    return re.sub(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>", lambda found: values[found[1] or "default"], rule)


def token(client: FlaskClient, face: Face) -> str:
    return token_of(client.get("/en/return" if face is Face.INTAKE else "/en/me", follow_redirects=True))


def answer(client: FlaskClient, page: Page, method: str, url: str) -> str:
    if method in SAFE:
        found = client.get(url)
    elif page.rule.endswith(("/documents", "/voice", "/folder/file")):
        data = {"csrf_token": token(client, page.face), "caption": "", "file": (b"", "")}
        found = client.post(url, data=data, content_type="multipart/form-data")
    else:
        found = client.open(url, method=method, data={"csrf_token": token(client, page.face)})
    assert found.status_code < 500, f"{method} {url}: {found.status_code}"
    if found.status_code == 403:
        return "refused"
    if found.status_code in {302, 303} and found.location.endswith(("/sign-in", "/return")):
        return "way in"
    return "open"


def clients(instance: Instance, face: Face) -> dict[str, FlaskClient]:
    app = instance.app(face)
    if face is Face.INTAKE:
        with instance.database.session(write=True) as session:
            sent = a_submission(instance, session)
        source = app.test_client()
        page = source.get("/en/return")
        words = " ".join(sent.receipt.words("en"))
        source.post("/en/return", data={"csrf_token": token_of(page), "words": words})
        return {"visitor": app.test_client(), "source": source}
    signed_in = {role: app.test_client() for role in STAFF}
    for role, client in signed_in.items():
        assert instance.sign_in(client, STAFF[role]).status_code == 303
    return {"visitor": app.test_client(), **signed_in}


def rows(instance: Instance, face: Face) -> list[str]:
    app = instance.app(face)
    prefixes = {name: blueprint.url_prefix or "" for name, blueprint in app.blueprints.items()}
    lines = []
    ending = {"staff.sign_out", "folder.close", "folder.withdraw", "intake.leave"}
    pages = sorted(app.extensions["portal_pages"], key=lambda page: (page.endpoint in ending, page.endpoint))
    visitors = clients(instance, face)
    for page in pages:
        prefix = prefixes[page.endpoint.split(".")[0]].replace("<language:language>", "en")
        for method in page.methods:
            if page.endpoint in ending:
                visitors = clients(instance, face)
            found = {
                name: answer(client, page, method, address(page, prefix)) for name, client in visitors.items()
            }
            said = "  ".join(f"{name}: {outcome}" for name, outcome in found.items())
            said += "  asks again" if page.fresh else ""
            lines.append(
                f"{face.value:<7}{method:<5}{page.endpoint:<28} {page.rule:<58} {page.access:<19} {said}"
            )
    return lines


def read() -> list[str]:
    return GOLDEN.read_text(encoding="utf-8").splitlines() if GOLDEN.exists() else []


@pytest.fixture
def golden_lines() -> list[str]:
    return read()


@pytest.mark.parametrize("face", list(Face))
def test_every_page_opens_to_whom_the_golden_table_says(
    sqlite_instance: Instance, face: Face, golden_lines: list[str]
) -> None:
    found = sorted(rows(sqlite_instance, face))
    if os.environ.get("PORTAL_WRITE_GOLDEN"):
        kept = [line for line in read() if not line.startswith(face.value + " ")]
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text("\n".join(sorted([*kept, *found])) + "\n", encoding="utf-8")
        pytest.fail("the golden table was written; look at it and run again")
    assert found == [line for line in golden_lines if line.startswith(face.value + " ")]


def test_the_golden_table_agrees_with_the_grants(golden_lines: list[str]) -> None:
    from portal.permissions import GRANTS, Permission, Role  # noqa: PLC0415

    words = {permission.value: permission for permission in Permission}
    checked = 0
    for line in golden_lines:
        outcomes = dict(found for found in re.findall(r"(\w+): (open|refused|way in)", line))
        named = re.search(r" (\w+:[\w-]+) ", line)
        if named is None or line.startswith("intake"):
            continue
        for role in Role:
            expected = words[named[1]] in GRANTS[role]
            assert (outcomes[role.value] == "open") <= expected, line
            checked += 1
        assert outcomes["visitor"] == "way in", line
    assert checked >= 100
