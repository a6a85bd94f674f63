"""What a passphrase of one's own must be: long, and not one that anybody would try first.

After NIST SP 800-63B-4, section 3.1.1.2: at least 15 characters, no rules of composition, and a list of what
is common, taken apart so that two common words and a year do not pass for a passphrase.
"""

import re
from functools import cache
from pathlib import Path

from portal.errors import InvalidError
from portal.vault.passphrase import normalise

SHORTEST = 15
"""Characters, after NFKC."""
_FEWEST_KINDS = 6
_FEWEST_PARTS = 4
_LONGEST_WORD = 32
_LONGEST_LOOKED_AT = 64
_SHORTEST_RUN = 3
_LIST = Path(__file__).with_name("common_passphrases.txt")
_OURS = ("notebook", "testimony", "testimonyportal", "portal", "دفتر", "شهادت", "سامانه", "گواهی")
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "ضصثقفغعهخحجچشسیبلاتنمکگظطزرذدپو",
    "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی",
    "ابجدهوزحطیکلمنسعفصقرشتثخذضظغ",
)
_SIGNS, _FIGURES = str.maketrans("@$", "as"), str.maketrans("013457", "oleast")
"""Signs and figures that stand for the letters they resemble."""


def check(passphrase: str, *, name: str) -> None:
    """Raise `InvalidError`, saying what to do, for a passphrase that is short or easily guessed."""
    text = normalise(passphrase).decode("utf-8", "surrogatepass")
    if len(text) < SHORTEST:
        raise InvalidError(
            "Your own passphrase needs at least 15 characters. "
            "Five words that have nothing to do with each other are easy to remember."
        )
    plain = _plain(text)
    if len(set(plain)) < _FEWEST_KINDS or _unit(plain) != plain:
        raise InvalidError("This repeats itself. Take five words that have nothing to do with each other.")
    ours = {_plain(normalise(one).decode()) for one in (*_OURS, name, *name.split())}
    if any(_few_parts(one, ours) for one in {plain, _plain(text.translate(_SIGNS))}):
        raise InvalidError(
            "This is made of what is tried first: common words, names, rows of keys, years. "
            "Add words that nobody would expect here."
        )


def _plain(text: str) -> str:
    """Return letters and figures only, in lower case."""
    return re.sub(r"[\W_]+", "", text.casefold())


def _unit(text: str) -> str:
    """Return what is repeated, or the text itself."""
    again = (text + text).find(text, 1)
    return text[:again] if again > 0 else text


def _few_parts(text: str, ours: set[str]) -> bool:
    """Tell whether fewer than four common parts make up the whole, figures aside (a shortest path)."""
    if len(text) > _LONGEST_LOOKED_AT:
        return False
    fewest = [0] + [_FEWEST_PARTS] * len(text)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - _LONGEST_WORD), end):
            part = text[start:end]
            length = fewest[start] + (not part.isdecimal())
            if length < fewest[end] and (part.isdecimal() or _is_common(part, ours)):
                fewest[end] = length
    return fewest[-1] < _FEWEST_PARTS


def _is_common(part: str, ours: set[str]) -> bool:
    if len(set(part)) == 1 or any(
        one in ours or one in _common() for one in (part, part.translate(_FIGURES))
    ):
        return True
    return len(part) >= _SHORTEST_RUN and any(part in row or part in row[::-1] for row in _ROWS)


@cache
def _common() -> frozenset[str]:
    """Return the bundled list: one word to a line, as `_plain` leaves it; lines with # explain."""
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
