"""What forms of the registry share: the version that was looked at, why it changes, and its source."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from wtforms import HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from portal.registry.labels import choices
from portal.registry.models import Source
from portal.registry.records import Cite
from portal.registry.vocabulary import SourceKind
from portal.web.forms import PortalForm, SelectChoice
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l

LONG = Length(max=300, message=_l("Please keep this under 300 letters."))


class ChangeForm(PortalForm):
    """What every change carries: the version that was looked at, and why it is made."""

    version = HiddenField()
    note = StringField(
        _l("Why"),
        [InputRequired(_l("Please say why, in a few words. It is kept with the history.")), LONG],
        description=_l("For example: spelling from the published list."),
    )

    def seen(self) -> int:
        """Give the version that was looked at; 0, which is no version, when it is missing."""
        text = self.version.data or ""
        return int(text) if text.isdecimal() else 0


def source_choices(sources: Sequence[Source]) -> list[SelectChoice]:
    """Give publications as a select field offers them."""
    return [
        SelectChoice(
            str(source.id), ", ".join(filter(None, (source.title, source.author, str(source.year or ""))))
        )
        for source in sources
    ]


class SourceForm(ChangeForm):
    """A change that rests on a source: one of the known ones, or a new one."""

    source = SelectField(_l("Source"), default="")
    locator = StringField(_l("Where in it"), [LONG], description=_l("Page, section or minute."))
    new_kind = SelectField(_l("Kind of source"), choices=choices(SourceKind, leave_out=[SourceKind.INVENTED]))
    new_title = StringField(_l("Title"), [LONG])
    new_author = StringField(_l("Author"), [LONG])
    new_year = IntegerField(
        _l("Year"), [Optional(), NumberRange(1000, 2200, _l("Please write the year of publication."))]
    )
    new_address = StringField(_l("Number or address"), [LONG])

    none_chosen: ClassVar[Any] = _l("A new source, written below")

    def offer(self, sources: Sequence[Source]) -> None:
        """Set the sources that can be chosen."""
        self.source.choices = [SelectChoice("", str(self.none_chosen)), *source_choices(sources)]

    @property
    def sourced(self) -> bool:
        """Tell whether a source was chosen or written."""
        return bool(self.source.data or (self.new_title.data or "").strip())

    def cite(self, source_id: UUID) -> Cite:
        """Give the place in the source."""
        return Cite(source_id, (self.locator.data or "").strip())

    def new_source(self) -> dict[str, Any] | None:
        """Give the new source's fields, or None when a known one was chosen."""
        if self.source.data:
            return None
        return {
            "kind": SourceKind(self.new_kind.data),
            "title": self.new_title.data or "",
            "author": self.new_author.data or "",
            "year": self.new_year.data,
            "address": self.new_address.data or "",
        }


class CitedForm(SourceForm):
    """A change that nothing is said in without a source."""

    def validate_source(self, field: SelectField) -> None:
        """Ask for a source, known or new."""
        del field
        if not self.sourced:
            raise ValidationError(_("Please choose a source, or write the title of a new one below."))


class SourceEditForm(PortalForm):
    """A publication, corrected."""

    kind = SelectField(_l("Kind of source"), choices=choices(SourceKind))
    title = StringField(_l("Title"), [InputRequired(_l("Please write the title.")), LONG])
    author = StringField(_l("Author"), [LONG])
    year = IntegerField(
        _l("Year"), [Optional(), NumberRange(1000, 2200, _l("Please write the year of publication."))]
    )
    address = StringField(_l("Number or address"), [LONG])

    def fields(self) -> dict[str, Any]:
        """Give the fields of the publication."""
        return {
            "kind": SourceKind(self.kind.data),
            "title": self.title.data or "",
            "author": self.author.data or "",
            "year": self.year.data,
            "address": self.address.data or "",
        }


def described(source: Source) -> dict[str, Any]:
    """Give a publication as its form shows it."""
    return {name: getattr(source, name) for name in ("title", "author", "year", "address")} | {
        "kind": source.kind.value
    }
