"""What a source's copy says in words: answers with their questions as asked, messages, permissions."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from portal.intake import answers, wordings
from portal.intake.asking import catalogue
from portal.intake.copying import ENDINGS
from portal.intake.day_words import in_words
from portal.intake.deciding import trusted_of
from portal.intake.file_forms import SORT_LABELS
from portal.intake.journey import Step
from portal.intake.media import Sort
from portal.intake.models import Answer, Consent, Receiver, Speaker, Use
from portal.intake.opening import Attached, Opened
from portal.intake.permission_forms import ANSWER_LABELS, label_of, wish_of
from portal.intake.questions import Asked
from portal.intake.sealing import PartKey
from portal.web.locale import day as day_in_words
from portal.web.locale import gettext as _
from portal.web.locale import language, number

Question = tuple[str, str, int]
"""How something was asked: the text, its language, its version."""


def named(files: Sequence[Attached], begin: str) -> list[tuple[str, Attached]]:
    """Name files in the archive: neutral, numbered, ending by what they are."""
    return [
        (f"{begin}-{place}{ENDINGS.get(one.content_type, '.bin')}", one) for place, one in enumerate(files, 1)
    ]


def sent_files(opened: Opened) -> list[Attached]:
    """Return what staff sent, in the order of the messages."""
    return [file for one in opened.messages for file in one.files]


def texts(opened: Opened) -> Iterator[str]:
    """Give the account, what was added, every answer with its question, and what was said of the files."""
    yield from _account(opened)
    fields = {**opened.fields, "reread": (Answer.YES if opened.rereadable else Answer.NO).value}
    if not opened.rereadable:
        return
    for identity in (False, True):
        for section in answers.sections(fields, catalogue(language()), identity=identity):
            yield from _section(section)
    for name, file in named(opened.files, "file"):
        yield from _file(name, file)


def _account(opened: Opened) -> Iterator[str]:
    for place, one in enumerate(opened.texts):
        yield from (day_in_words(one.day), "", one.text, "")
        if place == 0:
            yield from _asked([answers.question(opened.fields, Step.ACCOUNT, "narrative")])


def _section(section: answers.Section) -> Iterator[str]:
    yield section.title
    for card in section.cards:
        for said in card:
            yield f"{said.label} {said.value}"
            if said.days:
                yield _("read as: %(days)s", days=in_words(said.days))
        yield ""
    yield from _asked([(one.asked, one.language, one.version) for card in section.cards for one in card])


def _asked(questions: Sequence[Question]) -> Iterator[str]:
    for text, spoken, version in dict.fromkeys(questions):
        if text:
            yield _(
                "Asked in this wording (version %(version)s, %(language)s):",
                version=number(version),
                language=spoken,
            )
            yield from (text, "")


def _file(name: str, file: Attached) -> Iterator[str]:
    yield f"{name}: {file.name} {file.caption}".rstrip()
    if file.kind:
        yield f"{_('What it is')}: {SORT_LABELS[Sort(file.kind)]}"
    if file.maker:
        yield f"{_('Who made it')}: {file.maker}"
    if file.original:
        yield f"{_('Where the original is')}: {file.original}"
    yield ""


def messages(opened: Opened) -> Iterator[str]:
    """Give the conversation, with the names under which the files of staff lie in the archive."""
    names = {one.document.id: name for name, one in named(sent_files(opened), "message-file")}
    for one in opened.messages:
        speaker = _("You") if one.speaker is Speaker.SOURCE else _("The people who read")
        yield from (f"{speaker}, {day_in_words(one.day)}", one.text)
        yield from (f"{names[file.document.id]}: {file.name}" for file in one.files)
        yield ""


def permissions(
    opened: Opened, thread: PartKey, asked: Sequence[Asked], receivers: Sequence[Receiver]
) -> Iterator[str]:
    """Give every decision as it was made, its question word for word; then what was asked."""
    known: dict[UUID | None, Receiver] = {one.id: one for one in receivers}
    for one in sorted(opened.submission.consents, key=lambda row: row.number):
        if one.use is Use.DIED:
            died = _("It was written down that the person who sent this has died.")
            yield f"{day_in_words(one.day)}: {died}"
        else:
            question = wordings.text(one.use, one.language, one.wording, receiver=known.get(one.receiver_id))
            wish = one.use is Use.AFTER_DEATH
            said = wish_of(one.answer, one.years) if wish else ANSWER_LABELS[one.answer]
            yield f"{day_in_words(one.day)}: {question} {said}"
            yield from _besides(one, thread)
    for asking in asked:
        question = label_of(asking.use, asking.receiver_id, receivers)
        yield from ("", f"{day_in_words(asking.day)}: {question}", asking.reason)
        yield (
            _("Answered on %(day)s.", day=day_in_words(asking.answered))
            if asking.answered
            else _("It waits for your answer.")
        )


def _besides(one: Consent, thread: PartKey) -> Iterator[str]:
    """Give what went along with a decision: until when, for how many years, who decides."""
    if one.until:
        yield _("What you allow ends on %(day)s.", day=day_in_words(one.until))
    if one.years:
        yield _("It is closed to everybody for %(years)s years.", years=number(one.years))
    if trusted := trusted_of(one, thread):
        yield _("%(name)s decides.", name=trusted)
