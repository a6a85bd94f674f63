"""Bodies that accounts may be handed to stand in a list; a decision, a question and a release name one."""

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDay

revision = "0019"
down_revision = "0023"
branch_labels = None
depends_on = None

_NAMING = ("consent", "question", "release")


def upgrade() -> None:
    op.create_table(
        "receiver",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name_fa", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("about_fa", sa.String(length=90), nullable=False),
        sa.Column("about_en", sa.String(length=90), nullable=False),
        sa.Column("added", UtcDay(), nullable=False),
        sa.Column("added_name", sa.String(length=60), nullable=False),
        sa.Column("ended", UtcDay(), nullable=True),
        sa.Column("ended_name", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receiver")),
        sa.UniqueConstraint("number", name=op.f("uq_receiver_number")),
    )
    for table in _NAMING:
        op.add_column(table, sa.Column("receiver_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    for table in _NAMING:
        op.drop_column(table, "receiver_id")
    op.drop_table("receiver")
