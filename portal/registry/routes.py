"""Pages of the registry: browse and search, one record with its sources, changes and their history."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.config import Face
from portal.errors import NotFoundError
from portal.permissions import Permission
from portal.registry import around, service
from portal.registry.forms import FORMS, RecordForm, RetractForm, StatementForm, TieForm, filled, spare_names
from portal.registry.labels import FIELDS, LABELS, label, reversed_label, word_label
from portal.registry.models import Record, Statement
from portal.registry.records import shown
from portal.registry.vocabulary import Kind, NameKind
from portal.staff.current import actor
from portal.web.edge import db, now
from portal.web.guard import Pages, Token, may_open
from portal.web.locale import language
from portal.web.locale import lazy_gettext as _l

pages = Pages("registry", __name__, face=Face.DESK, url_prefix="/registry")

_KIND = "<any(person, place, grave, body, event):kind>"
_BOTH = ("GET", "POST")
_TYPED = 300


@pages.context_processor
def _words() -> dict[str, Any]:
    """Give the templates the names and words of records."""

    def title(record: Record) -> str:
        return shown(record.names, language())[0]

    def also(record: Record) -> str:
        return shown(record.names, language())[1]

    return {
        "title_of": title,
        "also_of": also,
        "label": label,
        "reversed_label": reversed_label,
        "word_label": word_label,
        "field_label": lambda name: FIELDS[name],
        "may_edit": may_open(Permission.REGISTRY_EDIT),
    }


def _kind(text: str | None) -> Kind | None:
    return Kind(text) if text in {kind.value for kind in Kind} else None


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFoundError from None


def _near() -> service.Near | None:
    """Give what knows names by how they sound, where this app has it."""
    near: service.Near | None = current_app.extensions.get("portal_near")
    return near


def _answer(template: str, form: Any, **values: Any) -> ResponseReturnValue:
    """Show a form, or show it again with what needs another look."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template(template, form=form, **values), status


def _shown(record: Record) -> ResponseReturnValue:
    return redirect(url_for(".show", record_id=record.id), 303)


@pages.page("/", access=Permission.REGISTRY_READ, menu=_l("Registry"))
def index() -> ResponseReturnValue:
    """List records by name, or those that a typed name finds."""
    text = request.args.get("q", "").strip()[:_TYPED]
    kind = _kind(request.args.get("kind"))
    if text:
        found = service.search(db(), by=actor(), text=text, kind=kind, near=_near())
        shelf = service.Shelf(found, None)
    else:
        shelf = service.browse(
            db(), by=actor(), kind=kind, after=_uuid(request.args.get("after")), latin=language() == "en"
        )
    return render_template("registry/index.html", shelf=shelf, text=text, kind=kind, kinds=LABELS[Kind])


@pages.page("/<uuid:record_id>", access=Permission.REGISTRY_READ)
def show(record_id: UUID) -> ResponseReturnValue:
    """Show one record: its names in both scripts, and every statement with its source."""
    record = service.find(db(), record_id, by=actor())
    return render_template(
        "registry/show.html",
        record=record,
        lineage=around.lineage(db(), record, by=actor()),
        inside=around.inside(db(), record, by=actor()),
        relations=around.relations(db(), record, by=actor()),
        parts=around.parts(db(), record, by=actor()),
    )


def _prepared(form: RecordForm, record: Record | None = None) -> RecordForm:
    """Offer the places that can be chosen, and hide what this person may not set."""
    if "place" in form:
        places = service.places(db(), by=actor())
        form["place"].offer(
            [(place.id, shown(place.names, language())[0]) for place in places if place is not record]
        )
    if not actor().may(Permission.REGISTRY_RESTRICTED):
        del form.restricted
    return form


def _onward(record: Record) -> ResponseReturnValue:
    """Show a new record, or lead back to the decision that it was added for."""
    case, mark = request.args.get("case"), request.args.get("mark")
    if not (case and mark and may_open(Permission.CASE_LINK)):
        return _shown(record)
    decision = url_for("linking.new", case_id=_uuid(case), annotation=_uuid(mark), record=record.id)
    return redirect(decision, HTTPStatus.SEE_OTHER)


def _restricted(form: RecordForm) -> bool | None:
    """Say what was chosen, or None where this person may not choose."""
    return bool(form.restricted.data) if "restricted" in form else None


@pages.page(f"/add/{_KIND}", access=Permission.REGISTRY_EDIT, methods=_BOTH, token=Token.FORM)
def add(kind: str) -> ResponseReturnValue:
    """Add a record of a kind; ``name`` is written in beforehand.

    Who came from the marked words of a case is led back to them, with the new record chosen.
    """
    name = request.args.get("name", "").strip()[:_TYPED]
    written = [{"text": name, "kind": NameKind.OFFICIAL.value}] if name else []
    form = _prepared(FORMS[Kind(kind)](data=None if request.form else {"names": spare_names(written)}))
    if form.validate_on_submit():
        record = service.add(
            db(),
            by=actor(),
            names=form.spellings(),
            facts=form.facts(),
            note=form.note.data or "",
            now=now(),
            restricted=bool(_restricted(form)),
        )
        return _onward(record)
    return _answer("registry/edit.html", form, record=None, kind=Kind(kind))


