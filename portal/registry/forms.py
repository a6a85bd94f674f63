"""Forms of the registry: records by kind, statements, relations; all say why and on which version."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from portal.registry import names
from portal.registry.date_fields import SHORT, DateForm, typed
from portal.registry.labels import choices
from portal.registry.models import Record, Source
from portal.registry.records import (
    BodyFacts,
    Cite,
    Claim,
    EventFacts,
    Facts,
    GraveFacts,
    PersonFacts,
    PlaceFacts,
    Spelling,
)
from portal.registry.vocabulary import (
    Condition,
    EventKind,
    Existence,
    Kind,
    Living,
    NameKind,
    Part,
    PersonRole,
    PlaceKind,
    Predicate,
    RelationKind,
    Sex,
    SourceKind,
)
from portal.web.forms import PortalForm
from portal.web.locale import gettext as _
from portal.web.locale import latin_digits
from portal.web.locale import lazy_gettext as _l

_SPARE_NAMES = 3
_LONG = Length(max=300, message=_l("Please keep this under 300 letters."))


class NameForm(Form):
    """One spelling of a name."""

    text = StringField(_l("Name, letter for letter"), [_LONG])
    kind = SelectField(_l("What kind of name"), choices=choices(NameKind))


class ChangeForm(PortalForm):
    """What every change carries: the version that was looked at, and why it is made."""

    version = HiddenField()
    note = StringField(
        _l("Why"),
        [InputRequired(_l("Please say why, in a few words. It is kept with the history.")), _LONG],
        description=_l("For example: spelling from the published list."),
    )

    def seen(self) -> int:
        """Give the version that was looked at; 0, which is no version, when it is missing."""
        text = self.version.data or ""
        return int(text) if text.isdecimal() else 0


class RecordForm(ChangeForm):
    """Names and facts of a record; each kind adds its own facts."""

    names = FieldList(FormField(NameForm, label=_l("Name")), label=_l("Names"), min_entries=1, max_entries=60)
    restricted = BooleanField(_l("Show only to lead reviewers"))

    order: ClassVar[Sequence[str]] = ()

    def validate_names(self, field: "FieldList[Any]") -> None:
        """Ask for one name at least, beside the line where it belongs."""
        if not any(names.fold(entry.form.text.data or "") for entry in field):
            problem = _("Please write one name at least.")
            first = field[0].form.text
            first.errors = [*first.errors, problem]
            raise ValidationError(problem)

    def spellings(self) -> list[Spelling]:
        """Give the names that were written, without the empty lines."""
        return [
            Spelling((entry.form.text.data or "").strip(), NameKind(entry.form.kind.data))
            for entry in self.names
            if names.fold(entry.form.text.data or "")
        ]

    if TYPE_CHECKING:

        def facts(self) -> Facts:
            """Give the facts of the form's kind."""


class PersonForm(RecordForm):
    """A person."""

    sex = SelectField(_l("Sex"), choices=choices(Sex), default=Sex.UNKNOWN.value)
    role = SelectField(_l("Part"), choices=choices(PersonRole))
    living = SelectField(_l("Living or dead"), choices=choices(Living), default=Living.UNKNOWN.value)
    father_name = StringField(_l("Father's name"), [SHORT])
    origin = StringField(_l("Home town"), [SHORT])
    birth = FormField(DateForm, label=_l("Birth"))

    order = ("sex", "role", "living", "father_name", "origin", "birth")

    def facts(self) -> PersonFacts:
        """Give the person's facts."""
        return PersonFacts(
            sex=Sex(self.sex.data),
            role=PersonRole(self.role.data),
            living=Living(self.living.data),
            father_name=self.father_name.data or "",
            origin=self.origin.data or "",
            birth=self.birth.form.period(),
        )


class _PlaceField(SelectField):
    """A place of the registry, or none."""

    def offer(self, places: Sequence[tuple[UUID, str]]) -> None:
        """Set the places that can be chosen."""
        self.choices = [
            SelectChoice("", _("Not known")),
            *(SelectChoice(str(key), name) for key, name in places),
        ]

    def chosen(self) -> UUID | None:
        """Give the chosen place."""
        return UUID(self.data) if self.data else None


