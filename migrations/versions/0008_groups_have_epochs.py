"""A group's key can be renewed: memberships and groups have epochs."""

import sqlalchemy as sa
from alembic import op

from portal.database import SealedColumn, UtcDay

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_GROUP = sa.Enum("intake", "contact", "release", "auditors", name="group", native_enum=False, length=20)


def upgrade() -> None:
    op.create_table(
        "group_epoch",
        sa.Column("group", _GROUP, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "current",
                "former",
                "retired",
                name="epochstate",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("renew", sa.Boolean(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=True),
        sa.Column("recovery_blob", SealedColumn(), nullable=True),
        sa.PrimaryKeyConstraint("group", "epoch", name=op.f("pk_group_epoch")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.add_column(sa.Column("epoch", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("tag", sa.LargeBinary(), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_membership_staff_id_group"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_membership_staff_id_group_epoch"), ["staff_id", "group", "epoch"]
        )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.alter_column("epoch", server_default=None)


def downgrade() -> None:
    # Only one key of each group finds room again: the first.
    op.execute(sa.text("DELETE FROM membership WHERE epoch > 1"))
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_membership_staff_id_group_epoch"), type_="unique")
        batch_op.drop_column("tag")
        batch_op.drop_column("epoch")
        batch_op.create_unique_constraint(batch_op.f("uq_membership_staff_id_group"), ["staff_id", "group"])
    op.drop_table("group_epoch")
