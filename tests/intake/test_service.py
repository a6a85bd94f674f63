"""What a source can do, on both databases: send once, come back, add, change, take back; who opens what."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from builders import NOON, Instance, Sent, a_draft, a_submission, an_instance
from sqlalchemy import select

from portal.config import PublicKeys
from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, RefusedError
from portal.intake import consent, documents, opening, service, withdrawing, wordings
from portal.intake.drafts import Draft, DraftFile
from portal.intake.models import (
    Answer,
    Compartment,
    Consent,
    Document,
    Message,
    Part,
    SealedField,
    Speaker,
    Status,
    Submission,
    Tombstone,
    Use,
)
from portal.intake.sealing import PartKey
from portal.ledger import service as ledger
from portal.permissions import Group
from portal.store.files import new_name
from portal.store.wraps import Wrap
from portal.upkeep import verify_folder
from portal.vault import receipt as receipts
from portal.vault.receipt import Receipt, ReceiptKeys
from portal.vault.wrap import key_id, new_seed

LETTER = b"\xff\xd8\xff" + os.urandom(3000)


@pytest.fixture
def write(instance: Instance) -> Iterator[PortalSession]:
    """One unit of work that is committed at the end."""
    with instance.database.session(write=True) as session:
        yield session


def a_file(instance: Instance, part: PartKey, content: bytes = LETTER, name: str = "نامه.jpg") -> DraftFile:
    document_id, stored = uuid4(), new_name()
    with documents.receiving(instance.files, part, document_id, stored) as coming:
        for start in range(0, len(content), 1000):
            coming.write(content[start : start + 1000])
    return documents.draft_file(
        coming, document_id=document_id, stored_name=stored, name=name, caption="last"
    )


def a_draft_with_a_file(instance: Instance, **given: object) -> Draft:
    draft = a_draft(called="Nasrin", contact="by letter", relation="survivor", **given)
    draft.files.append(a_file(instance, draft.part(Compartment.CONTENT)))
    return draft


def keys_of(instance: Instance, draft: Draft) -> ReceiptKeys:
    return receipts.keys_of(Receipt(draft.receipt), instance.keys.receipt_salt)


def send(
    instance: Instance, session: PortalSession, draft: Draft, receipt: ReceiptKeys | None = None
) -> Submission:
    return service.submit(
        session,
        draft=draft,
        keys=instance.keys,
        receipt=receipt or keys_of(instance, draft),
        language="fa",
        day=NOON.date(),
    )


def seed_of(instance: Instance, group: Group) -> bytes:
    return instance.secrets.group_seeds[group]


def compartments(session: PortalSession, submission: Submission, seed: bytes) -> set[Compartment]:
    return {one.compartment for one in opening.part_keys(session, submission, seed).values()}


# sending


def test_what_was_sent_is_there_in_rows_that_hold_no_words(instance: Instance, write: PortalSession) -> None:
    draft = a_draft_with_a_file(instance, reread="yes")
    send(instance, write, draft)
    write.commit()
    kept = opening.open_folder(write, submission_id=draft.submission_id, seed=keys_of(instance, draft).seed)
    assert kept.submission.status is Status.RECEIVED
    assert kept.submission.day == NOON.date()
    assert kept.fields["narrative"] == draft.narrative
    assert kept.fields["language"] == "fa"
    assert [(one.name, one.caption, one.content_type, one.length) for one in kept.files] == [
        ("نامه.jpg", "last", "image/jpeg", len(LETTER))
    ]
    blobs = b"".join(
        [
            *write.scalars(select(SealedField.blob)),
            *write.scalars(select(Document.record)),
            *write.scalars(select(Document.custody)),
        ]
    )
    for word in (draft.narrative, "Nasrin", "by letter", "نامه.jpg", "survivor"):
        assert word.encode() not in blobs


def test_an_empty_account_is_not_sent(instance: Instance, write: PortalSession) -> None:
    with pytest.raises(InvalidError, match="Write something first"):
        send(instance, write, a_draft(" \n\u200c\t".replace("\u200c", "")))
    assert write.scalars(select(Submission)).all() == []


def test_sending_again_sends_once(instance: Instance) -> None:
    draft = a_draft_with_a_file(instance)
    receipt = keys_of(instance, draft)
    for _ in range(4):
        with instance.database.session(write=True) as session:
            assert send(instance, session, draft, receipt).id == draft.submission_id
    with instance.database.session(write=False) as session:
        assert len(session.scalars(select(Submission)).all()) == 1
        assert len(session.scalars(select(Part)).all()) == len(Compartment)
        assert len(session.scalars(select(Document)).all()) == 1
        acts = [
            act.act
            for entry in ledger.entries(session)
            for act in ledger.read_acts(entry, seed_of(instance, Group.AUDITORS))
        ]
    assert acts.count("submission.receive") == 1


def test_sending_twice_at_the_same_moment_sends_once(
    postgresql_urls: tuple[str, str], tmp_path: Path
) -> None:
    """Both look before either has written, which SQLite's one writer rules out."""
    instance = an_instance(tmp_path / "instance", url=postgresql_urls[0], keys_url=postgresql_urls[1])
    draft = a_draft()
    receipt = keys_of(instance, draft)
    with instance.database.session(write=True) as second:
        assert second.get(Submission, draft.submission_id) is None
        with instance.database.session(write=True) as first:
            send(instance, first, draft, receipt)
        assert send(instance, second, draft, receipt).id == draft.submission_id
    with instance.database.session(write=False) as session:
        assert len(session.scalars(select(Submission)).all()) == 1
    instance.database.dispose()


