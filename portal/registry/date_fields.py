"""Typing a date: its words, and days in the calendar chosen beside them (1367-05-01 or 1988-07-23)."""

import re
from datetime import date
from typing import Any

from wtforms import Form, SelectField, StringField
from wtforms.validators import Length, ValidationError

from portal.dates.calendars import Calendar, known, month_of_year, taken_apart
from portal.registry.labels import choices
from portal.registry.records import Period
from portal.web.locale import gettext as _
from portal.web.locale import latin_digits
from portal.web.locale import lazy_gettext as _l

_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_MONTHS = 12
SHORT = Length(max=200, message=_l("Please keep this under 200 letters."))


def read_day(text: str, calendar: Calendar) -> date:
    """Read a typed day, year first, digits of any script; `ValueError` when there is no such day."""
    parts = _DAY.fullmatch(latin_digits(text).strip())
    if parts is None:
        raise ValueError
    year, month, day = map(int, parts.groups())
    if not known(calendar, year) or not 1 <= month <= _MONTHS:
        raise ValueError
    first, last = month_of_year(calendar, year, month)
    if not 1 <= day <= last - first + 1:
        raise ValueError
    return date.fromordinal(first + day - 1)


def write_day(day: date | None, calendar: Calendar | None) -> str:
    """Write a day as `read_day` reads it."""
    if day is None:
        return ""
    year, month, of_month = taken_apart(calendar or Calendar.GREGORIAN, day.toordinal())
    return f"{year}-{month:02}-{of_month:02}"


def _calendar(text: str) -> Calendar:
    return Calendar(text) if text in {word.value for word in Calendar} else Calendar.SOLAR


class _Day(StringField):
    """A day in the calendar that the field `calendar` of the same form names."""

    def pre_validate(self, form: Any) -> None:
        """Refuse what is no day, in words."""
        if self.data:
            try:
                read_day(self.data, _calendar(form.calendar.data))
            except ValueError:
                raise ValidationError(
                    _("Please write a day as year-month-day, such as 1367-05-01.")
                ) from None


class DateForm(Form):
    """A date: the words as they were said, and the first and last day that they may mean."""

    words = StringField(_l("Date, in the words of the source"), [SHORT])
    calendar = SelectField(_l("Calendar"), choices=choices(Calendar))
    earliest = _Day(
        _l("Earliest day"), description=_l("Year-month-day, such as 1367-05-01. May be left empty.")
    )
    latest = _Day(_l("Latest day"), description=_l("Leave empty when it is the same day."))

    def validate_latest(self, field: StringField) -> None:
        """Refuse an interval that ends before it begins or has no beginning."""
        if not field.data:
            return
        calendar = _calendar(self.calendar.data)
        if not self.earliest.data:
            raise ValidationError(_("Please give the earliest day too."))
        if self.earliest.errors:
            return
        if read_day(field.data, calendar) < read_day(self.earliest.data, calendar):
            raise ValidationError(_("The latest day comes before the earliest."))

    def period(self) -> Period:
        """Give the typed date."""
        calendar = _calendar(self.calendar.data)
        earliest = read_day(self.earliest.data, calendar) if self.earliest.data else None
        latest = read_day(self.latest.data, calendar) if self.latest.data else earliest
        words = (self.words.data or "").strip()
        return Period(words, calendar if words or earliest else None, earliest, latest)


def typed(
    words: str, calendar: Calendar | None, earliest: date | None, latest: date | None
) -> dict[str, Any]:
    """Give a kept date as `DateForm` shows it."""
    return {
        "words": words,
        "calendar": (calendar or Calendar.SOLAR).value,
        "earliest": write_day(earliest, calendar),
        "latest": write_day(latest, calendar) if latest != earliest else "",
    }
