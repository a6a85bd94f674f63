"""Languages: catalogues with fallbacks, digits, days in the reader's calendar, a page in two languages."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from visits import said

from portal.config import Face
from portal.permissions import Access
from portal.web import locale
from portal.web.forms import PortalForm, normal_lines
from portal.web.guard import Pages
from portal.web.languages import FINISHED
from portal.web.locale import day, gettext, latin_digits, lazy_gettext, moment, ngettext, number, size

Make = Callable[..., Flask]


@pytest.fixture
def app(with_pages: Make) -> Flask:
    return with_pages()


@pytest.fixture
def persian(app: Flask) -> object:
    with app.test_request_context("/fa/"):
        app.preprocess_request()
        yield


@pytest.fixture
def english(app: Flask) -> object:
    with app.test_request_context("/en/"):
        app.preprocess_request()
        yield


@pytest.mark.usefixtures("persian")
def test_persian_pages_count_with_persian_digits() -> None:
    assert number(1988) == "۱۹۸۸"
    assert number("12:30") == "۱۲:۳۰"


@pytest.mark.usefixtures("english")
def test_english_pages_count_with_latin_digits() -> None:
    assert number(1988) == "1988"


@given(st.integers(0, 10**12))
def test_persian_and_arabic_digits_are_read_as_numbers(value: int) -> None:
    for zero in ("۰", "٠"):
        written = "".join(chr(ord(zero) + int(digit)) for digit in str(value))
        assert latin_digits(written) == str(value)


@pytest.mark.parametrize(
    ("gregorian", "solar", "english"),
    [
        (date(1988, 7, 28), "۶ مرداد ۱۳۶۷", "28 July 1988"),
        (date(1989, 3, 20), "۲۹ اسفند ۱۳۶۷", "20 March 1989"),
        (date(1989, 3, 21), "۱ فروردین ۱۳۶۸", "21 March 1989"),
        (date(2026, 11, 22), "۱ آذر ۱۴۰۵", "22 November 2026"),
    ],
)
def test_days_are_written_in_the_readers_calendar(
    app: Flask, gregorian: date, solar: str, english: str
) -> None:
    for code, written in (("fa", solar), ("en", english)):
        with app.test_request_context(f"/{code}/"):
            app.preprocess_request()
            assert day(gregorian) == written
            assert day(datetime.combine(gregorian, time(23, 59), UTC)) == written


def test_moments_are_written_with_their_time(app: Flask) -> None:
    when = datetime(1988, 7, 28, 4, 5, tzinfo=UTC)
    for code, written in (("fa", "۶ مرداد ۱۳۶۷، ۰۴:۰۵"), ("en", "28 July 1988, 04:05")):
        with app.test_request_context(f"/{code}/"):
            app.preprocess_request()
            assert moment(when) == written


@pytest.mark.usefixtures("english")
def test_sizes_are_rounded_up_so_that_nothing_is_nothing() -> None:
    assert [size(length) for length in (0, 1, 1024, 1025, 1024 * 1024, 26_000_000)] == [
        "0 kB",
        "1 kB",
        "1 kB",
        "2 kB",
        "1.0 MB",
        "24.8 MB",
    ]


@pytest.mark.usefixtures("persian")
def test_words_are_looked_up_in_every_features_catalogue() -> None:
    found = {
        gettext(message)
        for message in ("Your account", "Somebody else changed this while you had it open.", "Sign in")
    }
    assert not any(text.isascii() for text in found)


@pytest.mark.usefixtures("persian")
def test_what_no_catalogue_knows_is_said_as_written() -> None:
    assert gettext("A sentence that nobody has translated.") == "A sentence that nobody has translated."
    assert ngettext("%(num)s odd thing", "%(num)s odd things", 3) == "۳ odd things"


@pytest.mark.parametrize("code", ["fa", "en"])
def test_nothing_said_stays_nothing_and_never_shows_a_catalogues_header(app: Flask, code: str) -> None:
    with app.test_request_context(f"/{code}/"):
        app.preprocess_request()
        assert gettext("") == ""


def test_a_language_without_catalogues_falls_back_to_the_plain_words() -> None:
    assert locale.translations("xx").gettext("Skip") == "Skip"


def test_outside_a_page_the_first_language_speaks() -> None:
    assert locale.language() == "fa"


def test_a_label_is_said_in_the_language_of_the_page_that_shows_it(app: Flask) -> None:
    label, texts = lazy_gettext("Skip"), set()
    for code in FINISHED:
        with app.test_request_context(f"/{code}/"):
            app.preprocess_request()
            texts.add(str(label))
    assert len(texts) == 2


def test_catalogues_are_compiled_from_the_files_of_the_package() -> None:
    assert {path.stem for path in (locale.PACKAGE / "translations" / "fa").glob("*.po")} >= {
        "intake",
        "staff",
        "web",
    }


@pytest.mark.parametrize(("code", "direction"), [("fa", "rtl"), ("en", "ltr")])
def test_a_page_says_its_language_and_direction(app: Flask, code: str, direction: str) -> None:
    page = app.test_client().get(f"/{code}/").text
    assert f'<html lang="{code}" dir="{direction}"' in page


def test_a_language_that_is_not_offered_is_not_there(app: Flask) -> None:
    assert app.test_client().get("/de/").status_code == 404


@pytest.mark.parametrize(
    ("asked", "language"),
    [("fa", "fa"), ("en-GB,en;q=0.9", "en"), ("de", "fa"), ("", "fa"), ("de, en;q=0.5, fa;q=0.4", "en")],
)
def test_the_first_page_comes_in_a_language_that_the_browser_asks_for(
    app: Flask, asked: str, language: str
) -> None:
    answer = app.test_client().get("/", headers={"Accept-Language": asked})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/{language}/")


# the same page in another language


@pytest.mark.parametrize(
    ("address", "other"),
    [
        ("/en/", "/fa/"),
        ("/en/account", "/fa/account"),
        ("/en/account?change=1", "/fa/account?change=1"),
        ("/en/?a=1&a=2&b=%D9%86%20x%26y", "/fa/?a=1&amp;a=2&amp;b=%D9%86+x%26y"),
        ("/en/nothing/here", "/fa/"),
    ],
)
def test_changing_the_language_keeps_the_page_and_what_it_was_asked(
    app: Flask, address: str, other: str
) -> None:
    assert f'href="{other}" lang="fa"' in app.test_client().get(address).text


@pytest.mark.parametrize(
    "query",
    [
        "endpoint=x",
        "_method=PUT",
        "_scheme=javascript&_external=1",
        "_anchor=x",
        "language=xx",
        "values=1",
        "_external=1",
    ],
)
def test_no_query_breaks_a_page_or_bends_its_links(app: Flask, query: str) -> None:
    answer = app.test_client().get(f"/en/?{query}")
    assert answer.status_code == 200
    assert 'href="javascript' not in answer.text
    assert 'href="/fa/?' in answer.text


@pytest.mark.parametrize(
    ("address", "other"), [("/en/trial/one/send", "/fa/trial/one"), ("/en/list/send", "/fa/list/")]
)
def test_the_answer_to_a_form_leads_to_the_page_that_asked(
    with_pages: Make, address: str, other: str
) -> None:
    pages = Pages("trial", __name__, face=Face.INTAKE)

    def refused(**_: str) -> str:
        from flask import render_template  # noqa: PLC0415

        return render_template("intake/withdrawn.html")

    pages.page("/trial/<name>", access=Access.PUBLIC)(lambda name: name)
    pages.page("/list/", access=Access.PUBLIC)(_named("listed"))
    for number_, rule in enumerate(("/trial/<name>/send", "/list/send")):
        view = _named(f"send{number_}", refused)
        pages.page(rule, access=Access.PUBLIC, methods=("POST",), token="form")(view)  # type: ignore[arg-type]
    client = with_pages(pages).test_client()
    page = client.post(address).text
    assert f'href="{other}" lang="fa"' in page
    assert client.get(other.replace("&amp;", "&")).status_code == 200


def _named(name: str, view: Callable[..., str] = lambda: "seen") -> Callable[..., str]:
    def made(**values: str) -> str:
        return view(**values)

    made.__name__ = name
    return made


def test_pages_without_a_language_offer_none(app: Flask) -> None:
    for address in ("/static/portal.css", "/static/missing/file", "/"):
        with app.test_request_context(address):
            assert locale._choices("fa") == []


@pytest.mark.parametrize(("code", "words"), [("en", "There is nothing here."), ("fa", "این‌جا چیزی نیست")])
def test_an_address_that_leads_nowhere_is_answered_in_its_language(app: Flask, code: str, words: str) -> None:
    answer = app.test_client().get(f"/{code}/nothing/here")
    assert answer.status_code == 404
    assert f'<html lang="{code}"' in answer.text
    assert words in said(answer)


# forms


@pytest.mark.usefixtures("persian")
def test_a_forms_own_messages_come_from_our_catalogues() -> None:
    from wtforms import IntegerField  # noqa: PLC0415

    class Count(PortalForm):
        count = IntegerField("n")

    form = Count(meta={"csrf": False})
    translations = form.meta.get_translations(form)
    assert translations.gettext("Skip") == gettext("Skip")
    assert translations.ngettext("up to %(max)d", "up to %(max)d", 9) == gettext("Please make it shorter.")
    assert translations.ngettext("%(num)s odd thing", "%(num)s odd things", 1) == "۱ odd thing"


@given(st.text())
def test_lines_end_alike_and_nothing_else_is_touched(text: str) -> None:
    folded = normal_lines(text)
    assert "\r" not in folded
    assert folded == text.replace("\r\n", "\n").replace("\r", "\n")
    assert normal_lines(folded) == folded
