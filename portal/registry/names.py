"""Search keys for names in Persian, Arabic and Latin script: one man, many spellings, and all must find him.

Nothing here changes a name that is shown; these functions only compute keys beside the verbatim text.
"""

import re
import unicodedata
from typing import NamedTuple

_APOSTROPHES = dict.fromkeys(map(ord, "'`´’‘‛ʹʺʻʼʽʾʿˈ′‵＇ءٴ"))
_SOUNDS = str.maketrans(
    {"š": "sh", "č": "ch", "ç": "ch", "ž": "zh", "ğ": "gh", "ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae"}
)
_LETTERS = str.maketrans(
    {
        **dict.fromkeys("يىېێےۍ", "ی"),
        **dict.fromkeys("كڪ", "ک"),
        **dict.fromkeys("ةۃھہەۀ", "ه"),
        **dict.fromkeys("أإآٱٲٳ", "ا"),
        **dict.fromkeys("ؤۆۇۋ", "و"),
        "ڕ": "ر",
        "ڵ": "ل",
    }
)
_ALPHABET = {ord(letter): 0x0621 + place for place, letter in enumerate("ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی")}
# Spellings that clerks, newspapers and families swap freely; the order matters.
_LATIN_SWAPS = (
    (re.compile("zh|dj|dzh"), "j"),
    (re.compile("tch|tsch"), "ch"),
    (re.compile("sch"), "sh"),
    (re.compile("gh"), "q"),
    (re.compile("dh"), "d"),
    (re.compile("w"), "v"),
    (re.compile("ou|oo|u"), "o"),
    (re.compile("ee|ei|ie|iy|ey|y"), "i"),
)
_LATIN = re.compile("[a-z]")
_DOUBLED = re.compile(r"(\D)\1+")
# Nothing of these is changed by folding; most of what is asked is made of them alone.
_FOLDED = re.compile("[ ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیa-z0-9]*")

_TITLES = """
    سید سیده آقا آقای خانم حاج حاجی حاجیه حاج‌آقا دکتر مهندس استاد شیخ شهید امام ملا قاضی سرهنگ سردار
    آیت‌الله آیت‌الله‌العظمی حجت‌الاسلام حجت‌الاسلام‌والمسلمین
    Seyyed Seyed Sayyed Sayed Sayyid Seyyid Syed Sayid Seyyedeh Agha Aghaye Aqa Aqaye Khanom Khanum
    Haj Hajj Haji Hajji Hadj Hadji Hajagha Hajiagha Dr Doctor Mr Mrs Ms Prof Mohandes Ostad Sheikh Shaikh
    Shahid Imam Emam Mullah Molla Mollah Colonel Ayatollah Ayatullah Ayatollahalozma Grandayatollah
    Hojatoleslam Hojjatoleslam Hojatolislam Hojjatolislam Hojatalislam Hojjatalislam Hujjatulislam
    Hujjatalislam Hojjatoleslamvalmoslemin Hojjatollislam
"""
_LONGEST_TITLE = 4
_GLUED_TITLE = "سید"
_GLUED_REST = 3


class Titled(NamedTuple):
    """A name taken apart: its leading titles and the rest, both letter for letter as written."""

    titles: tuple[str, ...]
    rest: str


def fold(text: str) -> str:
    """Give the search key of a text: words of plain letters and digits parted by single spaces.

    Letters that look alike are one (ي ى ی, ك ک, ة ه, أ إ آ ا), hamza, vowel signs, joiners and marks of
    direction are dropped, digits are 0-9, Latin letters are small and bare. `fold(fold(x)) == fold(x)`.
    """
    while not _FOLDED.fullmatch(text):
        folded = _fold_once(text)
        if folded == text:
            return text
        text = folded
    return " ".join(text.split())


def _fold_once(text: str) -> str:
    small = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold().translate(_SOUNDS)
    bare = unicodedata.normalize("NFKD", small).translate(_APOSTROPHES)
    return " ".join(bare.translate(_BARE).translate(_LETTERS).split())


