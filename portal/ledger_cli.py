"""``portal ledger ...``: signing the log's head, and exchanging files with witnesses and authorities."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click

from portal import schema, upkeep
from portal.config import load_settings
from portal.errors import InvalidError, UnavailableError
from portal.instance import database_of, opened, settings_of
from portal.ledger import attesting, comparing, service
from portal.ledger.checkpoint import LogKeys
from portal.ledger.cosignature import witnesses_of
from portal.ledger.verify import heads_at
from portal.ledger.witness import Request, State
from portal.store.directory import read_public_keys
from portal.store.pinned import certificates, witness_keys
from portal.terminal import FILE, INSTANCE, NEW_FILE, environ, plainly
from portal.vault.timestamp import Authorities

FOLDER_OR_FILE = click.Path(path_type=Path, exists=True)


def _today() -> date:
    return datetime.now(UTC).date()


def text_of(path: Path) -> str:
    """Read a file that people hand to each other; raises `InvalidError` when it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidError(f"{path} is no text.") from None


def write_new(path: Path, content: bytes) -> None:
    """Write a file to be handed on; one that is there is not written over."""
    try:
        with path.open("xb") as target:
            target.write(content)
    except FileExistsError:
        raise InvalidError(f"{path} is there already and is not written over.") from None
    except OSError:
        raise UnavailableError(f"{path} cannot be written.") from None


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


@ledger.command()
@INSTANCE
@plainly
def keys(instance: Path | None) -> None:
    """Print the log's public keys as signed-note writes them: for witnesses, and whoever checks proofs."""
    for line in upkeep.log_keys(settings_of(instance).public_keys).verifier_keys():
        click.echo(line)


@ledger.command()
@INSTANCE
@click.argument("number", type=click.IntRange(min=0))
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Where to; else here."
)
@plainly
def prove(instance: Path | None, number: int, out: Path) -> None:
    """Write one entry and the proof that it is under the newest head: two files that anybody can check."""
    database = opened(settings_of(instance))
    with database.session(write=False) as session:
        proof, body = service.proof(session, number), service.body_of(session, number)
    out.mkdir(parents=True, exist_ok=True)
    write_new(out / f"entry-{number}.json", body)
    write_new(out / f"entry-{number}.tlog-proof", proof.text().encode())
    click.echo(f"Entry {number} and its proof are in {out}. How to check them: docs/ledger.md.")


@ledger.command("tag-again")
@INSTANCE
@click.option("--unsigned", is_flag=True, help="Believe entries behind the newest head as well.")
@plainly
def tag_again(instance: Path | None, *, unsigned: bool) -> None:
    """Give entries new tags under a new entry.key: when it is lost, or an old copy was put back.

    Stop both faces before.
    """
    settings = settings_of(instance)
    if not schema.is_current(database_of(settings)):
        raise click.ClickException("The databases are behind this version: run `portal db upgrade` first.")
    tagged = upkeep.tag_again(settings, unsigned=unsigned)
    click.echo(f"{tagged.signed} entries that a head proves and {tagged.unsigned} behind it have new tags.")
    if tagged.left:
        click.echo(f"{tagged.left} have none, because something about them does not hold: `portal verify`.")
    click.echo("Keep a copy of entry.key, and sign a head: `portal ledger checkpoint`.")


# -- time-stamps --------------------------------------------------------------------------------------------


@ledger.group()
def timestamp() -> None:
    """Have an outside authority say when a head was there (RFC 3161); nothing is sent from here."""


@timestamp.command("request")
@INSTANCE
@click.option("--out", type=NEW_FILE, help="Where to write it; else timestamp-DAY.tsq here.")
@plainly
def timestamp_request(instance: Path | None, out: Path | None) -> None:
    """Sign today's head, and write the request for it; also on days on which nothing happened."""
    settings, day = settings_of(instance), _today()
    database = opened(settings)
    upkeep.checkpoint(database, settings)
    with database.session(write=True) as session:
        row = attesting.ask_timestamp(session, day=day)
        size, request = row.size, row.request
    target = out or Path(f"timestamp-{day.isoformat()}.tsq")
    write_new(target, request)
    click.echo(f"{target}: a request over the head of {size} entries. Send it to the authority, then")
    click.echo("bring the answer back: `portal ledger timestamp attach ANSWER.tsr`.")


