"""Catalogues of the prepared languages: in step with what is said, begun by a command, never broken."""

import re
import shutil
from pathlib import Path

import pytest

from portal.web import catalogues
from portal.web.languages import FINISHED, LANGUAGES

PREPARED = [code for code in LANGUAGES if code not in FINISHED]
BEGUN = [(code, feature) for code in PREPARED for feature in catalogues.features(code)]


def said(code: str, feature: str) -> dict[object, object]:
    return {one.id: one.string for one in catalogues.read(code, feature) if one.id}


@pytest.mark.parametrize(("code", "feature"), BEGUN)
def test_a_begun_catalogue_asks_for_what_is_said_now_and_fills_the_same_places(
    code: str, feature: str
) -> None:
    found = said(code, feature)
    assert set(found) == set(said("fa", feature)), f"python -m portal.web.catalogues {code} {feature}"
    for message, translated in found.items():
        if translated and isinstance(message, str):
            places = re.findall(r"%\((\w+)\)s", message)
            assert sorted(places) == sorted(re.findall(r"%\((\w+)\)s", str(translated)))


@pytest.mark.parametrize("code", PREPARED)
def test_every_prepared_language_says_the_outermost(code: str) -> None:
    assert "shell" in catalogues.features(code)
    found = said(code, "shell")
    assert all(found.values())
    assert not {message for message, words in found.items() if words == message} - {"Page %(now)s of %(of)s"}


def test_a_language_is_begun_with_everything_and_keeps_what_it_has(tmp_path: Path) -> None:
    shutil.copytree(catalogues.FOLDER / "fa", tmp_path / "fa")
    (tmp_path / "de").mkdir()
    mine = (catalogues.FOLDER / "de" / "shell.po").read_text(encoding="utf-8")
    old = mine + '\nmsgid "Said no longer"\nmsgstr "Weg"\n'
    (tmp_path / "de" / "shell.po").write_text(old, encoding="utf-8")
    for feature in catalogues.features("fa", tmp_path):
        catalogues.refresh("de", feature, tmp_path)
    for feature in catalogues.features("fa"):
        now = {one.id: one.string for one in catalogues.read("de", feature, tmp_path) if one.id}
        assert list(now) == list(said("fa", feature))
        assert now == said("de", feature) or not any("".join(words) for words in now.values())


def test_the_command_names_the_files_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(catalogues.FOLDER / "fa", tmp_path / "fa")
    catalogues.main(["sv", "web"], tmp_path)
    assert capsys.readouterr().out == f"{tmp_path / 'sv' / 'web.po'}\n"
    assert {one.string for one in catalogues.read("sv", "web", tmp_path) if one.id} == {""}
