"""``portal verify``: checking an instance, or a copy of one, with nothing but public keys."""

import sys
from pathlib import Path

import click

from portal import upkeep
from portal.config import root_fingerprint
from portal.ledger.cosignature import witnesses_of
from portal.ledger.report import Report
from portal.ledger.words import explained, thing
from portal.ledger_cli import text_of
from portal.store.directory import pinned_fingerprint, read_directory
from portal.terminal import FILE, environ, plainly


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--keys", type=FILE, help="A directory.json that was kept elsewhere.")
@click.option("--head", "heads", type=FILE, multiple=True, help="A signed head kept elsewhere.")
@click.option(
    "--witness",
    "witnesses",
    type=FILE,
    multiple=True,
    help="The keys of a witness whose co-signature is demanded; repeat it for each.",
)
@click.option(
    "--authority",
    "authorities",
    type=FILE,
    multiple=True,
    help="A certificate (PEM) of an authority for time-stamps; else those in the folder.",
)
@plainly
def verify(
    folder: Path,
    keys: Path | None,
    heads: tuple[Path, ...],
    witnesses: tuple[Path, ...],
    authorities: tuple[Path, ...],
) -> None:
    """Check a kept or copied instance: rows, wrapped keys, files, ledger. Needs nothing but public keys.

    Exits with 1 and names what does not hold.
    """
    pinned = pinned_fingerprint(folder.resolve(), root_fingerprint(environ()))
    kept = read_directory(keys.read_bytes(), pinned) if keys else None
    report = upkeep.verify_folder(
        folder.resolve(),
        environ(),
        kept=kept,
        witnessed=[text_of(head) for head in heads],
        demanded=witnesses_of([text_of(one) for one in witnesses]),
        authorities=[one.read_bytes() for one in authorities],
    )
    tell(report)
    if report.problems:
        sys.exit(1)
    click.echo("Everything holds.")


def tell(report: Report) -> None:
    """Print what was found: the things one by one, then what it means and what to do."""
    for warning in report.warnings:
        click.echo(f"note: {warning}")
    for problem in report.problems:
        what = thing(problem)
        click.echo(f"DOES NOT HOLD: {problem}" + (f" ({what})" if what else ""))
    for means, todo in dict.fromkeys(map(explained, report.problems)):
        click.echo(f"\n{means}\n  {todo}\n")
    click.echo(", ".join(f"{count} {name}" for name, count in sorted(report.counts.items())))
