"""``portal recovery ...``: the ceremony that makes a key for k of n custodians, rehearses and opens it.

Nothing here needs an instance or a network: it is for a machine that has neither. No secret is an argument
or an environment variable, and none is written to a file except, if it is asked for, a sheet to be printed.
"""

import os
from pathlib import Path

import click
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.config import bundled
from portal.errors import InvalidError, PortalError
from portal.staff.names import clean
from portal.vault import recovery as sharing
from portal.vault import sheet
from portal.vault.recovery import Custodian, Kind, PartlyOpened, Shares
from portal.vault.shares import read_begun, write_public
from portal.vault.sheet import SheetError
from portal.vault.wrap import key_id, new_seed, public_key

PUBLIC_FILE, SHARES_FILE = "recovery.public.json", "shares.json"
_PRIVATE = 0o600
_A_ROW = 3
MARK_SIZE = 32
"""Digits of a mark: a key id, the beginning of the key's SHA-256."""

FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
NEW_FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


class _Plainly(click.Group):
    """Says the portal's own errors in one line."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except PortalError as problem:
            raise click.ClickException(str(problem) or type(problem).__name__) from None


@click.group(cls=_Plainly)
def recovery() -> None:
    """Make, rehearse and use a recovery key that only several custodians open together."""


@recovery.command()
@click.option("--name", required=True, help="What to call the custodian, such as a pseudonym.")
@click.option("--out", type=FOLDER, default=Path(), help="Where NAME.public.json goes; else here.")
@click.option(
    "--sheet", "page", type=NEW_FILE, help="Write the sheet as a page to be printed instead of showing it."
)
def custodian(name: str, out: Path, page: Path | None) -> None:
    """Make a custodian's key on their own offline machine: a private sheet, shown once, and a public file."""
    seed = new_seed()
    made = Custodian(clean(name), public_key(seed))
    target = out / f"{made.name}.public.json"
    _refuse_existing(target, *([page] if page else []))
    if page:
        _write(page, _page(made, seed))
        click.echo(f"Print {page}, then destroy the file. The sheet is nowhere else.")
    else:
        click.echo("Write this sheet down by hand. It is shown this once and kept nowhere:\n")
        _show(made.name, made.public, seed)
    _write(target, made.to_json())
    click.echo(f"\nHand over {target}: it is not secret. Keep the sheet.")


@recovery.command()
@click.option(
    "--custodian",
    "files",
    type=FILE,
    multiple=True,
    required=True,
    help="A custodian's public file; repeat it. The file goes round in this order.",
)
@click.option("--need", type=int, required=True, help="How many custodians open the key together.")
@click.option("--out", type=FOLDER, default=Path(), help="Where the two files go; else here.")
def create(files: tuple[Path, ...], need: int, out: Path) -> None:
    """Make a new recovery key and share it among the custodians. The key itself is shown to nobody."""
    people = [Custodian.from_json(_text(path)) for path in files]
    _refuse_existing(out / PUBLIC_FILE, out / SHARES_FILE)
    seed = new_seed()
    made = sharing.share(seed, people, need)
    _write(out / SHARES_FILE, made.to_json())
    _write(out / PUBLIC_FILE, write_public(public_key(seed)))
    click.echo(f"Any {need} of these {len(people)} open the key. Each compares the mark with their sheet's:")
    for one in people:
        click.echo(f"  {mark_of(one.public)}  {one.name}")
    click.echo(f"The recovery key's own mark:\n  {mark_of(public_key(seed))}")
    click.echo(f"Give everybody a copy of {SHARES_FILE}, rehearse, and only then `portal init --recovery`.")


@recovery.command()
@click.argument("shares", type=FILE)
@click.option("--peel", "out", type=NEW_FILE, help="Take one layer off and write the file for the next one.")
def rehearse(shares: Path, out: Path | None) -> None:
    """Prove that the sheets and the file work. The recovery key stays shut: another value is opened."""
    now = _opened(read_begun(_text(shares)), Kind.REHEARSAL, out)
    if now is not None:
        names = ", ".join(now.custodians[index].name for index in now.by)
        click.echo(f"It works: {names} can open the recovery key. It was not opened now.")


