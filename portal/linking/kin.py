"""Words of kinship and address right before a name, in Persian, English and Swedish: whose sex they tell.

"My sister Mina" tells of Mina, "the sister of Behrang" nothing of Behrang. In Persian the two differ in what
is written onto the word: «خواهرم مینا» is hers, «خواهر بهرنگ» somebody else's.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from portal.registry.names import fold
from portal.registry.vocabulary import Sex

BEFORE = 4
"""Words before a name that are looked at."""


class Told(NamedTuple):
    """A word of a text that tells of somebody's sex."""

    sex: Sex
    words: str


def _plain(word: str) -> str:
    return fold(word).replace(" ", "")


def _one_of(words: str) -> str:
    return "|".join(map(_plain, words.split()))


def _table(male: str, female: str) -> dict[str, Sex]:
    return dict.fromkeys(male.split(), Sex.MALE) | dict.fromkeys(female.split(), Sex.FEMALE)


_MALE = "برادر داداش پسر پدر بابا شوهر عمو دایی داماد پدربزرگ"
_FEMALE = "خواهر آبجی دختر مادر مامان زن خاله عمه عروس مادربزرگ"
_MINE = r"(?:ان|ها)?[ای]?(?:م|ت|ش|مان|تان|شان)"
_KIN: Mapping[Sex, re.Pattern[str]] = {
    sex: re.compile(rf"(?:{_one_of(words)}){_MINE}")
    for sex, words in ((Sex.MALE, _MALE), (Sex.FEMALE, _FEMALE))
}
"""Of whom it is said whose they are: my brother, their daughter."""
_BARE: Mapping[Sex, re.Pattern[str]] = {
    sex: re.compile(rf"(?:{_one_of(words)})ی?") for sex, words in ((Sex.MALE, _MALE), (Sex.FEMALE, _FEMALE))
}
_QUALITY = re.compile(
    rf"(?:{_one_of('بزرگ کوچک بزرگتر کوچکتر عزیز جوان نازنین مرحوم شهید دوقلو ناتنی دیگر دوم')})"
    r"[ای]?(?:م|ت|ش|مان|تان|شان)"
)
_UNSURE = frozenset(map(_plain, ("پدرش", "مادرش")))
"""Said of a father or a mother whose own name follows, or of the child that follows: either may be."""
_ADDRESS = {_plain("آقای"): Sex.MALE, _plain("خانم"): Sex.FEMALE}
_NAMED = frozenset(map(_plain, ("نام", "اسم", "بنام")))
_SOMEBODY = {
    **{_plain(word): Sex.MALE for word in ("مردی", "پسری", "آقایی", "جوانی")},
    **{_plain(word): Sex.FEMALE for word in ("زنی", "دختری", "خانمی")},
}

_LATIN_KIN = _table(
    "brother son father dad husband uncle grandfather nephew bror brodern far fadern pappa make maken man "
    "morbror farbror farfar morfar storebror lillebror svåger",
    "sister daughter mother mum wife aunt grandmother niece syster dotter mor modern mamma hustru fru maka "
    "moster faster farmor mormor storasyster lillasyster svägerska",
)
_LATIN_ADDRESS = _table("mr herr", "mrs ms miss fru fröken")
_LATIN_SOMEBODY = _table("man boy pojke", "woman girl kvinna flicka")
_LATIN_NAMED = frozenset({"named", "called", "hette", "heter", "kallad", "namn"})
_POSSESSIVE = frozenset(
    "my our your his her their whose s min vår din er hans hennes deras sin vars mitt sitt".split()  # noqa: SIM905 - read as a line
)
_LATIN_QUALITY = frozenset("dear late own elder older younger little big twin".split())  # noqa: SIM905 - likewise


def told(words: Sequence[str]) -> Told | None:
    """Tell the sex of whoever is named right after these words, if they tell it."""
    plain = [_plain(word) for word in words[-BEFORE:]]
    place = _telling(plain)
    if place is None:
        return None
    sex, at = place
    return Told(sex, words[len(words) - len(plain) + at])


def _telling(plain: Sequence[str]) -> tuple[Sex, int] | None:
    """Say which sex is told, and which of the words tells it."""
    if not plain:
        return None
    last = len(plain) - 1
    if plain[last] in _NAMED | _LATIN_NAMED:
        return _somebody(plain[:last])
    for way in (_persian, _latin):
        sex = way(plain)
        if sex is not None:
            return sex, last
    if last and _QUALITY.fullmatch(plain[last]):
        return next(((sex, last - 1) for sex, kin in _BARE.items() if kin.fullmatch(plain[last - 1])), None)
    return None


def _persian(plain: Sequence[str]) -> Sex | None:
    word, before = plain[-1], plain[-2] if plain[1:] else ""
    if word in _ADDRESS:
        return _ADDRESS[word]
    # «پسر خاله‌ام»: the son of an aunt, and no word of kinship alone
    if word in _UNSURE or any(kin.fullmatch(before) for kin in _BARE.values()):
        return None
    return next((sex for sex, kin in _KIN.items() if kin.fullmatch(word)), None)


def _latin(plain: Sequence[str]) -> Sex | None:
    word = plain[-1]
    if word in _LATIN_ADDRESS:
        return _LATIN_ADDRESS[word]
    whose = next((one for one in reversed(plain[:-1]) if one not in _LATIN_QUALITY), "")
    if word in _LATIN_KIN and (whose in _POSSESSIVE or whose.endswith("s")):
        return _LATIN_KIN[word]
    return None


def _somebody(plain: Sequence[str]) -> tuple[Sex, int] | None:
    """Read "a man called", «زنی به نام»."""
    known = _SOMEBODY | _LATIN_SOMEBODY
    return next(((known[word], at) for at, word in enumerate(plain) if word in known), None)
