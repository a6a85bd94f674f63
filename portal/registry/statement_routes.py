"""Pages of what is said of a record: statements, relations, conclusions, exact positions, sources."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.permissions import Permission
from portal.registry import around, concluding, positions, service, stating
from portal.registry.labels import label
from portal.registry.models import Record, Relation
from portal.registry.pages import (
    BOTH,
    TYPED,
    answer,
    cites,
    in_short,
    near,
    pages,
    restricting,
    show_again,
    source_id,
    uuid_of,
)
from portal.registry.records import DECIDES, shown
from portal.registry.saying import find_source
from portal.registry.source_forms import SourceEditForm, described
from portal.registry.statement_forms import (
    ConclusionForm,
    PositionForm,
    RestateForm,
    RetractForm,
    SayingForm,
    StatementForm,
    TieForm,
    concluded,
    stated,
    tied,
)
from portal.staff.current import actor
from portal.web.edge import db, now, recipients
from portal.web.guard import Token
from portal.web.locale import language

_RECORD = "/<uuid:record_id>"
_STATEMENT = f"{_RECORD}/statement/<uuid:statement_id>"
_TIE = f"{_RECORD}/relation/<uuid:tie_id>"
_CONCLUSION = f"{_RECORD}/conclusion/<uuid:conclusion_id>"
_EDIT: dict[str, Any] = {"access": Permission.REGISTRY_EDIT, "methods": BOTH, "token": Token.FORM}


def _change(form: Any) -> dict[str, Any]:
    """Give what every change says: who, on which version, why, when."""
    return {"by": actor(), "version": form.seen(), "note": form.note.data or "", "now": now()}


def _about(form: Any, record: Record) -> Any:
    """Offer what can be said of such a record, and take off what this person may not decide."""
    if isinstance(form, SayingForm):
        form.about(record.kind, around.leaning_on(db(), record, by=actor()))
    if isinstance(form, StatementForm | TieForm):
        form.offer(service.sources(db(), by=actor()))
    return restricting(form)


def _fresh(record: Record, **values: Any) -> dict[str, Any] | None:
    """Give what a form shows before anything was sent."""
    return None if request.form else {"version": str(record.version), **values}


@pages.page(f"{_RECORD}/statement", **_EDIT)
def state(record_id: UUID) -> ResponseReturnValue:
    """Add a statement with its source."""
    record = service.find(db(), record_id, by=actor())
    form = _about(StatementForm(data=_fresh(record)), record)
    if form.validate_on_submit():
        service.state(db(), record_id, claim=form.claim(source_id(form)), **_change(form))
        return show_again(record_id)
    return answer("registry/state.html", form, record=record, statement=None)


@pages.page(f"{_STATEMENT}/edit", **_EDIT)
def restate(record_id: UUID, statement_id: UUID) -> ResponseReturnValue:
    """Correct a statement."""
    record = service.find(db(), record_id, by=actor())
    statement = stating.find_statement(db(), record, statement_id, by=actor())
    form = _about(RestateForm(data=_fresh(record, **stated(statement))), record)
    form.rested(statement)
    if form.validate_on_submit():
        claim = form.claim(source_id(form), form.staying(statement))
        service.restate(db(), record_id, statement_id, claim=claim, **_change(form))
        return show_again(record_id)
    return answer("registry/state.html", form, record=record, statement=statement)


@pages.page(f"{_STATEMENT}/retract", **_EDIT)
def retract(record_id: UUID, statement_id: UUID) -> ResponseReturnValue:
    """Take a statement off a record, saying why."""
    record = service.find(db(), record_id, by=actor())
    statement = stating.find_statement(db(), record, statement_id, by=actor())
    form = RetractForm(data=_fresh(record))
    if form.validate_on_submit():
        service.retract(db(), record_id, statement_id, **_change(form))
        return show_again(record_id)
    return answer("registry/retract.html", form, record=record, statement=statement)


@pages.page(f"{_RECORD}/relation", **_EDIT)
def relate(record_id: UUID) -> ResponseReturnValue:
    """Say what a record is to another, found by name, and which source says so."""
    record = service.find(db(), record_id, by=actor())
    text = request.args.get("q", "").strip()[:TYPED]
    found = service.search(db(), by=actor(), text=text, limit=20, near=near())
    form = _about(TieForm(data=_fresh(record)), record)
    form.ask(record.kind, [(one.id, one.kind, _described(one)) for one in found if one is not record])
    if form.validate_on_submit():
        said = {"word": form.chosen(), "bond": form.bond(), "cite": cites(form)[0], **_change(form)}
        other = service.find(db(), UUID(form.other.data), by=actor())
        if form.backward:
            one, other, said["version"] = other, record, other.version
        else:
            one = record
        service.relate(db(), one.id, other_id=other.id, **said)
        return show_again(record_id)
    return answer("registry/relate.html", form, record=record, text=text)


def _described(record: Record) -> str:
    """Name a record in both scripts with its kind, for a choice among several."""
    main, also = shown(record.names, language())
    return f"{main}\n{label(record.kind)} · {also or main}"


@pages.page(f"{_TIE}/edit", **_EDIT)
def retie(record_id: UUID, tie_id: UUID) -> ResponseReturnValue:
    """Correct a relation or a part: its word, post, dates and source."""
    record = service.find(db(), record_id, by=actor())
    tie = stating.find_tie(db(), record, tie_id, by=actor())
    lasted = (tie.since, tie.until) if isinstance(tie, Relation) else None
    one, other = (db().get_one(Record, end) for end in stating.ends_of(tie))
    form = _about(TieForm(data=_fresh(record, **tied(tie))), record)
    form.words_of(tie, one.kind)
    if form.validate_on_submit():
        service.retie(
            db(),
            record_id,
            tie_id,
            word=form.chosen(),
            bond=form.bond(lasted),
            cite=cites(form)[0],
            **_change(form),
        )
        return show_again(record_id)
    return answer("registry/retie.html", form, record=record, one=one, other=other, lasting=bool(lasted))


@pages.page(f"{_TIE}/retract", **_EDIT)
def untie(record_id: UUID, tie_id: UUID) -> ResponseReturnValue:
    """Take a relation or a part off, saying why."""
    record = service.find(db(), record_id, by=actor())
    tie = stating.find_tie(db(), record, tie_id, by=actor())
    one, other = (db().get_one(Record, end) for end in stating.ends_of(tie))
    form = RetractForm(data=_fresh(record))
    if form.validate_on_submit():
        service.untie(db(), record_id, tie_id, **_change(form))
        return show_again(record_id)
    word = tie.kind if isinstance(tie, Relation) else tie.role
    return answer("registry/untie.html", form, record=record, tie=tie, one=one, other=other, word=word)


@pages.page(f"{_RECORD}/conclusion", **_EDIT)
def conclude(record_id: UUID) -> ResponseReturnValue:
    """Conclude something of a record; ``replaces`` names the conclusion that is looked at again."""
    record = service.find(db(), record_id, by=actor())
    before = uuid_of(request.args.get("replaces"))
    replaced = concluding.find_conclusion(db(), record, before, by=actor()) if before else None
    statements = around.statements(db(), record, by=actor())
    shown_first = concluded(replaced, {one.id for one in statements}) if replaced else {}
    form = _about(ConclusionForm(data=_fresh(record, **shown_first)), record)
    form.rest([(one.id, in_short(one).replace(" · ", "\n", 1)) for one in statements])
    if form.validate_on_submit():
        service.conclude(db(), record_id, finding=form.finding(), **_change(form))
        return show_again(record_id)
    return answer(
        "registry/conclude.html",
        form,
        record=record,
        replaced=replaced,
        decides=[label(one) for one in DECIDES.get(record.kind, {})],
    )


@pages.page(f"{_CONCLUSION}/withdraw", **_EDIT)
def reopen(record_id: UUID, conclusion_id: UUID) -> ResponseReturnValue:
    """Take a conclusion back, saying why; it stays to be read."""
    record = service.find(db(), record_id, by=actor())
    row = concluding.find_conclusion(db(), record, conclusion_id, by=actor())
    form = RetractForm(data=_fresh(record))
    if form.validate_on_submit():
        service.reopen(db(), record_id, conclusion_id, **_change(form))
        return show_again(record_id)
    return answer("registry/reopen.html", form, record=record, conclusion=row)


@pages.page(f"{_RECORD}/position", **_EDIT)
def position(record_id: UUID) -> ResponseReturnValue:
    """Seal where exactly something is."""
    record = service.find(db(), record_id, by=actor())
    form = PositionForm(data=_fresh(record))
    if form.validate_on_submit():
        positions.keep_position(db(), record_id, exact=form.exact(), keys=recipients(), **_change(form))
        return show_again(record_id)
    return answer("registry/position.html", form, record=record, there=positions.position_of(db(), record))


@pages.page(f"{_RECORD}/position/look", access=Permission.CASE_READ, writes=True)
def look(record_id: UUID) -> ResponseReturnValue:
    """Open where exactly something is; the ledger says who looked."""
    record = service.find(db(), record_id, by=actor())
    exact = positions.open_position(db(), record_id, by=actor())
    return render_template("registry/look.html", record=record, exact=exact)


@pages.page(f"{_RECORD}/position/erase", **_EDIT)
def drop_position(record_id: UUID) -> ResponseReturnValue:
    """Erase where exactly something is, with its key."""
    record = service.find(db(), record_id, by=actor())
    form = RetractForm(data=_fresh(record))
    if form.validate_on_submit():
        positions.drop_position(db(), record_id, **_change(form))
        return show_again(record_id)
    return answer("registry/erase.html", form, record=record)


@pages.page("/sources", access=Permission.REGISTRY_READ)
def sources() -> ResponseReturnValue:
    """List the publications that statements rest on."""
    return render_template("registry/sources.html", sources=service.sources(db(), by=actor()))


@pages.page("/sources/<uuid:source>", **_EDIT)
def edit_source(source: UUID) -> ResponseReturnValue:
    """Correct how a publication is named."""
    found = find_source(db(), source)
    form = SourceEditForm(data=None if request.form else described(found))
    if form.validate_on_submit():
        service.edit_source(db(), source, by=actor(), **form.fields())
        return redirect(url_for(".sources"), 303)
    return answer("registry/source.html", form, source=found)
