"""What a view may reach for: the unit of work, the clock, the settings, the store of files."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from queue import Empty, SimpleQueue
from uuid import UUID

from flask import Flask, current_app, g

from portal.config import PublicKeys, Settings
from portal.database import Database, PortalSession, close, empty_log
from portal.errors import UnavailableError
from portal.ledger.service import note
from portal.store.directory import SignedKeys
from portal.store.files import FileStore
from portal.vault.directory import DirectoryError


@dataclass(frozen=True)
class Refusal:
    """A recipient that nobody signed, as the ledger will have it."""

    act: str
    reason: str
    subject: UUID | None = None


@dataclass(frozen=True)
class Parts:
    """The parts that ``create_app`` joined, kept with the app."""

    settings: Settings
    database: Database
    files: FileStore
    clock: Callable[[], datetime]
    directory: SignedKeys
    agree: Callable[[PortalSession, PublicKeys], None]
    """Raises `DirectoryError` when the database says otherwise than the directory."""
    refusals: SimpleQueue[Refusal] = field(default_factory=SimpleQueue)
    """Recipients that were refused, until the ledger is told."""
    strangers: set[Refusal] = field(default_factory=set)
    """Those that were told of since this process began."""


def utc_now() -> datetime:
    """Read the clock; only the edge does."""
    return datetime.now(UTC)


def parts(app: Flask | None = None) -> Parts:
    """Return the parts of this app, or of the app of the current request."""
    found = (app or current_app).extensions["portal"]
    assert isinstance(found, Parts)  # noqa: S101 - set by create_app, for the type checker
    return found


def settings() -> Settings:
    """Return the settings of the running app."""
    return parts().settings


def recipients() -> PublicKeys:
    """Return whom to seal to: current statements of the signed directory, checked at this very moment.

    Ask anew for each sealing, and keep the answer no longer. What is not signed is refused with
    `UnavailableError`, and the ledger is told.
    """
    here = parts()
    try:
        keys = here.directory.keys()
        with here.database.session(write=False) as session:
            here.agree(session, keys)
    except DirectoryError as problem:
        if here.directory.newly_refused(str(problem)):
            here.refusals.put(Refusal("directory.refused", str(problem)))
        raise UnavailableError(
            "Nothing can be taken in safely just now: the portal's own list of keys does not hold. "
            "It was noted, and somebody will look at it. Nothing of yours is lost, and nothing of it was "
            "sent. Please come back later today or tomorrow."
        ) from None
    here.directory.holds()
    return keys


def refuse(one: Refusal) -> None:
    """Have the ledger say, once for each process, that somebody was refused who was slipped in."""
    here = parts()
    if one not in here.strangers:
        here.strangers.add(one)
        here.refusals.put(one)


def known_keys() -> PublicKeys:
    """Return the keys of the last directory that held: for reading and checking, never for sealing."""
    return parts().directory.last


def files() -> FileStore:
    """Return the store of sealed documents."""
    return parts().files


def now() -> datetime:
    """Return the present moment, in UTC."""
    return parts().clock()


def today() -> date:
    """Return the present day, in UTC: the finest time that intake keeps."""
    return now().date()


def db() -> PortalSession:
    """Return the request's unit of work; its first statement begins the transaction, the edge commits it."""
    if "db" not in g:
        g.db = parts().database.open(write=g.get("writes", False))
    session = g.db
    assert isinstance(session, PortalSession)  # noqa: S101 - for the type checker
    return session


def finish() -> None:
    """Commit what the request wrote; called once the view has succeeded."""
    if "db" in g and g.get("writes", False):
        g.db.commit()


def erase(names: Iterable[str]) -> None:
    """Commit, then erase these files for good, and what the database's own log still has of deleted rows."""
    finish()
    for name in names:
        files().erase(name)
    empty_log(parts().database.main)


def afterwards(act: Callable[[], None]) -> None:
    """Have something let go when the request has ended, whether what it wrote was kept or undone."""
    g.setdefault("afterwards", []).append(act)


def release(error: BaseException | None = None) -> None:
    """Close the request's unit of work; what was not committed is undone."""
    del error
    try:
        session = g.pop("db", None)
        if session is not None:
            close(session)
        _tell_refusals()
    finally:
        for act in g.pop("afterwards", ()):
            act()


def _tell_refusals() -> None:
    """Note in the ledger who was refused; after the request's own transaction has ended."""
    here = parts()
    with suppress(Empty):
        while True:
            one = here.refusals.get_nowait()
            with here.database.session(write=True) as session:
                note(session, one.act, by="portal", subject=one.subject, detail={"reason": one.reason})
