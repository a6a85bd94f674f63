"""Dates beside a drawing, in few words: the source's own where the reader can read them, else the days."""

import re
from datetime import date

from portal.dates.calendars import month_start, taken_apart
from portal.registry.periods import Period
from portal.web.languages import LANGUAGES
from portal.web.locale import day, direction, gettext, language, month_name, number

_ARABIC = re.compile("[\u0600-\u06ff]")


def brief(period: Period) -> str:
    """Say a date in a few words."""
    if period.words and bool(_ARABIC.search(period.words)) is (direction(language()) == "rtl"):
        return period.words
    if period.earliest and period.latest:
        return _between(period.earliest, period.latest)
    if period.earliest:
        return gettext("from %(day)s", day=day(period.earliest))
    return gettext("up to %(day)s", day=day(period.latest)) if period.latest else period.words


def _between(first: date, last: date) -> str:
    """Name a day, a month or a year of the reader's calendar; any other days from first to last."""
    calendar = LANGUAGES[language()].calendar
    if first == last:
        return day(first)
    year, month, begins = taken_apart(calendar, first.toordinal())
    start, end = first.toordinal(), last.toordinal() + 1
    if (start, end) == (month_start(calendar, year, 1), month_start(calendar, year + 1, 1)):
        return number(year)
    if (start, end) == (month_start(calendar, year, month), month_start(calendar, year, month + 1)):
        return f"{month_name(month)} {number(year)}"
    other, ending, ended = taken_apart(calendar, last.toordinal())
    begun = f"{number(begins)} {month_name(month)}" if other == year else day(first)
    return f"{begun} – {number(ended)} {month_name(ending)} {number(other)}"
