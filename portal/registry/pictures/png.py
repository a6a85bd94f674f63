"""PNG (W3C Recommendation, third edition): the chunks that make the picture are written anew, no others."""

import zlib
from collections.abc import Iterator

from portal.registry.pictures.parts import Plain, check_size, damaged, unknown

START = b"\x89PNG\r\n\x1a\n"
_HEADER, _DOTS, _END = b"IHDR", b"IDAT", b"IEND"
_KEPT = frozenset({b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB"})
"""What colours rest on; what else may be said of them (profiles, times, texts, places) stays behind."""
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""How many numbers a dot has, by the type of colour."""
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_WHOLE = ((0, 0, 1, 1),)
_WOVEN = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Where the seven passes of Adam7 begin, and their steps: (x, y, step of x, step of y)."""
_ANCILLARY = 0x20
_PIECE = 1 << 16
_MOST = {b"PLTE": 768, b"tRNS": 256, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1}


def plain(data: bytes) -> Plain:
    """Write a PNG anew; its dots are unpacked piece by piece, to see that they are all there and no more."""
    out, dots = bytearray(START), []
    size, unpacked = (0, 0), 0
    for name, body in _chunks(data):
        if name == _HEADER:
            size, unpacked = _header(body)
        elif name == _DOTS:
            dots.append(body)
            continue
        elif name in _KEPT:
            if dots or len(body) > _MOST[name]:
                raise damaged()
        elif not name[0] & _ANCILLARY:
            raise unknown()
        else:
            continue
        out += _chunk(name, body)
    packed = b"".join(dots)
    _unpack(packed, unpacked)
    out += _chunk(_DOTS, packed) + _chunk(_END, b"")
    return Plain("image/png", *size, bytes(out))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give the chunks before the end, each with the check sum that belongs to it; the header comes first."""
    place = len(START)
    while True:
        length = int.from_bytes(data[place : place + 4])
        name, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        told = data[place + 8 + length : place + 12 + length]
        if len(told) != 4 or int.from_bytes(told) != zlib.crc32(name + body):  # noqa: PLR2004 - a CRC's bytes
            raise damaged()
        if (name == _HEADER) is not (place == len(START)):
            raise damaged()
        if name == _END:
            return
        yield name, body
        place += 12 + length


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)


def _header(body: bytes) -> tuple[tuple[int, int], int]:
    """Read width and height in dots, and how many bytes the dots are when unpacked."""
    if len(body) != len("WWWWHHHHDCPFI"):
        raise damaged()
    width, height = int.from_bytes(body[:4]), int.from_bytes(body[4:8])
    depth, colour, packing, filtering, woven = body[8:]
    check_size(width, height)
    if depth not in _DEPTHS.get(colour, ()) or packing or filtering or woven > 1:
        raise damaged()
    bits = depth * _SAMPLES[colour]
    total = 0
    for x, y, across, down in _WOVEN if woven else _WHOLE:
        columns, rows = -(-max(width - x, 0) // across), -(-max(height - y, 0) // down)
        total += rows * (1 + -(-columns * bits // 8)) if columns else 0
    return (width, height), total


def _unpack(packed: bytes, size: int) -> None:
    """Refuse dots that unpack to fewer or more bytes than the header says; a piece is in memory at a time."""
    unpacking, count, rest = zlib.decompressobj(), 0, packed
    try:
        while not unpacking.eof and count <= size:
            piece = unpacking.decompress(rest, _PIECE)
            rest = unpacking.unconsumed_tail
            count += len(piece)
            if not piece and not rest and not unpacking.eof:
                break
    except zlib.error:
        raise damaged() from None
    if not unpacking.eof or unpacking.unused_data or count != size:
        raise damaged()
