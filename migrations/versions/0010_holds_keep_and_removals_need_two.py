"""A legal hold keeps a submission for a time; a submission can be erased on a letter or a court's order."""

import sqlalchemy as sa
from alembic import op

from portal.database import SealedColumn, UtcDay

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_HOLD = sa.Enum("asked", "approved", "declined", "ended", name="holdstate", native_enum=False, length=20)
_AUTHORITY = sa.Enum("source", "letter", "court", name="authority", native_enum=False, length=20)


def _refers(column: str, table: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete="RESTRICT")


def upgrade() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("state", _HOLD, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("until", UtcDay(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_name", sa.String(length=60), nullable=False),
        sa.Column("asked", UtcDay(), nullable=False),
        sa.Column("decided_name", sa.String(length=60), nullable=False),
        sa.Column("decided", UtcDay(), nullable=True),
        sa.Column("ended_name", sa.String(length=60), nullable=False),
        sa.Column("ended", UtcDay(), nullable=True),
        sa.Column("blob", SealedColumn(), nullable=False),
        _refers("submission_id", "legal_hold", "submission"),
        _refers("asked_by", "legal_hold", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    with op.batch_alter_table("legal_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_legal_hold_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "withdrawal_wish",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column("authority", _AUTHORITY, nullable=False),
        _refers("submission_id", "withdrawal_wish", "submission"),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_withdrawal_wish")),
    )
    op.create_table(
        "removal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("authority", _AUTHORITY, nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_name", sa.String(length=60), nullable=False),
        sa.Column("asked", UtcDay(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        _refers("submission_id", "removal", "submission"),
        _refers("asked_by", "removal", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removal")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_removal_submission_id")),
    )


def downgrade() -> None:
    op.drop_table("removal")
    op.drop_table("withdrawal_wish")
    with op.batch_alter_table("legal_hold", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_legal_hold_submission_id"))

    op.drop_table("legal_hold")
