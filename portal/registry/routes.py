"""Pages of records: browse and search, one record with its sources, its names and facts, its history."""

from datetime import date
from http import HTTPStatus
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.permissions import Permission
from portal.registry import (
    around,
    beside,
    concluding,
    image_routes,  # noqa: F401 - its pages stand beside these
    merging_routes,  # noqa: F401 - its pages stand beside these
    positions,
    service,
    statement_routes,  # noqa: F401 - its pages stand beside these
    wholes,
)
from portal.registry.facts import facts_of
from portal.registry.forms import FORMS, RecordForm, filled, spare_names
from portal.registry.labels import LABELS
from portal.registry.models import Record, Statement
from portal.registry.pages import (
    BOTH,
    TYPED,
    answer,
    cites,
    kind_of,
    near,
    pages,
    restricting,
    show_again,
    title,
    uuid_of,
)
from portal.registry.vocabulary import Kind, NameKind, Predicate
from portal.registry.writing import spellings_of
from portal.staff.current import actor
from portal.web.edge import db, now
from portal.web.guard import Token, may_open
from portal.web.locale import language
from portal.web.locale import lazy_gettext as _l

__all__ = ["pages"]

_KIND = "<any(person, place, grave, body, event):kind>"


@pages.page("/", access=Permission.REGISTRY_READ, menu=_l("Registry"))
def index() -> ResponseReturnValue:
    """List records by name, or those that a typed name finds."""
    text = request.args.get("q", "").strip()[:TYPED]
    kind, spelt = kind_of(request.args.get("kind")), True
    if text:
        spelt = bool(service.search(db(), by=actor(), text=text, kind=kind, limit=1))
        found = service.search(db(), by=actor(), text=text, kind=kind, near=near())
        shelf = service.Shelf(found, None)
    else:
        shelf = service.browse(
            db(), by=actor(), kind=kind, after=uuid_of(request.args.get("after")), latin=language() == "en"
        )
    return render_template(
        "registry/index.html", shelf=shelf, text=text, kind=kind, kinds=LABELS[Kind], spelt=spelt
    )


@pages.page("/<uuid:record_id>", access=Permission.REGISTRY_READ)
def show(record_id: UUID) -> ResponseReturnValue:
    """Show one record: its names, what sources say of it, what reviewers concluded, what stands around it.

    One that is one with another leads to that one, unless its own page is asked for.
    """
    by = actor()
    record = service.find(db(), record_id, by=by)
    shown = wholes.whole(db(), record_id, by=by).shown
    if shown != record_id and "apart" not in request.args:
        return show_again(shown)
    chains = concluding.conclusions(db(), record, by=by)
    return render_template(
        "registry/show.html",
        record=record,
        lineage=around.lineage(db(), record, by=by),
        inside=around.inside(db(), record, by=by),
        statements=sorted(around.statements(db(), record, by=by), key=_in_order),
        relations=around.relations(db(), record, by=by, without=around.crowds(record)),
        parts=around.parts(db(), record, by=by, without=around.crowds(record)),
        chains=chains,
        grounds={
            key: there for chain in chains for key, there in concluding.grounds_of(db(), chain, by=by).items()
        },
        decided=concluding.decided(db(), record),
        position=positions.position_of(db(), record),
        may_look=positions.may_open(by),
        others=[] if shown != record_id else beside.others_of(db(), record, by=by),
        shown_under=None if shown == record_id else service.find(db(), shown, by=by),
    )


def _in_order(statement: Statement) -> tuple[int, date]:
    """Show statements by what they are about; within that, as time went on."""
    when = statement.earliest or statement.latest or date.max
    return list(Predicate).index(statement.predicate), when


def _prepared(form: RecordForm, record: Record | None = None) -> RecordForm:
    """Offer what can be chosen, say what the record has now, and hide what this person may not set."""
    if "place" in form:
        places = service.places(db(), by=actor())
        form["place"].offer([(place.id, title(place)) for place in places if place is not record])
    form.known(service.sources(db(), by=actor()))
    if record is not None:
        form.kept, form.decided = facts_of(record), concluding.decided(db(), record)
        form.spelt = {spelling.text: spelling for spelling in spellings_of(record)}
    restricting(form)
    return form


def _onward(record: Record) -> ResponseReturnValue:
    """Show a new record, or lead back to the decision that it was added for."""
    case, mark = request.args.get("case"), request.args.get("mark")
    if not (case and mark and may_open(Permission.CASE_LINK)):
        return show_again(record.id)
    decision = url_for("linking.new", case_id=uuid_of(case), annotation=uuid_of(mark), record=record.id)
    return redirect(decision, HTTPStatus.SEE_OTHER)


def _restricted(form: RecordForm) -> bool | None:
    """Say what was chosen, or None where this person may not choose."""
    return bool(form.restricted.data) if "restricted" in form else None


@pages.page(f"/add/{_KIND}", access=Permission.REGISTRY_EDIT, methods=BOTH, token=Token.FORM)
def add(kind: str) -> ResponseReturnValue:
    """Add a record of a kind; ``name`` is written in beforehand.

    Who came from the marked words of a case is led back to them, with the new record chosen.
    """
    name = request.args.get("name", "").strip()[:TYPED]
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
            cites=cites(form),
        )
        return _onward(record)
    return answer("registry/edit.html", form, record=None, kind=Kind(kind))


@pages.page("/<uuid:record_id>/edit", access=Permission.REGISTRY_EDIT, methods=BOTH, token=Token.FORM)
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
            cites=cites(form),
        )
        return show_again(changed.id)
    return answer("registry/edit.html", form, record=record, kind=record.kind)


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