def test_the_second_of_two_presses_finds_what_the_first_has_sent(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = a_draft()
    receipt = keys_of(instance, draft)
    with instance.database.session(write=True) as session:
        send(instance, session, draft, receipt)
    with instance.database.session(write=True) as session:
        look = session.get
        monkeypatch.setattr(session, "get", lambda *_: None)
        monkeypatch.setattr(session, "get_one", look)
        assert send(instance, session, draft, receipt).id == draft.submission_id
    with instance.database.session(write=False) as session:
        assert len(session.scalars(select(Part)).all()) == len(Compartment)


def test_skipped_questions_are_sealed_as_if_they_were_answered(
    instance: Instance, write: PortalSession
) -> None:
    shapes = []
    for draft in (a_draft("short"), a_draft("short", called="N", contact="C", relation="survivor")):
        sent = send(instance, write, draft)
        write.flush()
        fields = write.scalars(select(SealedField).join(Part).where(Part.submission_id == sent.id))
        shapes.append(sorted((one.name, len(one.blob)) for one in fields))
    assert shapes[0] == shapes[1]


def test_only_answers_that_were_given_become_decisions(instance: Instance, write: PortalSession) -> None:
    sent = a_submission(instance, write, consent={"read": "yes", "court": "no", "publish": ""})
    write.commit()
    made = write.scalars(select(Consent).where(Consent.submission_id == sent.submission.id)).all()
    assert {(one.use, one.answer) for one in made} == {(Use.READ, Answer.YES), (Use.COURT, Answer.NO)}
    assert {one.wording for one in made} == {wordings.VERSION}


# who can open it


def test_readers_open_the_account_and_not_who_told_it(instance: Instance, write: PortalSession) -> None:
    sent = a_submission(instance, write, called="Nasrin", contact="by letter")
    write.commit()
    submission = opening.load(write, sent.submission.id)
    assert compartments(write, submission, seed_of(instance, Group.INTAKE)) == {
        Compartment.CONTENT,
        Compartment.THREAD,
    }
    assert compartments(write, submission, seed_of(instance, Group.CONTACT)) == {Compartment.IDENTITY}
    keys = opening.part_keys(write, submission, seed_of(instance, Group.INTAKE))
    told = {"narrative", "relation", "language", "asked"}
    prompted = {"helping", "how", "told", "people", "places", "group", "responsible"}
    assert set(opening.open_fields(submission, keys)) == told | prompted
    keys = opening.part_keys(write, submission, seed_of(instance, Group.CONTACT))
    apart = {"called": "Nasrin", "contact": "by letter", "asked-apart": "{}", "helping-apart": "[]"}
    assert opening.open_fields(submission, keys) == apart


def test_the_recovery_key_opens_everything(instance: Instance, write: PortalSession) -> None:
    draft = a_draft_with_a_file(instance, reread="no")
    send(instance, write, draft)
    write.commit()
    submission = opening.load(write, draft.submission_id)
    keys = opening.part_keys(write, submission, instance.secrets.recovery_seed)
    assert {one.compartment for one in keys.values()} == set(Compartment)
    assert opening.open_fields(submission, keys)["called"] == "Nasrin"
    [attached] = opening.open_documents(submission, keys)
    assert attached.name == "نامه.jpg"


@pytest.mark.parametrize("group", [Group.RELEASE, Group.AUDITORS])
def test_groups_that_read_no_accounts_open_nothing(
    instance: Instance, write: PortalSession, group: Group
) -> None:
    sent = a_submission(instance, write)
    write.commit()
    submission = opening.load(write, sent.submission.id)
    assert opening.part_keys(write, submission, seed_of(instance, group)) == {}


def test_a_wrong_seed_opens_nothing(instance: Instance, write: PortalSession) -> None:
    sent = a_submission(instance, write)
    write.commit()
    submission = opening.load(write, sent.submission.id)
    assert opening.part_keys(write, submission, new_seed()) == {}
    with pytest.raises(RefusedError):
        opening.open_folder(write, submission_id=sent.draft.submission_id, seed=new_seed())


def test_a_wrap_moved_to_another_part_opens_nothing(instance: Instance, write: PortalSession) -> None:
    one, two = a_submission(instance, write), a_submission(instance, write)
    write.commit()
    mine = key_id(instance.keys.groups[Group.INTAKE.value])
    rows = {row.part_id: row for row in write.keys.scalars(select(Wrap).where(Wrap.key_id == mine))}
    targets = opening.load(write, two.submission.id).parts
    sources = opening.load(write, one.submission.id).parts
    for source, target in zip(sources, targets, strict=True):
        if source.id in rows:
            rows[target.id].blob = rows[source.id].blob
    write.keys.flush()
    assert (
        opening.part_keys(write, opening.load(write, two.submission.id), seed_of(instance, Group.INTAKE))
        == {}
    )


def test_every_key_goes_to_its_recipients_and_nobody_else(instance: Instance, write: PortalSession) -> None:
    sent = a_submission(instance, write, reread="no")
    write.commit()
    keys: PublicKeys = instance.keys
    source = key_id(sent.submission.source_key)
    intake, contact = (key_id(keys.groups[one]) for one in ("intake", "contact"))
    recovery = key_id(keys.recovery)
    found = {
        part.compartment: set(write.keys.scalars(select(Wrap.key_id).where(Wrap.part_id == part.id)))
        for part in opening.load(write, sent.submission.id).parts
    }
    assert found == {
        Compartment.CONTENT: {intake, recovery},
        Compartment.IDENTITY: {contact, recovery},
        Compartment.THREAD: {intake, recovery, source},
    }


@pytest.mark.parametrize(("chosen", "reads"), [("yes", True), ("no", False), ("", False)])
def test_the_nine_words_show_the_account_only_to_who_chose_so(
    instance: Instance, write: PortalSession, chosen: str, *, reads: bool
) -> None:
    sent = a_submission(instance, write, reread=chosen)
    write.commit()
    opened = opening.open_folder(write, submission_id=sent.draft.submission_id, seed=sent.seed)
    assert opened.rereadable is reads
    assert ("narrative" in opened.fields) is reads
    assert opened.messages == []


# coming back


def test_a_receipt_finds_its_submission_and_no_other(instance: Instance, write: PortalSession) -> None:
    one, two = a_submission(instance, write), a_submission(instance, write)
    write.commit()
    for sent in (one, two):
        assert service.find_by_receipt(write, receipt=keys_of(instance, sent.draft)) == sent.submission.id
    stranger = receipts.keys_of(receipts.generate(), instance.keys.receipt_salt)
    assert service.find_by_receipt(write, receipt=stranger) is None
    assert service.find_by_receipt(write, receipt=receipts.keys_of(one.receipt, bytes(16))) is None


def test_a_folder_that_does_not_exist_is_not_found(write: PortalSession) -> None:
    with pytest.raises(NotFoundError):
        opening.open_folder(write, submission_id=uuid4(), seed=new_seed())


# messages


def reply(session: PortalSession, sent: Sent, text: str) -> None:
    service.reply(session, submission_id=sent.draft.submission_id, seed=sent.seed, text=text, day=NOON.date())


def test_messages_stay_in_their_order_and_keep_who_wrote_them(
    instance: Instance, write: PortalSession
) -> None:
    sent = a_submission(instance, write)
    write.commit()
    submission = opening.load(write, sent.submission.id)
    desk = opening.thread_of(opening.part_keys(write, submission, seed_of(instance, Group.INTAKE)))
    for number in range(3):
        reply(write, sent, f"from me {number}")
        write.flush()
        service.add_message(
            write, thread=desk, speaker=Speaker.STAFF, text=f"from us {number}", day=NOON.date()
        )
        write.flush()
    opened = opening.open_folder(write, submission_id=sent.draft.submission_id, seed=sent.seed)
    assert [(one.speaker.value, one.text) for one in opened.messages] == [
        (who, f"from {said} {number}")
        for number in range(3)
        for who, said in (("source", "me"), ("staff", "us"))
    ]


def test_a_reply_to_a_question_puts_the_case_back_with_its_readers(
    instance: Instance, write: PortalSession
) -> None:
    sent = a_submission(instance, write)
    reply(write, sent, "one more thing")
    assert sent.submission.status is Status.RECEIVED
    sent.submission.status = Status.AWAITING_SOURCE
    write.flush()
    reply(write, sent, "the answer")
    assert sent.submission.status is Status.IN_REVIEW


def test_an_empty_message_is_refused(instance: Instance, write: PortalSession) -> None:
    sent = a_submission(instance, write)
    write.flush()
    with pytest.raises(InvalidError, match="empty"):
        reply(write, sent, " \n ")


# files


def add(instance: Instance, session: PortalSession, sent: Sent, *, limit: int = 20) -> UUID:
    part = PartKey.new(sent.draft.submission_id, Compartment.CONTENT)
    file = a_file(instance, part)
    service.add_files(
        session,
        submission_id=sent.draft.submission_id,
        seed=sent.seed,
        part=part,
        files=[file],
        keys=instance.keys,
        day=NOON.date(),
        limit=limit,
    )
    session.flush()
    session.expire_all()
    return file.document_id


@pytest.mark.parametrize(("chosen", "reads"), [("yes", True), ("no", False)])
def test_a_file_that_is_added_later_opens_to_readers_and_to_the_source_as_chosen(
    instance: Instance, write: PortalSession, chosen: str, *, reads: bool
) -> None:
    sent = a_submission(instance, write, reread=chosen)
    added = add(instance, write, sent)
    opened = opening.open_folder(write, submission_id=sent.draft.submission_id, seed=sent.seed)
    assert opened.file_count == 1
    assert [one.document.id for one in opened.files] == ([added] if reads else [])
    submission = opening.load(write, sent.submission.id)
    keys = opening.part_keys(write, submission, seed_of(instance, Group.INTAKE))
    [attached] = opening.open_documents(submission, keys)
    document = opening.open_document(instance.files, attached)
    with document.source:
        assert b"".join(document.reader.read(0, attached.length)) == LETTER
    assert keys[attached.part.part_id].key not in set(sent.draft.keys.values())


def test_a_folder_takes_as_many_files_as_it_can(instance: Instance, write: PortalSession) -> None:
    sent = a_submission(instance, write)
    for _ in range(2):
        add(instance, write, sent, limit=2)
    with pytest.raises(InvalidError, match="as many files"):
        add(instance, write, sent, limit=2)


def test_a_file_that_never_ended_cannot_be_described(instance: Instance) -> None:
    draft = a_draft()
    coming = None

    def broken() -> None:
        nonlocal coming
        with documents.receiving(
            instance.files, draft.part(Compartment.CONTENT), uuid4(), new_name()
        ) as coming:
            coming.write(b"half")
            raise OSError(5, "gone")

    with pytest.raises(Exception, match=r"gone|disk"):
        broken()
    assert list(instance.files.names()) == []
    assert coming is not None
    with pytest.raises(InvalidError, match="empty"):
        documents.draft_file(coming, document_id=uuid4(), stored_name=new_name(), name="x", caption="")


# permissions


def decide(session: PortalSession, sent: Sent, **answers: str) -> int:
    changed = service.decide(
        session, submission_id=sent.draft.submission_id, answers=answers, language="fa", day=NOON.date()
    )
    session.flush()
    session.expire_all()
    return changed


def test_a_decision_appends_what_changed_and_overwrites_nothing(
    instance: Instance, write: PortalSession
) -> None:
    sent = a_submission(instance, write, consent={"read": "yes", "link": "yes"})
    write.flush()
    assert decide(write, sent, read="yes", link="no", court="ask") == 2
    assert decide(write, sent, read="yes", link="no", court="ask") == 0
    assert decide(write, sent, link="yes") == 1
    made = write.scalars(select(Consent).order_by(Consent.number)).all()
    assert [(one.number, one.use.value, one.answer.value) for one in made] == [
        (1, "read", "yes"),
        (2, "link", "yes"),
        (3, "link", "no"),
        (4, "court", "ask"),
        (5, "link", "yes"),
    ]
    assert consent.permits(made, Use.LINK, on=NOON.date())
    assert made[-1].language == "fa"


def test_an_answer_that_is_none_is_refused(instance: Instance, write: PortalSession) -> None:
    sent = a_submission(instance, write)
    write.flush()
    with pytest.raises(ValueError, match="perhaps"):
        decide(write, sent, read="perhaps")


# taking back


def test_taking_back_erases_keys_and_rows_and_leaves_a_tombstone(instance: Instance) -> None:
    draft = a_draft_with_a_file(instance, reread="yes")
    receipt = keys_of(instance, draft)
    with instance.database.session(write=True) as session:
        kept = a_submission(instance, session)
        sent = Sent(send(instance, session, draft, receipt), draft, Receipt(draft.receipt), receipt.seed)
        reply(session, sent, "please")
        add(instance, session, sent)
    with instance.database.session(write=True) as session:
        names = withdrawing.withdraw(session, submission_id=sent.draft.submission_id, day=NOON.date())
    assert len(names) == 2
    for name in names:
        instance.files.erase(name)
    with instance.database.session(write=False) as session:
        gone = sent.draft.submission_id
        assert session.keys.scalars(select(Wrap).where(Wrap.submission_id == gone)).all() == []
        parts = select(Part.id).where(Part.submission_id == gone)
        assert session.scalars(select(SealedField).where(SealedField.part_id.in_(parts))).all() == []
        assert session.scalars(select(Document)).all() == []
        assert session.scalars(select(Message)).all() == []
        tombstone = session.get_one(Tombstone, gone)
        assert (tombstone.day, tombstone.authority, len(tombstone.digest)) == (NOON.date(), "source", 32)
        for seed in (instance.secrets.recovery_seed, receipt.seed, *instance.secrets.group_seeds.values()):
            assert opening.part_keys(session, opening.load(session, gone), seed) == {}
        # Nobody else's account was touched.
        other = opening.open_folder(session, submission_id=kept.draft.submission_id, seed=kept.seed)
        assert other.submission.status is Status.RECEIVED
        assert session.keys.scalars(select(Wrap).where(Wrap.submission_id == kept.draft.submission_id)).all()


def withdrawn(instance: Instance) -> Sent:
    with instance.database.session(write=True) as session:
        sent = a_submission(instance, session, reread="yes")
    with instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=sent.draft.submission_id, day=NOON.date())
    return sent


