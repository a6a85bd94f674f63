"""``portal ...``: everything that is done from a terminal."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import click

from portal import (
    ceremony,
    create_app,
    ledger_cli,
    registry_cli,
    release_cli,
    schema,
    upkeep,
    verify_cli,
    witness_cli,
)
from portal.config import Face, PublicKeys, load_settings
from portal.demo import run as demonstration
from portal.ledger import service as ledger
from portal.ledger.tags import read_key
from portal.permissions import Group, Role
from portal.registry.starter import load_starter
from portal.staff import founding, restoring
from portal.staff.founding import Founder, Secrets
from portal.store.directory import DIRECTORY
from portal.terminal import INSTANCE, database_of, environ, folder_of, opened, plainly, settings_of
from portal.vault import directory as directories
from portal.vault import sheet, totp
from portal.vault.passphrase import Cost
from portal.vault.shares import read_public
from portal.vault.sign import SigningKey, VerifyKey
from portal.vault.wrap import key_id


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="testimony-portal")
def main() -> None:
    """Run the testimony portal."""
    os.umask(0o077)


main.add_command(ceremony.recovery)
main.add_command(ledger_cli.ledger)
main.add_command(registry_cli.registry)
main.add_command(release_cli.release)
main.add_command(verify_cli.verify)
main.add_command(witness_cli.witness)


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
@click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The root.public.json of a root kept elsewhere; else one is made here and its sheet printed.",
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
    root: Path | None,
) -> None:
    """Make the keys, the databases and the first people; prints every secret once."""
    folder = folder_of(instance)
    custodians = read_public(recovery.read_text(encoding="utf-8")) if recovery else None
    public = _read_root(root) if root else None
    keys, made = founding.make_keys(folder, origin=origin, recovery=custodians, root=public)
    settings = load_settings(environ(), folder, read=lambda *_: keys)
    settings.files.mkdir(mode=0o700, exist_ok=True)
    database = database_of(settings)
    schema.upgrade(database)
    ledger.attach(database, settings.public_keys.groups[Group.AUDITORS.value], key=read_key(settings))
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
    _tell_root(made, public, folder)
    _tell_recovery(made, keys)


def _tell_root(made: Secrets, public: VerifyKey | None, folder: Path) -> None:
    if made.root_seeds:
        own = SigningKey.from_seeds(made.root_seeds)
        click.echo("\nSheet of the organisation's root. Write it down likewise; nothing of it is kept here:")
        click.echo("\n".join(f"  {line}" for line in founding.sheet(own)))
        public = own.verify_key
    else:
        click.echo(f"\nNot signed yet: take {folder / founding.REQUEST} to the root (`portal root sign`),")
        click.echo("then run `portal directory install` with what it gives. Until then no face starts.")
    if public:
        _tell_fingerprint(public)


def _tell_recovery(made: Secrets, keys: PublicKeys) -> None:
    if made.recovery_seed is None:
        click.echo(f"\nThe custodians hold the recovery key. Its mark:\n  {ceremony.mark_of(keys.recovery)}")
    else:
        click.echo("\nRecovery key. Write it down, keep it away from every computer, and clear this screen:")
        click.echo("  " + founding.printed(made.recovery_seed))


def _tell_fingerprint(root: VerifyKey) -> None:
    digits = directories.fingerprint(root)
    click.echo(f"\nFingerprint of the root: {directories.printed(digits)}")
    click.echo(f"Pin it in the settings of both faces: PORTAL_ROOT_FINGERPRINT={digits}")


def _read_root(path: Path) -> VerifyKey:
    """Read the public half of a root: from root.public.json, a directory, or a later request."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return VerifyKey.from_bytes(bytes.fromhex((value.get("before") or value)["root"]))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise click.ClickException(f"{path} names no root.") from None


@main.group()
def root() -> None:
    """Keep the organisation's root: on a machine that never sees a network."""


@root.command("create")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("root.public.json"),
    show_default=True,
    help="Where to write the public half.",
)
@plainly
def root_create(out: Path) -> None:
    """Make a root; prints its private sheet once and keeps nothing of it."""
    own = SigningKey.generate()
    founding.write_private(out, (json.dumps({"root": own.verify_key.to_bytes().hex()}) + "\n").encode())
    click.echo(
        "The root's private sheet. Write it down, keep it away from every computer, clear this screen:"
    )
    click.echo("\n".join(f"  {line}" for line in founding.sheet(own)))
    _tell_fingerprint(own.verify_key)


@root.command("fingerprint")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def root_fingerprint_of(file: Path) -> None:
    """Print the fingerprint of a root.public.json or a directory.json, to be compared aloud."""
    click.echo(directories.printed(directories.fingerprint(_read_root(file))))


@root.command("sign")
@click.argument("request", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path(DIRECTORY),
    show_default=True,
    help="Where to write the signed directory.",
)
@plainly
def root_sign(request: Path, out: Path) -> None:
    """Show what a request asks for, ask for the root's sheet, and sign."""
    asked = directories.Request.from_json(request.read_text(encoding="utf-8"))
    click.echo(f"Edition {asked.before.serial + 1 if asked.before else 1} of the directory would add:")
    for one in asked.added:
        mark = directories.printed(key_id(one.public))
        click.echo(f"  {one.kind.value} {one.name}, epoch {one.epoch}, {one.day.isoformat()}: {mark}")
    click.confirm("Did whoever asks for this read out the same marks?", abort=True)
    own = founding.read_sheet(
        click.prompt("Both lines of the root's sheet, one behind the other", hide_input=True)
    )
    founding.write_private(out, asked.signed(own).to_json().encode())
    click.echo(f"Signed: {out}. Install it with `portal directory install {out.name}`.")
    _tell_fingerprint(own.verify_key)


@main.group()
def directory() -> None:
    """Look after the signed directory of keys."""


@directory.command("install")
@INSTANCE
@click.argument("signed", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@plainly
def directory_install(instance: Path | None, signed: Path) -> None:
    """Take a directory that the root signed; from then on intake seals to its keys."""
    made = upkeep.install_directory(folder_of(instance), environ(), signed.read_bytes())
    click.echo(f"Edition {made.serial} of the directory is installed.")


@directory.command("adopt")
@INSTANCE
@click.option(
    "--root",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="root.public.json",
)
@plainly
def directory_adopt(instance: Path | None, root: Path) -> None:
    """Ask for the first signature over an instance that still has a public-keys.json."""
    made = founding.adopt(folder_of(instance), _read_root(root), day=datetime.now(UTC).date())
    click.echo(f"Take {made} to the root (`portal root sign`), then run `portal directory install`.")


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
    settings = settings_of(instance)
    database = opened(settings)
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
        later = restoring.open_later(session, settings.public_keys, seed)
        handed = restoring.hand_on(session, to=to, seeds=seeds, later=later, now=now) if to else []
    database.dispose()
    for group, epoch in restoring.unopened(settings.public_keys, seeds, later):
        click.echo(f"Key {epoch} of {group} could not be opened: look for a younger copy of portal.db.")
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
    settings = settings_of(instance)
    if settings.session_folder is None:
        raise click.ClickException(
            "PORTAL_SESSION_FOLDER is not set: name a folder in memory (tmpfs) that all workers share."
        )
    opened(settings).dispose()
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
    upkeep.upgrade(settings_of(instance))
    click.echo("Both databases stand at the newest revision.")


@main.command()
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
