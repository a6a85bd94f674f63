"""A source's own copy of everything they sent: a ZIP archive written as it goes, nothing of it on a disk.

Names in it are neutral, and it carries no times: whoever finds the file learns nothing from its outside.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, cast

Piece = tuple[str, Callable[[], Iterable[bytes]]]
"""A name in the archive, and what gives its bytes when their turn has come."""

ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "audio/wav": ".wav",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "audio/webm": ".webm",
    "video/quicktime": ".mov",
    "video/3gpp": ".3gp",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
}
"""How a file's name ends by what it is, so that a device can open it."""

_EPOCH = (1980, 1, 1, 0, 0, 0)


class _Passing:
    """What the archive is written to: kept only until it is sent on. It cannot be wound back."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        """Take bytes."""
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: what was written is sent on as soon as it is asked for."""

    def take(self) -> bytes:
        """Give what waits, and forget it."""
        found = bytes(self._waiting)
        self._waiting.clear()
        return found


def archive(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """Write the pieces as a ZIP archive, a little at a time; stored, not compressed (sizes are no secret)."""
    passing = _Passing()
    with zipfile.ZipFile(cast(IO[bytes], passing), "w", zipfile.ZIP_STORED, allowZip64=True) as made:
        for name, read in pieces:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o600 << 16
            with made.open(entry, "w", force_zip64=True) as target:
                for piece in read():
                    target.write(piece)
                    if sent := passing.take():
                        yield sent
    yield passing.take()


def text(lines: Iterable[str]) -> Callable[[], Iterable[bytes]]:
    """Give lines as one text file that any device opens (UTF-8, marked as such, CRLF)."""
    whole = "\ufeff" + "\r\n".join(line.replace("\n", "\r\n") for line in lines) + "\r\n"
    return lambda: [whole.encode()]
