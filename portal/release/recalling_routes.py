"""Pages of what was recalled: the list, recalling one, writing down that its receiver was told."""

from collections.abc import Callable
from uuid import UUID

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from portal.permissions import Permission
from portal.release import recalling
from portal.release.forms import RevisionForm
from portal.release.models import Release
from portal.release.routes import ONE, pages, revision_of, see
from portal.staff.current import actor
from portal.web.edge import db, now
from portal.web.locale import gettext as _
from portal.web.notices import done


@pages.page("/releases/recalled", access=Permission.RELEASE_SEE)
def recalled_list() -> ResponseReturnValue:
    """List the releases that are not to be used any more."""
    return render_template("release/recalled.html", releases=recalling.recalled(db(), by=actor()))


@pages.page("/releases/recalled.json", access=Permission.RELEASE_SEE)
def recalled_file() -> ResponseReturnValue:
    """Hand out the list, for those who received something."""
    data = recalling.as_list(recalling.recalled(db(), by=actor()))
    answer = Response(data, mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="recalled.json"'
    return answer


@pages.page(f"{ONE}/recall", access=Permission.RELEASE_APPROVE, methods=("GET", "POST"), fresh=".show")
def recall(release_id: UUID) -> ResponseReturnValue:
    """Say that a finished release is not to be used any more."""
    return _asked(release_id, recalling.recall, _("It is recalled. Tell whoever received it."))


@pages.page(f"{ONE}/told", access=Permission.RELEASE_SEE, methods=("GET", "POST"))
def told(release_id: UUID) -> ResponseReturnValue:
    """Write down that whoever received a recalled release was told."""
    return _asked(release_id, recalling.tell, _("It is written down that they were told."))


def _asked(release_id: UUID, act: Callable[..., Release], said: str) -> ResponseReturnValue:
    form = RevisionForm()
    if form.validate_on_submit():
        act(db(), by=actor(), release_id=release_id, revision=revision_of(form), now=now())
        done(said)
    return see(release_id)
