"""Pages of what an account seems to name: the suggestions beside it, and following one of them."""

import re
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.casework.marking import Span
from portal.casework.reading import Mark, Text
from portal.errors import InvalidError, NotFoundError, StaleError
from portal.linking import candidates, noticing, service, suggesting
from portal.linking.cards import card
from portal.linking.routes import MEANT, TYPED, new_kinds, pages, uuid
from portal.linking.suggesting import Suggested
from portal.linking.vocabulary import Verdict
from portal.permissions import Permission
from portal.registry.vocabulary import Kind
from portal.staff.current import actor
from portal.web.edge import db, now
from portal.web.locale import gettext as _

_MENTION = "/<uuid:case_id>/links/mention"
_AT = re.compile(r"([0-9]{1,7})-([0-9]{1,7})")
_OFF = "mentions-off"
_THIS, _NEW = "this", "new-"


@pages.app_context_processor
def _beside() -> dict[str, Any]:
    """Let the page of a case show what its text seems to name."""

    def suggested(case_id: UUID, text: Text, pieces: suggesting.Pieces) -> Suggested:
        if _OFF in session:
            return Suggested.off(pieces)
        found = noticing.notice(db(), by=actor(), case_id=case_id, field_id=text.field_id)
        return suggesting.shown_in(pieces, found, case_id=case_id, field_id=text.field_id)

    return {"suggested_in": suggested}


@pages.page("/<uuid:case_id>/links/suggestions", access=Permission.CASE_LINK, methods=("POST",))
def suggestions(case_id: UUID) -> ResponseReturnValue:
    """Underline what texts seem to name, or no longer, until this person says otherwise or signs out."""
    if request.form.get("show") == "yes":
        session.pop(_OFF, None)
    else:
        session[_OFF] = True
    text = uuid(request.form.get("text"))
    return redirect(url_for("casework.show", case_id=case_id, text=text), HTTPStatus.SEE_OTHER)


def _words(case_id: UUID, said: MultiDict[str, str]) -> Mark:
    """Open the words that an address or a form points at: a text, ``start-end`` in it, and their kind."""
    at = _AT.fullmatch(said.get("at", ""))
    kind = next((one for one in MEANT if one.value == said.get("kind")), None)
    if at is None or kind is None:
        raise NotFoundError
    span = Span(int(at[1]), int(at[2]))
    return noticing.pointed(
        db(), by=actor(), case_id=case_id, field_id=uuid(said.get("text")), span=span, kind=kind
    )


@pages.page(_MENTION, access=Permission.CASE_LINK, writes=True)
def mention(case_id: UUID) -> ResponseReturnValue:
    """Show the records that words may mean which are not marked yet."""
    words = _words(case_id, request.args)
    text = (request.args.get("q", "").strip() or words.at.quote)[:TYPED]
    found = candidates.propose(db(), by=actor(), case_id=case_id, text=text, words=words)
    at = f"{words.at.start}-{words.at.end}"
    return render_template(
        "linking/new.html",
        case_id=case_id,
        mark=words,
        where={"text": words.field_id, "at": at, "kind": words.kind.value},
        text=text,
        found=found,
        cards=[card(one, text) for one in found.candidates],
        aside=[],
        kinds=new_kinds(words),
    )


@pages.page(_MENTION, access=Permission.CASE_LINK, methods=("POST",))
def point(case_id: UUID) -> ResponseReturnValue:
    """Mark the words that somebody decided on, and go on with what they decided."""
    said = request.form.get("verdict", "")
    new = Kind(said.removeprefix(_NEW)) if said in {_NEW + one for one in Kind} else None
    if new is None and said not in {_THIS, *Verdict}:
        raise InvalidError("Choose one of the answers.")
    words = _words(case_id, request.form)
    record_ids = [uuid(one) for one in request.form.getlist("record")[: candidates.MOST]]
    text = request.form.get("q", "")[:TYPED]
    mark_id = noticing.marked(db(), by=actor(), case_id=case_id, words=words, now=now())
    if new is not None:
        way = url_for("registry.add", kind=new.value, name=text, case=case_id, mark=mark_id)
        return redirect(way, HTTPStatus.SEE_OTHER)
    if said == _THIS:
        way = url_for(".new", case_id=case_id, annotation=mark_id, q=text, record=record_ids[:1] or None)
        return redirect(way, HTTPStatus.SEE_OTHER)
    try:
        service.judge(
            db(),
            by=actor(),
            case_id=case_id,
            mark_id=mark_id,
            record_ids=record_ids,
            verdict=Verdict(said),
            now=now(),
        )
    except StaleError as problem:
        flash(_(str(problem)))
    return redirect(url_for(".new", case_id=case_id, annotation=mark_id, q=text), HTTPStatus.SEE_OTHER)
