"""Drafts that are kept have keys of their own, wrapped to their private codes."""

import sqlalchemy as sa
from alembic import op

from portal.database import SealedColumn

revision = "k0003"
down_revision = "k0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft_key",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_draft_key")),
    )


def downgrade() -> None:
    op.drop_table("draft_key")
