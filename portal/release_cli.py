"""``portal release ...``: anonymise a table of one's own, and verify what came of it.

Exit codes: 0 it is done; 1 nothing may leave, or a folder does not hold what it promises; 2 what was
given cannot be read, or does not fit. With 1 and 2 nothing was written.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from portal.errors import InvalidError, PortalError
from portal.release.formats import Format
from portal.release.table_release import Made, anonymise_file, preview_file
from portal.release.verifier import Received, verify_folder
from portal.terminal import FILE
from portal.vault.directory import printed

FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)

P = ParamSpec("P")
R = TypeVar("R")


class _GivenError(click.ClickException):
    """What was given cannot be used; one line says where and what to do."""

    exit_code = 2


def _told(command: Callable[P, R]) -> Callable[P, R]:
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except InvalidError as problem:
            raise _GivenError(" ".join(str(problem).split())) from None
        except PortalError as problem:
            raise click.ClickException(str(problem)) from None
        except MemoryError:
            raise _GivenError("This machine has too little memory for so big a table.") from None
        except OSError as problem:
            raise _GivenError(f"{problem.filename or 'A file'}: {problem.strerror}.") from None

    return run


def _formats(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> set[Format]:
    """Read `json,xlsx`, given once or more often."""
    names = {name.strip().lower() for one in given for name in one.split(",") if name.strip()}
    if unknown := sorted(names - set(Format)):
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(Format)}.")
    return {Format(name) for name in names}


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
@click.option(
    "--format",
    "formats",
    multiple=True,
    callback=_formats,
    metavar="NAMES",
    help="Formats besides CSV, with commas: json, xlsx, hxl, parquet.",
)
@click.option("--preview", is_flag=True, help="Only say what would be lost, roughly; write nothing.")
@_told
def anonymise(
    table: Path,
    policy: Path,
    out: Path | None,
    earlier: tuple[Path, ...],
    formats: set[Format],
    *,
    preview: bool,
) -> None:
    """Write the records of TABLE into a folder, in groups too large to tell anybody apart.

    Exits with 1 where nothing may leave, and with 2 where something that was given does not fit; then nothing
    was written.
    """
    if preview:
        found = preview_file(table, policy)
        click.echo(f"Roughly {found.loss:.0%} of the detail would be lost, in {len(found.heads)} groups.")
        return
    if out is None:
        raise click.UsageError("Name a folder to write with --out, or ask for a --preview.")
    _tell(anonymise_file(table, policy, out, earlier=earlier, formats=formats), out)


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
@_told
def verify(folder: Path) -> None:
    """Check every file of FOLDER again; exits with 1 and names what does not hold.

    FOLDER is what `anonymise` wrote, or a release of a portal, unpacked.
    """
    found = verify_folder(folder)
    if isinstance(found, Received):
        click.echo(f"{folder}: {found.files} files are those of the manifest, and all formats say the same.")
        click.echo(f"  Signed with the key {printed(found.mark)}. Compare this mark with whoever sent it.")
        if found.unsigned:
            click.echo(f"  Nobody signed {', '.join(found.unsigned)}: believe nothing that only they say.")
        return
    click.echo(f"{folder}: {found.records} records in {found.classes} groups hold what is promised.")
    click.echo(f"  {found.files} files are as they were made, and all formats say the same.")
    click.echo(f"  The smallest group holds {found.k_records} records. Detail lost: {found.ncp:.1%}.")
