"""The words in which permissions are asked, by version and language; each decision names the one shown."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from portal.intake.models import Use

VERSION = 2
"""The version that the pages show."""

FIRST = "en"
_FOLDER = Path(__file__).parent / "permissions"


@cache
def catalogue(language: str) -> Mapping[int, Mapping[Use, str]]:
    """Return every version in a language; raise `KeyError` for a language that has none."""
    path = _FOLDER / f"{language}.toml"
    if not language.isalpha() or not path.exists():
        raise KeyError(language)
    kept = tomllib.loads(path.read_text("utf-8"))
    return {int(number): {Use(use): text for use, text in texts.items()} for number, texts in kept.items()}


def shown_in(language: str) -> str:
    """Return the language in which a reader of this one sees the questions: English where none is ready."""
    try:
        catalogue(language)
    except KeyError:
        return FIRST
    return language


def text(use: Use, language: str, version: int = VERSION) -> str:
    """Return a question exactly as it was shown."""
    return catalogue(shown_in(language))[version][use]
