"""Typing a date: its words, and days in the calendar chosen beside them (1367-05-01 or 1988-07-23)."""

import re
from datetime import date
from typing import Any

from wtforms import Form, RadioField, SelectField, StringField
from wtforms.validators import Length, Optional, ValidationError

from portal.dates.calendars import Calendar, known, month_of_year, taken_apart
from portal.registry.labels import choices
from portal.registry.periods import NOTHING, Period, between, proposed, said
from portal.web.forms import SelectChoice
from portal.web.locale import day as format_day
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
    """A date in the words of the source; the days follow from the words, unless they are given as well.

    Words that lean on another date ("Azar of that same year") are offered a meaning, which is kept only when
    somebody takes it.
    """

    words = StringField(
        _l("Date, in the words of the source"),
        [SHORT],
        description=_l("As it was said, in any calendar: “Mordad 67”, “late summer 1988”, “3 Safar 1409”."),
    )
    leaning = RadioField(
        _l("These words lean on another date"),
        choices=[
            SelectChoice("yes", _l("Yes, these days are meant")),
            SelectChoice("no", _l("No, keep the words alone")),
        ],
        validators=[Optional()],
        validate_choice=False,
    )
    calendar = SelectField(_l("Calendar"), choices=choices(Calendar))
    earliest = _Day(
        _l("Earliest day"), description=_l("Year-month-day, such as 1367-05-01. May be left empty.")
    )
    latest = _Day(_l("Latest day"), description=_l("Leave empty when it is the same day."))

    near: Period = NOTHING
    """The date that the words may lean on."""

    @property
    def proposal(self) -> Period | None:
        """The days that leaning words may mean, while no days are given."""
        return None if self.earliest.data else proposed(self.words.data or "", self.near)

    @property
    def understood(self) -> Period:
        """What the words mean by themselves."""
        return said(self.words.data or "")

    def validate_words(self, field: StringField) -> None:
        """Ask what leaning words mean, before they are kept."""
        del field
        offer = self.proposal
        if offer is not None and self.leaning.data not in {"yes", "no"}:
            days = " – ".join(format_day(day) for day in (offer.earliest, offer.latest) if day)
            raise ValidationError(
                _("These words lean on another date. Do they mean %(days)s? Please choose below.", days=days)
            )

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
        """Give the date: the days that were given, or those that the words mean."""
        words = (self.words.data or "").strip()
        if not self.earliest.data:
            taken = self.proposal if self.leaning.data == "yes" else None
            return taken or said(words)
        calendar = _calendar(self.calendar.data)
        earliest = read_day(self.earliest.data, calendar)
        latest = read_day(self.latest.data, calendar) if self.latest.data else earliest
        return between(words, calendar, earliest, latest)


def typed(period: Period) -> dict[str, Any]:
    """Give a kept date as `DateForm` shows it; days that follow from the words need not be given."""
    read = said(period.words)
    follows = (read.earliest, read.latest) == (period.earliest, period.latest)
    earliest, latest = (None, None) if follows else (period.earliest or period.latest, period.latest)
    return {
        "words": period.words,
        "calendar": (period.calendar or Calendar.SOLAR).value,
        "earliest": write_day(earliest, period.calendar),
        "latest": write_day(latest, period.calendar) if latest != earliest else "",
    }


class SpanForm(Form):
    """From when to when, each in words; how fine they are follows from the words."""

    since = StringField(
        _l("From"), [SHORT], description=_l("In words, in any calendar: “1360”, “early 1983”.")
    )
    until = StringField(_l("Until"), [SHORT])

    def validate_until(self, field: StringField) -> None:
        """Refuse an end before the beginning."""
        first, last = said(self.since.data or "").earliest, said(field.data or "").latest
        if first and last and last < first:
            raise ValidationError(_("The end comes before the beginning."))

    def span(self, kept: tuple[Period, Period] = (NOTHING, NOTHING)) -> tuple[Period, Period]:
        """Give both dates; one whose words were not touched keeps its days."""
        typed = ((self.since.data or "").strip(), (self.until.data or "").strip())
        since, until = (
            old if text == in_words(old) else said(text) for text, old in zip(typed, kept, strict=True)
        )
        return since, until


def in_words(period: Period) -> str:
    """Write a date as `said` reads it: in its own words, or in days where it has none."""
    if period.words or not period.placed:
        return period.words
    days = [day.isoformat() for day in (period.earliest, period.latest) if day]
    return days[0] if days[0] == days[-1] else " to ".join(days)


def spanned(since: Period, until: Period) -> dict[str, str]:
    """Give two kept dates as `SpanForm` shows them."""
    return {"since": in_words(since), "until": in_words(until)}
