"""Every revision goes up, down and up again with rows in its tables, on both databases."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from enum import Enum as PythonEnum
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    Boolean,
    Column,
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
Columns = dict[str, frozenset[str]]


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
    return [table for table in METADATA[which].sorted_tables if table.name in there]


def columns_of(engine: Engine, which: str) -> Columns:
    """The columns that the tables have now; some come only with a later revision."""
    found = inspector(engine).get_multi_columns()
    columns = {name: frozenset(column["name"] for column in there) for (_, name), there in found.items()}
    return {
        table.name: columns[table.name] for table in METADATA[which].sorted_tables if table.name in columns
    }


@cache
def as_it_is(table: Table, columns: frozenset[str]) -> Table:
    """A table with some of its columns, and nothing that would be filled in by itself."""
    some = [
        Column(one.name, one.type, primary_key=one.primary_key)
        for one in table.columns
        if one.name in columns
    ]
    return Table(table.name, MetaData(), *some)


def _value(column: Any, number: int, made: Mapping[str, list[Mapping[str, Any]]]) -> Any:
    """Something that fits into a column; what refers to a row refers to one that is there."""
    for foreign in column.foreign_keys:
        rows = made[foreign.column.table.name]
        if foreign.column.table is column.table:  # each to the one before
            return rows[-1][foreign.column.name] if rows else None
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
    tables, columns = tables_of(engine, which), columns_of(engine, which)
    with engine.begin() as connection:
        for table in tables:
            now = as_it_is(table, columns[table.name])
            made[table.name] = [dict(row._mapping) for row in connection.execute(select(now))]
            if made[table.name]:
                continue
            for number in range(count):
                row = {name: _value(table.columns[name], number, made) for name in now.columns.keys()}  # noqa: SIM118 - columns iterate as columns
                connection.execute(insert(now).values(row))
                made[table.name].append(row)


def indexes_of(engine: Engine) -> set[str]:
    """The names of all indexes."""
    every = inspector(engine).get_multi_indexes()
    return {str(one["name"]) for several in every.values() for one in several}


def digests_of(engine: Engine, which: str, columns: Columns) -> Digests:
    """What the ledger would say of every row, of these columns."""
    found: Digests = {}
    tables = tables_of(engine, which)
    with engine.connect() as connection:
        for table in tables:
            if table.name in columns:
                now = as_it_is(table, columns[table.name])
                keys = connection.execute(select(*now.primary_key.columns)).all()
                found[table.name] = digests(connection, now, [tuple(key) for key in keys])
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
    old, listed = columns_of(engine, which), indexes_of(engine)
    before = digests_of(engine, which, old)
    schema.upgrade(database, revision, which=which)
    assert digests_of(engine, which, old) == before
    fill(engine, which)
    new = columns_of(engine, which)
    full = digests_of(engine, which, new)
    assert (new, indexes_of(engine)) != (old, listed)
    assert all(full.values())
    schema.downgrade(database, below or "base", which=which)
    assert schema.current(engine) == below
    assert (columns_of(engine, which), indexes_of(engine)) == (old, listed)
    assert digests_of(engine, which, old) == before
    schema.upgrade(database, revision, which=which)
    assert columns_of(engine, which) == new
    assert digests_of(engine, which, old) == before
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
        every = columns_of(engine, which)
        assert all(digests_of(engine, which, every).values())
        for revision in reversed(schema.revisions(which)[::4]):  # every single step is taken above
            schema.downgrade(database, revision, which=which)
            there = columns_of(engine, which)
            kept = digests_of(engine, which, there)
            schema.upgrade(database, which=which)
            assert digests_of(engine, which, there) == kept
            now = digests_of(engine, which, every)
            assert all(not rows for name, rows in now.items() if name not in there)
