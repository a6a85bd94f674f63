"""Pages on which a lead looks at what would leave, and decides."""

from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal.errors import InvalidError
from portal.permissions import Permission
from portal.release import deciding, labels, weighing
from portal.release.forms import ApprovalForm, DecisionForm
from portal.release.handing import as_seen
from portal.release.plans import Protection
from portal.release.preparing_tables import PreparedTable
from portal.release.routes import ONE, budget_rows, one, pages, revision_of, see
from portal.staff.current import actor
from portal.staff.pages import fingerprint
from portal.web.edge import db, now, recipients
from portal.web.locale import gettext as _


@pages.page(f"{ONE}/preview", access=Permission.RELEASE_APPROVE, methods=("GET", "POST"), fresh=".show")
def preview(release_id: UUID) -> ResponseReturnValue:
    """Prepare the release and show risk and loss; that it was looked at is counted."""
    if request.method != "POST":  # a link to this page, such as the other language's
        return see(release_id)
    look = deciding.preview(db(), by=actor(), release_id=release_id, now=now())
    mark = fingerprint(deciding.askers_key(db(), by=actor(), release_id=release_id))
    return render_template(
        "release/preview.html",
        release=look.release,
        prepared=look.prepared,
        beside=weighing.beside(look.beside),
        **_shown(look),
        form=DecisionForm(formdata=None, revision=look.release.revision),
        approval=ApprovalForm(
            formdata=None,
            revision=look.release.revision,
            mark=mark,
            seen=as_seen(look.release),
        ),
        mark=mark,
        labels=labels,
    )


def _shown(look: deciding.Look) -> dict[str, Any]:
    prepared = look.prepared
    if not isinstance(prepared, PreparedTable):
        return {
            "kind": "records",
            "leaves": weighing.what_leaves(prepared),
            "safe": weighing.how_safe(prepared),
            "bars": weighing.what_it_costs(prepared),
            "off": weighing.counts_off(prepared),
        }
    plan = prepared.plan
    facts = weighing.of_table(prepared)
    if plan.protection is Protection.THRESHOLD:
        return {"kind": "threshold", "safe": facts}
    price = [(_("This table"), labels.epsilon(plan.hundredths)), *budget_rows()]
    return {"kind": "noise", "safe": facts, "price": price}


@pages.page(f"{ONE}/approve", access=Permission.RELEASE_APPROVE, methods=("POST",), fresh=".show")
def approve(release_id: UUID) -> ResponseReturnValue:
    """Compute everything once more, check it, seal it."""
    form = ApprovalForm()
    revision = revision_of(form)
    if not form.validate():
        raise InvalidError("Compare the mark of the key with the person who asked first.")
    deciding.approve(
        db(),
        by=actor(),
        release_id=release_id,
        revision=revision,
        compared=str(form.mark.data).replace(" ", ""),
        seen=str(form.seen.data),
        keys=recipients(),
        now=now(),
    )
    return see(release_id)


@pages.page(f"{ONE}/decline", access=Permission.RELEASE_APPROVE, methods=("GET", "POST"))
def decline(release_id: UUID) -> ResponseReturnValue:
    """Refuse a request, with the reason."""
    form = DecisionForm()
    if not form.validate_on_submit():
        return one(release_id, form) if request.method == "POST" else see(release_id)
    try:
        deciding.decline(
            db(),
            by=actor(),
            release_id=release_id,
            revision=revision_of(form),
            reason=str(form.reason.data),
            now=now(),
        )
    except InvalidError as problem:
        form.reason.errors = [_(str(problem))]
        return one(release_id, form)
    return see(release_id)