def test_a_receipt_of_what_was_taken_back_still_finds_that_it_was(instance: Instance) -> None:
    sent = withdrawn(instance)
    with instance.database.session(write=False) as session:
        found = service.find_by_receipt(session, receipt=keys_of(instance, sent.draft))
        assert found == sent.draft.submission_id
        opened = opening.open_folder(session, submission_id=found, seed=sent.seed)
    assert opened.submission.status is Status.WITHDRAWN
    assert (opened.messages, opened.fields, opened.files, opened.rereadable) == ([], {}, [], False)


def test_taking_back_twice_is_harmless(instance: Instance) -> None:
    sent = withdrawn(instance)
    with instance.database.session(write=True) as session:
        assert withdrawing.withdraw(session, submission_id=sent.draft.submission_id, day=NOON.date()) == []
    with instance.database.session(write=False) as session:
        assert len(session.scalars(select(Tombstone)).all()) == 1


def test_nothing_can_be_added_to_what_was_taken_back(instance: Instance) -> None:
    sent = withdrawn(instance)
    with instance.database.session(write=True) as session:
        for act in (
            lambda: reply(session, sent, "again"),
            lambda: add(instance, session, sent),
            lambda: decide(session, sent, read="yes"),
        ):
            with pytest.raises(RefusedError):
                act()


def test_an_instance_in_which_all_this_happened_still_verifies(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        sent = a_submission(instance, session, reread="yes")
        add(instance, session, sent)
        reply(session, sent, "words")
        decide(session, sent, read="no")
    withdrawn(instance)
    environ = {
        "PORTAL_DATABASE_URL": instance.settings.database_url,
        "PORTAL_KEYS_URL": instance.settings.keys_url,
    }
    report = verify_folder(instance.settings.instance, environ)
    assert [str(problem) for problem in report.problems if problem.kind != "checkpoint"] == []
