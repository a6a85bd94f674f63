"""``portal ...``: everything that is done from a terminal."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from portal import ceremony, create_app, schema, upkeep
from portal.config import Face, PublicKeys, Settings, default_instance, load_settings
from portal.database import Database
from portal.demo import run as demonstration
from portal.errors import PortalError
from portal.ledger import service as ledger
from portal.permissions import Group, Role
from portal.registry.starter import load_starter
from portal.staff import founding, restoring
from portal.staff.founding import Founder
from portal.vault import sheet, totp
from portal.vault.passphrase import Cost
from portal.vault.shares import read_public

P = ParamSpec("P")
R = TypeVar("R")

INSTANCE = click.option(
    "--instance",
    type=click.Path(path_type=Path, file_okay=False),
    help="The instance folder; else PORTAL_INSTANCE.",
)


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the portal's own errors into one line that says what to do."""

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except PortalError as problem:
            raise click.ClickException(str(problem) or type(problem).__name__) from None

    return told


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="testimony-portal")
def main() -> None:
    """Run the testimony portal."""
    os.umask(0o077)


main.add_command(ceremony.recovery)


@main.command()
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Make this folder the instance and leave it.",
)
@click.option(
    "--port", default=8000, show_default=True, help="Port of the public side; 0 chooses a free one."
)
@click.option("--desk-port", default=8001, show_default=True, help="Port of the desk; 0 chooses a free one.")
@plainly
def demo(keep: Path | None, port: int, desk_port: int) -> None:
    """Show the whole portal with invented accounts, on this machine only."""
    try:
        demonstration.run(keep=keep, ports=demonstration.Ports(port, desk_port), say=click.echo)
    except (OSError, SystemExit) as problem:
        raise click.ClickException(
            f"The demonstration could not start: {problem}. Try other ports."
        ) from None


def _settings(instance: Path | None) -> Settings:
    return load_settings(os.environ, instance.resolve() if instance else None)


def _database(settings: Settings) -> Database:
    """Return both databases; they are closed when the command has ended, however it ends."""
    database = Database(settings.main_url, settings.wraps_url)
    click.get_current_context().call_on_close(database.dispose)
    return database


def _open(settings: Settings) -> Database:
    """Open both databases, recorded by the ledger; says so when they need an upgrade first."""
    database = _database(settings)
    if not schema.is_current(database):
        raise click.ClickException("The databases are behind this version: run `portal db upgrade` first.")
    ledger.attach(database, settings.public_keys.groups[Group.AUDITORS.value])
    return database


def _tell(one: Founder) -> None:
    click.echo(f"\n{one.role.value}: {one.name}")
    click.echo(f"  passphrase     {one.passphrase}")
    click.echo(f"  second factor  {totp.typed_secret(one.bundle.totp_secret)}")
    click.echo(f"  {totp.uri(one.bundle.totp_secret, one.name, 'Notebook')}")


@main.command()
@INSTANCE
@click.option(
    "--origin", required=True, help="The name of this portal's ledger, such as portal.example.org/1988."
)
@click.option(
    "--lead", "leads", multiple=True, required=True, help="Pseudonym of a lead reviewer; may be repeated."
)
@click.option("--administrator", required=True, help="Pseudonym of the administrator.")
@click.option("--auditor", required=True, help="Pseudonym of the auditor.")
@click.option(
    "--recovery",
    type=ceremony.FILE,
    help="The recovery.public.json of a ceremony; else a recovery key is made and shown here.",
)
@plainly
def init(
    *,
    instance: Path | None,
    origin: str,
    leads: tuple[str, ...],
    administrator: str,
    auditor: str,
    recovery: Path | None,
) -> None:
    """Make the keys, the databases and the first people; prints every secret once."""
    folder = instance.resolve() if instance else default_instance(os.environ)
    public = read_public(recovery.read_text(encoding="utf-8")) if recovery else None
    keys, made = founding.make_keys(folder, origin=origin, recovery=public)
    settings = _settings(folder)
    settings.files.mkdir(mode=0o700, exist_ok=True)
    database = _database(settings)
    schema.upgrade(database)
    ledger.attach(database, settings.public_keys.groups[Group.AUDITORS.value])
    roles = [
        *((name, Role.LEAD) for name in leads),
        (administrator, Role.ADMINISTRATOR),
        (auditor, Role.AUDITOR),
    ]
    founders = [founding.founder(name, role) for name, role in roles]
    now = datetime.now(UTC)
    founding.found(database, founders, made, cost=Cost(settings.staff_memory_kib, 3, 1), now=now)
    with database.session(write=True) as session:
        load_starter(session, author="starter", now=now)
    upkeep.checkpoint(database, settings)
    click.echo(f"Instance: {folder}")
    for one in founders:
        _tell(one)
    if made.recovery_seed is None:
        click.echo(f"\nThe custodians hold the recovery key. Its mark:\n  {ceremony.mark_of(keys.recovery)}")
        return
    click.echo("\nRecovery key. Write it down, keep it away from every computer, and clear this screen:")
    click.echo("  " + founding.printed(made.recovery_seed))


