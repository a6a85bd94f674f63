"""Shown copies of pictures: the same dots, nothing beside them; whatever is no whole picture is refused."""

import struct
import zlib

import pytest
from drawn_pictures import SECRET, SIGNATURE, a_jpeg, a_png, a_webp, chunk, chunks_of, exif, part, segment
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.registry.pictures.reading import plain

TEXTS = [(b"tEXt", b"Comment\0" + SECRET), (b"eXIf", b"II*\0" + SECRET), (b"iCCP", b"x\0\0" + SECRET)]
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
MOST = 10_000


def dots_of(png: bytes) -> bytes:
    place = png.index(b"IDAT")
    (length,) = struct.unpack_from(">I", png, place - 4)
    return zlib.decompress(png[place + 4 : place + 4 + length])


@pytest.mark.parametrize("colour", [0, 2, 4, 6])
def test_a_png_keeps_its_dots_and_nothing_of_what_was_written_beside_them(colour: int) -> None:
    sent = a_png(colour=colour, beside=[*TEXTS, (b"gAMA", struct.pack(">I", 45455))])
    shown = plain(sent + b"PK\x03\x04" + SECRET)
    assert (shown.media_type, shown.width, shown.height) == ("image/png", 40, 30)
    assert chunks_of(shown.data) == [b"IHDR", b"gAMA", b"IDAT", b"IEND"]
    assert SECRET not in shown.data
    assert dots_of(shown.data) == dots_of(sent)


def test_a_moving_png_stands_still() -> None:
    moving = a_png(beside=[(b"acTL", bytes(8)), (b"fcTL", bytes(26))])
    assert chunks_of(plain(moving).data) == [b"IHDR", b"IDAT", b"IEND"]


@pytest.mark.parametrize("woven_rows", [1, 5, 30])
def test_a_woven_png_is_known_by_the_bytes_of_its_seven_passes(woven_rows: int) -> None:
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    size = sum(
        len(range(y, woven_rows, down)) * (1 + len(range(x, 40, across)))
        for x, y, across, down in passes
        if range(x, 40, across)
    )
    assert plain(a_png(40, woven_rows, woven=1, dots=zlib.compress(bytes(size)))).height == woven_rows
    with pytest.raises(InvalidError):
        plain(a_png(40, woven_rows, woven=1, dots=zlib.compress(bytes(size + 1))))


@pytest.mark.parametrize(
    "beside",
    [
        exif(),
        segment(0xFE, SECRET),
        segment(0xE2, b"ICC_PROFILE\0\1\1" + SECRET),
        segment(0xED, b"Photoshop 3.0\0" + SECRET),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET),
    ],
)
def test_a_jpeg_keeps_its_dots_and_nothing_of_what_was_written_beside_them(beside: bytes) -> None:
    shown = plain(a_jpeg(beside=beside) + SECRET + SVG)
    assert shown.data == a_jpeg()
    assert (shown.media_type, shown.width, shown.height) == ("image/jpeg", 16, 16)


@pytest.mark.parametrize(("turned", "size"), [(1, (24, 16)), (3, (24, 16)), (6, (16, 24)), (8, (16, 24))])
def test_a_jpeg_stays_the_right_way_up(turned: int, size: tuple[int, int]) -> None:
    shown = plain(a_jpeg(24, 16, beside=exif(turned)))
    assert (shown.width, shown.height) == size
    assert (b"Exif" in shown.data) is (turned > 1)
    assert SECRET not in shown.data
    assert plain(shown.data) == shown


def test_what_colours_rest_on_stays_with_a_jpeg() -> None:
    adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0\1" + SECRET)
    shown = plain(a_jpeg(beside=segment(0xE0, b"JFIF\0\1\2\1\0\x48\0\x48\2\2" + SECRET) + adobe))
    assert segment(0xEE, b"Adobe\0\x64\0\0\0\0\1") in shown.data
    assert segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") in shown.data
    assert SECRET not in shown.data


@pytest.mark.parametrize("clear", [b"", b"\0" * 5])
def test_a_webp_keeps_its_picture_and_nothing_beside_it(clear: bytes) -> None:
    more = part(b"VP8X", b"\x2c" + bytes(9)) + part(b"EXIF", SECRET) + part(b"XMP ", SECRET)
    shown = plain(a_webp(300, 200, beside=more, clear=clear))
    assert (shown.media_type, shown.width, shown.height) == ("image/webp", 300, 200)
    assert SECRET not in shown.data
    assert plain(shown.data) == shown


