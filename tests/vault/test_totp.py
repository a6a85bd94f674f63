"""An authenticator's code is taken once, near its time, in any script."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.vault.totp import accept, code, counter_at, new_secret, typed_secret, uri

RFC6238 = json.loads((Path(__file__).parent / "vectors" / "totp.json").read_text())
SECRET = bytes.fromhex(RFC6238["secret"])
NOW = datetime(2026, 3, 21, 12, 0, 10, tzinfo=UTC)
HALF_MINUTE = timedelta(seconds=30)


@pytest.mark.parametrize("vector", RFC6238["vectors"], ids=lambda vector: str(vector["time"]))
def test_the_vectors_of_rfc_6238_hold(vector: dict[str, int | str]) -> None:
    moment = datetime.fromtimestamp(int(vector["time"]), tz=UTC)
    assert code(SECRET, moment) == vector["code"]
    assert accept(SECRET, str(vector["code"]), moment, None) == int(vector["time"]) // 30


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_half_a_minute_off_is_borne(steps: int) -> None:
    shown = code(SECRET, NOW + steps * HALF_MINUTE)
    assert accept(SECRET, shown, NOW, None) == counter_at(NOW) + steps


@pytest.mark.parametrize("steps", [-2, 2, 1000])
def test_a_stale_or_future_code_is_refused(steps: int) -> None:
    assert accept(SECRET, code(SECRET, NOW + steps * HALF_MINUTE), NOW, None) is None


def test_a_code_is_taken_only_once() -> None:
    shown = code(SECRET, NOW)
    counter = accept(SECRET, shown, NOW, None)
    assert counter is not None
    assert accept(SECRET, shown, NOW, counter) is None
    assert accept(SECRET, shown, NOW + HALF_MINUTE, counter) is None
    assert accept(SECRET, code(SECRET, NOW - HALF_MINUTE), NOW, counter) is None
    assert accept(SECRET, code(SECRET, NOW + HALF_MINUTE), NOW, counter) == counter + 1


def test_persian_and_arabic_digits_and_spaces_are_taken() -> None:
    shown = code(SECRET, NOW)
    persian = shown.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    arabic = shown.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    for typed in (persian, arabic, f" {shown[:3]} {shown[3:]} ", f"\u200e{shown}\u200e"):
        assert accept(SECRET, typed, NOW, None) == counter_at(NOW)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "½²³①⑥⑦", "-12345"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    assert accept(SECRET, typed, NOW, None) is None


def test_another_secret_gives_another_code() -> None:
    assert accept(bytes(20), code(SECRET, NOW), NOW, None) is None


def test_a_new_secret_has_160_bits_from_the_chance_given() -> None:
    assert new_secret(lambda size: b"\x01" * size) == b"\x01" * 20
    assert new_secret() != new_secret()


def test_the_app_gets_name_issuer_and_secret() -> None:
    parts = urlsplit(uri(SECRET, "لاله", "Testimony portal"))
    query = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert query["issuer"] == ["Testimony portal"]
    assert query["secret"] == [typed_secret(SECRET).replace(" ", "")]
    assert typed_secret(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
