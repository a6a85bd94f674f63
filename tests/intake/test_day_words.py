"""How a date in a source's words is said back to them: as they said it, and in days of their own calendar."""

import pytest
from builders import Instance

from portal.config import Face
from portal.intake.day_words import understood


@pytest.mark.parametrize(
    ("words", "persian", "english"),
    [
        ("تابستان ۶۷", "تابستان ۱۳۶۷", "summer 1367 (from 22 June 1988 to 22 September 1988)"),
        ("پیش از مرداد ۶۷", "پیش از مرداد ۱۳۶۷", "before Mordad 1367 (22 July 1988 or earlier)"),
        ("after 5 Mordad 1367", "پس از ۵ مرداد ۱۳۶۷", "after 5 Mordad 1367 (28 July 1988 or later)"),
        ("July 1988", "ژوئیه ۱۹۸۸ (از ۱۰ تیر ۱۳۶۷ تا ۹ مرداد ۱۳۶۷)", "July 1988"),
        ("1988-07-27", "۲۷ ژوئیه ۱۹۸۸ (۵ مرداد ۱۳۶۷)", "27 July 1988"),
        (
            "محرم ۱۴۰۹",
            "محرم ۱۴۰۹ قمری (از ۲۱ مرداد ۱۳۶۷ تا ۲۳ شهریور ۱۳۶۷)",
            "Muharram 1409 AH (from 12 August 1988 to 14 September 1988)",
        ),
        ("از سال ١٣٦٠", "از سال ۱۳۶۰", "since 1360"),
        ("before the war", "", ""),
        ("مرداد", "", ""),
        ("", "", ""),
    ],
)
def test_a_date_is_said_back_as_it_was_read(
    sqlite_instance: Instance, words: str, persian: str, english: str
) -> None:
    app = sqlite_instance.app(Face.INTAKE)
    for code, said in (("fa", persian), ("en", english)):
        with app.test_request_context(f"/{code}/check"):
            app.preprocess_request()
            assert understood(words) == said
