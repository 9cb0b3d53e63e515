"""What vendors told us by webhook: which record to read, which deliveries were seen, and counts of them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the inbox's tables."""
    op.create_table(
        "inbox",
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.Integer(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("handled_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("account", "subject_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_inbox_waiting", "inbox", ["account", "due_ms"], unique=False,
        sqlite_where=sa.text("state = 10"), postgresql_where=sa.text("state = 10"),
    )  # fmt: skip
    op.create_index(
        "ix_inbox_handled", "inbox", ["account", "handled_ms"], unique=False,
        sqlite_where=sa.text("state > 10"), postgresql_where=sa.text("state > 10"),
    )  # fmt: skip
    op.create_table(
        "inbox_deliveries",
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("seen_s", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("account", "key"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_inbox_deliveries_seen", "inbox_deliveries", ["seen_s"], unique=False)
    op.create_table(
        "inbox_counts",
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "kind"),
        sqlite_with_rowid=False,
    )
