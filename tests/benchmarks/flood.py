"""What a flood of junk does to those who have something to tell, and to those who look for it.

    python tests/benchmarks/flood.py [--quick]

A real server (gunicorn, two workers) is flooded over loopback for twelve minutes (``--quick``: forty
seconds) by *naive* senders, who begin a visit, write a sentence and press *Send* as fast as they are
answered, and come back to every place that has ripened and guess a word; and by *solving* senders, who work
their proofs out at the speed of this machine. Meanwhile people come: half with scripts, whose proof is worked
out here and brought after the time that a slow telephone would take (``PHONE`` hashes a second); half
without, who write for a minute, press *Send*, wait as long as the page says and choose the right word.

How to read it. ``people`` must all be ``in``; ``added_s`` is what each waited from *Send* to the nine words,
with the middle and the slow end; who writes as long as the longest wait waits no time. ``senders`` says how
often each kind pressed *Send*, and how much of it was let in. ``grown`` is what the instance grew by.
``desk``: the junk is filled up to ten thousand of one kind and one day, past the ledger, and a reviewer
looks: ``queue_page`` and ``spread_page`` are the pages of fifty on which each of the people's accounts stands
(median and last), in the plain queue and in *One of each kind*. Accounts that look like the junk from outside
are not among them: ``presses_to_see_through_all`` is how often a hundred must be looked at to find those.
"""

import http.client
import os
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from apparatus import MIB, Server, Visitor, fresh_instance, milliseconds, quantile, report, served, sign_in
from builders import Instance
from proofs import solve, task_on
from sqlalchemy import func, insert, select

from portal.casework import skimming
from portal.intake.letting_in_words import kinds
from portal.intake.models import Compartment, Consent, Part, SealedField, Submission

PHONE = 60_000
JUNK = "Buy our watches."
STORY = "I was in Gohardasht in the summer of 1988. They took us to the corridor one by one. " * 60
WRITING = 60.0
FULL = 10_000
_SPENT = (11, 12, 13, 14)
"""Fields of the kernel's own count: user and system, and those of workers that were replaced meanwhile."""
_FORM = "application/x-www-form-urlencoded"
_WORD = re.compile(r'name="word" value="(\d)"><span>([^<]+)</span>')
_LEGEND = re.compile(r"<legend>([^<]+)</legend>")


@dataclass
class Reader(Visitor):
    """A visitor who reads what is on the page."""

    page: str = ""

    def take(self) -> int:
        """Take an answer in whole, and keep its words."""
        answer = self.connection.getresponse()
        body = answer.read()
        self.length, self.path = len(body), answer.getheader("Location") or ""
        self.page = body.decode(errors="replace")
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self.cookies.load(value)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.page)
        self.token = found[1] if found else self.token
        return answer.status

    def post(self, path: str, **fields: str) -> int:
        """Send a form with the token of the page before."""
        body = urlencode({"csrf_token": self.token, "action": "continue", **fields}).encode()
        return self.ask("POST", path, body, Content_Type=_FORM)

    def ask(self, method: str, path: str, body: bytes | None = None, **more: str) -> int:
        """Send a request, once more when the server had ended a connection that rested."""
        try:
            return super().ask(method, path, body, **more)
        except (ConnectionError, http.client.HTTPException):
            self.connection.close()
            return super().ask(method, path, body, **more)

    def rest(self) -> None:
        """Let the connection go while nothing is asked."""
        self.connection.close()

    def send(self) -> bool:
        """Press *Send*; tell whether the nine words came."""
        self.ask("GET", "/en/check")
        self.post("/en/check", reread="no")
        return self.path.endswith("/received")


