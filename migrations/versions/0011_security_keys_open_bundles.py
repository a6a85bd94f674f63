"""A bundle may have a key of its own, which the passphrase opens, alone or with a security key."""

import sqlalchemy as sa
from alembic import op

from portal.database import SealedColumn

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bundle_lock",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_bundle_lock_staff_id_staff"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_bundle_lock")),
    )
    op.create_table(
        "security_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("record", SealedColumn(), nullable=False),
        sa.Column("wrap", SealedColumn(), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_security_key_staff_id_staff"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_key")),
    )
    with op.batch_alter_table("security_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_security_key_staff_id"), ["staff_id"], unique=False)


def downgrade() -> None:
    # A bundle under a key of its own stays shut from here on: its owner joins anew, or one goes up again.
    with op.batch_alter_table("security_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_security_key_staff_id"))
    op.drop_table("security_key")
    op.drop_table("bundle_lock")
