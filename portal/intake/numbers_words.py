"""The words of patterns, places and months in tables of counts, for the public page and for the desk."""

import re
from collections.abc import Mapping
from typing import Any

from portal.intake.numbers import ALL, UNKNOWN, Numbers
from portal.web.locale import gettext as _
from portal.web.locale import language, number
from portal.web.locale import lazy_gettext as _l

MONTHS: tuple[Any, ...] = (
    _l("Farvardin"),
    _l("Ordibehesht"),
    _l("Khordad"),
    _l("Tir"),
    _l("Mordad"),
    _l("Shahrivar"),
    _l("Mehr"),
    _l("Aban"),
    _l("Azar"),
    _l("Dey"),
    _l("Bahman"),
    _l("Esfand"),
)

PATTERN_WORDS: Mapping[str, Any] = {
    "questionnaires": _l("Questionnaires beforehand"),
    "threats": _l("Threats beforehand"),
    "sorting": _l("Sorting of prisoners"),
    "transfers": _l("Sudden transfers"),
    "rearrest": _l("Arrested again"),
    "contact_cut": _l("Visits cut off"),
    "commission": _l("Before a commission"),
    "family_told": _l("Burial place withheld"),
    "belongings": _l("Belongings and undertakings"),
    "mourning_ban": _l("Mourning forbidden"),
    "grave_disturbed": _l("Burial place disturbed"),
    "reprisals": _l("Reprisals"),
}
"""A pattern in a few words, by its code."""

PATTERN_SENTENCES: Mapping[str, Any] = {
    "questionnaires": _l("Unexpected interrogations, or long written questions about opinions, beforehand."),
    "threats": _l("Somebody was threatened beforehand that prisoners would be “dealt with”."),
    "sorting": _l("Prisoners were sorted by how firmly they held to their beliefs."),
    "transfers": _l("Prisoners were moved suddenly between prisons, without explanation."),
    "rearrest": _l("People were arrested again who had been released years earlier."),
    "contact_cut": _l("Visits, calls or letters were cut off."),
    "commission": _l("Somebody was brought before a commission."),
    "family_told": _l("The family was told of the killing, and not of the place of burial."),
    "belongings": _l("Belongings were handed back, or the family had to sign a form."),
    "mourning_ban": _l("Mourning, flowers, gatherings or gravestones were forbidden."),
    "grave_disturbed": _l("A burial place was disturbed."),
    "reprisals": _l("Relatives who asked questions were summoned, prosecuted, imprisoned or ill-treated."),
}

SIDES: Mapping[str, Any] = {
    "prison": _l("Prison"),
    "province": _l("Province"),
    "region": _l("Region"),
}

REGIONS: Mapping[str, Any] = {
    "north region": _l("North of the country"),
    "south region": _l("South of the country"),
    "north-west region": _l("North-west of the country"),
    "west region": _l("West of the country"),
    "east region": _l("East of the country"),
    "region not known": _l("Region not known"),
    "province of no known name": _l("Province not known"),
}

_LEAF = re.compile(r"(\d{4})-(\d{2})")
_OUTSIDE = re.compile(r"(before|after) (\d{4})")
_YEAR_ALONE = re.compile(r"(\d{4}), season unknown")


def time_words(code: str) -> str:
    """Write a category of time in the reader's words: a month of 1367, or another year whole."""
    if code == ALL:
        return _("All times")
    if code == UNKNOWN:
        return _("Time not known")
    if found := _LEAF.fullmatch(code):
        return f"{MONTHS[int(found[2]) - 1]} {number(found[1])}"
    if found := _OUTSIDE.fullmatch(code):
        year = number(found[2])
        return _("Before %(year)s", year=year) if found[1] == "before" else _("After %(year)s", year=year)
    if found := _YEAR_ALONE.fullmatch(code):
        return _("%(year)s, month not known", year=number(found[1]))
    return number(code)


def place_words(code: str, numbers: Numbers) -> str:
    """Name a place as the table's names say it; a place that has none is called as the table calls it."""
    if code == ALL:
        return _("All places")
    if code == UNKNOWN:
        return _("Place not known")
    if code in REGIONS:
        return str(REGIONS[code])
    return numbers.names.get(code, {}).get(language(), code)


def tick_words(code: str) -> str:
    """Write the short word under a column of time."""
    if found := _LEAF.fullmatch(code):
        return str(MONTHS[int(found[2]) - 1]) if found[2] != "01" else number(found[1])
    return number(code)
