"""Pseudonyms of staff: how one is written, and when two are the same."""

import unicodedata

from portal.errors import InvalidError
from portal.vault.passphrase import normalise

SHORTEST, LONGEST = 2, 60
_KINDS = frozenset("LMN")
_JOINING = frozenset(" .-'\N{RIGHT SINGLE QUOTATION MARK}\N{ZERO WIDTH NON-JOINER}")


def clean(name: str) -> str:
    """Return the pseudonym as it is kept: NFC, single spaces; or raise `InvalidError` saying what to change.

    Direction marks and other unseen characters are refused: two names that look alike must be alike.
    """
    text = " ".join(unicodedata.normalize("NFC", name).split())
    if not SHORTEST <= len(text) <= LONGEST:
        raise InvalidError("A pseudonym has 2 to 60 letters.")
    kinds = {"joining" if char in _JOINING else unicodedata.category(char)[0] for char in text}
    if not kinds <= _KINDS | {"joining"} or "L" not in kinds:
        raise InvalidError("A pseudonym is made of letters, figures, spaces, dots and hyphens.")
    return text


def fold(name: str) -> str:
    """Return what two spellings of one name share; case, keyboard (ي/ی, ك/ک), marks and spacing aside."""
    return normalise(name).decode("utf-8", "surrogatepass").casefold()
