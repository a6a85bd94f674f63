"""What a date in a source's words was understood as, said in days of the reader's own calendar."""

from datetime import date

from portal.web.locale import day
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
