"""Commands that found an instance and keep its root, its directory and its way back."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from portal import ceremony, schema, upkeep
from portal.config import PublicKeys, load_settings
from portal.instance import database_of, folder_of, opened, settings_of
from portal.ledger import service as ledger
from portal.ledger.tags import read_key
from portal.permissions import Group, Role
from portal.registry.starter import load_starter
from portal.staff import founding, restoring
from portal.staff.founding import Founder, Secrets
from portal.store.directory import DIRECTORY
from portal.terminal import INSTANCE, environ, plainly
from portal.vault import directory as directories
from portal.vault import sheet, totp
from portal.vault.passphrase import Cost
from portal.vault.shares import read_public
from portal.vault.sign import SigningKey, VerifyKey
from portal.vault.wrap import key_id

recovery = ceremony.recovery


def _tell(one: Founder) -> None:
    click.echo(f"\n{one.role.value}: {one.name}")
    click.echo(f"  passphrase     {one.passphrase}")
    click.echo(f"  second factor  {totp.typed_secret(one.bundle.totp_secret)}")
    click.echo(f"  {totp.uri(one.bundle.totp_secret, one.name, 'Notebook')}")


@click.command()
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


@click.group()
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


@click.group()
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


@recovery.command()
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
