"""Forms of what is said of a record: statements, relations, conclusions, exact positions, sources."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from wtforms import (
    BooleanField,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.registry.date_fields import SHORT, DateForm, SpanForm, spanned, typed
from portal.registry.history import cited
from portal.registry.labels import REVERSED, choices, choices_of, label, reversed_label
from portal.registry.models import Conclusion, Participation, Relation, Saying, Statement
from portal.registry.periods import Period
from portal.registry.positions import Exact
from portal.registry.records import Cite, Claim, Finding
from portal.registry.saying import Bond
from portal.registry.source_forms import LONG, ChangeForm, CitedForm
from portal.registry.vocabulary import (
    BETWEEN,
    CODED,
    COUNTED,
    PREDICATES,
    Basis,
    Certainty,
    Kind,
    Part,
    Predicate,
    RelationKind,
    may_relate,
)
from portal.web.forms import SelectChoice
from portal.web.locale import gettext as _
from portal.web.locale import latin_digits
from portal.web.locale import lazy_gettext as _l

_NOT_SAID = SelectChoice("", _l("Not said"))
_MOST = 10_000_000
_COUNT = [Optional(), NumberRange(0, _MOST, _l("Please write a whole number."))]


class _Boxes(SelectMultipleField):
    """Several choices as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class SayingForm(ChangeForm):
    """What is said under one predicate: words, a coded word, figures, a date."""

    predicate = SelectField(_l("What it is about"), choices=choices(Predicate), default=Predicate.NOTE.value)
    value_fa = TextAreaField(_l("In Persian"))
    value_en = TextAreaField(_l("In English"))
    word = SelectField(
        _l("In one word"),
        choices=[],
        default="",
        validate_choice=False,
        description=_l("Where the list has a word for it; choose one from the part that is about the same."),
    )
    low = IntegerField(
        _l("Lowest figure"), _COUNT, description=_l("Of a figure, an age, or how many lie in a grave.")
    )
    high = IntegerField(_l("Highest figure"), _COUNT, description=_l("Leave empty when it is the same."))
    date = FormField(DateForm, label=_l("Date"))
    restricted = BooleanField(_l("Show only to lead reviewers"))

    def about(self, kind: Kind, near: Period) -> None:
        """Set what can be said of this kind of record, and the date that words may lean on."""
        offered = PREDICATES[kind]
        current = self.predicate.data
        others = [word for word in Predicate if word.value == current and word not in offered]
        self.predicate.choices = choices_of([*offered, *others])
        self.word.choices = [
            SelectChoice("", _("None")),
            *(
                SelectChoice(f"{predicate.value}:{one.value}", label(one), optgroup=label(predicate))
                for predicate in offered
                if predicate in CODED
                for one in CODED[predicate]
            ),
        ]
        self.date.form.near = near

    def validate_value_en(self, field: TextAreaField) -> None:
        """Ask for something that is said: words in one language at least, a coded word, a figure."""
        born = self.predicate.data == Predicate.BIRTH.value and self.date.form.words.data
        if (
            not any(((field.data or "").strip(), (self.value_fa.data or "").strip(), self.word.data, born))
            and self.low.data is None
        ):
            raise ValidationError(_("Please write it in Persian, in English, or in both."))

    def validate_word(self, field: SelectField) -> None:
        """Refuse a word of something else."""
        predicate, _colon, word = (field.data or "").partition(":")
        known = {one.value for one in CODED.get(Predicate(self.predicate.data), ())}
        if word and (predicate != self.predicate.data or word not in known):
            raise ValidationError(_("This word belongs to something else than what it is about."))

    def validate_low(self, field: IntegerField) -> None:
        """Refuse figures where none belong."""
        if field.data is not None and Predicate(self.predicate.data) not in COUNTED:
            raise ValidationError(_("Only a figure, an age, or how many lie in a grave has figures."))

    def validate_high(self, field: IntegerField) -> None:
        """Refuse a highest figure that is lower than the lowest."""
        if field.data is not None and (self.low.data is None or field.data < self.low.data):
            raise ValidationError(_("The lowest figure comes first."))

    def said(self) -> dict[str, Any]:
        """Give what is said, by the names of `records.Said`."""
        low, high = self.low.data, self.high.data
        return {
            "value_fa": self.value_fa.data or "",
            "value_en": self.value_en.data or "",
            "word": (self.word.data or "").partition(":")[2] or None,
            "low": low,
            "high": low if high is None else high,
            "date": self.date.form.period(),
            "restricted": bool(self.restricted.data) if "restricted" in self else False,
        }


