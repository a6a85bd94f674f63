"""A source's copy has every question of the catalogue as it was asked, each answer, file and decision."""

import io
import zipfile
from uuid import UUID, uuid4

import pytest
from builders import EVERYTHING, Instance, a_draft
from cases import PICTURE, at_desk
from visits import Source

from portal.casework import asking, service, writing
from portal.intake import answers
from portal.intake import service as intake
from portal.intake.asking import catalogue
from portal.intake.documents import draft_file, receiving
from portal.intake.drafts import Draft
from portal.intake.journey import ASKED, Field, Kind, Page
from portal.intake.models import Compartment, Use
from portal.intake.sealing import PartKey
from portal.store.files import new_name
from portal.vault import receipt as receipts
from portal.vault.receipt import Receipt

WISHES = {**EVERYTHING, "link": "ask", "until": "2031-03-04", "after-death": "ask", "trusted": "Parvaneh"}


def answer(page: Page, field: Field) -> str:
    """Something that is like no other answer; a day, or the last of the choices."""
    if field.choices:
        return field.choices[-1] if field.kind is Kind.ONE else " ".join(field.choices)
    return "Mordad 1367" if field.kind is Kind.DATE else f"words-{page.step}-{field.name}"


def everything(draft: Draft, language: str) -> None:
    """Answer every question of the journey."""
    for page in ASKED:
        given = {one.name: answer(page, one) for one in page.fields}
        answers.shown_as(draft, page, catalogue(language), list(given))
        if page.own:
            for name, value in given.items():
                setattr(draft, name, "yes" if name == "reread" else value)
        else:
            draft.answers[page.step] = [given]


def a_file(instance: Instance, part: PartKey, name: str, **more: str) -> intake.DraftFile:
    document_id, stored = uuid4(), new_name()
    with receiving(instance.files, part, document_id, stored) as coming:
        coming.write(PICTURE)
    file = draft_file(coming, document_id=document_id, stored_name=stored, name=name, caption="a-caption")
    return intake.DraftFile(**{**vars(file), **more})


def sent(instance: Instance, language: str) -> tuple[UUID, list[str]]:
    """Send an account in which nothing was left open; returns its id and the nine words."""
    draft = a_draft()
    everything(draft, language)
    draft.consent = dict(WISHES)
    more = {"kind": "letter", "maker": "the-maker", "original": "the-original"}
    draft.files.append(a_file(instance, draft.part(Compartment.CONTENT), "own.png", **more))
    receipt = Receipt(draft.receipt)
    keys = receipts.keys_of(receipt, instance.keys.receipt_salt)
    day = instance.clock().date()
    with instance.database.session(write=True) as session:
        intake.submit(session, draft=draft, keys=instance.keys, receipt=keys, language=language, day=day)
    return draft.submission_id, receipt.words("en")


def written_to(instance: Instance, case_id: UUID) -> None:
    """A question about a use, its answer in the folder to come, and a message with a file."""
    now = instance.clock()
    with at_desk(instance) as (session, by):
        service.claim(session, by=by, case_id=case_id, now=now)
        _case, thread = writing.to_source(session, by=by, case_id=case_id)
        file = a_file(instance, thread, "theirs.png")
        writing.message(session, by=by, case_id=case_id, text="the-message", file=file, now=now)
    with at_desk(instance, "maple") as (session, by):
        wish = asking.ask_leave(session, by=by, case_id=case_id, reason="Again.", now=now)
    with at_desk(instance, "birch") as (session, by):
        asking.agree(session, by=by, case_id=case_id, leave_id=wish, now=now)
    with at_desk(instance) as (session, by):
        asking.ask(session, by=by, case_id=case_id, use=Use.LINK, reason="the-reason", now=now)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_field_of_the_catalogue_is_in_the_copy(sqlite_instance: Instance, language: str) -> None:
    case_id, words = sent(sqlite_instance, language)
    written_to(sqlite_instance, case_id)
    source = Source(sqlite_instance, language)
    source.come_back(" ".join(words))
    source.change(**{"publish": "no", "after-death": "years", "years": "20"})
    archive = source.client.get(f"/{language}/folder/copy/all.zip", buffered=True).get_data()
    with zipfile.ZipFile(io.BytesIO(archive)) as made:
        every = {name: made.read(name) for name in made.namelist()}
    text, told, allowed = (
        every[name].decode("utf-8-sig").replace("\r\n", "\n")
        for name in ("1-text.txt", "2-messages.txt", "3-permissions.txt")
    )
    for page in ASKED:
        for one in page.fields:
            shown, given = catalogue(language).shown(page.step, one), answer(page, one)
            assert str(shown["text"]) in text, (page.step, one.name)
            choices = catalogue(language).page(page.step).prompts[one.name].choices
            if one.name == "reread":
                given = "yes"
            for part in given.split() if one.choices else [given]:
                assert choices.get(part, part).split("\n")[0] in text, (page.step, one.name)
    for word in ("the-maker", "the-original", "a-caption", "own.png"):
        assert word in text
    assert every["file-1.png"] == every["message-file-1.png"] == PICTURE
    assert "the-message" in told
    assert "message-file-1.png: theirs.png" in told
    for word in ("the-reason", "Parvaneh"):
        assert word in allowed
    assert allowed.count("2031" if language == "en" else "۱۴۰۹") == list(WISHES.values()).count("yes")
    assert ("20 years" if language == "en" else "۲۰ سال") in allowed
