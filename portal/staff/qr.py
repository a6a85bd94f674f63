"""A QR code as numbers for an inline drawing, since pages here load no image from elsewhere."""

from dataclasses import dataclass, field
from itertools import groupby

import segno

QUIET = 4
"""Blank modules around the code (ISO/IEC 18004, section 6.3.8)."""


@dataclass(frozen=True)
class Drawing:
    """A square of ``size`` modules a side, and the dark ones as the data of one SVG path."""

    size: int
    path: str = field(repr=False)


def draw(text: str) -> Drawing:
    """Draw the text as a QR code with medium error correction, quiet zone included."""
    matrix = segno.make_qr(text, error="m").matrix
    runs = [run for y, row in enumerate(matrix, QUIET) for run in _dark_runs(row, y)]
    return Drawing(len(matrix) + 2 * QUIET, "".join(runs))


def _dark_runs(row: bytearray, y: int) -> list[str]:
    runs, x = [], QUIET
    for dark, modules in groupby(row):
        length = len(list(modules))
        if dark:
            runs.append(f"M{x} {y}h{length}v1h-{length}z")
        x += length
    return runs
