"""Commands that serve an instance and look after it."""

from datetime import UTC, datetime
from pathlib import Path

import click

from portal import upkeep
from portal.app import create_app
from portal.config import Face
from portal.instance import opened, settings_of
from portal.terminal import INSTANCE, plainly


@click.command()
@INSTANCE
@click.option("--face", type=click.Choice([face.value for face in Face]), required=True)
@click.option(
    "--bind", default="", help="Address and port; else 127.0.0.1:8000 for intake, :8001 for the desk."
)
@click.option("--workers", default=2, show_default=True)
@plainly
def run(instance: Path | None, face: str, bind: str, workers: int) -> None:
    """Serve one face with gunicorn; put a TLS terminator or an onion service in front."""
    try:
        from portal import serving  # noqa: PLC0415 - gunicorn is an extra
    except ImportError:
        raise click.ClickException("gunicorn is missing: pip install 'testimony-portal[serve]'") from None
    settings = settings_of(instance)
    if settings.session_folder is None:
        raise click.ClickException(
            "PORTAL_SESSION_FOLDER is not set: name a folder in memory (tmpfs) that all workers share."
        )
    opened(settings).dispose()
    address = bind or ("127.0.0.1:8000" if face == Face.INTAKE else "127.0.0.1:8001")
    serving.serve(lambda: create_app(settings, Face(face)), address, workers)


@click.group()
def db() -> None:
    """Look after the databases."""


@db.command("upgrade")
@INSTANCE
@plainly
def db_upgrade(instance: Path | None) -> None:
    """Bring both databases up to this version."""
    upkeep.upgrade(settings_of(instance))
    click.echo("Both databases stand at the newest revision.")


@click.command()
@INSTANCE
@click.option(
    "--older-than", default=48, show_default=True, help="Hours; younger files may belong to a draft."
)
@plainly
def sweep(instance: Path | None, older_than: int) -> None:
    """Erase what no row speaks of: half files, drafts whose time is over with their files, orphaned keys."""
    settings = settings_of(instance)
    database = opened(settings)
    erased = upkeep.sweep(database, settings, older_than=older_than * 3600, now=datetime.now(UTC))
    click.echo(f"{erased.files} files and {erased.wraps} wrapped keys were erased.")
    if erased.drafts:
        click.echo(f"{erased.drafts} drafts were erased whose time was over.")
    if erased.withdrawn:
        click.echo(f"{erased.withdrawn} accounts were erased that a legal hold had kept.")
