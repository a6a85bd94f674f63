"""Signed heads carry time-stamps and co-signatures of witnesses; entries are counted by day."""

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDay

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_timestamp",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.String(length=80), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_timestamp")),
    )
    op.create_table(
        "ledger_cosignature",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_cosignature")),
    )
    op.create_index(op.f("ix_ledger_entry_day"), "ledger_entry", ["day"])


def downgrade() -> None:
    op.drop_index(op.f("ix_ledger_entry_day"), table_name="ledger_entry")
    op.drop_table("ledger_cosignature")
    op.drop_table("ledger_timestamp")
