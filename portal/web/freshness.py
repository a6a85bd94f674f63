"""Proof of who one is, asked for again before what cannot be undone: how long it holds, there and back."""

from datetime import timedelta
from typing import Any

from flask import current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from portal.web import edge
from portal.web.locale import gettext as _
from portal.web.notices import notice
from portal.web.sessions import PROVED

LASTS = timedelta(minutes=5)
"""How long a proof holds."""
_AHEAD = 60
_KEPT, _AGAIN = "kept_form", "asked_again"
_MOST = 20_000
"""Characters of a form that are kept while its writer proves who they are."""


def is_fresh() -> bool:
    """Tell whether the visitor proved who they are within the last five minutes."""
    passed = edge.now().timestamp() - session.get(PROVED, 0)
    return bool(-_AHEAD <= passed < LASTS.total_seconds())


def prove() -> None:
    """Mark the session: just now its visitor proved who they are. Change its id before."""
    session[PROVED] = int(edge.now().timestamp())


def ask_again(back: str, *, keep: bool) -> ResponseReturnValue:
    """Lead to the proof, and then to ``back``, an endpoint; ``keep`` what the visitor typed into its form."""
    given = request.view_args or {}
    expected = {
        name: value for name, value in given.items() if current_app.url_map.is_endpoint_expecting(back, name)
    }
    where = url_for(back, **expected)
    if request.method == "POST" or back != request.endpoint:
        session[_AGAIN] = True
    if keep and request.method == "POST" and request.mimetype == "application/x-www-form-urlencoded":
        _keep(where)
    return redirect(url_for("staff.confirm", to=where), 303)


def _keep(where: str) -> None:
    fields = [[name, value] for name, value in request.form.items(multi=True) if name != "csrf_token"]
    if sum(len(value) for _name, value in fields) <= _MOST:
        session[_KEPT] = {"at": where, "fields": fields}


def come_back(to: str) -> ResponseReturnValue:
    """Lead from the proof to the page that asked for it; say so where a form has to be sent once more."""
    if session.pop(_AGAIN, False):
        notice(_("Thank you. Nothing has been done yet: look once more, and press the button again."))
    return redirect(local(to) or url_for("staff.me"), 303)


def kept() -> MultiDict[str, str] | None:
    """Return once what a form on this very page said before the proof was asked for."""
    if "kept_form" not in g:
        found = session.get(_KEPT)
        here = found is not None and found["at"] == request.path and request.method == "GET"
        g.kept_form = _taken() if here and is_fresh() else None
    found_form: MultiDict[str, str] | None = g.kept_form
    return found_form


def _taken() -> MultiDict[str, str]:
    fields: list[list[str]] = session.pop(_KEPT)["fields"]
    return MultiDict([(name, value) for name, value in fields])


def local(path: str) -> str:
    """Return the address if it is a page of this very app, written anew; empty when it is anything else."""
    adapter = current_app.create_url_adapter(request)
    found: tuple[str, dict[str, Any]] | None = None
    try:
        if adapter is not None and path.startswith("/"):
            found = adapter.match(path, method="GET")  # type: ignore[assignment] # two kinds of answer
    except HTTPException:
        return ""
    if found is None or found[0] not in {page.endpoint for page in current_app.extensions["portal_pages"]}:
        return ""
    return url_for(found[0], **found[1])
