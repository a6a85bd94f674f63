"""Permissions end and outlive their source; a use is asked for; sources are told who opened what."""

import sqlalchemy as sa
from alembic import op

from portal.database import SealedColumn, UtcDay

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_USES = (
    "contact", "read", "link", "research", "statistics", "share-un", "share-prosecutors",
    "share-rights", "court", "court-named", "publish", "publish-name", "publish-photo",
    "publish-voice", "after-death", "died",
)  # fmt: skip
_USE = sa.Enum(*_USES, name="use", native_enum=False, length=20)
_STATE = sa.Enum("open", "later", "answered", name="questionstate", native_enum=False, length=20)
_DECIDED = ["use", "submission_id", "number", "answer"]


def _refers(column: str, table: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete="RESTRICT")


def upgrade() -> None:
    # A use and an answer are words in a column of 20 letters: the new ones need no change of the table.
    op.drop_index("ix_consent_decided", table_name="consent")
    op.add_column("consent", sa.Column("until", UtcDay(), nullable=True))
    op.add_column("consent", sa.Column("years", sa.Integer(), nullable=True))
    op.add_column("consent", sa.Column("condition", SealedColumn(), nullable=True))
    op.create_index("ix_consent_decided", "consent", [*_DECIDED, "until"])

    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("use", _USE, nullable=False),
        sa.Column("state", _STATE, nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=True),
        sa.Column("asked_name", sa.String(length=60), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column("answered", UtcDay(), nullable=True),
        sa.Column("blob", SealedColumn(), nullable=False),
        _refers("submission_id", "question", "submission"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("submission_id", "number", name=op.f("uq_question_submission_id_number")),
        sa.UniqueConstraint(
            "submission_id", "use", "waits", name=op.f("uq_question_submission_id_use_waits")
        ),
    )
    op.create_index(op.f("ix_question_submission_id"), "question", ["submission_id"])
    op.create_table(
        "contact_leave",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_name", sa.String(length=60), nullable=False),
        sa.Column("asked", UtcDay(), nullable=False),
        sa.Column("agreed_name", sa.String(length=60), nullable=False),
        sa.Column("agreed", UtcDay(), nullable=True),
        sa.Column("blob", SealedColumn(), nullable=False),
        _refers("submission_id", "contact_leave", "submission"),
        _refers("asked_by", "contact_leave", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_leave")),
        sa.UniqueConstraint("submission_id", "number", name=op.f("uq_contact_leave_submission_id_number")),
    )
    op.create_index(op.f("ix_contact_leave_submission_id"), "contact_leave", ["submission_id"])
    op.create_table(
        "telling",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        _refers("submission_id", "telling", "submission"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telling")),
    )
    op.create_index(op.f("ix_telling_submission_id"), "telling", ["submission_id"])


def downgrade() -> None:
    for table in ("telling", "contact_leave", "question"):
        op.drop_index(op.f(f"ix_{table}_submission_id"), table_name=table)
        op.drop_table(table)
    op.drop_index("ix_consent_decided", table_name="consent")
    for column in ("condition", "years", "until"):
        op.drop_column("consent", column)
    op.create_index("ix_consent_decided", "consent", _DECIDED)
