"""Bodies that receive have age keys, and the ledger names the manifest of each release handed out."""

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDay

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("receiver", sa.Column("age", sa.String(length=62), nullable=True))
    op.add_column("receiver", sa.Column("age_day", UtcDay(), nullable=True))
    op.add_column("receiver", sa.Column("age_name", sa.String(length=60), nullable=True))
    op.create_table(
        "release_manifest",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["release.id"],
            name=op.f("fk_release_manifest_release_id_release"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_release_manifest")),
    )


def downgrade() -> None:
    op.drop_table("release_manifest")
    for column in ("age_name", "age_day", "age"):
        op.drop_column("receiver", column)
