"""Whatever is changed behind the portal's back is noticed and named, and nothing else is."""

import hashlib
import json
import random
import shutil
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    Column,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.exc import DBAPIError

from portal.database import Base, Database, KeysBase, PortalSession
from portal.errors import UnavailableError
from portal.intake.models import Status, Submission
from portal.ledger import service, verify
from portal.ledger.checkpoint import LogKeys, Signer
from portal.ledger.heads import Trusted
from portal.ledger.reading import stored_rows
from portal.ledger.report import Report
from portal.ledger.rows import canonical, key_text, recorded_tables, row_digest
from portal.ledger.tags import tag_of
from portal.ledger.tree import RightEdge, leaf_hash, root
from portal.ledger.verify import FileClaim
from portal.store.files import FileStore
from portal.store.wraps import Wrap
from portal.vault.sign import SigningKey

Fill = Callable[[Database, int], list[UUID]]
DAY = date(2026, 11, 22)
ENTRIES = b"\x0b" * 32
FLIPS = 300
CHANCE = random.Random(1988)  # noqa: S311 - repeatable choices, no secrets
LEDGER_TABLES = {name: Base.metadata.tables[name] for name in ("ledger_entry", "ledger_checkpoint")}


class Instance:
    """A database with a ledger, its files, and what is known of them outside."""

    def __init__(self, database: Database, folder: Path, signer: Signer) -> None:
        self.database, self.signer = database, signer
        self.store = FileStore(folder)
        self.claims: list[FileClaim] = []

    def sign(self) -> str:
        with self.database.session(write=True) as session:
            return service.checkpoint(session, signer=self.signer, key=ENTRIES, day=DAY).note

    def add_file(self, name: str, content: bytes) -> None:
        with self.store.create(name) as sink:
            sink.write(content)
        self.claims.append(FileClaim(name, hashlib.sha256(content).digest(), len(content)))

    def verify(self, *, keys: LogKeys | None = None, witnessed: tuple[str, ...] = ()) -> Report:
        return verify.verify(
            self.database,
            self.store,
            keys or self.signer.public,
            files=self.claims,
            witnessed=witnessed,
            trusted=Trusted(tags=ENTRIES),
        )

    def found(self) -> list[tuple[str, str]]:
        return [(problem.kind, problem.object) for problem in self.verify().problems]


@pytest.fixture
def instance(database: Database, tmp_path: Path, signer: Signer, fill: Fill) -> Instance:
    made = Instance(database, tmp_path / "files", signer)
    fill(database, 2)
    made.sign()
    (one, two) = fill(database, 2)
    with database.session(write=True) as session:
        session.get_one(Submission, one).status = Status.IN_REVIEW
        service.note(session, "case.claim", by="A", subject=two)
    made.sign()
    for name in ("aa" * 16, "bb" * 16):
        made.add_file(name, name.encode() * 40)
    return made


@pytest.fixture
def file_instance(lite: Database, tmp_path: Path, signer: Signer, fill: Fill) -> Instance:
    """On SQLite, for tests that work on the database file itself."""
    made = Instance(lite, tmp_path / "files", signer)
    fill(lite, 3)
    made.sign()
    return made


def tables() -> dict[str, tuple[str, Table]]:
    main = {name: ("main", table) for name, table in recorded_tables(Base).items()}
    keys = {name: ("keys", table) for name, table in recorded_tables(KeysBase).items()}
    return main | keys | {name: ("main", table) for name, table in LEDGER_TABLES.items()}


def test_an_untouched_instance_is_clean(instance: Instance) -> None:
    report = instance.verify()
    assert report.ok
    assert report.problems == []
    assert report.warnings == []
    counted = {"entries": 5, "tags": 5, "checkpoints": 2, "rows": 40, "files": 2, "unsigned": 0}
    assert report.counts == counted


def test_an_empty_instance_is_clean(database: Database, tmp_path: Path, signer: Signer) -> None:
    report = Instance(database, tmp_path / "none", signer).verify()
    assert report.problems == []
    assert report.counts["entries"] == 0


