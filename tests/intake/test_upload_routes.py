"""Files without scripts and with them, over HTTP: nothing chosen is lost, nothing comes twice or in part."""

import hashlib
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from builders import Instance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from visits import Source, said, token
from werkzeug.test import TestResponse

from portal.errors import UnavailableError
from portal.intake import opening, piece_routes, visit
from portal.intake.chunks import SMALLEST, Landing
from portal.intake.models import Submission
from portal.ledger.models import LedgerEntry
from portal.store.arrivals import Arrivals
from portal.vault import receipt as receipts
from portal.web import edge

CONTENT = b"\xff\xd8\xff" + bytes(range(256)) * 900 + b"the end"
"""Four pieces of the smallest size, the last one shorter."""
PIECES = [CONTENT[start : start + SMALLEST] for start in range(0, len(CONTENT), SMALLEST)]
WEBM = b"\x1aE\xdf\xa3"


@pytest.fixture
def source(sqlite_instance: Instance) -> Source:
    return Source(sqlite_instance)


class Script:
    """What the script of the documents page does, step by step."""

    def __init__(self, source: Source, content: bytes = CONTENT, *, upload_id: UUID | None = None) -> None:
        self.source, self.content = source, content
        self.id = upload_id or uuid4()
        self.pieces = [content[start : start + SMALLEST] for start in range(0, len(content), SMALLEST)]
        self.token = token(source.get("documents"))

    def ask(self, method: str, path: str = "", **how: Any) -> TestResponse:
        headers = {"X-CSRF-Token": self.token, **how.pop("headers", {})}
        where = f"/{self.source.language}/documents/arriving/{self.id}{path}"
        return self.source.client.open(where, method=method, headers=headers, buffered=True, **how)

    def begin(self, **told: object) -> TestResponse:
        what = {"name": "film.mp4", "size": len(self.content), "piece": SMALLEST, **told}
        return self.ask("PUT", json=what)

    def put(self, index: int, data: bytes | None = None, digest: str | None = None) -> TestResponse:
        data = self.pieces[index] if data is None else data
        named = hashlib.sha256(data).hexdigest() if digest is None else digest
        return self.ask("PUT", f"/{index}", data=data, headers={"X-SHA-256": named})

    def finish(self, pieces: list[bytes] | None = None) -> TestResponse:
        told = b"".join(hashlib.sha256(one).digest() for one in (self.pieces if pieces is None else pieces))
        return self.ask("POST", "/finish", data=told)

    def most(self) -> None:
        """Send all pieces."""
        assert self.begin().status_code == HTTPStatus.OK
        for index in range(len(self.pieces)):
            assert self.put(index).status_code == HTTPStatus.NO_CONTENT


def sent_files(instance: Instance, source: Source) -> list[tuple[opening.Attached, bytes]]:
    """Send the account and open its files as their readers would."""
    words = source.submit()
    keys = receipts.keys_of(receipts.parse(" ".join(words)), instance.keys.receipt_salt)
    with instance.database.session(write=False) as session:
        query = select(Submission.id).where(Submission.locator == keys.locator)
        opened = opening.open_folder(session, submission_id=session.scalars(query).one(), seed=keys.seed)
        whole = []
        for attached in opened.files:
            document = opening.open_document(instance.files, attached)
            whole.append((attached, b"".join(document.reader.read())))
            document.source.close()
    return whole


def arriving(instance: Instance) -> list[Path]:
    return [one for one in (instance.settings.files / "arriving").rglob("*") if one.is_file()]


# piece by piece


def test_pieces_become_the_very_document_that_the_streamed_form_makes(
    sqlite_instance: Instance, source: Source
) -> None:
    source.attach(CONTENT, name="film.mp4")
    script = Script(source)
    script.most()
    assert script.finish().get_json() == {"done": True}
    assert arriving(sqlite_instance) == []
    (streamed, one), (pieced, other) = sent_files(sqlite_instance, source)
    assert one == other == CONTENT
    for name in ("name", "content_type", "length", "sha256"):
        assert getattr(streamed, name) == getattr(pieced, name)
    assert pieced.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert streamed.document.stored_size == pieced.document.stored_size
    with sqlite_instance.files.open(pieced.document.stored_name) as stored:
        assert hashlib.sha256(stored.read()).digest() == pieced.document.stored_sha256


