"""Cut a text into the words, numbers and marks that dates are made of, with their places in the original."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum, auto
from typing import Any, NamedTuple

from portal.dates import words
from portal.dates.calendars import Calendar


class Is(StrEnum):
    """What a symbol may be; one word may be several."""

    MONTH = auto()
    SEASON = auto()
    WEEKDAY = auto()
    FEAST = auto()
    DECADE = auto()
    PORTION = auto()
    RELATIVE = auto()
    BURJ = auto()
    ERA = auto()
    UNIT = auto()
    DIGITS = auto()
    TRIPLE = auto()
    PAIR = auto()
    CARDINAL = auto()
    ORDINAL = auto()
    ENDING = auto()
    DECADE_ENDING = auto()
    APOSTROPHE = auto()
    MARK = auto()
    VAGUE = auto()
    BEFORE = auto()
    AFTER = auto()
    LATER = auto()
    EARLIER = auto()
    SINCE = auto()
    UNTIL = auto()
    BY = auto()
    NOT_BEFORE = auto()
    ONWARD = auto()
    TO = auto()
    BETWEEN = auto()
    AND = auto()
    OR = auto()
    APPROXIMATE = auto()
    PERHAPS = auto()
    FILLER = auto()
    DAYPART = auto()
    COUNTED = auto()
    THING = auto()
    LABEL = auto()
    BORN = auto()
    EQUALS = auto()
    NEXT_DAY = auto()


class Month(NamedTuple):
    """A month by its name; ``loose`` ones are also other words, ``weak`` ones everyday words."""

    calendar: Calendar
    number: int
    loose: bool
    weak: bool


class Number(NamedTuple):
    """A word of a number: its value and rank (1 ones, 10 tens, 100 hundreds, 1000)."""

    value: int
    rank: int


Meaning = Mapping[Is, Any]


class Symbol(NamedTuple):
    """A word, phrase, number or mark: what it may mean, folded text, place in the original, script.

    ``glued`` says that it follows the one before it without a gap.
    """

    means: Meaning
    text: str
    start: int
    end: int
    persian: bool
    glued: bool


_DROPPED = "\x01"
_LATIN_LETTERS = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
_SINGLE = {"ß": "s", "æ": "a", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ʿ": "'", "ʾ": "'", "ʼ": "'", "ʹ": "'"}
_LIKE = {
    "یيىئېێےۍ": "ی",
    "کكڪ": "ک",
    "هةۃھہەۀ": "ه",
    "اأإآٱ": "ا",
    "وؤۆۇۋ": "و",
    "ڕ": "ر",
    "ڵ": "ل",
    "’‘‛`´′‵": "'",
    "–—‒―−‐‑": "-",
    "؍⁄∕": "/",
    "،、": ",",
    "؟": "?",
    "۔٫": ".",
    "\u200c\u00a0\u2009\u200a\u202f\u2002\u2003\u3000\t_": " ",
}
_MARKS_OF_NO_WIDTH = (
    *range(0x300, 0x370),
    *range(0x610, 0x61B),
    *range(0x64B, 0x660),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *(0xAD, 0x61C, 0x621, 0x640, 0x654, 0x655, 0x670, 0x200B, 0x200D, 0x200E, 0x200F, 0xFEFF, 0xFE0F),
)


def _folding() -> dict[int, str]:
    table = {code: chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
    for code in _LATIN_LETTERS:
        base = unicodedata.normalize("NFKD", chr(code))[0].lower()
        if base.isascii() and base.isalpha():
            table[code] = base
    for alike, letter in (*_LIKE.items(), *_SINGLE.items()):
        table.update(dict.fromkeys(map(ord, alike), letter))
    for zero in (0x660, 0x6F0):
        table.update({zero + value: str(value) for value in range(10)})
    table.update(dict.fromkeys(_MARKS_OF_NO_WIDTH, _DROPPED))
    return table


_FOLDING = _folding()
_UNFOLDED = re.compile("[\u2460-\u24ff\ufb50-\ufdff\ufe70-\ufefe\uff01-\uffdc\U0001d400-\U0001d7ff]")
_TOKEN = re.compile(
    r"(?P<triple>\d{1,4}(?: ?/ ?\d{1,2} ?/ ?|(?P<between>[.-])\d{1,2}(?P=between))\d{1,4}(?!\d)"
    r"|\d{1,2}/\d{1,2} (?:1[2-9]|20)\d\d(?!\d))"
    r"|(?P<pair>(?:1[2-9]|2[01])\d\d(?:[-/](?:0[1-9]|1[0-2])|/[1-9])(?!\d|[-/]\d)"
    r"|(?:3[2-9]|[4-9]\d)/(?:0?[1-9]|1[0-2])(?!\d|/\d)"
    r"|(?:0?[1-9]|1[0-2])(?:[/.](?:1[2-9]|20)\d\d|/(?:3[2-9]|[4-9]\d))(?!\d|[-/]\d))"
    r"|(?P<digits>\d+)|(?P<word>[a-z]+(?:'[a-z]+)*|[\u0621-\u06d3\u06ee-\u06ff]+)|(?P<mark>\n\s*\n|\S)"
)


def fold(text: str) -> tuple[str, list[int] | None]:
    """Fold letters, digits and marks one by one; also where each folded character stood, if not in place."""
    places: list[int] | None = None
    if _UNFOLDED.search(text):
        wide = [unicodedata.normalize("NFKC", character) for character in text]
        places = [place for place, part in enumerate(wide) for _ in part]
        text = "".join(wide)
    folded = text.translate(_FOLDING)
    if _DROPPED in folded:
        kept = [place for place, character in enumerate(folded) if character != _DROPPED]
        places = kept if places is None else [places[place] for place in kept]
        folded = folded.replace(_DROPPED, "")
    return folded, places


def _tokens(phrase: str) -> tuple[str, ...]:
    folded = fold(phrase)[0]
    return tuple(found[0].replace("'", "") for found in _TOKEN.finditer(folded))


class _Lexicon:
    """Words and phrases with their meanings."""

    def __init__(self) -> None:
        self.words: dict[str, dict[Is, Any]] = {}
        self.phrases: dict[str, list[tuple[tuple[str, ...], dict[Is, Any]]]] = {}
        self.likely: dict[str, Month] = {}

    def add(self, kind: Is, listed: str, value: Any = None) -> None:
        """Add each spelling of a blank-parted list."""
        for spelling in listed.split():
            first, *rest = _tokens(spelling)
            if not rest:
                self.words.setdefault(first, {}).setdefault(kind, value)
                continue
            known = self.phrases.setdefault(first, [])
            meaning = next((means for others, means in known if others == tuple(rest)), None)
            if meaning is None:
                known.append((tuple(rest), meaning := {}))
                known.sort(key=lambda one: -len(one[0]))
            meaning.setdefault(kind, value)


def _sounded(word: str) -> str:
    """Give the key under which Latin spellings of a month meet: Shahriwar, Shahrivar; Khordaad, Khordad."""
    plain = word.replace("w", "v").replace("ou", "o").replace("oo", "o").replace("u", "o").replace("ee", "i")
    plain = plain.replace("y", "i").replace("sch", "sh").replace("aa", "a").replace("sharivar", "shahrivar")
    return re.sub(r"(.)\1", r"\1", plain)


_SHORTEST_SOUNDED = 6
_AND = "و"
_KURDISH = frozenset("ەێڵڕۆ")


def _add_months(lexicon: _Lexicon) -> None:
    loose = {_tokens(word) for word in words.ALSO_NAMES.split()}
    weak = {_tokens(word) for word in words.WEAK.split()}
    for calendar, months in words.MONTHS.items():
        for number, spellings in enumerate(months, 1):
            for spelling in spellings.split():
                tokens = _tokens(spelling)
                month = Month(calendar, number, tokens in loose, tokens in weak)
                lexicon.add(Is.MONTH, spelling, month)
                sure = month._replace(loose=False, weak=False)
                if not spelling.isascii() and calendar is Calendar.SOLAR:
                    lexicon.add(Is.MONTH, f"{spelling}ماه", sure)
                    lexicon.add(Is.MONTH, f"{spelling}_ماه", sure)
                if not _KURDISH.isdisjoint(spelling):
                    lexicon.add(Is.MONTH, f"{spelling}ی", sure)
                if calendar is Calendar.SOLAR and len(tokens[0]) >= _SHORTEST_SOUNDED and spelling.isascii():
                    lexicon.likely[_sounded(tokens[0])] = sure


def _add_numbers(lexicon: _Lexicon) -> None:
    for value, spellings in enumerate(words.ONES, 1):
        lexicon.add(Is.CARDINAL, spellings, Number(value, 1))
    for place, spellings in enumerate(words.TENS, 2):
        lexicon.add(Is.CARDINAL, spellings, Number(place * 10, 10))
    for place, spelling in enumerate(words.HUNDREDS.split(), 1):
        lexicon.add(Is.CARDINAL, spelling, Number(place * 100, 100))
    lexicon.add(Is.CARDINAL, words.HUNDRED, Number(100, 100))
    lexicon.add(Is.CARDINAL, words.THOUSAND, Number(1000, 1000))
    for value, spellings in enumerate(words.ORDINALS, 1):
        lexicon.add(Is.ORDINAL, spellings, Number(value, 1))
    for place, spellings in enumerate(words.TENTHS, 2):
        lexicon.add(Is.ORDINAL, spellings, Number(place * 10, 10))
    for tens, ten in enumerate(("tjugo", "trettio"), 2):
        for value in range(1, 10):
            _add_swedish(lexicon, ten, tens * 10, value)


def _add_swedish(lexicon: _Lexicon, ten: str, tens: int, value: int) -> None:
    one, ordinal = words.ONES[value - 1].split()[-1], words.ORDINALS[value - 1].split()[-1]
    lexicon.add(Is.CARDINAL, ten + one, Number(tens + value, 1))
    lexicon.add(Is.ORDINAL, ten + ordinal, Number(tens + value, 1))


def _add_tables(lexicon: _Lexicon) -> None:
    for style, seasons in words.SEASONS.items():
        for number, spellings in enumerate(seasons, 1):
            lexicon.add(Is.SEASON, spellings, (style, number))
    for weekday, spellings in enumerate(words.WEEKDAYS):
        lexicon.add(Is.WEEKDAY, spellings, weekday)
    for portion, spellings in words.PORTIONS.items():
        lexicon.add(Is.PORTION, spellings, portion)
    for unit, spellings in words.UNITS.items():
        lexicon.add(Is.UNIT, spellings, unit)
    for relative, spellings in words.RELATIVE.items():
        lexicon.add(Is.RELATIVE, spellings, relative)
    for counts, spellings in words.VAGUE.items():
        lexicon.add(Is.VAGUE, spellings, counts)
    for calendar, spellings in words.ERAS.items():
        lexicon.add(Is.ERA, spellings, calendar)
    for calendar, first, last, spellings in words.FEASTS:
        lexicon.add(Is.FEAST, spellings, (calendar, first, last))


def _built() -> _Lexicon:
    lexicon = _Lexicon()
    _add_months(lexicon)
    _add_tables(lexicon)
    _add_numbers(lexicon)
    plain: Iterable[tuple[Is, str]] = (
        (Is.DECADE, words.DECADES),
        (Is.DECADE_ENDING, words.DECADE_ENDINGS),
        (Is.BURJ, words.BURJ),
        (Is.ENDING, words.ORDINAL_ENDINGS),
        (Is.BEFORE, words.BEFORE),
        (Is.AFTER, words.AFTER),
        (Is.LATER, words.LATER),
        (Is.EARLIER, words.EARLIER),
        (Is.SINCE, words.SINCE),
        (Is.UNTIL, words.UNTIL),
        (Is.BY, words.BY),
        (Is.NOT_BEFORE, words.NOT_BEFORE),
        (Is.ONWARD, words.ONWARD),
        (Is.TO, words.TO),
        (Is.BETWEEN, words.BETWEEN),
        (Is.AND, words.AND),
        (Is.OR, words.OR),
        (Is.APPROXIMATE, words.APPROXIMATE),
        (Is.PERHAPS, words.PERHAPS),
        (Is.FILLER, words.FILLERS),
        (Is.DAYPART, words.DAYPARTS),
        (Is.COUNTED, words.COUNTED),
        (Is.THING, words.THINGS),
        (Is.LABEL, words.LABELS),
        (Is.BORN, words.BORN),
        (Is.EQUALS, words.EQUALS),
        (Is.NEXT_DAY, words.NEXT_DAY),
    )
    for kind, spellings in plain:
        lexicon.add(kind, spellings)
    lexicon.words["'"] = {Is.APOSTROPHE: None}
    return lexicon


_LEXICON = _built()
_WORDS, _PHRASES, _LIKELY = _LEXICON.words, _LEXICON.phrases, _LEXICON.likely
_NOTHING: Meaning = {}
_GROUPS: Mapping[str, Meaning] = {
    "triple": {Is.TRIPLE: None},
    "pair": {Is.PAIR: None},
    "digits": {Is.DIGITS: None},
}
_MARK: Meaning = {Is.MARK: None}


def lex(text: str) -> list[Symbol]:
    """Cut a text into symbols, longest phrase first; time grows with the length of the text."""
    folded, places = fold(text)
    found = list(_TOKEN.finditer(folded))
    symbols: list[Symbol] = []
    at, count = 0, len(found)
    while at < count:
        token = found[at]
        means: Meaning
        means, length = _meaning(found, at, token)
        start, stop = token.start(), found[at + length - 1].end()
        glued = at > 0 and found[at - 1].end() == start
        if places is not None:
            start, stop = places[start], places[stop - 1] + 1
        persian = text[start] > "\u05ff"
        if not means and persian and (number := _after_and(token[0])):
            symbols.append(Symbol(_WORDS[_AND], _AND, start, start + 1, persian, glued))
            means, start, glued = number, start + 1, True
        symbols.append(Symbol(means, token[0], start, stop, persian, glued))
        at += length
    return symbols


def _after_and(text: str) -> Meaning:
    """Say what the number means that an "and" was written onto: شصت وهفت."""
    rest = _WORDS.get(text[1:], _NOTHING) if text.startswith(_AND) else _NOTHING
    return rest if Is.CARDINAL in rest or Is.ORDINAL in rest else _NOTHING


def _meaning(found: list[re.Match[str]], at: int, token: re.Match[str]) -> tuple[Meaning, int]:
    group = token.lastgroup or ""
    if group in _GROUPS:
        return _GROUPS[group], 1
    text = token[0]
    if "'" in text and len(text) > 1:
        text = text.replace("'", "")
    if text in _PHRASES:
        for rest, phrase in _PHRASES[text]:
            if length := _phrase(found, at + 1, rest):
                return phrase, length + 1
    means: Meaning = _WORDS.get(text) or _NOTHING
    if means or group == "mark":
        return means or _MARK, 1
    month = _LIKELY.get(_sounded(text)) if len(text) >= _SHORTEST_SOUNDED else None
    return (_NOTHING if month is None else {Is.MONTH: month}), 1


def _phrase(found: list[re.Match[str]], at: int, rest: tuple[str, ...]) -> int:
    """Count the tokens that the rest of a phrase takes here, 0 if it does not stand here."""
    begun = at
    for word in rest:
        if at < len(found) and found[at][0] == "-" and word != "-":
            at += 1
        if at >= len(found) or found[at][0].replace("'", "") != word:
            return 0
        at += 1
    return at - begun
