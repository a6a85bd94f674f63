"""Files come into the registry: mappings are saved, runs go on where they stopped, no row comes in twice."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0024"
branch_labels = None
depends_on = None


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _mappings() -> None:
    op.create_table(
        "registry_mapping",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("encoding", sa.String(16), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("author", sa.String(100), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_mapping")),
        sa.UniqueConstraint("name", name=op.f("uq_registry_mapping_name")),
    )


def _runs() -> None:
    counts = ("line", "added", "there", "differing", "updated", "likely", "skipped", "broken")
    op.create_table(
        "registry_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("encoding", sa.String(16), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("alike", sa.String(16), nullable=False),
        sa.Column("changed", sa.String(16), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("beside", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in counts),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(100), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        _foreign("registry_import", "source_id", "registry_source"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_import")),
    )
    op.create_index(op.f("ix_registry_import_sha256"), "registry_import", ["sha256"])
    op.create_index(op.f("ix_registry_import_source_id"), "registry_import", ["source_id"])


def _rows() -> None:
    op.create_table(
        "registry_imported",
        sa.Column("identity", sa.LargeBinary(32), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        _foreign("registry_imported", "record_id", "registry_record"),
        _foreign("registry_imported", "run_id", "registry_import"),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_registry_imported")),
    )
    op.create_index(op.f("ix_registry_imported_record_id"), "registry_imported", ["record_id"])
    op.create_index(op.f("ix_registry_imported_run_id"), "registry_imported", ["run_id"])
    op.create_table(
        "registry_import_broken",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("place", sa.String(100), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        _foreign("registry_import_broken", "run_id", "registry_import"),
        sa.PrimaryKeyConstraint("run_id", "line", name=op.f("pk_registry_import_broken")),
    )


def upgrade() -> None:
    _mappings()
    _runs()
    _rows()


def downgrade() -> None:
    for table in ("registry_import_broken", "registry_imported", "registry_import", "registry_mapping"):
        op.drop_table(table)
