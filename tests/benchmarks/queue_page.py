"""What the first page of work costs when 100,000 cases are there: 50 rows, the longest waiting first.

    python tests/benchmarks/queue_page.py [--quick]

The cases (``--quick``: 5,000) are put into the database directly, past the ledger, each with its parts,
permissions and, for some, holders, documents and messages. A real desk (gunicorn, one worker) is asked over
loopback by a signed-in reviewer for the first page, a page in the middle, the page of one state and of what
they hold themselves.

How to read it. ``p50_ms`` and ``p99_ms`` are whole pages, from the request to the last byte. ``statements``
counts what the database is asked for one page by `portal.casework.service.queue` (without the session's
own), and ``cpu_s`` is the server's processor time per page. The script is not called ``queue.py`` because
the folder of a script comes first where Python looks for the standard library's ``queue``.
"""

import os
import random
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from apparatus import Server, Visitor, fresh_instance, milliseconds, report, served, sign_in
from builders import Instance
from sqlalchemy import event, func, insert, select
from sqlalchemy.orm import DeclarativeBase

from portal.casework import service
from portal.casework.models import Claim
from portal.intake.models import (
    Answer,
    Compartment,
    Consent,
    Document,
    Message,
    Part,
    Speaker,
    Status,
    Submission,
    Use,
)
from portal.staff.models import Staff

_BATCH = 5000
_STATES = (Status.RECEIVED, Status.IN_REVIEW, Status.COMPLETE, Status.AWAITING_SOURCE, Status.SET_ASIDE)
_SEALED = b"\x01" + bytes(1200)


def fill(instance: Instance, number: int) -> None:
    """Put cases in, in batches, spread over five years."""
    chance = random.Random(11)  # noqa: S311 - invented cases
    with instance.database.session(write=True) as session:
        people = select(Staff).where(Staff.name.in_(("birch", "cedar"))).order_by(Staff.name.desc())
        holders = session.scalars(people).all()
        for start in range(0, number, _BATCH):
            rows: dict[type[DeclarativeBase], list[dict[str, Any]]] = {}
            for _ in range(min(_BATCH, number - start)):
                _case(rows, chance, instance, holders)
            for table, several in rows.items():
                session.connection().execute(insert(table), several)


def _case(
    rows: dict[type[DeclarativeBase], list[dict[str, Any]]],
    chance: random.Random,
    instance: Instance,
    holders: Sequence[Staff],
) -> None:
    def add(table: type[DeclarativeBase], **values: Any) -> None:
        rows.setdefault(table, []).append(values)

    case_id, part_id = UUID(bytes=os.urandom(16)), UUID(bytes=os.urandom(16))
    day = instance.clock().date() - timedelta(days=chance.randrange(1800))
    status = chance.choices(_STATES, (40, 15, 35, 5, 5))[0]
    add(
        Submission,
        id=case_id,
        day=day,
        status=status,
        revision=1,
        locator=os.urandom(16),
        source_key=bytes(32),
    )
    for number, compartment in enumerate(Compartment, 1):
        one = part_id if number == 1 else UUID(bytes=os.urandom(16))
        add(Part, id=one, submission_id=case_id, number=number, compartment=compartment, day=day)
    for number, use in enumerate((Use.CONTACT, Use.READ, Use.LINK), 1):
        answer = chance.choice((Answer.YES, Answer.YES, Answer.ASK))
        values = {"number": number, "use": use, "answer": answer, "day": day, "wording": 1, "language": "fa"}
        add(Consent, id=UUID(bytes=os.urandom(16)), submission_id=case_id, **values)
    if status is Status.IN_REVIEW:
        one = chance.choices(holders, (1, 99))[0]
        add(Claim, submission_id=case_id, staff_id=one.id, name=one.name, day=day)
    if chance.random() < 0.3:
        stored = {"stored_name": os.urandom(16).hex(), "stored_size": 1, "stored_sha256": bytes(32)}
        sealed = {"record": _SEALED, "custody": _SEALED}
        add(Document, id=UUID(bytes=os.urandom(16)), part_id=part_id, number=1, day=day, **stored, **sealed)
    if chance.random() < 0.2:
        values = {"number": 1, "speaker": Speaker.SOURCE, "day": day, "blob": _SEALED}
        add(Message, id=UUID(bytes=os.urandom(16)), submission_id=case_id, **values)


def statements(instance: Instance, after: UUID | None) -> int:
    """Count what one page asks the database."""
    asked: list[str] = []
    with instance.database.session(write=False) as session:
        by = instance.actor("cedar", session)
        event.listen(instance.database.main, "before_cursor_execute", lambda *given: asked.append(given[2]))
        service.queue(session, by=by, after=after)
    return len(asked)


def middle(instance: Instance) -> UUID:
    """Return a case that stands about half way down the queue."""
    with instance.database.session(write=False) as session:
        half = (session.scalar(select(func.count()).select_from(Submission)) or 0) // 2
        query = select(Submission.id).order_by(Submission.day, Submission.id).offset(half).limit(1)
        return session.scalars(query).one()


def page(server: Server, visitor: Visitor, query: str, number: int) -> dict[str, Any]:
    """Open one page of the queue many times."""
    taken = []
    visitor.ask("GET", f"/en/cases/{query}")
    cpu = server.cpu()
    for _ in range(number):
        begun = time.perf_counter()
        if visitor.ask("GET", f"/en/cases/{query}") != 200:
            raise RuntimeError("the queue was not shown")
        taken.append(time.perf_counter() - begun)
    cpu_s = round((server.cpu() - cpu) / number, 4)
    return {**milliseconds(taken), "cpu_s": cpu_s, "page_kb": round(visitor.length / 1000, 1)}


def run(*, quick: bool) -> dict[str, Any]:
    """Measure everything in one run."""
    cases, number = (5_000, 40) if quick else (100_000, 300)
    with fresh_instance() as instance:
        fill(instance, cases)
        half = middle(instance)
        asked = {"first": statements(instance, None), "later": statements(instance, half)}
        with served(instance, "desk", workers=1) as server:
            visitor = sign_in(instance, server, "cedar")
            found = {
                "first": page(server, visitor, "", number),
                "middle": page(server, visitor, f"?after={half}", number),
                "one_state": page(server, visitor, "?status=received", number),
                "mine": page(server, visitor, "?mine=1", number),
            }
    return {"cases": cases, "rows": service.PAGE, "pages": found, "statements": asked}


if __name__ == "__main__":
    report(run(quick="--quick" in sys.argv))
