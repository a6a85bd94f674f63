"""The questions that a source is asked; only something to tell is required."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from flask_wtf.file import FileField, MultipleFileField
from wtforms import BooleanField, HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.intake.asking import Prompt, catalogue
from portal.intake.journey import LINE, LONG, Field, Kind, Page
from portal.web.forms import PortalForm, SelectChoice, normal_lines
from portal.web.locale import lazy_gettext as _l

UNKNOWN = _l("Choose one of the answers, or leave it open.")


def _choice(label: Any, choices: Sequence[tuple[str, Any]], about: str = "") -> RadioField:
    """Return radios of which none is chosen beforehand and none has to be."""
    allowed = [value for value, _ in choices]
    return RadioField(
        label,
        description=about,
        choices=[SelectChoice(value, text) for value, text in choices],
        validate_choice=False,
        filters=[lambda value: value or ""],
        validators=[Optional(), AnyOf(allowed, message=UNKNOWN)],
    )


def _several(prompt: Prompt) -> SelectMultipleField:
    """Return boxes of which any number may be ticked; none is beforehand."""

    def known(_form: PortalForm, field: SelectMultipleField) -> None:
        if not set(field.data or ()) <= set(prompt.choices):
            raise ValidationError(str(UNKNOWN))

    return SelectMultipleField(
        prompt.ask,
        description=prompt.help,
        choices=[SelectChoice(value, text) for value, text in prompt.choices.items()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=False,
        validators=[known],
    )


def _field(asked: Field, prompt: Prompt) -> Any:
    """Return the form field of one question, in the words of the catalogue."""
    if asked.kind is Kind.MANY:
        return _several(prompt)
    if asked.kind is Kind.ONE:
        return _choice(prompt.ask, list(prompt.choices.items()), prompt.help)
    area = asked.kind in {Kind.TEXT, Kind.LONG}
    too_long = _l("This is longer than one page of ours can take. Send the rest as a file.")
    return (TextAreaField if area else StringField)(
        prompt.ask,
        description=prompt.help,
        filters=[_as_typed if asked.kind is Kind.LONG else _stripped],
        validators=[Length(max=asked.longest, message=too_long if area else None)],
    )


def _as_typed(text: str | None) -> str:
    return normal_lines(text or "")


def _stripped(text: str | None) -> str:
    return normal_lines(text or "").strip()


@cache
def form_of(page: Page, language: str) -> type[PortalForm]:
    """Return the form of a page of the journey, worded in a language."""
    prompts = catalogue(language).page(page.step).prompts
    fields = {one.name: _field(one, prompts[one.name]) for one in page.fields}
    made: type[PortalForm] = type(f"{page.step.title()}Form", (PortalForm,), fields)
    return made


def shown(page: Page, given: Mapping[str, str]) -> dict[str, Any]:
    """Return answers as a form takes them."""
    several = {one.name for one in page.fields if one.kind is Kind.MANY}
    return {name: value.split() if name in several else value for name, value in given.items()}


def answers_of(page: Page, form: PortalForm) -> dict[str, str]:
    """Return what a form of `form_of` brought, each answer as text; an unknown choice is none."""
    found = {}
    for one in page.fields:
        value = form[one.name].data
        if one.kind in {Kind.ONE, Kind.MANY}:
            said = [value] if isinstance(value, str) else value or []
            value = " ".join(choice for choice in said if choice in one.choices)
        found[one.name] = value or ""
    return found


class DocumentForm(PortalForm):
    """Files and what they are; drawn as a form, read by the upload parser."""

    caption = StringField(_l("What is it, and who made it, if you know?"), validators=[Length(max=LINE)])
    file = MultipleFileField(_l("Choose files"))


class NamesForm(PortalForm):
    """Many names, one a line."""

    names = TextAreaField(
        _l("One name a line"),
        filters=[_as_typed],
        validators=[
            DataRequired(_l("Write at least one name, or go back to the cards.")),
            Length(max=LONG, message=_l("This is longer than one page of ours can take. Send it as a file.")),
        ],
    )


class SheetForm(PortalForm):
    """A table of names; drawn as a form, read by the upload parser."""

    file = FileField(_l("Choose a table"))


class PressForm(PortalForm):
    """A button; it carries nothing but the token."""


class SendForm(PortalForm):
    """The last press; it carries nothing but the token."""

    action = HiddenField()


class WordsForm(PortalForm):
    """The nine words, typed."""

    words = TextAreaField(_l("Your nine words"), validators=[Length(max=LINE)])


class ReplyForm(PortalForm):
    """A message to the people who read."""

    text = TextAreaField(
        _l("Your message"),
        filters=[lambda text: normal_lines(text or "")],
        validators=[
            DataRequired(_l("Write something first, even one sentence.")),
            Length(max=20_000, message=_l("Please make it shorter, or send it in two messages.")),
        ],
    )


class AddedForm(PortalForm):
    """More words, or words that correct earlier ones."""

    text = TextAreaField(
        _l("What you want to add or correct"),
        filters=[_as_typed],
        validators=[
            DataRequired(_l("Write something first, even one sentence.")),
            Length(
                max=LONG,
                message=_l("This is longer than one page of ours can take. Send the rest as a file."),
            ),
        ],
    )


class AnswerForm(PortalForm):
    """The answer to one question; which button was pressed says it."""


class WithdrawForm(PortalForm):
    """The box that makes sure."""

    sure = BooleanField(
        _l("I know that nobody can bring it back, and I want it erased"),
        render_kw={"value": "yes"},
        validators=[
            DataRequired(_l("If you are sure, tick the box. If not, go back: nothing has changed.")),
        ],
    )
