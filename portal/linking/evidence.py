"""What speaks for and against a record beside its name, each with a weight and in words: an order, no more.

A weight is a log-likelihood ratio in bits, after Fellegi and Sunter (1969): how much likelier the two would
agree (or not) if the account meant this record than if it meant another with a name like it. How often
accounts leave out or err is assumed, and how often others agree by chance is counted on invented persons
(tests/benchmarks/evidence.py prints both beside the numbers here); the bands of names come from measured
persons who were and were not in a registry. Nothing here says how true an account is.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from portal.linking.account import Account, Dated
from portal.linking.matching import NameIndex
from portal.registry.vocabulary import Sex


class Sort(StrEnum):
    """What a piece of evidence is about."""

    FATHER = "father"
    FATHER_NAMED = "father-named"
    SEX = "sex"
    AGE = "age"
    PLACE = "place"
    HOME = "home"
    DATE = "date"
    AFTER_DEATH = "after-death"
    KIN = "kin"
    COMPANION = "companion"
    SAME_EVENT = "same-event"
    SAME_PRISON = "same-prison"


@dataclass(frozen=True)
class Evidence:
    """One thing that agrees (a weight above 0) or does not, in the words of both; weights in bits."""

    sort: Sort
    weight: float
    said: str
    known: str
    contradicts: bool = False


@dataclass(frozen=True)
class Stretch:
    """Days in which something befell the record, and how that is written."""

    earliest: date
    latest: date
    words: str
    death: bool = False


@dataclass(frozen=True)
class Companion:
    """Somebody who is linked to this case already, and what ties the record to them."""

    name: str
    bond: Sort


@dataclass(frozen=True)
class Facts:
    """What the registry says of a record: names in every spelling, days, ties; the unknown is empty."""

    sex: Sex = Sex.UNKNOWN
    father: str = ""
    birth: Stretch | None = None
    home: str = ""
    places: Sequence[Sequence[str]] = ()
    dated: Sequence[Stretch] = ()
    kin: Sequence[Sequence[str]] = ()
    companions: Sequence[Companion] = ()


Share = Callable[[str], float]
"""The share of persons in the registry who have a word in their names, 0 to 1."""

# Likelihood ratios of the first suggestion's score: 1,000 persons of a registry against 1,000 of none.
_BANDS = (
    (0.0, -14.0),
    (0.55, -6.0),
    (0.65, -4.6),
    (0.775, -1.6),
    (0.825, -0.7),
    (0.875, 0.65),
    (0.95, 3.6),
    (1.0, 4.5),
)

_FATHER_SAME, _FATHER_OTHER, _FATHER_MOST = 0.85, -2.0, 8.0
_RAREST = 1 / 2000
_NAMED, _NAMED_MOST, _IN_A_TEXT = 0.6, 3.0, 10
_SEX = {Sex.MALE: 0.3, Sex.FEMALE: 2.3}
_SEX_OTHER = -4.0
_AGE, _AGE_OTHER, _AGE_SLACK, _AGE_FAR = 3.0, -2.5, 1, 3
_PLACE, _PLACE_MOST, _HOME = 2.0, 4.0, 1.5
_DAY, _MONTH, _YEAR = 4.0, 0.8, 0.3
_DATE_OTHER, _AFTER_DEATH = -0.5, -1.5
_KIN, _COMPANION, _SAME_EVENT, _SAME_PRISON, _TIES_MOST = 3.0, 5.0, 3.0, 1.0, 6.0
_TIES = {Sort.COMPANION: _COMPANION, Sort.SAME_EVENT: _SAME_EVENT, Sort.SAME_PRISON: _SAME_PRISON}
_SAME_NAME, _OTHER_NAME = 0.75, 0.5
_LONGEST_DATE = 400
_DAYS_OF_A_YEAR = 365.25


def of_name(score: float) -> float:
    """Return what a name's score (0 to 1) weighs, in bits; straight lines join the measured bands."""
    at = min(max(bisect_right([bound for bound, _ in _BANDS], score), 1), len(_BANDS) - 1)
    (low, first), (high, last) = _BANDS[at - 1], _BANDS[at]
    return first + (last - first) * (min(max(score, low), high) - low) / (high - low)


def total(score: float, evidence: Iterable[Evidence]) -> float:
    """Return the order of a candidate: what its name and all evidence weigh together."""
    return math.fsum((of_name(score), *(one.weight for one in evidence)))


def weigh(account: Account, facts: Facts, share: Share) -> tuple[Evidence, ...]:
    """Return what speaks for and against a record, the weightiest first; what is unknown does neither."""
    found = [
        *_father(account, facts, share),
        *_sex(account, facts),
        *_age(account, facts),
        *_capped(_places(account, facts), _PLACE_MOST),
        *_home(account, facts),
        *_dates(account, facts),
        *_capped(_ties(account, facts), _TIES_MOST),
    ]
    return tuple(sorted(found, key=lambda one: (-abs(one.weight), one.sort, one.said, one.known)))


def alike(one: str, other: str) -> float:
    """Say how alike two written names are, 0 to 1, whichever of them has more words."""
    found = NameIndex([(0, (other,))]).suggest(one, 1)
    return found[0].score if found else 0.0


