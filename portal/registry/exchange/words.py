"""Words of the vocabularies as other people's tables write them, in Persian and English."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import TypeVar

from portal.registry import names
from portal.registry.vocabulary import Kind, Living, PersonRole, PlaceKind, Sex

Word = TypeVar("Word", bound=StrEnum)

_WRITTEN: Mapping[StrEnum, str] = {
    Sex.FEMALE: "f; woman; girl; زن; دختر; خانم; مونث",
    Sex.MALE: "m; man; boy; مرد; پسر; آقا; مذکر",
    Sex.UNKNOWN: "?; -; not known; other; نامعلوم; نامشخص",
    PersonRole.VICTIM: "killed; executed; قربانی; اعدام شده; جان باخته",
    PersonRole.OFFICIAL: "perpetrator; مقام; مسئول; عامل",
    PersonRole.SURVIVOR: "بازمانده; جان به در برده; نجات یافته",
    PersonRole.WITNESS: "شاهد",
    PersonRole.OTHER: "?; -; دیگر",
    Living.YES: "alive; living; بله; زنده",
    Living.NO: "dead; deceased; killed; executed; خیر; درگذشته; کشته شده; اعدام شده",
    Living.UNKNOWN: "?; -; not known; نامعلوم",
    Kind.PERSON: "شخص; فرد",
    Kind.PLACE: "location; مکان; محل",
    Kind.GRAVE: "گور; مزار; گور جمعی",
    Kind.BODY: "organisation; organization; entity; نهاد; سازمان; هیئت",
    Kind.EVENT: "رویداد; واقعه",
    PlaceKind.COUNTRY: "کشور",
    PlaceKind.PROVINCE: "governorate; state; استان",
    PlaceKind.CITY: "town; village; شهر; روستا",
    PlaceKind.PRISON: "detention centre; زندان; بازداشتگاه",
    PlaceKind.WARD: "section; بند",
    PlaceKind.COURT: "دادگاه",
    PlaceKind.CEMETERY: "گورستان; آرامستان; قبرستان",
    PlaceKind.PLOT: "قطعه",
}


@cache
def _words(words: type[StrEnum]) -> Mapping[str, StrEnum]:
    found = {_key(one.value): one for one in words}
    for one in words:
        for text in _WRITTEN.get(one, "").split(";"):
            if text.strip():
                found.setdefault(_key(text), one)
    return found


def _key(text: str) -> str:
    return names.joined(text) or text.strip()


def known_word(text: str, words: type[Word]) -> Word | None:
    """Give the word of a vocabulary that somebody wrote, in any spelling that is known; None otherwise."""
    found = _words(words).get(_key(text))
    return found if isinstance(found, words) else None