class PlaceForm(RecordForm):
    """A place."""

    place_kind = SelectField(_l("Kind of place"), choices=choices(PlaceKind))
    place = _PlaceField(_l("Lies in"))
    latitude = StringField(_l("Degrees north"), description=_l("To one tenth of a degree, such as 35.8."))
    longitude = StringField(_l("Degrees east"), description=_l("To one tenth of a degree, such as 51.4."))

    order = ("place_kind", "place", "latitude", "longitude")

    def validate_latitude(self, field: StringField) -> None:
        """Ask for a latitude, or nothing."""
        _check_degrees(field.data, 90)

    def validate_longitude(self, field: StringField) -> None:
        """Ask for a longitude, or nothing; a point needs both."""
        _check_degrees(field.data, 180)
        if bool((field.data or "").strip()) != bool((self.latitude.data or "").strip()):
            raise ValidationError(_("A point needs both figures."))

    def facts(self) -> PlaceFacts:
        """Give the place's facts."""
        return PlaceFacts(
            kind=PlaceKind(self.place_kind.data),
            parent_id=self.place.chosen(),
            latitude_tenths=_tenths(self.latitude.data),
            longitude_tenths=_tenths(self.longitude.data),
        )


def _degrees(text: str | None) -> float | None:
    plain = latin_digits(text or "").strip().replace("٫", ".")
    return float(plain) if plain else None


def _tenths(text: str | None) -> int | None:
    degrees = _degrees(text)
    return None if degrees is None else round(degrees * 10)


def _check_degrees(text: str | None, most: int) -> None:
    try:
        fits = -most <= (_degrees(text) or 0) <= most
    except ValueError:
        fits = False
    if not fits:
        raise ValidationError(_("Please write degrees, such as 35.8, or nothing."))


class GraveForm(RecordForm):
    """A grave."""

    place = _PlaceField(_l("Place"))
    existence = SelectField(_l("Is there a grave?"), choices=choices(Existence))
    condition = SelectField(_l("Was it disturbed?"), choices=choices(Condition))

    order = ("place", "existence", "condition")

    def facts(self) -> GraveFacts:
        """Give the grave's facts."""
        return GraveFacts(self.place.chosen(), Existence(self.existence.data), Condition(self.condition.data))


class BodyForm(RecordForm):
    """A commission, court or office."""

    place = _PlaceField(_l("Place"))

    order = ("place",)

    def facts(self) -> BodyFacts:
        """Give the body's facts."""
        return BodyFacts(self.place.chosen())


class EventForm(RecordForm):
    """An event."""

    event_kind = SelectField(_l("Kind of event"), choices=choices(EventKind))
    place = _PlaceField(_l("Place"))
    date = FormField(DateForm, label=_l("Date"))

    order = ("event_kind", "place", "date")

    def facts(self) -> EventFacts:
        """Give the event's facts."""
        return EventFacts(EventKind(self.event_kind.data), self.place.chosen(), self.date.form.period())


FORMS: Mapping[Kind, type[RecordForm]] = {
    Kind.PERSON: PersonForm,
    Kind.PLACE: PlaceForm,
    Kind.GRAVE: GraveForm,
    Kind.BODY: BodyForm,
    Kind.EVENT: EventForm,
}


def spare_names(written: Sequence[Mapping[str, str]] = ()) -> list[Mapping[str, str]]:
    """Give the name lines of a form: those there are, and a few empty ones."""
    return [*written, *({"text": "", "kind": NameKind.OFFICIAL.value} for _spare in range(_SPARE_NAMES))]


