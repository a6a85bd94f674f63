"""Forms of images: the file, what it shows, who made it and when, where the original is, who shows it."""

from typing import Any

from wtforms import BooleanField, FileField, FormField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.registry.date_fields import DateForm, typed
from portal.registry.images import Shows
from portal.registry.labels import choices
from portal.registry.models import Image
from portal.registry.periods import Period
from portal.registry.source_forms import LONG, CitedForm
from portal.registry.vocabulary import ImageKind
from portal.web.locale import lazy_gettext as _l

_SENTENCES = Length(max=2000, message=_l("Please keep this under 2,000 letters."))


class DescribeForm(CitedForm):
    """What is said of an image."""

    kind = SelectField(_l("Kind of picture"), choices=choices(ImageKind), default=ImageKind.PHOTOGRAPH.value)
    caption = TextAreaField(
        _l("What it shows"),
        [InputRequired(_l("Please say in a sentence what it shows.")), _SENTENCES],
        description=_l("It stands under the picture: which place or person, from where, what matters in it."),
    )
    told = TextAreaField(
        _l("The picture in words"),
        [InputRequired(_l("Please describe it for those who cannot see it.")), _SENTENCES],
        description=_l("What meets the eye, for those who cannot see it: “bare ground between two walls”."),
    )
    maker = StringField(_l("Who made it"), [LONG], description=_l("Leave empty when nobody knows."))
    original_at = StringField(
        _l("Where the original is"), [LONG], description=_l("Such as an archive, a family, a newspaper.")
    )
    date = FormField(DateForm, label=_l("When it was made"))
    restricted = BooleanField(_l("Show only to lead reviewers"))

    def lean(self, near: Period) -> None:
        """Set the date that words may lean on."""
        self.date.form.near = near

    def shows(self) -> Shows:
        """Give what is said of it."""
        return Shows(
            ImageKind(self.kind.data),
            self.caption.data or "",
            self.told.data or "",
            (self.maker.data or "").strip(),
            (self.original_at.data or "").strip(),
            self.date.form.period(),
            restricted=bool(self.restricted.data) if "restricted" in self else False,
        )


class ImageForm(DescribeForm):
    """An image and what is said of it."""

    file = FileField(_l("Choose a picture"))


def described(row: Image) -> dict[str, Any]:
    """Give what is said of an image as its form shows it."""
    return {
        "kind": row.kind.value,
        "caption": row.caption,
        "told": row.told,
        "maker": row.maker,
        "original_at": row.original_at,
        "date": typed(row.when),
        "restricted": bool(row.restricted),
        "source": str(row.source_id),
        "locator": row.locator,
    }