@recovery.command("open")
@click.argument("shares", type=FILE)
@click.option("--peel", "out", type=NEW_FILE, help="Take one layer off and write the file for the next one.")
def open_key(shares: Path, out: Path | None) -> None:
    """Open the recovery key with the custodians' sheets and show it once, for `portal recovery restore`."""
    now = _opened(read_begun(_text(shares)), Kind.SEED, out)
    if now is not None:
        click.echo("The recovery key. It opens everything: use it, then destroy what it was written on.\n")
        _show("Recovery key", public_key(now.secret), now.secret)


def ask_sheet(prompt: str, *, bare: bool = False) -> bytes:
    """Ask for a sheet without showing what is typed, until it is free of slips."""
    while True:
        try:
            return sheet.read(click.prompt(f"{prompt} (not shown)", hide_input=True), bare=bare)
        except SheetError as slip:
            click.echo(f"  {slip} Type the whole sheet again.")


def mark_of(public: bytes) -> str:
    """Write a key's name in groups of four, for two people to compare aloud."""
    return _spaced(key_id(public))


def _spaced(name: str) -> str:
    return " ".join(name[start : start + 4] for start in range(0, len(name), 4))


def _opened(given: Shares | PartlyOpened, kind: Kind, out: Path | None) -> PartlyOpened | None:
    """Open with as many sheets as are needed; or, one layer at a time, write the next file and give None."""
    now = sharing.begin(given, kind) if isinstance(given, Shares) else given
    if isinstance(given, Shares):
        # Anybody can make shares for these custodians; that they are of the right key, only its mark tells.
        click.echo(f"Shares of the key with this mark:\n  {_spaced(given.recovery.hex()[:MARK_SIZE])}")
    if now.kind is not kind:
        raise InvalidError(f"This file was begun for another purpose: {now.kind.value}.")
    if out is None:
        return _together(given, kind) if isinstance(given, Shares) else _in_turn(now)
    _refuse_existing(out)
    now = sharing.peel(now, ask_sheet(f"Sheet of {' or '.join(now.next_names)}"))
    if not now.missing:
        return now
    _write(out, now.to_json())
    click.echo(f"{now.missing} more needed. Next: {' or '.join(now.next_names)}. Hand {out} to them alone:")
    click.echo("whoever has it needs one sheet fewer. Destroy it when they are done.")
    return None


def _together(shares: Shares, kind: Kind) -> PartlyOpened:
    """Ask for sheets in any order; what is no right sheet is told and asked for again."""
    found: dict[int, bytes] = {}
    while len(found) < shares.need:
        seed = ask_sheet(f"Sheet {len(found) + 1} of {shares.need}")
        try:
            index = sharing.whose(shares.custodians, seed)
        except InvalidError as problem:
            click.echo(f"  {problem}")
            continue
        name = shares.custodians[index].name
        if index in found:
            click.echo(f"  {name}'s sheet was read already. Another custodian is needed.")
            continue
        found[index] = seed
        click.echo(f"  {name}'s sheet is right. {shares.need - len(found)} more needed.")
    now = sharing.begin(shares, kind)
    for index in sorted(found):
        now = sharing.peel(now, found[index])
    return now


def _in_turn(now: PartlyOpened) -> PartlyOpened:
    while now.missing:
        seed = ask_sheet(f"Sheet of {' or '.join(now.next_names)}")
        try:
            now = sharing.peel(now, seed)
        except InvalidError as problem:
            click.echo(f"  {problem}")
    return now


def _show(name: str, public: bytes, seed: bytes) -> None:
    groups = sheet.written(seed)
    click.echo(f"  {name}")
    for start in range(0, len(groups), _A_ROW):
        click.echo(f"    {' '.join(groups[start : start + _A_ROW])}")
    click.echo(f"  mark: {mark_of(public)}")


def _page(made: Custodian, seed: bytes) -> str:
    """Return a page that needs nothing else, says nothing of what it is for, and fits one sheet of paper."""
    environment = Environment(
        loader=FileSystemLoader(bundled("templates")), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("recovery/sheet.html").render(
        name=made.name, mark=mark_of(made.public), groups=sheet.written(seed)
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidError(f"{path} is no text.") from None


def _refuse_existing(*paths: Path) -> None:
    for path in paths:
        if path.exists():
            raise InvalidError(f"{path} is there already and is not written over.")


def _write(path: Path, text: str) -> None:
    """Write a new file that only its owner reads, whole and on the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as target:
        target.write(text)
        target.flush()
        os.fsync(target.fileno())
