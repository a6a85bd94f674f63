"""Languages: gettext catalogues read at start, digits, and days in the calendar of the reader."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date, get_month_names
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy
from flask import Flask, current_app, g, has_request_context, request, url_for
from markupsafe import Markup
from persiantools.jdatetime import JalaliDate
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from portal.config import PACKAGE
from portal.dates.calendars import Calendar
from portal.errors import UnavailableError
from portal.web.languages import FINISHED, FIRST, LANGUAGES, MEANWHILE, spoken
from portal.web.tables import labelled

_MIB = 1024 * 1024
_POINT = ord(".")

_LATIN_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_MONTHS = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور",
    "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip


@cache
def translations(language: str) -> NullTranslations:
    """Compile the language's catalogues, one per feature, into one table held in memory."""
    merged: NullTranslations | None = None
    for path in sorted((PACKAGE / "translations" / language).glob("*.po")):
        with path.open("rb") as source, BytesIO() as compiled:
            write_mo(compiled, read_po(source, locale=language))
            compiled.seek(0)
            part = GNUTranslations(compiled)
        if merged is not None:
            part.add_fallback(merged)
        merged = part
    return merged or NullTranslations()


def language() -> str:
    """Return the language in which the content of the page being made speaks."""
    return str(g.get("spoken") or g.get("language", FIRST)) if has_request_context() else FIRST


def language_of_page() -> str:
    """Return the language of the page's address and frame; its content may have to speak another."""
    return str(g.get("language", FIRST)) if has_request_context() else FIRST


def shell(message: str) -> str:
    """Translate for the frame of the page, which speaks the language of the address."""
    return translations(language_of_page()).gettext(message)


def gettext(message: str, **values: Any) -> str:
    """Translate, then fill the named places; nothing stays nothing (gettext keeps its header there)."""
    translated = translations(language()).gettext(message) if message else ""
    return translated % values if values else translated


def ngettext(singular: str, plural: str, n: int, **values: Any) -> str:
    """Translate a counted phrase; ``%(num)s`` is the count in the reader's digits."""
    translated = translations(language()).ngettext(singular, plural, n)
    return translated % {"num": number(n), **values}


lazy_gettext: Callable[[str], Any] = lambda message: LazyProxy(gettext, message, enable_cache=False)  # noqa: E731 - a name for forms


def number(value: object) -> str:
    """Write a number with the reader's digits; a fraction with the reader's decimal sign."""
    signs, text = LANGUAGES[language()].signs, str(value)
    if isinstance(value, float):
        return text.translate(signs)
    return text.translate({sign: digit for sign, digit in signs.items() if sign != _POINT})


def latin_digits(text: str) -> str:
    """Fold Persian and Arabic digits to Latin ones, for parsing only."""
    return text.translate(_LATIN_DIGITS)


def day(value: date) -> str:
    """Write a day in words, in the calendar that the reader's language shows."""
    plain = value.date() if isinstance(value, datetime) else value
    if LANGUAGES[language()].calendar is Calendar.SOLAR:
        solar = JalaliDate(plain)  # type: ignore[no-untyped-call]  # persiantools ships no types
        return f"{number(solar.day)} {_MONTHS[solar.month - 1]} {number(solar.year)}"
    return number(_gregorian(plain, language()))


def month_name(month: int, *, short: bool = False) -> str:
    """Name a month (1 to 12) of the calendar that the reader's language shows."""
    if LANGUAGES[language()].calendar is Calendar.SOLAR:
        return _MONTHS[month - 1]
    return str(get_month_names("abbreviated" if short else "wide", locale=language())[month])


@lru_cache(maxsize=1024)
def _gregorian(value: date, code: str) -> str:
    return format_date(value, "d MMMM yyyy" if code == "en" else "long", locale=code)


def moment(value: datetime) -> str:
    """Write a moment (UTC): the day and the time."""
    comma = "، " if LANGUAGES[language()].direction == "rtl" else ", "
    return f"{day(value)}{comma}{number(value.strftime('%H:%M'))}"


