"""Forms of importing: the file and its source, which column is what, and what is done in doubt."""

from collections.abc import Sequence
from typing import Any

from wtforms import FileField, RadioField, SelectField, StringField
from wtforms.validators import Length, ValidationError

from portal.registry.exchange.fields import offered
from portal.registry.exchange.models import Alike, Changed, SavedMapping
from portal.registry.exchange.reading import Glance
from portal.registry.exchange_labels import ALIKE, CHANGED, ENCODINGS, field_name
from portal.registry.labels import choices
from portal.registry.models import Source
from portal.registry.source_forms import LONG, source_choices
from portal.registry.vocabulary import Kind
from portal.web.forms import PortalForm, SelectChoice
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l


class FileForm(PortalForm):
    """A file, what its rows are, and the publication that they rest on."""

    source = SelectField(_l("Source of the whole file"), default="")
    new_title = StringField(_l("Title of a new source"), [LONG])
    kind = SelectField(_l("What a row is"), choices=choices(Kind), default=Kind.PERSON.value)
    mapping = SelectField(_l("Columns as in"), default="")
    encoding = SelectField(
        _l("Letters"), choices=[SelectChoice(code, text) for code, text in ENCODINGS.items()], default=""
    )
    file = FileField(_l("Choose a file"))

    def offer(self, sources: Sequence[Source], mappings: Sequence[SavedMapping]) -> None:
        """Set the sources and saved mappings that can be chosen."""
        new = SelectChoice("", _("A new source, written below"))
        self.source.choices = [new, *source_choices(sources)]
        guessed = SelectChoice("", _("Guessed from the headings"))
        self.mapping.choices = [guessed, *(SelectChoice(str(one.id), one.name) for one in mappings)]

    def validate_source(self, field: SelectField) -> None:
        """Ask for a source, known or new: nothing is stated without one."""
        if not field.data and not (self.new_title.data or "").strip():
            raise ValidationError(_("Please choose a source, or write the title of a new one below."))


class ColumnsForm(PortalForm):
    """Which column is what; a field for each column is added to it."""

    save_as = StringField(
        _l("Keep this for other files, under the name"),
        [Length(max=100, message=_l("Please keep this under 100 letters."))],
        description=_l("Leave it empty if it is for this file alone."),
    )
    count = 0

    def columns(self, glance: Glance) -> dict[str, str]:
        """Give the chosen field of each heading."""
        return {heading: self[f"c{place}"].data or "" for place, heading in enumerate(glance.headings)}


def columns_form(glance: Glance, kind: Kind, chosen: Sequence[str], **given: Any) -> ColumnsForm:
    """Make the form for a table, filled with what was guessed or chosen before."""
    options = [SelectChoice("", _("Leave out"))]
    options += [SelectChoice(field, field_name(field)) for field in offered(glance.headings, kind)]
    made = {
        f"c{place}": SelectField(heading, choices=options, default=chosen[place])
        for place, heading in enumerate(glance.headings)
    }
    form: ColumnsForm = type("TableForm", (ColumnsForm,), made)(**given)
    return form


class GoForm(PortalForm):
    """What is done in doubt."""

    alike = RadioField(
        _l("Rows that may be somebody who is there already"),
        choices=[SelectChoice(one.value, text) for one, text in ALIKE.items()],
        default=Alike.ADD.value,
    )
    changed = RadioField(
        _l("Rows that came in before and say something else now"),
        choices=[SelectChoice(one.value, text) for one, text in CHANGED.items()],
        default=Changed.LEAVE.value,
    )


class StepForm(PortalForm):
    """Nothing but that it is meant."""
