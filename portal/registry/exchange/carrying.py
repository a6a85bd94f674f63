"""A whole file brought in, step by step, from the command line; and the rows that stayed out, as CSV."""

import gc
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from sqlalchemy.orm import Session

from portal.cells import written
from portal.database import Database, make_room
from portal.registry.exchange import importing
from portal.registry.exchange.given import Given
from portal.registry.exchange.models import ImportRun
from portal.registry.exchange.preparing import Piece, beside, pieces
from portal.registry.looking import Near
from portal.staff.actor import Actor

_SWEPT = 8
"""Steps after which what these left lying in circles is swept up."""
LARGE = 1024 * 1024
"""Files from so many bytes on are read by a second process."""


def carry(
    database: Database, run: ImportRun, file: Given, *, by: Actor, near: Near | None = None
) -> Iterator[ImportRun]:
    """Bring in what of a file is not in yet, and say after each step how far it is."""
    with _seldom(), _prepared(run, file) as given:
        for place, (some, last) in enumerate(given, 1):
            with database.session(write=True) as session:
                make_room(session)
                going = importing.find_run(session, run.id, by=by)
                importing.step(session, going, some, by=by, now=database.clock(), last=last, near=near)
            some.clear()
            if place % _SWEPT == 0:
                gc.collect()
            yield going


def _prepared(run: ImportRun, file: Given) -> AbstractContextManager[Iterator[Piece]]:
    left = importing.left(run, file)
    return beside(left, run.kind) if file.size >= LARGE else nullcontext(pieces(left, run.kind))


@contextmanager
def _seldom() -> Iterator[None]:
    """Look for rubbish between steps alone: within one, all that is made is needed to its end."""
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def broken_lines(session: Session, run: ImportRun) -> Iterator[str]:
    """Give the rows that stayed out, with line, reason and field, as CSV that no spreadsheet runs."""
    yield "line,reason,field,row\r\n"
    for one in importing.broken(session, run):
        cells = " | ".join(json.loads(one.cells))
        yield ",".join(map(written, (str(one.line), one.reason, one.place, cells))) + "\r\n"
