"""What an administrator asks for, and what a lead decides."""

from collections.abc import Iterator, Sequence

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
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.widgets import HiddenInput

from portal.casework.coding import Pattern
from portal.errors import InvalidError
from portal.intake import wordings
from portal.intake.models import Receiver
from portal.intake.receivers import Described
from portal.release.columns import NAMES, ROLES, Choice
from portal.release.labels import COLUMNS, PROTECTIONS, SIDES
from portal.release.labels import ROLES as WORDS
from portal.release.plans import Plan, Protection, Side
from portal.release.policy import DEFAULT_K, ColumnRole
from portal.release.service import LONGEST
from portal.web.forms import PortalForm, normal_lines
from portal.web.locale import gettext as _
from portal.web.locale import language, latin_digits
from portal.web.locale import lazy_gettext as _l

_SHORTER = Length(max=LONGEST, message=_l("Please make it shorter: 2000 letters at most."))
_COLUMN = "column_"


def _lines(text: str | None) -> str:
    return normal_lines(text or "")


class _Asking(PortalForm):
    """What every request says."""

    purpose = TextAreaField(
        _l("What is the data for?"),
        filters=[_lines],
        validators=[DataRequired(_l("Say in a sentence or two what the data is for.")), _SHORTER],
        description=_l(
            "Kept readable for everyone who runs the place. Write nothing here about any account."
        ),
    )
    recipient = TextAreaField(
        _l("Who will receive it?"),
        filters=[_lines],
        validators=[DataRequired(_l("Name the person or institution that will receive it.")), _SHORTER],
    )
    receiver = SelectField(
        _l("Is it one of these bodies?"),
        default="",
        description=_l(
            "If it is, choose it: then only accounts leave whose sources allow that they are handed to it."
        ),
    )

    def offer(self, bodies: Sequence[Receiver]) -> None:
        """Offer the bodies on the list; none of them is an answer, too."""
        called = [SelectChoice(one.id.hex, wordings.called(one, language())) for one in bodies]
        self.receiver.choices = [SelectChoice("", _("none of them")), *called]


class RequestForm(_Asking):
    """Records: how many families a class holds, and one choice for each column (added below)."""

    k = StringField(
        _l("Families in each class, at least"),
        default=str(DEFAULT_K),
        validators=[InputRequired(_l("Enter a number from 5 to 100."))],
        description=_l("No one in a class can be told from the others. 11 is usual; less than 5 is refused."),
    )
    record_ids = BooleanField(_l("Number the records at random, anew for this release"))

    @property
    def columns(self) -> Iterator[Field]:
        """The choices for columns, in the order of the coding sheet."""
        return (self[_COLUMN + name] for name in NAMES)

    def choice(self) -> Choice:
        """Return what was chosen; raises `InvalidError` with the sentence to show."""
        try:
            k = int(latin_digits(str(self.k.data).strip()))
        except ValueError:
            raise InvalidError("A class holds between 5 and 100 families.") from None
        roles = {name: ColumnRole(str(self[_COLUMN + name].data)) for name in NAMES}
        return Choice(roles, k, bool(self.record_ids.data))


for _name in NAMES:
    _choices = [SelectChoice(role.value, WORDS[role]) for role in ROLES[_name]]
    setattr(RequestForm, _COLUMN + _name, SelectField(COLUMNS[_name], choices=_choices))


class TableForm(_Asking):
    """A table of counts: its sides, whom it counts, and how it is protected."""

    rows = SelectField(
        _l("In the rows"), choices=[SelectChoice(one.value, words) for one, words in SIDES.items()]
    )
    across = SelectField(
        _l("In the columns"),
        choices=[SelectChoice(one.value, words) for one, words in SIDES.items()],
        default=Side.MONTH.value,
    )
    pattern = SelectField(
        _l("Which families count?"),
        choices=[
            SelectChoice("", _l("all of them")),
            *(SelectChoice(one.value, COLUMNS[one.value]) for one in Pattern),
        ],
    )
    protection = RadioField(
        _l("How are people protected?"),
        choices=[SelectChoice(one.value, words) for one, words in PROTECTIONS.items()],
        validators=[InputRequired(_l("Choose one of the two."))],
    )
    hundredths = SelectField(
        _l("With noise: how exact?"),
        choices=[
            SelectChoice("50", _l("as exact as can be: 0.5 of the budget")),
            SelectChoice("25", _l("less: 0.25")),
            SelectChoice("10", _l("rough: 0.1")),
        ],
    )

    def plan(self) -> Plan:
        """Return what was chosen; raises `InvalidError` with the sentence to show."""
        protection = Protection(str(self.protection.data))
        return Plan(
            Side(str(self.rows.data)),
            Side(str(self.across.data)),
            Pattern(str(self.pattern.data)) if self.pattern.data else None,
            protection,
            int(str(self.hundredths.data)) if protection is Protection.NOISE else 0,
        )


class ApprovalForm(PortalForm):
    """The request as it was seen, and the asker's key as it was compared."""

    revision = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    mark = HiddenField(validators=[InputRequired()])
    same = BooleanField(
        _l("They read this very mark to me"), validators=[InputRequired(_l("Compare the mark first."))]
    )


class DecisionForm(PortalForm):
    """The request as it was seen, and for a refusal the reason."""

    revision = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    reason = TextAreaField(_l("Why not?"), filters=[_lines], validators=[_SHORTER])


class ReceiverForm(PortalForm):
    """A body in both languages, as sources read of it."""

    name_fa = StringField(_l("Name in Persian"))
    name_en = StringField(_l("Name in English"))
    about_fa = StringField(_l("What it is, in Persian"))
    about_en = StringField(_l("What it is, in English"))

    def described(self) -> Described:
        """Return what was typed."""
        names = ("name_fa", "name_en", "about_fa", "about_en")
        return Described(*(str(self[name].data or "") for name in names))


class ConfirmForm(PortalForm):
    """One press, meant."""


class MoveForm(PortalForm):
    """Whether what was there before may open to people who were given the newest key alone."""

    also = BooleanField(_l("They may open what was there before, too"))
