"""Each entry of the ledger has a tag of its own, under a key that stands outside the database."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Empty here: the key is no business of a migration. `portal db upgrade` fills it right afterwards, once.
    op.add_column("ledger_entry", sa.Column("tag", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("ledger_entry", "tag")