def _father(account: Account, facts: Facts, share: Share) -> list[Evidence]:
    if not facts.father:
        return []
    said, first = account.father, account.father.split(" ")[0]
    near = max((alike(one, facts.father) for one in {said, first} if one), default=0.0)
    if near >= _SAME_NAME:
        by_chance = max(share(first), _RAREST)
        return [Evidence(Sort.FATHER, _bounded(_FATHER_SAME / by_chance, _FATHER_MOST), said, facts.father)]
    if said and near < _OTHER_NAME and share(first):
        return [Evidence(Sort.FATHER, _FATHER_OTHER, said, facts.father, contradicts=True)]
    mention = account.mention(facts.father)
    if said or not mention:
        return []
    by_chance = min(1.0, _IN_A_TEXT * max(share(facts.father.split(" ")[0]), _RAREST))
    return [Evidence(Sort.FATHER_NAMED, _bounded(_NAMED / by_chance, _NAMED_MOST), mention, facts.father)]


def _bounded(ratio: float, most: float) -> float:
    return min(max(math.log2(ratio), 0.0), most)


def _sex(account: Account, facts: Facts) -> list[Evidence]:
    if account.told is None or facts.sex is Sex.UNKNOWN:
        return []
    if account.told.sex is facts.sex:
        return [Evidence(Sort.SEX, _SEX[facts.sex], account.told.words, facts.sex.value)]
    return [Evidence(Sort.SEX, _SEX_OTHER, account.told.words, facts.sex.value, contradicts=True)]


def _age(account: Account, facts: Facts) -> list[Evidence]:
    """Compare an age at a time that the sentence names, else at what the registry dates, with the birth."""
    if account.age is None or facts.birth is None:
        return []
    then = [(one.earliest, one.latest) for one in account.dates if one.beside]
    then = then or [(one.earliest, one.latest) for one in facts.dated]
    if not then:
        return []
    age, words = account.age
    earliest = _years(min(first for first, _ in then)) - age - 1
    latest = _years(max(last for _, last in then)) - age
    gap = max(_years(facts.birth.earliest) - latest, earliest - _years(facts.birth.latest), 0.0)
    if gap <= _AGE_SLACK:
        return [Evidence(Sort.AGE, _AGE, words, facts.birth.words)]
    if gap > _AGE_FAR:
        return [Evidence(Sort.AGE, _AGE_OTHER, words, facts.birth.words, contradicts=True)]
    return []


def _years(day: date) -> float:
    return day.toordinal() / _DAYS_OF_A_YEAR


def _places(account: Account, facts: Facts) -> list[Evidence]:
    found = []
    for names in facts.places:
        mention = next((said for name in names if (said := account.mention(name))), "")
        if mention:
            found.append(Evidence(Sort.PLACE, _PLACE, mention, names[0]))
    return found


def _home(account: Account, facts: Facts) -> list[Evidence]:
    mention = account.mention(facts.home) if facts.home else ""
    return [Evidence(Sort.HOME, _HOME, mention, facts.home)] if mention else []


def _dates(account: Account, facts: Facts) -> list[Evidence]:
    """Weigh the best overlap; where no date of the sentence has one, that, or that it comes after a death."""
    short = [one for one in account.dates if one.latest - one.earliest < timedelta(days=_LONGEST_DATE)]
    met = [
        Evidence(Sort.DATE, _overlap(said, known), said.words, known.words)
        for said in short
        for known in facts.dated
        if known.earliest <= said.latest and said.earliest <= known.latest
    ]
    if met:
        return [max(met, key=lambda one: (one.weight, one.said, one.known))]
    beside = [one for one in short if one.beside]
    if not beside or not facts.dated:
        return []
    deaths = [one for one in facts.dated if one.death]
    said = beside[0]
    if deaths and all(one.latest < said.earliest for one in deaths):
        return [Evidence(Sort.AFTER_DEATH, _AFTER_DEATH, said.words, deaths[0].words, contradicts=True)]
    return [Evidence(Sort.DATE, _DATE_OTHER, said.words, min(facts.dated, key=_first).words)]


def _first(one: Stretch) -> tuple[date, date, str]:
    return one.earliest, one.latest, one.words


def _overlap(said: Dated, known: Stretch) -> float:
    """Weigh an overlap by how few days both together leave open: a day, a month, a year."""
    days = (max(said.latest, known.latest) - min(said.earliest, known.earliest)).days + 1
    steps = ((1, _DAY), (31, _MONTH), (366, _YEAR), (4000, 0.0))
    for (short, more), (long, less) in pairwise(steps):
        if days <= long:
            return more if days <= short else more + (less - more) * (days - short) / (long - short)
    return 0.0


def _ties(account: Account, facts: Facts) -> list[Evidence]:
    found = [Evidence(one.bond, _TIES[one.bond], "", one.name) for one in facts.companions]
    for names in facts.kin:
        mention = next((said for name in names if (said := account.mention(name))), "")
        if mention:
            found.append(Evidence(Sort.KIN, _KIN, mention, names[0]))
    return found


def _capped(found: Iterable[Evidence], most: float) -> list[Evidence]:
    """Let pieces of one sort, the weightiest first, weigh no more than ``most`` together."""
    made, left = [], most
    for one in sorted(found, key=lambda one: (-one.weight, one.sort, one.said, one.known)):
        weight = min(one.weight, left)
        left -= weight
        made.append(Evidence(one.sort, weight, one.said, one.known, one.contradicts))
    return made
