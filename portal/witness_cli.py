"""``portal witness ...``: for a partner organisation's machine, which needs nothing of the portal but this.

Two files make a witness: ``witness.key``, which is secret, and ``witness.json``, its memory, which is not.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from portal.errors import InvalidError, UnavailableError
from portal.ledger import witness as rules
from portal.ledger.checkpoint import LogKeys
from portal.ledger.cosignature import Cosigner
from portal.ledger.witness import Request, State
from portal.ledger_cli import text_of, write_new
from portal.staff.founding import write_private
from portal.store.directory import write_whole
from portal.terminal import FILE, NEW_FILE, plainly
from portal.vault.sign import SigningKey

STATE, KEY = "witness.json", "witness.key"
AT = click.option(
    "--at",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The witness's folder; else this one.",
)


@click.group()
def witness() -> None:
    """Be a witness: co-sign another organisation's log, after seeing that it only grew."""


@witness.command()
@click.argument("name")
@AT
@plainly
def create(name: str, folder: Path) -> None:
    """Make a witness and its keys; NAME is for good, such as partner.example.org/witness."""
    signer = Cosigner(name, SigningKey.generate())
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / STATE).exists() or (folder / KEY).exists():
        raise InvalidError(f"{folder} has a witness already.")
    write_private(folder / KEY, json.dumps({"name": name, "seeds": signer.key.seeds.hex()}).encode() + b"\n")
    write_whole(folder / STATE, State(name, signer.public, {}).to_json().encode())
    click.echo("Hand these two lines to the log; they are not secret:\n")
    for key in signer.public:
        click.echo(key.text())
    click.echo(f"\nKeep {folder / KEY} to yourself. Never put back an older copy of {folder / STATE}:")
    click.echo("whoever forgets what they signed can be made to sign its opposite.")


@witness.command()
@click.argument("keys", type=FILE)
@AT
@plainly
def trust(keys: Path, folder: Path) -> None:
    """Look after a log from now on; KEYS is what its `portal ledger keys` printed, compared aloud."""
    known = LogKeys.from_verifier_keys(text_of(keys).split())
    with _held(folder):
        state = State.from_json(text_of(folder / STATE)).trusting(known)
        write_whole(folder / STATE, state.to_json().encode())
    for key in (known.classic, known.quantum):
        click.echo(f"{key.name}: key {key.id.hex()}")


@witness.command()
@click.argument("request", type=FILE)
@click.option("--out", type=NEW_FILE, help="Where to write the answer; else it is printed.")
@AT
@plainly
def cosign(request: Path, out: Path | None, folder: Path) -> None:
    """Co-sign a head, if it grew out of the last one signed here; refuses a fork and a rollback."""
    if out is not None and out.exists():
        raise InvalidError(f"{out} is there already and is not written over.")
    asked = Request.parse(text_of(request))
    with _held(folder):
        state = State.from_json(text_of(folder / STATE))
        made = rules.answer(state, asked, _signer(folder), time=int(datetime.now(UTC).timestamp()))
        # On the disk before the signature leaves: what was signed must never be forgotten.
        write_whole(folder / STATE, made.state.to_json().encode())
    if out is None:
        click.echo(made.lines, nl=False)
    else:
        write_new(out, made.lines.encode())
        click.echo(f"{out}: hand it back to the log (`portal ledger witness attach {out.name}`).")


@witness.command()
@AT
@plainly
def show(folder: Path) -> None:
    """Print this witness's keys, and the last head that it signed of each log."""
    state = State.from_json(text_of(folder / STATE))
    for key in state.keys:
        click.echo(key.text())
    for origin, log in state.logs.items():
        size = log.last.checkpoint.size if log.last else 0
        click.echo(f"{origin}: {size} entries, signed {len(log.notes)} times")


def _signer(folder: Path) -> Cosigner:
    try:
        value = json.loads(text_of(folder / KEY))
        return Cosigner(value["name"], SigningKey.from_seeds(bytes.fromhex(value["seeds"])))
    except (ValueError, LookupError, TypeError):
        raise UnavailableError(f"{folder / KEY} is damaged.") from None


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Let one command at a time look and write: two at once could sign two faces."""
    if not (folder / STATE).is_file():
        raise UnavailableError(f"There is no witness in {folder}: run `portal witness create NAME` first.")
    descriptor = os.open(folder / f"{STATE}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
