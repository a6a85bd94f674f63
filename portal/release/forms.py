"""What an administrator asks for, and what a lead decides."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

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
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError
from wtforms.widgets import HiddenInput

from portal.casework.coding import Pattern
from portal.intake import wordings
from portal.intake.models import Receiver
from portal.intake.receivers import Described
from portal.release.columns import DELTA_STEPS, K_STEPS, L_STEPS, LEVELS, NAMES, ROLES, T_STEPS, Choice
from portal.release.labels import COLUMNS, FINENESS, PROMISES, PROTECTIONS, SIDES
from portal.release.labels import ROLES as WORDS
from portal.release.plans import Plan, Protection, Side
from portal.release.policy import DEFAULT_K, ColumnRole
from portal.release.service import LONGEST
from portal.web.forms import PortalForm, SelectChoice, normal_lines
from portal.web.locale import gettext as _
from portal.web.locale import language
from portal.web.locale import lazy_gettext as _l

_SHORTER = Length(max=LONGEST, message=_l("Please make it shorter: 2000 letters at most."))
_COLUMN, _FINEST, _COARSEST = "column_", "finest_", "coarsest_"
EVERYBODY = "everybody"


def _lines(text: str | None) -> str:
    return normal_lines(text or "")


class Asking(PortalForm):
    """What every request says."""

    _bodies: Mapping[str, str] = {}

    purpose = TextAreaField(
        _l("What is the data for?"),
        filters=[_lines],
        validators=[DataRequired(_l("Say in a sentence or two what the data is for.")), _SHORTER],
        description=_l(
            "Kept readable for everyone who runs the place. Write nothing here about any account."
        ),
    )
    receiver = RadioField(
        _l("Who will receive it?"),
        default="",
        description=_l(
            "For a body on the list, only accounts leave whose sources allow that they are handed to it."
        ),
    )
    recipient = TextAreaField(
        _l("Who is it?"),
        filters=[_lines],
        validators=[_SHORTER],
        description=_l("The person or institution, if it is none of the list."),
    )

    def offer(self, bodies: Sequence[Receiver]) -> None:
        """Offer the bodies on the list first; none of them is an answer, too."""
        self._bodies = {one.id.hex: wordings.called(one, language()) for one in bodies}
        called = [SelectChoice(value, name) for value, name in self._bodies.items()]
        self.receiver.choices = [*called, *self._others()]

    def _others(self) -> list[SelectChoice]:
        return [SelectChoice("", _("Somebody else who does research\nWrite below who it is"))]

    def validate_recipient(self, field: TextAreaField) -> None:
        """Ask for a name where nothing of the list was chosen."""
        if not self.receiver.data and not str(field.data or "").strip():
            raise ValidationError(_("Name the person or institution that will receive it."))

    @property
    def body(self) -> UUID | None:
        """The body of the list that was chosen, if it is one."""
        return UUID(hex=self.receiver.data) if self.receiver.data not in {"", EVERYBODY} else None

    @property
    def called(self) -> str:
        """Who receives it, in words."""
        typed = str(self.recipient.data or "").strip()
        if self.receiver.data == EVERYBODY:
            return _("everybody: it is published")
        return typed or self._bodies.get(str(self.receiver.data), "")


def _steps(kind: str, steps: Sequence[float]) -> list[SelectChoice]:
    return [SelectChoice(str(one), PROMISES[kind][one]) for one in steps]


class RequestForm(Asking):
    """Records: what is promised, and for each column whether and how fine it leaves (added below)."""

    k = RadioField(
        _l("How many families must look alike?"),
        choices=_steps("k", K_STEPS),
        default=str(DEFAULT_K),
        description=_l(
            "Whoever knows all about a family still cannot tell which of so many it is. "
            "The more there are, the safer they are, and the coarser the columns become."
        ),
    )
    l = RadioField(  # noqa: E741 - so the literature calls it
        _l("How many different answers must such a group have?"),
        choices=_steps("l", L_STEPS),
        default="2",
        description=_l(
            "If a whole group says the same, whoever finds the group has found the answer. "
            "This is about columns that leave as they stand."
        ),
    )
    t = RadioField(
        _l("How far may a group differ from all?"),
        choices=_steps("t", T_STEPS),
        default="0.3",
        description=_l(
            "If most of a group say what few say in all, the group gives them away. "
            "This is about columns that leave as they stand."
        ),
    )
    delta = RadioField(
        _l("May it be seen that someone from the public list is among the accounts at all?"),
        choices=_steps("delta", DELTA_STEPS),
        default="0.5",
        description=_l(
            "Others hold lists of the dead. Where somebody spoke for nearly everyone on the list, "
            "each of these families is known to have spoken."
        ),
    )
    record_ids = BooleanField(_l("Number the records at random, anew for this release"))

    @property
    def coarsened(self) -> Iterator[tuple[Any, Sequence[Field]]]:
        """Columns that are made coarser: whether each leaves, and between which levels."""
        kinds = (_COLUMN, _FINEST, _COARSEST)
        return ((COLUMNS[name], [self[kind + name] for kind in kinds]) for name in LEVELS)

    @property
    def patterns(self) -> Iterator[Field]:
        """The choices for all other columns, in the order of the coding sheet."""
        return (self[_COLUMN + name] for name in NAMES if name not in LEVELS)

    def choice(self) -> Choice:
        """Return what was chosen; raises `InvalidError` with the sentence to show."""
        roles = {name: ColumnRole(str(self[_COLUMN + name].data)) for name in NAMES}
        return Choice(
            roles,
            int(self.k.data),
            bool(self.record_ids.data),
            l=int(self.l.data),
            t=float(self.t.data),
            delta=float(self.delta.data),
            levels={
                name: (int(self[_FINEST + name].data), int(self[_COARSEST + name].data))
                for name in LEVELS
                if roles[name] is not ColumnRole.DROP
            },
        )

    @staticmethod
    def of(choice: Choice) -> Mapping[str, Any]:
        """Return what the form would hold for a choice, so that it can be changed and asked for again."""
        levels = {name: choice.range_of(name) for name in LEVELS}
        return {
            **{_COLUMN + name: choice.roles.get(name, ColumnRole.DROP).value for name in NAMES},
            **{_FINEST + name: str(low) for name, (low, _high) in levels.items()},
            **{_COARSEST + name: str(high) for name, (_low, high) in levels.items()},
            "k": str(min(K_STEPS, key=lambda one: abs(one - choice.k))),
            "l": str(choice.l),
            "t": str(float(choice.t)),
            "delta": str(float(choice.delta)),
            "record_ids": choice.record_ids,
        }


for _name in NAMES:
    _choices = [SelectChoice(role.value, WORDS[role]) for role in ROLES[_name]]
    _asks = _l("Does it leave?") if _name in LEVELS else COLUMNS[_name]
    setattr(RequestForm, _COLUMN + _name, SelectField(_asks, choices=_choices))
for _name, _height in LEVELS.items():
    _words = [SelectChoice(str(place), words) for place, words in enumerate(FINENESS[_name])]
    setattr(RequestForm, _FINEST + _name, SelectField(_l("At the finest"), choices=_words[:-1], default="0"))
    setattr(
        RequestForm,
        _COARSEST + _name,
        SelectField(_l("At the coarsest"), choices=_words, default=str(_height)),
    )


class TableForm(Asking):
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

    def _others(self) -> list[SelectChoice]:
        everybody = SelectChoice(EVERYBODY, _("Everybody\nThe table is published"))
        return [everybody, SelectChoice("", _("Somebody else\nWrite below who it is"))]

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

    @staticmethod
    def of(plan: Plan) -> Mapping[str, Any]:
        """Return what the form would hold for a plan."""
        return {
            "rows": plan.rows.value,
            "across": plan.columns.value,
            "pattern": plan.pattern.value if plan.pattern else "",
            "protection": plan.protection.value,
            "hundredths": str(plan.hundredths or 50),
        }


class ApprovalForm(PortalForm):
    """The request as it was seen, and the asker's key as it was compared."""

    revision = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    mark = HiddenField(validators=[InputRequired()])
    seen = HiddenField(validators=[InputRequired()])
    same = BooleanField(
        _l("They read this very mark to me"), validators=[InputRequired(_l("Compare the mark first."))]
    )


class DecisionForm(PortalForm):
    """The request as it was seen, and for a refusal the reason."""

    revision = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    reason = TextAreaField(_l("Why not?"), filters=[_lines], validators=[_SHORTER])


class RevisionForm(PortalForm):
    """A release as it was seen, for what needs nothing else."""

    revision = IntegerField(widget=HiddenInput(), validators=[InputRequired()])


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


class ReceiverKeyForm(PortalForm):
    """The key of a body, and its fingerprint as the body says it in another way."""

    key = StringField(_l("Age key of the body"))
    fingerprint = StringField(_l("Its fingerprint, as the body tells it in another way"))


class ConfirmForm(PortalForm):
    """One press, meant."""


class MoveForm(PortalForm):
    """Whether what was there before may open to people who were given the newest key alone."""

    also = BooleanField(_l("They may open what was there before, too"))
