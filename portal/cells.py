"""Cells of tables that no spreadsheet runs: the guard before a formula, and how it is taken off again.

The guard, and how to take it off again (`unguarded`): a text cell gets one apostrophe before its first
character if that is a formula sign, a quote, an apostrophe, a blank or an invisible character; and one after
each separator inside it (`,` `;` `|` tab, line end) that only blanks, quotes and apostrophes part from a
formula sign, since a program that splits at another separator than ours would begin a cell there. Numbers are
left as they are.
"""

import re
import unicodedata

PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_SEPARATORS = frozenset(",;|\t\r\n")
_FORMULA = frozenset("=+-@|\u2212")
_QUOTES = frozenset("\"'")


def guarded(text: str) -> str:
    """Return the cell so that no spreadsheet takes it, or a part of it, for a formula."""
    if PLAIN_NUMBER.fullmatch(text):
        return text
    runs = _runs(text)
    opened = [
        "'" + letter if place and text[place - 1] in _SEPARATORS and runs[place] else letter
        for place, letter in enumerate(text)
    ]
    return ("'" if text and _unsafe_first(text[0]) else "") + "".join(opened)


def unguarded(cell: str) -> str:
    """Take the guard off: the exact inverse of `guarded`."""
    first = cell[:1] == "'" and len(cell) > 1 and _unsafe_first(cell[1])
    text = cell[1:] if first else cell
    runs = _runs(text)
    return "".join(
        letter
        for place, letter in enumerate(text)
        if not (letter == "'" and place and text[place - 1] in _SEPARATORS and runs[place + 1])
    )


def written(text: str) -> str:
    """Write a cell of RFC 4180: a number bare, all else guarded and in quotes."""
    if PLAIN_NUMBER.fullmatch(text):
        return text
    return '"' + guarded(text).replace('"', '""') + '"'


def _unsafe_first(letter: str) -> bool:
    """Tell formula signs in any width, quotes, and all that is blank or not seen."""
    return _is_formula(letter) or letter in _QUOTES or _is_blank(letter)


def _is_formula(letter: str) -> bool:
    """Compatibility forms such as ＝ count as what they stand for: spreadsheets of East Asia run them."""
    return unicodedata.normalize("NFKC", letter)[:1] in _FORMULA or letter in _FORMULA


def _is_blank(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "CZ"


def _runs(text: str) -> list[bool]:
    """Tell for each place, and the end, whether a cell begun there would be a formula; blanks count not."""
    runs = [False] * (len(text) + 1)
    for place in range(len(text) - 1, -1, -1):
        letter = text[place]
        passed = letter in _QUOTES or _is_blank(letter)
        runs[place] = _is_formula(letter) or (passed and runs[place + 1])
    return runs
