"""What a reviewer fills in at the desk."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import Field
from wtforms.validators import AnyOf, DataRequired, InputRequired, Length, Optional

from portal.casework.coding import Pattern, Prison, Said, Sheet, month_of
from portal.casework.labels import AUTHORITIES, HOLD_TIMES, MARK_KINDS, NARRATORS, PATTERNS, SAID
from portal.casework.marking import LONGEST, MarkKind, Span
from portal.casework.titles import LONGEST as TITLE
from portal.intake.journey import Relation
from portal.intake.models import Authority
from portal.intake.numbers_words import MONTHS
from portal.permissions import CIRCLES
from portal.web.forms import PortalForm, SelectChoice, normal_lines
from portal.web.locale import gettext as _
from portal.web.locale import latin_digits
from portal.web.locale import lazy_gettext as _l

_LINE = 500
_WORDS = 20_000
_SOMETHING = _l("Write something first, even one sentence.")
_SHORTER = _l("Please make it shorter.")


def _lines(text: str | None) -> str:
    return normal_lines(text or "")


def _trimmed(text: str | None) -> str:
    return (text or "").strip()


class SearchForm(PortalForm):
    """Words to be searched for."""

    words = StringField(
        _l("Words, in any spelling"),
        filters=[_trimmed],
        validators=[Length(max=_LINE, message=_SHORTER)],
    )


class TitleForm(PortalForm):
    """A case in a few words."""

    title = StringField(
        _l("The case in a few words"),
        description=_l(
            "The queue shows them to everybody who may read the case. Leave it empty to take them away."
        ),
        filters=[_trimmed],
        validators=[Length(max=TITLE, message=_SHORTER)],
    )


class PressForm(PortalForm):
    """A button; it carries nothing but the token."""


class MarkForm(PortalForm):
    """Words to be marked: filled by selecting, or pasted."""

    text = HiddenField(validators=[DataRequired()])
    start = HiddenField()
    end = HiddenField()
    kind = SelectField(
        _l("What is it?"),
        choices=[SelectChoice(one.value, name) for one, name in MARK_KINDS.items()],
        default=MarkKind.PERSON.value,
    )
    quote = TextAreaField(
        _l("The exact words"),
        filters=[_lines],
        validators=[
            DataRequired(_l("Select the words in the text, or copy them here.")),
            Length(max=LONGEST, message=_l("This is too long for one mark. Mark the sentence that matters.")),
        ],
    )
    comment = StringField(
        _l("Comment"),
        filters=[_trimmed],
        validators=[Length(max=_LINE, message=_SHORTER)],
    )

    def span(self) -> Span | None:
        """Return the chosen span, if there is one."""
        start, end = str(self.start.data or ""), str(self.end.data or "")
        return Span(int(start), int(end)) if _whole(start) and _whole(end) else None


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9  # noqa: PLR2004 - no text is a thousand million long


class MessageForm(PortalForm):
    """A message to the source."""

    message = TextAreaField(
        _l("Message to the source"),
        filters=[_lines],
        validators=[DataRequired(_SOMETHING), Length(max=_WORDS, message=_SHORTER)],
    )
    wait = BooleanField(_l("Let the case wait for the answer"))
    file = FileField(_l("A file to go with it"))


class NoteForm(PortalForm):
    """A note for colleagues."""

    note = TextAreaField(
        _l("Note for colleagues"),
        filters=[_lines],
        validators=[DataRequired(_SOMETHING), Length(max=_WORDS, message=_SHORTER)],
    )


class DecisionForm(PortalForm):
    """A lead's word on a sheet, tied to the sheet that was looked at."""

    revision = IntegerField(validators=[InputRequired()])
    reason = TextAreaField(
        _l("What should be looked at again"),
        filters=[_lines],
        validators=[Optional(), Length(max=_WORDS, message=_SHORTER)],
    )


