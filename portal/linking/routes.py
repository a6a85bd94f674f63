"""Pages of linking: candidates for marked words, the decision, and taking it back."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from portal.casework.marking import MarkKind
from portal.casework.reading import Mark
from portal.config import Face
from portal.errors import InvalidError, NotFoundError, StaleError
from portal.linking import candidates, known, labels, service
from portal.linking.candidates import Candidate
from portal.linking.cards import card
from portal.linking.forms import LinkForm
from portal.linking.models import LinkState
from portal.linking.service import OpenedLink
from portal.linking.vocabulary import Basis, Certainty, LinkRelation, Verdict
from portal.permissions import Permission
from portal.registry.models import Record
from portal.registry.records import shown
from portal.registry.vocabulary import Kind
from portal.staff.current import actor
from portal.web.edge import db, now
from portal.web.guard import Pages
from portal.web.locale import gettext as _
from portal.web.locale import language

pages = Pages("linking", __name__, face=Face.DESK, url_prefix="/cases")

_LINKS = "/<uuid:case_id>/links"
_TYPED = 300
_MEANT = {
    MarkKind.PERSON: (Kind.PERSON, Kind.BODY),
    MarkKind.PLACE: (Kind.PLACE, Kind.GRAVE, Kind.BODY),
}
"""Which sorts of record marked words may be the name of."""


@pages.record
def _lend(state: BlueprintSetupState) -> None:
    """Let the registry, which knows nothing of linking, find names that are spelt otherwise."""
    state.app.extensions["portal_near"] = known.near


@pages.app_context_processor
def _beside() -> dict[str, Any]:
    """Let the page of a case show its links beside the words they rest on."""

    def links_beside(case_id: UUID) -> list[OpenedLink]:
        links = service.links_of(db(), by=actor(), case_id=case_id)
        return [one for one in links if one.state is LinkState.CURRENT]

    return {"links_beside": links_beside, "linking": labels, "record_name": _name}


def _name(record: Record | None) -> str:
    return shown(record.names, language())[0] if record else _("a record that is not open to you")


def _uuid(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        raise NotFoundError from None


@pages.page(f"{_LINKS}/new", access=Permission.CASE_LINK, writes=True)
def new(case_id: UUID) -> ResponseReturnValue:
    """Show the records that marked words may mean, or one of them to decide on."""
    mark = service.mark_of(db(), by=actor(), case_id=case_id, mark_id=_uuid(request.args.get("annotation")))
    text = (request.args.get("q", "").strip() or mark.at.quote)[:_TYPED]
    if "record" in request.args:
        record_id = _uuid(request.args.get("record"))
        one = _closely(case_id, mark, text, record_id)
        form = LinkForm(formdata=None, annotation=str(mark.id), record=str(record_id))
        form.offer(one.target)
        return _decide(case_id, mark, form, one, text)
    found = candidates.propose(db(), by=actor(), case_id=case_id, text=text, mark_id=mark.id)
    return render_template(
        "linking/new.html",
        case_id=case_id,
        mark=mark,
        text=text,
        found=found,
        cards=[card(one, text) for one in found.candidates],
        aside=[card(one, text) for one in found.aside],
        kinds=[(kind, labels.NEW[kind]) for kind in _MEANT.get(mark.kind, ())],
    )


def _closely(case_id: UUID, mark: Mark, text: str, record_id: UUID) -> Candidate:
    return candidates.candidate(
        db(), by=actor(), case_id=case_id, text=text, record_id=record_id, mark_id=mark.id
    )


def _decide(case_id: UUID, mark: Mark, form: LinkForm, one: Candidate, text: str) -> ResponseReturnValue:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    page = render_template(
        "linking/decide.html", case_id=case_id, mark=mark, form=form, card=card(one, text), text=text
    )
    return page, status


@pages.page(_LINKS, access=Permission.CASE_LINK, methods=("POST",))
def link(case_id: UUID) -> ResponseReturnValue:
    """Link the case to a record."""
    form = LinkForm()
    mark_id, record_id = _uuid(form.annotation.data), _uuid(form.record.data)
    mark = service.mark_of(db(), by=actor(), case_id=case_id, mark_id=mark_id)
    one = _closely(case_id, mark, mark.at.quote, record_id)
    form.offer(one.target)
    if not form.validate():
        return _decide(case_id, mark, form, one, mark.at.quote)
    try:
        service.link(
            db(),
            by=actor(),
            case_id=case_id,
            mark_id=mark_id,
            record_id=record_id,
            relation=LinkRelation(form.relation.data),
            certainty=Certainty(form.certainty.data),
            basis=Basis(form.basis.data),
            comment=form.comment.data or "",
            now=now(),
        )
    except StaleError as problem:
        flash(_(str(problem)))
    return _back(case_id, mark_id)


@pages.page(f"{_LINKS}/judge", access=Permission.CASE_LINK, methods=("POST",))
def judge(case_id: UUID) -> ResponseReturnValue:
    """Say that marked words do not mean these records, or perhaps; or take that back."""
    mark_id, said = _uuid(request.form.get("annotation")), request.form.get("verdict", "")
    if said not in {"", *Verdict}:
        raise InvalidError("Choose one of the answers.")
    record_ids = [_uuid(one) for one in request.form.getlist("record")[: candidates.MOST]]
    verdict = Verdict(said) if said else None
    try:
        service.judge(
            db(),
            by=actor(),
            case_id=case_id,
            mark_id=mark_id,
            record_ids=record_ids,
            verdict=verdict,
            now=now(),
        )
    except StaleError as problem:
        flash(_(str(problem)))
    text = request.form.get("q", "")[:_TYPED]
    return redirect(url_for(".new", case_id=case_id, annotation=mark_id, q=text), HTTPStatus.SEE_OTHER)


@pages.page(f"{_LINKS}/<uuid:link_id>/remove", access=Permission.CASE_LINK, methods=("POST",))
def remove(case_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """Take a link back."""
    service.take_back(db(), by=actor(), case_id=case_id, link_id=link_id)
    flash(_("The link is taken back. It stays in the case's history."))
    return _back(case_id)


def _back(case_id: UUID, mark_id: UUID | None = None) -> ResponseReturnValue:
    anchor = f"about-{mark_id}" if mark_id else "words"
    return redirect(url_for("casework.show", case_id=case_id, _anchor=anchor), HTTPStatus.SEE_OTHER)
