"""What the documents name is there: tests, files, settings, labels of commands."""

import re
from pathlib import Path

import pytest
from commands import typed

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMED = re.compile(r"`(?:tests/)?((?:\w+/)*test_\w+\.py)?::(test_\w+)`")
FILES = re.compile(r"`(?:tests/)?((?:\w+/)*test_\w+\.py)`")
LINKS = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)|src=\"([^\"]+)\"")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_test_that_a_document_names_exists(path: Path) -> None:
    text, last = path.read_text(encoding="utf-8"), ""
    for found in NAMED.finditer(text):
        last = found[1] or last
        assert f"def {found[2]}(" in (HERE / last).read_text(encoding="utf-8"), found[0]
    for found in FILES.finditer(text):
        assert (HERE / found[1]).is_file(), found[0]


@pytest.mark.parametrize(
    "section",
    ["What each attacker gets", "What is proven, and where", "Known traps", "Attacks on a release"],
)
def test_each_line_of_the_threat_model_names_a_test_or_is_said_to_be_a_limit(section: str) -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    table = text.split(f"## {section}\n")[1].split("\n#")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(lines) >= 12
    for line in lines:
        assert FILES.search(line) or NAMED.search(line) or "**limit**" in line, line


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_leads_only_to_what_is_there(path: Path) -> None:
    for found in LINKS.finditer(path.read_text(encoding="utf-8")):
        assert (path.parent / (found[1] or found[2])).exists(), found[0]


def test_the_readme_names_every_setting_and_no_other() -> None:
    read = set(
        re.findall(r"\"(PORTAL_[A-Z0-9_]+)\"", (ROOT / "portal" / "config.py").read_text(encoding="utf-8"))
    )
    told = set(
        re.findall(
            r"^\| `(PORTAL_[A-Z0-9_]+)`", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    assert told == read


def test_commands_that_documents_show_are_commands() -> None:
    known = set(typed())
    for path in DOCUMENTS:
        for line in re.findall(
            r"^(?:\$ )?(portal ledger (?:timestamp|witness) \w+"
            r"|portal (?:db|directory|ledger|recovery|registry|release|root|witness) \w+|portal \w+)",
            path.read_text(),
            re.MULTILINE,
        ):
            assert line in known, (path.name, line)
