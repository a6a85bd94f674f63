"""Dates as people say them: what may be meant is never narrower than the words, and never made up."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from portal.dates import reading as dates
from portal.dates.calendars import Calendar
from portal.dates.reading import ApproximateDate, Bound, Doubt, Precision, Qualifier

ROOT = Path(__file__).parents[2]
SUMMER = dates.parse("تابستان ۱۳۶۷")


def read(text: str, near: str = "") -> ApproximateDate:
    found = dates.parse(text, near=dates.parse(near) if near else None)
    assert found is not None, text
    return found


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("Mordad 67", "1988-07-23/1988-08-22"),
        ("مرداد ۱۳۶۷", "1988-07-23/1988-08-22"),
        ("summer 1367", "1988-06-22/1988-09-22"),
        ("تابستان ۶۷", "1988-06-22/1988-09-22"),
        ("5 Mordad 67", "1988-07-27/1988-07-27"),
        ("late July 1988", "1988-07-21/1988-07-31"),
        ("اواخر مرداد ۶۷", "1988-08-12/1988-08-22"),
        ("سال ۶۷", "1988-03-21/1989-03-20"),
        ("1367/5/5", "1988-07-27/1988-07-27"),
        ("Mordad 1988", "1988-07-23/1988-08-22"),
        ("summer 1988", "1988-06-21/1988-09-22"),
    ],
)
def test_the_traps_that_other_readers_fall_into_are_read_right(text: str, interval: str) -> None:
    assert read(text).interval == interval


@pytest.mark.parametrize(
    "text",
    [
        *("۳۱ مهر", "۳۱ مهر ۱۳۶۷", "30 Esfand 1367", "31 June 1988", "30 February", "29 February 1989"),
        *(
            "1367/13/05",
            "1367/7/31",
            "0/0/0",
            "1988-13-01",
            "32 مرداد ۶۷",
            "۴۵م مرداد ۶۷",
            "1988-13",
            "1/2/3",
        ),
        *("", "x", "5", "۶۷ ساله", "سه سال", "1400 prisoners", "۱۴۰۰ نفر", "Tuesday", "سه‌شنبه", "room 1365"),
        *(
            "1367 (1999)",
            "5 Mordad 1367 (before 1988)",
            "5 Mordad to 31 Mehr 67",
            "first week of 1988",
            "1701 AH",
        ),
        *("150 years before 1300", "۳۰ دی تا ۳۱ دی ۶۷", "early 31 Mehr"),
        *("5 Mordad 67 and 7 Mordad 68", "9000", "99999999", "از", "before", "بین", "1367 to 1360", "nobody"),
    ],
)
def test_what_is_no_date_or_no_such_day_is_refused(text: str) -> None:
    assert dates.parse(text) is None


def test_two_digits_are_solar_beside_persian_names_and_in_persian_text() -> None:
    for text in ("مرداد ۸۸", "Mordad 88", "تابستان ۸۸", "۸۸", "سال 88"):
        assert read(text).calendar is Calendar.SOLAR, text
        assert date(2009, 3, 21) <= (read(text).earliest or date.min) <= date(2009, 8, 1)
    for text in ("'88", "88", "July 88", "summer of '88", "29/7/88"):
        assert read(text).calendar is Calendar.GREGORIAN, text
        assert (read(text).earliest or date.min).year == 1988
    assert read("summer of 67").interval == read("تابستان ۶۷").interval
    assert read("'67").interval == read("۶۷").interval
    assert Doubt.CENTURY in read("'67").doubts
    assert read("آبان ۰۱").interval == read("آبان ۱۴۰۱").interval


def test_a_year_of_another_calendar_is_found_by_the_month() -> None:
    assert read("July 1367").interval == "1988-07-01/1988-07-31"
    assert read("5 Dey 1988").interval == "1988-12-26/1988-12-26"
    twice = read("Dey 1988")
    assert twice.interval == "1988-01-01/1988-12-31"
    assert Doubt.CALENDAR in twice.doubts
    assert read("۲۵۳۶").interval == read("۱۳۵۶").interval


def test_a_lunar_date_is_neither_solar_nor_exact() -> None:
    month = read("Muharram 1409")
    assert month.calendar is Calendar.LUNAR
    assert month.interval == "1988-08-12/1988-09-14"
    assert Doubt.SIGHTING in month.doubts
    assert read("محرم ۱۴۰۹").interval == read("۱۴۰۹ محرم").interval == month.interval
    assert read("۱۴۰۹ قمری").calendar is Calendar.LUNAR
    assert read("1409").calendar is Calendar.SOLAR
    assert Doubt.CALENDAR in read("محرم ۶۷").doubts
    assert Doubt.CALENDAR in read("12 Muharram 1383").doubts
    assert read("5 Mordad 1367 AH").interval == "1988-07-27/1988-07-27"
    assert read("Thursday 10 Muharram 1409").interval == "1988-08-25/1988-08-25"


def test_the_first_of_january_in_digits_is_suspected_to_stand_for_the_year() -> None:
    assert Doubt.PLACEHOLDER in read("1988-01-01").doubts
    assert not read("1 January 1988").doubts


def test_day_and_month_that_may_be_the_other_way_round_keep_both() -> None:
    assert read("7/8/1988").interval == "1988-07-08/1988-08-07"
    assert Doubt.ORDER in read("7/8/1988").doubts
    assert read("27/7/1988").interval == read("7/27/1988").interval == read("27.7.1988").interval
    assert read("۷/۸/۱۳۶۷").interval == "1988-10-29/1988-10-29"


def test_one_date_in_two_calendars_that_disagree_a_little_keeps_both() -> None:
    found = read("5 Mordad 1367 (29 July 1988)")
    assert found.interval == "1988-07-27/1988-07-29"
    assert Doubt.CALENDAR in found.doubts


def test_a_weekday_that_does_not_fit_is_doubted_and_one_that_fits_is_not() -> None:
    assert not read("سه‌شنبه ۴ مرداد ۶۷").doubts
    assert Doubt.WEEKDAY in read("Monday 26 July 1988").doubts
    assert read("a Tuesday in Mordad 67").interval == read("Mordad 67").interval


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("بیست و هشتم مرداد شصت و هفت", "1367/5/28"),
        ("شصت‌وهفت", "1367"),
        ("ششم مردادماه سال یک هزار و سیصد و شصت و هفت", "1367/5/6"),
        ("the twenty-eighth of July nineteen eighty-eight", "1988-07-28"),
        ("Amordad 1367", "مرداد ۱۳۶۷"),
        ("Sharivar 67", "شهریور ۶۷"),
        ("Šahrivar 1367", "شهریور ۶۷"),
        ("Shahriwar, '67", "شهریور ۶۷"),
        ("امرداد ۶۷", "مرداد ۶۷"),
        ("دی‌ماه ۶۲", "Dey 1362"),
        ("برج ۵ سال ۶۷", "مرداد ۶۷"),
        ("ماه پنجم سال ۶۷", "مرداد ۶۷"),
        ("گەلاوێژی ١٣٦٧", "مرداد ۶۷"),
        ("den 6 augusti 1988", "6 August 1988"),
        ("July 28th, 1988", "28.7.1988"),
        ("28-Jul-1988", "28.7.1988"),
        ("Aug. 1988", "August 1988"),
        ("5/1367", "مرداد ۶۷"),
        ("1988-07", "July 1988"),
        ("۱۴ ژوئیهٔ ۲۰۲۲", "14 July 2022"),
        ("شب ۷ مرداد ۶۷", "۷ مرداد ۶۷"),
        ("عاشورای ۱۳۶۷", "عاشورا ۶۷"),
        ("5 Mordad 1367 (27 July 1988)", "1367/5/5"),
        ("Khordaad 1367", "خرداد ۶۷"),
        ("Farvardeen-e 1367", "فروردین ۶۷"),
        ("in the '80s", "the 1980s"),
        ("winter 2009/10", "winter 2009-2010"),
        ("Tuesday, the 26th of July 1988", "1988-07-26"),
        ("last day of 1988", "31.12.1988"),
        ("tabestan-e 67", "تابستان ۶۷"),
        ("۵ مرداد ۱۳۶۷ برابر با ۲۷ ژوئیه ۱۹۸۸", "1367/5/5"),
        ("آخرین روز مرداد ۶۷", "1367/5/31"),
        ("اول مرداد ۶۷", "1367/5/1"),
        ("اول تابستان ۶۷", "early summer 1367"),
        ("slutet av juli 1988", "late July 1988"),
        ("5–11 August 1988", "5 to 11 August 1988"),
        ("۶۷/۵", "مرداد ۶۷"),
        ("den 27/7 1988", "27.7.1988"),
        ("juli -88", "July 1988"),
        ("تابستان خونین ۶۷", "تابستان ۱۳۶۷"),
        ("بعد از ظهر ۵ مرداد ۶۷", "1367/5/5"),
        ("6 Mordad 1367 / 28 July 1988", "28 July 1988"),
        ("سی خرداد شصت", "1360/3/30"),
        ("هفتم تیر شصت", "1360/4/7"),
        ("the autumn and winter of 1987", "23 September 1987 to 20 March 1988"),
    ],
)
def test_many_ways_to_say_one_date_come_to_the_same_days(text: str, same: str) -> None:
    assert read(text).interval == read(same).interval


@pytest.mark.parametrize(
    ("text", "interval", "precision"),
    [
        ("early Shahrivar 67", "1988-08-23/1988-09-01", Precision.PART),
        ("mid-July 1988", "1988-07-11/1988-07-20", Precision.PART),
        ("late 1988", "1988-10-01/1988-12-31", Precision.PART),
        ("نیمهٔ دوم مرداد ۶۷", "1988-08-07/1988-08-22", Precision.PART),
        ("هفته اول شهریور ۶۷", "1988-08-23/1988-08-29", Precision.PART),
        ("دهه شصت", "1981-03-21/1991-03-20", Precision.DECADE),
        ("the 1980s", "1980-01-01/1989-12-31", Precision.DECADE),
        ("اواخر دهه ۶۰", "1987-03-21/1991-03-20", Precision.PART),
        ("از پنجم تا یازدهم مرداد ۱۳۶۷", "1988-07-27/1988-08-02", Precision.RANGE),
        ("late 1987 to mid-July 1988", "1987-10-01/1988-07-20", Precision.RANGE),
        ("1979–89", "1979-01-01/1989-12-31", Precision.RANGE),
        ("تیر ٦٠ تا ٦٩", "1981-06-22/1991-03-20", Precision.RANGE),
        ("Azar to Farvardin 67", "1987-11-22/1988-04-20", Precision.RANGE),
        ("December 1987 to February", "1987-12-01/1988-02-29", Precision.RANGE),
        ("۵ یا ۶ مرداد ۶۷", "1988-07-27/1988-07-28", Precision.RANGE),
        ("July 30-31, 1988", "1988-07-30/1988-07-31", Precision.RANGE),
        ("winter of 1985", "1984-12-21/1986-03-20", Precision.SEASON),
        ("winter 1984-85", "1984-12-21/1985-03-20", Precision.SEASON),
        ("sommaren 1988", "1988-06-01/1988-08-31", Precision.SEASON),
        ("زمستان ۱۳۶۶", "1987-12-22/1988-03-20", Precision.SEASON),
    ],
)
def test_parts_seasons_and_ranges_have_their_days(text: str, interval: str, precision: Precision) -> None:
    assert (read(text).interval, read(text).precision) == (interval, precision)


@pytest.mark.parametrize(
    ("text", "bound", "interval"),
    [
        ("before Mordad 67", Bound.BEFORE, "../1988-07-22"),
        ("قبل از شهریور ۱۳۶۷", Bound.BEFORE, "../1988-08-22"),
        ("by the end of July 1988", Bound.BEFORE, "../1988-07-31"),
        ("before the end of Mordad 67", Bound.BEFORE, "../1988-08-22"),
        ("after 1367", Bound.AFTER, "1989-03-21/.."),
        ("بعد از عید ۶۸", Bound.AFTER, "1989-03-22/.."),
        ("not before July 1988", Bound.AFTER, "1988-07-01/.."),
        ("since summer 1367", Bound.SINCE, "1988-06-22/1988-09-22"),
        ("از تیرماه ۱۳۶۰ به بعد", Bound.SINCE, "1981-06-22/1981-07-22"),
        ("تا بهار ٦٧", Bound.UNTIL, "1988-03-21/1988-06-21"),
    ],
)
def test_an_end_left_open_stays_open(text: str, bound: Bound, interval: str) -> None:
    assert (read(text).bound, read(text).interval) == (bound, interval)


@pytest.mark.parametrize(
    ("text", "qualifier"),
    [
        ("around 5 Mordad 67", Qualifier.APPROXIMATE),
        ("حدود مرداد ۶۷", Qualifier.APPROXIMATE),
        ("ca. 1988", Qualifier.APPROXIMATE),
        ("1988?", Qualifier.UNCERTAIN),
        ("1988 (?)", Qualifier.UNCERTAIN),
        ("1988~", Qualifier.APPROXIMATE),
        ("1988%", Qualifier.BOTH),
        ("مرداد ۶۷؟", Qualifier.UNCERTAIN),
        ("شاید مرداد ۶۷", Qualifier.UNCERTAIN),
        ("I think it was in late July 1988", Qualifier.UNCERTAIN),
        ("شاید حدود مرداد ۶۷", Qualifier.BOTH),
        ("5 Mordad 67", Qualifier.NONE),
    ],
)
def test_the_doubt_of_the_source_is_kept_beside_the_days(text: str, qualifier: Qualifier) -> None:
    assert read(text).qualifier is qualifier


@pytest.mark.parametrize(
    ("text", "edtf"),
    [
        ("5 Mordad 67", "1988-07-27"),
        ("around 5 Mordad 67", "1988-07-27~"),
        ("Mordad 67", "1988-07-23/1988-08-22"),
        ("July 1988", "1988-07"),
        ("1988?", "1988?"),
        ("the 1980s", "198X"),
        ("۱۳۶۷", "1988-03-21/1989-03-20"),
        ("before Mordad 67", "../1988-07-22"),
        ("after July 1988", "1988-08-01/.."),
        ("since Mordad 67", "1988-07-23/.."),
        ("until Mordad 67", "../1988-08-22"),
        ("شاید حدود مرداد ۶۷", "1988-07-23%/1988-08-22%"),
        ("همان سال", ""),
    ],
)
def test_the_export_is_edtf_of_level_one(text: str, edtf: str) -> None:
    assert read(text).edtf == edtf


@pytest.mark.parametrize(
    ("text", "near", "interval"),
    [
        ("همان سال", "مرداد ۱۳۶۷", "1988-03-21/1989-03-20"),
        ("آذر همان سال", "پانزدهم تیر ۱۳۶۷", "1988-11-22/1988-12-21"),
        ("July of that same year", "Mordad 67", "1988-07-01/1988-07-31"),
        ("سال بعد", "1367", "1989-03-21/1990-03-20"),
        ("فروردین سال بعد", "1367/5/5", "1989-03-21/1989-04-20"),
        ("پنجم همان ماه", "مرداد ۶۷", "1988-07-27/1988-07-27"),
        ("ماه بعد", "اسفند ۶۶", "1988-03-21/1988-04-20"),
        ("the next day", "5 Mordad 67", "1988-07-28/1988-07-28"),
        ("two days later", "28 July 1988", "1988-07-30/1988-07-30"),
        ("دو سه روز بعد", "1367/5/5", "1988-07-29/1988-07-30"),
        ("از مرداد", "15 Tir 1367", "1988-07-23/1988-08-22"),
        ("30 July", "late July 1988", "1988-07-30/1988-07-30"),
        ("in Azar", "1367", "1988-11-22/1988-12-21"),
        ("فروردین", "اسفند ۶۶", "1988-03-21/1988-04-20"),
        ("six months before Mordad 67", "", "1988-01-21/1988-02-19"),
        ("شش ماه پیش از مرداد ۶۷", "", "1988-01-21/1988-02-19"),
        ("two weeks before 5 Mordad 67", "", "1988-07-10/1988-07-16"),
        ("مرداد تا شهریور همان سال", "1367/1/20", "1988-07-23/1988-09-22"),
        ("اواخر همان ماه", "مرداد ۶۷", "1988-08-12/1988-08-22"),
        ("همان روز", "1367/5/5", "1988-07-27/1988-07-27"),
        ("the year after 1988", "", "1989-01-01/1989-12-31"),
        ("فردای ۵ مرداد ۶۷", "", "1988-07-28/1988-07-28"),
    ],
)
def test_what_leans_on_another_date_is_a_proposal(text: str, near: str, interval: str) -> None:
    found = read(text, near)
    assert found.proposal
    assert found.interval == interval


@pytest.mark.parametrize(
    "text", ["همان سال", "آذر همان سال", "مرداد", "30 July", "two days later", "۵ تا ۱۱ مرداد"]
)
def test_a_proposal_with_nothing_to_lean_on_has_no_days(text: str) -> None:
    found = read(text)
    assert found.proposal
    assert not found.placed
    assert found.interval == found.edtf == ""
    assert dates.parse(text, near=found) == found


@pytest.mark.parametrize("near", ["1360 تا 1369", "the 1980s"])
def test_a_month_without_a_year_has_no_days_beside_many_years(near: str) -> None:
    assert not read("مرداد", near).placed
    assert not read("همان سال", near).placed
    assert not read("همان ماه", near).placed


def accounts() -> list[Any]:
    lines = (ROOT / "portal" / "demo" / "accounts.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def starter_dates(part: Any) -> Iterator[dict[str, str]]:
    if isinstance(part, dict) and "earliest" in part:
        yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from starter_dates(inner)


@pytest.mark.parametrize("account", accounts(), ids=lambda account: str(account["id"]))
def test_the_dates_of_the_sample_accounts_come_out_right(account: Any) -> None:
    found = {one.date.interval for one in dates.find(account["narrative"], near=SUMMER)}
    for said in account["dates"]:
        interval = f"{said['earliest']}/{said['latest']}"
        assert read(said["words"], "1367").interval == interval, said["words"]
        assert interval in found, said["words"]


def test_the_dates_of_the_starter_registry_come_out_as_they_were_written_down() -> None:
    kept = json.loads((ROOT / "portal" / "registry" / "starter.json").read_text(encoding="utf-8"))
    for said in starter_dates(kept):
        found = read(said["words"])
        assert found.calendar == said["calendar"]
        assert str(found.earliest) == said["earliest"], said["words"]
        if found.bound is not Bound.SINCE:
            assert str(found.latest) == said["latest"], said["words"]
