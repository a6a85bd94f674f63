"""What a file is, by its first bytes, and what it may be called."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.media import _MAGIC, HEAD_SIZE, OPAQUE, SHOWN_AS_IMAGE, file_name, kind_of

ANY_NAME = st.text(max_size=400)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"%PDF-1.7", "application/pdf"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x20ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x20ftyp3gp5", "video/3gpp"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"#!AMR\n", "audio/amr"),
    ],
)
def test_a_file_is_what_its_first_bytes_show(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind


@pytest.mark.parametrize(
    "head", [b"", b"\xff", b"<html><script>", b"<svg onload=x>", b"MZ\x90", b"PK\x03\x04", b" %PDF"]
)
def test_everything_else_is_opaque(head: bytes) -> None:
    assert kind_of(head) == OPAQUE


@given(st.binary(max_size=HEAD_SIZE))
def test_no_bytes_are_ever_called_anything_that_runs(head: bytes) -> None:
    assert kind_of(head) in {kind for _, _, kind in _MAGIC} | {OPAQUE}
    assert "html" not in kind_of(head)
    assert "svg" not in kind_of(head)


@given(st.sampled_from(_MAGIC), st.binary(max_size=200))
def test_what_follows_the_first_bytes_changes_nothing(magic: tuple[int, bytes, str], tail: bytes) -> None:
    offset, sign, _ = magic
    head = bytes(offset) + sign
    assert kind_of((head + tail)[:HEAD_SIZE]) == kind_of(head) or offset == 4


def test_only_pictures_are_shown_as_pictures() -> None:
    assert all(kind.startswith("image/") and kind != "image/svg+xml" for kind in SHOWN_AS_IMAGE)


@given(ANY_NAME)
def test_a_name_is_never_empty_never_a_path_and_holds_no_control_sign(given_: str) -> None:
    name = file_name(given_)
    assert 0 < len(name) <= 200
    assert not set(name) & {"/", "\\", "\x00", "\n", "\r", "\u202e"}
    assert name not in {".", ".."}
    assert not {unicodedata.category(sign) for sign in name.replace("\u200c", "")} & {"Cc", "Cf", "Cs"}


@given(ANY_NAME)
def test_a_name_that_is_clean_stays_as_it_is(given_: str) -> None:
    once = file_name(given_)
    assert file_name(once) == once


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("letter.jpg", "letter.jpg"),
        ("C:\\Users\\nasrin\\letter.jpg", "letter.jpg"),
        ("/home/nasrin/letter.jpg", "letter.jpg"),
        ("../../etc/passwd", "passwd"),
        ("نامهٔ می‌خواهم.jpg", "نامهٔ می‌خواهم.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("", "file"),
        ("..", "file"),
        (" . ", "file"),
        ("a\x00b.jpg", "ab.jpg"),
        ("x" * 300 + ".jpg", "x" * 196 + ".jpg"),
    ],
)
def test_names_as_browsers_send_them(given_: str, kept: str) -> None:
    assert file_name(given_) == kept
