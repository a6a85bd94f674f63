"""Segments of the search indexes have keys of their own."""

import sqlalchemy as sa
from alembic import op

from portal.database import SealedColumn

revision = "k0002"
down_revision = "k0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "segment_key",
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        sa.PrimaryKeyConstraint("segment_id", name=op.f("pk_segment_key")),
    )
    with op.batch_alter_table("segment_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_segment_key_key_id"), ["key_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("segment_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_segment_key_key_id"))
    op.drop_table("segment_key")
