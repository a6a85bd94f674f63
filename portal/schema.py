"""Bringing both databases to the newest schema, and back; Alembic run from code, without an ini file."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from portal.config import bundled
from portal.database import Database

_FOLDERS = {"main": "versions", "keys": "keys"}


def _config(which: str, connection: Connection | None = None) -> Config:
    folder = bundled("migrations")
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("version_locations", str(folder / _FOLDERS[which]).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["which"] = which
    return config


def engines(database: Database) -> dict[str, Engine]:
    """Return the engine of each of the two databases by name."""
    return {"main": database.main, "keys": database.keys}


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # Tables are rebuilt to be altered; checks between rows wait until that is done.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.commit()
        with connection.begin():
            yield connection
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            connection.commit()


def upgrade(database: Database, revision: str = "head", *, which: str | None = None) -> None:
    """Bring one database, or both, up to a revision."""
    for name, engine in engines(database).items():
        if which in {None, name}:
            with _connected(engine) as connection:
                command.upgrade(_config(name, connection), revision)


def downgrade(database: Database, revision: str, *, which: str) -> None:
    """Take one database back to a revision (``base`` for none)."""
    with _connected(engines(database)[which]) as connection:
        command.downgrade(_config(which, connection), revision)


def revisions(which: str) -> list[str]:
    """Return the revisions of one database, oldest first."""
    return [
        one.revision for one in reversed(list(ScriptDirectory.from_config(_config(which)).walk_revisions()))
    ]


def current(engine: Engine) -> str | None:
    """Return the revision that a database stands at."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database) -> bool:
    """Tell whether both databases stand at the newest revision."""
    return all(current(engine) == revisions(name)[-1] for name, engine in engines(database).items())