def test_what_was_begun_goes_on_where_it_stopped(source: Source) -> None:
    script = Script(source)
    assert script.begin().get_json() == {"missing": [0, 1, 2, 3]}
    script.put(2)
    script.put(0)
    page = source.get("documents")
    assert "Come only in part" in said(page)
    assert f'data-upload-id="{script.id}"' in page.text
    again = Script(source, upload_id=script.id)
    assert again.begin().get_json() == {"missing": [1, 3]}
    again.put(1)
    again.put(3)
    assert again.finish().get_json() == {"done": True}
    assert "data-upload-id" not in source.get("documents").text


def test_finishing_before_all_is_here_says_what_is_missing_and_leaves_nothing(
    sqlite_instance: Instance, source: Source
) -> None:
    script = Script(source)
    script.begin()
    script.put(1)
    answer = script.finish()
    assert (answer.status_code, answer.get_json()) == (409, {"missing": [0, 2, 3]})
    assert list(sqlite_instance.files.names()) == []


def test_pieces_of_another_file_of_the_same_name_and_length_are_asked_for_anew(
    sqlite_instance: Instance, source: Source
) -> None:
    script = Script(source)
    script.most()
    other = Script(source, CONTENT.replace(b"\x07", b"\x08"), upload_id=script.id)
    answer = other.finish()
    assert (answer.status_code, answer.get_json()) == (409, {"missing": [0, 1, 2, 3]})
    assert list(sqlite_instance.files.names()) == []
    other.most()
    assert other.finish().get_json() == {"done": True}
    [(_, whole)] = sent_files(sqlite_instance, source)
    assert whole == other.content


def test_asking_again_for_what_is_done_changes_nothing(sqlite_instance: Instance, source: Source) -> None:
    script = Script(source)
    script.most()
    for _ in range(3):
        assert script.finish().get_json() == {"done": True}
    assert script.begin().get_json() == {"done": True, "missing": []}
    assert script.put(0).status_code == HTTPStatus.NOT_FOUND
    assert len(list(sqlite_instance.files.names())) == 1
    assert source.get("documents").text.count("Say what it is") == 1


NO_PLACE: dict[str, Callable[[Script], TestResponse]] = {
    "another hash": lambda script: script.put(0, digest="00" * 32),
    "no hash": lambda script: script.put(0, digest="no hash"),
    "nothing": lambda script: script.put(0, b""),
    "too short": lambda script: script.put(0, b"short"),
    "too long": lambda script: script.put(3, PIECES[0]),
    "behind the end": lambda script: script.put(4, PIECES[0]),
    "too few hashes": lambda script: script.finish(PIECES[:3]),
    "no hashes": lambda script: script.finish([]),
}


@pytest.mark.parametrize("how", NO_PLACE)
def test_what_does_not_belong_is_refused(source: Source, sqlite_instance: Instance, how: str) -> None:
    script = Script(source)
    script.begin()
    before = arriving(sqlite_instance)
    answer = NO_PLACE[how](script)
    if answer.status_code != HTTPStatus.LENGTH_REQUIRED:  # the client says no length of nothing
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert answer.get_json()["why"]
    assert arriving(sqlite_instance) == before
    assert list(sqlite_instance.files.names()) == []


def test_a_piece_larger_than_one_may_be_is_refused_unread(source: Source) -> None:
    script = Script(source)
    script.begin()
    assert script.put(0, bytes(1024 * 1024 + 1)).status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.parametrize(
    "told",
    [
        {"size": 0},
        {"size": -1},
        {"size": 2**31 + 1},
        {"size": "much"},
        {"size": True},
        {"name": 7},
        {"piece": 1},
        {"piece": 2**21},
    ],
    ids=str,
)
def test_what_cannot_be_taken_is_said_at_the_beginning(source: Source, told: dict[str, object]) -> None:
    answer = Script(source).begin(**told)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.get_json()["why"]


def test_a_beginning_that_is_no_sense_is_refused(source: Source) -> None:
    script = Script(source)
    for body in (b"", b"[]", b"{", b"\xff", b"[" * 4000, b'{"size": ' + b"9" * 4000 + b"}"):
        assert script.ask("PUT", data=body).status_code in {400, 411, 422}
    assert script.ask("POST", "/finish", data=b"not a hash").status_code == HTTPStatus.BAD_REQUEST


def test_another_file_cannot_take_the_place_of_one_that_was_begun(source: Source) -> None:
    script = Script(source)
    script.begin()
    assert script.begin(size=5).status_code == HTTPStatus.CONFLICT
    assert script.begin(name="other.mp4").status_code == HTTPStatus.CONFLICT


