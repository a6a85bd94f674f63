"""The languages: one table. Direction, digits and signs come from the Unicode CLDR, by a language's code."""

from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from babel import Locale

from portal.dates.calendars import Calendar

_ZEROS = {"latn": "0", "arab": "٠", "arabext": "۰"}


@dataclass(frozen=True)
class Language:
    """One language of the pages; a prepared one speaks on a few pages and says that it is not finished."""

    code: str
    """As in URLs and ``lang`` attributes (BCP 47)."""
    name: str
    """As its own speakers write it."""
    finished: bool = False
    calendar: Calendar = Calendar.GREGORIAN
    """The calendar in which days are shown."""

    @cached_property
    def locale(self) -> Locale:
        """The CLDR's data."""
        return Locale.parse(self.code)

    @cached_property
    def direction(self) -> str:
        """``rtl`` or ``ltr``."""
        return "rtl" if self.locale.character_order == "right-to-left" else "ltr"

    @cached_property
    def signs(self) -> dict[int, str]:
        """The language's digits and, for a point in a number, its decimal sign: a table to translate by."""
        system = self.locale.default_numbering_system
        symbols = self.locale.number_symbols
        zero, point = ord(_ZEROS[system]), symbols.get(system, symbols["latn"])["decimal"]
        return {ord(str(digit)): chr(zero + digit) for digit in range(10)} | {ord("."): str(point)}


LANGUAGES = MappingProxyType(
    {
        one.code: one
        for one in (
            Language("fa", "فارسی", finished=True, calendar=Calendar.SOLAR),
            Language("en", "English", finished=True),
            Language("ar", "العربية"),
            Language("ckb", "کوردیی ناوەندی"),
            Language("az", "azərbaycanca"),
            Language("fr", "français"),
            Language("de", "Deutsch"),
            Language("sv", "svenska"),
        )
    }
)

FINISHED = tuple(code for code, one in LANGUAGES.items() if one.finished)
FIRST = "fa"

MEANWHILE = "en"
"""What the pages of a prepared language speak where it has no words yet: the language of the messages."""

IN_EVERY_LANGUAGE = frozenset({"intake.start", "intake.safe"})
"""The pages that every prepared language speaks; their words are in ``translations/<language>/shell.po``."""


def spoken(code: str, endpoint: str | None) -> str:
    """Return the language in which a page's content speaks, by the language and the page of its address."""
    return code if LANGUAGES[code].finished or endpoint in IN_EVERY_LANGUAGE else MEANWHILE