class CircleForm(PortalForm):
    """Which circle a case is to be moved to, from which one, and why."""

    origin = HiddenField(validators=[AnyOf([group.value for group in CIRCLES])])
    to = RadioField(_l("Where to"), validators=[InputRequired(_SOMETHING)])
    reason = TextAreaField(
        _l("Why it moves"),
        filters=[_lines],
        validators=[DataRequired(_SOMETHING), Length(max=2_000, message=_SHORTER)],
    )


class HoldForm(PortalForm):
    """Why a case has to be kept from erasure, and for how long."""

    reason = TextAreaField(
        _l("Why it must not be erased"),
        filters=[_lines],
        validators=[DataRequired(_SOMETHING), Length(max=2_000, message=_SHORTER)],
    )
    days = SelectField(
        _l("For how long"), choices=[SelectChoice(str(days), name) for days, name in HOLD_TIMES]
    )


class RemovalForm(PortalForm):
    """On whose written word a case is to be erased."""

    authority = RadioField(
        _l("On whose written word?"),
        choices=[
            SelectChoice(one.value, name) for one, name in AUTHORITIES.items() if one is not Authority.SOURCE
        ],
        validators=[InputRequired(_l("Choose one of the answers."))],
    )
    reason = TextAreaField(
        _l("Which letter or order, of which day"),
        filters=[_lines],
        validators=[DataRequired(_SOMETHING), Length(max=2_000, message=_SHORTER)],
    )


class _SheetFields(PortalForm):
    revision = HiddenField()
    prison = SelectField(_l("Prison"), validate_choice=False)
    year = StringField(
        _l("Year, Solar Hijri"),
        filters=[lambda text: latin_digits(_trimmed(text))],
        validators=[Length(max=4, message=_l("Write the year in the Solar Hijri calendar, such as 1367."))],
    )
    month = SelectField(
        _l("Month"),
        choices=[
            SelectChoice("", _l("not known")),
            *(SelectChoice(str(number), name) for number, name in enumerate(MONTHS, 1)),
        ],
    )
    relation = SelectField(
        _l("Who is the narrator?"),
        choices=[
            SelectChoice("", _l("not said")),
            *(SelectChoice(one.value, name) for one, name in NARRATORS.items()),
        ],
    )

    def offer(self, prisons: Iterable[tuple[str, str]]) -> None:
        """Offer the prisons of the registry."""
        known = (SelectChoice(key, name) for key, name in prisons)
        self.prison.choices = [SelectChoice("", _("not known, or none")), *known]

    def sheet(self, prisons: Mapping[str, Prison]) -> Sheet:
        """Return the sheet as filled in; `InvalidError` says what cannot be taken."""
        return Sheet(
            prison=prisons.get(self.prison.data or ""),
            month=month_of(self.year.data or "", self.month.data or ""),
            relation=Relation(self.relation.data) if self.relation.data else None,
            patterns={pattern: Said(self[pattern.value].data) for pattern in Pattern},
        )


def _pattern_fields() -> dict[str, Field]:
    said = [SelectChoice(one.value, name) for one, name in SAID.items()]
    return {
        pattern.value: RadioField(
            question.full,
            choices=said,
            default=Said.NOT_SAID.value,
            validators=[AnyOf([one.value for one in Said], message=_l("Choose one of the answers."))],
        )
        for pattern, question in PATTERNS.items()
    }


SheetForm = cast("type[_SheetFields]", type("SheetForm", (_SheetFields,), _pattern_fields()))
"""The coding sheet, one question for each pattern."""


def filled(sheet: Sheet) -> dict[str, Any]:
    """Return what the form shows for a sheet."""
    year, _, month = sheet.month.partition("-")
    return {
        "prison": str(sheet.prison.record_id) if sheet.prison else "",
        "year": year,
        "month": str(int(month)) if month else "",
        "relation": sheet.relation.value if sheet.relation else "",
        **{pattern.value: said.value for pattern, said in sheet.patterns.items()},
    }