def test_erased_wraps_and_deleted_rows_are_clean(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        for wrap in session.keys.scalars(select(Wrap)):
            session.keys.delete(wrap)
    report = instance.verify()
    assert report.problems == []
    assert report.counts["unsigned"] == 1


def test_the_log_alone_can_be_checked(instance: Instance) -> None:
    run(instance.database, "UPDATE submission SET revision = 9")
    assert verify.verify_log(instance.database, instance.signer.public).ok
    run(instance.database, "DELETE FROM ledger_entry WHERE seq = 1")
    report = verify.verify_log(instance.database, instance.signer.public)
    assert str(report.problems[0]) == "entry 1: missing from the ledger"


# -- flipped bits -------------------------------------------------------------------------------------------


def flipped(value: Any) -> Any:
    """The same value with one bit changed, as its type allows."""
    for kind, flip in FLIPPED.items():
        if isinstance(value, kind):
            return flip(value)
    raise TypeError(value)


def flipped_bytes(value: bytes) -> bytes:
    raw = bytearray(value)
    raw[CHANCE.randrange(len(raw))] ^= 1 << CHANCE.randrange(8)
    return bytes(raw)


def flipped_text(value: str) -> str:
    place = CHANCE.randrange(len(value))
    return value[:place] + chr(ord(value[place]) ^ 1 << CHANCE.randrange(4)) + value[place + 1 :]


FLIPPED: dict[type, Callable[[Any], Any]] = {
    bool: lambda value: not value,
    int: lambda value: value ^ 1 << CHANCE.randrange(12),
    bytes: flipped_bytes,
    str: flipped_text,
    UUID: lambda value: UUID(bytes=flipped_bytes(value.bytes)),
    datetime: lambda value: value + timedelta(microseconds=1 << CHANCE.randrange(30)),
    date: lambda value: value + timedelta(days=1 << CHANCE.randrange(8)),
}


@contextmanager
def flipped_in_sqlite(database: Database, where: str, column: Column[Any]) -> Iterator[str]:
    """Change one stored value as a disk would, whatever its type; give the key of the row."""
    engine = database.main if where == "main" else database.keys
    table = column.table
    with closing(sqlite3.connect(str(engine.url.database), isolation_level=None)) as raw:
        raw.text_factory = bytes
        names = [key.name for key in table.primary_key.columns]
        rows = raw.execute(f'SELECT rowid, "{column.name}", typeof("{column.name}") FROM "{table.name}"')  # noqa: S608
        rowid, old, kind = CHANCE.choice([row for row in rows.fetchall() if row[1] is not None])
        keys = raw.execute(f'SELECT {",".join(names)} FROM "{table.name}" WHERE rowid = ?', (rowid,))  # noqa: S608
        key = ":".join(part.decode() if isinstance(part, bytes) else str(part) for part in keys.fetchone())
        cast = "CAST(? AS TEXT)" if kind == b"text" else "?"
        change = f'UPDATE "{table.name}" SET "{column.name}" = {cast} WHERE rowid = ?'  # noqa: S608
        new = flipped(old)
        raw.execute(change, (new, rowid))
        # The row id of a table with a whole number as its key is that number.
        again = new if names == [column.name] and kind == b"integer" else rowid
        try:
            yield key
        finally:
            raw.execute(change, (old, again))


@contextmanager
def flipped_in_postgresql(database: Database, where: str, column: Column[Any]) -> Iterator[str]:
    engine = database.main if where == "main" else database.keys
    table = column.table
    keys = list(table.primary_key.columns)
    with engine.connect() as connection:
        rows = connection.execute(select(*keys, column.label("flipped"))).all()
        *key, old = CHANCE.choice([row for row in rows if row[-1] is not None])
    new = flipped(old)
    kind = LargeBinary() if isinstance(old, bytes) else String() if isinstance(old, str) else column.type
    here = [field == bindparam(f"key{number}") for number, field in enumerate(keys)]

    def put(value: Any, at: list[Any]) -> None:
        plain = getattr(value, "value", value)
        statement = update(table).where(*here).values({column: type_coerce(plain, kind)})
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(statement, {f"key{number}": part for number, part in enumerate(at)})

    put(new, key)
    try:
        yield key_text(key)
    finally:
        put(old, [new if field is column else part for field, part in zip(keys, key, strict=True)])


def expected(table: str, key: str) -> set[tuple[str, str]]:
    if table == "ledger_entry":
        return {("entry", key)}
    return {("checkpoint", key)} if table == "ledger_checkpoint" else {("row", f"{table}/{key}")}


def test_every_flipped_bit_in_every_column_is_noticed_and_named(instance: Instance) -> None:
    lite = instance.database.main.dialect.name == "sqlite"
    flip = flipped_in_sqlite if lite else flipped_in_postgresql
    filled = {
        "submission",
        "part",
        "sealed_field",
        "document",
        "consent",
        "message",
        "tombstone",
        "invitation",
        "wrap",
    }
    places = [
        (where, column)
        for where, table in (tables()[name] for name in sorted(filled | LEDGER_TABLES.keys()))
        for column in table.columns
    ]
    places += CHANCE.choices(places, k=FLIPS - len(places))
    for where, column in places:
        while True:
            try:
                with flip(instance.database, where, column) as key:
                    found = set(instance.found())
            except (sqlite3.IntegrityError, DBAPIError):
                continue  # the other value was taken
            except IndexError:
                assert column.nullable, f"no row has {column}"
                found, key = expected(column.table.name, ""), ""
            break
        name = column.table.name
        assert found, f"{column} of {key}"
        if column.name not in {"seq", "size"}:
            assert expected(name, key) <= found, f"{column} of {key}: {found}"
    assert instance.found() == []


def test_every_flipped_bit_of_a_file_is_noticed_and_named(file_instance: Instance) -> None:
    name, content = "cc" * 16, bytes(range(256)) * 4
    file_instance.add_file(name, content)
    path = file_instance.store.folder / "cc" / "cc" / name
    for _ in range(40):
        path.write_bytes(flipped(content))
        assert file_instance.found() == [("file", name)]
    path.write_bytes(content[:-1])
    assert file_instance.verify().problems[0].what == "has 1023 bytes instead of 1024"
    path.unlink()
    assert file_instance.found() == [("file", name)]


def contents(path: Path, names: Sequence[str]) -> list[Any]:
    """Everything readable in these tables of a database file, or the error that reading gives."""
    with closing(sqlite3.connect(path)) as raw:
        raw.text_factory = bytes
        try:
            return [raw.execute(f'SELECT * FROM "{name}"').fetchall() for name in names]  # noqa: S608
        except (sqlite3.Error, UnicodeDecodeError, MemoryError) as problem:
            return [str(problem)]


def test_a_flipped_bit_in_the_database_file_is_noticed_when_it_changes_anything(
    tmp_path: Path, file_instance: Instance
) -> None:
    file_instance.database.dispose()
    pristine = tmp_path / "pristine"
    pristine.mkdir()
    for name in ("lite.db", "lite-keys.db"):
        shutil.copy(tmp_path / name, pristine / name)
    raw = (pristine / "lite.db").read_bytes()
    written = [place for place, value in enumerate(raw) if value]
    # Not asked for of the damaged file: a letter of the list may change, and the table be read all the same.
    with closing(sqlite3.connect(pristine / "lite.db")) as whole:
        names = [row[0] for row in whole.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    before, noticed, changed = contents(pristine / "lite.db", names), 0, 0
    work = tmp_path / "work"
    for _ in range(200):
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(pristine, work)
        # Most of a small file is empty; a bit that says nothing cannot be missed.
        spot = CHANCE.choice(written)
        (work / "lite.db").write_bytes(raw[:spot] + flipped_bytes(raw[spot : spot + 1]) + raw[spot + 1 :])
        after = contents(work / "lite.db", names)
        database = Database(f"sqlite:///{work / 'lite.db'}", f"sqlite:///{work / 'lite-keys.db'}")
        report = Instance(database, tmp_path / "none", file_instance.signer).verify()
        database.dispose()
        if after != before:
            changed += 1
            noticed += not report.ok
    assert changed > 10
    assert noticed == changed


def test_a_broken_database_is_a_finding_not_a_traceback(tmp_path: Path, file_instance: Instance) -> None:
    file_instance.database.dispose()
    raw = (tmp_path / "lite.db").read_bytes()
    page = 4096
    for start in range(0, len(raw), page):
        (tmp_path / "lite.db").write_bytes(raw[:start] + b"\xff" * page + raw[start + page :])
        report = file_instance.verify()
        file_instance.database.dispose()
        assert not report.ok, f"page at {start}"
    for content in (b"", b"not a database at all" * 1000, raw[: len(raw) // 2]):
        (tmp_path / "lite.db").write_bytes(content)
        report = file_instance.verify()
        file_instance.database.dispose()
        assert not report.ok
    (tmp_path / "lite.db").write_bytes(raw)
    (tmp_path / "lite-keys.db").write_bytes(b"\xff" * 8192)
    report = file_instance.verify()
    assert {(problem.kind, problem.object) for problem in report.problems} == {("database", "keys")}
    (tmp_path / "lite.db").write_bytes(b"\xff" * 8192)
    assert not verify.verify_log(file_instance.database, file_instance.signer.public).ok


# -- changes on purpose -------------------------------------------------------------------------------------


def run(database: Database, *statements: str, **values: Any) -> None:
    with database.main.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def test_entries_taken_away_are_missed(instance: Instance) -> None:
    run(instance.database, "DELETE FROM ledger_entry WHERE seq IN (1, 2)")
    problems = instance.verify().problems
    assert ("entry", "1-2") in {(problem.kind, problem.object) for problem in problems}
    assert ("checkpoint", "5") in {(problem.kind, problem.object) for problem in problems}


def test_entries_cut_off_the_end_are_missed(instance: Instance) -> None:
    run(instance.database, "DELETE FROM ledger_entry WHERE seq = 4")
    whats = {problem.what for problem in instance.verify().problems}
    assert "5 entries were signed, 4 are there" in whats


def test_entries_in_another_order_are_noticed(instance: Instance) -> None:
    run(
        instance.database,
        "UPDATE ledger_entry SET seq = 99 WHERE seq = 0",
        "UPDATE ledger_entry SET seq = 0 WHERE seq = 1",
        "UPDATE ledger_entry SET seq = 1 WHERE seq = 99",
    )
    found = instance.found()
    assert ("entry", "0") in found
    assert ("entry", "1") in found
    assert ("checkpoint", "2") in found


def test_an_entry_slipped_in_is_noticed(instance: Instance) -> None:
    body = canonical({"v": 1, "seq": 2, "day": "2026-11-22", "rows": [], "acts": None})
    run(
        instance.database,
        "UPDATE ledger_entry SET seq = seq + 100 WHERE seq >= 2",
        "UPDATE ledger_entry SET seq = seq - 99 WHERE seq > 2",
        "INSERT INTO ledger_entry (seq, day, body, leaf_hash) VALUES (2, '2026-11-22', :body, :leaf)",
        body=body,
        leaf=leaf_hash(body),
    )
    found = instance.found()
    assert ("entry", "3") in found
    assert ("checkpoint", "5") in found


def add_entry(instance: Instance, day: date) -> int:
    """An entry of the portal's own, of a day that tests choose."""
    with instance.database.session(write=False) as session:
        seq = service.size(session)
    body = canonical({"v": 1, "seq": seq, "day": day.isoformat(), "rows": [], "acts": None})
    entry = {"seq": seq, "day": day, "body": body, "leaf_hash": leaf_hash(body), "tag": tag_of(ENTRIES, body)}
    with instance.database.main.begin() as connection:
        connection.execute(LEDGER_TABLES["ledger_entry"].insert(), entry)
    return seq


@pytest.mark.parametrize("days", [0, 3, 4, 40])
def test_heads_that_were_all_taken_away_are_missed_once_there_must_have_been_one(
    instance: Instance, days: int
) -> None:
    add_entry(instance, DAY + timedelta(days=days))
    assert instance.verify().problems == []
    run(instance.database, "DELETE FROM ledger_checkpoint")
    said = f"checkpoint none: there is no head, though entries are of {DAY} to {DAY + timedelta(days=days)}"
    assert [str(one) for one in instance.verify().problems] == ([said] if days > 3 else [])


@pytest.mark.parametrize("days", [7, 8])
def test_a_head_that_is_late_or_whose_successors_are_gone_is_mentioned(instance: Instance, days: int) -> None:
    last = DAY + timedelta(days=days)
    add_entry(instance, last)
    report = instance.verify()
    assert report.problems == []
    said = f"checkpoint 5: is of {DAY} and the newest; entries go on to {last}"
    assert [str(one) for one in report.warnings] == ([said] if days > 7 else [])
    with instance.database.session(write=True) as session:
        service.checkpoint(session, signer=instance.signer, key=ENTRIES, day=last)
    assert instance.verify().warnings == []


def test_an_entry_that_is_dated_back_is_named(instance: Instance) -> None:
    """Whoever runs the machine has it write on an earlier day; heads and hashes are all in order."""
    seq = add_entry(instance, DAY - timedelta(days=2))
    with instance.database.session(write=True) as session:
        service.checkpoint(session, signer=instance.signer, key=ENTRIES, day=DAY)
    assert [str(one) for one in instance.verify().problems] == [
        f"entry {seq}: its day is before that of an entry which stands before it"
    ]


def forge(instance: Instance, *, leaves: bool, edges: bool) -> None:
    """Change a row and rewrite its entry so that the two agree."""
    database = instance.database
    with database.main.begin() as connection:
        connection.execute(text("UPDATE submission SET status = 'withdrawn' WHERE status = 'in-review'"))
    with database.session(write=False) as session:
        changed = session.scalars(select(Submission).where(Submission.status == Status.WITHDRAWN)).one()
        table = Submission.__table__
        values = {column.name: getattr(changed, column.name) for column in table.columns}
        entries = list(service.entries(session))
    digest = row_digest("submission", values).hex()
    body = entries[4].body
    old = next(row[2] for row in json.loads(body)["rows"] if row[0] == "submission")
    forged = body.replace(old.encode(), digest.encode())
    with database.main.begin() as connection:
        connection.execute(text("UPDATE ledger_entry SET body = :body WHERE seq = 4"), {"body": forged})
        if leaves:
            values = {"leaf": leaf_hash(forged)}
            connection.execute(text("UPDATE ledger_entry SET leaf_hash = :leaf WHERE seq = 4"), values)
        if edges:
            all_leaves = [*(entry.leaf_hash for entry in entries[:4]), leaf_hash(forged)]
            values = {"edge": RightEdge().extended(all_leaves).to_bytes()}
            connection.execute(text("UPDATE ledger_checkpoint SET edge = :edge WHERE size = 5"), values)


def test_a_row_rewritten_together_with_its_entry_is_caught_by_the_checkpoint(instance: Instance) -> None:
    forge(instance, leaves=True, edges=True)
    assert sorted(instance.found()) == [("checkpoint", "5"), ("entry", "4")]
    told = {one.what for one in instance.verify().problems}
    assert "the entries are not those that were signed" in told


def test_a_rewritten_entry_with_its_old_leaf_hash_is_named(instance: Instance) -> None:
    forge(instance, leaves=False, edges=False)
    assert instance.found() == [("entry", "4")]


def test_a_checkpoint_signed_by_somebody_else_is_refused(instance: Instance) -> None:
    forge(instance, leaves=True, edges=True)
    thief = Signer(instance.signer.origin, SigningKey.from_seeds(b"\x01" * 64))
    with instance.database.session(write=False) as session:
        leaves = [entry.leaf_hash for entry in service.entries(session)]
    note = thief.sign(5, root(leaves), time=int(datetime(2026, 11, 22, tzinfo=UTC).timestamp()))
    run(instance.database, "UPDATE ledger_checkpoint SET note = :note WHERE size = 5", note=note)
    assert instance.found() == [("checkpoint", "5"), ("entry", "4")]


def test_a_database_set_back_to_an_older_state_is_caught_by_a_witness(instance: Instance) -> None:
    note = instance.sign()
    run(
        instance.database,
        "DELETE FROM ledger_checkpoint WHERE size = 5",
        "DELETE FROM ledger_entry WHERE seq >= 2",
    )
    problems = [
        one for one in instance.verify(witnessed=(note, "nonsense")).problems if one.kind == "checkpoint"
    ]
    assert [(one.object, one.what) for one in problems] == [
        ("witnessed 2", "The note has no signatures."),
        ("witnessed 1", "5 entries were signed, 2 are there"),
    ]


def test_rows_taken_away_put_in_or_put_back_are_noticed(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        session.delete(session.scalars(select(verify_model("Invitation"))).first())
    with instance.database.main.begin() as connection:
        (kept,) = connection.execute(text("SELECT id FROM invitation LIMIT 1")).one()
        connection.execute(text("DELETE FROM tombstone"))
        columns = "name, role, code_hash, invited_by, expires"
        for number, other in enumerate(("ee" * 16, gone_invitation(instance))):
            connection.execute(
                text(
                    f"INSERT INTO invitation (id, {columns}) SELECT :new, name || :number, role, code_hash,"  # noqa: S608
                    " invited_by, expires FROM invitation WHERE id = :kept"
                ),
                {"new": other, "kept": kept, "number": str(number)},
            )
    problems = instance.verify().problems
    assert (
        sum(problem.object.startswith("tombstone/") and problem.what == "is missing" for problem in problems)
        == 4
    )
    assert ("is in no ledger entry", f"invitation/{'ee' * 16}") in {
        (one.what, one.object) for one in problems
    }
    assert "is there although the ledger says it was erased" in {problem.what for problem in problems}
    assert len(problems) == 6


def verify_model(name: str) -> Any:
    return next(mapper.class_ for mapper in Base.registry.mappers if mapper.class_.__name__ == name)


def gone_invitation(instance: Instance) -> str:
    with instance.database.session(write=False) as session:
        body = service.newest(session, limit=1)[0].body
    return str(json.loads(body)["rows"][0][1])


def test_wraps_of_an_interrupted_transaction_are_a_warning(instance: Instance) -> None:
    with instance.database.keys.begin() as connection:
        connection.execute(text("DELETE FROM wrap WHERE id <> (SELECT id FROM wrap ORDER BY id LIMIT 1)"))
        connection.execute(text("UPDATE wrap SET id = :new"), {"new": "ee" * 16})
    report = instance.verify()
    assert [(one.kind, one.object) for one in report.warnings] == [("row", f"wrap/{'ee' * 16}")]
    assert len(report.problems) == 8


def test_a_file_without_a_claim_is_a_warning(instance: Instance) -> None:
    claim = instance.claims.pop()
    report = instance.verify()
    assert report.ok
    assert [(one.kind, one.object) for one in report.warnings] == [("file", claim.name)]


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"seq": "4"},
        {"more": 1},
        {"rows": [["a", "b"]]},
        {"rows": [["a", "b", "xyz"]]},
        {"rows": [["a", 3, None]]},
        {"acts": "?"},
        {"acts": 7},
    ],
)
def test_an_entry_of_another_form_is_refused(instance: Instance, change: dict[str, Any]) -> None:
    body = canonical(
        {"v": 1, "seq": 4, "day": "2026-11-22", "rows": [], "acts": b64encode(b"x").decode()} | change
    )
    values = {"body": body, "leaf": leaf_hash(body)}
    run(instance.database, "UPDATE ledger_entry SET body = :body, leaf_hash = :leaf WHERE seq = 4", **values)
    whats = {(one.object, one.what) for one in instance.verify().problems}
    assert ("4", "the body is not a canonical entry") in whats


@pytest.mark.parametrize("body", [b"\xff", b"", b"[" * 5000, b'{"a": 1}', b"null"])
def test_an_entry_that_is_no_json_is_refused(instance: Instance, body: bytes) -> None:
    run(instance.database, "UPDATE ledger_entry SET body = :body WHERE seq = 4", body=body)
    assert ("entry", "4") in instance.found()


def test_rows_of_a_table_nobody_knows_are_missed(instance: Instance) -> None:
    body = canonical(
        {"v": 1, "seq": 5, "day": "2026-11-22", "rows": [["lost", "1", "00" * 32]], "acts": None}
    )
    run(
        instance.database,
        "INSERT INTO ledger_entry (seq, day, body, leaf_hash) VALUES (5, '2026-11-22', :body, :leaf)",
        body=body,
        leaf=leaf_hash(body),
    )
    assert instance.found() == [("entry", "5"), ("row", "lost/1")]


def test_a_table_that_is_gone_is_told_and_the_rest_is_checked(instance: Instance) -> None:
    run(
        instance.database,
        "DROP TABLE tombstone",
        "UPDATE submission SET revision = 7 WHERE status = 'in-review'",
    )
    found = instance.found()
    assert found[-1] == ("database", "tombstone") or ("database", "tombstone") in found
    assert len(found) == 2


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_checkpoint"])
def test_a_ledger_that_is_gone_is_told(instance: Instance, table: str) -> None:
    run(instance.database, f"DROP TABLE {table}")
    assert ("database", table) in instance.found()


def test_a_store_or_a_list_that_fails_is_told(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any) -> Iterator[Any]:
        raise UnavailableError("The disk does not answer.")

    def claims() -> Iterator[FileClaim]:
        yield instance.claims[0]
        raise LookupError("damaged")

    monkeypatch.setattr(instance.store, "names", broken)
    report = verify.verify(instance.database, instance.store, instance.signer.public, files=claims())
    assert [(one.kind, one.object) for one in report.problems] == [("database", "files"), ("file", "names")]


def test_a_value_spelt_differently_is_noticed_on_sqlite(file_instance: Instance) -> None:
    """UUIDs in capitals, a moment with another separator: the same value, but nobody's writing."""
    run(
        file_instance.database,
        "UPDATE consent SET id = upper(id)",
        "UPDATE invitation SET expires = replace(expires, ' ', 'T')",
        "UPDATE message SET number = '1.0'",
        "UPDATE part SET number = CAST(number AS TEXT) || 'x'",
    )
    whats = {problem.what for problem in file_instance.verify().problems}
    assert "expires is not stored as the portal stores it" in whats
    assert "id is not stored as the portal stores it" in whats
    assert "was changed without the ledger" in whats


def test_empty_values_are_read_as_such_and_values_without_a_digest_are_changes() -> None:
    engine, metadata = create_engine("sqlite://"), MetaData()
    table = Table("thing", metadata, Column("id", Integer, primary_key=True), Column("day", Date))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"id": 1, "day": None}, {"id": 2, "day": DAY}])
        connection.execute(text("INSERT INTO thing VALUES (3, 'never')"))
        rows = list(stored_rows(connection, table))
    engine.dispose()
    assert [row.values["day"] for row in rows] == [None, DAY, "never"]
    assert [row.odd for row in rows] == [(), (), ("day",)]
    assert verify._digest("thing", {"a": 1j}) == b""


