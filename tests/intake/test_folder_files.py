"""Files added in the folder: several at once, or piece by piece with pauses; only whose words open it."""

import hashlib
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import pytest
from builders import Instance
from cases import at_desk
from sqlalchemy import func, select
from visits import Source, said, token
from werkzeug.test import TestResponse

from portal.casework import reading
from portal.casework import service as cases
from portal.intake.chunks import SMALLEST
from portal.intake.models import Document, Submission
from portal.ledger.models import LedgerEntry
from portal.web import edge

CONTENT = b"\xff\xd8\xff" + bytes(range(256)) * 900 + b"the end"


class Script:
    """What the script of the folder does, step by step."""

    def __init__(self, source: Source, content: bytes = CONTENT, *, upload_id: UUID | None = None) -> None:
        self.source, self.content, self.id = source, content, upload_id or uuid4()
        self.pieces = [content[start : start + SMALLEST] for start in range(0, len(content), SMALLEST)]
        self.token = token(source.get("folder"))

    def ask(self, method: str, path: str = "", **how: Any) -> TestResponse:
        headers = {"X-CSRF-Token": self.token, **how.pop("headers", {})}
        where = f"/{self.source.language}/folder/arriving/{self.id}{path}"
        return self.source.client.open(where, method=method, headers=headers, buffered=True, **how)

    def begin(self, **told: object) -> TestResponse:
        what = {"name": "film.mp4", "size": len(self.content), "piece": SMALLEST, "caption": "", **told}
        return self.ask("PUT", json=what)

    def put(self, index: int) -> TestResponse:
        data = self.pieces[index]
        named = hashlib.sha256(data).hexdigest()
        return self.ask("PUT", f"/{index}", data=data, headers={"X-SHA-256": named})

    def finish(self) -> TestResponse:
        told = b"".join(hashlib.sha256(one).digest() for one in self.pieces)
        return self.ask("POST", "/finish", data=told)

    def all(self, **told: object) -> TestResponse:
        assert self.begin(**told).status_code == HTTPStatus.OK
        for index in range(len(self.pieces)):
            assert self.put(index).status_code == HTTPStatus.NO_CONTENT
        return self.finish()


@pytest.fixture
def source(sqlite_instance: Instance) -> Source:
    return opened(sqlite_instance)


def opened(instance: Instance, *, reread: str = "yes") -> Source:
    source = Source(instance)
    words = source.submit(reread=reread)
    source.come_back(" ".join(words))
    return source


def arriving(instance: Instance) -> list[str]:
    return [one.name for one in (instance.settings.files / "arriving").rglob("*") if one.is_file()]


def documents(instance: Instance) -> int:
    with instance.database.session(write=False) as session:
        return session.scalar(select(func.count()).select_from(Document)) or 0


def test_a_file_that_came_in_pieces_opens_to_its_source_and_to_its_readers(
    sqlite_instance: Instance, source: Source
) -> None:
    assert Script(source).all(caption=" from my brother ").get_json() == {"done": True}
    page = source.get("folder")
    assert "film.mp4" in said(page)
    assert "from my brother" in said(page)
    assert arriving(sqlite_instance) == []
    path = page.text[page.text.index("/en/folder/files/") :].split('"')[0]
    answer = source.client.get(path, buffered=True)
    assert answer.data == CONTENT
    with at_desk(sqlite_instance) as (session, by):
        case_id = session.scalars(select(Submission.id)).one()
        cases.claim(session, by=by, case_id=case_id, now=sqlite_instance.clock())
    with at_desk(sqlite_instance) as (session, by):
        content = reading.read(session, by=by, case_id=case_id).content
        assert content is not None
        assert [one.attached.sha256 for one in content.papers] == [hashlib.sha256(CONTENT).hexdigest()]


