"""How a searched word and a written one are compared: letter for letter, by sound across scripts, nearly.

A *sound* is what is left of a word when vowels go and consonants that sound alike are one: نوری, Noury and
Noori are ``nr``. Words are found by their sounds, or by sounds one letter away, and then looked at closely.
"""

import re
from collections.abc import Iterable, MutableMapping
from enum import IntEnum
from functools import cached_property

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from portal.registry.names import fold, loose

LONGEST = 60
"""Letters of a word that are looked at."""
MOST_WORDS = 8
"""Words of one search."""

_JOINER = "\u200c"
_LETTERS = str.maketrans(
    {
        **dict.fromkeys("ثسص", "s"),
        **dict.fromkeys("ذزضظ", "z"),
        **dict.fromkeys("تط", "t"),
        **dict.fromkeys("حه", "h"),
        **dict.fromkeys("غقکگ", "k"),
        **dict(zip("بپفلمنردخوجژچش", "bpflmnrdxvjjcS", strict=True)),
        "ع": "",
    }
)
_SILENT = str.maketrans("", "", "اعیaeiouy")
_VOICED = str.maketrans({"ا": "a", "ی": "i", "و": "o", "e": "a", "v": "o", "u": "o"})
_LATIN = (
    (re.compile("kh"), "x"),
    (re.compile("tsch|tch|ch"), "C"),
    (re.compile("sch|sh"), "S"),
    (re.compile("zh|dj"), "j"),
    (re.compile("gh|ck|q|g"), "k"),
    (re.compile("ph"), "f"),
    (re.compile("th"), "t"),
    (re.compile("dh"), "d"),
    (re.compile("w"), "v"),
    (re.compile("c(?=[eiy])"), "s"),
    (re.compile("c"), "k"),
    (re.compile("C"), "c"),
)
# Letters that folding leaves alone, and signs that it takes for spaces: most words need no more than this.
_WORD = re.compile("[a-z0-9ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی]+")
_PLAIN = re.compile("[a-z0-9ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی.,;:!?()«»،؛؟-]*")
_DOUBLED = re.compile(r"(\D)\1+")
_LAST_H = re.compile("(?<=.)h$")
_ALPHABET = "bcdfhjklmnprsStvxz"
_SHORTEST_NEAR = 3  # letters of a sound that may be one letter off
_FIRM = 4  # letters of a sound that need no second look across scripts
_ALIKE, _ALMOST = 66, 75  # per cent of letters in common, for shorter sounds and for sounds one letter off
_NEARLY = ((9, 2), (5, 1))  # letters of a word, and how many of them may be wrong
_BEGINS, _ENDING = 4, 3  # letters that a beginning needs, and that may follow it


Memo = MutableMapping[str, tuple[str, ...]]
"""Words as they were written, and folded."""


class Closeness(IntEnum):
    """How a written word answers a searched one; the smaller, the better."""

    SAME = 0
    SOUND = 1
    BEGINS = 2
    NEAR = 3


def words_of(text: str, memo: Memo | None = None) -> set[str]:
    """Return the distinct folded words of a text; words joined without a space count whole and in parts.

    ``memo`` spares folding the same word twice; give it no longer a life than the work.
    """
    memo = {} if memo is None else memo
    found: set[str] = set()
    for token in text.split():
        words = memo.get(token)
        if words is None:
            words = memo[token] = folded(token)
        found.update(words)
    return found


def folded(token: str) -> tuple[str, ...]:
    """Return the folded words of what stands between two spaces."""
    small = token.lower()
    if _PLAIN.fullmatch(small):
        return tuple(word[:LONGEST] for word in _WORD.findall(small))
    words = fold(token).split()
    if _JOINER in token:
        words += fold(token.replace(_JOINER, " ")).split()
    return tuple(word[:LONGEST] for word in words)


def sounds(word: str) -> tuple[str, ...]:
    """Return the sounds of a folded word; و and v may be a vowel, so a word with one has two."""
    key = _collapsed(_consonants(word).translate(_SILENT)) or word
    bare = _collapsed(key.replace("v", ""))
    return (key, bare) if bare and bare != key else (key,)


def _consonants(word: str) -> str:
    for pattern, letter in _LATIN:
        word = pattern.sub(letter, word)
    return word.translate(_LETTERS)


