"""Pages of what two records are to each other: look for the other one, see both side by side, decide."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.errors import InvalidError, NotFoundError, StaleError
from portal.permissions import Permission
from portal.registry import beside, merging, service, wholes
from portal.registry.judgement_models import Judgement, Sameness
from portal.registry.labels import label
from portal.registry.models import Record
from portal.registry.pages import BOTH, TYPED, answer, near, pages
from portal.staff.current import actor
from portal.web.edge import db, now
from portal.web.forms import PortalForm
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l

_FOUND, _DIGITS = 12, 9
_ONE, _OTHER, _AGREE, _BACK = "one", "other", "agree", "back"


class MergeForm(PortalForm):
    """What two records are to each other, and why; on the versions that were looked at."""

    one_version = HiddenField()
    other_version = HiddenField()
    judgement = HiddenField()
    decision = RadioField(
        _l("What are they to each other?"),
        [InputRequired(_l("Please choose one of these."))],
        validate_choice=True,
    )
    reason = TextAreaField(
        _l("Why"),
        [
            InputRequired(_l("Say why. The reason is kept with the decision.")),
            Length(max=2000, message=_l("Please keep this under 2,000 letters.")),
        ],
    )

    def versions(self) -> tuple[int, int]:
        """Give the versions that were looked at; what is no number is of no record."""
        told = (self.one_version.data or "", self.other_version.data or "")
        if not all(one.isascii() and one.isdigit() and len(one) <= _DIGITS for one in told):
            raise StaleError
        return int(told[0]), int(told[1])


@pages.page("/<uuid:record_id>/same", access=Permission.REGISTRY_READ)
def same(record_id: UUID) -> ResponseReturnValue:
    """Show every decision on a record, and look for another one that it may be."""
    record = service.find(db(), record_id, by=actor())
    text = request.args.get("q", "").strip()[:TYPED]
    found = service.search(db(), by=actor(), text=text, kind=record.kind, limit=_FOUND, near=near())
    judgements = merging.of_record(db(), record_id, by=actor())
    ends = [one for each in judgements for one in (each.kept_id, each.other_id)]
    parts = wholes.whole(db(), record_id, by=actor()).parts
    return render_template(
        "registry/merge_find.html",
        record=record,
        text=text,
        found=[one for one in found if one.id not in parts],
        judgements=judgements,
        records=service.several(db(), ends, by=actor()),
    )


@pages.page(
    "/<uuid:record_id>/same/<uuid:other_id>", access=Permission.REGISTRY_EDIT, methods=BOTH, token=Token.FORM
)
def merge(record_id: UUID, other_id: UUID) -> ResponseReturnValue:
    """Show two records side by side, what agrees and what differs, and ask what they are to each other."""
    one, other = (service.find(db(), each, by=actor()) for each in (record_id, other_id))
    if one.id == other.id or one.kind is not other.kind:
        raise NotFoundError
    judgement = _standing(one, other)
    form = MergeForm(data=None if request.form else _seen(one, other, judgement))
    form.decision.choices = _choices(judgement)
    if form.validate_on_submit():
        try:
            return _decide(form, one, other)
        except InvalidError as problem:
            form.form_errors.append(_(str(problem)))
    return answer(
        "registry/merge.html",
        form,
        one=one,
        other=other,
        judgement=judgement,
        lines=beside.lines(db(), one, other, by=actor()),
        told=[beside.told(db(), each, by=actor()) for each in (one, other)],
        second=merging.needs_second(one.kind),
    )


def _standing(one: Record, other: Record) -> Judgement | None:
    """Give what stands between two records, if anything does."""
    found = merging.standing(db(), by=actor(), among=([one.id], [other.id]))
    return found[0] if found else None


def _seen(one: Record, other: Record, judgement: Judgement | None) -> dict[str, Any]:
    said = str(judgement.id) if judgement else ""
    return {"one_version": str(one.version), "other_version": str(other.version), "judgement": said}


def _choices(judgement: Judgement | None) -> list[tuple[str, str]]:
    """Offer what can be decided as things stand."""
    apart = (Sameness.APART.value, label(Sameness.APART))
    if judgement is not None and judgement.waits:
        own = judgement.author_id == actor().id
        mine = (_BACK, _("Take back what you said")) if own else (_AGREE, _("Agree: these are one"))
        return [mine, apart]
    back = (_BACK, _("Take them apart again") if judgement and judgement.holds else _("Take this back"))
    if judgement is not None and judgement.sameness is not Sameness.UNSURE:
        return [back]
    same = [
        (which, "\n".join((_("These are one"), _("Shown under the name of the %(place)s", place=place))))
        for which, place in ((_ONE, _("first")), (_OTHER, _("second")))
    ]
    unsure = (Sameness.UNSURE.value, label(Sameness.UNSURE))
    return [*same, apart, unsure if judgement is None else back]


def _decide(form: MergeForm, one: Record, other: Record) -> ResponseReturnValue:
    decision, reason, versions = form.decision.data, form.reason.data or "", form.versions()
    if decision in {_AGREE, _BACK}:
        return _on_judgement(form, decision, reason, versions, one)
    ends = [(one.id, versions[0]), (other.id, versions[1])]
    kept, given = reversed(ends) if decision == _OTHER else ends
    sameness = Sameness.SAME if decision in {_ONE, _OTHER} else Sameness(decision)
    made = merging.judge(
        db(), by=actor(), kept=kept, other=given, sameness=sameness, reason=reason, now=now()
    )
    if made.waits:
        return _onward(kept[0], _("Kept. They are shown as one when somebody else agrees."))
    return _onward(kept[0])


def _on_judgement(
    form: MergeForm, decision: str, reason: str, versions: tuple[int, int], one: Record
) -> ResponseReturnValue:
    """Agree to a decision that was looked at, or take it back."""
    try:
        judgement_id = UUID(form.judgement.data or "")
    except ValueError:
        raise NotFoundError from None
    row = merging.find(db(), judgement_id, by=actor())
    if decision == _BACK:
        merging.withdraw(db(), row.id, by=actor(), reason=reason, now=now())
        return _onward(one.id)
    seen = versions if row.kept_id == one.id else (versions[1], versions[0])
    merging.second(db(), row.id, by=actor(), versions=seen, now=now())
    return _onward(row.kept_id)


def _onward(record_id: UUID, said: str = "") -> ResponseReturnValue:
    """Lead back to the list that somebody came from, or to the record's decisions."""
    flash(said or _("Kept."))
    if request.args.get("from") == "queue":
        return redirect(url_for("linking.duplicates_list"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("registry.same", record_id=record_id), HTTPStatus.SEE_OTHER)
