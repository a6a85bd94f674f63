"""A record's names have a number that grows with every change, for those who keep names in memory."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registry_named",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["registry_record.id"], name=op.f("fk_registry_named_record_id_registry_record")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_registry_named")),
    )
    op.create_index(op.f("ix_registry_named_number"), "registry_named", ["number"])
    # Records that were there before need none: whoever begins reads all names at once.


def downgrade() -> None:
    op.drop_table("registry_named")
