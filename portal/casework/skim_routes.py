"""Pages for seeing through a flood: one of each kind, those of one kind, and setting many aside."""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.casework import skimming
from portal.casework.pages import pages, uuid_of
from portal.errors import NotFoundError
from portal.permissions import Permission
from portal.staff.current import actor
from portal.web.edge import db
from portal.web.locale import ngettext

_ASIDE = "set-aside"
_DIGITS = 9


@pages.page("/spread", access=Permission.CASE_READ)
def spread() -> ResponseReturnValue:
    """List what waits, one of each kind first; nothing is opened."""
    asked = request.args.get("start", "0")
    start = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= _DIGITS else 0
    rows = skimming.spread(db(), by=actor(), start=start, limit=skimming.PAGE + 1)
    more = start + skimming.PAGE if len(rows) > skimming.PAGE else None
    shown = rows[: skimming.PAGE]
    return render_template("casework/spread.html", rows=shown, more=more, aside=session.get(_ASIDE, []))


@pages.page("/alike/<uuid:case_id>", access=Permission.CASE_CLAIM, writes=True)
def alike(case_id: UUID) -> ResponseReturnValue:
    """Open the first words of cases of one kind; the ledger says so, and their sources are told."""
    try:
        groups = skimming.skim(db(), by=actor(), like=case_id)
    except NotFoundError:
        return redirect(url_for(".spread"), HTTPStatus.SEE_OTHER)
    return render_template("casework/alike.html", case_id=case_id, groups=groups)


@pages.page("/alike/<uuid:case_id>", access=Permission.CASE_CLAIM, methods=("POST",))
def set_aside(case_id: UUID) -> ResponseReturnValue:
    """Set aside those that were ticked, or all but those."""
    ticked, shown = _ids("case"), _ids("shown")
    keep = request.form.get("action") == "keep"
    chosen = [one for one in shown if (one in ticked) is not keep]
    moved = skimming.set_aside(db(), by=actor(), case_ids=chosen)
    session[_ASIDE] = [one.hex for one in moved]
    flash(ngettext("%(num)s case was set aside.", "%(num)s cases were set aside.", len(moved)))
    left = [one for one in shown if one not in moved]
    return redirect(url_for(".alike", case_id=left[0] if left else case_id), HTTPStatus.SEE_OTHER)


@pages.page("/alike/undo", access=Permission.CASE_CLAIM, methods=("POST",))
def bring_back() -> ResponseReturnValue:
    """Put back what was set aside last."""
    ids = [UUID(one) for one in session.pop(_ASIDE, [])]
    moved = skimming.bring_back(db(), by=actor(), case_ids=ids)
    flash(ngettext("%(num)s case waits again.", "%(num)s cases wait again.", len(moved)))
    return redirect(url_for(".spread"), HTTPStatus.SEE_OTHER)


def _ids(name: str) -> Sequence[UUID]:
    """Read the ids that fields of one name carry; those that begin with the same words stand in one field."""
    told = " ".join(request.form.getlist(name)).split()
    return [found for one in told[: skimming.SKIM] if (found := uuid_of(one)) is not None]
