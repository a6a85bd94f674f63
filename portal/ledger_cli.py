"""``portal ledger ...`` and ``portal verify``: signing the log's head, and checking an instance or a copy."""

import sys
from pathlib import Path

import click

from portal import upkeep
from portal.config import root_fingerprint
from portal.ledger import service
from portal.store.directory import pinned_fingerprint, read_directory
from portal.terminal import INSTANCE, environ, opened, plainly, settings_of


@click.group()
def ledger() -> None:
    """Look after the tamper-evident log."""


@ledger.command()
@INSTANCE
@plainly
def checkpoint(instance: Path | None) -> None:
    """Sign the head over everything so far and print it; run it daily."""
    settings = settings_of(instance)
    database = opened(settings)
    upkeep.checkpoint(database, settings)
    with database.session(write=False) as session:
        head = service.latest_checkpoint(session)
        click.echo(head.note if head else "", nl=False)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--keys", type=click.Path(path_type=Path, exists=True), help="A directory.json that was kept elsewhere."
)
@click.option(
    "--head",
    "heads",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="A signed head kept elsewhere.",
)
@plainly
def verify(folder: Path, keys: Path | None, heads: tuple[Path, ...]) -> None:
    """Check a kept or copied instance: rows, wrapped keys, files, ledger. Needs nothing but public keys.

    Exits with 1 and names what does not hold.
    """
    pinned = pinned_fingerprint(folder.resolve(), root_fingerprint(environ()))
    kept = read_directory(keys.read_bytes(), pinned) if keys else None
    witnessed = [head.read_text(encoding="utf-8") for head in heads]
    report = upkeep.verify_folder(folder.resolve(), environ(), kept=kept, witnessed=witnessed)
    for warning in report.warnings:
        click.echo(f"note: {warning.kind} {warning.object}: {warning.what}")
    for problem in report.problems:
        click.echo(f"DOES NOT HOLD: {problem.kind} {problem.object}: {problem.what}")
    click.echo(", ".join(f"{count} {name}" for name, count in sorted(report.counts.items())))
    if report.problems:
        sys.exit(1)
    click.echo("Everything holds.")
