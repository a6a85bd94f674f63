"""What is kept between the two pages of joining: only in the visitor's sealed session, never on a disk."""

import hmac
from dataclasses import dataclass, field
from typing import Self

from flask import session

from portal.staff.credentials import Bundle, new_bundle
from portal.vault.passphrase import generate, normalise
from portal.vault.words import word_list

_KEY = "joining"
PASSPHRASE_WORDS = 7


@dataclass(frozen=True)
class Joining:
    """An invitation that was accepted, and the secrets just made for its person."""

    name: str
    code: str = field(repr=False)
    passphrase: str = field(repr=False)
    bundle: Bundle = field(repr=False)

    @classmethod
    def start(cls, *, name: str, code: str, language: str) -> Self:
        """Make secrets for the person, the passphrase in their language, and keep them for the next page."""
        made = cls(name, code, generate(word_list(language), PASSPHRASE_WORDS), new_bundle())
        session[_KEY] = [made.name, made.code, made.passphrase, made.bundle.packed()]
        return made

    @classmethod
    def found(cls) -> Self | None:
        """Return what `start` kept, while the session lasts."""
        kept = session.get(_KEY)
        return cls(kept[0], kept[1], kept[2], Bundle.unpacked(kept[3])) if kept else None

    def matches(self, typed: str) -> bool:
        """Tell whether the passphrase was typed back, on whatever keyboard."""
        return hmac.compare_digest(normalise(self.passphrase), normalise(typed))
