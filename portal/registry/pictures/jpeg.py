"""JPEG (ITU-T T.81): tables, frame and scans are written anew; what programs and cameras added is not."""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from portal.registry.pictures.parts import Plain, check_size, damaged, unknown

START = b"\xff\xd8\xff"
_OPEN, _CLOSE = b"\xff\xd8", b"\xff\xd9"
_HUFFMAN, _QUANTISER, _RESTART, _SCAN, _END, _COMMENT = 0xC4, 0xDB, 0xDD, 0xDA, 0xD9, 0xFE
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended and progressive, in Huffman codes: the others no browser shows."""
_APPLICATIONS = range(0xE0, 0xF0)
_JFIF, _EXIF, _ADOBE = 0xE0, 0xE1, 0xEE
_NEXT = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")
"""What ends the coded dots of a scan: a marker that is neither a stuffed byte nor a restart."""
_PLAIN_JFIF = b"JFIF\0\1\1\0\0\1\0\1\0\0"
_ORIENTATION, _SHORT = 274, 3
_SIDEWAYS = 5
_MOST_SCANS = 100
"""A progressive picture has some ten; thousands are made to keep a browser busy."""
_TABLE, _COMPONENTS, _SAMPLING, _OF_ADOBE = 64, 4, 4, 12


@dataclass
class _Anew:
    """A picture as it is written anew, segment by segment."""

    head: bytearray = field(default_factory=lambda: bytearray(_OPEN))
    kept: bytearray = field(default_factory=bytearray)
    size: tuple[int, int] = (0, 0)
    scans: int = 0
    turned: int = 1

    def hear(self, marker: int, body: bytes) -> None:
        """Take from what a program or a camera said the little that the picture is not right without."""
        if marker == _JFIF and body.startswith(b"JFIF\0"):
            self.head += _segment(_JFIF, _PLAIN_JFIF)
        elif marker == _EXIF and body.startswith(b"Exif\0\0"):
            self.turned = _turned(body[6:])
        elif marker == _ADOBE and body.startswith(b"Adobe") and len(body) >= _OF_ADOBE:
            self.kept += _segment(_ADOBE, body[:_OF_ADOBE])  # by which it is known how colours are coded

    def take(self, marker: int, body: bytes, dots: bytes) -> None:
        """Take a part of the picture itself."""
        _check(marker, body)
        if marker in _FRAMES:
            if any(self.size):
                raise damaged()
            self.size = _frame(body)
        self.scans += marker == _SCAN
        if self.scans > _MOST_SCANS or (self.scans and not any(self.size)):
            raise damaged()
        self.kept += _segment(marker, body) + dots


def plain(data: bytes) -> Plain:
    """Write a JPEG anew; which way up it is held is all that is kept of what the camera said."""
    anew = _Anew()
    for marker, body, dots in _segments(data):
        if marker in _APPLICATIONS or marker == _COMMENT:
            anew.hear(marker, body)
        else:
            anew.take(marker, body, dots)
    if not anew.scans:
        raise damaged()
    if anew.turned > 1:
        anew.head += _segment(_EXIF, _exif(anew.turned))
    width, height = anew.size[::-1] if anew.turned >= _SIDEWAYS else anew.size
    return Plain("image/jpeg", width, height, bytes(anew.head + anew.kept) + _CLOSE)


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Give each segment up to the end of the picture: its marker, its body, and the dots behind it."""
    place = len(_OPEN)
    while True:
        if data[place : place + 1] != b"\xff":
            raise damaged()
        while data[place : place + 1] == b"\xff":
            place += 1
        marker = data[place] if place < len(data) else 0
        place += 1
        if marker == _END:
            return
        length = int.from_bytes(data[place : place + 2])
        body = data[place + 2 : place + length]
        if not marker or length < 2 or len(body) != length - 2:  # noqa: PLR2004 - the length counts itself
            raise damaged()
        place += length
        dots = b""
        if marker == _SCAN:
            ends = _NEXT.search(data, place)
            if ends is None:
                raise damaged()
            dots = data[place : ends.start()]
            place = ends.start()
        yield marker, body, dots


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _frame(body: bytes) -> tuple[int, int]:
    """Read the width and the height, in dots."""
    if len(body) < len("PHHWWN"):
        raise damaged()
    height, width = struct.unpack_from(">HH", body, 1)
    check_size(width, height)
    return width, height


def _check(marker: int, body: bytes) -> None:
    """Refuse a segment of another length than its own figures say: behind them is no room for anything."""
    if marker in _FRAMES:
        sampled = [one for byte in body[7::3] for one in (byte >> 4, byte & 15)]
        fits = len(body) == 6 + 3 * body[5] and 1 <= body[5] <= _COMPONENTS
        fits = fits and all(1 <= one <= _SAMPLING for one in sampled)
    elif marker == _SCAN:
        fits = bool(body) and len(body) == 4 + 2 * body[0] and 1 <= body[0] <= _COMPONENTS
    elif marker == _HUFFMAN:
        fits = _exact(body, lambda rest: 17 + sum(rest[1:17]))
    elif marker == _QUANTISER:
        fits = _exact(body, lambda rest: 1 + _TABLE * (2 if rest[0] >> 4 else 1))
    elif marker == _RESTART:
        fits = len(body) == 2  # noqa: PLR2004 - one number of two bytes
    else:
        raise unknown()
    if not fits:
        raise damaged()


def _exact(body: bytes, length: Callable[[bytes], int]) -> bool:
    """Tell whether tables, each as long as it says, fill a segment."""
    while body:
        taken = length(body)
        if taken > len(body):
            return False
        body = body[taken:]
    return True


def _turned(tiff: bytes) -> int:
    """Read which way up the camera was held (Exif 3.0, tag 274): 1, upright, when it does not say."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (place,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, place)
        for number in range(count):
            tag, kind, _count, value = struct.unpack_from(f"{order}HHIH", tiff, place + 2 + 12 * number)
            if (tag, kind) == (_ORIENTATION, _SHORT):
                return value if value in range(1, 9) else 1
    except struct.error:
        pass
    return 1


def _exif(turned: int) -> bytes:
    """Say which way up the picture is held, and nothing else."""
    return b"Exif\0\0II*\0" + struct.pack("<IHHHIHHI", 8, 1, _ORIENTATION, _SHORT, 1, turned, 0, 0)
