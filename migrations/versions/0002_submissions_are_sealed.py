"""What sources send: in clear only ids, days, states, padded sizes and decisions."""

import sqlalchemy as sa
from alembic import op

from portal.database import SealedColumn, UtcDay

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "received",
                "in-review",
                "awaiting-source",
                "second-review",
                "complete",
                "set-aside",
                "withdrawn",
                name="status",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("locator", sa.LargeBinary(), nullable=False),
        sa.Column("source_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("locator", name=op.f("uq_submission_locator")),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index("ix_submission_queue", ["status", "day", "id"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "use",
            sa.Enum(
                "contact",
                "read",
                "link",
                "research",
                "statistics",
                "court",
                "publish",
                name="use",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "answer", sa.Enum("yes", "ask", "no", name="answer", native_enum=False, length=20), nullable=False
        ),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column("wording", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_consent_submission_id_submission"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("submission_id", "number", name=op.f("uq_consent_submission_id_number")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "speaker",
            sa.Enum("source", "staff", name="speaker", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_message_submission_id_submission"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("submission_id", "number", name=op.f("uq_message_submission_id_number")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "part",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "compartment",
            sa.Enum("content", "identity", "thread", name="compartment", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("day", UtcDay(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_part_submission_id_submission"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part")),
        sa.UniqueConstraint("submission_id", "number", name=op.f("uq_part_submission_id_number")),
    )
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_part_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "tombstone",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column("authority", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_tombstone_submission_id_submission"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_tombstone")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column("stored_name", sa.String(length=32), nullable=False),
        sa.Column("stored_size", sa.Integer(), nullable=False),
        sa.Column("stored_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("record", SealedColumn(), nullable=False),
        sa.Column("custody", SealedColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["part_id"], ["part.id"], name=op.f("fk_document_part_id_part"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("part_id", "number", name=op.f("uq_document_part_id_number")),
        sa.UniqueConstraint("stored_name", name=op.f("uq_document_stored_name")),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_part_id"), ["part_id"], unique=False)

    op.create_table(
        "sealed_field",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["part_id"], ["part.id"], name=op.f("fk_sealed_field_part_id_part"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_field")),
        sa.UniqueConstraint("part_id", "name", "version", name=op.f("uq_sealed_field_part_id_name_version")),
    )
    with op.batch_alter_table("sealed_field", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sealed_field_part_id"), ["part_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sealed_field", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sealed_field_part_id"))

    op.drop_table("sealed_field")
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_part_id"))

    op.drop_table("document")
    op.drop_table("tombstone")
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_part_submission_id"))

    op.drop_table("part")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_submission_id"))

    op.drop_table("message")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_submission_id"))

    op.drop_table("consent")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index("ix_submission_queue")

    op.drop_table("submission")
