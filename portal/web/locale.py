"""Languages: gettext catalogues read at start, digits, and days in the calendar of the reader."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy
from flask import Flask, current_app, g, has_request_context, request, url_for
from persiantools.jdatetime import JalaliDate
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from portal.config import PACKAGE
from portal.web.tables import labelled

# Complete languages only; a further one is offered when its catalogue is finished.
LANGUAGES = {"fa": "فارسی", "en": "English"}
RIGHT_TO_LEFT = frozenset({"fa", "ar", "ckb"})
FIRST = "fa"
_MIB = 1024 * 1024

_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_LATIN_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_MONTHS = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور",
    "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip


class LanguageConverter(BaseConverter):
    """A language in a URL: only those that are offered."""

    regex = "|".join(LANGUAGES)


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
    """Return the language of the page being made."""
    return str(g.get("language", FIRST)) if has_request_context() else FIRST


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
    text = str(value)
    if language() != "fa":
        return text
    return (text.replace(".", "٫") if isinstance(value, float) else text).translate(_PERSIAN_DIGITS)


def latin_digits(text: str) -> str:
    """Fold Persian and Arabic digits to Latin ones, for parsing only."""
    return text.translate(_LATIN_DIGITS)


def day(value: date) -> str:
    """Write a day in words: Solar Hijri in Persian, Gregorian elsewhere."""
    plain = value.date() if isinstance(value, datetime) else value
    if language() == "fa":
        solar = JalaliDate(plain)  # type: ignore[no-untyped-call]  # persiantools ships no types
        return f"{number(solar.day)} {_MONTHS[solar.month - 1]} {number(solar.year)}"
    return _in_english(plain)


@lru_cache(maxsize=1024)
def _in_english(value: date) -> str:
    return format_date(value, "d MMMM yyyy", locale="en")


def moment(value: datetime) -> str:
    """Write a moment (UTC): the day and the time."""
    return (
        f"{day(value)}، {number(value.strftime('%H:%M'))}"
        if language() == "fa"
        else f"{day(value)}, {value:%H:%M}"
    )


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


def install(app: Flask) -> None:
    """Teach the app its languages: URL converter, gettext in templates, filters."""
    app.url_map.converters["language"] = LanguageConverter
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(_looked_up, _looked_up_counted, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.filters |= {"number": number, "day": day, "moment": moment, "size": size}
    app.jinja_env.filters["labelled"] = labelled

    @app.url_value_preprocessor
    def _pull_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
        del endpoint
        # An address that leads nowhere still says in which language it was asked for.
        asked = request.path.split("/")[1]
        found = {} if values is None else values
        g.language = found.pop("language", asked if asked in LANGUAGES else FIRST)

    @app.url_defaults
    def _add_language(endpoint: str, values: dict[str, Any]) -> None:
        if app.url_map.is_endpoint_expecting(endpoint, "language"):
            values.setdefault("language", language())

    @app.context_processor
    def _context() -> dict[str, Any]:
        code = language()
        return {"lang": code, "dir": direction(code), "languages": _choices(code)}


def direction(code: str) -> str:
    """Return the direction in which a language is written."""
    return "rtl" if code in RIGHT_TO_LEFT else "ltr"


def _choices(current: str) -> list[dict[str, Any]]:
    """Return this same page in every language; a form's answer leads to the page that asked."""
    found = _readable(request.path)
    if found is None:
        return []
    endpoint, values = found
    asked = f"?{urlencode(list(request.args.items(multi=True)))}" if request.args else ""
    return [
        {
            "label": label,
            "lang": code,
            "dir": direction(code),
            "url": url_for(endpoint, **{**values, "language": code}) + asked,
            "current": code == current,
        }
        for code, label in LANGUAGES.items()
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