def test_it_goes_on_after_a_night_with_the_words_alone(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    words = " ".join(source.submit())
    source.come_back(words)
    script = Script(source)
    script.begin(caption="a film")
    script.put(1)
    sqlite_instance.clock.advance(hours=15)
    later = Source(sqlite_instance)
    later.come_back(words)
    page = later.get("folder/file")
    assert "Come only in part" in said(page)
    assert f'data-upload-id="{script.id}" data-name="film.mp4" data-size="{len(CONTENT)}"' in page.text
    again = Script(later, upload_id=script.id)
    assert again.begin().get_json() == {"missing": [0, 2, 3]}
    assert again.finish().get_json() == {"missing": [0, 2, 3]}
    for index in (3, 0, 2):
        again.put(index)
    assert again.finish().get_json() == {"done": True}
    assert again.finish().get_json() == {"done": True}
    assert again.begin().get_json() == {"done": True, "missing": []}
    assert documents(sqlite_instance) == 1


def broken() -> None:
    raise RuntimeError


def test_a_commit_that_fails_after_the_last_piece_keeps_nobody_from_trying_again(
    sqlite_instance: Instance, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(source)
    script.begin()
    for index in range(len(script.pieces)):
        script.put(index)
    with monkeypatch.context() as patched:
        patched.setattr(edge, "finish", broken)
        assert script.finish().status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert documents(sqlite_instance) == 0
    assert script.finish().get_json() == {"done": True}
    assert documents(sqlite_instance) == 1
    assert arriving(sqlite_instance) == []


def test_another_s_words_find_nothing_of_it(sqlite_instance: Instance, source: Source) -> None:
    mine = Script(source)
    mine.begin()
    mine.put(0)
    other = Script(opened(sqlite_instance), upload_id=mine.id)
    assert other.put(1).status_code == HTTPStatus.NOT_FOUND
    assert other.finish().status_code == HTTPStatus.NOT_FOUND
    other.ask("POST", "/drop", data={"csrf_token": other.token})
    assert "Come only in part: film.mp4" in said(source.get("folder")).replace(" :", ":")
    assert mine.begin().get_json() == {"missing": [1, 2, 3]}


def test_a_closed_folder_takes_nothing(sqlite_instance: Instance, source: Source) -> None:
    script = Script(source)
    script.begin()
    source.post("folder/close", seen="folder")
    for answer in (script.begin(), script.put(0), script.finish()):
        assert answer.status_code == HTTPStatus.SEE_OTHER
        assert answer.location.endswith("/return")
    assert documents(sqlite_instance) == 0


def test_a_script_without_the_page_s_own_token_is_refused(source: Source) -> None:
    script = Script(source)
    script.token = "x"
    assert script.begin().status_code == HTTPStatus.BAD_REQUEST


def test_what_came_in_part_can_be_left_out_and_goes_when_all_is_taken_back(
    sqlite_instance: Instance, source: Source
) -> None:
    first, second = Script(source), Script(source)
    for script in (first, second):
        script.begin()
        script.put(0)
    source.post(f"folder/arriving/{first.id}/drop", seen="folder")
    assert (
        said(source.get("folder/file")).count("film.mp4") == 2
    )  # its name, and in the button that leaves it out
    source.post("folder/withdraw", sure="yes")
    assert arriving(sqlite_instance) == []
    assert second.begin().status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "told",
    [
        {"size": 0},
        {"size": 3 * 1024**3},
        {"caption": "x" * 501},
        {"caption": 7},
        {"piece": 1},
    ],
)
def test_what_cannot_be_taken_is_said_at_the_beginning(source: Source, told: dict[str, object]) -> None:
    assert Script(source).begin(**told).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_there_is_no_recorder_in_the_folder(source: Source) -> None:
    assert Script(source).begin(spoken=True).status_code == HTTPStatus.BAD_REQUEST


def test_an_account_that_came_full_of_files_can_still_be_added_to(sqlite_instance: Instance) -> None:
    object.__setattr__(sqlite_instance.settings, "files_per_submission", 1)
    source = Source(sqlite_instance)
    source.attach()
    words = source.submit()
    source.come_back(" ".join(words))
    for _ in range(4):
        assert Script(source, b"one more").all().get_json() == {"done": True}
    full = Script(source, b"too many").begin()
    assert full.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Your folder holds as many files as it can" in full.get_json()["why"]
    assert "Your folder holds as many files as it can" in said(source.get("folder/file"))


def test_without_scripts_several_files_come_at_once_or_none(
    sqlite_instance: Instance, source: Source
) -> None:
    more = [("second.jpg", b"\xff\xd8\xff two"), ("third.jpg", b"\xff\xd8\xff three")]
    answer = source.attach(path="folder/file", seen="folder", caption="letters", more=more)
    assert answer.status_code == HTTPStatus.SEE_OTHER
    page = said(source.get("folder"))
    assert "3 files are here and sealed." in page
    assert page.count("letters") == 3
    object.__setattr__(sqlite_instance.settings, "file_limit", 1024 * 1024)
    large = [("large.jpg", bytes(1024 * 1024))]
    refused = source.attach(path="folder/file", seen="folder", caption="kept words", more=large)
    assert refused.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert "kept words" in refused.text
    assert documents(sqlite_instance) == 3
    assert len(list(sqlite_instance.files.names())) == 3


def test_who_does_not_read_again_sees_how_many_files_there_are(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance, reread="no")
    assert "No file is with it yet." in said(source.get("folder"))
    assert Script(source).all().get_json() == {"done": True}
    page = said(source.get("folder"))
    assert "1 file is with it." in page
    assert "film.mp4" not in page


def test_what_comes_in_pieces_stands_in_the_ledger_once_and_only_when_it_is_whole(
    sqlite_instance: Instance, source: Source
) -> None:
    def entries() -> int:
        with sqlite_instance.database.session(write=False) as session:
            return session.scalar(select(func.count()).select_from(LedgerEntry)) or 0

    before, script, other = entries(), Script(source), Script(source)
    script.begin()
    other.begin()
    other.ask("POST", "/drop", data={"csrf_token": other.token})
    for index in range(len(script.pieces)):
        script.put(index)
    assert entries() == before
    script.finish()
    assert entries() == before + 1
    script.finish()
    assert entries() == before + 1