@ceremony.recovery.command()
@click.argument("instance", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--to", "name", required=True, help="Pseudonym of the person who receives the keys.")
@click.option(
    "--enrol",
    "role",
    type=click.Choice([role.value for role in Role]),
    help="Enrol that person now, in this role; prints their secrets once.",
)
@click.option(
    "--key", "kept", type=ceremony.FILE, help="A file with the opened key; else it is asked for, unseen."
)
def restore(instance: Path, name: str, role: str | None, kept: Path | None) -> None:
    """Hand the groups' keys to a person with the recovery key, when nobody else is left who could."""
    settings = _settings(instance)
    database = _open(settings)
    with database.session(write=False) as session:
        person = restoring.find(session, name)
    if (person is None) == (role is None):
        told = (
            "is here already: leave --enrol out." if person else "is not here: invite them, or add --enrol."
        )
        raise click.ClickException(f"{name} {told}")
    typed = kept.read_text(encoding="utf-8") if kept else None
    seed = sheet.read(typed, bare=True) if typed else ceremony.ask_sheet("Recovery key", bare=True)
    seeds = restoring.open_groups(settings.instance, settings.public_keys, seed)
    if person:
        click.echo(
            f"{person.name}, {person.role.value}. Their key's mark:\n  {ceremony.mark_of(person.public)}"
        )
        click.confirm("Did they read out the same, over another channel?", abort=True)
    newcomer = founding.founder(name, Role(role)) if role else None
    now, cost = datetime.now(UTC), Cost(settings.staff_memory_kib, 3, 1)
    with database.session(write=True) as session:
        to = restoring.enrol(session, newcomer, cost=cost, now=now) if newcomer else person
        handed = restoring.hand_on(session, to=to, seeds=seeds, now=now) if to else []
    database.dispose()
    click.echo(f"Keys handed to {name}: {', '.join(handed) or 'none; the role may hold no more'}.")
    if kept:
        click.echo(f"Destroy {kept}: what is in it opens everything.")
    if newcomer:
        _tell(newcomer)


@main.command()
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
    settings = _settings(instance)
    if settings.session_folder is None:
        raise click.ClickException(
            "PORTAL_SESSION_FOLDER is not set: name a folder in memory (tmpfs) that all workers share."
        )
    _open(settings).dispose()
    address = bind or ("127.0.0.1:8000" if face == Face.INTAKE else "127.0.0.1:8001")
    serving.serve(lambda: create_app(settings, Face(face)), address, workers)


@main.group()
def db() -> None:
    """Look after the databases."""


@db.command("upgrade")
@INSTANCE
@plainly
def db_upgrade(instance: Path | None) -> None:
    """Bring both databases up to this version."""
    settings = _settings(instance)
    schema.upgrade(_database(settings))
    click.echo("Both databases stand at the newest revision.")


@main.group("ledger")
def ledger_group() -> None:
    """Look after the tamper-evident log."""


@ledger_group.command("checkpoint")
@INSTANCE
@plainly
def ledger_checkpoint(instance: Path | None) -> None:
    """Sign the head over everything so far and print it; run it daily."""
    settings = _settings(instance)
    database = _open(settings)
    upkeep.checkpoint(database, settings)
    with database.session(write=False) as session:
        head = ledger.latest_checkpoint(session)
        click.echo(head.note if head else "", nl=False)


@main.command()
@INSTANCE
@click.option(
    "--older-than", default=48, show_default=True, help="Hours; younger files may belong to a draft."
)
@plainly
def sweep(instance: Path | None, older_than: int) -> None:
    """Erase what no row speaks of: half files, files of drafts that were never sent, orphaned keys."""
    settings = _settings(instance)
    database = _open(settings)
    erased = upkeep.sweep(database, settings, older_than=older_than * 3600, now=datetime.now(UTC))
    click.echo(f"{erased.files} files and {erased.wraps} wrapped keys were erased.")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--keys", type=click.Path(path_type=Path, exists=True), help="A public-keys.json that was kept elsewhere."
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
    kept = PublicKeys.from_json(keys.read_text(encoding="utf-8")) if keys else None
    witnessed = [head.read_text(encoding="utf-8") for head in heads]
    report = upkeep.verify_folder(folder.resolve(), os.environ, keys=kept, witnessed=witnessed)
    for warning in report.warnings:
        click.echo(f"note: {warning.kind} {warning.object}: {warning.what}")
    for problem in report.problems:
        click.echo(f"DOES NOT HOLD: {problem.kind} {problem.object}: {problem.what}")
    click.echo(", ".join(f"{count} {name}" for name, count in sorted(report.counts.items())))
    if report.problems:
        sys.exit(1)
    click.echo("Everything holds.")
