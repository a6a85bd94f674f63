"""The URL table that all pages of the registry share, and what several of them say."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.config import Face
from portal.errors import NotFoundError
from portal.permissions import Permission
from portal.registry import service
from portal.registry.labels import FIELDS, coded_label, fact_label, label, reversed_label, word_label
from portal.registry.models import Record, Statement
from portal.registry.records import Cite, shown
from portal.registry.source_forms import SourceForm
from portal.registry.vocabulary import Kind
from portal.staff.current import actor
from portal.web.edge import db
from portal.web.guard import Pages, may_open
from portal.web.locale import language, number

pages = Pages("registry", __name__, face=Face.DESK, url_prefix="/registry")

BOTH = ("GET", "POST")
TYPED = 300


@pages.context_processor
def _words() -> dict[str, Any]:
    """Give the templates the names and words of records."""

    def also(record: Record) -> str:
        return shown(record.names, language())[1]

    return {
        "title_of": title,
        "also_of": also,
        "label": label,
        "reversed_label": reversed_label,
        "word_label": word_label,
        "coded_label": coded_label,
        "fact_label": fact_label,
        "field_label": lambda name: FIELDS[name],
        "in_short": in_short,
        "may_edit": may_open(Permission.REGISTRY_EDIT),
    }


def title(record: Record) -> str:
    """Name a record in the reader's script."""
    return shown(record.names, language())[0]


def in_short(statement: Statement) -> str:
    """Say a statement in one line of the reader's language: what it is about, its words, its sources."""
    own, other = (statement.value_fa, statement.value_en)[:: 1 if language() == "fa" else -1]
    coded = coded_label(statement.predicate.value, statement.word)
    figures = "–".join(dict.fromkeys(str(one) for one in (statement.low, statement.high) if one is not None))
    said = ": ".join(filter(None, (coded, number(figures), own or other)))
    cited = ", ".join(dict.fromkeys(cite.source.title for cite in statement.citations))
    return " · ".join(filter(None, (label(statement.predicate), said, statement.words, cited)))


def kind_of(text: str | None) -> Kind | None:
    """Read a kind of record from an address."""
    return Kind(text) if text in {kind.value for kind in Kind} else None


def uuid_of(text: str | None) -> UUID | None:
    """Read an id from an address; what is none is not found."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFoundError from None


def near() -> service.Near | None:
    """Give what knows names by how they sound, where this app has it."""
    known: service.Near | None = current_app.extensions.get("portal_near")
    return known


def answer(template: str, form: Any, **values: Any) -> ResponseReturnValue:
    """Show a form, or show it again with what needs another look."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template(template, form=form, **values), status


def show_again(record_id: UUID) -> ResponseReturnValue:
    """Lead back to a record."""
    return redirect(url_for("registry.show", record_id=record_id), HTTPStatus.SEE_OTHER)


def source_id(form: SourceForm) -> UUID | None:
    """Give the chosen source, adding it first when it is new; None when there is none."""
    fields = form.new_source()
    if fields is None:
        return UUID(form.source.data)
    return service.add_source(db(), by=actor(), **fields).id if form.sourced else None


def cites(form: SourceForm) -> list[Cite]:
    """Give the citation that a form names, if any."""
    chosen = source_id(form)
    return [form.cite(chosen)] if chosen else []


def restricting(form: Any) -> Any:
    """Take what this person may not decide off a form."""
    if not actor().may(Permission.REGISTRY_RESTRICTED):
        del form.restricted
    return form