def test_a_draft_carries_so_many_files_and_bytes_and_no_more(
    sqlite_instance: Instance, source: Source
) -> None:
    object.__setattr__(sqlite_instance.settings, "files_per_submission", 3)
    source.attach()
    done = Script(source)
    done.most()
    done.finish()
    Script(source).begin()
    assert "as many files" in Script(source).begin().get_json()["why"]
    object.__setattr__(sqlite_instance.settings, "files_per_submission", 9)
    object.__setattr__(sqlite_instance.settings, "draft_limit", 3 * len(CONTENT))
    assert "more than one account can carry" in Script(source).begin().get_json()["why"]
    answer = source.attach(bytes(2 * len(CONTENT)))
    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert "more than one account can carry" in said(answer)


def test_a_script_without_the_pages_own_token_is_refused(sqlite_instance: Instance, source: Source) -> None:
    script = Script(source)
    script.token = "forged"
    answers = [script.begin(), script.put(0), script.finish(), script.ask("POST", "/drop")]
    assert {one.status_code for one in answers} == {400}
    assert arriving(sqlite_instance) == []


def test_nobody_finds_the_pieces_of_another_draft(sqlite_instance: Instance, source: Source) -> None:
    script = Script(source)
    script.begin()
    script.put(0)
    stranger = Script(Source(sqlite_instance), upload_id=script.id)
    assert stranger.put(0).status_code == HTTPStatus.NOT_FOUND
    assert stranger.finish().status_code == HTTPStatus.NOT_FOUND
    assert stranger.begin(size=1).get_json() == {"missing": [0]}
    assert script.begin().get_json() == {"missing": [1, 2, 3]}


def test_after_sending_nothing_more_is_taken(source: Source) -> None:
    script = Script(source)
    script.begin()
    source.submit()
    answers = [script.put(0), script.begin(), script.finish()]
    assert {one.status_code for one in answers} == {409}


def test_each_piece_keeps_the_visit_open(sqlite_instance: Instance, source: Source) -> None:
    script = Script(source)
    script.begin()
    for index in range(4):
        sqlite_instance.clock.advance(hours=2)
        assert script.put(index).status_code == HTTPStatus.NO_CONTENT
    assert script.finish().get_json() == {"done": True}


def test_what_came_in_part_can_be_left_out(sqlite_instance: Instance, source: Source) -> None:
    script = Script(source)
    script.begin()
    script.put(0)
    [leaving] = re.findall(r'action="/en/(documents/arriving/[0-9a-f-]+/drop)"', source.get("documents").text)
    for _ in range(2):
        assert source.post(leaving, seen="documents").status_code == HTTPStatus.SEE_OTHER
        assert arriving(sqlite_instance) == []


def test_no_piece_lies_on_the_disk_in_clear(sqlite_instance: Instance, source: Source) -> None:
    script = Script(source, b"CANARY" + bytes(SMALLEST) + b"CANARY")
    script.begin(name="CANARY.mp4")
    script.put(0)
    script.put(1)
    kept = arriving(sqlite_instance)
    assert len(kept) == 3
    assert {one.stat().st_mode & 0o777 for one in kept} == {0o600}
    assert {int(one.stat().st_mtime) % 86_400 for one in kept} == {0}
    for _ in range(2):
        everything = [one for one in sqlite_instance.settings.instance.rglob("*") if one.is_file()]
        assert not any(b"CANARY" in one.read_bytes() for one in everything)
        script.finish()


