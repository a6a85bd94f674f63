"""What reviewers say of a link, and a lead where two differ."""

from collections.abc import Sequence

from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from portal.linking.labels import BASES, CERTAINTIES, OUTCOMES, RELATIONS
from portal.linking.vocabulary import RELATIONS as FITTING
from portal.linking.vocabulary import Outcome, Target
from portal.web.forms import PortalForm, SelectChoice
from portal.web.locale import lazy_gettext as _l

_LINE = 500
_LETTERS = 2_000


class LinkForm(PortalForm):
    """How a record stands to the account, how sure that is, and how the narrator knows."""

    annotation = HiddenField(validators=[DataRequired()])
    record = HiddenField(validators=[DataRequired()])
    relation = RadioField(
        _l("What is it to the account?"),
        choices=[SelectChoice(one.value, name) for one, name in RELATIONS.items()],
        validators=[InputRequired(_l("Say what the record is to the account."))],
    )
    certainty = RadioField(
        _l("How sure are you that this is the one?"),
        choices=[SelectChoice(one.value, name) for one, name in CERTAINTIES.items()],
        validators=[InputRequired(_l("Say how sure you are."))],
    )
    basis = RadioField(
        _l("How does the narrator know?"),
        choices=[SelectChoice(one.value, name) for one, name in BASES.items()],
        validators=[InputRequired(_l("Say how the narrator knows."))],
    )
    comment = StringField(
        _l("Comment"),
        filters=[lambda text: (text or "").strip()],
        validators=[Length(max=_LINE, message=_l("Please make it shorter."))],
    )

    def offer(self, target: Target) -> None:
        """Offer only the relations that can be said of such a record."""
        self.relation.choices = [SelectChoice(one.value, RELATIONS[one]) for one in FITTING[target]]


class ReasonedForm(PortalForm):
    """A decision that is kept with its reason."""

    reason = TextAreaField(
        _l("Why?"),
        filters=[lambda text: (text or "").strip()],
        validators=[
            InputRequired(_l("Say why. The reason is kept with the decision.")),
            Length(max=_LETTERS, message=_l("Please make it shorter.")),
        ],
    )


class SettleForm(ReasonedForm):
    """What a lead decides where two see something differently."""

    outcome = RadioField(
        _l("What holds?"),
        choices=[SelectChoice(one.value, name) for one, name in OUTCOMES.items()],
        validators=[InputRequired(_l("Choose one of the answers."))],
    )

    def offer(self, outcomes: Sequence[Outcome]) -> None:
        """Offer only what can be decided."""
        self.outcome.choices = [SelectChoice(one.value, OUTCOMES[one]) for one in outcomes]


class DependenceForm(ReasonedForm):
    """Which two accounts are not independent of each other, and why."""

    one = SelectField(_l("This account"), validators=[InputRequired(_l("Choose one of the answers."))])
    other = SelectField(_l("and this one"), validators=[InputRequired(_l("Choose one of the answers."))])

    def offer(self, cases: Sequence[tuple[str, str]]) -> None:
        """Offer the accounts that are compared, as (id, name)."""
        self.one.choices = self.other.choices = list(cases)