def said_again(row: Saying) -> dict[str, Any]:
    """Give what was said as a form shows it."""
    return {
        "predicate": row.predicate.value,
        "value_fa": row.value_fa,
        "value_en": row.value_en,
        "word": f"{row.predicate.value}:{row.word}" if row.word else "",
        "low": row.low,
        "high": row.high if row.high != row.low else None,
        "date": typed(row.when),
        "restricted": bool(row.restricted),
    }


class StatementForm(SayingForm, CitedForm):
    """One thing that a source says of a record."""

    basis = SelectField(
        _l("How the source knows"), choices=[_NOT_SAID, *choices(Basis)], default="", validate_choice=False
    )

    def claim(self, source_id: UUID | None, staying: Sequence[Cite] = ()) -> Claim:
        """Give the statement, resting on the source and on those that stay."""
        basis = self.basis.data
        return Claim(
            predicate=Predicate(self.predicate.data),
            cites=(*staying, *((self.cite(source_id),) if source_id else ())),
            basis=Basis(basis) if basis in set(Basis) else None,
            **self.said(),
        )


def stated(statement: Statement) -> dict[str, Any]:
    """Give a statement as the form that corrects it shows it."""
    return {
        **said_again(statement),
        "basis": statement.basis.value if statement.basis else "",
        "cites": [str(one.id) for one in statement.citations],
    }


class RestateForm(StatementForm):
    """A statement, corrected: what it rested on stays as it is ticked, and another source may come."""

    cites = _Boxes(_l("It rests on"))
    none_chosen = _l("No other source, or one that is written below")

    def rested(self, statement: Statement) -> None:
        """Set the citations that it has."""
        self.cites.choices = [
            SelectChoice(str(one.id), cited(one.source, one.locator)) for one in statement.citations
        ]

    def validate_source(self, field: SelectField) -> None:
        """Ask for a source, unless one of those that it had stays."""
        if not self.cites.data:
            super().validate_source(field)

    def staying(self, statement: Statement) -> list[Cite]:
        """Give the citations that stay."""
        return [
            Cite(one.source_id, one.locator)
            for one in statement.citations
            if str(one.id) in set(self.cites.data or ())
        ]


_BACK = "~"


def _may_back(word: StrEnum, kind: Kind, other: Kind) -> bool:
    """Tell whether a relation can stand from the other record to this one."""
    return isinstance(word, RelationKind) and may_relate(word, other, kind)


class TieForm(CitedForm):
    """A relation to another record, or who had a part in this event: as what, from when to when."""

    word = SelectField(_l("What it is to the other"))
    other = RadioField(_l("Which record"), validate_choice=True)
    post = StringField(
        _l("As what"), [SHORT], description=_l("The role of a member, the post of somebody who worked there.")
    )
    lasted = FormField(SpanForm, label=_l("From when to when"))
    restricted = BooleanField(_l("Show only to lead reviewers"))

    asked: tuple[Kind, Mapping[str, Kind]] = (Kind.PERSON, MappingProxyType({}))
    """What kind of record is related, and of what kind each is that can be chosen."""

    @property
    def backward(self) -> bool:
        """Tell whether the word was chosen as it reads from the other record: child of, subordinate of."""
        return (self.word.data or "").startswith(_BACK)

    def chosen(self) -> RelationKind | Part:
        """Give the chosen word: of a relation, or of a part in an event."""
        word = self.word.data.removeprefix(_BACK)
        return Part(word) if word in {one.value for one in Part} else RelationKind(word)

    def ask(self, kind: Kind, others: Sequence[tuple[UUID, Kind, str]]) -> None:
        """Set the records that can be chosen, and the words that can be said of any of them."""
        kinds = {other for _key, other, _name in others}
        forward = [word for word in RelationKind if any(may_relate(word, kind, one) for one in kinds)]
        backward = [word for word in REVERSED if any(_may_back(word, kind, one) for one in kinds)]
        self.word.choices = [
            *choices_of([*(Part if kind is Kind.EVENT else ()), *forward]),
            *(SelectChoice(f"{_BACK}{word.value}", reversed_label(word)) for word in backward),
        ]
        self.other.choices = [SelectChoice(str(key), name) for key, _kind, name in others]
        self.asked = kind, {str(key): other for key, other, _name in others}

    def validate_word(self, field: SelectField) -> None:
        """Refuse a word that cannot be said of the chosen record."""
        kind, kinds = self.asked
        other = kinds.get(self.other.data or "") if "other" in self else None
        word = self.chosen() if field.data else None
        if other is None or not isinstance(word, RelationKind):
            return
        fits = _may_back(word, kind, other) if self.backward else may_relate(word, kind, other)
        if not fits:
            raise ValidationError(_("That cannot be said of these two records."))

    def words_of(self, tie: Relation | Participation, kind: Kind) -> None:
        """Offer the words that are of the same sort as the tie, and ask for no other record."""
        relations = [word for word, (left, _right) in BETWEEN.items() if kind in left]
        self.word.choices = choices_of([*Part] if isinstance(tie, Participation) else relations)
        del self.other

    def bond(self, kept: tuple[Period, Period] | None = None) -> Bond:
        """Give as what, from when and until when."""
        since, until = self.lasted.form.span(kept) if kept else self.lasted.form.span()
        hidden = bool(self.restricted.data) if "restricted" in self else False
        return Bond((self.post.data or "").strip(), since, until, hidden)


