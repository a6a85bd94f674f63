"""What the readers of all kinds of pictures share: the result, the limits, and the words of a refusal."""

from dataclasses import dataclass, field

from portal.errors import InvalidError

MOST_DOTS = 50_000_000
"""Dots of the largest picture that is taken: some 200 MB in the memory of whoever looks at it."""
WIDEST = 30_000


@dataclass(frozen=True)
class Plain:
    """A picture without anything but the picture; width and height as it is shown, in dots."""

    media_type: str
    width: int
    height: int
    data: bytes = field(repr=False)


def damaged() -> InvalidError:
    """Say that a picture is not whole."""
    return InvalidError("This picture is damaged or not whole. Please send it once more, or another one.")


def unknown() -> InvalidError:
    """Say that a file is no picture that every browser shows."""
    return InvalidError("Please choose a picture of the kind JPEG, PNG or WebP that does not move.")


def check_size(width: int, height: int) -> None:
    """Refuse a picture that has no dots, or more than a browser may be asked to open."""
    if not (width and height):
        raise damaged()
    if width > WIDEST or height > WIDEST or width * height > MOST_DOTS:
        raise InvalidError("This picture is too large: 50 million dots at most. Please send a smaller copy.")