def size(length: int) -> str:
    """Write a file's size in kilobytes, megabytes or gigabytes, rounded up."""
    if length < _MIB:
        return gettext("%(n)s kB", n=number(-(-length // 1024)))
    if length >= 1024 * _MIB:
        gigabytes = round(length / (1024 * _MIB), 1)
        return gettext("%(n)s GB", n=number(int(gigabytes) if gigabytes.is_integer() else gigabytes))
    return gettext("%(n)s MB", n=number(round(length / _MIB, 1)))


def _looked_up(message: str) -> str:
    return translations(language()).gettext(message)


def _looked_up_counted(singular: str, plural: str, n: int) -> str:
    return translations(language()).ngettext(singular, plural, n)


def install(app: Flask, codes: Sequence[str]) -> None:
    """Teach the app its languages: URL converter, gettext in templates, filters.

    ``codes`` are those of the languages to be offered. Raises `UnavailableError` for one that
    is not in the table, and when none of them is finished.
    """
    if not codes or set(codes) - set(LANGUAGES) or not set(codes) & set(FINISHED):
        raise UnavailableError(
            f"Languages: name some of {', '.join(LANGUAGES)}, and at least one of {', '.join(FINISHED)}."
        )
    app.extensions["portal_languages"] = tuple(codes)
    converter = type("LanguageConverter", (BaseConverter,), {"regex": "|".join(codes)})
    app.url_map.converters["language"] = converter
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(_looked_up, _looked_up_counted, newstyle=True)  # type: ignore[attr-defined] # made by its extension
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.filters |= {"number": number, "day": day, "moment": moment, "size": size}
    app.jinja_env.filters["labelled"] = labelled
    app.jinja_env.globals["shell"] = shell

    @app.url_value_preprocessor
    def _pull_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
        # An address that leads nowhere still says in which language it was asked for.
        asked = request.path.split("/")[1]
        found = {} if values is None else values
        g.language = found.pop("language", asked if asked in codes else first(app))
        g.spoken = spoken(g.language, endpoint)

    @app.url_defaults
    def _add_language(endpoint: str, values: dict[str, Any]) -> None:
        if app.url_map.is_endpoint_expecting(endpoint, "language"):
            values.setdefault("language", language_of_page())

    app.context_processor(_context)


def offered(app: Flask) -> tuple[str, ...]:
    """Return the codes of the languages that this face offers."""
    found: tuple[str, ...] = app.extensions["portal_languages"]
    return found


def first(app: Flask) -> str:
    """Return the language for those who ask for none that is offered: Persian, or else the first named."""
    found = offered(app)
    return FIRST if FIRST in found else found[0]


def _context() -> dict[str, Any]:
    """Give the templates the languages of the page: of its frame, of its content, and to choose from."""
    code, choices = language_of_page(), _choices(language_of_page())
    there = [one for one in choices if one["lang"] in FINISHED]
    return {
        "lang": code,
        "dir": direction(code),
        "languages": choices,
        "speech": _attributes(language(), code),
        "in_english": _attributes(MEANWHILE, code if code not in FINISHED else MEANWHILE),
        "finished": there if code not in FINISHED else [],
    }


def _attributes(spoken_: str, code: str) -> Markup:
    """Return what an element says whose words are in another language than its page's frame."""
    if spoken_ == code:
        return Markup()
    return Markup(' lang="{}" dir="{}"').format(spoken_, direction(spoken_))


def direction(code: str) -> str:
    """Return the direction in which a language is written."""
    return LANGUAGES[code].direction


def _choices(current: str) -> list[dict[str, Any]]:
    """Return this same page in every language; a form's answer leads to the page that asked."""
    found = _readable(request.path)
    if found is None:
        return []
    endpoint, values = found
    asked = f"?{urlencode(list(request.args.items(multi=True)))}" if request.args else ""
    return [
        {
            "label": LANGUAGES[code].name,
            "lang": code,
            "dir": direction(code),
            "url": url_for(endpoint, **{**values, "language": code}) + asked,
            "current": code == current,
        }
        for code in offered(current_app)
    ]


def _readable(path: str) -> tuple[str, dict[str, Any]] | None:
    """Return the page of a language at this address, or else the nearest above it that can be read."""
    adapter = current_app.create_url_adapter(request)
    while adapter is not None and path.strip("/"):
        with suppress(HTTPException):
            endpoint, values = adapter.match(path, method="GET")
            return (endpoint, dict(values)) if "language" in values else None
        path = path.rstrip("/").rpartition("/")[0]
        with suppress(HTTPException):
            endpoint, values = adapter.match(f"{path}/", method="GET")
            return (endpoint, dict(values)) if "language" in values else None
    return None
