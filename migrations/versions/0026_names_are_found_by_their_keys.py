"""Names are found by their keys alone: two indexes that nothing asks, and every new name paid for, go."""

from alembic import op

revision = "0026"
down_revision = "0030"
branch_labels = None
depends_on = None

_COLUMNS = ("folded", "joined")


def upgrade() -> None:
    for column in _COLUMNS:
        op.drop_index(op.f(f"ix_registry_name_{column}"), "registry_name")


def downgrade() -> None:
    for column in _COLUMNS:
        op.create_index(op.f(f"ix_registry_name_{column}"), "registry_name", [column])
