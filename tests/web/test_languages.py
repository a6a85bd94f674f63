"""The table of languages, which of them are offered, and what pages say in a translation not finished."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from visits import said

from portal.config import Face
from portal.errors import UnavailableError
from portal.web import catalogues
from portal.web.languages import FINISHED, LANGUAGES
from portal.web.locale import day, language, moment, number

Make = Callable[..., Flask]
ALL = tuple(LANGUAGES)
PREPARED = [code for code in LANGUAGES if code not in FINISHED]
WAYS = ("", "safe", "you", "how", "told", "account", "people", "documents", "permissions", "check", "support")


@pytest.fixture
def app(with_pages: Make) -> Flask:
    return with_pages(intake_languages=ALL)


@pytest.mark.parametrize(
    ("code", "direction", "count", "fraction", "when"),
    [
        ("fa", "rtl", "۱۹۸۸", "۱٫۵", "۶ مرداد ۱۳۶۷"),
        ("en", "ltr", "1988", "1.5", "28 July 1988"),
        ("ar", "rtl", "1988", "1.5", "28 يوليو 1988"),
        ("ckb", "rtl", "١٩٨٨", "١٫٥", "٢٨ی تەمووزی ١٩٨٨"),
        ("az", "ltr", "1988", "1,5", "28 iyul 1988"),
        ("fr", "ltr", "1988", "1,5", "28 juillet 1988"),
        ("de", "ltr", "1988", "1,5", "28. Juli 1988"),
        ("sv", "ltr", "1988", "1,5", "28 juli 1988"),
    ],
)
def test_direction_digits_and_days_are_those_of_the_language(
    app: Flask, code: str, direction: str, count: str, fraction: str, when: str
) -> None:
    page = app.test_client().get(f"/{code}/safe").text
    assert f'<html lang="{code}" dir="{direction}"' in page
    step = re.search(r'<p class="step">(.*?)</p>', page)
    with app.test_request_context(f"/{code}/safe"):
        app.preprocess_request()
        assert (number(1988), number(1.5), day(date(1988, 7, 28))) == (count, fraction, when)
        comma = "،" if direction == "rtl" else ","
        assert moment(datetime(1988, 7, 28, 4, 5, tzinfo=UTC)) == f"{when}{comma} {number('04:05')}"
        assert step is not None
        assert number(1) in step[1]


def test_a_whole_number_keeps_a_point_that_is_none_of_its_own(app: Flask) -> None:
    with app.test_request_context("/de/safe"):
        app.preprocess_request()
        assert number("1.2.3") == "1.2.3"


def test_only_the_finished_ones_are_offered_unless_somebody_says_otherwise(with_pages: Make) -> None:
    client = with_pages().test_client()
    assert [client.get(f"/{code}/").status_code for code in ALL] == [200, 200] + [404] * len(PREPARED)


@pytest.mark.parametrize("codes", [(), ("de",), ("fa", "xx")])
def test_a_face_without_a_finished_language_or_with_an_unknown_one_does_not_start(
    with_pages: Make, codes: tuple[str, ...]
) -> None:
    with pytest.raises(UnavailableError, match="Languages: name some of fa, en, ar"):
        with_pages(intake_languages=codes)


def test_a_face_without_persian_begins_with_what_is_named_first(with_pages: Make) -> None:
    client = with_pages(intake_languages=("en", "sv")).test_client()
    assert client.get("/", headers={"Accept-Language": "fr"}).headers["Location"] == "/en/"
    assert client.get("/", headers={"Accept-Language": "sv-SE"}).headers["Location"] == "/sv/"
    assert '<html lang="en"' in client.get("/fa/").text


@pytest.mark.parametrize("code", PREPARED)
def test_every_page_of_a_prepared_language_says_so_in_it_and_in_english(app: Flask, code: str) -> None:
    unfinished = "This translation is not finished. Most pages are still in English."
    shell = {one.id: one.string for one in catalogues.read(code, "shell")}
    client = app.test_client()
    for way in WAYS:
        page = client.get(f"/{code}/{way}", follow_redirects=True)
        assert page.status_code == 200, way
        text = said(page)
        assert unfinished in text
        assert shell[unfinished] in text
        assert shell["Leave this page"] in text
        for finished in FINISHED:
            assert re.search(rf'<a href="/{finished}/[^"]*" lang="{finished}"', page.text)


@pytest.mark.parametrize("code", PREPARED)
def test_content_that_has_no_words_yet_is_marked_as_english(app: Flask, code: str) -> None:
    client = app.test_client()
    page = client.get(f"/{code}/account").text
    direction = LANGUAGES[code].direction
    assert f'<html lang="{code}" dir="{direction}"' in page
    assert '<main id="main" tabindex="-1" lang="en" dir="ltr">' in page
    assert '<title lang="en" dir="ltr">' in page
    with app.test_request_context(f"/{code}/account"):
        app.preprocess_request()
        assert language() == "en"


@pytest.mark.parametrize("code", PREPARED)
def test_what_every_language_speaks_has_no_english_left_in_it(app: Flask, code: str) -> None:
    client, english = app.test_client(), [one.id for one in catalogues.read(code, "shell") if one.id]
    pages = [client.get(f"/{code}/").text]
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(f"/{code}/safe").text)
    assert token is not None
    for where in ("", "own", "shared", "iran"):
        given = {"csrf_token": token[1], "where": where}
        pages.append(client.post(f"/{code}/safe", data=given).text)
    for page in pages:
        main = page[page.index("<main") : page.index("</main>")]
        assert '<main id="main" tabindex="-1">' in main
        shown = " ".join(re.sub(r"<[^>]+>", " ", main).split())
        assert [one for one in english if len(str(one)) > 8 and str(one) in shown] == []


@pytest.mark.parametrize("code", PREPARED)
def test_what_went_wrong_is_said_in_every_language(app: Flask, code: str) -> None:
    shell = {one.id: one.string for one in catalogues.read(code, "shell")}
    client = app.test_client()
    away = client.get(f"/{code}/nothing").text
    assert '<main id="main" tabindex="-1">' in away
    for words in ("There is nothing here.", "To the first page"):
        assert shell[words] in away
        assert words not in away
    late = client.post(f"/{code}/documents/{'0' * 8}-0000-4000-8000-{'0' * 12}/remove", data={}).text
    assert shell["The page was open for too long. Go back, load it again, and send it once more."] in late
    assert 'lang="en"' not in late[late.index("<main") : late.index("</main>")]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", "If you allow it"),
        ("fa", "اگر اجازه بدهید"),
        ("ar", "إذا سمحت"),
        ("ckb", "ئەگەر ڕێگە بدەن"),
        ("az", "İcazə versəniz"),
        ("fr", "Si vous le permettez"),
        ("de", "Wenn Sie es erlauben"),
        ("sv", "Om du tillåter det"),
    ],
)
def test_the_first_page_says_that_reading_is_the_sources_to_allow(app: Flask, code: str, words: str) -> None:
    assert words in said(app.test_client().get(f"/{code}/"))


def test_the_two_finished_languages_say_nothing_of_the_kind(app: Flask) -> None:
    for code in FINISHED:
        page = app.test_client().get(f"/{code}/account").text
        assert "unfinished" not in page
        assert '<main id="main" tabindex="-1">' in page


def test_many_languages_fold_into_one_word_and_two_stand_in_the_open(with_pages: Make) -> None:
    assert "<details" not in with_pages().test_client().get("/en/").text
    page = with_pages(intake_languages=ALL).test_client().get("/en/").text
    assert "<details" in page
    assert re.findall(r'hreflang="(\w+)"', page) == [code for code in ALL if code != "en"]


def test_the_desk_may_offer_one_too_and_speaks_english_in_it(with_pages: Make) -> None:
    client = with_pages(face=Face.DESK, desk_languages=("fa", "en", "de")).test_client()
    page = client.get("/de/sign-in")
    assert page.status_code == 200
    assert "Diese Übersetzung ist nicht fertig." in said(page)
    assert '<main id="main" tabindex="-1" lang="en" dir="ltr">' in page.text


def test_every_language_is_called_as_its_speakers_call_it() -> None:
    for one in LANGUAGES.values():
        assert one.locale.language == one.code
        assert str(one.locale.display_name) in one.name
