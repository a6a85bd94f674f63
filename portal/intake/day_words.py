"""What a date in a source's words was understood as, said in days of the reader's own calendar."""

from datetime import date

from portal.dates.reading import Bound, parse
from portal.dates.saying import say
from portal.web.languages import LANGUAGES
from portal.web.locale import day, language
from portal.web.locale import gettext as _

OPEN = ".."


def in_words(interval: str) -> str:
    """Say an ISO 8601 interval, of which an end may be open; empty for none."""
    first, parted, last = interval.partition("/")
    if not parted:
        return ""
    if last == OPEN:
        return _("%(day)s or later", day=day(date.fromisoformat(first)))
    if first == OPEN:
        return _("%(day)s or earlier", day=day(date.fromisoformat(last)))
    if first == last:
        return day(date.fromisoformat(first))
    return _(
        "from %(first)s to %(last)s",
        first=day(date.fromisoformat(first)),
        last=day(date.fromisoformat(last)),
    )


def understood(words: str) -> str:
    """Say how a date in a source's words is read: as it was said, and in days of the reader's own calendar.

    Empty for words that name no date, or none that can be placed.
    """
    read = parse(words)
    if read is None or not read.placed:
        return ""
    said = say(read, language())
    own = read.calendar is LANGUAGES[language()].calendar
    # "Since 1360" has days too, those in which it may have begun: they are not the days that are meant.
    if own or read.bound in {Bound.SINCE, Bound.UNTIL}:
        return said
    return f"{said} ({in_words(read.interval)})"
