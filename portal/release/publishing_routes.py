"""Pages of publishing: what is public, asking, looking, approving, declining, taking back."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.errors import InvalidError, NotFoundError
from portal.intake import editions
from portal.intake.edition_models import Ending
from portal.intake.numbers_drawn import one_pattern, overview
from portal.ledger.tags import read_key
from portal.permissions import Permission
from portal.release import publishing
from portal.release.forms import ConfirmForm
from portal.release.pattern_forms import PublicationForm
from portal.release.publication_models import PublicationState
from portal.release.publishing_check import Finding, check
from portal.release.routes import pages
from portal.staff.current import actor
from portal.web.edge import db, now, settings
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l
from portal.web.notices import done

STATES: Mapping[PublicationState, Any] = {
    PublicationState.ASKED: _l("waiting for a decision"),
    PublicationState.PUBLISHED: _l("published"),
    PublicationState.DECLINED: _l("declined"),
}
SHAPES: Mapping[PublicationState, str] = {
    PublicationState.ASKED: "wait",
    PublicationState.PUBLISHED: "done",
    PublicationState.DECLINED: "stop",
}
ENDINGS: Mapping[Ending, Any] = {Ending.REPLACED: _l("replaced"), Ending.TAKEN_BACK: _l("taken back")}
FINDINGS: Mapping[Finding, Any] = {
    Finding.CHANGED: _l("Edition %(number)s is not what the portal wrote. Nothing is shown."),
    Finding.OTHER: _l("Edition %(number)s stands as it once stood, and not as the ledger last says."),
    Finding.GONE: _l("Edition %(number)s was published, and is not there any more."),
}
_ONE = "/published/<uuid:publication_id>"


def _board() -> ResponseReturnValue:
    return redirect(url_for(".published"), HTTPStatus.SEE_OTHER)


def _key() -> bytes:
    return read_key(settings())


def _revision(form: PublicationForm) -> int:
    if not isinstance(form.revision.data, int):
        raise NotFoundError
    return form.revision.data


@pages.page("/published", access=Permission.RELEASE_SEE)
def published() -> ResponseReturnValue:
    """Say what is public, whether it is what was published, and what waits for a decision."""
    by = actor()
    shown = editions.shown(db(), key=_key())
    return render_template(
        "release/published.html",
        now=shown.edition,
        ended={one.number: one for one in editions.rows(db()) if one.ending},
        wrong=[one for one in check(db(), by=by, key=_key()) if one.finding is not Finding.FINE],
        recalled=publishing.recalled(db(), by=by),
        publications=publishing.publications(db(), by=by),
        STATES=STATES,
        SHAPES=SHAPES,
        ENDINGS=ENDINGS,
        FINDINGS=FINDINGS,
    )


@pages.page(
    "/releases/<uuid:release_id>/publish", access=Permission.RELEASE_SEE, methods=("GET", "POST"), fresh=True
)
def publish(release_id: UUID) -> ResponseReturnValue:
    """Ask that a finished table of patterns be shown to everybody."""
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            made = publishing.ask(db(), by=actor(), release_id=release_id, now=now())
            return redirect(url_for(".publication", publication_id=made.id), HTTPStatus.SEE_OTHER)
        except InvalidError as problem:
            form.form_errors.append(_(str(problem)))
    elif not publishing.publishable(db(), by=actor(), release_id=release_id):
        return _board()  # it waits there, is shown, or is not theirs to show
    page = render_template("release/publish.html", form=form, release_id=release_id)
    return page, HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK


@pages.page(_ONE, access=Permission.RELEASE_SEE, writes=True)
def publication(publication_id: UUID) -> ResponseReturnValue:
    """Show one of the two who made a table what everybody would see of it."""
    proposal = publishing.look(db(), by=actor(), publication_id=publication_id, now=now())
    found = proposal.document.numbers
    return render_template(
        "release/publication.html",
        proposal=proposal,
        publication=proposal.publication,
        may_decide=proposal.may_decide,
        each=[one_pattern(found, pattern) for pattern in found.patterns],
        form=PublicationForm(formdata=None, revision=proposal.publication.revision),
        STATES=STATES,
        SHAPES=SHAPES,
        **overview(found),
    )


@pages.page(f"{_ONE}/approve", access=Permission.RELEASE_SEE, methods=("POST",), fresh=".publication")
def approve_publication(publication_id: UUID) -> ResponseReturnValue:
    """Show it to everybody."""
    publishing.approve(
        db(),
        by=actor(),
        publication_id=publication_id,
        revision=_revision(PublicationForm()),
        key=_key(),
        now=now(),
    )
    done(_("It is on the public page now."))
    return _board()


@pages.page(f"{_ONE}/decline", access=Permission.RELEASE_SEE, methods=("POST",))
def decline_publication(publication_id: UUID) -> ResponseReturnValue:
    """Refuse a request, or take one's own back."""
    publishing.decline(
        db(),
        by=actor(),
        publication_id=publication_id,
        revision=_revision(PublicationForm()),
        now=now(),
    )
    return _board()


@pages.page(
    "/published/<int:number>/take-back",
    access=Permission.RELEASE_SEE,
    methods=("GET", "POST"),
    fresh=True,
)
def take_back_edition(number: int) -> ResponseReturnValue:
    """Take an edition off the public page."""
    form = ConfirmForm()
    if form.validate_on_submit():
        publishing.take_back(db(), by=actor(), number=number, key=_key(), now=now())
        done(_("It is off the public page."))
        return _board()
    if number not in publishing.numbered(db(), by=actor()):
        raise NotFoundError
    page = render_template("release/take_back.html", form=form, number=number)
    return page, HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
