"""Pages of linking: candidates for marked words, the decision, taking it back, and what came of each."""

from collections.abc import Iterable
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
from portal.linking import candidates, known, labels, reviewing, service
from portal.linking.candidates import Candidate
from portal.linking.cards import card
from portal.linking.forms import LinkForm
from portal.linking.models import UNDECIDED, LinkState
from portal.linking.service import OpenedLink
from portal.linking.vocabulary import LinkRelation, Verdict, needs_second
from portal.permissions import Permission
from portal.registry.models import Record
from portal.registry.records import shown
from portal.registry.vocabulary import Basis, Certainty, Kind
from portal.staff.current import actor
from portal.web.edge import db, now
from portal.web.guard import Pages
from portal.web.locale import gettext as _
from portal.web.locale import language

pages = Pages("linking", __name__, face=Face.DESK, url_prefix="/cases")

_LINKS = "/<uuid:case_id>/links"
ONE = f"{_LINKS}/<uuid:link_id>"
TYPED = 300
MEANT = {
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
        return [one for one in links if one.state in {LinkState.CURRENT, *UNDECIDED}]

    return {
        "links_beside": links_beside,
        "linked_words": _linked_words,
        "linking": labels,
        "record_name": _name,
    }


def _linked_words(links: Iterable[OpenedLink]) -> set[UUID]:
    """Return the marks on which a link rests that holds."""
    return {one.mark_id for one in links if one.state is LinkState.CURRENT}


def _name(record: Record | None) -> str:
    return shown(record.names, language())[0] if record else _("a record that is not open to you")


def uuid(text: str | None) -> UUID:
    """Read an id that a form or an address names; what is none is not found."""
    try:
        return UUID(text or "")
    except ValueError:
        raise NotFoundError from None


@pages.page(f"{_LINKS}/new", access=Permission.CASE_LINK, writes=True)
def new(case_id: UUID) -> ResponseReturnValue:
    """Show the records that marked words may mean, or one of them to decide on."""
    mark_id = uuid(request.args.get("annotation"))
    mark = service.mark_of(db(), by=actor(), case_id=case_id, mark_id=mark_id)
    if asked := reviewing.question_about(db(), by=actor(), case_id=case_id, mark_id=mark_id):
        way = url_for(
            ".second",
            case_id=case_id,
            link_id=asked,
            q=request.args.get("q"),
            record=request.args.get("record"),
        )
        return redirect(way, HTTPStatus.SEE_OTHER)
    text = (request.args.get("q", "").strip() or mark.at.quote)[:TYPED]
    if "record" in request.args:
        record_id = uuid(request.args.get("record"))
        one = closely(case_id, mark, text, record_id)
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
        kinds=new_kinds(mark),
    )


def new_kinds(mark: Mark) -> list[tuple[Kind, Any]]:
    """Return what marked words may be the name of that the registry does not have yet."""
    return [(kind, labels.NEW[kind]) for kind in MEANT.get(mark.kind, ())]


def closely(case_id: UUID, mark: Mark, text: str, record_id: UUID) -> Candidate:
    """Look closely at one record as what marked words may mean."""
    return candidates.candidate(
        db(), by=actor(), case_id=case_id, text=text, record_id=record_id, mark_id=mark.id
    )


def _decide(case_id: UUID, mark: Mark, form: LinkForm, one: Candidate, text: str) -> ResponseReturnValue:
    send = url_for(".link", case_id=case_id)
    back = url_for(".new", case_id=case_id, annotation=mark.id, q=text)
    return decide(mark, form, one, text, send=send, back=back, blind=False)


def decide(
    mark: Mark, form: LinkForm, one: Candidate, text: str, *, send: str, back: str, blind: bool
) -> ResponseReturnValue:
    """Show what is to be said of one record; ``blind`` for a second reviewer."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    page = render_template(
        "linking/decide.html",
        mark=mark,
        form=form,
        card=card(one, text),
        send=send,
        back=back,
        blind=blind,
    )
    return page, status


@pages.page(_LINKS, access=Permission.CASE_LINK, methods=("POST",))
def link(case_id: UUID) -> ResponseReturnValue:
    """Link the case to a record."""
    form = LinkForm()
    mark_id, record_id = uuid(form.annotation.data), uuid(form.record.data)
    mark = service.mark_of(db(), by=actor(), case_id=case_id, mark_id=mark_id)
    one = closely(case_id, mark, mark.at.quote, record_id)
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
    else:
        if needs_second(LinkRelation(form.relation.data)):
            flash(_("It is kept, and holds once a second reviewer has come to the same."))
    return _back(case_id, mark_id)


@pages.page(f"{_LINKS}/judge", access=Permission.CASE_LINK, methods=("POST",))
def judge(case_id: UUID) -> ResponseReturnValue:
    """Say that marked words do not mean these records, or perhaps; or take that back."""
    mark_id, said = uuid(request.form.get("annotation")), request.form.get("verdict", "")
    if said not in {"", *Verdict}:
        raise InvalidError("Choose one of the answers.")
    record_ids = [uuid(one) for one in request.form.getlist("record")[: candidates.MOST]]
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
    text = request.form.get("q", "")[:TYPED]
    return redirect(url_for(".new", case_id=case_id, annotation=mark_id, q=text), HTTPStatus.SEE_OTHER)


@pages.page(f"{ONE}/remove", access=Permission.CASE_LINK, methods=("POST",))
def remove(case_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """Take a link back."""
    service.take_back(db(), by=actor(), case_id=case_id, link_id=link_id)
    flash(_("The link is taken back. It stays in the case's history."))
    return _back(case_id)


@pages.page(_LINKS, access=Permission.CASE_READ, writes=True)
def history(case_id: UUID) -> ResponseReturnValue:
    """Show every link of a case, and who decided what on it."""
    links = service.history(db(), by=actor(), case_id=case_id)
    return render_template("linking/history.html", case_id=case_id, links=links, labels=labels)


def _back(case_id: UUID, mark_id: UUID | None = None) -> ResponseReturnValue:
    anchor = f"about-{mark_id}" if mark_id else "words"
    return redirect(url_for("casework.show", case_id=case_id, _anchor=anchor), HTTPStatus.SEE_OTHER)
