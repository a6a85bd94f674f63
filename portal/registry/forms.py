"""Forms of records, by kind: names, short facts and their source; all say why and on which version."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    SelectField,
    StringField,
)
from wtforms.validators import ValidationError

from portal.registry import names
from portal.registry.date_fields import SHORT, DateForm, SpanForm, spanned, typed
from portal.registry.facts import changed as compare
from portal.registry.facts import facts_of
from portal.registry.labels import choices
from portal.registry.models import Record, Source
from portal.registry.periods import NOTHING, Period
from portal.registry.records import (
    BodyFacts,
    Cite,
    EventFacts,
    Facts,
    GraveFacts,
    PersonFacts,
    PlaceFacts,
    Spelling,
)
from portal.registry.source_forms import LONG, SourceForm, source_choices
from portal.registry.vocabulary import (
    BodyKind,
    Condition,
    EventKind,
    Existence,
    Kind,
    Living,
    NameKind,
    PersonRole,
    PlaceKind,
    Sex,
)
from portal.registry.writing import spellings_of
from portal.web.forms import SelectChoice
from portal.web.locale import gettext as _
from portal.web.locale import latin_digits
from portal.web.locale import lazy_gettext as _l

_SPARE_NAMES = 3


class NameForm(SpanForm):
    """One spelling of a name: who spells it so, and when it was in use."""

    text = StringField(_l("Name, letter for letter"), [LONG])
    kind = SelectField(_l("What kind of name"), choices=choices(NameKind))
    source = SelectField(_l("Who spells it so"), choices=[SelectChoice("", _l("Not said"))], default="")
    locator = StringField(_l("Where in it"), [LONG])

    def spelling(self, kept: Mapping[str, Spelling]) -> Spelling:
        """Give the name; dates whose words were not touched keep their days."""
        text = (self.text.data or "").strip()
        old = kept.get(text, Spelling(text))
        cite = Cite(UUID(self.source.data), (self.locator.data or "").strip()) if self.source.data else None
        since, until = self.span((old.since, old.until))
        return Spelling(text, NameKind(self.kind.data), cite, since, until)


# Facts that somebody must have said; the others say how the registry sorts its records.
_SAID = frozenset(
    {"father_name", "mother_name", "birth", "birthplace", "origin", "existence", "condition", "date"}
    | {"since", "until"}
)


class RecordForm(SourceForm):
    """Names and facts of a record; each kind adds its own facts."""

    names = FieldList(FormField(NameForm, label=_l("Name")), label=_l("Names"), min_entries=1, max_entries=60)
    restricted = BooleanField(_l("Show only to lead reviewers"))

    order: ClassVar[Sequence[str]] = ()
    none_chosen = _l("None of these, or one that is written below")
    kept: Facts | None = None
    """The facts that the record has now."""
    spelt: Mapping[str, Spelling] = MappingProxyType({})
    """The names that it has now, by their text."""
    decided: Collection[str] = ()
    """Facts that a conclusion decides."""

    def validate_names(self, field: "FieldList[Any]") -> None:
        """Ask for one name at least, beside the line where it belongs."""
        if not any(names.fold(entry.form.text.data or "") for entry in field):
            problem = _("Please write one name at least.")
            first = field[0].form.text
            first.errors = [*first.errors, problem]
            raise ValidationError(problem)

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for a source of facts that change, and leave alone what a conclusion decides."""
        if not super().validate(extra_validators):
            return False
        facts = self.facts()
        changed = set(compare(self.kept or type(facts)(), facts))
        said = [name for name in changed & _SAID if getattr(facts, name)]
        for name in sorted(changed.intersection(self.decided)):
            self._wrong(name, _("A conclusion decides this; replace it or take it back."))
        if said and not self.sourced:
            self._wrong("source", _("Please say which source the facts are from."))
        return not self.errors

    def _wrong(self, name: str, problem: str) -> None:
        field = self[name]
        target = field.form.words if field.type == "FormField" else field
        target.errors = [*target.errors, problem]

    def known(self, sources: Sequence[Source]) -> None:
        """Set the sources that can be chosen, for the facts and for each name."""
        self.offer(sources)
        for entry in self.names:
            entry.form.source.choices = [SelectChoice("", _("Not said")), *source_choices(sources)]

    def spellings(self) -> list[Spelling]:
        """Give the names that were written, without the empty lines."""
        return [
            entry.form.spelling(self.spelt) for entry in self.names if names.fold(entry.form.text.data or "")
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
    mother_name = StringField(_l("Mother's name"), [SHORT])
    birth = FormField(DateForm, label=_l("Birth"))
    birthplace = StringField(_l("Birthplace"), [SHORT])
    origin = StringField(_l("Home town"), [SHORT])

    order = (
        *("role", "sex", "living", "father_name", "mother_name"),
        *("birth", "birthplace", "origin"),
    )

    def facts(self) -> PersonFacts:
        """Give the person's facts."""
        return PersonFacts(
            sex=Sex(self.sex.data),
            role=PersonRole(self.role.data),
            living=Living(self.living.data),
            father_name=self.father_name.data or "",
            origin=self.origin.data or "",
            birth=kept_or(self.birth.form.period(), self.kept, "birth"),
            mother_name=self.mother_name.data or "",
            birthplace=self.birthplace.data or "",
        )


def kept_or(typed_now: Period, kept: Facts | None, name: str) -> Period:
    """Keep a date as it was when nothing in it was touched: days alone do not tell how fine they were."""
    old: Period = getattr(kept, name, NOTHING)
    same = (old.words, old.earliest, old.latest) == (typed_now.words, typed_now.earliest, typed_now.latest)
    return old if same else typed_now


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
    existed = FormField(SpanForm, label=_l("From when to when"))

    order = ("place_kind", "place", "latitude", "longitude", "existed")

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
        since, until = self.existed.form.span(span_of(self.kept))
        return PlaceFacts(
            since=since,
            until=until,
            kind=PlaceKind(self.place_kind.data),
            parent_id=self.place.chosen(),
            latitude_tenths=_tenths(self.latitude.data),
            longitude_tenths=_tenths(self.longitude.data),
        )


def span_of(kept: Facts | None) -> tuple[Period, Period]:
    """Give from when to when a place or body was there, as it is kept."""
    return (kept.since, kept.until) if isinstance(kept, PlaceFacts | BodyFacts) else (NOTHING, NOTHING)


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

    body_kind = SelectField(
        _l("Kind of body"), choices=[SelectChoice("", _l("Not known")), *choices(BodyKind)], default=""
    )
    place = _PlaceField(_l("Place"))
    existed = FormField(SpanForm, label=_l("From when to when"))

    order = ("body_kind", "place", "existed")

    def facts(self) -> BodyFacts:
        """Give the body's facts."""
        kind = BodyKind(self.body_kind.data) if self.body_kind.data else None
        return BodyFacts(self.place.chosen(), kind, *self.existed.form.span(span_of(self.kept)))


class EventForm(RecordForm):
    """An event."""

    event_kind = SelectField(_l("Kind of event"), choices=choices(EventKind))
    place = _PlaceField(_l("Place"))
    date = FormField(DateForm, label=_l("Date"))

    order = ("event_kind", "place", "date")

    def facts(self) -> EventFacts:
        """Give the event's facts."""
        return EventFacts(
            EventKind(self.event_kind.data),
            self.place.chosen(),
            kept_or(self.date.form.period(), self.kept, "date"),
        )


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


def _line(name: Spelling) -> dict[str, str]:
    return {
        "text": name.text,
        "kind": name.kind.value,
        "source": str(name.cite.source_id) if name.cite else "",
        "locator": name.cite.locator if name.cite else "",
        **spanned(name.since, name.until),
    }


def filled(record: Record) -> dict[str, Any]:
    """Give a record as its form shows it."""
    data: dict[str, Any] = {
        "version": str(record.version),
        "restricted": record.restricted,
        "names": spare_names([_line(name) for name in spellings_of(record)]),
    }
    match facts_of(record):
        case PersonFacts() as person:
            plain = ("sex", "role", "living", "father_name", "mother_name", "birthplace", "origin")
            data |= {field: getattr(person, field) for field in plain}
            data["birth"] = typed(person.birth)
        case PlaceFacts() as place:
            data |= {"place_kind": place.kind, "place": str(place.parent_id or "")}
            data |= {"latitude": _tenth(place.latitude_tenths), "longitude": _tenth(place.longitude_tenths)}
            data["existed"] = spanned(place.since, place.until)
        case GraveFacts() as grave:
            data |= {"place": str(grave.place_id or "")}
            data |= {"existence": grave.existence, "condition": grave.condition}
        case BodyFacts() as body:
            data |= {"place": str(body.place_id or ""), "body_kind": body.kind.value if body.kind else ""}
            data["existed"] = spanned(body.since, body.until)
        case EventFacts() as event:
            data |= {"event_kind": event.kind, "place": str(event.place_id or "")}
            data["date"] = typed(event.date)
    return data


def _tenth(tenths: int | None) -> str:
    return "" if tenths is None else f"{tenths / 10:.1f}"