def test_a_finish_that_is_under_way_is_not_begun_twice(
    sqlite_instance: Instance, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(source)
    script.most()
    met: list[TestResponse] = []
    real = Landing.finish

    def slow(*args: Any, **how: Any) -> object:
        met.append(script.finish())
        return real(*args, **how)

    monkeypatch.setattr(Landing, "finish", slow)
    assert script.finish().get_json() == {"done": True}
    assert [one.status_code for one in met] == [HTTPStatus.ACCEPTED]
    assert len(list(sqlite_instance.files.names())) == 1


@pytest.mark.parametrize("erased", [True, False])
@pytest.mark.parametrize("coded", [True, False])
def test_a_finish_sent_again_while_the_first_one_ends_meets_what_is_here(
    sqlite_instance: Instance, source: Source, monkeypatch: pytest.MonkeyPatch, *, coded: bool, erased: bool
) -> None:
    if coded:
        source.take_code()
    script = Script(source)
    script.most()
    turns, finished = ["the first"], list[UUID]()
    lock, finish = Landing.lock, Landing.finish

    def slow(here: Landing, upload_id: UUID) -> object:
        if turns:  # the later request has looked, and stands before the lock
            turns.pop()
            with monkeypatch.context() as patched, ThreadPoolExecutor(1) as elsewhere:
                if not erased:
                    patched.setattr(Landing, "drop", lambda *_args: None)
                assert elsewhere.submit(script.finish).result().get_json() == {"done": True}
        return lock(here, upload_id)

    def counted(here: Landing, files: Any, upload_id: UUID, *args: Any, **how: Any) -> object:
        finished.append(upload_id)
        return finish(here, files, upload_id, *args, **how)

    monkeypatch.setattr(Landing, "lock", slow)
    monkeypatch.setattr(Landing, "finish", counted)
    assert script.finish().get_json() == {"done": True}
    assert finished == [script.id]
    assert len(list(sqlite_instance.files.names())) == 1
    assert source.get("documents").text.count("Say what it is") == 1
    assert arriving(sqlite_instance) == []


def full(*_args: object) -> None:
    raise OSError(28, "no space left")


def test_a_full_disk_is_said_and_the_same_piece_is_taken_later(
    sqlite_instance: Instance, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(source)
    script.begin()
    with monkeypatch.context() as patched:
        patched.setattr("portal.store.arrivals.settle", full)
        assert script.put(0).status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert len(arriving(sqlite_instance)) == 1, "nothing of the piece is left"
    script.most()
    with monkeypatch.context() as patched:
        patched.setattr("portal.store.files.settle", full)
        assert script.finish().status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert list(sqlite_instance.files.names()) == []
    assert script.finish().get_json() == {"done": True}


def test_the_last_bytes_of_a_disk_are_not_for_pieces(
    source: Source, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = Script(source)
    script.begin()
    free = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _where: free._replace(free=1024))
    Arrivals(tmp_path).begin("0" * 32, "1" * 32, b"x")
    with pytest.raises(UnavailableError):
        Arrivals(tmp_path, reserve=1024).begin("0" * 32, "1" * 32, b"x")
    monkeypatch.setattr(shutil, "disk_usage", lambda _where: free._replace(free=64 * 1024))
    assert script.put(0).status_code == HTTPStatus.SERVICE_UNAVAILABLE


@pytest.mark.parametrize("when", ["draft_again", "keep"])
def test_a_finish_that_breaks_off_leaves_the_draft_and_succeeds_when_asked_again(
    sqlite_instance: Instance, source: Source, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    script = Script(source)
    script.most()

    with monkeypatch.context() as patched:
        patched.setattr(visit, when, broken)
        assert script.finish().status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "Ready to send" not in said(source.get("documents"))
    assert script.begin().get_json() == {"missing": []}
    assert script.finish().get_json() == {"done": True}
    [(_, whole)] = sent_files(sqlite_instance, source)
    assert whole == CONTENT


@pytest.mark.parametrize("kept", [False, True])
def test_a_commit_that_fails_after_the_last_piece_keeps_nobody_from_trying_again(
    sqlite_instance: Instance, source: Source, monkeypatch: pytest.MonkeyPatch, *, kept: bool
) -> None:
    if kept:
        source.take_code()
    script = Script(source)
    script.most()
    with monkeypatch.context() as patched:
        patched.setattr(edge, "finish", broken)
        assert script.finish().status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "Ready to send" not in said(source.get("documents"))
    assert script.finish().get_json() == {"done": True}
    assert source.get("documents").text.count("Say what it is") == 1
    assert arriving(sqlite_instance) == []


def test_a_recording_that_is_kept_leaves_no_pieces_and_no_lock(
    sqlite_instance: Instance, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = spoken(source, WEBM + b"a" * 900)
    keep = f"documents/arriving/{script.id}/keep"
    with monkeypatch.context() as patched:
        patched.setattr(edge, "finish", broken)
        answer = source.send(keep, csrf_token=script.token)
        assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    with source.send(keep, csrf_token=script.token) as answer:
        assert answer.location == "/en/documents"
    assert source.get("documents").text.count("Say what it is") == 1
    assert arriving(sqlite_instance) == []


def broken(*_args: object) -> None:
    raise RuntimeError


def test_a_file_finished_after_the_visitor_has_left_is_erased(
    sqlite_instance: Instance, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(source)
    script.most()
    monkeypatch.setattr(visit, "draft_again", lambda _before: None)
    assert script.finish().status_code == HTTPStatus.CONFLICT
    assert list(sqlite_instance.files.names()) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.integers(0, 3), max_size=12),
    lost=st.sets(st.integers(0, 11)),
    wrong=st.sets(st.integers(0, 11)),
)
def test_in_any_order_twice_lost_or_damaged_the_file_arrives_whole(
    sqlite_instance: Instance, order: list[int], lost: set[int], wrong: set[int]
) -> None:
    source = Source(sqlite_instance)
    script = Script(source)
    script.begin()
    for step, index in enumerate(order):
        if step in wrong:
            assert script.put(index, b"x" * len(PIECES[index]), digest="11" * 32).status_code == 422
        elif step not in lost:
            assert script.put(index).status_code == HTTPStatus.NO_CONTENT
    came = {index for step, index in enumerate(order) if step not in lost | wrong}
    missing = [index for index in range(4) if index not in came]
    assert script.begin().get_json() == {"missing": missing}
    if missing:
        assert script.finish().get_json() == {"missing": missing}
    for index in missing:
        script.put(index)
    assert script.finish().get_json() == {"done": True}
    assert source.get("documents").text.count("Say what it is") == 1


# recordings


def spoken(source: Source, *slices: bytes) -> Script:
    """Record so many slices."""
    script = Script(source, b"".join(slices))
    script.pieces = list(slices)
    begun = script.begin(name="recording.webm", size=0, piece=2**20, spoken=True)
    assert begun.get_json() == {"missing": []}
    for index in range(len(slices)):
        assert script.put(index).status_code == HTTPStatus.NO_CONTENT
    return script


def test_a_recording_grows_slice_by_slice(sqlite_instance: Instance, source: Source) -> None:
    script = spoken(source, WEBM + b"first", b"second slice", b"3")
    assert script.finish().get_json() == {"done": True}
    [(attached, whole)] = sent_files(sqlite_instance, source)
    assert whole == WEBM + b"firstsecond slice3"
    assert (attached.name, attached.content_type) == ("recording.webm", "audio/webm")


def test_a_recording_that_was_cut_off_can_be_kept_as_far_as_it_came(
    sqlite_instance: Instance, source: Source
) -> None:
    script = spoken(source, b"one", b"two")
    script.pieces = [b"one", b"two", b"lost", b"four"]
    script.put(3)
    assert script.finish().get_json() == {"missing": [2]}
    [keeping] = re.findall(r'action="/en/(documents/arriving/[0-9a-f-]+/keep)"', source.get("documents").text)
    assert source.post(keeping, seen="documents").status_code == HTTPStatus.SEE_OTHER
    assert "as far as it came" in said(source.get("documents"))
    [(_, whole)] = sent_files(sqlite_instance, source)
    assert whole == b"onetwo"


def test_only_a_recording_of_which_something_came_can_be_kept_in_part(source: Source) -> None:
    script = Script(source)
    script.begin()
    script.put(0)
    for upload_id in (script.id, uuid4()):
        answer = source.post(f"documents/arriving/{upload_id}/keep", seen="documents")
        assert answer.status_code == HTTPStatus.SEE_OTHER
        assert "Nothing of this recording" in said(source.get("documents"))


def test_a_recording_has_an_end_too(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece_routes, "RECORDING", 100_000)
    script = spoken(source, bytes(60_000))
    script.pieces.append(bytes(60_000))
    answer = script.put(1)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "as long as one can be" in answer.get_json()["why"]


def test_the_microphone_may_be_asked_for_on_that_page_only(source: Source) -> None:
    assert "microphone=(self)" in source.get("voice").headers["Permissions-Policy"]
    assert "media-src 'self' blob:" in source.get("voice").headers["Content-Security-Policy"]
    for path in ("", "account", "documents", "check"):
        assert "microphone=()" in source.get(path).headers["Permissions-Policy"]


# without scripts


def test_a_file_that_was_chosen_but_not_added_comes_along_with_continue_and_with_back(source: Source) -> None:
    for action in ("continue", "back"):
        answer = source.attach(CONTENT, name=f"{action}.jpg", action=action)
        assert answer.status_code == HTTPStatus.SEE_OTHER
        assert not answer.location.endswith("/documents")
        assert f"{action}.jpg" in source.get("documents").text


def test_continue_needs_no_file(source: Source) -> None:
    answer = source.attach(b"", name="", action="continue")
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert not answer.location.endswith("/documents")


def test_several_files_come_at_once_or_none_of_them(sqlite_instance: Instance, source: Source) -> None:
    object.__setattr__(sqlite_instance.settings, "file_limit", 1024 * 1024)
    answer = source.attach(b"one", name="1.jpg", more=[("2.jpg", b"two"), ("", b""), ("3.jpg", b"three")])
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert "3 files are here" in said(source.get("documents"))
    answer = source.attach(bytes(700_000), name="a.jpg", more=[("b.jpg", bytes(700_000))])
    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert len(list(sqlite_instance.files.names())) == 3


def test_the_words_beside_a_refused_file_are_shown_again(sqlite_instance: Instance, source: Source) -> None:
    object.__setattr__(sqlite_instance.settings, "file_limit", 1024 * 1024)
    for content in (bytes(1024 * 1024 + 1), bytes(3 * 1024 * 1024), b""):
        page = source.attach(content, caption="نامهٔ <برادرم>")
        assert page.status_code in {400, 413}
        assert 'value="نامهٔ &lt;برادرم&gt;"' in page.text


def test_the_limits_are_said_before_anything_is_chosen(source: Source) -> None:
    page = said(source.get("documents"))
    assert "25 megabytes" in page
    assert "2 GB" in page
    assert "25 megabytes" in said(source.get("voice"))


def test_a_recording_made_elsewhere_comes_through_the_page_of_the_voice(source: Source) -> None:
    answer = source.attach(b"ID3 a voice", name="voice.mp3", path="voice")
    assert answer.location.endswith("/documents")
    assert "voice.mp3" in source.get("voice").text
    refused = source.attach(b"", name="", path="voice")
    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert "microphone=(self)" in refused.headers["Permissions-Policy"]


def test_what_a_file_is_who_made_it_and_where_the_original_is_goes_with_it(
    sqlite_instance: Instance, source: Source
) -> None:
    source.attach(CONTENT, name="one.jpg", caption="first")
    [about] = re.findall(r'href="/en/(documents/[0-9a-f-]+)"', source.get("documents").text)
    assert 'value="first"' in source.get(about).text
    told = {"caption": "a letter", "kind": "letter", "maker": "my brother, 1367", "original": "with me"}
    assert source.post(about, action="continue", **told).status_code == HTTPStatus.SEE_OTHER
    assert source.post(about, action="skip", caption="forgotten").status_code == HTTPStatus.SEE_OTHER
    assert "a letter" in said(source.get("documents"))
    assert source.get(f"documents/{uuid4()}").status_code == HTTPStatus.SEE_OTHER
    [(attached, _)] = sent_files(sqlite_instance, source)
    assert {name: getattr(attached, name) for name in told} == told


def test_nothing_of_what_is_not_sent_yet_stands_in_the_ledger(
    sqlite_instance: Instance, source: Source
) -> None:
    def length() -> int:
        with sqlite_instance.database.session(write=False) as session:
            return session.scalars(select(func.count(LedgerEntry.seq))).one()

    before = length()
    source.attach(CONTENT, name="one.jpg")
    [about] = re.findall(r'href="/en/(documents/[0-9a-f-]+)"', source.get("documents").text)
    source.get(about)
    source.post(about, action="continue", caption="a letter")
    script = Script(source)
    script.most()
    assert script.finish().status_code == HTTPStatus.OK
    source.get("voice")
    source.attach(b"ID3 a voice", name="voice.mp3", path="voice")
    cut = spoken(source, b"one", b"two")
    source.post(f"documents/arriving/{cut.id}/keep", seen="documents")
    left = Script(source)
    left.begin()
    source.post(f"documents/arriving/{left.id}/drop", seen="documents")
    assert length() == before
    source.submit()
    assert length() > before


def test_whoever_attaches_from_beside_the_account_meets_the_questions_after_it(source: Source) -> None:
    source.post("account", narrative="A letter tells it.", action="documents")
    back = source.attach(b"", name="", path="documents", action="back")
    assert back.location.endswith("/account")
    on = source.attach(b"", name="", path="documents", action="continue")
    assert not on.location.endswith(("/permissions", "/documents"))
