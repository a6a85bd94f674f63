"""What a view may reach for: the unit of work, the clock, the settings, the store of files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from flask import Flask, current_app, g

from portal.config import Settings
from portal.database import Database, PortalSession, close
from portal.store.files import FileStore


@dataclass(frozen=True)
class Parts:
    """The parts that ``create_app`` joined, kept with the app."""

    settings: Settings
    database: Database
    files: FileStore
    clock: Callable[[], datetime]


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


def release(error: BaseException | None = None) -> None:
    """Close the request's unit of work; what was not committed is undone."""
    del error
    session = g.pop("db", None)
    if session is not None:
        close(session)
