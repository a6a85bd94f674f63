"""The questions about permissions: one subject a page, one decision for each use, none chosen beforehand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from babel.support import LazyProxy
from wtforms import RadioField, StringField
from wtforms.validators import AnyOf, Length, Optional, ValidationError

from portal.intake import consent, wordings
from portal.intake.answers import days
from portal.intake.day_words import OPEN
from portal.intake.deciding import TRUSTED, UNTIL, YEARS, Aim
from portal.intake.journey import Step
from portal.intake.models import Answer, Consent, Receiver, Use
from portal.web import edge
from portal.web.forms import PortalForm, SelectChoice
from portal.web.locale import day as day_in_words
from portal.web.locale import gettext as _
from portal.web.locale import language, latin_digits, number
from portal.web.locale import lazy_gettext as _l

PRIVATE = "private"
"""The button that answers no to everything, for now."""

_LINE = 200

ANSWER_LABELS = {
    Answer.YES.value: _l("Yes"),
    Answer.ASK.value: _l("Ask me first"),
    Answer.NO.value: _l("No"),
}

ANSWER_SENTENCES = {
    Answer.YES: _l("You allow this:"),
    Answer.ASK: _l("Before this, we ask you, and nothing happens until you say yes:"),
    Answer.NO: _l("You do not allow this:"),
}

USE_PHRASES = {
    Use.CONTACT: _l("We write into your folder when we have a question."),
    Use.READ: _l("The people who work here read your account."),
    Use.LINK: _l("They connect it with the persons, prisons and graves it speaks of."),
    Use.RESEARCH: _l("Researchers work with it, without any name or detail by which you could be found."),
    Use.STATISTICS: _l("It is counted in tables where nobody can be recognised."),
    Use.COURT: _l("It is used in a court case, without your name."),
    Use.COURT_NAMED: _l("It is used in a court case, with your name."),
    Use.PUBLISH: _l("Parts of your words are published, without your name."),
    Use.PUBLISH_NAME: _l("Your name is published beside your words."),
    Use.PUBLISH_PHOTO: _l("Pictures that you sent are published."),
    Use.PUBLISH_VOICE: _l("Your voice is published."),
}

AFTER_DEATH_LABELS = {
    Answer.YES.value: _l("What I allowed stays allowed"),
    YEARS: _l("It is closed to everybody for some years, then what I allowed holds again"),
    Answer.NO.value: _l("It is closed to everybody for good"),
    Answer.ASK.value: _l(
        "A person I trust decides\nGive them your nine words: with these, they can answer here"
    ),
}
"""What may follow a death, by what the form sends; closed for some years is a no with their number."""


def wish_of(answer: Answer, years: int | None) -> str:
    """Return what was wished for after a death, in words."""
    chosen = YEARS if answer is Answer.NO and years else answer.value
    return str(AFTER_DEATH_LABELS[chosen]).partition("\n")[0]


Group = tuple[Any, tuple[Use, ...]]

PAGES: Mapping[Step, tuple[Group, ...]] = {
    Step.PERMISSIONS: (
        (_l("Here, with us"), (Use.CONTACT, Use.READ, Use.LINK)),
        (_l("Without anything by which you could be found"), (Use.RESEARCH, Use.STATISTICS)),
    ),
    Step.SHARING: (
        (_l("Handing it to others"), (Use.SHARE,)),
        (_l("In court"), (Use.COURT, Use.COURT_NAMED)),
    ),
    Step.PUBLIC: ((_l("In public"), (Use.PUBLISH, Use.PUBLISH_NAME, Use.PUBLISH_PHOTO, Use.PUBLISH_VOICE)),),
    Step.LASTING: (),
}
"""One subject a page: its headings, each with what is asked below it; the last is about all of them.

