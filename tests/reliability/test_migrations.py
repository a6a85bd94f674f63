"""Every revision goes up, down and up again with rows in its tables, on both databases."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from enum import Enum as PythonEnum
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Engine,
    Enum,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Uuid,
    insert,
    select,
)
from sqlalchemy import inspect as inspector

import portal.casework.models
import portal.intake.models
import portal.ledger.models
import portal.linking.models
import portal.registry.models
import portal.release.models
import portal.staff.models
import portal.store.wraps  # noqa: F401 - every table must be known
from portal import schema
from portal.database import Base, Database, KeysBase, SealedColumn
from portal.ledger.rows import digests

METADATA: Mapping[str, MetaData] = {"main": Base.metadata, "keys": KeysBase.metadata}
REVISIONS = [(which, revision) for which in METADATA for revision in schema.revisions(which)]
Digests = dict[str, dict[tuple[Any, ...], bytes]]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Two empty databases."""
    places = tuple(f"sqlite:///{tmp_path / name}.db" for name in ("portal", "keys"))
    made = Database(*(places if request.param == "sqlite" else request.getfixturevalue("postgresql_urls")))
    yield made
    made.dispose()


def tables_of(engine: Engine, which: str) -> list[Table]:
    """The tables that are there now, those that others refer to first."""
    there = set(inspector(engine).get_table_names())
    known = [table for table in METADATA[which].sorted_tables if table.name in there]
    # A table that got columns later is looked at from that revision on; staff/test_epochs.py looks before.
    columns = {
        one.name: {column["name"] for column in inspector(engine).get_columns(one.name)} for one in known
    }
    return [one for one in known if {column.name for column in one.columns} <= columns[one.name]]


def _value(column: Any, number: int, made: Mapping[str, list[Mapping[str, Any]]]) -> Any:
    """Something that fits into a column; what refers to a row refers to one that is there."""
    for foreign in column.foreign_keys:
        rows = made[foreign.column.table.name]
        return rows[number % len(rows)][foreign.column.name]
    kind = column.type
    if isinstance(kind, SealedColumn):
        return b"\x01" + bytes([number]) * 40
    if isinstance(kind, Enum):
        enum = kind.enum_class
        return list(enum)[number % len(enum)] if enum and issubclass(enum, PythonEnum) else kind.enums[0]
    for type_, value in (
        (Boolean, bool(number % 2)),
        (Uuid, uuid4()),
        (Integer, number),
        (Float, number / 8),
        (DateTime, datetime(2026, 5, 4, 12, 30, number, 250_000, UTC)),
        (Date, date(2026, 5, 1 + number)),
        (LargeBinary, uuid4().bytes * 2),
        (String, f"نام {number} {uuid4().hex[:6]}"[: getattr(kind, "length", None)]),
    ):
        if isinstance(getattr(kind, "impl_instance", kind), type_) or isinstance(kind, type_):
            return value
    raise TypeError(f"{column}: {kind!r}")


def fill(engine: Engine, which: str, count: int = 3) -> None:
    """Put rows into every table that is there; past the ledger, which is none of a migration's business."""
    made: dict[str, list[Mapping[str, Any]]] = {}
    tables = tables_of(engine, which)
    with engine.begin() as connection:
        for table in tables:
            made[table.name] = [dict(row._mapping) for row in connection.execute(select(table))]
            if made[table.name]:
                continue
            for number in range(count):
                row = {column.name: _value(column, number, made) for column in table.columns}
                connection.execute(insert(table).values(row))
                made[table.name].append(row)


def digests_of(engine: Engine, which: str) -> Digests:
    """What the ledger would say of every row."""
    found: Digests = {}
    tables = tables_of(engine, which)
    with engine.connect() as connection:
        for table in tables:
            keys = connection.execute(select(*table.primary_key.columns)).all()
            found[table.name] = digests(connection, table, [tuple(key) for key in keys])
    return found


def test_every_revision_goes_up_down_and_up_with_rows_in_it(database: Database) -> None:
    for which, revision in REVISIONS:
        _up_down_up(database, which, revision)
    for which, engine in schema.engines(database).items():
        schema.downgrade(database, "base", which=which)
        assert set(inspector(engine).get_table_names()) <= {"alembic_version"}


def _up_down_up(database: Database, which: str, revision: str) -> None:
    """From the revision below, whose tables hold rows, to this one, back, and here again."""
    engine = schema.engines(database)[which]
    below = schema.current(engine)
    before = digests_of(engine, which) if below else {}
    schema.upgrade(database, revision, which=which)
    assert {name: rows for name, rows in digests_of(engine, which).items() if name in before} == before
    fill(engine, which)
    full = digests_of(engine, which)
    assert len(full) > len(before)
    assert all(full.values())
    schema.downgrade(database, below or "base", which=which)
    assert schema.current(engine) == below
    assert (digests_of(engine, which) if below else {}) == before
    schema.upgrade(database, revision, which=which)
    again = digests_of(engine, which)
    assert {name: rows for name, rows in again.items() if name in before} == before
    assert set(again) == set(full)
    fill(engine, which)


def test_the_models_are_what_the_newest_revision_lays(database: Database) -> None:
    schema.upgrade(database)
    assert schema.is_current(database)
    for which, engine in schema.engines(database).items():
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, METADATA[which]) == []
            there = set(inspector(connection).get_table_names()) - {"alembic_version"}
            assert there == set(METADATA[which].tables)


def test_rows_survive_the_whole_way_down_to_each_revision_and_up_again(database: Database) -> None:
    schema.upgrade(database)
    for which, engine in schema.engines(database).items():
        fill(engine, which)
        assert all(digests_of(engine, which).values())
        for revision in reversed(schema.revisions(which)):
            schema.downgrade(database, revision, which=which)
            kept = digests_of(engine, which)
            there = set(inspector(engine).get_table_names())
            schema.upgrade(database, which=which)
            now = digests_of(engine, which)
            assert {name: now[name] for name in kept} == kept
            assert all(not rows for name, rows in now.items() if name not in there)
