"""The drawn code is the code."""

import re

import segno

from portal.staff.qr import QUIET, draw

TEXT = "otpauth://totp/Notebook:Mina?secret=JBSWY3DPEHPK3PXP&issuer=Notebook"


def test_the_path_darkens_the_very_modules_of_the_code() -> None:
    drawing = draw(TEXT)
    dark = set()
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawing.path):
        dark |= {(int(x) + step, int(y)) for step in range(int(length))}
    matrix = segno.make_qr(TEXT, error="m").matrix
    wanted = {
        (x + QUIET, y + QUIET) for y, row in enumerate(matrix) for x, module in enumerate(row) if module
    }
    assert dark == wanted
    assert drawing.size == len(matrix) + 2 * QUIET


def test_a_drawing_does_not_show_its_secret_in_a_log() -> None:
    assert "M4" not in repr(draw(TEXT))
