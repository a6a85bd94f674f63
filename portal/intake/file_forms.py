"""What is asked about files: which, and what they are; nothing of it is required."""

from typing import Any

from flask_wtf.file import FileField, MultipleFileField
from wtforms import RadioField, StringField
from wtforms.validators import AnyOf, Length, Optional

from portal.intake.journey import LINE
from portal.intake.media import Sort
from portal.web.forms import PortalForm, SelectChoice
from portal.web.locale import lazy_gettext as _l

SORT_LABELS = {
    Sort.LETTER: _l("A letter or a note"),
    Sort.PHOTOGRAPH: _l("A photograph"),
    Sort.OFFICIAL: _l("An official paper"),
    Sort.WILL: _l("A will"),
    Sort.LIST: _l("A list of names"),
    Sort.RECORDING: _l("A recording of a voice"),
    Sort.FILM: _l("A film"),
    Sort.PRINTED: _l("From a newspaper, a book or a website"),
    Sort.DRAWING: _l("A drawing or a map"),
    Sort.OTHER: _l("Something else"),
}


def _stripped(text: Any) -> str:
    return (text or "").strip()


class DocumentsForm(PortalForm):
    """Files and a few words about them; drawn as a form, read by the upload parser."""

    caption = StringField(_l("What is it, in a few words?"), validators=[Length(max=LINE)])
    file = MultipleFileField(_l("Choose from this device"))
    photo = FileField(_l("Or take a photograph now"))


class VoiceForm(PortalForm):
    """A recording that was made elsewhere, or with the device's own recorder."""

    caption = StringField(_l("What is it, in a few words?"), validators=[Length(max=LINE)])
    file = FileField(_l("Choose a recording"))


class AboutFileForm(PortalForm):
    """What a file is, who made it, and where the original is."""

    caption = StringField(
        _l("What is it, in a few words?"), validators=[Length(max=LINE)], filters=[_stripped]
    )
    kind = RadioField(
        _l("Which of these comes closest?"),
        choices=[SelectChoice(sort.value, label) for sort, label in SORT_LABELS.items()],
        validate_choice=False,
        filters=[lambda value: value or ""],
        validators=[Optional(), AnyOf([sort.value for sort in Sort])],
    )
    maker = StringField(
        _l("Who wrote it or made it, and when?"), validators=[Length(max=LINE)], filters=[_stripped]
    )
    original = StringField(
        _l("Where is the original now?"), validators=[Length(max=LINE)], filters=[_stripped]
    )
