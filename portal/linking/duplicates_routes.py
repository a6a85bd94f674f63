"""The page of persons who may stand twice in the registry, each pair with its reasons."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.casework.search_routes import page_asked
from portal.linking import duplicates
from portal.linking.duplicates import Alike
from portal.linking.likeness import Sign, Sort
from portal.linking.routes import pages
from portal.permissions import Permission
from portal.registry import merging
from portal.registry import service as registry
from portal.registry.labels import label
from portal.registry.models import Record
from portal.registry.records import shown
from portal.registry.vocabulary import Sex
from portal.staff.current import actor
from portal.web.edge import db, parts
from portal.web.locale import gettext as _
from portal.web.locale import language
from portal.web.locale import lazy_gettext as _l

_AGREES: Mapping[Sort, Any] = {
    Sort.NAME: _l("their names agree: %(one)s, %(other)s"),
    Sort.FATHER: _l("their fathers have one name: %(one)s, %(other)s"),
    Sort.MOTHER: _l("their mothers have one name: %(one)s, %(other)s"),
    Sort.BIRTH: _l("born at one time: %(one)s, %(other)s"),
    Sort.DEATH: _l("died at one time: %(one)s, %(other)s"),
    Sort.HOME: _l("of one town: %(one)s"),
    Sort.PLACE: _l("both were at: %(records)s"),
    Sort.EVENT: _l("both had a part in: %(records)s"),
    Sort.KIN: _l("both are related to: %(records)s"),
    Sort.PERHAPS: _l("a source says that they may be one"),
}
_DIFFERS: Mapping[Sort, Any] = {
    Sort.NAME: _l("their names differ: %(one)s, %(other)s"),
    Sort.FATHER: _l("their fathers have other names: %(one)s, %(other)s"),
    Sort.MOTHER: _l("their mothers have other names: %(one)s, %(other)s"),
    Sort.SEX: _l("one is a woman, the other a man"),
    Sort.BIRTH: _l("born at other times: %(one)s, %(other)s"),
    Sort.DEATH: _l("died at other times: %(one)s, %(other)s"),
    Sort.HOME: _l("of other towns: %(one)s, %(other)s"),
    Sort.RELATED: _l("a source says that they are related to each other"),
}
_CLOSED = "\u2068{}\u2069"
"""Keeps the direction of a name to itself inside a sentence of the other script."""


@pages.page("/duplicates", access=Permission.REGISTRY_EDIT)
def duplicates_list() -> ResponseReturnValue:
    """List persons who may be one, the strongest first, and what waits for somebody else to agree."""
    page, by = page_asked(), actor()
    found, further = duplicates.queue(db(), by=by, page=page)
    waiting = merging.waiting(db(), by=by) if page == 1 else []
    ends = [one for each in waiting for one in (each.kept_id, each.other_id)]
    return render_template(
        "linking/duplicates.html",
        rows=[(one, *_reasons(one)) for one in found],
        waiting=[one for one in waiting if one.author_id != by.id],
        own=[one for one in waiting if one.author_id == by.id],
        records=registry.several(db(), ends, by=by),
        standing=duplicates.standing(db(), by=by),
        further=further,
        page=page,
        may_link=by.may(Permission.CASE_LINK),
        name_of=_name,
        lines_of=_lines,
    )


@pages.page("/duplicates", access=Permission.REGISTRY_EDIT, methods=("POST",))
def look_for_duplicates() -> ResponseReturnValue:
    """Look the registry through once more."""
    duplicates.look(db(), by=actor(), clock=parts().clock)
    return redirect(url_for(".duplicates_list"), HTTPStatus.SEE_OTHER)


def _name(record: Record) -> str:
    return shown(record.names, language())[0]


def _lines(record: Record) -> list[str]:
    """Give the short facts by which two of one name are told apart."""
    person = record.person
    if person is None:
        return []
    facts = (
        label(person.sex) if person.sex is not Sex.UNKNOWN else "",
        _("father: %(name)s", name=_apart(person.father_name)) if person.father_name else "",
        person.origin,
        _("born: %(words)s", words=_apart(person.birth_words)) if person.birth_words else "",
    )
    return [one for one in facts if one]


def _reasons(one: Alike) -> tuple[Sequence[str], Sequence[str]]:
    """Say in words what speaks for it, and what against it."""
    agreeing = [_said(sign, _AGREES, one) for sign in one.signs if sign.weight >= 0 and sign.sort in _AGREES]
    differing = [
        _said(sign, _DIFFERS, one) for sign in one.signs if sign.weight < 0 and sign.sort in _DIFFERS
    ]
    return [each for each in agreeing if each], differing


def _said(sign: Sign, words: Mapping[Sort, Any], alike: Alike) -> str:
    names = [_apart(_name(alike.records[one])) for one in sign.records if one in alike.records]
    if sign.records and not names:
        return ""
    values = {"one": _apart(sign.one), "other": _apart(sign.other), "records": _(", ").join(names)}
    return str(words[sign.sort]) % values


def _apart(text: str) -> str:
    return _CLOSED.format(text)
