"""Pages of images: sent and described, shown, the original taken out; taken off, put back, erased."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.database import pause
from portal.errors import InvalidError
from portal.permissions import Permission
from portal.registry import around, images, service
from portal.registry.image_forms import DescribeForm, ImageForm, described
from portal.registry.models import Image, Record, Statement
from portal.registry.pages import BOTH, answer, cites, pages, restricting, show_again
from portal.registry.statement_forms import RetractForm
from portal.registry.vocabulary import Copy, Kind, Predicate
from portal.staff import current
from portal.staff.current import actor
from portal.web import uploads
from portal.web.edge import db, erase, files, now, recipients, settings
from portal.web.guard import Token, check_token
from portal.web.locale import gettext as _
from portal.web.streams import attachment

_RECORD = "/<uuid:record_id>/image"
_IMAGE = f"{_RECORD}/<uuid:image_id>"
_EDIT: dict[str, Any] = {"access": Permission.REGISTRY_EDIT, "methods": BOTH, "token": Token.FORM}
_FIELDS = 32
"""Plain fields that the form of an image has, with room to spare."""


@pages.context_processor
def _shown() -> dict[str, Any]:
    return {
        "pictures_of": lambda record: images.gallery(db(), record, by=actor()),
        "happened_to": _happened,
        "in_time": _in_time,
        "taken_off": lambda record: images.of_record(db(), record, by=actor(), off=True),
        "may_open_images": lambda: images.may_open(actor()),
    }


def _happened(record: Record) -> list[Statement]:
    """Give what was done to a grave, as far as somebody dates it: it stands between the pictures."""
    if record.kind is not Kind.GRAVE:
        return []
    told = around.statements(db(), record, by=actor())
    return [one for one in told if one.predicate is Predicate.DISTURBANCE and one.when.placed]


def _in_time(
    pictures: Sequence[Image], events: Sequence[Statement]
) -> list[tuple[Image | None, Statement | None]]:
    """Set pictures and events in one row as time went on; what nobody dates comes last."""
    row: list[tuple[Image | None, Statement | None]] = [
        *((one, None) for one in pictures),
        *((None, one) for one in events),
    ]
    return sorted(row, key=_begins)


def _begins(both: tuple[Image | None, Statement | None]) -> date:
    """Give the first day of whichever of the two is there."""
    days = (day for one in both if one for day in (one.earliest, one.latest) if day)
    return next(days, date.max)


def _limit() -> int:
    return min(images.LIMIT, settings().file_limit)


def _prepared(form: Any, record: Record) -> Any:
    form.offer(service.sources(db(), by=actor()))
    form.lean(around.leaning_on(db(), record, by=actor()))
    return restricting(form)


def _asked(form: ImageForm, record: Record) -> ResponseReturnValue:
    return answer("registry/image.html", form, record=record, image=None, limit=_limit() >> 20)


@pages.page(_RECORD, access=Permission.REGISTRY_EDIT)
def picture(record_id: UUID) -> ResponseReturnValue:
    """Ask for a picture, and for what is to be said of it."""
    record = service.find(db(), record_id, by=actor())
    return _asked(_prepared(ImageForm(data={"version": str(record.version)}), record), record)


@pages.page(_RECORD, access=Permission.REGISTRY_EDIT, methods=("POST",), token=Token.STREAM)
def take_picture(record_id: UUID) -> ResponseReturnValue:
    """Take a picture into memory, seal it, and keep it with what is said of it: both, or neither."""
    pause(db())
    came = BytesIO()
    upload = uploads.receive(
        limit=_limit(), check_token=check_token, sink=lambda: _into(came), segments=_FIELDS
    )
    current.look_again()
    record = service.find(db(), record_id, by=actor())
    form = _prepared(ImageForm(MultiDict(upload.fields)), record)
    fine = form.validate()
    if not upload.files:
        form.file.errors = [_("Please choose a picture.")]
    elif not fine:
        form.file.errors = [_("Please choose the picture once more.")]
    if not (fine and upload.files):
        return _asked(form, record)
    pause(db())
    try:
        away = images.put_away(files(), record_id, data=came.getvalue(), filename=upload.filename)
    except InvalidError as problem:
        form.file.errors = [_(str(problem))]
        return _asked(form, service.find(db(), record_id, by=actor()))
    try:
        images.add(
            db(),
            record_id,
            image=away,
            shows=form.shows(),
            cite=cites(form)[0],
            keys=recipients(),
            **_change(form),
        )
    except BaseException:
        for name in away.names:
            files().erase(name)
        raise
    return show_again(record_id)


@contextmanager
def _into(came: BytesIO) -> Iterator[BytesIO]:
    yield came


def _change(form: Any) -> dict[str, Any]:
    """Give what every change says: who, on which version, why, when."""
    return {"by": actor(), "version": form.seen(), "note": form.note.data or "", "now": now()}


@pages.page(f"{_IMAGE}/edit", **_EDIT)
def describe(record_id: UUID, image_id: UUID) -> ResponseReturnValue:
    """Correct what is said of a picture."""
    record = service.find(db(), record_id, by=actor())
    image = images.find_image(db(), record, image_id, by=actor())
    shown = None if request.form else {"version": str(record.version), **described(image)}
    form = _prepared(DescribeForm(data=shown), record)
    if form.validate_on_submit():
        images.describe(db(), record_id, image_id, shows=form.shows(), cite=cites(form)[0], **_change(form))
        return show_again(record_id)
    return answer("registry/image.html", form, record=record, image=image, limit=0)


@pages.page(f"{_IMAGE}/retract", **_EDIT)
def take_picture_off(record_id: UUID, image_id: UUID) -> ResponseReturnValue:
    """Show a picture no more; it can be put back."""
    return _decided(record_id, image_id, "off")


@pages.page(f"{_IMAGE}/restore", **_EDIT)
def put_picture_back(record_id: UUID, image_id: UUID) -> ResponseReturnValue:
    """Show a picture again that was taken off."""
    return _decided(record_id, image_id, "back")


@pages.page(f"{_IMAGE}/erase", **_EDIT)
def erase_picture(record_id: UUID, image_id: UUID) -> ResponseReturnValue:
    """Erase a picture that was taken off, with its key."""
    return _decided(record_id, image_id, "erase")


def _decided(record_id: UUID, image_id: UUID, what: str) -> ResponseReturnValue:
    record = service.find(db(), record_id, by=actor())
    image = images.find_image(db(), record, image_id, by=actor(), off=what != "off")
    form = RetractForm(data=None if request.form else {"version": str(record.version)})
    if form.validate_on_submit():
        said = _change(form)
        if what == "erase":
            erase(images.erase(db(), record_id, image_id, **said))
        else:
            act = images.take_off if what == "off" else images.put_back
            act(db(), record_id, image_id, **said)
        return show_again(record_id)
    return answer("registry/image_change.html", form, record=record, image=image, what=what)


@pages.page(_IMAGE, access=Permission.CASE_READ)
def image_file(record_id: UUID, image_id: UUID) -> ResponseReturnValue:
    """Show the plain copy of a picture."""
    opened = images.open_image(db(), record_id, image_id, by=actor(), copy=Copy.SHOWN, store=files())
    return attachment(opened, content_type=opened.media_type, inline=True)


@pages.page(f"{_IMAGE}/original", access=Permission.CASE_READ, writes=True)
def original(record_id: UUID, image_id: UUID) -> ResponseReturnValue:
    """Give a picture out as it came; the ledger says so."""
    opened = images.open_image(db(), record_id, image_id, by=actor(), copy=Copy.ORIGINAL, store=files())
    return attachment(opened)
