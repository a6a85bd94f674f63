"""The page of a case: what is shown of it, and which actions it offers."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal.casework import coding, labels, marking, reading
from portal.casework.forms import MarkForm, MessageForm, NoteForm
from portal.casework.models import SheetState
from portal.casework.reading import Case, Text
from portal.casework.workflow import OPEN, WORKED_ON
from portal.intake.answers import question, sections, was_told_before
from portal.intake.asking import catalogue
from portal.intake.day_words import in_words
from portal.intake.journey import Step
from portal.intake.models import Answer, Speaker, Status, Use
from portal.permissions import Group, Permission
from portal.staff.current import actor
from portal.web.edge import db, settings, today
from portal.web.forms import PortalForm
from portal.web.locale import gettext as _
from portal.web.locale import language, number
from portal.web.text import staff_markup


def chosen(case: Case) -> Text | None:
    """Return the text to be read: the one asked for, or the first."""
    if case.content is None:
        return None
    # A form with a file was read as it came, and is not to be read again.
    sent = {} if request.mimetype == "multipart/form-data" else request.form
    asked = request.args.get("text") or sent.get("text")
    texts = case.content.texts
    return next((one for one in texts if str(one.field_id) == asked), texts[0] if texts else None)


def drawn(case: Case, text: Text | None) -> marking.Drawn:
    """Draw the marks of one text."""
    if text is None or case.content is None:
        return marking.Drawn([], {})
    marks = [one for one in case.content.marks if one.field_id == text.field_id and one.fits]
    return marking.draw(text.text, {one.id: (one.span, one.kind) for one in marks})


def case_page(case_id: UUID, *, status: int = HTTPStatus.OK, **forms: PortalForm) -> ResponseReturnValue:
    """Show a case, with the forms as they were sent when one needs another look."""
    by = actor()
    case = reading.read(db(), by=by, case_id=case_id, today=today())
    text = chosen(case)
    mark = forms.get("mark") or MarkForm(formdata=None, text=str(text.field_id) if text else "")
    page = render_template(
        "casework/show.html",
        case=case,
        content=case.content,
        text=text,
        drawn=drawn(case, text),
        forms={
            "mark": mark,
            "message": forms.get("message") or MessageForm(formdata=None),
            "note": forms.get("note") or NoteForm(formdata=None),
        },
        may=may(case),
        labels=labels,
        markup=staff_markup,
        month_words=lambda month: labels.month_words(month, number),
        waited=labels.waited(case.day, today()),
        narrator=_narrator(case),
        answers=_answers(case),
        in_words=in_words,
        coded=_coded(case),
        staff_speaker=Speaker.STAFF,
        file_limit=settings().file_limit // (1024 * 1024),
    )
    return page, status


def _narrator(case: Case) -> Any:
    relation = case.content.answers.get("relation", "") if case.content else ""
    return next((name for one, name in labels.NARRATORS.items() if one.value == relation), _("not said"))


def _answers(case: Case) -> Mapping[str, Any]:
    """Return what the source answered beside the account: unprompted before it, asked for after it."""
    fields = case.content.answers if case.content else {}
    said = [one for one in sections(fields, catalogue(language())) if one.step is not Step.YOU]
    return {
        "before": [one for one in said if not one.prompted],
        "after": [one for one in said if one.prompted],
        "question": question(fields, Step.ACCOUNT, "narrative"),
        "told_before": was_told_before(fields),
        "third_parties": {Step.PEOPLE, Step.RESPONSIBLE, Step.GROUP},
    }


def _coded(case: Case) -> list[tuple[Any, Any]]:
    """Return the patterns that the account speaks of."""
    sheet = case.content.sheet if case.content else None
    said = sheet.sheet.patterns.items() if sheet else ()
    return [
        (labels.PATTERNS[one].short, labels.SAID[answer])
        for one, answer in said
        if answer is not coding.Said.NOT_SAID
    ]


def may(case: Case) -> Mapping[str, bool]:
    """Say which actions the page offers; the services decide."""
    by = actor()
    lead = by.may(Permission.CASE_APPROVE)
    working = case.held and case.status in WORKED_ON
    content = case.content
    sheet = content.sheet if content else None
    found = {
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
        "hold": by.may(Permission.CASE_HOLD),
        "circle": by.may(Permission.CASE_MOVE) and len(by.circles) > 1,
    }
    # What only a hold keeps is read, and nothing is done with it.
    return dict.fromkeys(found, False) if case.kept_until else found
