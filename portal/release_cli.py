"""``portal release ...``: anonymise a table of one's own, and verify what came of it."""

from pathlib import Path

import click

from portal.release.table_release import Made, anonymise_file, preview_file
from portal.release.verifier import verify_folder
from portal.terminal import FILE, plainly

FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)


@click.group()
def release() -> None:
    """Anonymise tables of your own."""


@release.command()
@click.argument("table", type=FILE)
@click.option("--policy", required=True, type=FILE, help="What each column is, and what is promised (JSON).")
@click.option("--out", type=click.Path(path_type=Path), help="The folder to write; it must not be there yet.")
@click.option(
    "--earlier",
    type=FOLDER,
    multiple=True,
    help="An earlier release of the same table; name every one that anybody received.",
)
@click.option("--preview", is_flag=True, help="Only say what would be lost, roughly; write nothing.")
@plainly
def anonymise(
    table: Path, policy: Path, out: Path | None, earlier: tuple[Path, ...], *, preview: bool
) -> None:
    """Write the records of TABLE into a folder, in groups too large to tell anybody apart."""
    if preview:
        found = preview_file(table, policy)
        click.echo(f"Roughly {found.loss:.0%} of the detail would be lost, in {len(found.heads)} groups.")
        return
    if out is None:
        raise click.UsageError("Name a folder to write with --out, or ask for a --preview.")
    _tell(anonymise_file(table, policy, out, earlier=earlier), out)


def _tell(made: Made, out: Path) -> None:
    risk, utility = made.measured.risk, made.measured.utility
    counts = made.measured.rounded
    click.echo(f"{out}: about {counts['records']} records in {utility['classes']} groups.")
    click.echo(f"  The smallest group holds {risk['k']} ({made.measured.unit}).")
    click.echo(f"  Detail lost: {made.measured.ncp:.1%}. About {counts['suppressed']} records are left out.")
    if made.measured.earlier:
        click.echo(f"  About {counts['withheld']} wait, so that earlier releases tell nobody apart.")
    for warning in made.measured.warnings:
        click.echo(f"  Mind: {warning}")
    click.echo(f"Read {out / 'report.html'} before you give the folder to anybody.")
    click.echo(f"Keep {out.name}.inside.json, and give it to nobody: the next release is compared with it.")


@release.command("verify")
@click.argument("folder", type=FOLDER)
@plainly
def verify(folder: Path) -> None:
    """Measure every promise of FOLDER again; exits with 1 and names what does not hold."""
    found = verify_folder(folder)
    click.echo(f"{folder}: {found.records} records in {found.classes} groups hold what is promised.")
    click.echo(f"  The smallest group holds {found.k_records} records. Detail lost: {found.ncp:.1%}.")
