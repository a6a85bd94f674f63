"""Tables on a phone: each row becomes a block, and each of its cells says under which header it stands."""

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

_ROW = re.compile(r"<tr\b")
_CELL = re.compile(r"<(td|th)\b([^>]*)>(\s*</(?:td|th)>)?")


def labelled(rows: Markup, headers: Sequence[object]) -> Markup:
    """Write each cell's header into its ``data-label``; cells that hold nothing get ``data-blank`` instead.

    ``rows`` is what a template rendered: values of people in it are escaped, so no tag of theirs is met.
    """
    names = [str(one[0] if isinstance(one, tuple) else one) for one in headers]
    first, *found = _ROW.split(str(rows))
    return Markup("<tr").join((Markup(first), *(_row(one, names) for one in found)))  # noqa: S704 - escaped


def _row(row: str, names: Sequence[str]) -> Markup:
    left = iter(names)

    def mark(cell: re.Match[str]) -> str:
        name, blank = next(left, ""), cell[3] or ""
        if 'scope="row"' in cell[2]:  # the heading of the block needs no other
            return cell[0]
        said = " data-blank" if blank else f' data-label="{escape(name)}"' if name else ""
        return f"<{cell[1]}{cell[2]}{said}>{blank}"

    return Markup(_CELL.sub(mark, row))  # noqa: S704 - as it came, with escaped headers
