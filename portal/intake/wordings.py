"""The words in which permissions are asked, by version and language; each decision names the ones shown.

``permissions/<language>.toml`` has the questions and, since version 3, what their page says above them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from portal.intake.models import Receiver, Use

VERSION = 4
"""The version that the pages show."""

FIRST = "en"
_FOLDER = Path(__file__).parent / "permissions"


@dataclass(frozen=True)
class Above:
    """What a page of permissions says above its questions; the note is empty where it has none."""

    title: str = ""
    lead: str = ""
    note: str = ""


@dataclass(frozen=True)
class Wording:
    """One version in one language: each question, and by the name of its page what stands above it."""

    questions: Mapping[Use, str]
    pages: Mapping[str, Above]


@cache
def catalogue(language: str) -> Mapping[int, Wording]:
    """Return every version in a language; raise `KeyError` for a language that has none."""
    path = _FOLDER / f"{language}.toml"
    if not language.isalpha() or not path.exists():
        raise KeyError(language)
    found = {}
    for number, told in tomllib.loads(path.read_text("utf-8")).items():
        pages = {name: Above(**page) for name, page in told.pop("pages", {}).items()}
        found[int(number)] = Wording(MappingProxyType({Use(use): text for use, text in told.items()}), pages)
    return found


def shown_in(language: str) -> str:
    """Return the language in which a reader of this one sees the questions: English where none is ready."""
    try:
        catalogue(language)
    except KeyError:
        return FIRST
    return language


def text(use: Use, language: str, version: int = VERSION, *, receiver: Receiver | None = None) -> str:
    """Return a question exactly as it was shown; one about handing on names the body."""
    question = catalogue(shown_in(language))[version].questions[use]
    return question if receiver is None else question.replace("{name}", called(receiver, language))


def called(receiver: Receiver, language: str) -> str:
    """Return a body's name as a reader of this language sees it."""
    return receiver.name_fa if shown_in(language) == "fa" else receiver.name_en


def described(receiver: Receiver, language: str) -> str:
    """Return what a body is, as a reader of this language sees it."""
    return receiver.about_fa if shown_in(language) == "fa" else receiver.about_en


def above(page: str, language: str, version: int = VERSION) -> Above:
    """Return what a page said above its questions; nothing in versions that kept the questions alone."""
    return catalogue(shown_in(language))[version].pages.get(page, Above())
