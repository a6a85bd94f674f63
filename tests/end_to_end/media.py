"""Three real files, made here byte by byte: a PDF, a photograph that says where it was taken, a recording."""

import struct

_SPEC = struct.Struct("<HHI4s")
_ASCII, _SHORT, _LONG, _RATIONAL = 2, 3, 4, 5


def a_pdf(text: str = "A letter") -> bytes:
    """Return a PDF of one page (PDF 1.4, with a true cross-reference table)."""
    drawn = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _directory(entries: list[tuple[int, int, int, bytes]], place: int) -> bytes:
    """Return a TIFF directory that stands at ``place``; values over four bytes follow it."""
    rest, head = b"", struct.pack("<H", len(entries))
    after = place + 2 + 12 * len(entries) + 4
    for tag, kind, count, value in entries:
        shown = value
        if len(value) > 4:
            shown = struct.pack("<I", after + len(rest))
            rest += value
        head += _SPEC.pack(tag, kind, count, shown.ljust(4, b"\0"))
    return head + b"\0\0\0\0" + rest


def _exif() -> bytes:
    """Return an APP1 segment with the make of a device and a place (Exif 2.3, GPS directory)."""
    make = b"A telephone\0"
    first = 8
    gps = first + len(_directory([(0x010F, _ASCII, len(make), make), (0x8825, _LONG, 1, b"\0" * 4)], first))
    main = [(0x010F, _ASCII, len(make), make), (0x8825, _LONG, 1, struct.pack("<I", gps))]
    north = struct.pack("<6I", 35, 1, 36, 1, 1234, 100)
    east = struct.pack("<6I", 51, 1, 32, 1, 5678, 100)
    where = [
        (0x0001, _ASCII, 2, b"N\0"),
        (0x0002, _RATIONAL, 3, north),
        (0x0003, _ASCII, 2, b"E\0"),
        (0x0004, _RATIONAL, 3, east),
    ]
    tiff = b"II*\0" + struct.pack("<I", first) + _directory(main, first) + _directory(where, gps)
    return _segment(0xE1, b"Exif\0\0" + tiff)


def a_photo() -> bytes:
    """Return a grey baseline JPEG of 16 by 16 (ITU-T T.81) that tells where it was taken."""
    codes = b"\1" + bytes(15) + b"\0"  # one code, of one bit, for "nothing"
    return b"".join(
        (
            b"\xff\xd8",
            _exif(),
            _segment(0xDB, b"\0" + b"\x10" * 64),
            _segment(0xC0, struct.pack(">BHHB", 8, 16, 16, 1) + b"\x01\x11\0"),
            _segment(0xC4, b"\x00" + codes),
            _segment(0xC4, b"\x10" + codes),
            _segment(0xDA, b"\x01\x01\0\0\x3f\0"),
            b"\0",  # four blocks, each "no change" and "end": eight bits
            b"\xff\xd9",
        )
    )


def a_recording(frames: int = 40) -> bytes:
    """Return a second of silence as MP3 (MPEG-1 Layer III, 128 kbit/s, 44.1 kHz) with an ID3v2.3 tag."""
    title = b"\0A voice"
    tag = b"TIT2" + struct.pack(">IH", len(title), 0) + title
    size = bytes((len(tag) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    frame = b"\xff\xfb\x90\xc4" + bytes(413)
    return b"ID3\x03\0\0" + size + tag + frame * frames
