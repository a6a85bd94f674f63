"""How a word typed by a tired person is led back to the word that was printed."""

import unicodedata
from functools import cache

from portal.vault.words import LANGUAGES, word_list

# What NFKD leaves apart although people and keyboards use it for the same Persian or Latin letter.
_ONE_LETTER = str.maketrans(
    {
        "ي": "ی",
        "ى": "ی",
        "ې": "ی",
        "ێ": "ی",
        "ك": "ک",
        "ڪ": "ک",
        "ة": "ه",
        "ە": "ه",
        "ہ": "ه",
        "ھ": "ه",
        "ۃ": "ه",
        "ۆ": "و",
        "ٱ": "ا",
        "ء": None,
        "ـ": None,
        "ı": "i",
        "\N{ZERO WIDTH SPACE}": " ",
    }
)
# Letters that Persian speakers hear as one.
_ONE_SOUND = str.maketrans("ذضظصثطحغ", "زززسستهق")
_SUGGESTIONS = 5
_SHORT = 3

_Forms = tuple[tuple[str, frozenset[str], str], ...]


def fold(text: str) -> str:
    """Fold what keyboards write differently: case, ي/ی, ك/ک, آ/ا, ؤ/و, ئ/ی, ة/ه, marks, ZWNJ, digits."""
    text = unicodedata.normalize("NFKD", text).casefold().translate(_ONE_LETTER)
    kept = (letter for letter in text if unicodedata.category(letter) not in {"Mn", "Cf"})
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in kept)


def sound(folded: str) -> str:
    """Write a folded word by ear: ز ذ ض ظ, س ص ث, ت ط, ه ح, ق غ, ا and ع at the start, خوا and خا are one."""
    heard = folded.translate(_ONE_SOUND).replace("خوا", "خا")
    return "ا" + heard[1:].removeprefix("ا") if heard.startswith("ع") else heard


def index_of(folded: str) -> int | None:
    """Give the index (0 to 2047) of a folded word of either language, spelt right or as it sounds."""
    return _indices().get(sound(folded))


def near(folded: str) -> tuple[str, ...]:
    """Suggest at most five listed words within two slips of a folded one (one slip, if it is very short)."""
    limit = 1 if len(folded) <= _SHORT else 2
    best: dict[str, int] = {}
    for typed, forms in zip((folded, sound(folded)), _forms(), strict=True):
        letters = frozenset(typed)
        for form, form_letters, word in forms:
            # Each slip brings in and drops at most one letter: a cheap test that spares most of the work.
            if len(letters ^ form_letters) <= 2 * limit and abs(len(typed) - len(form)) <= limit:
                best[word] = min(best.get(word, limit + 1), distance(typed, form))
    found = sorted((slips, word) for word, slips in best.items() if slips <= limit)
    return tuple(word for _, word in found[:_SUGGESTIONS])


def distance(left: str, right: str) -> int:
    """Count the slips between two words: a letter added, lost or changed, or two neighbours swapped.

    Damerau 1964, in the restricted form (optimal string alignment).
    """
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(right, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]


@cache
def _indices() -> dict[str, int]:
    return {sound(fold(word)): i for language in LANGUAGES for i, word in enumerate(word_list(language))}


@cache
def _forms() -> tuple[_Forms, _Forms]:
    words = [word for language in LANGUAGES for word in word_list(language)]
    folded = [(fold(word), word) for word in words]
    heard = [(sound(form), word) for form, word in folded]
    return _with_letters(folded), _with_letters(heard)


def _with_letters(pairs: list[tuple[str, str]]) -> _Forms:
    return tuple((form, frozenset(form), word) for form, word in pairs)
