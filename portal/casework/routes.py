"""Pages of the desk: the queue, a case to be read and worked on, its sheet, its documents."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.casework import coding, labels, marking, reading, service, sheets, writing
from portal.casework.access import find
from portal.casework.forms import DecisionForm, MarkForm, MessageForm, NoteForm, PressForm, SheetForm, filled
from portal.casework.marking import MarkKind, Place
from portal.casework.models import SheetState
from portal.casework.prisons import prisons
from portal.casework.reading import Case, Text
from portal.casework.workflow import OPEN, WORKED_ON
from portal.config import Face
from portal.errors import InvalidError, NotFoundError
from portal.intake import consent, media
from portal.intake.models import Answer, Speaker, Status, Use
from portal.permissions import Group, Permission
from portal.registry.records import shown
from portal.staff.current import actor
from portal.web.edge import db, files, now, recipients, today
from portal.web.forms import PortalForm
from portal.web.guard import Pages, Token
from portal.web.locale import gettext as _
from portal.web.locale import language, number
from portal.web.locale import lazy_gettext as _l
from portal.web.streams import attachment
from portal.web.text import staff_markup

pages = Pages("casework", __name__, face=Face.DESK, url_prefix="/cases")

_CASE = "/<uuid:case_id>"


def short(case_id: UUID) -> str:
    """Return the few signs by which people speak of a case."""
    return case_id.hex[:8]


@pages.app_context_processor
def _words() -> dict[str, Any]:
    """Give templates the words of casework."""
    return {
        "case_label": short,
        "statuses": labels.STATUSES,
        "status_shapes": labels.SHAPES,
        "mark_kinds": labels.MARK_KINDS,
        "shown_as_image": media.SHOWN_AS_IMAGE,
    }


def _see(case_id: UUID, **values: Any) -> ResponseReturnValue:
    return redirect(url_for("casework.show", case_id=case_id, **values), HTTPStatus.SEE_OTHER)


# The queue


def _status(text: str | None) -> Status | None:
    return Status(text) if text in {status.value for status in service.SHOWN} else None


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFoundError from None


@pages.page("/", access=Permission.CASE_READ, menu=_l("Cases"))
def index() -> ResponseReturnValue:
    """List cases, the longest waiting first; nothing is opened."""
    status, mine = _status(request.args.get("status")), "mine" in request.args
    after = _uuid(request.args.get("after"))
    queue = service.queue(db(), by=actor(), status=status, mine=mine, after=after)
    return render_template(
        "casework/index.html",
        queue=queue,
        status=status,
        mine=mine,
        claimable=OPEN,
        waited=lambda day: labels.waited(day, today()),
        asks=Answer.ASK,
        refuses=Answer.NO,
    )


# A case


def _chosen(case: Case) -> Text | None:
    """Return the text to be read: the one asked for, or the first."""
    if case.content is None:
        return None
    asked = request.args.get("text") or request.form.get("text")
    texts = case.content.texts
    return next((one for one in texts if str(one.field_id) == asked), texts[0] if texts else None)


def _drawn(case: Case, text: Text | None) -> marking.Drawn:
    if text is None or case.content is None:
        return marking.Drawn([], {})
    marks = [one for one in case.content.marks if one.field_id == text.field_id and one.fits]
    return marking.draw(text.text, {one.id: (one.span, one.kind) for one in marks})


def _case_page(case_id: UUID, *, status: int = HTTPStatus.OK, **forms: PortalForm) -> ResponseReturnValue:
    """Show a case, with the forms as they were sent when one needs another look."""
    by = actor()
    case = reading.read(db(), by=by, case_id=case_id)
    text = _chosen(case)
    mark = forms.get("mark") or MarkForm(formdata=None, text=str(text.field_id) if text else "")
    page = render_template(
        "casework/show.html",
        case=case,
        content=case.content,
        text=text,
        drawn=_drawn(case, text),
        forms={
            "mark": mark,
            "message": forms.get("message") or MessageForm(formdata=None),
            "note": forms.get("note") or NoteForm(formdata=None),
        },
        may=_may(case),
        labels=labels,
        markup=staff_markup,
        month_words=lambda month: labels.month_words(month, number),
        waited=labels.waited(case.day, today()),
        narrator=_narrator(case),
        coded=_coded(case),
        staff_speaker=Speaker.STAFF,
    )
    return page, status


def _narrator(case: Case) -> Any:
    relation = case.content.answers.get("relation", "") if case.content else ""
    return next((name for one, name in labels.NARRATORS.items() if one.value == relation), _("not said"))


def _coded(case: Case) -> list[tuple[Any, Any]]:
    """Return the patterns that the account speaks of."""
    sheet = case.content.sheet if case.content else None
    said = sheet.sheet.patterns.items() if sheet else ()
    return [
        (labels.PATTERNS[one].short, labels.SAID[answer])
        for one, answer in said
        if answer is not coding.Said.NOT_SAID
    ]


def _may(case: Case) -> Mapping[str, bool]:
    """Say which actions the page offers; the services decide."""
    by = actor()
    lead = by.may(Permission.CASE_APPROVE)
    working = case.held and case.status in WORKED_ON
    content = case.content
    sheet = content.sheet if content else None
    return {
        "claim": not case.holder and case.status in OPEN,
        "take_over": bool(case.holder) and not case.held and lead and case.status in WORKED_ON,
        "release": working,
        "mark": working and content is not None,
        "link": working and content is not None and case.decisions[Use.LINK] is Answer.YES,
        "write": case.held and case.may_write,
        "note": content is not None and (case.held or lead),
        "code": case.held and case.status is Status.IN_REVIEW and content is not None,
        "approve": lead
        and case.status is Status.SECOND_REVIEW
        and sheet is not None
        and sheet.row.state is SheetState.SUBMITTED
        and by.name not in sheet.hands,
        "identity": Group.CONTACT in by.seeds,
    }


@pages.page(_CASE, access=Permission.CASE_READ, writes=True)
def show(case_id: UUID) -> ResponseReturnValue:
    """Open a case to read it; the ledger says so."""
    return _case_page(case_id)


@pages.page(f"{_CASE}/claim", access=Permission.CASE_CLAIM, methods=("POST",))
def claim(case_id: UUID) -> ResponseReturnValue:
    """Take a case up, or over."""
    service.claim(db(), by=actor(), case_id=case_id, now=now(), take_over="take_over" in request.form)
    return _see(case_id)


@pages.page(f"{_CASE}/release", access=Permission.CASE_CLAIM, methods=("POST",))
def release(case_id: UUID) -> ResponseReturnValue:
    """Hand a case back."""
    service.release(db(), by=actor(), case_id=case_id)
    flash(_("The case is back in the queue."))
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


@pages.page(f"{_CASE}/move", access=Permission.CASE_READ, methods=("POST",))
def move(case_id: UUID) -> ResponseReturnValue:
    """Send a case on."""
    to = _status(request.form.get("to"))
    if to is None:
        raise NotFoundError
    service.move(db(), by=actor(), case_id=case_id, to=to)
    return _see(case_id)


# Marks


@pages.page(f"{_CASE}/marks", access=Permission.CASE_MARK, methods=("POST",))
def mark(case_id: UUID) -> ResponseReturnValue:
    """Mark words; when they stand in several places, ask which."""
    form = _mark_form()
    if not form.validate():
        return _case_page(case_id, mark=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    field_id = _uuid(form.text.data) or case_id
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
        return _case_page(case_id, mark=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
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
    return _see(case_id, text=field_id, _anchor=f"mark-{mark_id}")


def _mark_form() -> MarkForm:
    """Read the form; a place chosen among several comes as one value, ``start-end``."""
    start, dash, end = request.form.get("at", "").partition("-")
    if not dash:
        return MarkForm()
    return MarkForm(MultiDict({**request.form.to_dict(), "start": start, "end": end}))


def _which(case_id: UUID, form: MarkForm, found: list[Place]) -> ResponseReturnValue:
    return render_template("casework/which.html", case_id=case_id, form=form, places=found)


@pages.page(f"{_CASE}/marks/<uuid:mark_id>/remove", access=Permission.CASE_MARK, methods=("POST",))
def unmark(case_id: UUID, mark_id: UUID) -> ResponseReturnValue:
    """Take a mark off."""
    writing.unmark(db(), by=actor(), case_id=case_id, mark_id=mark_id)
    return _see(case_id, _anchor="marks")


# Messages and notes


@pages.page(f"{_CASE}/message", access=Permission.CASE_CONTACT, methods=("POST",))
def message(case_id: UUID) -> ResponseReturnValue:
    """Write to the source."""
    form = MessageForm()
    if not form.validate():
        return _case_page(case_id, message=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    writing.message(
        db(), by=actor(), case_id=case_id, text=form.message.data or "", wait=bool(form.wait.data), now=now()
    )
    flash(_("The message lies in the source's folder."))
    return _see(case_id, _anchor="messages")


@pages.page(f"{_CASE}/notes", access=Permission.CASE_READ, methods=("POST",))
def add_note(case_id: UUID) -> ResponseReturnValue:
    """Leave a note for colleagues."""
    form = NoteForm()
    if not form.validate():
        return _case_page(case_id, note=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    writing.add_note(db(), by=actor(), case_id=case_id, text=form.note.data or "", now=now())
    return _see(case_id, _anchor="notes")


# The coding sheet


@pages.page(
    f"{_CASE}/sheet", access=Permission.CASE_CODE, methods=("GET", "POST"), writes=True, token=Token.FORM
)
def sheet(case_id: UUID) -> ResponseReturnValue:
    """Fill in the coding sheet, or look at it."""
    case = reading.read(db(), by=actor(), case_id=case_id)
    if case.content is None:
        return _see(case_id)
    kept = case.content.sheet
    known = {str(prison.record_id): (record, prison) for record, prison in prisons(db(), by=actor())}
    form = SheetForm(data=_first_look(case))
    form.offer([(key, shown(record.names, language())[0]) for key, (record, _prison) in known.items()])
    if form.validate_on_submit() and _kept(
        case_id, form, {key: prison for key, (_r, prison) in known.items()}
    ):
        return _see(case_id, _anchor="sheet")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    page = render_template(
        "casework/sheet.html",
        case=case,
        form=form,
        kept=kept,
        may=_may(case),
        labels=labels,
        content=case.content,
        text=_chosen(case),
        drawn=_drawn(case, _chosen(case)),
    )
    return page, status


def _first_look(case: Case) -> dict[str, Any]:
    """Return what the sheet shows before it is sent: what was kept, or what the source said of themselves."""
    kept = case.content.sheet if case.content else None
    if kept is not None:
        return {**filled(kept.sheet), "revision": str(kept.row.revision)}
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


@pages.page(f"{_CASE}/sheet/approve", access=Permission.CASE_APPROVE, methods=("POST",))
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
    return _see(case_id)


@pages.page(f"{_CASE}/sheet/return", access=Permission.CASE_APPROVE, methods=("POST",))
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
    return _see(case_id)


# Documents and identity


@pages.page(f"{_CASE}/documents/<uuid:document_id>", access=Permission.CASE_READ, writes=True)
def document(case_id: UUID, document_id: UUID) -> ResponseReturnValue:
    """Give a document out, opened in memory as it goes; only pictures known to be harmless are shown."""
    opened = reading.document(db(), by=actor(), case_id=case_id, document_id=document_id, files=files())
    length = opened.reader.length
    kind = media.kind_of(b"".join(opened.reader.read(0, min(media.HEAD_SIZE, length))))
    inline = "show" in request.args and kind in media.SHOWN_AS_IMAGE
    return attachment(opened, content_type=kind, inline=inline)


@pages.page(f"{_CASE}/identity", access=Permission.CASE_APPROVE, methods=("GET", "POST"))
def identity(case_id: UUID) -> ResponseReturnValue:
    """Say what opening means; then open what a source is called and how to reach them."""
    by = actor()
    if request.method == "POST":
        opened = reading.identity(db(), by=by, case_id=case_id)
        return render_template(
            "casework/identity.html", case_id=case_id, opened=opened, allowed=True, form=None
        )
    submission = find(db(), by=by, case_id=case_id)
    by.seed_of(Group.CONTACT)
    allowed = consent.permits(submission.consents, Use.CONTACT)
    form = PressForm()
    return render_template("casework/identity.html", case_id=case_id, opened=None, allowed=allowed, form=form)
