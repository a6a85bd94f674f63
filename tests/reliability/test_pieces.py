"""Files in pieces through real servers: killed again and again they arrive; memory does not grow."""

import hashlib
import http.client
import os
import sys
import time
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

from builders import Instance
from live import EVERYTHING, Answer, Browser, Server, temporary_memory

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import uploads
from apparatus import MIB, served

PIECE = 64 * 1024
COUNT = 800 if EVERYTHING else 200
RISE = 64
"""MiB by which the resident memory of the server may rise, whatever the size of the file."""


class Sender:
    """The script of the documents page, with its patience."""

    def __init__(self, browser: Browser, content: bytes) -> None:
        self.browser = browser
        self.pieces = [content[start : start + PIECE] for start in range(0, len(content), PIECE)]
        self.path, self.size, self.broken = f"documents/arriving/{uuid4()}", len(content), 0
        browser.get("documents")

    def ask(self, method: str, path: str, body: bytes, **headers: str) -> Answer:
        ended = time.monotonic() + 60
        while time.monotonic() < ended:
            try:
                answer = self.browser.send(method, path, body, X_CSRF_Token=self.browser.token, **headers)
            except (OSError, http.client.HTTPException):
                self.broken += 1
                time.sleep(0.05)
                continue
            if answer.status not in {202, 500, 503}:
                return answer
            time.sleep(0.05)
        raise AssertionError("the server did not come back")

    def send(self) -> None:
        told = f'{{"name": "film.mp4", "size": {self.size}, "piece": {PIECE}}}'.encode()
        assert self.ask("PUT", self.path, told).status == 200
        digests = [hashlib.sha256(one) for one in self.pieces]
        for index, (piece, digest) in enumerate(zip(self.pieces, digests, strict=True)):
            answer = self.ask("PUT", f"{self.path}/{index}", piece, X_SHA_256=digest.hexdigest())
            assert answer.status == 204, answer.text
            time.sleep(0.01)
        assert b'"missing":[]' in self.ask("PUT", self.path, told).body, "what was acknowledged is there"
        whole = b"".join(one.digest() for one in digests)
        assert b'"done":true' in self.ask("POST", f"{self.path}/finish", whole).body


def test_a_file_arrives_whole_though_the_server_is_killed_again_and_again(sqlite_instance: Instance) -> None:
    over, kills = Event(), []
    with temporary_memory() as memory:
        sessions = memory / "sessions" if memory else None
        if sessions is None:
            return
        server = Server(sqlite_instance.settings.instance, "--again", sessions=sessions, faces="intake")

        def killing() -> None:
            # Rarer and rarer: on any machine what takes long is cut off at first, and done in the end.
            while not over.wait(0.15 + len(kills) / 100):
                kills.append(server.kill_child())

        killer = Thread(target=killing)
        try:
            sender = Sender(Browser(server.port("intake")), os.urandom(COUNT * PIECE - 5))
            killer.start()
            sender.send()
            over.set()
            killer.join()
            page = sender.browser.get("documents").text
        finally:
            over.set()
            server.end()
    assert sender.broken, "it was cut off"
    assert page.count("film.mp4</bdi> <span") == 1, "once, and whole"
    assert "data-upload-id" not in page or sender.path.rpartition("/")[2] in page
    print(f"{len(kills)} kills, {sender.broken} broken connections")  # noqa: T201 - shown with -s


def test_a_large_file_is_put_together_in_the_memory_of_a_small_one(sqlite_instance: Instance) -> None:
    block = os.urandom(MIB)
    with served(sqlite_instance, "intake", workers=1) as server:
        found = [uploads.pieces(server, block, mib) for mib in (8, 256)]
    print(found)  # noqa: T201 - shown with -s
    assert all(one["taken"] for one in found)
    assert max(one["memory_mib"] for one in found) < RISE
