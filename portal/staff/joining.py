"""What is kept between the pages of joining, and words drawn for a passphrase: in the sealed session only."""

import hmac
from dataclasses import dataclass, field
from typing import Self

from flask import session

from portal.staff.credentials import Bundle, new_bundle
from portal.vault.passphrase import generate, normalise
from portal.vault.words import word_list

_KEY, _DRAWN = "joining", "drawn_words"
PASSPHRASE_WORDS = 7
OWN = "own"
"""The kind of a passphrase that its person thinks of; the other kinds are languages of drawn words."""


@dataclass(frozen=True)
class Joining:
    """An invitation that was accepted, and the secrets just made for its person."""

    name: str
    code: str = field(repr=False)
    bundle: Bundle = field(repr=False)

    @classmethod
    def start(cls, *, name: str, code: str) -> Self:
        """Make secrets for the person, and keep them for the next page."""
        made = cls(name, code, new_bundle())
        session[_KEY] = [made.name, made.code, made.bundle.packed()]
        return made

    @classmethod
    def found(cls) -> Self | None:
        """Return what `start` kept, while the session lasts."""
        kept = session.get(_KEY)
        return cls(kept[0], kept[1], Bundle.unpacked(kept[2])) if kept else None


def drawn(language: str) -> str:
    """Return the seven words drawn for this visitor in a language: the same ones until `forget_drawn`."""
    kept: dict[str, str] = session.get(_DRAWN, {})
    if language not in kept:
        session[_DRAWN] = kept = kept | {language: generate(word_list(language), PASSPHRASE_WORDS)}
    return kept[language]


def forget_drawn() -> None:
    """Forget the words: they are in use now, or will not be."""
    session.pop(_DRAWN, None)


def same(one: str, other: str) -> bool:
    """Tell whether two passphrases are one, on whatever keyboard they were typed."""
    return hmac.compare_digest(normalise(one), normalise(other))
