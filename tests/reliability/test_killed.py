"""The server is killed at random moments while people send: what was acknowledged is there and opens."""

import hashlib
import http.client
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

from builders import Instance
from live import EVERYTHING, Answer, Browser, Server, words_on
from sqlalchemy import select

from portal import upkeep
from portal.intake import opening
from portal.intake import service as intake
from portal.intake.models import Document, Submission
from portal.permissions import Group
from portal.vault import receipt as receipts
from portal.vault.stream import SealedReader

KILLS = 150 if EVERYTHING else 40
CLIENTS = 3
CHUNK = 16 * 1024
SIZES = (
    0,
    1,
    CHUNK - 1,
    CHUNK,
    CHUNK + 1,
    4 * CHUNK - 1,
    4 * CHUNK,
    4 * CHUNK + 1,
    131_072,
    700_001,
    2_097_152,
)
RECEIPTS_TRIED = 25
PATIENCE = 60.0


@dataclass(frozen=True)
class Acknowledged:
    """What a source was told has arrived."""

    mark: str
    words: tuple[str, ...] = field(repr=False)
    sha256: str = ""


class Source:
    """Somebody who keeps sending accounts, and tries again whenever the connection breaks."""

    def __init__(self, port: int, number: int, over: Event) -> None:
        self.port, self.over = port, over
        self.chance = random.Random(number)  # noqa: S311 - which sizes come is no secret
        self.acknowledged: list[Acknowledged] = []
        self.answered = 0
        self.broken, self.refused, self.failed = 0, 0, []  # type: ignore[var-annotated]

    def run(self) -> None:
        while not self.over.is_set():
            try:
                self.acknowledged.append(self.one())
            except Exception as problem:  # noqa: BLE001 - told to the test, whatever it is
                self.failed.append(repr(problem))
                return

    def keep_at(self, browser: Browser, act: Callable[[], Answer]) -> Answer:
        """Do one thing until it is answered."""
        ended = time.monotonic() + PATIENCE
        while time.monotonic() < ended:
            try:
                answer = act()
            except (OSError, http.client.HTTPException):
                self.broken += 1
                browser.close()
                time.sleep(0.01)
                continue
            self.answered += 1
            if answer.status < 500:
                return answer
            self.refused += 1
        raise TimeoutError("no answer")

    def one(self) -> Acknowledged:
        """Send one account with a file of some size; the page with the words is the acknowledgement."""
        browser = Browser(self.port)
        size = self.chance.choice(SIZES)
        content, mark = os.urandom(size), uuid4().hex
        self.keep_at(browser, lambda: browser.get("account"))
        self.keep_at(browser, lambda: browser.post("account", narrative=f"This is account {mark}."))
        sent = self.keep_at(browser, lambda: browser.attach("documents", name="a.bin", content=content))
        assert sent.status == (303 if size else 400), (sent.status, size)
        self.keep_at(browser, lambda: browser.get("check"))
        assert self.keep_at(browser, lambda: browser.post("check", reread="no")).location.endswith(
            "/received"
        )
        words = words_on(self.keep_at(browser, lambda: browser.get("received")))
        browser.close()
        assert len(words) == 9
        return Acknowledged(mark, words, hashlib.sha256(content).hexdigest() if size else "")


def kill_often(server: Server, sources: list[Source], kills: int, chance: random.Random) -> int:
    """Kill the serving child at random moments: mostly while it serves, at times before it does."""
    done, last = 0, ""
    while done < kills:
        child = server.child.read_text(encoding="ascii") if server.child.exists() else ""
        if child == last:
            time.sleep(0.005)
            continue
        before, waited = sum(one.answered for one in sources), time.monotonic() + 5
        blind = chance.random() < 0.1
        while not blind and sum(one.answered for one in sources) == before and time.monotonic() < waited:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.7))
        if server.kill_child():
            done, last = done + 1, child
    return done


def read_all(instance: Instance) -> dict[str, set[str]]:
    """Every submission as a reviewer opens it: the mark of its account, the digests of its files."""
    seed = instance.secrets.group_seeds[Group.INTAKE]
    found: dict[str, set[str]] = {}
    with instance.database.session(write=False) as session:
        for submission_id in session.scalars(select(Submission.id)).all():
            submission = opening.load(session, submission_id)
            keys = opening.part_keys(session, submission, seed)
            mark = opening.open_fields(submission, keys)["narrative"].split()[-1].rstrip(".")
            assert mark not in found, "an account arrived twice"
            found[mark] = set()
            for attached in opening.open_documents(submission, keys):
                with instance.files.open(attached.document.stored_name) as source:
                    part = attached.part
                    asked = (part.file_key(attached.document.id), part.file_place(attached.document.id))
                    reader = SealedReader(*asked, source, attached.length)
                    digest = hashlib.sha256(b"".join(reader.read())).hexdigest()
                assert digest == attached.sha256
                found[mark].add(digest)
    return found


def test_nothing_acknowledged_is_lost_however_often_the_server_is_killed(
    sqlite_instance: Instance, servers: list[Server], memory_folder: Path | None
) -> None:
    seed = int(os.environ.get("PORTAL_TEST_SEED", "1988"))
    sessions = memory_folder / "sessions" if memory_folder else None
    server = Server(sqlite_instance.settings.instance, "--again", sessions=sessions, faces="intake")
    servers.append(server)
    over = Event()
    sources = [Source(server.port("intake"), seed + number, over) for number in range(CLIENTS)]
    threads = [Thread(target=one.run) for one in sources]
    for thread in threads:
        thread.start()
    killed = kill_often(server, sources, KILLS, random.Random(seed))  # noqa: S311 - moments, not secrets
    over.set()
    for thread in threads:
        thread.join(PATIENCE)
    server.end()
    assert [one.failed for one in sources] == [[]] * CLIENTS
    told = [each for one in sources for each in one.acknowledged]
    assert killed == KILLS
    assert sum(one.broken for one in sources) >= KILLS // 4  # they were in the middle of something
    assert len(told) >= KILLS // 5

    kept = read_all(sqlite_instance)
    assert [one.mark for one in told if one.mark not in kept] == []
    assert [one.mark for one in told if one.sha256 and one.sha256 not in kept[one.mark]] == []
    _receipts_open(sqlite_instance, told)
    _nothing_is_left_lying(sqlite_instance)
    assert read_all(sqlite_instance) == kept


def _receipts_open(instance: Instance, told: list[Acknowledged]) -> None:
    """The words that were shown find the account; stretched slowly on purpose, so some are enough."""
    with instance.database.session(write=False) as session:
        for one in told[:: max(1, len(told) // RECEIPTS_TRIED)]:
            keys = receipts.keys_of(receipts.parse(" ".join(one.words)), instance.keys.receipt_salt)
            assert intake.find_by_receipt(session, receipt=keys) is not None


def _nothing_is_left_lying(instance: Instance) -> None:
    """After the sweep: no part, no file without a row, no key without a submission, and all verified."""
    upkeep.sweep(instance.database, instance.settings, older_than=0, now=datetime.now(UTC))
    assert list((instance.settings.files / "incoming").glob("*")) == []
    with instance.database.session(write=False) as session:
        rows = set(session.scalars(select(Document.stored_name)))
    assert set(instance.files.names()) == rows
    report = upkeep.verify_folder(instance.settings.instance, {})
    assert report.problems == []
    assert report.warnings == []
    assert report.counts["files"] == len(rows)
