"""Pages of work on a case: marks, notes, and the coding sheet."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.casework import coding, labels, reading, sheets, writing
from portal.casework.case_page import case_page, chosen, drawn, may
from portal.casework.forms import DecisionForm, MarkForm, NoteForm, SheetForm, filled
from portal.casework.marking import MarkKind, Place
from portal.casework.pages import CASE, pages, see, uuid_of
from portal.casework.prisons import offered
from portal.casework.reading import Case
from portal.errors import InvalidError, NotFoundError
from portal.permissions import Permission
from portal.registry.models import Record
from portal.registry.records import shown
from portal.staff.current import actor
from portal.web.edge import db, now, recipients
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import language

# Marks


@pages.page(f"{CASE}/marks", access=Permission.CASE_MARK, methods=("POST",))
def mark(case_id: UUID) -> ResponseReturnValue:
    """Mark words; when they stand in several places, ask which."""
    form = _mark_form()
    if not form.validate():
        return case_page(case_id, mark=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    field_id = uuid_of(form.text.data) or case_id
    try:
        found = writing.places(
            db(),
            by=actor(),
            case_id=case_id,
            field_id=field_id,
            quote=form.quote.data or "",
            span=form.span(),
        )
    except InvalidError as problem:
        form.quote.errors = [_(str(problem))]
        return case_page(case_id, mark=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if len(found) > 1:
        return _which(case_id, form, found)
    mark_id = writing.mark(
        db(),
        by=actor(),
        case_id=case_id,
        field_id=field_id,
        kind=MarkKind(form.kind.data),
        span=found[0].span,
        comment=form.comment.data or "",
        now=now(),
    )
    return see(case_id, text=field_id, _anchor=f"mark-{mark_id}")


def _mark_form() -> MarkForm:
    """Read the form; a place chosen among several comes as one value, ``start-end``."""
    start, dash, end = request.form.get("at", "").partition("-")
    if not dash:
        return MarkForm()
    return MarkForm(MultiDict({**request.form.to_dict(), "start": start, "end": end}))


def _which(case_id: UUID, form: MarkForm, found: list[Place]) -> ResponseReturnValue:
    return render_template("casework/which.html", case_id=case_id, form=form, places=found)


@pages.page(f"{CASE}/marks/<uuid:mark_id>/remove", access=Permission.CASE_MARK, methods=("POST",))
def unmark(case_id: UUID, mark_id: UUID) -> ResponseReturnValue:
    """Take a mark off."""
    writing.unmark(db(), by=actor(), case_id=case_id, mark_id=mark_id)
    return see(case_id, _anchor="marks")


# Notes


@pages.page(f"{CASE}/notes", access=Permission.CASE_READ, methods=("POST",))
def add_note(case_id: UUID) -> ResponseReturnValue:
    """Leave a note for colleagues."""
    form = NoteForm()
    if not form.validate():
        return case_page(case_id, note=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    writing.add_note(db(), by=actor(), case_id=case_id, text=form.note.data or "", now=now())
    return see(case_id, _anchor="notes")


# The coding sheet


@pages.page(
    f"{CASE}/sheet", access=Permission.CASE_CODE, methods=("GET", "POST"), writes=True, token=Token.FORM
)
def sheet(case_id: UUID) -> ResponseReturnValue:
    """Fill in the coding sheet, or look at it."""
    case = reading.read(db(), by=actor(), case_id=case_id)
    if case.content is None:
        return see(case_id)
    kept = case.content.sheet
    known = offered(db(), by=actor())
    chosen_from = {str(prison.record_id): (record, prison) for record, prison in known.values()}
    form = SheetForm(data=_first_look(case, known))
    form.offer([(key, shown(record.names, language())[0]) for key, (record, _prison) in chosen_from.items()])
    if form.validate_on_submit() and _kept(
        case_id, form, {key: prison for key, (_r, prison) in chosen_from.items()}
    ):
        return see(case_id, _anchor="sheet")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    page = render_template(
        "casework/sheet.html",
        case=case,
        form=form,
        kept=kept,
        may=may(case),
        labels=labels,
        content=case.content,
        text=chosen(case),
        drawn=drawn(case, chosen(case)),
    )
    return page, status


def _first_look(case: Case, known: Mapping[UUID, tuple[Record, coding.Prison]]) -> dict[str, Any]:
    """Return what the sheet shows before it is sent: what was kept, or what the source said of themselves.

    A prison that was found to be one with another since is shown as that one.
    """
    kept = case.content.sheet if case.content else None
    if kept is not None:
        sheet, prison = kept.sheet, kept.sheet.prison
        if prison and prison.record_id in known:
            sheet = replace(sheet, prison=known[prison.record_id][1])
        return {**filled(sheet), "revision": str(kept.row.revision)}
    relation = case.content.answers.get("relation", "") if case.content else ""
    return {"revision": "0", "relation": relation}


def _kept(case_id: UUID, form: Any, known: Mapping[str, coding.Prison]) -> bool:
    """Keep the sheet, or say in the form what cannot be taken."""
    try:
        filled_in = form.sheet(known)
    except InvalidError as problem:
        form.year.errors = [_(str(problem))]
        return False
    revision = str(form.revision.data or "")
    sheets.save(
        db(),
        by=actor(),
        case_id=case_id,
        sheet=filled_in,
        revision=int(revision) if revision.isdecimal() else 0,
        submit=request.form.get("action") == "submit",
        now=now(),
    )
    return True


@pages.page(f"{CASE}/sheet/approve", access=Permission.CASE_APPROVE, methods=("POST",))
def approve(case_id: UUID) -> ResponseReturnValue:
    """Approve a colleague's sheet."""
    form = DecisionForm()
    if not form.validate():
        raise NotFoundError
    sheets.approve(
        db(),
        by=actor(),
        case_id=case_id,
        revision=form.revision.data or 0,
        keys=recipients(),
        now=now(),
    )
    flash(_("The sheet is approved, and the case complete."))
    return see(case_id)


@pages.page(f"{CASE}/sheet/return", access=Permission.CASE_APPROVE, methods=("POST",))
def send_back(case_id: UUID) -> ResponseReturnValue:
    """Give a sheet back to its writer."""
    form = DecisionForm()
    if not form.validate():
        raise NotFoundError
    sheets.send_back(
        db(),
        by=actor(),
        case_id=case_id,
        revision=form.revision.data or 0,
        reason=form.reason.data or "",
        now=now(),
    )
    flash(_("The sheet went back, with your reason as a note."))
    return see(case_id)
