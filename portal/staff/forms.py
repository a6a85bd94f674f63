"""Forms of the staff pages; what is right and wrong with their secrets is decided by the service."""

from collections.abc import Iterable
from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import AnyOf, InputRequired, Length, StopValidation
from wtforms.widgets import CheckboxInput

from portal.permissions import USUAL, Group, Role
from portal.staff.labels import DUTIES, GROUPS, ROLES
from portal.staff.names import LONGEST
from portal.web.forms import PortalForm
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l

_LONGEST_PASSPHRASE = 400
_LONGEST_CODE = 20
_LONGEST_ANSWER = 20_000


def _at_most(length: int) -> Length:
    return Length(max=length, message=_l("This is too long."))


class AnswerField(HiddenField):
    """What a security key answered, put in by a script; it is never sent back."""

    def _value(self) -> str:
        return ""


def _unless_answered(form: Any, field: StringField) -> None:
    """Let a security key's answer take the place of what else would have to be typed."""
    if typed(form.answer):
        field.errors = []
        raise StopValidation


class SignInForm(PortalForm):
    """Name, passphrase and one-time code, asked together so that no answer tells which was wrong."""

    name = StringField(_l("Name"), [InputRequired(_l("Enter your name.")), _at_most(LONGEST)])
    passphrase = PasswordField(
        _l("Passphrase"), [InputRequired(_l("Enter your passphrase.")), _at_most(_LONGEST_PASSPHRASE)]
    )
    code = StringField(
        _l("One-time code"),
        [
            _unless_answered,
            InputRequired(_l("Enter the code that your app shows now.")),
            _at_most(_LONGEST_CODE),
        ],
        description=_l("Six figures, from your authenticator app."),
    )
    answer = AnswerField(validators=[_at_most(_LONGEST_ANSWER)])


class JoinForm(PortalForm):
    """The two things that a colleague handed over."""

    name = StringField(
        _l("Name"), [InputRequired(_l("Enter the name you were invited under.")), _at_most(LONGEST)]
    )
    words = StringField(
        _l("Words of the invitation"),
        [InputRequired(_l("Enter the words you were given.")), _at_most(_LONGEST_PASSPHRASE)],
        description=_l("Six words. Capitals and extra spaces do not matter."),
    )


class ChoiceForm(PortalForm):
    """A new passphrase, drawn or one's own, typed so that it is known to be kept."""

    passphrase = PasswordField(
        _l("Your new passphrase"),
        [InputRequired(_l("Enter the new passphrase.")), _at_most(_LONGEST_PASSPHRASE)],
    )
    again = PasswordField(
        _l("The same once more"),
        [InputRequired(_l("Enter the new passphrase once more.")), _at_most(_LONGEST_PASSPHRASE)],
    )
    code = StringField(
        _l("One-time code"),
        [InputRequired(_l("Enter the code that your app shows now.")), _at_most(_LONGEST_CODE)],
        description=_l("Six figures, from your authenticator app."),
    )

    def for_words(self) -> None:
        """Ask for drawn words once, in sight: they are compared with those on the page."""
        del self.again
        self.passphrase.label.text = _l("The seven words, from your paper")

    def agree(self) -> bool:
        """Tell whether one's own passphrase was typed twice alike; say so beside the field if not."""
        if "again" not in self or typed(self.passphrase) == typed(self.again):
            return True
        self.again.errors = [_("The two are not the same. Type both once more.")]
        return False


class KeysForm(ChoiceForm):
    """Proof that the first passphrase was kept and the app is set up."""


class ChangeForm(ChoiceForm):
    """A new passphrase for the present one."""

    present = PasswordField(
        _l("Your present passphrase"),
        [InputRequired(_l("Enter your passphrase.")), _at_most(_LONGEST_PASSPHRASE)],
    )


class ProofForm(PortalForm):
    """The passphrase once more, before what cannot be undone; or a security key's answer."""

    passphrase = PasswordField(
        _l("Passphrase"),
        [_unless_answered, InputRequired(_l("Enter your passphrase.")), _at_most(_LONGEST_PASSPHRASE)],
    )
    answer = AnswerField(validators=[_at_most(_LONGEST_ANSWER)])


class PassphraseForm(PortalForm):
    """The passphrase, which a change of what opens one's keys takes."""

    passphrase = PasswordField(
        _l("Passphrase"), [InputRequired(_l("Enter your passphrase.")), _at_most(_LONGEST_PASSPHRASE)]
    )


class AddKeyForm(PassphraseForm):
    """What a new security key is called, and what it answered."""

    name = StringField(
        _l("What you call it"),
        [InputRequired(_l("Give it a name.")), _at_most(LONGEST)],
        description=_l("So that you tell it from the other one, such as “the blue one”."),
    )
    answer = AnswerField(
        validators=[
            InputRequired(_l("The security key has not answered. This page needs scripts for it.")),
            _at_most(_LONGEST_ANSWER),
        ]
    )


class InviteForm(PortalForm):
    """Whom to invite, and what for."""

    name = StringField(
        _l("Pseudonym"),
        [InputRequired(_l("Enter a pseudonym.")), _at_most(LONGEST)],
        description=_l("The name this person works under. Never their own name."),
    )
    role = RadioField(_l("Role"), [InputRequired(_l("Choose a role."))])
    more = SelectMultipleField(
        _l("Closed circles as well"),
        option_widget=CheckboxInput(),
        description=_l(
            "The usual keys of the role are proposed in any case. Legal cases are for leads only."
        ),
    )
    before = BooleanField(_l("Their keys may open what was there before, too"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [(role.value, f"{ROLES[role]}\n{DUTIES[role]}") for role in Role]
        self.more.choices = [(group.value, GROUPS[group]) for group in (Group.CASES, Group.LEGAL)]

    def groups(self) -> frozenset[Group]:
        """Return the groups that are to be proposed for whoever joins."""
        return USUAL[Role(self.role.data)] | {Group(one) for one in self.more.data or ()}


class GroupForm(PortalForm):
    """Which group is meant; whom it is about is in the address."""

    group = HiddenField(validators=[AnyOf([group.value for group in Group])])


class GrantForm(GroupForm):
    """Which key to hand on, the mark that was compared, and how far back."""

    mark = HiddenField(validators=[InputRequired()])
    before = BooleanField(_l("and what was there before"))


class ProposeForm(PortalForm):
    """Which key a person may be handed."""

    group = SelectField(_l("Key"))
    before = BooleanField(_l("Earlier keys too: what was there before"))


class RoleForm(PortalForm):
    """Which role a person is to have."""

    role = RadioField(_l("Role"), [InputRequired(_l("Choose a role."))])

    def __init__(self, *args: Any, offered: Iterable[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [(role.value, f"{ROLES[role]}\n{DUTIES[role]}") for role in offered]


class ConfirmForm(PortalForm):
    """A decision that has nothing to fill in."""


def typed(field: StringField) -> str:
    """Return a field's text; nothing typed is the empty text."""
    return field.data or ""