SHARE stands for one row for each body on the list of receivers.
"""

PAGE_LABELS = {
    Step.PERMISSIONS: _l("Here, and for research"),
    Step.SHARING: _l("Handing on, and court"),
    Step.PUBLIC: _l("In public"),
    Step.LASTING: _l("How long it holds"),
}


def _wording(use: Use) -> str:
    return wordings.text(use, language())


USE_LABELS: Mapping[Use, Any] = {use: LazyProxy(_wording, use, enable_cache=False) for use in consent.ORDER}


def label_of(use: Use, receiver_id: UUID | None, receivers: Iterable[Receiver]) -> Any:
    """Return the question about a use, or about one body, in the reader's language."""
    one = next((one for one in receivers if one.id == receiver_id), None)
    return USE_LABELS[use] if one is None else wordings.text(Use.SHARE, language(), receiver=one)


def _radios(use: Use, labels: Mapping[str, Any], receiver: Receiver | None = None) -> RadioField:
    return RadioField(
        USE_LABELS[use] if receiver is None else wordings.text(use, language(), receiver=receiver),
        description="" if receiver is None else wordings.described(receiver, language()),
        choices=[SelectChoice(answer, text) for answer, text in labels.items()],
        validate_choice=False,
        filters=[lambda value: value or ""],
        validators=[
            Optional(),
            AnyOf(list(labels), message=_l("Choose one of the answers, or leave it open.")),
        ],
    )


def _last_day(words: str) -> date | None:
    """Read the last day that a date in words may mean, in any calendar."""
    last = days(words).partition("/")[2]
    return date.fromisoformat(last) if last and last != OPEN else None


class PermissionsForm(PortalForm):
    """One page of decisions; a blank means *ask me first*. Fields are named like uses (`form_of`)."""

    groups: ClassVar[tuple[tuple[Any, tuple[str, ...]], ...]] = ()

    def rows(self) -> list[tuple[Any, list[RadioField]]]:
        """Return the page's part of the matrix: headings, each with its questions."""
        return [(heading, [self[name] for name in names]) for heading, names in self.groups]

    @property
    def names(self) -> tuple[str, ...]:
        """Return what this page decides about, by the names under which answers are kept."""
        return tuple(name for _heading, names in self.groups for name in names)

    def answers(self) -> dict[str, str]:
        """Return use -> answer for what was answered, and what goes along (`deciding.read_answers`)."""
        given = {name: self[name].data for name in self.names if consent.named(name)}
        return {name: answer for name, answer in given.items() if answer in set(Answer)}