@pages.page("/<uuid:record_id>/edit", access=Permission.REGISTRY_EDIT, methods=_BOTH, token=Token.FORM)
def edit(record_id: UUID) -> ResponseReturnValue:
    """Change a record's names and facts."""
    record = service.find(db(), record_id, by=actor())
    form = _prepared(FORMS[record.kind](data=None if request.form else filled(record)), record)
    if form.validate_on_submit():
        changed = service.edit(
            db(),
            record_id,
            by=actor(),
            version=form.seen(),
            names=form.spellings(),
            facts=form.facts(),
            note=form.note.data or "",
            now=now(),
            restricted=_restricted(form),
        )
        return _shown(changed)
    return _answer("registry/edit.html", form, record=record, kind=record.kind)


def _source_id(form: StatementForm | TieForm) -> UUID:
    """Give the chosen source, adding it first when it is new."""
    fields = form.new_source()
    return UUID(form.source.data) if fields is None else service.add_source(db(), by=actor(), **fields).id


@pages.page("/<uuid:record_id>/statement", access=Permission.REGISTRY_EDIT, methods=_BOTH, token=Token.FORM)
def state(record_id: UUID) -> ResponseReturnValue:
    """Add a statement with its source."""
    record = service.find(db(), record_id, by=actor())
    form = StatementForm(data=None if request.form else {"version": str(record.version)})
    form.offer(service.sources(db(), by=actor()))
    if form.validate_on_submit():
        service.state(
            db(),
            record_id,
            by=actor(),
            version=form.seen(),
            claim=form.claim(_source_id(form)),
            note=form.note.data or "",
            now=now(),
        )
        return _shown(record)
    return _answer("registry/state.html", form, record=record)


def _statement(record: Record, statement_id: UUID) -> Statement:
    found = next((statement for statement in record.statements if statement.id == statement_id), None)
    if found is None:
        raise NotFoundError
    return found


@pages.page(
    "/<uuid:record_id>/statement/<uuid:statement_id>/retract",
    access=Permission.REGISTRY_EDIT,
    methods=_BOTH,
    token=Token.FORM,
)
def retract(record_id: UUID, statement_id: UUID) -> ResponseReturnValue:
    """Take a statement off a record, saying why."""
    record = service.find(db(), record_id, by=actor())
    statement = _statement(record, statement_id)
    form = RetractForm(data=None if request.form else {"version": str(record.version)})
    if form.validate_on_submit():
        service.retract(
            db(),
            record_id,
            statement_id,
            by=actor(),
            version=form.seen(),
            note=form.note.data or "",
            now=now(),
        )
        return _shown(record)
    return _answer("registry/retract.html", form, record=record, statement=statement)


@pages.page("/<uuid:record_id>/relation", access=Permission.REGISTRY_EDIT, methods=_BOTH, token=Token.FORM)
def relate(record_id: UUID) -> ResponseReturnValue:
    """Say what a record is to another, found by name, and which source says so."""
    record = service.find(db(), record_id, by=actor())
    text = request.args.get("q", "").strip()[:_TYPED]
    found = service.search(db(), by=actor(), text=text, limit=20, near=_near())
    form = TieForm(data=None if request.form else {"version": str(record.version)})
    form.ask(record.kind, [(other.id, _described(other)) for other in found if other is not record])
    form.offer(service.sources(db(), by=actor()))
    if form.validate_on_submit():
        service.relate(
            db(),
            record_id,
            by=actor(),
            version=form.seen(),
            word=form.word_for(record.kind),
            other_id=UUID(form.other.data),
            cite=form.cite(_source_id(form)),
            note=form.note.data or "",
            now=now(),
        )
        return _shown(record)
    return _answer("registry/relate.html", form, record=record, text=text)


def _described(record: Record) -> str:
    """Name a record in both scripts with its kind, for a choice among several."""
    return "\n".join((shown(record.names, language())[0], f"{label(record.kind)} · {_also_or_first(record)}"))


def _also_or_first(record: Record) -> str:
    main, also = shown(record.names, language())
    return also or main


@pages.page("/<uuid:record_id>/history", access=Permission.REGISTRY_READ)
def history(record_id: UUID) -> ResponseReturnValue:
    """List the versions of a record: who, on which day, why."""
    record = service.find(db(), record_id, by=actor())
    revisions = service.revisions(db(), record_id, by=actor())
    return render_template("registry/history.html", record=record, revisions=revisions)


@pages.page("/<uuid:record_id>/history/<int:version>", access=Permission.REGISTRY_READ)
def change(record_id: UUID, version: int) -> ResponseReturnValue:
    """Show what one version changed."""
    record = service.find(db(), record_id, by=actor())
    revision, differences = service.difference(db(), record_id, by=actor(), version=version)
    return render_template("registry/change.html", record=record, revision=revision, differences=differences)