class _Bare(dict[int, str]):
    """What each letter becomes, reckoned when it is first met; there are only so many letters."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = _plain(chr(code))
        return plain


_BARE = _Bare()


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Mc", "Cf", "Lm", "Sk"}:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return character if category[0] in "LN" else " "


def joined(text: str) -> str:
    """Give the folded text without its spaces, so that Adel Abad is Adelabad and عبد الله is عبدالله."""
    return fold(text).replace(" ", "")


def sorting(text: str) -> str:
    """Give a key that sorts Persian words as a Persian dictionary does; code points put ک and ی after ه."""
    return joined(text).translate(_ALPHABET)


def loose(text: str) -> str:
    """Give the joined key with interchangeable spellings made one (Nezhad Nejad, Noury Noori, الله اله)."""
    return _loosened(joined(text))


def _loosened(key: str) -> str:
    if _LATIN.search(key):
        for pattern, letter in _LATIN_SWAPS:
            key = pattern.sub(letter, key)
    return _DOUBLED.sub(r"\1", key)


def split_titles(text: str) -> Titled:
    """Set leading titles apart (سید, Haj, آیت‌الله, Hojjat ol-Eslam ...); a lone title is the name."""
    words = text.split()
    titles: list[str] = []
    while words and (length := _title_at(words)):
        titles.append(" ".join(words[:length]))
        words = words[length:]
    return Titled(tuple(titles), " ".join(words))


def _title_at(words: list[str]) -> int:
    """Say how many leading words make a title, leaving at least one word for the name."""
    for length in range(min(_LONGEST_TITLE, len(words) - 1), 0, -1):
        if joined(" ".join(words[:length])) in _TITLE_KEYS:
            return length
    return 0


def is_title(key: str) -> bool:
    """Tell whether a folded, joined text is a title and nothing else."""
    return key in _TITLE_KEYS


_TITLE_KEYS = frozenset(map(joined, _TITLES.split()))


def wholes(text: str, *, titled: bool = True) -> tuple[str, ...]:
    """Give the keys of the name as a whole: with its titles, without them, and with a glued سید cut off.

    `titled=False` for places, whose first word may look like a title (حاجی آباد).
    """
    keys = {loose(text): None}
    if titled:
        rest = split_titles(text).rest
        keys[loose(rest)] = None
        plain = joined(rest)
        if plain.startswith(_GLUED_TITLE) and len(plain) >= len(_GLUED_TITLE) + _GLUED_REST:
            keys[loose(plain.removeprefix(_GLUED_TITLE))] = None
    return tuple(key for key in keys if key)


def forms(text: str, *, titled: bool = True) -> tuple[str, ...]:
    """Give every key under which a name is indexed: its wholes, then the name from each later word on.

    A search is then "some key begins with the query's key": by given name, family name or a compound.
    """
    rest = split_titles(text).rest if titled else text
    words = fold(rest).split()
    keys = dict.fromkeys(wholes(text, titled=titled))
    keys.update(dict.fromkeys(_loosened("".join(words[start:])) for start in range(1, len(words))))
    return tuple(key for key in keys if key)


class _Scripts(dict[str, str]):
    """The first word of each letter's name in Unicode, looked up when first met; "" for what is none."""

    def __missing__(self, letter: str) -> str:
        self[letter] = named = unicodedata.name(letter, "").partition(" ")[0] if letter.isalpha() else ""
        return named


_SCRIPTS = _Scripts()


def matches(one: str, other: str, *, titled: bool = True) -> bool:
    """Say whether two spellings are the same name as a whole, titles and spacing aside."""
    return not set(wholes(one, titled=titled)).isdisjoint(wholes(other, titled=titled))


def script_of(text: str) -> str:
    """Give the ISO 15924 code of the script most letters are in: Arab, Latn, or Zyyy for neither."""
    scripts = [_SCRIPTS[letter] for letter in text]
    arabic, latin = scripts.count("ARABIC"), scripts.count("LATIN")
    if not arabic and not latin:
        return "Zyyy"
    return "Arab" if arabic >= latin else "Latn"
