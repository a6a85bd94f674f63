"""Names have sources and years, places and posts begin and end; conclusions stand beside statements."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from portal.database import SealedColumn, UtcDay

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None


def _token(*words: str, name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=16)


_CALENDAR = _token("solar", "gregorian", "lunar", name="calendar")
_PRECISION = _token("day", "part", "month", "season", "year", "decade", "range", name="precision")
_QUALIFIER = _token("none", "approximate", "uncertain", "both", name="qualifier")
_BASIS = _token("saw", "heard", "told", "document", "inferred", name="basis")
_CERTAINTY = _token("maybe", "likely", "certain", name="certainty")
_BODY = _token("commission", "court", "office", "force", "party", "other", name="bodykind")
_PREDICATE = sa.String(length=16)


def _date(prefix: str) -> dict[str, Any]:
    return {
        f"{prefix}words": sa.String(length=200),
        f"{prefix}calendar": _CALENDAR,
        f"{prefix}earliest": sa.Date(),
        f"{prefix}latest": sa.Date(),
        **_fineness(prefix),
    }


def _fineness(prefix: str) -> dict[str, Any]:
    return {f"{prefix}precision": _PRECISION, f"{prefix}qualifier": _QUALIFIER}


_LASTING = {**_date("since_"), **_date("until_")}
_CODED: dict[str, Any] = {
    "word": sa.String(length=16),
    "low": sa.Integer(),
    "high": sa.Integer(),
    "restricted": sa.Boolean(),
}
# All may be empty: the ledger's digests of rows that were there before stay what they are.
_NEW: dict[str, dict[str, Any]] = {
    "registry_name": {"locator": sa.String(length=300), **_LASTING},
    "registry_person": {
        "mother_name": sa.String(length=200),
        "birthplace": sa.String(length=200),
        **_fineness("birth_"),
    },
    "registry_place": _LASTING,
    "registry_body": {"kind": _BODY, **_LASTING},
    "registry_event": _fineness(""),
    "registry_statement": {**_CODED, "basis": _BASIS, **_fineness("")},
    "registry_relation": {"post": sa.String(length=200), **_LASTING, "restricted": sa.Boolean()},
    "registry_participation": {"restricted": sa.Boolean()},
}


def _refers(column: str, table: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    for table, columns in _NEW.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    # Not in a batch: other tables refer to this one, and it may be large.
    kind = "UUID" if op.get_bind().dialect.name == "postgresql" else "CHAR(32)"
    op.execute(
        f"ALTER TABLE registry_name ADD COLUMN source_id {kind}"
        " CONSTRAINT fk_registry_name_source_id_registry_source REFERENCES registry_source (id)"
    )
    op.create_index(op.f("ix_registry_name_source_id"), "registry_name", ["source_id"])
    # The same two may be tied by one source more than once: held at a prison, and again years later.
    with op.batch_alter_table("registry_relation", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_registry_relation_from_id_to_id_kind_source_id"), type_="unique")
    op.create_index(op.f("ix_registry_relation_from_id"), "registry_relation", ["from_id"])
    _make_fact_citations()
    _make_positions()
    _make_conclusions()


def _make_fact_citations() -> None:
    table = "registry_fact_citation"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(length=16), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("locator", sa.String(length=300), nullable=False),
        _refers("record_id", table, "registry_record"),
        _refers("source_id", table, "registry_source"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_record_id"), table, ["record_id"])
    op.create_index(op.f(f"ix_{table}_source_id"), table, ["source_id"])


def _make_positions() -> None:
    table = "registry_position"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        _refers("record_id", table, "registry_record"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("record_id", name=op.f(f"uq_{table}_record_id")),
    )


def _make_conclusions() -> None:
    table = "registry_conclusion"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("certainty", _CERTAINTY, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("predicate", _PREDICATE, nullable=False),
        sa.Column("value_fa", sa.Text(), nullable=False),
        sa.Column("value_en", sa.Text(), nullable=False),
        *(sa.Column(name, kind, nullable=True) for name, kind in _CODED.items()),
        *(sa.Column(name, kind, nullable=name != "words") for name, kind in _date("").items()),
        _refers("record_id", table, "registry_record"),
        _refers("replaces_id", table, "registry_conclusion"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("replaces_id", name=op.f(f"uq_{table}_replaces_id")),
    )
    op.create_index(op.f(f"ix_{table}_record_id"), table, ["record_id"])
    grounds = "registry_ground"
    op.create_table(
        grounds,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conclusion_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _refers("conclusion_id", grounds, "registry_conclusion"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{grounds}")),
    )
    op.create_index(op.f(f"ix_{grounds}_conclusion_id"), grounds, ["conclusion_id"])
    op.create_index(op.f(f"ix_{grounds}_statement_id"), grounds, ["statement_id"])


def downgrade() -> None:
    for table in ("ground", "conclusion", "position", "fact_citation"):
        op.drop_table(f"registry_{table}")
    op.drop_index(op.f("ix_registry_relation_from_id"), table_name="registry_relation")
    with op.batch_alter_table("registry_relation", schema=None) as batch_op:
        batch_op.create_unique_constraint(
            op.f("uq_registry_relation_from_id_to_id_kind_source_id"),
            ["from_id", "to_id", "kind", "source_id"],
        )
    op.drop_index(op.f("ix_registry_name_source_id"), table_name="registry_name")
    op.drop_column("registry_name", "source_id")
    for table, columns in _NEW.items():
        for name in columns:
            op.drop_column(table, name)
