"""What a row costs most: reading its words and reckoning the keys of its names, done before any transaction.

Large files are prepared by a second process while the first one writes.
"""

import pickle
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context

from portal.registry import names, writing
from portal.registry.exchange.cells import BrokenRowError, Row
from portal.registry.exchange.drafts import Draft, Entry, digest, entry
from portal.registry.vocabulary import Kind, NameKind

AT_ONCE = 2_000
_AHEAD = 3
_LONGEST = 300


@dataclass(frozen=True)
class Named:
    """A name as its row holds it, with its keys (true for those that stand for the whole)."""

    text: str
    kind: NameKind
    script: str
    titles: str
    folded: str
    joined: str
    keys: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Prepared:
    """A row that was read: what it would be, or why it cannot."""

    row: Row
    entry: Entry | None = None
    digest: bytes = b""
    problem: BrokenRowError | None = None
    names: tuple[Named, ...] = ()
    sort_key: str = ""


def prepare(row: Row, kind: Kind) -> Prepared:
    """Read one row."""
    try:
        made = entry(row, kind)
    except BrokenRowError as problem:
        return Prepared(row, problem=problem)
    line = Row(row.line)
    if not isinstance(made, Draft):
        return Prepared(line, made, digest(made))
    titled = made.kind is Kind.PERSON
    keyed = tuple(_named(text, one, titled=titled) for text, one in made.names)
    return Prepared(line, made, digest(made), None, keyed, names.sorting(made.names[0][0])[:_LONGEST])


def _named(text: str, kind: NameKind, *, titled: bool) -> Named:
    return Named(
        text,
        kind,
        names.script_of(text),
        " ".join(names.split_titles(text).titles) if titled else "",
        names.fold(text)[:_LONGEST],
        names.joined(text)[:_LONGEST],
        tuple(writing.keys_of(text, titled=titled).items()),
    )


def prepare_all(rows: Sequence[Row], kind: Kind) -> list[Prepared]:
    """Read some rows."""
    return [prepare(row, kind) for row in rows]


def batches(rows: Iterable[Row], size: int = AT_ONCE) -> Iterator[list[Row]]:
    """Give rows in pieces."""
    going = iter(rows)
    while piece := list(islice(going, size)):
        yield piece


Piece = tuple[list[Prepared], bool]
"""Some prepared rows, and whether they are the last."""


def pieces(rows: Iterable[Row], kind: Kind, size: int = AT_ONCE) -> Iterator[Piece]:
    """Prepare rows in pieces; at least one piece, perhaps empty."""
    return _last_told(prepare_all(some, kind) for some in batches(rows, size))


@contextmanager
def beside(rows: Iterable[Row], kind: Kind, size: int = AT_ONCE) -> Iterator[Iterator[Piece]]:
    """Prepare rows in pieces, in another process, some pieces ahead."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield _last_told(_ahead(pool, rows, kind, size))


def _packed(rows: Sequence[Row], kind: Kind) -> bytes:
    """Prepare rows, as bytes: what waits for its turn is no crowd of objects that must be tended."""
    return pickle.dumps(prepare_all(rows, kind), pickle.HIGHEST_PROTOCOL)


def _ahead(pool: ProcessPoolExecutor, rows: Iterable[Row], kind: Kind, size: int) -> Iterator[list[Prepared]]:
    waiting: deque[Future[bytes]] = deque()
    for some in batches(rows, size):
        waiting.append(pool.submit(_packed, some, kind))
        if len(waiting) > _AHEAD:
            yield _unpacked(waiting.popleft())
    while waiting:
        yield _unpacked(waiting.popleft())


def _unpacked(future: Future[bytes]) -> list[Prepared]:
    found: list[Prepared] = pickle.loads(future.result())  # noqa: S301 - this process's own child wrote it
    return found


def _last_told(given: Iterator[list[Prepared]]) -> Iterator[Piece]:
    waiting: list[Prepared] = next(given, [])
    for piece in given:
        told, waiting = waiting, piece
        yield told, False
    yield waiting, True
