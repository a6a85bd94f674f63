"""Being let in: unnoticed while it is quiet; by work or by patience while many write; never at a loss."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from builders import Instance
from proofs import solve, task_on
from sqlalchemy import func, select
from visits import STORY, Source, said, token

from portal.intake import letting_in
from portal.intake.letting_in_words import question
from portal.intake.models import Submission
from portal.ledger import service as ledger
from portal.web.sessions import SealedSessions
from portal.web.shared import Shared


@pytest.fixture(autouse=True)
def _little_work(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(letting_in, "QUIET_BITS", 3)
    monkeypatch.setattr(letting_in, "MOST_BITS", 9)
    return


def crowd(source: Source, count: float, *, behind: float = 0.0) -> None:
    """Say that so many were let in lately, and that the next place is so many seconds away."""
    interface = source.client.application.session_interface
    assert isinstance(interface, SealedSessions)
    now = source.instance.clock().timestamp()
    with Shared(interface.halves).change("letting-in", "accounts", expires=int(now) + 9999) as entry:
        entry.update({"count": count, "at": now, "slot": now + behind})


def sent(instance: Instance) -> int:
    with instance.database.session(write=False) as session:
        return session.scalar(select(func.count()).select_from(Submission)) or 0


def prove(source: Source, path: str = "account") -> int:
    where, salt, bits, its_token = task_on(source.get(path).text)
    return source.client.post(where, data=solve(salt, bits), headers={"X-CSRF-Token": its_token}).status_code


@pytest.mark.parametrize("language", ["en", "fa"])
def test_nobody_notices_while_few_write(sqlite_instance: Instance, language: str) -> None:
    source = Source(sqlite_instance, language)
    assert len(source.submit()) == 9
    assert "data-proof" not in source.get("").text


def test_who_did_the_work_sends_at_once_though_thousands_write(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    crowd(source, 5000, behind=600)
    source.write()
    assert prove(source) == HTTPStatus.NO_CONTENT
    assert "data-proof" not in source.get("account").text
    assert source.post("check").location.endswith("/received")
    assert sent(sqlite_instance) == 1


def test_a_proof_lets_in_one_account_and_no_second(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    crowd(source, 5000, behind=600)
    source.write()
    where, salt, bits, its_token = task_on(source.get("account").text)
    answer, headers = solve(salt, bits), {"X-CSRF-Token": its_token}
    assert source.client.post(where, data=answer, headers=headers).status_code == HTTPStatus.NO_CONTENT
    source.post("check")
    source.post("received/words", words=" ".join(source.words()))
    source.write()
    again = source.client.post(where, data=answer, headers=headers)
    assert (again.status_code, again.json["why"]) == (HTTPStatus.CONFLICT, "wrong")
    assert source.post("check").location.endswith("/wait?then=check")
    assert sent(sqlite_instance) == 1


def test_a_proof_of_one_visit_does_not_serve_another(sqlite_instance: Instance) -> None:
    one, other = Source(sqlite_instance), Source(sqlite_instance)
    other.client = one.client.application.test_client()
    crowd(one, 5000, behind=600)
    where, salt, bits, _token = task_on(one.get("account").text)
    its_token = task_on(other.get("account").text)[3]
    answer = other.client.post(where, data=solve(salt, bits), headers={"X-CSRF-Token": its_token})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert set(answer.json) == {"why", "salt", "bits"}


def test_a_proof_that_is_too_old_or_too_easy_by_now_gets_new_work(sqlite_instance: Instance) -> None:
    for late, many, why in ((letting_in.AGE + 1, 5000, "old"), (0, 5000, "too-easy")):
        source = Source(sqlite_instance)
        where, salt, bits, its_token = task_on(source.get("account").text)
        sqlite_instance.clock.advance(seconds=min(late, 2 * 60 * 60))
        source.get("account")
        sqlite_instance.clock.advance(seconds=min(late, 2 * 60 * 60))
        source.get("account")
        sqlite_instance.clock.advance(seconds=max(0, late - 4 * 60 * 60))
        crowd(source, many)
        headers = {"X-CSRF-Token": its_token}
        answer = source.client.post(where, data=solve(salt, bits), headers=headers)
        assert (answer.status_code, answer.json["why"]) == (HTTPStatus.CONFLICT, why)
        new = solve(bytes.fromhex(answer.json["salt"]), answer.json["bits"])
        right = source.client.post(where, data=new, headers=headers)
        assert right.status_code == HTTPStatus.NO_CONTENT


def test_a_proof_without_the_page_s_own_token_is_refused(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    where, salt, bits, _token = task_on(source.get("account").text)
    assert source.client.post(where, data=solve(salt, bits)).status_code == HTTPStatus.BAD_REQUEST
    nobody = source.client.application.test_client()
    assert nobody.post(where, data=b"").status_code == HTTPStatus.BAD_REQUEST


def test_without_scripts_the_place_is_kept_and_the_page_goes_on_by_itself(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    crowd(source, 70, behind=90)
    source.write()
    assert source.post("check").location.endswith("/wait?then=check")
    page = source.get("wait?then=check")
    assert page.headers["Refresh"] == "30"
    assert "About 2 minutes are left." in said(page)
    assert "Nothing has been sent yet." in said(page)
    assert "Refresh" not in source.get("wait?then=check&still=1").headers
    sqlite_instance.clock.advance(seconds=91)
    turn = source.get("wait?then=check")
    assert "It is your turn" in said(turn)
    assert STORY.split("\n")[1] in source.get("check").text
    answer = source.send("check", csrf_token=token(turn), action="continue")
    assert answer.location.endswith("/received")
    assert len(source.words()) == 9


def test_who_wrote_for_a_while_has_waited_meanwhile(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    crowd(source, 70, behind=600)
    source.get("account")
    sqlite_instance.clock.advance(seconds=601)
    crowd(source, 70, behind=600)
    source.write()
    assert source.post("check").location.endswith("/received")


def test_while_very_many_write_one_word_is_chosen_after_the_wait(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance, "fa")
    crowd(source, 5000)
    source.write()
    assert source.post("check").location.endswith("/wait?then=check")
    for wrong in (None, "wrong"):
        page = source.get("wait?then=check")
        assert page.text.count('type="radio"') == 4
        given = {} if wrong is None else {"word": str((right_word(source) + 1) % 4)}
        again = source.send("wait?then=check", csrf_token=token(page), **given)
        assert ("اشکالی ندارد" if given else "انتخاب کنید") in said(again)
    right = source.send("wait?then=check", csrf_token=token(page), word=str(right_word(source)))
    assert "نوبت شماست" in said(right)
    assert source.send("check", csrf_token=token(right)).location.endswith("/received")


def right_word(source: Source) -> int:
    with source.client.session_transaction() as kept:
        return question("fa", kept["letting-in"]["seed"]).right


def test_the_right_word_before_its_time_shortens_no_wait(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance, "fa")
    crowd(source, 5000, behind=300)
    source.write()
    page = source.get("check")
    source.send("wait?then=check", csrf_token=token(page), word=str(right_word(source)))
    assert source.post("check").location.endswith("/wait?then=check")
    assert sent(sqlite_instance) == 0


def test_files_are_stored_as_they_come_so_one_is_let_in_before(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    its_token = token(source.get("account"))
    crowd(source, 5000, behind=300)
    for path in ("documents", "voice"):
        assert source.get(path).location.endswith(f"/wait?then={path}")
    pushed = source.attach(seen="account")
    assert pushed.location.endswith("/wait?then=documents")
    upload = "documents/arriving/00000000-0000-4000-8000-000000000000"
    said_of_it = {"name": "a", "size": 3, "piece": 65536}
    begun = source.client.put(f"/en/{upload}", json=said_of_it, headers={"X-CSRF-Token": its_token})
    assert begun.status_code == HTTPStatus.CONFLICT
    assert not list(sqlite_instance.files.names())
    crowd(source, 10)
    assert source.get("wait?then=documents").location.endswith("/documents")
    assert source.attach().status_code == HTTPStatus.SEE_OTHER
    assert len(list(sqlite_instance.files.names())) == 1


def test_a_draft_that_is_kept_was_let_in_and_is_so_in_every_later_visit(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    words = source.take_code()
    source.write()
    later = Source(sqlite_instance)
    crowd(later, 5000, behind=300)
    assert later.come_back(words).status_code == HTTPStatus.SEE_OTHER
    assert "data-proof" not in later.get("account").text
    assert later.post("check").location.endswith("/received")
    assert later.get("wait").location.endswith("/received")


def test_who_would_wait_for_the_code_goes_on_writing_meanwhile(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    source.get("code")
    crowd(source, 5000, behind=300)
    other = Source(sqlite_instance)
    other.client = source.client.application.test_client()
    assert other.post("code", action="continue").location.endswith("/wait?then=code")
    page = other.get("wait?then=code")
    assert "Go on writing meanwhile" in said(page)
    assert 'href="/en/you"' in page.text
    other.write()
    sqlite_instance.clock.advance(seconds=301)
    crowd(other, 70)
    assert other.get("wait?then=code").location.endswith("/code")
    assert other.post("code", action="continue").location.endswith("/code/words")


def test_a_visit_that_began_nothing_stores_nothing_and_waits_for_nothing(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    crowd(source, 5000, behind=300)
    assert source.get("wait").location.endswith("/received")
    its_token = token(source.get("safe"))
    pushed = source.client.post(
        "/en/documents",
        data=b'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n'
        + its_token.encode()
        + b'\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n',
        content_type="multipart/form-data; boundary=b",
    )
    assert pushed.location.endswith("/wait?then=documents")
    assert not list(sqlite_instance.files.names())


def test_a_memory_that_is_full_lets_people_in(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    source = Source(sqlite_instance)
    monkeypatch.setattr(Shared, "change", full)
    assert len(source.submit()) == 9


def test_the_waiting_pages_say_nothing_of_the_place_in_their_titles(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    crowd(source, 5000, behind=100)
    source.write()
    title = re.search(r"<title[^>]*>([^<]*)", source.get("wait").text)
    assert title
    assert title[1] == "A little patience · Notebook"


def test_being_let_in_leaves_nothing_in_the_ledger(sqlite_instance: Instance) -> None:
    def length() -> int:
        with sqlite_instance.database.session(write=False) as session:
            return ledger.size(session)

    before, source = length(), Source(sqlite_instance)
    crowd(source, 5000)
    source.write()
    page = source.get("wait?then=check")
    source.send("wait?then=check", csrf_token=token(page), word="9")
    assert prove(source) == HTTPStatus.NO_CONTENT
    assert "It is your turn" in said(source.get("wait?then=check"))
    assert length() == before
