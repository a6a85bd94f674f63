"""Pictures made here byte by byte: whole, damaged, with more than a picture in them; kept with a record."""

import struct
import zlib
from collections.abc import Iterable
from uuid import UUID

from builders import Instance
from cases import at_desk

from portal.registry import images, service
from portal.registry.images import Shows
from portal.registry.records import Cite
from portal.registry.vocabulary import ImageKind, SourceKind

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SECRET = b"GPS 35.6543 51.4812 secret"


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def a_png(  # a grey picture, a bit for each dot unless said otherwise
    width: int = 40,
    height: int = 30,
    *,
    depth: int = 8,
    colour: int = 0,
    woven: int = 0,
    dots: bytes | None = None,
    beside: Iterable[tuple[bytes, bytes]] = (),
    shade: int = 128,
) -> bytes:
    """Return a PNG; ``beside`` stands before its dots, ``dots`` in place of a plain grey."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, woven)
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 1)
    line = b"\0" + bytes([shade]) * -(-width * depth * samples // 8)
    packed = zlib.compress(line * height) if dots is None else dots
    chunks = [chunk(name, body) for name, body in beside]
    return SIGNATURE + b"".join(
        (chunk(b"IHDR", header), *chunks, chunk(b"IDAT", packed), chunk(b"IEND", b""))
    )


def chunks_of(png: bytes) -> list[bytes]:
    """Return the names of a PNG's chunks."""
    found, place = [], len(SIGNATURE)
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        found.append(png[place + 4 : place + 8])
        place += 12 + length
    return found


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def exif(turned: int = 1) -> bytes:
    """Return an Exif segment that tells a camera's maker, and which way up it was held."""
    entries = struct.pack("<HHII", 0x010F, 2, 4, int.from_bytes(b"Cam\0", "little"))
    entries += struct.pack("<HHIHH", 274, 3, 1, turned, 0)
    return segment(0xE1, b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(4) + SECRET)


def a_jpeg(width: int = 16, height: int = 16, *, beside: bytes = b"", dots: bytes = b"\0") -> bytes:
    """Return a grey baseline JPEG with ``beside`` after its beginning."""
    codes = b"\1" + bytes(15) + b"\0"
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\0"
    return b"".join(
        (
            b"\xff\xd8",
            beside,
            segment(0xDB, b"\0" + b"\x10" * 64),
            segment(0xC0, frame),
            segment(0xC4, b"\x00" + codes),
            segment(0xC4, b"\x10" + codes),
            segment(0xDA, b"\x01\x01\0\0\x3f\0"),
            dots,
            b"\xff\xd9",
        )
    )


def part(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def a_webp(width: int = 16, height: int = 16, *, beside: bytes = b"", clear: bytes = b"") -> bytes:
    """Return a WebP's frame of key dots with what stands beside it; not one that a decoder could show."""
    frame = b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(20)
    body = b"WEBP" + beside + (part(b"ALPH", clear) if clear else b"") + part(b"VP8 ", frame)
    return b"RIFF" + struct.pack("<I", len(body)) + body


PHOTO = a_jpeg(24, 16, beside=exif())
SHOWS = Shows(ImageKind.SATELLITE, "The wall, seen from above", "Bare ground between two walls")


def an_image(
    instance: Instance,
    record_id: UUID,
    data: bytes = PHOTO,
    *,
    name: str = "cedar",
    shows: Shows = SHOWS,
    version: int | None = None,
) -> UUID:
    """An image that somebody adds to a record, with a source of its own."""
    away = images.put_away(instance.files, record_id, data=data, filename="IMG_0001.jpg")
    with at_desk(instance, name) as (session, by):
        source = service.add_source(session, by=by, kind=SourceKind.REPORT, title="A report")
        return images.add(
            session,
            record_id,
            by=by,
            version=version or service.find(session, record_id, by=by).version,
            image=away,
            shows=shows,
            cite=Cite(source.id, "p. 3"),
            keys=instance.keys,
            note="published",
            now=instance.clock(),
        ).id
