"""What travels compressed, and what never does."""

import gzip
from collections.abc import Callable

import pytest
from flask import Flask

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def app(with_pages: Callable[..., Flask]) -> Flask:
    return with_pages()


@pytest.mark.parametrize("name", ["portal.css", "js/leave.js", "favicon.svg"])
def test_style_and_scripts_travel_light_and_come_out_the_same(app: Flask, name: str) -> None:
    client = app.test_client()
    plain, light = (client.get(f"/static/{name}", headers=one, buffered=True) for one in ({}, GZIP))
    assert "Content-Encoding" not in plain.headers
    assert light.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(light.data) == plain.data
    assert int(light.headers["Content-Length"]) == len(light.data)
    assert plain.headers["ETag"] != light.headers["ETag"]
    assert all("Accept-Encoding" in one.headers["Vary"] for one in (light, plain))
    assert light.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    part = client.get(f"/static/{name}", headers={**GZIP, "Range": "bytes=0-9"}, buffered=True)
    assert (part.status_code, part.data) == (206, plain.data[:10])
    same = client.get(f"/static/{name}", headers={"If-None-Match": plain.headers["ETag"]}, buffered=True)
    assert same.status_code == 304
    assert client.head(f"/static/{name}", headers=GZIP, buffered=True).data == b""


def test_pages_and_what_is_packed_already_travel_as_they_are(app: Flask) -> None:
    client = app.test_client()
    for address in (
        "/en/",
        "/fa/safe",
        "/en/nothing",
        "/static/fonts/vazirmatn.woff2",
        "/static/favicon.png",
    ):
        answer = client.get(address, headers=GZIP, buffered=True)
        assert "Content-Encoding" not in answer.headers