@dataclass
class Count:
    """What happened so far."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    said: Counter[str] = field(default_factory=Counter)
    waited: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def add(self, what: str, number: int = 1) -> None:
        """Count something."""
        with self.lock:
            self.said[what] += number

    def took(self, who: str, seconds: float) -> None:
        """Note how long somebody waited."""
        with self.lock:
            self.waited.setdefault(who, []).append(seconds)


def naive(port: int, until: float, count: Count) -> None:
    """Send junk without scripts, and come back to every place that may have ripened."""
    places: list[tuple[float, Reader]] = []
    while time.monotonic() < until:
        visitor = Reader(port)
        visitor.fill("/en/account", narrative=JUNK)
        count.add("naive pressed")
        if visitor.send():
            count.add("naive in")
        else:
            visitor.rest()
            places.append((time.monotonic() + 600, visitor))
        while places and places[0][0] < time.monotonic():
            _due, old = places.pop(0)
            if guessed(old, random.choice):
                count.add("naive in")
            else:
                old.rest()
                places.append((time.monotonic() + 5, old))
        visitor.rest()


def guessed(visitor: Reader, choose: Callable[[list[str]], str]) -> bool:
    """Look at the waiting page, choose a word if one is asked for, and send when it is time."""
    visitor.ask("GET", "/en/wait?then=check")
    words = _WORD.findall(visitor.page)
    if words:
        visitor.post("/en/wait?then=check", word=choose([place for place, _ in words]))
    if 'action="/en/check"' not in visitor.page:
        return False
    visitor.post("/en/check")
    return visitor.path.endswith("/received")


def right_word(visitor: Reader) -> str:
    """Choose as a person does."""
    legend = _LEGEND.search(visitor.page)
    kind = next(one for one in kinds("en").values() if legend and one.ask == legend[1])
    return next(place for place, word in _WORD.findall(visitor.page) if word in kind.words)


def prove(visitor: Reader, work: Callable[[bytes, int], bytes]) -> bool:
    """Bring the proof that the page asks for, and another if that one came too late."""
    where, salt, bits, token = task_on(visitor.page)
    for _ in range(3):
        answer = work(salt, bits)
        status = visitor.ask("POST", where, answer, X_CSRF_Token=token)
        if status == 204:
            return True
        told = re.search(r'"bits":(\d+).*"salt":"(\w+)"', visitor.page.replace(" ", ""))
        if not told:
            return False
        bits, salt = int(told[1]), bytes.fromhex(told[2])
    return False


def solving(port: int, until: float, count: Count, pool: ProcessPoolExecutor) -> None:
    """Send junk with proofs, each worked out as fast as this machine can."""

    def work(salt: bytes, bits: int) -> bytes:
        count.add("solver hashes", 16 * 2**bits)
        answer: bytes = pool.submit(solve, salt, bits).result()
        return answer

    while time.monotonic() < until:
        visitor = Reader(port)
        visitor.ask("GET", "/en/account")
        if prove(visitor, work):
            visitor.post("/en/account", narrative=JUNK)
            count.add("solving pressed")
            if visitor.send():
                count.add("solving in")
        visitor.rest()


def with_scripts(port: int, count: Count, pool: ProcessPoolExecutor, story: str) -> None:
    """Write with a slow telephone that works meanwhile."""
    visitor, began = Reader(port), time.monotonic()
    visitor.ask("GET", "/en/account")
    bits: list[int] = []

    def work(salt: bytes, hard: int) -> bytes:
        bits.append(hard)
        found: bytes = pool.submit(solve, salt, hard).result()
        ready = began + sum(16 * 2**one for one in bits) / PHONE
        visitor.rest()
        time.sleep(max(0.0, ready - time.monotonic()))
        return found

    proved = prove(visitor, work)
    visitor.rest()
    time.sleep(max(0.0, began + WRITING - time.monotonic()))
    visitor.post("/en/account", narrative=story)
    pressed = time.monotonic()
    _ends("with scripts", visitor, pressed, count, proved=proved)


def without_scripts(port: int, count: Count, story: str) -> None:
    """Write for a minute, then wait as the page says."""
    visitor = Reader(port)
    visitor.ask("GET", "/en/account")
    visitor.rest()
    time.sleep(WRITING)
    visitor.post("/en/account", narrative=story)
    _ends("without scripts", visitor, time.monotonic(), count, proved=True)


def _ends(who: str, visitor: Reader, pressed: float, count: Count, *, proved: bool) -> None:
    done = visitor.send()
    while not done and time.monotonic() < pressed + 900:
        visitor.rest()
        time.sleep(5)
        done = guessed(visitor, lambda _options: right_word(visitor))
    count.took(who, time.monotonic() - pressed)
    count.add(f"{who} {'in' if done and proved else 'lost'}")


def storm(server: Server, seconds: float, people: int, pool: ProcessPoolExecutor) -> Count:
    """Let them all come at once; people come in the first half."""
    count, until = Count(), time.monotonic() + seconds
    threads = [threading.Thread(target=naive, args=(server.port, until, count)) for _ in range(4)]
    threads += [threading.Thread(target=solving, args=(server.port, until, count, pool)) for _ in range(2)]
    for one in threads:
        one.start()
    came: list[threading.Thread] = []
    for number in range(people):
        time.sleep(seconds / 12 / people)
        story = (STORY, JUNK.replace("watches", f"number {number}"))[number % 4 // 2]
        came.append(threading.Thread(target=with_scripts, args=(server.port, count, pool, story)))
        came.append(threading.Thread(target=without_scripts, args=(server.port, count, story)))
        came[-1].start()
        came[-2].start()
    for one in [*came, *threads]:
        one.join()
    return count


def size_of(instance: Instance) -> int:
    """Bytes of the instance's folder."""
    folder = instance.settings.instance
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def fill(instance: Instance) -> int:
    """Copy the junk, from outside, until there are ten thousand cases."""
    rows: dict[Any, list[dict[str, Any]]] = {}
    with instance.database.session(write=True) as session:
        cases = session.scalar(select(func.count()).select_from(Submission)) or 0
        one = next(
            case for case in session.scalars(select(Submission)) if _length(case) == _shortest(session)
        )
        for _ in range(max(0, FULL - cases)):
            case_id = uuid4()
            case = {"id": case_id, "day": one.day, "locator": os.urandom(16), "source_key": one.source_key}
            rows.setdefault(Submission, []).append(case)
            for part in one.parts:
                part_id = uuid4()
                about = {"number": part.number, "compartment": part.compartment, "day": part.day}
                rows.setdefault(Part, []).append({"id": part_id, "submission_id": case_id, **about})
                if part.compartment is Compartment.CONTENT:
                    blob = next(row.blob for row in part.fields if row.name == "narrative")
                    text = {"part_id": part_id, "name": "narrative", "blob": blob}
                    rows.setdefault(SealedField, []).append({"id": uuid4(), **text})
            for said in one.consents:
                kept = {column: getattr(said, column) for column in said.__table__.columns.keys()}  # noqa: SIM118 - no mapping
                rows.setdefault(Consent, []).append({**kept, "id": uuid4(), "submission_id": case_id})
        for table, several in rows.items():
            session.connection().execute(insert(table), several)
    return max(0, FULL - cases)


