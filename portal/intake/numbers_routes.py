"""The public pages of numbers: what was published, and nothing else. They read one table, count nothing."""

from http import HTTPStatus

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from portal.errors import NotFoundError
from portal.intake import editions
from portal.intake.numbers_drawn import one_pattern, overview
from portal.intake.numbers_words import PATTERN_SENTENCES
from portal.intake.routes import pages
from portal.ledger.tags import read_key
from portal.permissions import Access
from portal.web.edge import db, settings


def _shown() -> editions.Shown:
    return editions.shown(db(), key=read_key(settings()))


@pages.page("/numbers", access=Access.PUBLIC)
def numbers() -> ResponseReturnValue:
    """Show what many accounts say together, pattern by pattern; or that nothing is published."""
    found = _shown()
    drawn = overview(found.document.numbers) if found.document else {}
    page = render_template("intake/numbers.html", shown=found, **drawn)
    return page, HTTPStatus.SERVICE_UNAVAILABLE if found.broken else HTTPStatus.OK


@pages.page("/numbers/<string:pattern>", access=Access.PUBLIC)
def numbers_of(pattern: str) -> ResponseReturnValue:
    """Show one pattern by places and months."""
    document = _shown().document
    if document is None or pattern not in document.numbers.patterns:
        raise NotFoundError
    drawn = one_pattern(document.numbers, pattern)
    return render_template("intake/numbers_of.html", sentence=PATTERN_SENTENCES[pattern], **drawn)


@pages.page("/numbers/table.csv", access=Access.PUBLIC)
def numbers_table() -> ResponseReturnValue:
    """Hand out the same table as a file, byte for byte as it was approved."""
    document = _shown().document
    if document is None:
        raise NotFoundError
    answer = Response(document.table, mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="numbers.csv"'
    return answer
