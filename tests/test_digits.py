"""Persian, Arabic and Latin digits are one: where a person types a number or a date, all are read alike.

The table of fields is complete: a field for numbers that is not in it fails, wherever it was added.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from builders import an_instance
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from wtforms import DateField, Form, IntegerField
from wtforms.fields.numeric import DecimalField, FloatField

import portal
from portal.casework.forms import SheetForm
from portal.config import Face, bundled
from portal.dates.calendars import Calendar
from portal.intake.answers import days
from portal.intake.permission_forms import LastingForm
from portal.registry.date_fields import DateForm, read_day, write_day
from portal.registry.forms import PlaceForm, _degrees
from portal.registry.statement_forms import PositionForm, StatementForm
from portal.vault import receipt, totp

LATIN = "0123456789"
SCRIPTS = [str.maketrans(LATIN, digits) for digits in (LATIN, "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩")]
NUMBERS = (IntegerField, DecimalField, FloatField, DateField)
SECRET, NOW = b"0123456789abcdef0123", datetime(2026, 11, 22, tzinfo=UTC)
NEVER_TYPED = {"revision"}  # carried in the page, by the page


def _sent(form: type[Form], **fields: str) -> Any:
    made: Any = form(MultiDict(fields))
    for name in fields:
        inline = getattr(form, f"validate_{name}", None)
        assert made[name].validate(made, [inline] if inline else []), made[name].errors
    return made


def _permission(name: str) -> Callable[[str], object]:
    return lambda text: _sent(LastingForm, **{name: text}).answers()[name]


READ: dict[str, tuple[str, Callable[[str], object]]] = {
    "new_year": ("1367", lambda text: _sent(StatementForm, new_year=text).new_year.data),
    "year": ("1367", lambda text: _sent(SheetForm, year=text).year.data),
    "years": ("30", _permission("years")),
    "until": ("1430", _permission("until")),
    "latitude": (
        "35.8",
        lambda text: _degrees(_sent(PlaceForm, latitude=text, longitude=text).latitude.data),
    ),
    "longitude": (
        "51.48123",
        lambda text: _sent(PositionForm, latitude="35.65432", longitude=text).exact().longitude,
    ),
    "accuracy": ("20", lambda text: _sent(PositionForm, accuracy=text).accuracy.data),
    "low": ("444", lambda text: _sent(StatementForm, predicate="figure", low=text).low.data),
    "high": (
        "5000",
        lambda text: _sent(StatementForm, predicate="figure", low="0", high=text).high.data,
    ),
    "earliest": (
        "1367-05-01",
        lambda text: _sent(DateForm, calendar="solar", earliest=text).period().earliest,
    ),
    "code": (totp.code(SECRET, NOW), lambda text: totp.accept(SECRET, text, NOW, None)),
}
"""Every field in which numbers are typed: an example, and how the product reads it."""


def forms() -> Iterator[type[Form]]:
    for module in pkgutil.walk_packages(portal.__path__, "portal."):
        if module.name.rpartition(".")[2].endswith(("forms", "date_fields")):
            importlib.import_module(module.name)
    waiting: list[type[Form]] = [Form]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.__module__.startswith("portal."):
            yield one


def by_kind() -> set[str]:
    """Every field of ours that holds a number or a day by its kind."""
    return {
        name
        for form in forms()
        for name in dir(form)
        if issubclass(getattr(getattr(form, name), "field_class", object), NUMBERS)
    }


def by_keys() -> set[str]:
    """Every field for which a page asks a telephone for its keys with digits."""
    pages = "".join(path.read_text(encoding="utf-8") for path in bundled("templates").rglob("*.html"))
    return set(re.findall(r"form\.(\w+),[^}]*inputmode='(?:numeric|decimal)'", pages))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return an_instance(tmp_path_factory.mktemp("digits") / "instance").app(Face.DESK)


def test_the_table_names_every_field_in_which_numbers_are_typed() -> None:
    assert len(list(forms())) > 40
    assert by_keys() >= {"year", "code", "years", "new_year"}
    assert (by_kind() | by_keys()) - NEVER_TYPED <= set(READ)


@pytest.mark.parametrize("name", READ)
def test_digits_of_three_scripts_are_read_alike(desk: Flask, name: str) -> None:
    text, read = READ[name]
    with desk.test_request_context("/fa/", method="POST"):
        desk.preprocess_request()
        found = [read(text.translate(script)) for script in SCRIPTS]
    assert found[0] not in {None, ""}
    assert found == [found[0]] * 3


def test_what_a_hidden_number_carries_may_come_in_any_digits(desk: Flask) -> None:
    with desk.test_request_context("/fa/", method="POST"):
        for form in forms():
            if issubclass(getattr(getattr(form, "revision", None), "field_class", object), IntegerField):
                for script in SCRIPTS:
                    assert form(MultiDict({"revision": "17".translate(script)})).revision.data == 17  # type: ignore[attr-defined]


def test_the_digits_of_a_receipt_are_read_in_any_script() -> None:
    made = receipt.generate()
    for script in SCRIPTS:
        assert receipt.parse(made.digits().translate(script)).words("fa") == made.words("fa")


@pytest.mark.parametrize(
    ("words", "interval"),
    [
        ("5 mordad 1367", "1988-07-27/1988-07-27"),
        ("تابستان 67", "1988-06-22/1988-09-22"),
        ("مرداد 1367", "1988-07-23/1988-08-22"),
        ("سال 1367", "1988-03-21/1989-03-20"),
        ("پیش از مرداد 67", "../1988-07-22"),
        ("بعد از 5 مرداد 67", "1988-07-28/.."),
        ("1988-07-27", "1988-07-27/1988-07-27"),
        ("July 1988", "1988-07-01/1988-07-31"),
        ("محرم 1409", "1988-08-12/1988-09-14"),
    ],
)
def test_a_date_of_a_source_is_read_in_any_calendar_and_any_digits(words: str, interval: str) -> None:
    assert {days(words.translate(script)) for script in SCRIPTS} == {interval}


@given(
    st.dates(date(1950, 1, 1), date(2040, 1, 1)), st.sampled_from(list(Calendar)), st.sampled_from(SCRIPTS)
)
def test_a_typed_day_is_the_day_that_was_written(
    day: date, calendar: Calendar, script: dict[int, int]
) -> None:
    assert read_day(write_day(day, calendar).translate(script), calendar) == day


@pytest.mark.parametrize(
    ("text", "calendar"),
    [
        ("1367-12-30", Calendar.SOLAR),
        ("1409-02-30", Calendar.LUNAR),
        ("1987-02-29", Calendar.GREGORIAN),
        ("1367-13-01", Calendar.SOLAR),
        ("1367-00-01", Calendar.SOLAR),
        ("1367-01-00", Calendar.LUNAR),
        ("0067-01-01", Calendar.SOLAR),
    ],
)
def test_a_day_that_no_calendar_has_is_refused(text: str, calendar: Calendar) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - says nothing more
        read_day(text, calendar)
