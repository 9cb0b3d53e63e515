"""The monitor's tables: runs, days, findings, incidents, alerts, repairs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create everything the monitor remembers."""
    op.create_table(
        "monitor_accounts",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("last_run", sa.Integer(), nullable=False),
        sa.Column("last_night_on", sa.Date(), nullable=True),
        sa.Column("last_ended_s", sa.BigInteger(), nullable=False),
        sa.Column("last_judged_s", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("open_count", sa.Integer(), nullable=False),
        sa.Column("open_by_kind", sa.Text(), nullable=False),
        sa.Column("open_minor", sa.Text(), nullable=False),
        sa.Column("worst", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "monitor_alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dedupe", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("group_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("transition", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("gather", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_s", sa.BigInteger(), nullable=False),
        sa.Column("due_s", sa.BigInteger(), nullable=False),
        sa.Column("sent_s", sa.BigInteger(), nullable=False),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_monitor_alerts_account", "monitor_alerts", ["account", "id"], unique=False)
    op.create_index("ix_monitor_alerts_due", "monitor_alerts", ["state", "due_s"], unique=False)
    op.create_index("ux_monitor_alerts_dedupe", "monitor_alerts", ["dedupe"], unique=True)
    op.create_table(
        "monitor_beats",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "monitor_days",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("judged_s", sa.BigInteger(), nullable=False),
        sa.Column("sales_count", sa.Integer(), nullable=False),
        sa.Column("pos_count", sa.Integer(), nullable=False),
        sa.Column("delivered_count", sa.Integer(), nullable=False),
        sa.Column("excluded_count", sa.Integer(), nullable=False),
        sa.Column("settling_count", sa.Integer(), nullable=False),
        sa.Column("missing_count", sa.Integer(), nullable=False),
        sa.Column("events_count", sa.Integer(), nullable=False),
        sa.Column("finding_count", sa.Integer(), nullable=False),
        sa.Column("difference_minor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "business_on"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "monitor_findings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("shop_name", sa.String(), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("difference_minor", sa.BigInteger(), nullable=False),
        sa.Column("sale_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("first_run", sa.Integer(), nullable=False),
        sa.Column("last_run", sa.Integer(), nullable=False),
        sa.Column("first_seen_s", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_s", sa.BigInteger(), nullable=False),
        sa.Column("recovered_s", sa.BigInteger(), nullable=False),
        sa.Column("recovered_run", sa.Integer(), nullable=False),
        sa.Column("seen_count", sa.Integer(), nullable=False),
        sa.Column("reopened_count", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_monitor_findings_account", "monitor_findings", ["account", "id"], unique=False)
    op.create_index(
        "ix_monitor_findings_open", "monitor_findings", ["account", "recovered_s", "id"], unique=False
    )
    op.create_index("ix_monitor_findings_kind", "monitor_findings", ["kind", "id"], unique=False)
    op.create_index("ix_monitor_findings_day", "monitor_findings", ["account", "business_on"], unique=False)
    op.create_index("ix_monitor_findings_state", "monitor_findings", ["recovered_s", "id"], unique=False)
    op.create_index("ux_monitor_findings_key", "monitor_findings", ["account", "key"], unique=True)
    op.create_table(
        "monitor_incidents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("group_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("by_currency", sa.Text(), nullable=False),
        sa.Column("alerted", sa.Integer(), nullable=False),
        sa.Column("alerted_count", sa.Integer(), nullable=False),
        sa.Column("alerted_by_currency", sa.Text(), nullable=False),
        sa.Column("alert_no", sa.Integer(), nullable=False),
        sa.Column("opened_s", sa.BigInteger(), nullable=False),
        sa.Column("changed_s", sa.BigInteger(), nullable=False),
        sa.Column("recovered_s", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_monitor_incidents_open", "monitor_incidents", ["recovered_s", "id"], unique=False)
    op.create_index("ux_monitor_incidents_group", "monitor_incidents", ["account", "group_key"], unique=True)
    op.create_table(
        "monitor_repairs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_s", sa.BigInteger(), nullable=False),
        sa.Column("ended_s", sa.BigInteger(), nullable=False),
        sa.Column("sent_count", sa.Integer(), nullable=False),
        sa.Column("closing_run", sa.Integer(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_monitor_repairs_account", "monitor_repairs", ["account", "id"], unique=False)
    op.create_index("ix_monitor_repairs_run", "monitor_repairs", ["run"], unique=False)
    op.create_table(
        "monitor_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("night_on", sa.Date(), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("started_s", sa.BigInteger(), nullable=False),
        sa.Column("ended_s", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("sales_count", sa.Integer(), nullable=False),
        sa.Column("delivered_count", sa.Integer(), nullable=False),
        sa.Column("excluded_count", sa.Integer(), nullable=False),
        sa.Column("settling_count", sa.Integer(), nullable=False),
        sa.Column("missing_count", sa.Integer(), nullable=False),
        sa.Column("finding_count", sa.Integer(), nullable=False),
        sa.Column("new_count", sa.Integer(), nullable=False),
        sa.Column("recovered_count", sa.Integer(), nullable=False),
        sa.Column("missing_minor", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("kept", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_monitor_runs_account", "monitor_runs", ["account", "id"], unique=False)
    op.create_index("ix_monitor_runs_kept", "monitor_runs", ["kept", "ended_s"], unique=False)
    op.create_index("ux_monitor_runs_night", "monitor_runs", ["account", "night_on"], unique=True)
