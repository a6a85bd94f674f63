"""The questions that a source is asked; only something to tell is required."""

from collections.abc import Sequence
from typing import Any

from flask_wtf.file import FileField
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import AnyOf, DataRequired, Length, Optional

from portal.intake.journey import Relation
from portal.intake.models import Answer, Use
from portal.web.forms import PortalForm, normal_lines
from portal.web.locale import lazy_gettext as _l

LONG = 400_000
LINE = 500

RELATION_LABELS = {
    Relation.SURVIVOR: _l("I was in prison myself"),
    Relation.PARENT: _l("I am a parent of someone who was killed"),
    Relation.SPOUSE: _l("I am the wife or husband of someone who was killed"),
    Relation.SIBLING: _l("I am a sister or brother of someone who was killed"),
    Relation.CHILD: _l("I am a child of someone who was killed"),
    Relation.RELATIVE: _l("I am another relative"),
    Relation.CELLMATE: _l("I was a cellmate"),
    Relation.FRIEND: _l("I was a friend or comrade"),
    Relation.WITNESS: _l("I saw or heard something"),
    Relation.OFFICIAL: _l("I worked there, or served there"),
    Relation.HELPER: _l("I am writing for someone else"),
    Relation.OTHER: _l("Something else"),
}

ANSWER_LABELS = {Answer.YES: _l("Yes"), Answer.ASK: _l("Ask me first"), Answer.NO: _l("No")}

USE_LABELS = {
    Use.CONTACT: _l("May we write to you here, in your folder, when we have a question?"),
    Use.READ: _l("May the people who work here read your account?"),
    Use.LINK: _l("May they connect your account with the persons, prisons and graves it speaks of?"),
    Use.RESEARCH: _l("May researchers work with it, without any name or detail by which you could be found?"),
    Use.STATISTICS: _l("May it be counted in tables, where nobody can be recognised?"),
    Use.COURT: _l("May it be used before a court, if you are asked again at that time?"),
    Use.PUBLISH: _l("May parts of your words be published, without your name?"),
}


def _choice(label: Any, choices: Sequence[tuple[str, Any]]) -> RadioField:
    """Return radios of which none is chosen beforehand and none has to be."""
    allowed = [value for value, _ in choices]
    return RadioField(
        label,
        choices=[SelectChoice(value, text) for value, text in choices],
        validate_choice=False,
        filters=[lambda value: value or ""],
        validators=[Optional(), AnyOf(allowed, message=_l("Choose one of the answers, or leave it open."))],
    )


def _answer(label: Any) -> RadioField:
    return _choice(label, [(answer.value, text) for answer, text in ANSWER_LABELS.items()])


class AccountForm(PortalForm):
    """The account in the source's own words."""

    narrative = TextAreaField(
        _l("Your account"),
        filters=[lambda text: normal_lines(text or "")],
        validators=[
            DataRequired(_l("Write something first, even one sentence.")),
            Length(
                max=LONG,
                message=_l("This is longer than one page of ours can take. Send the rest as a file."),
            ),
        ],
    )


class YouForm(PortalForm):
    """Who the source is in the story."""

    relation = _choice(
        _l("Who are you in this story?"), [(one.value, text) for one, text in RELATION_LABELS.items()]
    )


class DocumentForm(PortalForm):
    """One file and what it is; drawn as a form, read by the upload parser."""

    caption = StringField(_l("What is it, and who made it, if you know?"), validators=[Length(max=LINE)])
    file = FileField(_l("The file"))


class PermissionsForm(PortalForm):
    """One decision for each use; a blank means *ask me first*."""

    contact = _answer(USE_LABELS[Use.CONTACT])
    read = _answer(USE_LABELS[Use.READ])
    link = _answer(USE_LABELS[Use.LINK])
    research = _answer(USE_LABELS[Use.RESEARCH])
    statistics = _answer(USE_LABELS[Use.STATISTICS])
    court = _answer(USE_LABELS[Use.COURT])
    publish = _answer(USE_LABELS[Use.PUBLISH])

    def answers(self) -> dict[str, str]:
        """Return use -> answer for what was answered."""
        return {use.value: self[use.value].data for use in Use if self[use.value].data}


class ReachingForm(PortalForm):
    """How the source wishes to be called and reached, and whether the receipt reopens the account."""

    called = StringField(
        _l("What may we call you?"),
        validators=[Length(max=LINE)],
        filters=[lambda text: (text or "").strip()],
    )
    contact = TextAreaField(
        _l("Another safe way to reach you, if you wish"),
        validators=[Length(max=4 * LINE)],
        filters=[lambda text: normal_lines(text or "").strip()],
    )
    reread = _choice(
        _l("When you come back with your nine words, should they also show what you sent?"),
        [
            (Answer.YES.value, _l("Yes, I want to be able to read it again")),
            (
                Answer.NO.value,
                _l("No, only messages and the outcome\nWhoever finds the words cannot read the account"),
            ),
        ],
    )


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


class WithdrawForm(PortalForm):
    """The word that makes sure."""

    sure = _choice(_l("Do you want to take everything back?"), [("yes", _l("Yes, take everything back"))])
