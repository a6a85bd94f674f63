"""Administrators propose who may be handed a key; each case is sealed to one of three circles."""

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDay

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_GROUPS = ("intake", "contact", "release", "auditors", "cases", "legal")
_GROUP = sa.Enum(*_GROUPS, name="group", native_enum=False, length=20)


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("group", _GROUP, nullable=False),
        sa.Column("before", sa.Boolean(), nullable=False),
        sa.Column("proposed_by", sa.String(length=60), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_proposal_staff_id_staff"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("staff_id", "group", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("groups", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("before", sa.Boolean(), nullable=True))
    # Not in a batch: other tables refer to this one, and it may be large.
    op.add_column("submission", sa.Column("group", _GROUP, nullable=False, server_default="intake"))
    op.drop_index("ix_submission_queue", table_name="submission")
    op.create_index("ix_submission_queue", "submission", ["group", "status", "day", "id"])


def downgrade() -> None:
    op.drop_index("ix_submission_queue", table_name="submission")
    op.drop_column("submission", "group")
    op.create_index("ix_submission_queue", "submission", ["status", "day", "id"])
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_column("before")
        batch_op.drop_column("groups")
    op.drop_table("proposal")
