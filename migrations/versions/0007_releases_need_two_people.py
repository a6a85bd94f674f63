"""Requests, decisions and the keys of finished releases."""

import sqlalchemy as sa
from alembic import op

from portal.database import SealedColumn, UtcDay

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "approved",
                "declined",
                "failed",
                name="releasestate",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_name", sa.String(length=60), nullable=False),
        sa.Column("requested", UtcDay(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("previews", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_name", sa.String(length=60), nullable=False),
        sa.Column("decided", UtcDay(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=True),
        sa.Column("suppressed", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff.id"], name=op.f("fk_release_decided_by_staff"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["staff.id"], name=op.f("fk_release_requested_by_staff"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
    )
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.create_index("ix_release_state_requested", ["state", "requested"], unique=False)

    op.create_table(
        "release_file",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        sa.Column("inside", SealedColumn(), nullable=False),
        sa.Column("inside_key", SealedColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["release.id"],
            name=op.f("fk_release_file_release_id_release"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_release_file")),
    )
    op.create_table(
        "release_key",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["release.id"],
            name=op.f("fk_release_key_release_id_release"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_release_key_staff_id_staff"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("release_id", "staff_id", name=op.f("pk_release_key")),
    )


def downgrade() -> None:
    op.drop_table("release_key")
    op.drop_table("release_file")
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.drop_index("ix_release_state_requested")

    op.drop_table("release")