def _length(case: Submission) -> int:
    return max(len(row.blob) for part in case.parts for row in part.fields if row.name == "narrative")


def _shortest(session: Any) -> int:
    query = select(func.min(func.length(SealedField.blob))).where(SealedField.name == "narrative")
    return int(session.scalar(query))


def desk(instance: Instance) -> dict[str, object]:
    """Let a reviewer look for the people's accounts among ten thousand."""
    with instance.database.session(write=False) as session:
        real = {case.id for case in session.scalars(select(Submission)) if _length(case) > _shortest(session)}
    filled = fill(instance)
    with served(instance, "desk", workers=1) as server:
        reviewer, took, pages = sign_in(instance, server, "cedar"), [], []
        for _ in range(5):
            began = time.perf_counter()
            reviewer.ask("GET", "/en/cases/spread")
            took.append(time.perf_counter() - began)
        pages.append(milliseconds(took))
        reviewer.close()
    with instance.database.session(write=False) as session:
        by = instance.actor("cedar", session)
        spread = [row.id for row in skimming.spread(session, by=by, limit=2 * FULL)]
        plain = list(session.scalars(select(Submission.id).order_by(Submission.day, Submission.id)))
    return {
        "cases": len(plain),
        "of_them_filled_in": filled,
        "accounts_that_look_otherwise": len(real),
        "queue_page": _pages(plain, real),
        "spread_page": _pages(spread, real),
        "spread_page_ms": pages[0],
        "presses_to_see_through_all": -(-len(plain) // skimming.SKIM),
    }


def _pages(order: list[UUID], wanted: set[UUID]) -> dict[str, float]:
    found = [1 + place // skimming.PAGE for place, one in enumerate(order) if one in wanted]
    return {"median": median(found), "last": max(found)}


def hashes_per_second() -> int:
    """How fast one core of this machine works proofs out, as the senders here do."""
    began, bits = time.process_time(), 12
    solve(b"\0" * 16, bits)
    return int(16 * 2**bits / (time.process_time() - began))


def main() -> None:
    """Print the figures."""
    quick = "--quick" in sys.argv
    seconds, people = (40.0, 4) if quick else (720.0, 40)
    with fresh_instance() as instance, ProcessPoolExecutor(1) as pool:
        before = size_of(instance)
        with served(instance, "intake", settings={"PORTAL_QUIET_ACCOUNTS": "60"}) as server:
            began, cpu = time.monotonic(), server.cpu(*_SPENT)
            count = storm(server, seconds, people, pool)
            lasted, spent = time.monotonic() - began, server.cpu(*_SPENT) - cpu
        said, grown = count.said, size_of(instance) - before
        let_in = said["naive in"] + said["solving in"]
        report(
            {
                "seconds": round(lasted),
                "people": {
                    who: {
                        "in": said[f"{who} in"],
                        "lost": said[f"{who} lost"],
                        "added_s": {
                            "p50": round(quantile(waits, 0.5), 2),
                            "p99": round(quantile(waits, 0.99), 2),
                        },
                    }
                    for who, waits in sorted(count.waited.items())
                },
                "senders": {
                    "pressed": said["naive pressed"] + said["solving pressed"],
                    **{
                        name: said[name]
                        for name in ("naive pressed", "naive in", "solving pressed", "solving in")
                    },
                    "hashes_per_s_of_a_core": hashes_per_second(),
                    "hashes_for_each_of_the_solving": said["solver hashes"]
                    // max(1, said["solving pressed"]),
                },
                "server_cpu_s": round(spent, 1),
                "grown": {
                    "mib": round(grown / MIB, 1),
                    "kib_for_each_let_in": round(grown / 1024 / max(1, let_in)),
                },
                "desk": desk(instance),
            }
        )


if __name__ == "__main__":
    main()