# -- beside a working portal, and on another database -------------------------------------------------------


def test_it_may_run_beside_a_working_portal(
    instance: Instance, add_submission: Callable[[PortalSession, int], UUID]
) -> None:
    writing = instance.database.open(write=False)
    writing.scalars(select(Submission)).all()
    assert instance.verify().ok
    writing.close()
    with instance.database.session(write=True) as session:
        add_submission(session, 9)
    assert instance.verify().ok


@pytest.mark.parametrize("urls", ["postgresql"], indirect=True)
def test_rows_copied_from_sqlite_to_postgresql_keep_their_digests(
    request: pytest.FixtureRequest, file_instance: Instance, urls: tuple[str, str]
) -> None:
    assert urls[0].startswith("postgresql")
    target: Database = request.getfixturevalue("database")
    source = file_instance.database
    for base, old, new in ((Base, source.main, target.main), (KeysBase, source.keys, target.keys)):
        with old.connect() as reading, new.begin() as writing:
            for table in base.metadata.sorted_tables:
                rows = [dict(row) for row in reading.execute(select(table)).mappings()]
                if rows:
                    writing.execute(table.insert(), rows)
    copied = Instance(target, file_instance.store.folder, file_instance.signer)
    report = copied.verify()
    assert report.problems == []
    assert report.counts["rows"] == 30
