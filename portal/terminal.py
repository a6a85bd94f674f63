"""What commands have in common: the environment, the instance they are for, and how problems are told."""

import os
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from portal import schema
from portal.config import Settings, default_instance, load_settings
from portal.database import Database
from portal.errors import PortalError
from portal.ledger import service as ledger
from portal.ledger.tags import read_key
from portal.permissions import Group
from portal.store.directory import read_public_keys

P = ParamSpec("P")
R = TypeVar("R")

INSTANCE = click.option(
    "--instance",
    type=click.Path(path_type=Path, file_okay=False),
    help="The instance folder; else PORTAL_INSTANCE.",
)
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
NEW_FILE = click.Path(path_type=Path, dir_okay=False)


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the portal's own errors into one line that says what to do."""

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except PortalError as problem:
            raise click.ClickException(str(problem) or type(problem).__name__) from None

    return told


def environ() -> Mapping[str, str]:
    """Return the environment; whoever starts a command is the only one who sets it."""
    return os.environ


def folder_of(instance: Path | None) -> Path:
    """Return the folder that a command is for."""
    return instance.resolve() if instance else default_instance(environ())


def settings_of(instance: Path | None) -> Settings:
    """Read the settings of an instance."""
    return load_settings(environ(), folder_of(instance), read=read_public_keys)


def database_of(settings: Settings) -> Database:
    """Return both databases; they are closed when the command has ended, however it ends."""
    database = Database(settings.main_url, settings.wraps_url)
    click.get_current_context().call_on_close(database.dispose)
    return database


def opened(settings: Settings) -> Database:
    """Open both databases, recorded by the ledger; says so when they need an upgrade first."""
    database = database_of(settings)
    if not schema.is_current(database):
        raise click.ClickException("The databases are behind this version: run `portal db upgrade` first.")
    ledger.attach(database, settings.public_keys.groups[Group.AUDITORS.value], key=read_key(settings))
    return database
