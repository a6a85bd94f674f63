"""Asking for a table of patterns, and for showing one to everybody."""

from wtforms import IntegerField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from portal.casework.coding import Pattern
from portal.release.forms import Asking
from portal.release.labels import COLUMNS, PROTECTIONS, SIDES
from portal.release.laplace import AT_ONCE, FINEST
from portal.release.plans import PLACES, Plan, Protection, Side
from portal.web.forms import PortalForm, SelectChoice
from portal.web.locale import lazy_gettext as _l


class PatternsForm(Asking):
    """Which patterns, by which places, and how people are protected; months are always told apart."""

    places = SelectField(
        _l("By which places?"),
        choices=[SelectChoice(one.value, SIDES[one]) for one in PLACES],
        default=Side.PROVINCE.value,
        description=_l("The wider the places, the more of the table says something."),
    )
    patterns = SelectMultipleField(
        _l("Which patterns?"),
        choices=[SelectChoice(one.value, COLUMNS[one.value]) for one in Pattern],
        validators=[InputRequired(_l("Choose at least one."))],
        widget=ListWidget(),
        option_widget=CheckboxInput(),
        description=_l("With noise they share what the table may tell: the fewer, the more exact is each."),
    )
    protection = RadioField(
        _l("How are people protected?"),
        choices=[SelectChoice(one.value, words) for one, words in PROTECTIONS.items()],
        validators=[InputRequired(_l("Choose one of the two."))],
    )

    def plan(self) -> Plan:
        """Return what was chosen; raises `InvalidError` with the sentence to show."""
        protection = Protection(str(self.protection.data))
        chosen = {str(one) for one in self.patterns.data or ()}
        return Plan(
            Side(str(self.places.data)),
            Side.MONTH,
            None,
            protection,
            int(AT_ONCE * FINEST) if protection is Protection.NOISE else 0,
            tuple(one for one in Pattern if one.value in chosen),
        )


class PublicationForm(PortalForm):
    """A request as it was seen."""

    revision = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
