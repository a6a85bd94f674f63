"""The one seam for markup: the little that staff may write in notes, made safe by bleach."""

import bleach
from markupsafe import Markup

_TAGS = frozenset({"b", "strong", "i", "em", "p", "br", "ul", "ol", "li", "blockquote"})


def staff_markup(text: str) -> Markup:
    """Return staff-written text with a few harmless tags kept and everything else shown as typed.

    Text from sources never comes here: it is plain text, always escaped.
    """
    cleaned = bleach.clean(text, tags=_TAGS, attributes={}, protocols=[], strip=False, strip_comments=True)
    return Markup(cleaned)  # noqa: S704 - cleaned just now
