"""A finished release can be recalled, and it is written down that its receiver was told."""

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDay

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("recalled", "told"):
        op.add_column("release", sa.Column(name, UtcDay(), nullable=True))
        op.add_column("release", sa.Column(f"{name}_name", sa.String(length=60), nullable=True))


def downgrade() -> None:
    for name in ("told", "recalled"):
        op.drop_column("release", f"{name}_name")
        op.drop_column("release", name)