def filled(record: Record) -> dict[str, Any]:
    """Give a record as its form shows it."""
    data: dict[str, Any] = {
        "version": str(record.version),
        "restricted": record.restricted,
        "names": spare_names([{"text": name.text, "kind": name.kind.value} for name in record.names]),
    }
    if person := record.person:
        data |= {
            field: getattr(person, field) for field in ("sex", "role", "living", "father_name", "origin")
        }
        data["birth"] = typed(
            person.birth_words, person.birth_calendar, person.birth_earliest, person.birth_latest
        )
    if place := record.place:
        data |= {"place_kind": place.kind, "place": str(place.parent_id or "")}
        data |= {
            "latitude": "" if place.latitude_tenths is None else f"{place.latitude_tenths / 10:.1f}",
            "longitude": "" if place.longitude_tenths is None else f"{place.longitude_tenths / 10:.1f}",
        }
    if grave := record.grave:
        data |= {
            "place": str(grave.place_id or ""),
            "existence": grave.existence,
            "condition": grave.condition,
        }
    if body := record.body:
        data["place"] = str(body.place_id or "")
    if event := record.event:
        data |= {"event_kind": event.kind, "place": str(event.place_id or "")}
        data["date"] = typed(event.words, event.calendar, event.earliest, event.latest)
    return data


class _SourceForm(ChangeForm):
    """A change that rests on a source: one of the known ones, or a new one."""

    source = SelectField(_l("Source"))
    locator = StringField(_l("Where in it"), [_LONG], description=_l("Page, section or minute."))
    new_kind = SelectField(_l("Kind of source"), choices=choices(SourceKind, leave_out=[SourceKind.INVENTED]))
    new_title = StringField(_l("Title"), [_LONG])
    new_author = StringField(_l("Author"), [_LONG])
    new_year = IntegerField(
        _l("Year"), [Optional(), NumberRange(1000, 2200, _l("Please write the year of publication."))]
    )
    new_address = StringField(_l("Number or address"), [_LONG])

    def offer(self, sources: Sequence[Source]) -> None:
        """Set the sources that can be chosen."""
        known = [
            SelectChoice(
                str(source.id), ", ".join(filter(None, (source.title, source.author, str(source.year or ""))))
            )
            for source in sources
        ]
        self.source.choices = [SelectChoice("", _("A new source, written below")), *known]

    def validate_source(self, field: SelectField) -> None:
        """Ask for a source, known or new: nothing is stated without one."""
        if not field.data and not (self.new_title.data or "").strip():
            raise ValidationError(_("Please choose a source, or write the title of a new one below."))

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


class StatementForm(_SourceForm):
    """One thing that a source says of a record."""

    predicate = SelectField(_l("What it is about"), choices=choices(Predicate), default=Predicate.NOTE.value)
    value_fa = TextAreaField(_l("In Persian"))
    value_en = TextAreaField(_l("In English"))
    date = FormField(DateForm, label=_l("Date"))

    def validate_value_en(self, field: TextAreaField) -> None:
        """Ask for the words in one language at least."""
        if not (field.data or "").strip() and not (self.value_fa.data or "").strip():
            raise ValidationError(_("Please write it in Persian, in English, or in both."))

    def claim(self, source_id: UUID) -> Claim:
        """Give the statement, resting on the source."""
        return Claim(
            predicate=Predicate(self.predicate.data),
            cites=(self.cite(source_id),),
            value_fa=self.value_fa.data or "",
            value_en=self.value_en.data or "",
            date=self.date.form.period(),
        )


class TieForm(_SourceForm):
    """A relation to another record, or who had a part in this event."""

    word = SelectField(_l("What it is to the other"))
    other = RadioField(_l("Which record"), validate_choice=True)

    def word_for(self, kind: Kind) -> RelationKind | Part:
        """Give the chosen word for a record of this kind."""
        return Part(self.word.data) if kind is Kind.EVENT else RelationKind(self.word.data)

    def ask(self, kind: Kind, others: Sequence[tuple[UUID, str]]) -> None:
        """Set the words for this kind of record and the records that can be chosen."""
        self.word.choices = choices(Part if kind is Kind.EVENT else RelationKind)
        self.other.choices = [SelectChoice(str(key), name) for key, name in others]


class RetractForm(ChangeForm):
    """Taking a statement off a record."""
