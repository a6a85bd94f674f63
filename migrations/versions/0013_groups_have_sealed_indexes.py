"""Groups have sealed indexes of their cases, and cases words of their own in the queue."""

import sqlalchemy as sa
from alembic import op

from portal.database import SealedColumn, UtcDay

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "index_manifest",
        sa.Column("group", sa.String(length=20), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        sa.PrimaryKeyConstraint("group", "epoch", name=op.f("pk_index_manifest")),
    )
    op.create_table(
        "index_segment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group", sa.String(length=20), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cases", sa.LargeBinary(), nullable=False),
        sa.Column("heads", SealedColumn(), nullable=False),
        sa.Column("words", SealedColumn(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_segment")),
        sa.UniqueConstraint("group", "number", name=op.f("uq_index_segment_group_number")),
    )
    op.create_table(
        "index_stale",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_index_stale")),
    )
    op.create_table(
        "case_title",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_case_title_submission_id_submission"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_case_title")),
    )
    # What all sources said of one use is asked at every search, and answered from the index alone.
    op.create_index("ix_consent_decided", "consent", ["use", "submission_id", "number", "answer"])


def downgrade() -> None:
    op.drop_index("ix_consent_decided", table_name="consent")
    op.drop_table("case_title")
    op.drop_table("index_stale")
    op.drop_table("index_segment")
    op.drop_table("index_manifest")
