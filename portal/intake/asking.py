"""The catalogue of prompts: every question as it is asked, in every language, as data with a version.

``prompts/<language>.toml`` is the only place where a question is worded. Whoever changes a question raises
``version`` in all languages; what a source was shown is sealed with each answer, word for word.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from portal.intake.journey import Field, Step

_FOLDER = Path(__file__).parent / "prompts"


@dataclass(frozen=True)
class Prompt:
    """One question: what is asked, what is said beside it, and its answers where there is a choice."""

    ask: str
    help: str
    choices: Mapping[str, str]


@dataclass(frozen=True)
class Asking:
    """One page: its heading, what is said below, a note, and its questions by the names of their fields."""

    title: str
    lead: str
    note: str
    prompts: Mapping[str, Prompt]


@dataclass(frozen=True)
class Catalogue:
    """All pages in one language."""

    language: str
    version: int
    pages: Mapping[str, Asking]

    def page(self, step: Step) -> Asking:
        """Return what a page says."""
        return self.pages[step.value]

    def shown(self, step: Step, field: Field) -> dict[str, str | int]:
        """Return a question as it stands on its page, for keeping beside the answer."""
        asking = self.page(step)
        prompt = asking.prompts[field.name]
        lines = [asking.title, asking.lead, asking.note, prompt.ask, prompt.help, *prompt.choices.values()]
        said = list(dict.fromkeys(line for line in lines if line))
        return {"language": self.language, "text": "\n".join(said), "version": self.version}


def _prompt(told: Mapping[str, Any], shared: Mapping[str, Mapping[str, str]]) -> Prompt:
    choices = told.get("choices", {})
    return Prompt(told["ask"], told.get("help", ""), shared[choices] if isinstance(choices, str) else choices)


def read(text: str) -> Catalogue:
    """Read one language's file (TOML)."""
    told = tomllib.loads(text)
    shared = told.pop("choices", {})
    language, version = told.pop("language"), told.pop("version")
    pages = {
        step: Asking(
            title=page["title"],
            lead=page.get("lead", ""),
            note=page.get("note", ""),
            prompts={name: _prompt(one, shared) for name, one in page.items() if isinstance(one, dict)},
        )
        for step, page in told.items()
    }
    return Catalogue(language, version, pages)


@cache
def catalogue(language: str) -> Catalogue:
    """Return the prompts in a language."""
    return read((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
