"""Rules of the house that are worth repeating: kept by tests, not by reviewers."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po
from builders import Instance, token_of

from portal.config import PACKAGE, Face, bundled
from portal.staff.acts import ACTS
from portal.web.guard import SAFE

TEMPLATES = sorted(bundled("templates").rglob("*.html"))
MODULES = sorted(PACKAGE.rglob("*.py"))
CATALOGUES = sorted((PACKAGE / "translations" / "fa").glob("*.po"))
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "InvalidError": None,
    "StaleError": None,
    "UnavailableError": None,
}
IN_TEMPLATES = {**DEFAULT_KEYWORDS, "shell": None}
TRIMMED = {"trimmed": "true"}
# Said on a terminal to whoever runs the place, not on a page.
TERMINAL = {"config.py", "founding.py", "database.py", "upkeep.py", "schema.py", "starter.py", "serving.py"}
TERMINAL |= {"ceremony.py", "directory.py", "restoring.py", "terminal.py", "pinned.py"}
TERMINAL |= {"founding_cli.py", "ledger_cli.py", "release_cli.py", "verify_cli.py", "witness_cli.py"}
# Raised where a caller of ours is wrong, never by what people send.
TERMINAL |= {"anonymise.py", "hierarchies.py", "policy.py", "tables.py"}
TERMINAL |= {"grid.py", "laplace.py", "packaging.py", "suppression.py", "workbook_files.py"}
# Said to whoever anonymises a table of their own, on a terminal.
TERMINAL |= {"earlier.py", "formats.py", "inside.py", "table_release.py"}
TERMINAL |= {"hierarchy_files.py", "policy_files.py", "table_files.py"}


def messages() -> dict[object, str]:
    found: dict[object, str] = {}
    for path in MODULES:
        if "translations" not in path.parts and path.name not in TERMINAL and "vault" not in path.parts:
            with path.open("rb") as source:
                keywords = KEYWORDS if path.parent.name != "ledger" else {}
                for _, message, _, _ in (
                    extract_from_file("python", path, keywords=keywords) if source else ()
                ):
                    found[message] = path.name
    for path in TEMPLATES:
        for _, message, _, _ in extract_from_file("jinja2", path, keywords=IN_TEMPLATES, options=TRIMMED):
            found[message] = path.name
    return {message: place for message, place in found.items() if message}


def translated() -> dict[object, set[str]]:
    found = defaultdict(set)
    for path in CATALOGUES:
        with path.open("rb") as source:
            for message in read_po(source):
                if message.id:
                    key = tuple(message.id) if isinstance(message.id, list | tuple) else message.id
                    said = message.string if isinstance(message.string, str) else "\n".join(message.string)
                    found[key].add(said)
                    assert not message.fuzzy, f"{path.name}: {key!r} is marked as unsure"
    return found


def test_everything_people_read_is_said_in_persian() -> None:
    known = translated()
    missing = {message: place for message, place in messages().items() if not any(known.get(message, ()))}
    assert not missing


def test_no_phrase_is_said_in_two_ways() -> None:
    assert {message: said for message, said in translated().items() if len(said) > 1} == {}


def literals() -> set[str]:
    return {
        node.value
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_no_translation_is_left_over() -> None:
    used, said = messages(), literals()
    assert [message for message in translated() if message not in used and message not in said] == []


def test_translations_fill_the_same_places() -> None:
    for message, said in translated().items():
        wanted = [message] if isinstance(message, str) else list(message)  # type: ignore[call-overload]
        places = {place for one in wanted for place in re.findall(r"%\((\w+)\)s", one)}
        for one in said:
            assert set(re.findall(r"%\((\w+)\)s", one)) <= places, message
            for line in one.split("\n") if len(wanted) > 1 else [one]:
                assert places <= set(re.findall(r"%\((\w+)\)s", line)) | {"num", "count"}, message


def test_persian_is_written_in_persian_letters() -> None:
    wrong = [said for several in translated().values() for said in several if re.search("[يكةىؤ]", said)]
    assert [said for said in wrong if re.search("[يكى]", said)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_template_holds_nothing_unescaped_and_nothing_inline(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(r"\|\s*safe\b", text)
    assert not re.search(r"\{%-?\s*autoescape\s+false", text)
    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"\son[a-z]+=", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(?:src|href)=[\"']https?:", text)


def test_every_template_is_used() -> None:
    said = "\n".join(path.read_text(encoding="utf-8") for path in [*MODULES, *TEMPLATES])
    names = {path.relative_to(bundled("templates")).as_posix() for path in TEMPLATES}
    assert {name for name in names if name not in said} == set()


def test_every_named_template_exists() -> None:
    names = {path.relative_to(bundled("templates")).as_posix() for path in TEMPLATES}
    said = "\n".join(path.read_text(encoding="utf-8") for path in [*MODULES, *TEMPLATES])
    assert set(re.findall(r"\"((?:[a-z]+/)+[a-z_]+\.html)\"", said)) <= names


@pytest.mark.parametrize("face", list(Face))
def test_every_url_parameter_has_a_type_and_every_page_its_access(
    sqlite_instance: Instance, face: Face
) -> None:
    app = sqlite_instance.app(face)
    table = {page.endpoint for page in app.extensions["portal_pages"]}
    for rule in app.url_map.iter_rules():
        assert not re.search(r"<\w+>", rule.rule.replace("<path:filename>", "")), rule.rule
        assert rule.endpoint in table | {"static", "root"}, rule.endpoint


@pytest.mark.parametrize("face", list(Face))
def test_changing_anything_needs_the_page_s_own_token(sqlite_instance: Instance, face: Face) -> None:
    """A POST without the token, or from another site, changes nothing: the ledger does not grow."""
    app = sqlite_instance.app(face)
    client = app.test_client()
    if face is Face.DESK:
        sqlite_instance.sign_in(client, "maple")
    with sqlite_instance.database.session(write=False) as session:
        from portal.ledger import service as ledger  # noqa: PLC0415

        before = ledger.size(session)
    for page in app.extensions["portal_pages"]:
        for method in set(page.methods) - SAFE:
            rule = next(
                rule for rule in app.url_map.iter_rules(page.endpoint) if method in (rule.methods or ())
            )
            url = re.sub(r"<language:\w+>", "en", rule.rule)
            url = re.sub(r"<uuid:\w+>", "00000000-0000-4000-8000-000000000000", url)
            url = re.sub(r"<(?:any\([^)]*\)|int|string):\w+>", "person", url)
            assert client.open(url, method=method, data={"name": "x", "narrative": "x"}).status_code in {
                200,
                303,
                400,
                403,
                404,
                411,
                422,
            }
            elsewhere = client.open(url, method=method, headers={"Sec-Fetch-Site": "cross-site"})
            assert elsewhere.status_code in {303, 403, 404}
    with sqlite_instance.database.session(write=False) as session:
        assert ledger.size(session) == before


def test_every_answer_carries_the_headers(sqlite_instance: Instance) -> None:
    client = sqlite_instance.app(Face.INTAKE).test_client()
    for url in ("/", "/en/", "/en/nothing-here", "/static/portal.css"):
        found = client.get(url)
        found.close()
        assert "default-src 'none'" in found.headers["Content-Security-Policy"]
        assert found.headers["Referrer-Policy"] == "no-referrer"
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        assert found.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert client.get("/en/").headers["Cache-Control"] == "no-store"


def test_every_act_in_the_ledger_has_a_name_in_words() -> None:
    said = {
        name
        for path in MODULES
        for name in re.findall(
            r"\"((?:case|consent|directory|document|group|identity|link|mark|message|note|registry|release|sheet|staff|submission)"
            r"\.[a-z-]+)\"",
            path.read_text(encoding="utf-8"),
        )
    }
    endpoints = {
        "directory.json",
        "registry.show",
        "registry.json",
        "release.zip",
        "release.rewrap",
        "staff.home",
        "staff.me",
        "staff.id",
        "release.id",
    }
    assert {name for name in said if not name.endswith(".id")} - endpoints <= set(ACTS)


def test_no_module_builds_sql_from_strings_or_starts_a_shell() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "render_template_string"}, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in {"exec_driver_sql", "text"}:
                    assert all(not isinstance(one, ast.JoinedStr) for one in node.args), path
                assert not any(word.arg == "shell" for word in node.keywords), path


def test_nobody_but_the_settings_reads_the_environment() -> None:
    readers = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if re.search(r"os\.(?:environ\b(?!`)|getenv)", path.read_text(encoding="utf-8"))
    }
    assert readers == {"terminal.py"}


def test_the_page_shown_when_nothing_else_works_needs_nothing(sqlite_instance: Instance) -> None:
    app = sqlite_instance.app(Face.INTAKE)

    def broken() -> str:
        raise RuntimeError("the words of a source")

    app.view_functions["intake.start"] = broken
    found = app.test_client().get("/en/")
    assert found.status_code == 500
    assert "the words of a source" not in found.get_data(as_text=True)


def test_a_token_from_one_visitor_does_not_serve_another(sqlite_instance: Instance) -> None:
    app = sqlite_instance.app(Face.INTAKE)
    one, other = app.test_client(), app.test_client()
    token = token_of(one.get("/en/account"))
    other.get("/en/account")
    found = other.post("/en/account", data={"csrf_token": token, "narrative": "kept", "action": "continue"})
    assert found.status_code == 200
    assert "kept" in found.get_data(as_text=True)
