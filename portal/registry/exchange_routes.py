"""Pages that bring a file into the registry and take its public part out."""

from http import HTTPStatus
from itertools import islice
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from portal.database import pause
from portal.errors import InvalidError, NotFoundError
from portal.ledger.service import note
from portal.permissions import Permission
from portal.registry import service
from portal.registry.exchange import importing, mappings, waiting
from portal.registry.exchange.carrying import broken_lines
from portal.registry.exchange.drafts import Draft
from portal.registry.exchange.exporting import plain
from portal.registry.exchange.fields import every_field
from portal.registry.exchange.importing import Choice
from portal.registry.exchange.leaving import FILES, TYPES, Sort, archive, entities
from portal.registry.exchange.models import Alike, Changed, SavedMapping
from portal.registry.exchange.preparing import prepare_all
from portal.registry.exchange.publications import source_named
from portal.registry.exchange.reading import Form, Glance, Mapped, form_of, glance, gone
from portal.registry.exchange.waiting import Waiting
from portal.registry.exchange_forms import FileForm, GoForm, StepForm, columns_form
from portal.registry.exchange_labels import REASONS, WHY, field_name
from portal.registry.labels import label, word_label
from portal.registry.models import Record
from portal.registry.pages import BOTH, answer, near, pages
from portal.registry.records import KIND_OF
from portal.registry.vocabulary import Kind
from portal.staff import current
from portal.staff.current import actor
from portal.web import uploads
from portal.web.edge import db, now, settings
from portal.web.guard import Token, check_token
from portal.web.locale import gettext as _

KIND_FACTS = {kind: facts for facts, kind in KIND_OF.items()}
_KEPT = "import"
_LOOKED_AT = 5_000
_STEP = 5_000
_MOST_OUT = 50_000


def _words() -> dict[str, Any]:
    return {
        "field_name": field_name,
        "reasons": REASONS,
        "why": WHY,
        "limit": settings().file_limit >> 20,
        "told": _told,
    }


def _told(draft: Draft) -> list[tuple[str, str]]:
    """Say a new record's facts and statements in short lines."""
    usual = plain(draft.kind, KIND_FACTS[draft.kind]())
    facts = {
        name: value for name, value in plain(draft.kind, draft.facts).items() if value != usual.get(name)
    }
    lines = [(field_name(name), word_label(name, text)) for name, (text,) in facts.items()]
    return [*lines, *((label(said.predicate), said.value_fa or said.value_en) for said in draft.said)]


def _kept() -> dict[str, Any]:
    kept: dict[str, Any] | None = session.get(_KEPT)
    if kept is None:
        raise NotFoundError
    return kept


def _given() -> Any:
    return waiting.read(settings().instance, Waiting(**_kept()["file"]))


def _mapped() -> Mapped:
    kept = _kept()
    return Mapped(Kind(kept["kind"]), kept["columns"], kept["encoding"])


@pages.page("/import", access=Permission.REGISTRY_EDIT)
def bring_in() -> ResponseReturnValue:
    """Ask for a file and its source, and show what was brought in before."""
    return _asked(FileForm())


def _asked(form: FileForm) -> ResponseReturnValue:
    if not form.source.choices:
        form.offer(service.sources(db(), by=actor()), mappings.saved(db(), by=actor()))
    runs = importing.runs(db(), by=actor())
    return answer("registry/import.html", form, runs=runs, **_words())


@pages.page("/import", access=Permission.REGISTRY_EDIT, methods=("POST",), token=Token.STREAM)
def take_file() -> ResponseReturnValue:
    """Take the file, sealed as it comes, and lead to its columns."""
    pause(db())
    instance, arriving = settings().instance, waiting.Arriving(settings().instance)
    waiting.sweep(instance, now=now().timestamp())
    upload = uploads.receive(limit=settings().file_limit, check_token=check_token, sink=arriving.sink)
    current.look_again()
    form = FileForm(MultiDict(upload.fields))
    form.offer(service.sources(db(), by=actor()), mappings.saved(db(), by=actor()))
    fine = form.validate()
    if not upload.files:
        form.file.errors = [*form.file.errors, _("Please choose a file.")]
    if not (fine and upload.files):
        if upload.files:
            waiting.forget(instance, arriving.done(""))
            form.file.errors = [*form.file.errors, _("Please choose the file once more.")]
        return _asked(form)
    _forget()
    _keep(form, arriving.done(upload.filename[:200]))
    return redirect(url_for(".columns"), HTTPStatus.SEE_OTHER)


def _keep(form: FileForm, file: Waiting) -> None:
    source = form.source.data or str(source_named(db(), form.new_title.data or "", by=actor()))
    kind, encoding, columns = form.kind.data, form.encoding.data, None
    if form.mapping.data:
        mapped = mappings.of(db().get_one(SavedMapping, UUID(form.mapping.data)))
        kind, encoding, columns = mapped.kind.value, mapped.encoding, mapped.columns
    session[_KEPT] = {
        "file": file.kept(),
        "source": source,
        "kind": kind,
        "encoding": encoding,
        "columns": columns,
    }


def _forget() -> None:
    kept = session.pop(_KEPT, None)
    if kept:
        waiting.forget(settings().instance, Waiting(**kept["file"]))


