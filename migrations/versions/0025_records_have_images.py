"""Records have images: what is said of each in clear, two sealed files in the store."""

import sqlalchemy as sa
from alembic import op

from portal.database import SealedColumn, UtcDay

revision = "0025"
down_revision = "0022"
branch_labels = None
depends_on = None

_TABLE, _FILES = "registry_image", "registry_image_file"


def _refers(column: str, table: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    word = sa.String(length=16)
    op.create_table(
        _TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("kind", word, nullable=False),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("maker", sa.String(length=300), nullable=False),
        sa.Column("original_at", sa.String(length=300), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("locator", sa.String(length=300), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("blob", SealedColumn(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column("off_by", sa.String(length=100), nullable=True),
        sa.Column("off_day", UtcDay(), nullable=True),
        sa.Column("off_reason", sa.String(length=300), nullable=True),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("calendar", word, nullable=True),
        sa.Column("earliest", sa.Date(), nullable=True),
        sa.Column("latest", sa.Date(), nullable=True),
        sa.Column("precision", word, nullable=True),
        sa.Column("qualifier", word, nullable=True),
        _refers("record_id", _TABLE, "registry_record"),
        _refers("source_id", _TABLE, "registry_source"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_TABLE}")),
    )
    op.create_index(op.f(f"ix_{_TABLE}_record_id"), _TABLE, ["record_id"])
    op.create_index(op.f(f"ix_{_TABLE}_source_id"), _TABLE, ["source_id"])
    op.create_table(
        _FILES,
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("copy", word, nullable=False),
        sa.Column("sealed_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_size", sa.Integer(), nullable=False),
        _refers("image_id", _FILES, _TABLE),
        sa.PrimaryKeyConstraint("name", name=op.f(f"pk_{_FILES}")),
    )
    op.create_index(op.f(f"ix_{_FILES}_image_id"), _FILES, ["image_id"])


def downgrade() -> None:
    op.drop_table(_FILES)
    op.drop_table(_TABLE)
