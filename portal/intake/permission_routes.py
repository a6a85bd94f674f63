"""The pages of permissions, on the way and in the folder; none of them loses what another was answered."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from itertools import accumulate

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import NotFoundError
from portal.intake import draft_merging, receivers, service, visit, wordings
from portal.intake import permission_forms as permitting
from portal.intake.consent import name_of
from portal.intake.drafts import Draft
from portal.intake.folder_routes import opened_folder
from portal.intake.folder_routes import pages as folder
from portal.intake.journey import Step
from portal.intake.models import GONE, Receiver, Use
from portal.intake.permission_forms import PAGES, PRIVATE, PermissionsForm
from portal.intake.routes import ask, pages
from portal.permissions import Access
from portal.web import edge
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import language


def _of(kept: Mapping[str, str], form: PermissionsForm) -> dict[str, str]:
    """Return those of the answers that a page decides about."""
    return {name: answer for name, answer in kept.items() if name in form.names}


def _said(step: Step, bodies: Sequence[Receiver]) -> dict[str, object]:
    """Return what a page says, and the way to the others."""
    counts = [len(lot) for lot in receivers.lots(bodies)] if step is Step.SHARING else []
    ends = [*accumulate(counts)]
    return {
        "above": wordings.above(step, language()),
        "parts": permitting.PAGE_LABELS,
        "part": step,
        "lots": [(end - many + 1, end) for many, end in zip(counts, ends, strict=True)],
        "lot": _lot(step, bodies),
        "count": len(bodies),
    }


BODIES = "bodies-"
"""The button that leads to other bodies of the list; their number stands in the address."""


def _lot(step: Step, bodies: Sequence[Receiver]) -> int:
    """Return which bodies of the list the page asks about, counted from one."""
    if step is not Step.SHARING:
        return 1
    asked = request.args.get("bodies", default=1, type=int)
    return max(1, min(asked, len(receivers.lots(bodies))))


def _form(step: Step, bodies: Sequence[Receiver]) -> type[PermissionsForm]:
    """Return the form of a page; bodies that were answered stay on it, though the list changed meanwhile."""
    lot = _lot(step, bodies)
    here = receivers.lots(bodies)[lot - 1]
    asked = [one for one in bodies if one in here or name_of(Use.SHARE, one.id) in request.form]
    return permitting.form_of(step, asked, further=lot > 1)


def _other_bodies(lot: int = 1) -> str:
    """Return which other bodies of the list a button asks for, none if another was pressed.

    From a further ``lot`` *Back* leads to the one before.
    """
    action = request.form.get("action", "")
    if action == "back" and lot > 1:
        return str(lot - 1)
    return action.removeprefix(BODIES) if action.startswith(BODIES) else ""


def _asked(step: Step) -> ResponseReturnValue:
    """Ask what is allowed: yes, ask me first, or no, for each use; nothing is chosen beforehand."""
    kept = visit.draft().consent if visit.has_draft() else {}
    bodies = receivers.present(edge.db())
    form = _form(step, bodies)(data=permitting.shown(kept))
    seen = request.form.get("seen", "")
    taken = False

    def take(draft: Draft) -> None:
        nonlocal taken
        taken = True
        if request.form.get("action") == PRIVATE:
            _keep(draft, permitting.refusing(bodies))
        else:
            _take(draft, step, form, seen)

    answer = ask(
        step,
        form,
        "intake/permissions.html",
        take,
        seen=seen or draft_merging.mark(_of(kept, form)),
        changing=bool(request.args.get("change")),
        **_said(step, bodies),
    )
    other = _other_bodies(_lot(step, bodies))
    return _stay(step, other) if taken and other else answer


def _stay(step: Step, bodies: str) -> ResponseReturnValue:
    """Lead to other bodies of the list, on the same page."""
    draft = visit.draft()
    draft.at = step
    visit.keep(draft)
    where = url_for(f".{step}", bodies=bodies, change=request.args.get("change"))
    return redirect(where, HTTPStatus.SEE_OTHER)


def _take(draft: Draft, step: Step, form: PermissionsForm, seen: str) -> None:
    """Put the answers of one page in place of those it had; what another window gave stays."""
    there, given = _of(draft.consent, form), form.answers()
    if draft_merging.differ(there, given, seen, draft.forms.get(step, "")):
        given = draft_merging.over(there, given)
    draft.consent = {name: answer for name, answer in draft.consent.items() if name not in form.names}
    _keep(draft, given)
    draft_merging.remember(draft, step, seen)


def _keep(draft: Draft, given: Mapping[str, str]) -> None:
    """Keep answers, and in which words and language they were asked."""
    draft.consent = {**draft.consent, **given}
    words = {"version": wordings.VERSION, "language": wordings.shown_in(language())}
    draft.asked[Step.PERMISSIONS] = {**draft.asked.get(Step.PERMISSIONS, {}), **dict.fromkeys(given, words)}


def _view(step: Step) -> Callable[[], ResponseReturnValue]:
    def asked() -> ResponseReturnValue:
        return _asked(step)

    asked.__name__ = step.value
    return asked


for _step in PAGES:
    pages.page(f"/{_step}", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)(_view(_step))


@folder.page("/folder/permissions", access=Access.SOURCE, methods=("GET", "POST"), token=Token.FORM)
def change_permissions() -> ResponseReturnValue:
    """Change what is allowed here and for research; it holds from now on."""
    return _change(Step.PERMISSIONS)


@folder.page(
    "/folder/permissions/<string:part>", access=Access.SOURCE, methods=("GET", "POST"), token=Token.FORM
)
def change_part(part: str) -> ResponseReturnValue:
    """Change what is allowed in another subject; it holds from now on."""
    if part not in {*PAGES} - {Step.PERMISSIONS}:
        raise NotFoundError
    return _change(Step(part))


def _change(step: Step) -> ResponseReturnValue:
    opened = opened_folder()
    if opened.submission.status in GONE:
        return redirect(url_for("folder.show"), HTTPStatus.SEE_OTHER)
    held = permitting.held(opened.decided, opened.trusted, on=edge.today())
    bodies = receivers.present(edge.db())
    form = _form(step, bodies)(data=permitting.shown(held))
    seen = request.form.get("seen", "")
    if form.validate_on_submit():
        if draft_merging.differ(_of(held, form), form.answers(), seen, ""):
            flash(
                _(
                    "Your permissions were changed in another window meanwhile. These hold now. Look at them "
                    "once more."
                )
            )
            return _to(step, bodies=request.args.get("bodies"))
        private = request.form.get("action") == PRIVATE
        answers = permitting.refusing(bodies) if private else permitting.changes(held, form.answers(), step)
        return _changed(answers, step)
    return render_template(
        "intake/change_permissions.html",
        form=form,
        seen=seen or draft_merging.mark(_of(held, form)),
        **_said(step, bodies),
    )


def _changed(answers: Mapping[str, str], step: Step) -> ResponseReturnValue:
    """Keep what was changed, and lead to the folder or to the page that the button names."""
    key, action = visit.folder(), request.form.get("action", "")
    changed = service.decide(
        edge.db(),
        submission_id=key.submission_id,
        seed=key.seed,
        answers=answers,
        language=language(),
        day=edge.today(),
    )
    if changed:
        flash(_("Your permissions are changed. They hold from now on."))
    if action in {*PAGES} or _other_bodies():
        return _to(Step(action) if action in {*PAGES} else step, bodies=_other_bodies() or None)
    if not changed:
        flash(_("Nothing was changed."))
    return redirect(url_for("folder.show"), HTTPStatus.SEE_OTHER)


def _to(step: Step, *, bodies: str | None = None) -> ResponseReturnValue:
    first = step is Step.PERMISSIONS
    part = url_for("folder.change_part", part=step, bodies=bodies)
    where = url_for("folder.change_permissions") if first else part
    return redirect(where, HTTPStatus.SEE_OTHER)
