"""What a reviewer says of a link."""

from wtforms import HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import DataRequired, InputRequired, Length

from portal.linking.labels import BASES, CERTAINTIES, RELATIONS
from portal.linking.vocabulary import RELATIONS as FITTING
from portal.linking.vocabulary import Target
from portal.web.forms import PortalForm
from portal.web.locale import lazy_gettext as _l

_LINE = 500


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