def bomb() -> bytes:
    """A few kilobytes that say they are a small picture and unpack to hundreds of megabytes."""
    packing = zlib.compressobj(9)
    packed = b"".join(packing.compress(bytes(1 << 20)) for _ in range(300)) + packing.flush()
    return a_png(dots=packed)


HOSTILE = {
    "nothing": b"",
    "a drawing of commands": SVG,
    "a page": b"<!doctype html><script>alert(1)</script>",
    "a document": b"%PDF-1.4\n",
    "a moving picture": b"GIF89a" + bytes(40),
    "a drawing behind the first bytes of a picture": SIGNATURE + SVG,
    "a picture that begins and stops": a_jpeg()[:40],
    "a picture without its end": a_jpeg()[:-2],
    "a picture without its dots": a_jpeg()[: a_jpeg().index(b"\xff\xda")] + b"\xff\xd9",
    "dots before any size": b"\xff\xd8" + segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\0\xff\xd9",
    "two sizes": a_jpeg(beside=segment(0xC0, struct.pack(">BHHB", 8, 16, 16, 1) + b"\x01\x11\0")),
    "a table with room behind it": a_jpeg(beside=segment(0xDB, b"\0" + b"\x10" * 64 + SECRET)),
    "arithmetic codes": a_jpeg().replace(b"\xff\xc0", b"\xff\xc9"),
    "no dot": a_jpeg(0, 16),
    "a hundred million dots": a_jpeg(10_000, 10_000),
    "a very long line": a_png(60_000, 2),
    "a hundred million dots of another kind": a_png(10_000, 10_000, dots=zlib.compress(b"")),
    "a PNG cut off": a_png()[:-20],
    "a PNG whose sum is wrong": a_png()[:-1] + b"\0",
    "a PNG with too few dots": a_png(dots=zlib.compress(bytes(100))),
    "a PNG with more dots than it says": a_png(dots=zlib.compress(bytes(41 * 30 + 1))),
    "a PNG with something behind its dots": a_png(dots=zlib.compress(bytes(41 * 30)) + SECRET),
    "a PNG whose dots are noise": a_png(dots=b"noise" * 9),
    "a PNG of no known colour": a_png(colour=5),
    "a PNG with an unknown part": a_png(beside=[(b"ABCD", SECRET)]),
    "a PNG that begins twice": a_png(beside=[(b"IHDR", struct.pack(">IIBBBBB", 40, 30, 8, 0, 0, 0, 0))]),
    "a PNG that never begins": SIGNATURE + chunk(b"IEND", b""),
    "a WebP cut off": a_webp()[:-9],
    "a WebP that moves": a_webp(beside=part(b"ANIM", bytes(6))),
    "a WebP with two pictures": a_webp(beside=part(b"VP8L", b"\x2f" + bytes(9))),
    "a WebP of noise": b"RIFF" + struct.pack("<I", 20) + b"WEBP" + part(b"VP8 ", b"noisenoise"),
    "scan upon scan": a_jpeg(dots=(b"\0" + segment(0xDA, b"\x01\x01\0\0\x3f\0")) * 200 + b"\0"),
}


@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_whole_picture_is_refused(sent: bytes) -> None:
    with pytest.raises(InvalidError):
        plain(sent)


def test_a_picture_that_unpacks_without_end_is_stopped_after_what_it_said() -> None:
    with pytest.raises(InvalidError):
        plain(bomb())


WHOLE = [a_png(), a_png(beside=TEXTS), a_jpeg(beside=exif(6)), a_webp(beside=part(b"EXIF", SECRET))]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(WHOLE), st.integers(0, 400), st.binary(max_size=6), st.integers(0, 6))
def test_whatever_is_changed_in_a_picture_it_is_refused_or_written_without_what_stood_beside_it(
    whole: bytes, at: int, put: bytes, cut: int
) -> None:
    try:
        shown = plain(whole[:at] + put + whole[at + cut :])
    except InvalidError:
        return
    assert plain(shown.data) == shown
    assert len(shown.data) <= len(whole) + len(put)
