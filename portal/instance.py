"""The instance that a command is for: its folder, its settings and its databases."""

from pathlib import Path

import click

from portal import schema
from portal.config import Settings, default_instance, load_settings
from portal.database import Database
from portal.ledger import service as ledger
from portal.ledger.tags import read_key
from portal.permissions import Group
from portal.store.directory import read_public_keys
from portal.terminal import environ


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
