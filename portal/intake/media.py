"""What a file is, by its first bytes; what a browser claims is never believed."""

import unicodedata
from enum import StrEnum
from pathlib import PurePosixPath, PureWindowsPath

HEAD_SIZE = 64
OPAQUE = "application/octet-stream"

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (8, b"WAVE", "audio/wav"),
    (0, b"#!AMR", "audio/amr"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp3g", "video/3gpp"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
)

SHOWN_AS_IMAGE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_LONGEST_NAME = 200


def kind_of(head: bytes) -> str:
    """Return the media type that the first bytes show, or the opaque one."""
    for offset, magic, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return kind
    return OPAQUE


def kind_of_sound(kind: str) -> str:
    """Return the media type of a recording made here: its container is also that of films."""
    return {"video/webm": "audio/webm", "video/mp4": "audio/mp4"}.get(kind, kind)


def file_name(given: str) -> str:
    """Return the last part of a file's name without control or direction characters; never empty."""
    last = PurePosixPath(PureWindowsPath(given).name).name
    clean = "".join(
        sign for sign in last if unicodedata.category(sign) not in {"Cc", "Cf", "Cs"} or sign == "\u200c"
    )
    return clean.strip(" .")[-_LONGEST_NAME:] or "file"


class Sort(StrEnum):
    """What a source says a file is."""

    LETTER = "letter"
    PHOTOGRAPH = "photograph"
    OFFICIAL = "official"
    WILL = "will"
    LIST = "list"
    RECORDING = "recording"
    FILM = "film"
    PRINTED = "printed"
    DRAWING = "drawing"
    OTHER = "other"
