"""A file for a source: sealed with the conversation, opened by the nine words, gone with the withdrawal."""

import os
import re
from uuid import UUID, uuid4

import pytest
from builders import EVERYTHING, Instance, Sent, a_submission, token_of, without_limits
from cases import acts_of, at_desk
from flask.testing import FlaskClient
from sqlalchemy import select
from visits import BOUNDARY, Source, said
from werkzeug.test import TestResponse

from portal.casework import moving, reading, service, writing
from portal.config import Face
from portal.intake import service as intake
from portal.intake import withdrawing
from portal.intake.models import Document, Message, Submission
from portal.permissions import Group
from portal.upkeep import claims, sweep
from portal.vault.seal import padded_size

LETTER = b"%PDF-1.7 " + os.urandom(5000)
LONG = "خواهش می‌کنیم این فهرست را نگاه کنید. " * 400
ROOM = 57 + 16


def _part(name: str, value: bytes, more: str = "") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def _file(content: bytes, name: str = "فهرست.pdf") -> bytes:
    return _part("file", content, f'; filename="{name}"')


class Desk:
    """The page of one case, as its holder has it open."""

    def __init__(self, instance: Instance, name: str = "cedar", **consent: str) -> None:
        self.instance = instance
        self.client: FlaskClient = instance.app(Face.DESK).test_client()
        instance.sign_in(self.client, name)
        with instance.database.session(write=True) as session:
            self.sent: Sent = a_submission(instance, session, consent={**EVERYTHING, **consent})
            self.case_id: UUID = self.sent.submission.id
        with at_desk(instance, name) as (session, by):
            service.claim(session, by=by, case_id=self.case_id, now=instance.clock())
        self.token = token_of(self.client.get(self.at()))

    def at(self, rest: str = "") -> str:
        return f"/en/cases/{self.case_id}{rest}"

    def post(self, *parts: bytes, end: bytes = f"--{BOUNDARY}--\r\n".encode()) -> TestResponse:
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return self.client.post(self.at("/message"), data=b"".join([*parts, end]), content_type=kind)

    def send(self, text: str = "Please look.", content: bytes = LETTER) -> TestResponse:
        token = _part("csrf_token", self.token.encode())
        return self.post(token, _part("message", text.encode()), _file(content))

    def source(self) -> Source:
        source = Source(self.instance)
        assert source.come_back(" ".join(self.sent.receipt.words("en"))).status_code == 303
        return source

    def documents(self) -> list[Document]:
        with self.instance.database.session(write=False) as session:
            return list(session.scalars(select(Document)))

    def messages(self) -> int:
        with self.instance.database.session(write=False) as session:
            return len(session.scalars(select(Message.id)).all())


def fetched(client: FlaskClient, address: str) -> bytes:
    return client.get(address, buffered=True).get_data()


def nothing_is_kept(desk: Desk) -> bool:
    return not desk.documents() and not desk.messages() and not list(desk.instance.files.names())


def test_a_file_goes_with_a_message_and_the_nine_words_open_it(sqlite_instance: Instance) -> None:
    desk = Desk(sqlite_instance)
    assert desk.send(LONG).status_code == 303
    [row] = desk.documents()
    assert row.stored_size == padded_size(len(LETTER)) + ROOM
    with sqlite_instance.files.open(row.stored_name) as kept:
        assert b"PDF" not in kept.read()
    page = desk.client.get(desk.at()).get_data(as_text=True)
    assert page.count("فهرست.pdf") == 1
    assert fetched(desk.client, desk.at(f"/documents/{row.id}")) == LETTER
    source = desk.source()
    folder = source.get("folder")
    assert "فهرست.pdf" in said(folder)
    assert "with 1 file" not in said(folder)
    assert fetched(source.client, f"/en/folder/files/{row.id}") == LETTER
    assert [one for one in acts_of(sqlite_instance) if one.startswith("message")] == [
        "message.send-file",
        "message.send",
    ]