@pages.page("/import/columns", access=Permission.REGISTRY_EDIT, methods=BOTH, token=Token.FORM)
def columns() -> ResponseReturnValue:
    """Ask what each column is; a file that says so itself goes on to the preview."""
    kept, mapped = _kept(), _mapped()
    try:
        given = _given()
        if form_of(given) in {Form.BAYANAT, Form.FTM}:
            return redirect(url_for(".preview"), HTTPStatus.SEE_OTHER)
        seen = glance(given, mapped)
    except InvalidError as problem:
        return _unreadable(problem)
    form = columns_form(seen, mapped.kind, _chosen(seen, mapped))
    if form.validate_on_submit():
        chosen = form.columns(seen)
        if (form.save_as.data or "").strip():
            new = Mapped(mapped.kind, chosen, mapped.encoding)
            mappings.save(db(), by=actor(), name=form.save_as.data or "", mapped=new, now=now())
        session[_KEPT] = {**kept, "columns": chosen}
        return redirect(url_for(".preview"), HTTPStatus.SEE_OTHER)
    lacking = gone(seen.headings, mapped)
    return answer("registry/import_columns.html", form, seen=seen, lacking=lacking, **_words())


def _chosen(seen: Glance, mapped: Mapped) -> list[str]:
    if mapped.columns is None:
        return list(seen.guessed)
    known = every_field()
    chosen = (mapped.columns.get(heading, "") for heading in seen.headings)
    return [field if field in known else "" for field in chosen]


def _unreadable(problem: InvalidError) -> ResponseReturnValue:
    """Lead back to the file, saying why it cannot be read."""
    form = FileForm(formdata=None)
    form.file.errors = [
        _("This file cannot be read row by row: a CSV, XLSX or JSON file can."),
        str(problem),
    ][:1]
    return _asked(form)


@pages.page("/import/preview", access=Permission.REGISTRY_EDIT, methods=BOTH, token=Token.FORM)
def preview() -> ResponseReturnValue:
    """Say what would happen; the button begins."""
    form, kept = GoForm(), _kept()
    sent = form.validate_on_submit()
    alike, changed = (
        (Alike(form.alike.data), Changed(form.changed.data)) if sent else (Alike.ADD, Changed.LEAVE)
    )
    choice = Choice(_mapped(), UUID(kept["source"]), alike, changed)
    try:
        if sent:
            run = importing.begin(db(), by=actor(), file=_given(), choice=choice, now=now())
            _bring(run)
            return redirect(url_for(".run", run_id=run.id), HTTPStatus.SEE_OTHER)
        seen = importing.preview(
            db(), by=actor(), file=_given(), choice=choice, now=now(), near=near(), most=_LOOKED_AT
        )
    except InvalidError as problem:
        return _unreadable(problem)
    return answer("registry/import_preview.html", form, seen=seen, name=kept["file"]["filename"], **_words())


def _bring(run: Any) -> None:
    """Bring the next rows in; behind the last one the file is erased."""
    left = importing.left(run, _given())
    some = list(islice(left, _STEP + 1))
    last = len(some) <= _STEP
    read = prepare_all(some[:_STEP], run.kind)
    importing.step(db(), run, read, by=actor(), now=now(), last=last, near=near())
    if last:
        _forget()


@pages.page("/import/<uuid:run_id>", access=Permission.REGISTRY_EDIT, methods=BOTH, token=Token.FORM)
def run(run_id: UUID) -> ResponseReturnValue:
    """Say how far a file is in, and bring more of it in."""
    going = importing.find_run(db(), run_id, by=actor())
    form = StepForm()
    here = session.get(_KEPT) is not None
    if here and not going.ended and form.validate_on_submit():
        _bring(going)
        return redirect(url_for(".run", run_id=run_id), HTTPStatus.SEE_OTHER)
    broken = importing.broken(db(), going)
    return answer("registry/import_run.html", form, run=going, here=here, broken=broken[:50], **_words())


@pages.page("/import/<uuid:run_id>/left-out", access=Permission.REGISTRY_EDIT)
def left_out(run_id: UUID) -> ResponseReturnValue:
    """Give the rows that stayed out as a table."""
    going = importing.find_run(db(), run_id, by=actor())
    told = "".join(broken_lines(db(), going)).encode("utf-8-sig")
    return _file(told, "left-out.csv", "text/csv; charset=utf-8")


@pages.page("/export", access=Permission.REGISTRY_READ, methods=BOTH, token=Token.FORM)
def export() -> ResponseReturnValue:
    """Give the public part of the registry as a file."""
    form, wanted = StepForm(), request.form.get("action", "")
    count = (
        db().scalar(select(func.count()).select_from(Record).where(Record.restricted.is_(other=False))) or 0
    )
    if wanted in {one.value for one in Sort} and count <= _MOST_OUT and form.validate_on_submit():
        sort = Sort(wanted)
        told = archive(db()) if sort is Sort.CSV else "".join(entities(db())).encode()
        note(db(), "registry.export", by=actor().name, detail={"format": sort.value})
        return _file(told, FILES[sort], TYPES[sort])
    return answer("registry/export.html", form, count=count, most=_MOST_OUT, sorts=Sort)


def _file(told: bytes, name: str, sort: str) -> Response:
    found = Response(told, content_type=sort)
    found.headers.set("Content-Disposition", "attachment", filename=name)
    return found
