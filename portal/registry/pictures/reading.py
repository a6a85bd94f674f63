"""The shown copy of a picture, by its first bytes; what a browser or a name claims is never believed."""

from portal.registry.pictures import jpeg, png, webp
from portal.registry.pictures.parts import Plain, unknown


def plain(data: bytes) -> Plain:
    """Write a picture anew, dot for dot the same, without a word about camera, place, program or time.

    Nothing is decoded, so that a picture made to break a decoder meets none where keys are at hand. Raises
    `InvalidError` for any other kind of file, and for a picture that is damaged, moves or is too large.
    """
    if data.startswith(jpeg.START):
        return jpeg.plain(data)
    if data.startswith(png.START):
        return png.plain(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return webp.plain(data)
    raise unknown()
