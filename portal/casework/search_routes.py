"""Pages of searching: the words asked for stay in the sealed session, never in an address or a log."""

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.casework import index as indexes
from portal.casework import reading, search, search_building, titles
from portal.casework.forms import SearchForm, TitleForm
from portal.casework.pages import CASE, pages, see
from portal.casework.search_building import Batch
from portal.casework.service import Row
from portal.database import PortalSession, pause
from portal.intake.models import Answer
from portal.permissions import Permission
from portal.staff.current import actor
from portal.web.edge import db, now, parts
from portal.web.guard import Token, may_open

_AT_A_TIME = 5.0
"""Seconds of reading in behind one press; then the page shows how far it went."""
_WORDS = "searched"


@pages.app_context_processor
def _beside() -> dict[str, Any]:
    """Let the queue show each case's own words, as far as the index has them."""

    def own_words(rows: Iterable[Row]) -> dict[UUID, str]:
        ids = [row.id for row in rows if row.read is Answer.YES]
        return indexes.titles(db(), by=actor(), case_ids=ids)

    return {"own_words": own_words, "may_search": may_open(Permission.CASE_READ)}


def page_asked() -> int:
    """Return which page of a list the address asks for; the first for what is none."""
    text = request.args.get("page", "")
    return max(1, int(text)) if text.isdecimal() and len(text) < 5 else 1  # noqa: PLR2004 - enough pages


@pages.page("/search", access=Permission.CASE_READ, methods=("GET", "POST"), writes=True)
def searched() -> ResponseReturnValue:
    """Show what was found for the words that were asked for; asking for others replaces them."""
    form = SearchForm()
    if request.method == "POST":
        session[_WORDS] = (form.words.data or "") if form.validate() else ""
        return redirect(url_for(".searched"), HTTPStatus.SEE_OTHER)
    words, page = session.get(_WORDS, ""), page_asked()
    answer = search.search(db(), by=actor(), text=words, page=page) if words else None
    standing = answer.standing if answer else search.look(db(), by=actor())
    return render_template(
        "casework/search.html",
        form=SearchForm(formdata=None, words=words),
        words=words,
        answer=answer,
        standing=standing,
        page=page,
        going="going" in request.args,
    )


@pages.page("/search/read-in", access=Permission.CASE_READ, methods=("POST",))
def read_in() -> ResponseReturnValue:
    """Read in what waits, for a while; with ``repair`` also what was lost with something damaged."""
    by, repair = actor(), "repair" in request.form
    pause(db())  # each batch is a transaction of its own
    until, read = time.monotonic() + _AT_A_TIME, 0
    for number in search_building.rounds(_once, by=by, repair=repair):
        read += number
        if time.monotonic() > until:
            break
    return redirect(url_for(".searched", going="1" if read else None), HTTPStatus.SEE_OTHER)


def _once(act: Callable[[PortalSession], Batch | int]) -> Batch | int:
    with parts().database.session(write=True) as unit:
        return act(unit)


@pages.page(
    f"{CASE}/title", access=Permission.CASE_MARK, methods=("GET", "POST"), writes=True, token=Token.FORM
)
def title(case_id: UUID) -> ResponseReturnValue:
    """Say in a few words what a case is about."""
    case = reading.read(db(), by=actor(), case_id=case_id)
    if case.content is None:
        return see(case_id)
    form = TitleForm(data={"title": case.content.title})
    if form.validate_on_submit():
        titles.entitle(db(), by=actor(), case_id=case_id, text=form.title.data or "", now=now())
        return see(case_id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template("casework/title.html", case=case, form=form), status
