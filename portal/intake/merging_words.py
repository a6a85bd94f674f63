"""What is written around two versions of one text, where two windows changed it at once."""

from portal.intake.draft_merging import Lines
from portal.web.locale import gettext as _


def two_versions() -> Lines:
    """Return the lines that stand around the two versions, in the language of the page."""
    return Lines(
        there=_("[So it was kept:]"), typed=_("[So it was typed in another window:]"), end=_("[Both again:]")
    )