def _collapsed(key: str) -> str:
    return _DOUBLED.sub(r"\1", _LAST_H.sub("", key))


def _one_off(key: str) -> Iterable[str]:
    """Give every sound that is one letter away."""
    for place in range(len(key) + 1):
        before, after = key[:place], key[place:]
        if after:
            yield before + after[1:]
        for letter in _ALPHABET:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]


def _has_digit(word: str) -> bool:
    return not word.isalpha() and any(letter.isdigit() for letter in word)


def _voiced(word: str) -> str:
    """Spell a word so that both scripts can be laid side by side: نوری is nori, and so is Noury."""
    latin = _consonants(loose(word)) if word[0].isascii() else word
    return _collapsed(latin.translate(_VOICED).translate(_LETTERS))


class Wanted:
    """One searched word, folded; it remembers how close each written word was, for one search.

    A ``strict`` one is answered by the same word and by the same sound alone.
    """

    def __init__(self, word: str, *, strict: bool = False) -> None:
        self.word = word[:LONGEST]
        self.strict = strict
        self.sounds = sounds(self.word)
        self._counts = _has_digit(self.word)
        self._known: dict[str, Closeness | None] = {self.word: Closeness.SAME}

    @cached_property
    def near_sounds(self) -> frozenset[str]:
        """The sounds one letter away; none for numbers and very short words."""
        if self.strict or self._counts:
            return frozenset()
        keys = [key for key in self.sounds if len(key) >= _SHORTEST_NEAR]
        return frozenset(off for key in keys for off in _one_off(key)).difference(self.sounds)

    @property
    def begins(self) -> bool:
        """Tell whether words that begin with it are looked for."""
        return len(self.word) >= _BEGINS and not self.strict and not self.word.isdigit()

    def closeness(self, word: str) -> Closeness | None:
        """Return how a written word answers this one, None when it does not."""
        if word not in self._known:
            how = self._compared(word)
            self._known[word] = None if self.strict and how is Closeness.NEAR else how
        return self._known[word]

    @cached_property
    def _loose(self) -> str:
        return loose(self.word)

    @cached_property
    def _spoken(self) -> str:
        return _voiced(self.word)

    def _compared(self, word: str) -> Closeness | None:
        if self.begins and word.startswith(self.word) and len(word) - len(self.word) <= _ENDING:
            return Closeness.BEGINS
        if self._counts or _has_digit(word):
            return None
        if word[0].isascii() is self.word[0].isascii():
            return self._spelt(word)
        return self._across(word)

    def _spelt(self, word: str) -> Closeness | None:
        """Compare within one script, where few letters may be wrong."""
        most = 2 + min(len(self.word), len(word)) // 4  # loose spellings differ by no more
        if Levenshtein.distance(self.word, word, score_cutoff=most) > most:
            return None
        other = loose(word)
        if other == self._loose:
            return Closeness.SOUND
        shorter = min(len(other), len(self._loose))
        allowed = next((wrong for letters, wrong in _NEARLY if shorter >= letters), 0)
        return Closeness.NEAR if 0 < Levenshtein.distance(self._loose, other) <= allowed else None

    def _across(self, word: str) -> Closeness | None:
        """Compare across scripts, where short vowels are not written on one side."""
        common = set(self.sounds).intersection(sounds(word))
        if common and max(map(len, common)) >= _FIRM:
            return Closeness.SOUND
        if not common and max(map(len, self.sounds)) <= _FIRM:
            return None
        alike = fuzz.ratio(self._spoken, _voiced(word))
        if common:
            return Closeness.SOUND if alike >= _ALIKE else None
        return Closeness.NEAR if alike >= _ALMOST else None


def wanted(text: str) -> list[Wanted]:
    """Return the words of a search, each once, as typed; eight at most."""
    return [Wanted(word) for word in dict.fromkeys(fold(text).split())][:MOST_WORDS]


def names_wanted(names: Iterable[str]) -> list[list[Wanted]]:
    """Return the words of each name, to be found as they are or by sound; each word is looked up once."""
    known: dict[str, Wanted] = {}
    found = []
    for name in names:
        words = dict.fromkeys(fold(name).split())
        found.append([known.setdefault(word, Wanted(word, strict=True)) for word in words][:MOST_WORDS])
    return [words for words in found if words]
