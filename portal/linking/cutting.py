"""A story cut into words, each with its place in the text letter for letter, and folded for comparison."""

import re
from enum import IntEnum
from typing import NamedTuple

from portal.registry.names import joined

LONGEST = 40
"""Code points of the longest word that may be part of a name."""

_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8"
    "\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
)
_INVISIBLE = "\u00ad\u061c\u200b\u200d-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_APOSTROPHES = "'’ʼʿʾ`´‘"
_LETTER = r"[^\W_]"
_WORD = re.compile(
    rf"{_LETTER}+(?:[{_MARKS}]+(?:[{_INVISIBLE}]+(?={_LETTER}))?|[{_INVISIBLE}]+(?={_LETTER})"
    rf"|[{_APOSTROPHES}](?!s\b)(?={_LETTER})|{_LETTER}+)*"
)
_BOUND = re.compile(r"[\u200b-\u200f\u00ad\u2060\-\u2010-\u2012]+")
_SPACE = re.compile(
    r"[^\S\n\r\x0b\x0c\x1c-\x1e\u2028\u2029]*(?:\r?\n)?[^\S\n\r\x0b\x0c\x1c-\x1e\u2028\u2029]*"
)
_COMMA = re.compile(r"[,،] ?")
_STOP = re.compile(r"\.[ \u00a0]?")
_ABBREVIATED = 4
"""Letters of the longest word whose full stop may be that of an abbreviation (Mr., Prof.)."""


class Gap(IntEnum):
    """What stands between a word and the one before it."""

    BOUND = 0
    SPACE = 1
    COMMA = 2
    STOP = 3
    BREAK = 4


class Word(NamedTuple):
    """A word: its place in the text, its folded letters, and what is before it.

    ``folded`` is empty for what is too long to be part of a name.
    """

    start: int
    end: int
    folded: str
    gap: Gap
    persian: bool
    capital: bool
    first: bool
    """Whether a sentence begins with it, which makes a capital of any word."""


def _plain_letters() -> dict[int, str | None]:
    """Give what letters become that fold one by one, so that most words need no closer look."""
    plain: dict[int, str | None] = {}
    for code in (*range(0x30, 0x7B), *range(0xC0, 0x180), *range(0x621, 0x64B), *range(0x660, 0x66A),
                 *range(0x671, 0x6D4), *range(0x6EE, 0x6FD)):  # fmt: skip
        if chr(code).isalnum():
            plain[code] = joined(chr(code))
    return plain | dict.fromkeys((*range(0x64B, 0x653), *_codes(_APOSTROPHES)))


def _codes(letters: str) -> list[int]:
    return [ord(letter) for letter in letters]


_PLAIN = _plain_letters()
_PLAIN_WORD = re.compile("[" + "".join(map(re.escape, map(chr, _PLAIN))) + "]+")
_ENDS_SENTENCE = frozenset('.!?؟۔…:؛«»“”"')


def folded(word: str) -> str:
    """Return a word as `registry.names.joined` folds it, quickly where it is of common letters."""
    if _PLAIN_WORD.fullmatch(word):
        return word.translate(_PLAIN)
    return joined(word)


def cut(text: str) -> list[Word]:
    """Return the words of a text in order; the time grows with its length alone, whatever it is."""
    known: dict[str, str] = {}
    words: list[Word] = []
    before = 0
    for found in _WORD.finditer(text):
        start, end = found.span()
        written = found[0]
        if written not in known:
            known[written] = folded(written) if len(written) <= LONGEST else ""
        between = text[before : min(start, before + LONGEST)]
        spaced = between == " " and bool(words)
        gap = Gap.SPACE if spaced else _gap(text, before, start, words)
        first = not spaced and (not words or not _ENDS_SENTENCE.isdisjoint(between))
        letter = written[0]
        persian = "\u0600" <= letter <= "\u08ff" or letter >= "\ufb50"
        words.append(Word(start, end, known[written], gap, persian, letter.isupper(), first))
        before = end
    return words


def _gap(text: str, before: int, start: int, words: list[Word]) -> Gap:
    if not words or start - before > LONGEST:
        return Gap.BREAK
    if _BOUND.fullmatch(text, before, start):
        return Gap.BOUND
    if _SPACE.fullmatch(text, before, start):
        return Gap.SPACE
    if _COMMA.fullmatch(text, before, start):
        return Gap.COMMA
    short = words[-1].end - words[-1].start <= _ABBREVIATED
    return Gap.STOP if short and _STOP.fullmatch(text, before, start) else Gap.BREAK