@timestamp.command("attach")
@INSTANCE
@click.argument("response", type=FILE)
@plainly
def timestamp_attach(instance: Path | None, response: Path) -> None:
    """Check an authority's answer against the pinned certificates, and keep it."""
    settings = settings_of(instance)
    authorities = Authorities.read(certificates(settings.instance))
    database = opened(settings)
    with database.session(write=True) as session:
        size, stamp = attesting.attach_timestamp(
            session, response=response.read_bytes(), authorities=authorities
        )
    click.echo(
        f"{stamp.authority} saw the head of {size} entries at {stamp.time:%Y-%m-%d %H:%M} UTC. It is kept."
    )


# -- witnesses ----------------------------------------------------------------------------------------------


@ledger.group()
def witness() -> None:
    """Have other organisations co-sign the head, by exchanging files with them."""


@witness.command("request")
@INSTANCE
@click.option("--to", "name", default="", help="The witness's name; its last head is looked up.")
@click.option(
    "--old", type=click.IntRange(min=0), help="The size that the witness signed last, if it says so."
)
@click.option("--out", type=NEW_FILE, help="Where to write it; else it is printed.")
@plainly
def witness_request(instance: Path | None, name: str, old: int | None, out: Path | None) -> None:
    """Write what a witness needs: the newest head, and the proof that it grew out of the last one."""
    database = opened(settings_of(instance))
    with database.session(write=False) as session:
        text = attesting.ask_witness(session, witness=name, old=old).text()
    if out is None:
        click.echo(text, nl=False)
    else:
        write_new(out, text.encode())
        click.echo(f"{out}: hand it to the witness (`portal witness cosign {out.name}`).")


@witness.command("attach")
@INSTANCE
@click.argument("answer", type=FILE)
@plainly
def witness_attach(instance: Path | None, answer: Path) -> None:
    """Check a witness's answer against the keys in the instance's folder, and keep it."""
    settings = settings_of(instance)
    known = witnesses_of(witness_keys(settings.instance))
    database = opened(settings)
    with database.session(write=True) as session:
        made = attesting.attach_cosignature(session, answer=text_of(answer), witnesses=known, day=_today())
        for one in made:
            click.echo(f"{one.witness} co-signed the head of {one.size} entries.")


@ledger.command()
@click.argument("files", type=FOLDER_OR_FILE, nargs=-1, required=True)
@click.option(
    "--log-keys",
    type=FILE,
    help="What `portal ledger keys` printed; needed unless a witness's file is given.",
)
@plainly
def compare(files: tuple[Path, ...], log_keys: Path | None) -> None:
    """Hold side by side what several people know of a log: witnesses' files, heads, requests, copies.

    Exits with 1 when the log showed two faces, with 2 when it cannot be told.
    """
    made = comparing.Comparison()
    if log_keys:
        known = LogKeys.from_verifier_keys(text_of(log_keys).split())
        made.keys[known.origin] = known
    texts = {path: text_of(path) for path in files if path.is_file()}
    for path, text in texts.items():
        if text.startswith("{"):
            made.add_state(str(path), State.from_json(text))
    for path, text in texts.items():
        if text.startswith("old "):
            made.add_request(str(path), Request.parse(text))
        elif not text.startswith("{"):
            made.add_note(str(path), text)
    for path in files:
        if path.is_dir():
            sizes = {one.checkpoint.size for one in made.heads}
            settings = load_settings(environ(), path.resolve(), read=read_public_keys)
            found = heads_at(database_of(settings), settings.public_keys.origin, sizes)
            made.add_roots(str(path), found)
    _tell(made.result())


def _tell(found: comparing.Compared) -> None:
    for head in found.heads:
        click.echo(f"{head.where}: {head.checkpoint.size} entries, {head.checkpoint.root.hex()[:16]}")
    for line in found.faces:
        click.echo(f"DOES NOT HOLD: {line}")
    for line in found.unlinked:
        click.echo(f"CANNOT BE TOLD: {line}")
    if found.faces:
        sys.exit(1)
    if found.unlinked:
        sys.exit(2)
    click.echo("They all saw the same log.")