def tied(tie: Relation | Participation) -> dict[str, Any]:
    """Give a relation or a part as its form shows it."""
    data = {"source": str(tie.source_id), "locator": tie.locator, "restricted": bool(tie.restricted)}
    if isinstance(tie, Participation):
        return {**data, "word": tie.role.value}
    lasted = spanned(tie.since, tie.until)
    return {**data, "word": tie.kind.value, "post": tie.post or "", "lasted": lasted}


class ConclusionForm(SayingForm):
    """What reviewers conclude, why, and on which statements it rests."""

    certainty = SelectField(_l("How sure"), choices=choices(Certainty), default=Certainty.LIKELY.value)
    grounds = _Boxes(_l("It rests on these statements"))
    note = TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Please say why, in a few words. It is kept with the history.")), LONG],
        description=_l("Why these statements are believed, and others are not. It is signed with your name."),
    )

    def rest(self, statements: Sequence[tuple[UUID, str]]) -> None:
        """Set the statements that it can rest on."""
        self.grounds.choices = [SelectChoice(str(key), text) for key, text in statements]

    def validate_grounds(self, field: _Boxes) -> None:
        """Ask for one at least: a conclusion rests on what sources say."""
        if not field.data:
            raise ValidationError(_("Please tick what it rests on."))

    def finding(self) -> Finding:
        """Give the conclusion."""
        return Finding(
            Predicate(self.predicate.data),
            (self.note.data or "").strip(),
            tuple(UUID(one) for one in self.grounds.data or ()),
            certainty=Certainty(self.certainty.data),
            **self.said(),
        )


def concluded(row: Conclusion, there: Collection[UUID]) -> dict[str, Any]:
    """Give a conclusion as the form of the one that replaces it shows it."""
    return {
        **said_again(row),
        "certainty": row.certainty.value if row.certainty else Certainty.LIKELY.value,
        "grounds": [str(one.statement_id) for one in row.grounds if one.statement_id in there],
    }


class PositionForm(ChangeForm):
    """Where exactly something is; sealed as soon as it is sent."""

    latitude = StringField(
        _l("Degrees north"), description=_l("As exactly as it is known, such as 35.65432.")
    )
    longitude = StringField(_l("Degrees east"), description=_l("Such as 51.48123."))
    accuracy = IntegerField(
        _l("Known to how many metres"),
        [Optional(), NumberRange(1, 100_000, _l("Please write a whole number."))],
    )
    words = StringField(
        _l("How to find it"),
        [LONG],
        description=_l("For example: third row from the wall, beside the gate."),
    )

    def validate_latitude(self, field: StringField) -> None:
        """Ask for a latitude."""
        _degrees(field.data, 90)

    def validate_longitude(self, field: StringField) -> None:
        """Ask for a longitude."""
        _degrees(field.data, 180)

    def exact(self) -> Exact:
        """Give the position."""
        return Exact(
            _degrees(self.latitude.data, 90),
            _degrees(self.longitude.data, 180),
            self.accuracy.data,
            (self.words.data or "").strip(),
        )


def _degrees(text: str | None, most: int) -> float:
    plain = latin_digits(text or "").strip().replace("٫", ".")
    try:
        degrees = float(plain)
    except ValueError:
        degrees = most + 1.0
    if not -most <= degrees <= most:
        raise ValidationError(_("Please write degrees, such as 35.65432."))
    return degrees


class RetractForm(ChangeForm):
    """Taking a statement, a relation, a conclusion or a position off a record."""