class LastingForm(PermissionsForm):
    """Until when a yes holds, and what follows a death; both may stay open."""

    until = StringField(_l("Until when shall your “yes” hold?"), validators=[Length(max=_LINE)])
    years = StringField(_l("For how many years after your death?"), validators=[Length(max=_LINE)])
    trusted = StringField(
        _l("Who is the person you trust, if you wish to name them?"),
        validators=[Length(max=_LINE)],
        filters=[lambda text: (text or "").strip()],
    )

    def validate_until(self, field: StringField) -> None:
        """Refuse what is no day to come; an empty field means without an end."""
        text = (field.data or "").strip()
        last = _last_day(text) if text else None
        if text and (last is None or last <= edge.today()):
            raise ValidationError(
                _("Write a day, a month or a year that is still to come, or leave it empty.")
            )

    def validate_years(self, field: StringField) -> None:
        """Refuse what is no number of years, where it is closed for some."""
        text = latin_digits((field.data or "").strip())
        if not text and self._wish == YEARS:
            raise ValidationError(_("Write for how many years, or choose another answer."))
        good = not text or (text.isdecimal() and 0 < int(text) <= consent.MOST_YEARS)
        if not good and self._wish in {YEARS, ""}:
            raise ValidationError(_("Write a number of years, or leave it empty."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask also what goes with a number or a name for which nothing was chosen: it would mean nothing."""
        good = bool(super().validate(extra_validators))
        if self._wish or not (self.years.data or self.trusted.data):
            return good
        self[Use.AFTER_DEATH.value].errors = [_("Choose also the answer to which it belongs.")]
        return False

    @property
    def _wish(self) -> str:
        """Return which answer about the time after a death was chosen, if any."""
        return str(self[Use.AFTER_DEATH.value].data or "")

    @property
    def names(self) -> tuple[str, ...]:
        """Return the wish for after a death, and what goes along."""
        return (Use.AFTER_DEATH.value, UNTIL, YEARS, TRUSTED)

    def answers(self) -> dict[str, str]:
        """Return the wish, and days and figures as `deciding.read_answers` reads them."""
        found = super().answers()
        last = _last_day((self.until.data or "").strip())
        years = latin_digits((self.years.data or "").strip())
        if last is not None:
            found[UNTIL] = last.isoformat()
        if self._wish == YEARS:
            found[Use.AFTER_DEATH.value] = Answer.NO.value
        if years.isdecimal() and self._wish in {YEARS, ""}:
            found[YEARS] = str(int(years))
        if self.trusted.data and self._wish in {Answer.ASK.value, ""}:
            found[TRUSTED] = self.trusted.data
        return found


setattr(LastingForm, Use.AFTER_DEATH.value, _radios(Use.AFTER_DEATH, AFTER_DEATH_LABELS))


def form_of(
    step: Step, receivers: Sequence[Receiver] = (), *, further: bool = False
) -> type[PermissionsForm]:
    """Return the form of one page; each body has a row, and ``further`` ones have a page to themselves."""
    if step is Step.LASTING:
        return LastingForm
    groups: list[tuple[Any, tuple[str, ...]]] = []
    fields: dict[str, RadioField] = {}
    for heading, uses in PAGES[step]:
        if further and Use.SHARE not in uses:
            continue
        rows = dict(_row(use, one) for use in uses for one in (receivers if use is Use.SHARE else (None,)))
        groups.append((heading, tuple(rows)))
        fields |= rows
    return type("PageForm", (PermissionsForm,), {"groups": tuple(groups), **fields})


def _row(use: Use, receiver: Receiver | None) -> tuple[str, RadioField]:
    name = consent.name_of(use, receiver.id if receiver is not None else None)
    return name, _radios(use, ANSWER_LABELS, receiver)


def refusing(receivers: Sequence[Receiver]) -> dict[str, str]:
    """Return a no to everything, for now; a body that comes onto the list later asks first."""
    bodies = [consent.name_of(Use.SHARE, one.id) for one in receivers]
    return dict.fromkeys([*(use.value for use in consent.MATRIX), *bodies], Answer.NO.value)


def shown(answers: Mapping[str, str]) -> dict[str, str]:
    """Return kept answers as the form shows them: days and figures as their reader writes them."""
    found = dict(answers)
    if found.get(YEARS) and found.get(Use.AFTER_DEATH.value) == Answer.NO:
        found[Use.AFTER_DEATH.value] = YEARS
    if found.get(UNTIL):
        found[UNTIL] = day_in_words(date.fromisoformat(found[UNTIL]))
    if found.get(YEARS):
        found[YEARS] = number(found[YEARS])
    return found


def held(decisions: Mapping[Aim, Consent], trusted: str, *, on: date) -> dict[str, str]:
    """Return what was decided as answers of the form; what ended, or was never answered, is open."""
    found, ends = {}, set()
    for (use, receiver), row in decisions.items():
        if use in consent.MATRIX or use is Use.SHARE:
            answer = consent.current(decisions.values(), on=on, receiver=receiver)[use]
            found[consent.name_of(use, receiver)] = answer.value
            ends |= {row.until} if answer is Answer.YES else set()
    last = max((one for one in ends if one is not None), default=None)
    if last is not None and None not in ends:
        found[UNTIL] = last.isoformat()
    wish = decisions.get((Use.AFTER_DEATH, None))
    if wish is not None:
        found[Use.AFTER_DEATH.value] = wish.answer.value
        found |= {YEARS: str(wish.years)} if wish.years else {}
        found |= {TRUSTED: trusted} if trusted else {}
    return found


def changes(held: Mapping[str, str], given: Mapping[str, str], step: Step) -> dict[str, str]:
    """Return what a page of the folder changes of what holds: what was not touched is no new decision.

    A new yes ends when those before it do; another last day is a new yes to all that is allowed.
    """
    if step is not Step.LASTING:
        found = {name: answer for name, answer in given.items() if held.get(name) != answer}
        return {**found, UNTIL: held[UNTIL]} if found and held.get(UNTIL) else found
    found = {name: given[name] for name in (Use.AFTER_DEATH.value, YEARS, TRUSTED) if given.get(name)}
    if given.get(UNTIL) == held.get(UNTIL):
        return found
    allowed = [name for name, answer in held.items() if _is_yes(name, answer)]
    end = {UNTIL: given[UNTIL]} if given.get(UNTIL) else {}
    return {**found, **dict.fromkeys(allowed, Answer.YES.value), **end}


def _is_yes(name: str, answer: str) -> bool:
    return answer == Answer.YES and name != Use.AFTER_DEATH and consent.named(name) is not None


def _phrases(answers: Mapping[str, str], receivers: Sequence[Receiver]) -> Iterator[tuple[Answer, Any]]:
    """Give what is answered as statements, in the order of the pages; bodies of one answer share one."""
    for use in (use for groups in PAGES.values() for _heading, uses in groups for use in uses):
        if use is not Use.SHARE:
            yield Answer(answers.get(use.value) or Answer.ASK), USE_PHRASES[use]
            continue
        for answer in Answer:
            bodies = [
                wordings.called(one, language())
                for one in receivers
                if (answers.get(consent.name_of(use, one.id)) or Answer.ASK) == answer
            ]
            if bodies:
                yield answer, _handed(answer, bodies)


_NAMED = 5


def _handed(answer: Answer, bodies: Sequence[str]) -> str:
    """Name the bodies of one answer; of many that nothing is handed to, their number tells as much."""
    if answer is not Answer.YES and len(bodies) > _NAMED:
        return _("It is handed to any of %(count)s bodies on the list.", count=number(len(bodies)))
    *first, last = bodies
    names = _(" and ").join([_(", ").join(first), last]) if first else last
    return _("It is handed to %(name)s.", name=names)


def restated(answers: Mapping[str, str], receivers: Sequence[Receiver]) -> list[tuple[Any, list[Any]]]:
    """Restate answers as sentences: what is allowed, what is asked first, what is not; then the rest."""
    said: dict[Answer, list[Any]] = {answer: [] for answer in Answer}
    for answer, phrase in _phrases(answers, receivers):
        said[answer].append(phrase)
    found = [(ANSWER_SENTENCES[answer], uses) for answer, uses in said.items() if uses]
    if answers.get(UNTIL) and said[Answer.YES]:
        until = day_in_words(date.fromisoformat(answers[UNTIL]))
        ends = _("What you allow holds until %(day)s, and then you are asked anew.", day=until)
        found.append((_("Until when:"), [ends]))
    if answers.get(Use.AFTER_DEATH) or said[Answer.YES]:
        found.append((_("After your death:"), [_after_death(answers)]))
    others = _("What you allow, you allow for yourself: your yes does not cover people whom you name.")
    return [*found, (_("Never covered:"), [others])] if said[Answer.YES] else found


def _after_death(answers: Mapping[str, str]) -> str:
    wish = Answer(answers.get(Use.AFTER_DEATH) or Answer.YES)
    if wish is Answer.NO and answers.get(YEARS):
        return _("It is closed to everybody for %(years)s years.", years=number(answers[YEARS]))
    if wish is Answer.NO:
        return _("It is closed to everybody, for good.")
    if wish is Answer.ASK and answers.get(TRUSTED):
        return _("%(name)s decides.", name=f"\u2068{answers[TRUSTED]}\u2069")  # keeps its own direction
    return _("What you allowed stays allowed.") if wish is Answer.YES else _("A person you trust decides.")
