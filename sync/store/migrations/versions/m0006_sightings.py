"""When the monitor first saw events in Klaviyo."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the sightings' table."""
    op.create_table(
        "monitor_sightings",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("happened_s", sa.BigInteger(), nullable=False),
        sa.Column("sent_s", sa.BigInteger(), nullable=False),
        sa.Column("missed_s", sa.BigInteger(), nullable=False),
        sa.Column("seen_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "event_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_monitor_sightings_sent", "monitor_sightings", ["sent_s"], unique=False)
