"""WebP (RFC 9649): the coded picture and its transparency are written anew, all other chunks stay behind."""

from collections.abc import Iterator

from portal.registry.pictures.parts import Plain, check_size, damaged, unknown

_LOSSY, _LOSSLESS, _CLEAR, _EXTENDED = b"VP8 ", b"VP8L", b"ALPH", b"VP8X"
_MOVING = frozenset({b"ANIM", b"ANMF"})
_HAS_CLEAR = b"\x10\0\0\0"
_KEY_FRAME, _SIGNATURE = b"\x9d\x01\x2a", 0x2F
_SIDE = 0x3FFF


def plain(data: bytes) -> Plain:
    """Write a WebP anew."""
    found: dict[bytes, bytes] = {}
    for name, body in _chunks(data):
        if name in _MOVING:
            raise unknown()
        if name in {_LOSSY, _LOSSLESS, _CLEAR} and found.setdefault(name, body) is not body:
            raise damaged()
    if (_LOSSY in found) is (_LOSSLESS in found):
        raise damaged()
    width, height = _lossy(found[_LOSSY]) if _LOSSY in found else _lossless(found[_LOSSLESS])
    check_size(width, height)
    if _LOSSY not in found or _CLEAR not in found:
        name = _LOSSY if _LOSSY in found else _LOSSLESS
        return Plain("image/webp", width, height, _riff(_chunk(name, found[name])))
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    parts = (_EXTENDED, _HAS_CLEAR + sides), (_CLEAR, found[_CLEAR]), (_LOSSY, found[_LOSSY])
    return Plain("image/webp", width, height, _riff(b"".join(_chunk(*one) for one in parts)))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise damaged()
    place = 12
    while place < end:
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        body = data[place + 8 : place + 8 + length]
        if len(body) != length or place + 8 + length > end:
            raise damaged()
        yield data[place : place + 4], body
        place += 8 + length + length % 2


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def _riff(body: bytes) -> bytes:
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _lossy(body: bytes) -> tuple[int, int]:
    """Read width and height of a key frame (RFC 6386, section 9.1)."""
    if len(body) < 10 or body[3:6] != _KEY_FRAME or body[0] & 1:  # noqa: PLR2004 - the frame's header
        raise damaged()
    return int.from_bytes(body[6:8], "little") & _SIDE, int.from_bytes(body[8:10], "little") & _SIDE


def _lossless(body: bytes) -> tuple[int, int]:
    """Read width and height (RFC 9649, section 3.4)."""
    if len(body) < 5 or body[0] != _SIGNATURE:  # noqa: PLR2004 - the header
        raise damaged()
    bits = int.from_bytes(body[1:5], "little")
    return (bits & _SIDE) + 1, (bits >> 14 & _SIDE) + 1