def test_who_cannot_read_their_account_again_opens_what_they_were_sent(sqlite_instance: Instance) -> None:
    desk = Desk(sqlite_instance)
    source = Source(sqlite_instance)
    words = source.submit(reread="no")
    with sqlite_instance.database.session(write=False) as session:
        query = select(Submission.id).where(Submission.id != desk.case_id)
        desk.case_id = session.scalars(query).one()
    with at_desk(sqlite_instance) as (session, by):
        service.claim(session, by=by, case_id=desk.case_id, now=sqlite_instance.clock())
    assert desk.send().status_code == 303
    source.come_back(" ".join(words))
    assert "فهرست.pdf" in said(source.get("folder"))
    assert fetched(source.client, f"/en/folder/files/{desk.documents()[0].id}") == LETTER
    assert "nine words do not show it" in said(source.get("folder"))


def test_a_file_counts_for_verify_moves_with_its_case_and_goes_with_it(sqlite_instance: Instance) -> None:
    desk = Desk(sqlite_instance)
    desk.send()
    [row] = desk.documents()
    with sqlite_instance.database.session(write=False) as session:
        assert [one.name for one in claims(session)] == [row.stored_name]
    with at_desk(sqlite_instance, "maple") as (session, by):
        moving.move(
            session,
            by=by,
            case_id=desk.case_id,
            origin=Group.INTAKE,
            to=Group.CASES,
            reason="For the circle of cases.",
            keys=sqlite_instance.keys,
            now=sqlite_instance.clock(),
        )
    with at_desk(sqlite_instance, "maple") as (session, by):
        opened = reading.document(
            session, by=by, case_id=desk.case_id, document_id=row.id, files=sqlite_instance.files
        )
        assert b"".join(opened.reader.read(0, opened.reader.length)) == LETTER
        opened.source.close()
    with sqlite_instance.database.session(write=True) as session:
        names = withdrawing.withdraw(session, submission_id=desk.case_id, day=session.today)
    assert names == [row.stored_name]
    assert desk.documents() == []


@pytest.mark.parametrize("read", ["ask", "no"])
def test_what_staff_sent_is_seen_by_its_holder_without_a_yes_to_reading(
    sqlite_instance: Instance, read: str
) -> None:
    desk = Desk(sqlite_instance, read=read)
    desk.send()
    assert fetched(desk.client, desk.at(f"/documents/{desk.documents()[0].id}")) == LETTER


# what stands in the way


def test_a_file_that_is_too_large_keeps_the_words_and_leaves_nothing(sqlite_instance: Instance) -> None:
    desk = Desk(without_limits(sqlite_instance, file_limit=2000))
    answer = desk.send(LONG)
    assert answer.status_code == 413
    assert LONG.strip() in answer.get_data(as_text=True)
    assert "larger than" in said(answer)
    assert nothing_is_kept(desk)


def test_a_conversation_has_a_limit_of_files(sqlite_instance: Instance) -> None:
    desk = Desk(without_limits(sqlite_instance, files_per_submission=1))
    assert desk.send().status_code == 303
    source = desk.source()
    source.post("folder/reply", seen="folder", text="Thank you.")
    assert source.attach(path="folder/file", seen="folder").status_code == 303
    answer = desk.send("One more.")
    assert answer.status_code == 409
    assert "as many files as it can" in said(answer)
    assert "One more." in answer.get_data(as_text=True)
    assert len(desk.documents()) == len(list(sqlite_instance.files.names())) == 2
    assert desk.messages() == 2


def test_a_form_that_breaks_off_or_comes_in_the_wrong_order_leaves_nothing(sqlite_instance: Instance) -> None:
    desk = Desk(sqlite_instance)
    token, text = _part("csrf_token", desk.token.encode()), _part("message", b"Look.")
    assert desk.post(token, text, _file(LETTER)[:2000], end=b"").status_code == 400
    assert desk.post(_file(LETTER), token, text).status_code == 400
    assert desk.post(_part("csrf_token", b"x"), text, _file(LETTER)).status_code == 400
    assert desk.post(token, text, _file(LETTER), _file(LETTER)).status_code == 400
    assert desk.post(token, _part("message", b" "), _file(LETTER)).status_code == 422
    assert nothing_is_kept(desk)


