"""Pages of the desk: the queue, a case from hand to hand, its documents, and who its source is."""

from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.casework import labels, reading, service
from portal.casework.access import find
from portal.casework.case_page import case_page
from portal.casework.forms import PressForm
from portal.casework.pages import CASE, pages, see, uuid_of
from portal.casework.workflow import OPEN
from portal.errors import NotFoundError
from portal.intake import consent, media
from portal.intake.models import Answer, Status, Use
from portal.permissions import Group, Permission
from portal.staff.current import actor
from portal.web.edge import db, files, now, today
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l
from portal.web.once import first_this_hour
from portal.web.streams import attachment


def _status(text: str | None) -> Status | None:
    return Status(text) if text in {status.value for status in service.SHOWN} else None


@pages.page("/", access=Permission.CASE_READ, menu=_l("Cases"))
def index() -> ResponseReturnValue:
    """List cases, the longest waiting first, and complete ones only when asked; nothing is opened."""
    status, mine = _status(request.args.get("status")), "mine" in request.args
    after, every = uuid_of(request.args.get("after")), request.args.get("status") == "all"
    queue = service.queue(db(), by=actor(), status=status, mine=mine, finished=every, after=after)
    return render_template(
        "casework/index.html",
        queue=queue,
        status=status,
        every=every,
        mine=mine,
        claimable=OPEN,
        waited=lambda day: labels.waited(day, today()),
        asks=Answer.ASK,
        refuses=Answer.NO,
    )


# A case


@pages.page(CASE, access=Permission.CASE_READ, writes=True)
def show(case_id: UUID) -> ResponseReturnValue:
    """Open a case to read it; the ledger says so."""
    return case_page(case_id)


@pages.page(f"{CASE}/claim", access=Permission.CASE_CLAIM, methods=("POST",))
def claim(case_id: UUID) -> ResponseReturnValue:
    """Take a case up, or over."""
    service.claim(db(), by=actor(), case_id=case_id, now=now(), take_over="take_over" in request.form)
    return see(case_id)


@pages.page(f"{CASE}/release", access=Permission.CASE_CLAIM, methods=("POST",))
def release(case_id: UUID) -> ResponseReturnValue:
    """Hand a case back."""
    service.release(db(), by=actor(), case_id=case_id)
    flash(_("The case is back in the queue."))
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


@pages.page(f"{CASE}/move", access=Permission.CASE_READ, methods=("POST",))
def move(case_id: UUID) -> ResponseReturnValue:
    """Send a case on."""
    to = _status(request.form.get("to"))
    if to is None:
        raise NotFoundError
    service.move(db(), by=actor(), case_id=case_id, to=to)
    return see(case_id)


# Documents and identity


@pages.page(f"{CASE}/documents/<uuid:document_id>", access=Permission.CASE_READ, writes=True)
def document(case_id: UUID, document_id: UUID) -> ResponseReturnValue:
    """Give a document out, opened in memory as it goes; only pictures known to be harmless are shown."""
    noted = not first_this_hour(f"document {document_id.hex}")
    opened = reading.document(
        db(), by=actor(), case_id=case_id, document_id=document_id, files=files(), noted=noted, today=today()
    )
    length = opened.reader.length
    kind = media.kind_of(b"".join(opened.reader.read(0, min(media.HEAD_SIZE, length))))
    inline = "show" in request.args and kind in media.SHOWN_AS_IMAGE
    return attachment(opened, content_type=kind, inline=inline)


@pages.page(f"{CASE}/identity", access=Permission.CASE_APPROVE, methods=("GET", "POST"), fresh=True)
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
    allowed = consent.permits(submission.consents, Use.CONTACT, on=db().today)
    form = PressForm()
    return render_template("casework/identity.html", case_id=case_id, opened=None, allowed=allowed, form=form)
