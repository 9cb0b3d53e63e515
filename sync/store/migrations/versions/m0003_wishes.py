"""What people said at the till about marketing, and whether Klaviyo was told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table of wishes."""
    op.create_table(
        "wishes",
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("wish", sa.String(), nullable=False),
        sa.Column("waiting", sa.SmallInteger(), nullable=False),
        sa.Column("changed_s", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("account", "email"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_wishes_waiting", "wishes", ["account"], unique=False,
        sqlite_where=sa.text("waiting = 1"), postgresql_where=sa.text("waiting = 1"),
    )  # fmt: skip