def test_a_file_of_another_case_is_not_there(sqlite_instance: Instance) -> None:
    one, other = Desk(sqlite_instance), Desk(sqlite_instance)
    one.send()
    [row] = one.documents()
    assert other.client.get(other.at(f"/documents/{row.id}")).status_code == 404
    assert other.source().get(f"folder/files/{row.id}").status_code == 404
    assert one.source().get(f"folder/files/{uuid4()}").status_code == 404


def test_what_was_cut_between_file_and_row_is_swept(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(sqlite_instance)

    def killed(*_given: object, **_more: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(writing, "message", killed)
        patched.setattr("portal.casework.message_routes._drop", list)
        with pytest.raises(SystemExit):
            desk.send()
    assert len(list(sqlite_instance.files.names())) == 1
    assert not desk.documents()
    now = sqlite_instance.clock()
    sweep(sqlite_instance.database, sqlite_instance.settings, older_than=-1e10, now=now)
    assert nothing_is_kept(desk)


# the words stay


def typed(answer: TestResponse) -> str:
    """What stands in the message's field."""
    found = re.search(
        r'<textarea[^>]*name="message"[^>]*>\s*([^<]*)</textarea>', answer.get_data(as_text=True)
    )
    assert found, said(answer)
    return found[1].strip()


def test_a_permission_that_ended_meanwhile_leaves_the_words_on_the_page(sqlite_instance: Instance) -> None:
    desk = Desk(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        intake.decide(
            session, submission_id=desk.case_id, answers={"contact": "no"}, language="en", day=session.today
        )
    answer = desk.send(LONG)
    assert answer.status_code == 409
    assert typed(answer) == LONG.strip()
    assert "does not wish to be written to now" in said(answer)
    assert nothing_is_kept(desk)


def test_who_lost_the_case_meanwhile_keeps_the_words(sqlite_instance: Instance) -> None:
    desk = Desk(sqlite_instance)
    with at_desk(sqlite_instance, "maple") as (session, by):
        service.claim(session, by=by, case_id=desk.case_id, now=sqlite_instance.clock(), take_over=True)
    answer = desk.send("What I wrote for an hour.")
    assert answer.status_code == 409
    assert typed(answer) == "What I wrote for an hour."
    assert "you do not hold this case any more" in said(answer)
    assert nothing_is_kept(desk)


def test_the_words_outlast_a_case_that_was_taken_back(sqlite_instance: Instance) -> None:
    desk = Desk(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=desk.case_id, day=session.today)
    answer = desk.send("For a folder that is gone.")
    assert answer.status_code == 409
    assert typed(answer) == "For a folder that is gone."
    assert nothing_is_kept(desk)


def test_a_contact_that_needs_leave_keeps_the_words(sqlite_instance: Instance) -> None:
    desk = Desk(sqlite_instance)
    assert desk.send("First.").status_code == 303
    answer = desk.send("Second.")
    assert answer.status_code == 409
    assert typed(answer) == "Second."
    assert "A colleague has to agree first" in said(answer)
    assert len(list(sqlite_instance.files.names())) == desk.messages() == 1


def test_a_wish_that_comes_while_the_file_arrives_is_heard(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, first = Desk(sqlite_instance), writing.to_source

    def and_then_no(*given: object, **more: object) -> object:
        monkeypatch.setattr(writing, "to_source", _unwanted)
        return first(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "to_source", and_then_no)
    answer = desk.send("Just then.")
    assert answer.status_code == 409
    assert typed(answer) == "Just then."
    assert nothing_is_kept(desk)


def _unwanted(*_given: object, **_more: object) -> None:
    raise writing.UnwantedError
