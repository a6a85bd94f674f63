"""Drafts are kept under their private code until they are sent, erased or over."""

import sqlalchemy as sa
from alembic import op

from portal.database import SealedColumn, UtcDay

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("locator", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("until", UtcDay(), nullable=False),
        sa.Column("arriving", sa.String(length=32), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_draft")),
        sa.UniqueConstraint("locator", name=op.f("uq_kept_draft_locator")),
    )
    op.create_index(op.f("ix_kept_draft_until"), "kept_draft", ["until"])


def downgrade() -> None:
    op.drop_index(op.f("ix_kept_draft_until"), table_name="kept_draft")
    op.drop_table("kept_draft")
