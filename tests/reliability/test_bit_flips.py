"""One flipped bit anywhere is noticed and named: rows, wrapped keys, the log, its signed heads, stored files.

Verification names each damaged object by itself, so one run may hold many flips as long as no two fall into
the same object and none hides another; what was flipped and what was named are then compared one by one.
"""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import contents
import pytest
from builders import an_instance
from click.testing import CliRunner

from portal import upkeep
from portal.cli import main
from portal.database import Base, KeysBase
from portal.ledger.rows import recorded_tables
from portal.registry.starter import load_starter

SEED = 1988
ROUNDS = {"rows": 4, "entries": 8, "checkpoints": 8, "files": 24}
AT_LEAST = 5_000


@dataclass(frozen=True)
class Flip:
    """One bit of one value: which object it belongs to, and by what name verification must call it."""

    kind: str
    name: str
    where: str


class Copy:
    """A copy of the instance that is damaged, looked at, and put right again."""

    def __init__(self, original: Path, folder: Path) -> None:
        self.original, self.folder = original, folder
        shutil.copytree(original, folder)
        self.chance = random.Random(SEED)  # noqa: S311 - which bit is no secret

    def restore(self) -> None:
        for name in ("portal.db", "keys.db"):
            shutil.copyfile(self.original / name, self.folder / name)
            for more in ("-wal", "-shm"):
                (self.folder / f"{name}{more}").unlink(missing_ok=True)

    def open(self, name: str) -> sqlite3.Connection:
        connection = sqlite3.connect(self.folder / name, isolation_level=None)
        connection.execute("PRAGMA foreign_keys=OFF")
        return connection

    def flipped(self, value: Any) -> Any:
        """The value with one bit changed, stored as the same kind of thing; None when it has no bit."""
        if isinstance(value, int):
            return value ^ (1 << self.chance.randrange(max(1, value.bit_length())))
        raw = bytearray(value.encode() if isinstance(value, str) else value)
        if not raw:
            return None
        place = self.chance.randrange(len(raw) * 8)
        raw[place // 8] ^= 1 << place % 8
        return bytes(raw)

    def flip(self, connection: sqlite3.Connection, table: str, column: str, row: sqlite3.Row) -> bool:
        """Flip one bit of a value in place; False when there is none, or another row stands in the way."""
        value = row[column]
        new = None if value is None else self.flipped(value)
        if new is None:
            return False
        shape = "CAST(? AS TEXT)" if isinstance(value, str) else "?"
        try:
            connection.execute(
                f'UPDATE "{table}" SET "{column}" = {shape} WHERE rowid = ?',  # noqa: S608 - our own names
                (new, row["the_rowid"]),
            )
        except (sqlite3.IntegrityError, OverflowError):
            return False
        return True


def rows_of(connection: sqlite3.Connection, table: str) -> list[sqlite3.Row]:
    connection.row_factory = sqlite3.Row
    return connection.execute(f'SELECT rowid AS the_rowid, * FROM "{table}"').fetchall()  # noqa: S608


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with rows in nearly every table, files, many entries and signed heads; left closed."""
    instance = an_instance(tmp_path_factory.mktemp("original") / "instance")
    with instance.database.session(write=True) as session:
        load_starter(session, author="starter", now=instance.clock())
    contents.fill(instance)
    contents.invite(instance)
    for number in range(10):
        contents.send(instance, f"number {number}")
        upkeep.checkpoint(instance.database, instance.settings)
    contents.coded(instance, 20)
    upkeep.checkpoint(instance.database, instance.settings)
    for name in ("portal.db", "keys.db"):
        with closing(sqlite3.connect(instance.settings.instance / name)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    instance.database.dispose()
    return instance.settings.instance


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Copy:
    made = Copy(original, tmp_path / "copy")
    assert upkeep.verify_folder(made.folder, {}).problems == []
    made.restore()
    return made


def named(folder: Path) -> set[tuple[str, str]]:
    """What verification names."""
    report = upkeep.verify_folder(folder, {})
    found = {(problem.kind, problem.object) for problem in report.problems}
    found |= {("row", problem.object) for problem in report.problems if problem.kind == "row"}
    return found


def missed(copy: Copy, flips: list[Flip]) -> list[Flip]:
    """Which flips verification does not name."""
    found = named(copy.folder)
    copy.restore()
    spans = [name.split("-") for kind, name in found if kind == "entry" and "-" in name]
    return [
        flip
        for flip in flips
        if (flip.kind, flip.name) not in found
        and not (flip.kind == "entry" and any(int(a) <= int(flip.name) <= int(b) for a, b in spans))
    ]


def _keys(base: Any, table: str) -> list[str]:
    return [column.name for column in recorded_tables(base)[table].primary_key.columns]


def _row_flips(copy: Copy, turn: int) -> list[Flip]:
    """One bit in one value of each recorded row; the columns take turns."""
    flips = []
    for database, base in (("portal.db", Base), ("keys.db", KeysBase)):
        with closing(copy.open(database)) as connection:
            for table in sorted(recorded_tables(base)):
                for number, row in enumerate(rows_of(connection, table)):
                    columns = [name for name in row.keys() if name != "the_rowid"]  # noqa: SIM118 - a Row
                    key = ":".join(str(row[name]) for name in _keys(base, table))
                    for step in range(len(columns)):
                        column = columns[(number + turn + step) % len(columns)]
                        if copy.flip(connection, table, column, row):
                            flips.append(Flip("row", f"{table}/{key}", column))
                            break
    return flips


def _entry_flips(copy: Copy, turn: int) -> list[Flip]:
    """One bit in the body, the leaf hash, the tag or the day of each entry."""
    columns = ("body", "leaf_hash", "tag", "day")
    flips = []
    with closing(copy.open("portal.db")) as connection:
        for number, row in enumerate(rows_of(connection, "ledger_entry")):
            column = columns[(number + turn) % 4]
            if copy.flip(connection, "ledger_entry", column, row):
                flips.append(Flip("entry", str(row["seq"]), column))
    return flips


def _checkpoint_flips(copy: Copy, turn: int) -> list[Flip]:
    """One bit in the note, the edge or the day of each signed head."""
    columns = ("note", "edge", "day")
    flips = []
    with closing(copy.open("portal.db")) as connection:
        for number, row in enumerate(rows_of(connection, "ledger_checkpoint")):
            column = columns[(number + turn) % 3]
            if copy.flip(connection, "ledger_checkpoint", column, row):
                flips.append(Flip("checkpoint", str(row["size"]), column))
    return flips


def _file_flips(copy: Copy, turn: int) -> list[Flip]:
    """One bit of each stored file."""
    del turn
    flips = []
    for path in sorted(copy.original.glob("files/??/??/*")):
        place = copy.folder / path.relative_to(copy.original)
        place.write_bytes(copy.flipped(path.read_bytes()))
        flips.append(Flip("file", path.name, "bytes"))
    return flips


MAKERS: dict[str, Callable[[Copy, int], list[Flip]]] = {
    "rows": _row_flips,
    "entries": _entry_flips,
    "checkpoints": _checkpoint_flips,
    "files": _file_flips,
}


def test_every_flipped_bit_is_noticed_and_named(copy: Copy) -> None:
    counted: dict[str, int] = {}
    columns: set[tuple[str, str]] = set()
    for kind, rounds in ROUNDS.items():
        for turn in range(rounds):
            flips = MAKERS[kind](copy, turn)
            assert missed(copy, flips) == [], kind
            counted[kind] = counted.get(kind, 0) + len(flips)
            columns |= {(flip.name.split("/")[0], flip.where) for flip in flips if flip.kind == "row"}
    assert sum(counted.values()) >= AT_LEAST, counted
    assert len({table for table, _column in columns}) >= 20
    assert len(columns) >= 100
    assert counted["files"] > 500


def _few(copy: Copy) -> Iterator[Flip]:
    """One flip of each kind, and those that would hide others: numbers of entries and sizes of heads."""
    for table, column, kind in (
        ("ledger_entry", "seq", "entry"),
        ("ledger_checkpoint", "size", "checkpoint"),
        ("ledger_checkpoint", "note", "checkpoint"),
        ("document", "stored_name", "row"),
        ("staff", "bundle", "row"),
    ):
        with closing(copy.open("portal.db")) as connection:
            row = rows_of(connection, table)[-1]
            while not copy.flip(connection, table, column, row):
                pass  # that number is taken
        key = row["id"] if kind == "row" else row["seq" if kind == "entry" else "size"]
        yield Flip(kind, f"{table}/{key}" if kind == "row" else str(key), column)
        copy.restore()
    path = next(copy.original.glob("files/??/??/*"))
    (copy.folder / path.relative_to(copy.original)).write_bytes(copy.flipped(path.read_bytes()))
    yield Flip("file", path.name, "bytes")
    shutil.copyfile(path, copy.folder / path.relative_to(copy.original))


def test_the_command_exits_with_one_and_says_what_does_not_hold(copy: Copy) -> None:
    runner = CliRunner()
    assert runner.invoke(main, ["verify", str(copy.folder)]).exit_code == 0
    for flip in _few(copy):
        said = runner.invoke(main, ["verify", str(copy.folder)])
        assert said.exit_code == 1, flip
        wanted = "DOES NOT HOLD" if flip.where == "size" else f"DOES NOT HOLD: {flip.kind} {flip.name}"
        assert wanted in said.output, flip
    assert runner.invoke(main, ["verify", str(copy.folder)]).exit_code == 0


def test_raw_bytes_of_the_database_files(copy: Copy) -> None:
    """Bits of the pages themselves, where they hold something: most are content, the rest is structure."""
    found = 0
    for name in ("portal.db", "keys.db"):
        content = (copy.original / name).read_bytes()
        used = [place for place in range(4096, len(content)) if content[place]]
        for _number in range(30):
            place = copy.chance.choice(used)
            damaged = bytearray(content)
            damaged[place] ^= 1 << copy.chance.randrange(8)
            (copy.folder / name).write_bytes(damaged)
            found += bool(upkeep.verify_folder(copy.folder, {}).problems)
            copy.restore()
    # What nothing depends on (search keys that follow from names, an index's own order) may pass.
    assert found >= 54
