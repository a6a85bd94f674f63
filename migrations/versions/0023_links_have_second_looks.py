"""Links of weight wait for a second reviewer, and accounts may be said not to be independent."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None


def _hangs_on_submission(name: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f(f"fk_{name}_submission_id_submission"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    ]


def upgrade() -> None:
    op.create_index(op.f("ix_link_state"), "link", ["state"])
    op.create_table(
        "link_decision",
        *_hangs_on_submission("link_decision"),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["link.id"], name=op.f("fk_link_decision_link_id_link"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("link_id", "number", name=op.f("uq_link_decision_link_id_number")),
    )
    op.create_index(op.f("ix_link_decision_submission_id"), "link_decision", ["submission_id"])
    op.create_table(
        "dependence",
        *_hangs_on_submission("dependence"),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
    )
    op.create_index(op.f("ix_dependence_submission_id"), "dependence", ["submission_id"])


def downgrade() -> None:
    op.drop_table("dependence")
    op.drop_table("link_decision")
    op.drop_index(op.f("ix_link_state"), table_name="link")
    # Rows stay as they are: the ledger has seen them, and what waits may not hold only because of a way back.
