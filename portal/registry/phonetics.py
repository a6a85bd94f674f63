"""One phonetic form for names in Persian and in Latin letters, and what it costs to turn one into another.

A form is a string of signs. Consonants are the same for both scripts; long vowels of Persian and all vowels
of Latin have signs of their own, because each may stand for several of the other. Nothing here is shown.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from portal.registry.names import fold

CONSONANTS = "bptjChxdzZrsSqfkglmn"
"""C = ch, S = sh, x = kh, q = gh, Z = zh."""
WEAK = "wvyYAE1cHLJaeoiuUIQ"
"""w و, v Latin v, y ی, J final ی, A ا, 1 weak alef, c ayn, E final ه, H Latin final h, L the l of al-Din;
then Latin vowels (U for ou and oo, I for ee) and Q for c."""
SIGNS = CONSONANTS + WEAK
LONGEST = 20
"""Signs of a form that are looked at; longer words are cut."""

_PERSIAN = str.maketrans(
    dict(zip("ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی", "AbptsjChxdzrzZsSsztzcqfqkglmnwhy", strict=True))
    | {"ق": "q", "غ": "q"}
)
_LATIN = (
    ("tsch", "C"), ("tch", "C"), ("dzh", "j"), ("sch", "S"),
    ("ch", "C"), ("sh", "S"), ("kh", "x"), ("gh", "q"), ("zh", "Z"), ("dj", "j"), ("ph", "f"), ("ck", "k"),
    ("oo", "U"), ("ou", "U"), ("ee", "I"), ("aa", "a"),
    ("c", "Q"), ("w", "v"), ("y", "Y"),
)  # fmt: skip
_LATIN_PATTERN = re.compile("|".join(written for written, _ in _LATIN))
_LATIN_SIGN = dict(_LATIN)
_DOUBLED = re.compile(r"(.)\1+")
_FINAL_H = re.compile(r"(?<=[aeoiuUI])h$")
_DIN = re.compile(r"(?<=.)ال(?=دین)")
_BOUND_ALEF = re.compile(r"(?<=عبد)ا(?=ل)|(?<=ابو)ا(?=ل)|(?<=.)ا(?=ل?له$)")
_SILENT_W = re.compile(r"خوا")
_KEPT = frozenset(SIGNS) | frozenset("0123456789")

_DROP: Mapping[str, float] = (
    dict.fromkeys(CONSONANTS, 0.95)
    | dict.fromkeys("aeo", 0.1)
    | {"i": 0.22, "u": 0.15, "U": 0.4, "I": 0.4, "Y": 0.45, "v": 0.9, "Q": 0.95}
    | {"w": 0.5, "y": 0.5, "J": 0.45, "A": 0.4, "1": 0.15, "c": 0.08, "E": 0.25, "H": 0.15, "L": 0.2}
)
"""What a sign costs that the other spelling does not have."""

_LIKE: Mapping[str, float] = {
    # Vowels of Latin against letters of Persian.
    "aA": 0, "eA": 0.4, "oA": 0.35, "uA": 0.5, "iA": 0.6, "UA": 0.6,
    "a1": 0, "e1": 0, "o1": 0, "i1": 0.05, "u1": 0, "U1": 0.1, "I1": 0.1, "A1": 0.1, "y1": 0.5, "w1": 0.5,
    "ac": 0.02, "ec": 0.02, "oc": 0.02, "ic": 0.05, "uc": 0.05, "Ac": 0.1, "1c": 0.1,
    "iy": 0, "Iy": 0, "Yy": 0, "ey": 0.3, "ay": 0.5, "iJ": 0, "IJ": 0, "YJ": 0, "yJ": 0,
    "aJ": 0.15, "AJ": 0.15, "eJ": 0.2, "EJ": 0.25, "HJ": 0.3,
    "Uw": 0, "uw": 0, "vw": 0, "ow": 0.12, "aw": 0.6, "Aw": 0.9,
    "eE": 0, "aE": 0.05, "HE": 0.05, "hE": 0.2, "AE": 0.2, "iE": 0.2, "Hh": 0, "HA": 0.5,
    # Vowels of Latin among themselves.
    "ae": 0.1, "ao": 0.15, "ai": 0.25, "au": 0.2, "eo": 0.15, "ei": 0.1, "eI": 0.2, "ou": 0.05, "oU": 0.12,
    "uU": 0.05, "iI": 0.03, "iY": 0.05, "IY": 0.1, "aU": 0.4, "aI": 0.4, "oi": 0.3, "eu": 0.2, "eY": 0.3,
    "vu": 0.3, "vU": 0.3, "vo": 0.4, "ve": 0.8,
    # Consonants that are heard, typed or taken for one another.
    "qg": 0.25, "qk": 0.3, "xk": 0.35, "xh": 0.35, "xq": 0.35, "gk": 0.4, "gj": 0.5, "zs": 0.35, "bp": 0.35,
    "td": 0.4, "dz": 0.5, "jZ": 0.08, "jC": 0.45, "Zz": 0.4, "jz": 0.6, "sS": 0.45, "CS": 0.3, "vf": 0.45,
    "wf": 0.6, "vb": 0.5, "wb": 0.6, "mn": 0.6, "lL": 0, "Qk": 0, "Qs": 0.2, "Qj": 0.3, "QC": 0.3, "Qq": 0.3,
    "jY": 0.5, "jy": 0.5, "rl": 0.8, "hc": 0.6, "qc": 0.8,
}  # fmt: skip
_OTHER = 1.2

_KEY_OF = {sign: sign for sign in CONSONANTS} | dict.fromkeys("qgxkQ", "k") | {"Z": "j"}
_KEY_SIGNS = sorted(set(_KEY_OF.values()))
_KEY_NUMBER = {sign: _KEY_SIGNS.index(to) + 1 for sign, to in _KEY_OF.items()}
_KEY_BASE = len(_KEY_SIGNS) + 1
_LONGEST_KEY = 12


def form(word: str) -> str:
    """Return the phonetic form of one word, in whichever script; empty for a word without sounds.

    Nothing is remembered here: words of sealed accounts pass through.
    """
    return form_of(fold(word).replace(" ", ""))


def form_of(plain: str) -> str:
    """Return the phonetic form of one word that is folded and joined already."""
    persian = any("\u0600" <= letter <= "\u06ff" for letter in plain)
    return (_from_persian(plain) if persian else _from_latin(plain))[:LONGEST]


def _from_persian(word: str) -> str:
    word = _DIN.sub("1L", word)
    word = _BOUND_ALEF.sub("1", word)
    word = _SILENT_W.sub("خا", word)
    signs = word.translate(_PERSIAN)
    if word.startswith("ا") and len(word) > 1:
        signs = "1" + signs[1:]
    if len(signs) > 1 and word.endswith("ه") and signs[-2] not in "Awy":
        signs = signs[:-1] + "E"
    elif len(signs) > 1 and signs.endswith("y"):
        signs = signs.rstrip("y") + "J"
    return _kept(_DOUBLED.sub(r"\1", signs))


def _from_latin(word: str) -> str:
    signs = _LATIN_PATTERN.sub(lambda found: _LATIN_SIGN[found[0]], word)
    return _kept(_FINAL_H.sub("H", _DOUBLED.sub(r"\1", signs)))


def _kept(signs: str) -> str:
    return "".join(sign for sign in signs if sign in _KEPT)


def key(signs: str) -> int:
    """Return the consonants of a form as one number; those of the throat are one class."""
    found = 0
    for place, sign in enumerate(one for one in signs if one in _KEY_NUMBER):
        if place == _LONGEST_KEY:
            break
        found = found * _KEY_BASE + _KEY_NUMBER[sign]
    return found


def shortened(number: int) -> Iterable[int]:
    """Return the keys that a key of three consonants and more becomes when one of them is left out."""
    if number < _KEY_BASE**2:
        return
    power = 1
    while power <= number:
        rest, low = divmod(number, power)
        yield rest // _KEY_BASE * power + low
        power *= _KEY_BASE


def swapped(number: int) -> Iterable[int]:
    """Return the keys that a key becomes when two neighbours change places."""
    power = 1
    while power * _KEY_BASE <= number:
        rest, low = divmod(number, power)
        rest, one = divmod(rest, _KEY_BASE)
        rest, other = divmod(rest, _KEY_BASE)
        yield ((rest * _KEY_BASE + one) * _KEY_BASE + other) * power + low
        power *= _KEY_BASE


@cache
def costs() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return (what each pair of signs costs, what each sign costs alone); row and place 0 are padding."""
    size = len(SIGNS) + 1
    pairs = np.full((size, size), _OTHER, dtype=np.float32)
    np.fill_diagonal(pairs, 0)
    for (one, other), cost in ((tuple(pair), cost) for pair, cost in _LIKE.items()):
        here, there = SIGNS.index(one) + 1, SIGNS.index(other) + 1
        pairs[here, there] = pairs[there, here] = cost
    alone = np.array([0, *(_DROP[sign] for sign in SIGNS)], dtype=np.float32)
    return pairs, alone


def numbers(signs: str) -> list[int]:
    """Return a form as places in the tables of `costs`; digits are left out."""
    return [SIGNS.index(sign) + 1 for sign in signs if sign in _PLACES]


_PLACES = frozenset(SIGNS)
