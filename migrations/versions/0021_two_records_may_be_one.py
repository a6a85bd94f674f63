"""Two records may be found to be one, which can be taken back; those that may be are kept in order."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None


def _record(table: str, column: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_registry_record")
    return sa.ForeignKeyConstraint([column], ["registry_record.id"], name=name)


def _judgements() -> None:
    op.create_table(
        "registry_judgement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column(
            "sameness",
            sa.Enum("same", "apart", "unsure", name="sameness", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("kept_version", sa.Integer(), nullable=False),
        sa.Column("other_version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seconded_by", sa.String(length=100), nullable=True),
        sa.Column("seconded_day", sa.Date(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=100), nullable=True),
        sa.Column("withdrawn_day", sa.Date(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        _record("registry_judgement", "kept_id"),
        _record("registry_judgement", "other_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_judgement")),
    )
    for column in ("kept_id", "other_id"):
        op.create_index(op.f(f"ix_registry_judgement_{column}"), "registry_judgement", [column])


def _likenesses() -> None:
    op.create_table(
        "registry_likeness",
        sa.Column("one_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        _record("registry_likeness", "one_id"),
        _record("registry_likeness", "other_id"),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_registry_likeness")),
    )
    op.create_index(op.f("ix_registry_likeness_weight"), "registry_likeness", ["weight"])
    op.create_table(
        "registry_likeness_run",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("touched", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_likeness_run")),
    )


def upgrade() -> None:
    _judgements()
    _likenesses()


def downgrade() -> None:
    for table in ("registry_likeness_run", "registry_likeness", "registry_judgement"):
        op.drop_table(table)
