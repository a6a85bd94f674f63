"""A written name as words: titles set apart, compounds joined, and the other ways to read it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portal.registry.names import fold, is_title
from portal.registry.phonetics import form

_BOUND = re.compile(r"[\u200c\u200d\u00ad\-\u2010-\u2015]+")
_PARTS = re.compile(r"[^\w'`´’‘‛ʹʺʻʼʽʾʿ\u064b-\u065f\u0670]+|_")
_LONGEST_TITLE = 4
_GLUED = re.compile(r"^(?:سید|s[ae]yy?[eia]d)(?=\w{3})")
_GLUED_ALONE = 7
"""Signs of the shortest single word from which a glued سید is cut."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ENDINGS_OF_NAMES = _set(
    """
    الله اله الدین زاده پور نژاد نیا فر خواه دوست وند نسب منش
    allah ollah ullah alah olah oullah oddin eddin uddin addin zadeh zade zada pour pur poor
    nejad nezhad nejhad nia niya far khah doust doost vand nasab manesh
    """
)
"""What is written apart or not, and never stands alone: الله after حبیب, Zadeh after Hassan."""
BEGINNINGS = _set("عبد عبدال ابو ابوال abd abdol abdul abdel abdal abdoul abol abul abou abu")
ARTICLES = _set("ال al ol ul el od ed ud ad os us oz uz or ur ar")


def _forms(words: str) -> frozenset[str]:
    return frozenset(map(form, words.split()))


_FIRST_PARTS = _forms(
    """
    علی محمد امیر غلام حسین حسن عبدال سید شاه میر خان نور گل ملک محمود احمد مهر پور
    ali mohammad mohamad amir gholam hossein hosein hassan hasan abdol shah mir khan nour noor gol malek mehr
    """
)
_LAST_PARTS = _forms(
    """
    علی رضا محمد حسین حسن اکبر اصغر الله الدین زاده پور نژاد نیا فر خانی خان آبادی مهدی تقی قلی بیگی جان کریم
    نسب وند ali reza mohammad mohamad hossein hosein hassan hasan akbar asghar allah ollah din zadeh pour pur
    nejad nezhad nia far khani khan abadi mehdi taghi gholi beigi jan nasab vand
    """
)


def ways(name: str) -> tuple[str, ...]:
    """Return the ways to write a name: what a joiner or a hyphen binds is one word, and is several."""
    return (_BOUND.sub("", name), _BOUND.sub(" ", name)) if _BOUND.search(name) else (name,)


def words_of(name: str, *, titled: bool = True) -> list[str]:
    """Return a name's folded words without its titles; compounds that never stand apart are joined.

    ``titled=False`` for places, whose first word may look like a title (حاجی آباد).
    """
    words = [folded for part in _PARTS.split(name) if (folded := fold(part).replace(" ", ""))]
    if not titled:
        return _joined(words)
    while len(words) > 1 and (length := _title_length(words)):
        words = words[length:]
    several = len(words) > 1
    return _joined([unglued(word, several=several) for word in words])


def unglued(word: str, *, several: bool = True) -> str:
    """Return a folded word without a سید that is written onto it; one that stands alone has to be long."""
    return _GLUED.sub("", word) if several or len(word) >= _GLUED_ALONE else word


def _title_length(words: Sequence[str]) -> int:
    """Say how many leading words are a title, leaving at least one word for the name."""
    for length in range(min(_LONGEST_TITLE, len(words) - 1), 0, -1):
        if is_title("".join(words[:length])):
            return length
    return 0


def _joined(words: Sequence[str]) -> list[str]:
    made: list[str] = []
    glue = False
    for place, word in enumerate(words):
        last = place == len(words) - 1
        if made and (glue or word in ENDINGS_OF_NAMES or (word in ARTICLES and not last)):
            made[-1] += word
        else:
            made.append(word)
        glue = not last and (word in BEGINNINGS or (word in ARTICLES and place > 0))
    return made


@dataclass(frozen=True)
class Asked:
    """One word of a reading, and the words of the query (``first`` to ``last``) that it was made of."""

    word: str
    first: int
    last: int
    share: float = 1.0
    """How much of the query's word it is, where one was read as two."""


def readings_of(query: str, *, titled: bool = True) -> Iterator[list[Asked]]:
    """Return the query as it stands, then with two neighbours as one word, then with one word as two."""
    words = words_of(_BOUND.sub(" ", query), titled=titled)
    plain = [Asked(word, place, place) for place, word in enumerate(words)]
    yield plain
    for place in range(len(words) - 1):
        joined = Asked(words[place] + words[place + 1], place, place + 1)
        yield [*plain[:place], joined, *plain[place + 2 :]]
    for place, word in enumerate(words):
        for cut in range(2, len(word) - 1):
            first, second = word[:cut], word[cut:]
            if form(first) in _FIRST_PARTS or form(second) in _LAST_PARTS:
                parts = [Asked(one, place, place, 0.5) for one in (first, second)]
                yield [*plain[:place], *parts, *plain[place + 1 :]]
