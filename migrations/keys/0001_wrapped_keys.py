"""Keys of submissions, wrapped to their recipients."""

import sqlalchemy as sa
from alembic import op

from portal.database import SealedColumn

revision = "k0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wrap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrap")),
        sa.UniqueConstraint("part_id", "key_id", name=op.f("uq_wrap_part_id_key_id")),
    )
    with op.batch_alter_table("wrap", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wrap_key_id"), ["key_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_wrap_submission_id"), ["submission_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("wrap", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_wrap_submission_id"))
        batch_op.drop_index(batch_op.f("ix_wrap_key_id"))

    op.drop_table("wrap")
