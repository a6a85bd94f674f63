"""Pseudonyms of staff: how one is written, and when two are the same."""

import unicodedata

from portal.errors import InvalidError
from portal.vault.passphrase import normalise

SHORTEST, LONGEST = 2, 60
_KINDS = frozenset("LMN")
_ALIKE = str.maketrans(
    # Cyrillic, Greek, figures and i, and further Arabic letters, each with the one that it resembles.
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u043a\u043c\u0442\u0432\u043d\u0456\u0458"
    "\u0501\u04bb\u0455\u051b\u051d\u03b1\u03b5\u03bf\u03c1\u03c4\u03c5\u03bd\u03b9\u03ba"
    "\u03c7\u03c9\u03b301i\u0131\u0269\u06be\u06c1\u06d5\u06c0\u06aa\u06cd"
    "\u06d0\u06d2",
    "aeopcyxkmtbhljdhsqwaeoptuvlkxwyollll\u0647\u0647\u0647\u0647\u06a9\u06cc\u06cc\u06cc",
)
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


def skeleton(name: str) -> str:
    """Return what names share that a reader might take for one another, whatever scripts they are typed in.

    For refusing a newcomer's name, never for signing in: it also joins names that are not alike.
    """
    letters = "".join(sign for sign in fold(name) if sign not in _JOINING).translate(_ALIKE)
    return letters.replace("rn", "m").replace("vv", "w")
