"""The page of the cases that speak of one record."""

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.casework.search_routes import page_asked
from portal.linking import labels, speaking
from portal.linking.routes import pages
from portal.permissions import Permission
from portal.registry.records import shown
from portal.staff.current import actor
from portal.web.edge import db
from portal.web.locale import language


@pages.page("/about/<uuid:record_id>", access=Permission.CASE_READ, writes=True)
def about(record_id: UUID) -> ResponseReturnValue:
    """Show which cases speak of a record, as far as the reader may open them."""
    page = page_asked()
    found = speaking.speaking_of(db(), by=actor(), record_id=record_id, page=page)
    name, also = shown(found.record.names, language())
    return render_template(
        "linking/about.html",
        found=found,
        page=page,
        name=name,
        also=also,
        labels=labels,
        standing=found.standing,
    )
