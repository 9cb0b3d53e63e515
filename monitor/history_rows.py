"""The monitor's own tables: what was judged, what was found, what was told. They live beside the sync's.

Accounts go by their name in the settings, because an account may be watched that the sync never carried.
Instants are whole seconds since 1970, UTC (`_s`); lists and mappings are JSON text that no query looks into.

    monitor_accounts    one row an account: where it stands now, for the overview
    monitor_runs        one reconciliation of one account
    monitor_days        the latest verdict of each business day
    monitor_findings    every difference ever found: first seen, last seen, recovered
    monitor_incidents   findings of one group, as alerts see them: open until none is left
    monitor_alerts      what was said, to which route, and whether it arrived (an outbox)
    monitor_repairs     what was mended, and what came of it
    monitor_beats       when something last showed that it is alive
"""

from datetime import date

from sqlalchemy import BigInteger, Column, Index, Text
from sqlmodel import Field, SQLModel


def _instant() -> int:
    """A column of seconds since 1970; 0 means never."""
    column: int = Field(default=0, sa_type=BigInteger)
    return column


def _json(empty: str = "{}") -> str:
    column: str = Field(default=empty, sa_type=Text)
    return column


class MonitorAccountRow(SQLModel, table=True):
    """Where one account stands."""

    __tablename__ = "monitor_accounts"
    account: str = Field(primary_key=True)
    last_run: int = 0  # the latest that ended, whatever its verdict
    last_night_on: date | None = None  # the latest night that was run
    last_ended_s: int = _instant()
    last_judged_s: int = _instant()  # the latest that could judge
    verdict: str = ""
    sentence: str = Field(default="", sa_type=Text)
    open_count: int = 0  # findings not recovered, also of days outside the latest window
    open_by_kind: str = _json()
    open_minor: str = _json()  # by currency, without signs
    worst: str = ""  # the gravest severity among them


class MonitorRunRow(SQLModel, table=True):
    """One reconciliation of one account over some business days."""

    __tablename__ = "monitor_runs"
    __table_args__ = (
        Index("ix_monitor_runs_account", "account", "id"),
        Index("ux_monitor_runs_night", "account", "night_on", unique=True),
        Index("ix_monitor_runs_kept", "kept", "ended_s"),
    )
    id: int | None = Field(default=None, primary_key=True)
    account: str
    mode: str  # nightly, manual, repair
    night_on: date | None = None  # the local date of the night it belongs to; none for the other modes
    first_on: date
    last_on: date
    state: str = "running"  # running, done, interrupted
    attempt_count: int = 1
    started_s: int = _instant()
    ended_s: int = _instant()
    verdict: str = ""  # agrees, drift, could_not_judge
    sentence: str = Field(default="", sa_type=Text)
    next_step: str = Field(default="", sa_type=Text)
    sales_count: int = 0
    delivered_count: int = 0
    excluded_count: int = 0
    settling_count: int = 0
    missing_count: int = 0
    finding_count: int = 0
    new_count: int = 0  # findings first seen by this run
    recovered_count: int = 0  # findings this run no longer saw
    missing_minor: str = _json()  # by currency
    kinds: str = _json()  # as findings_by_kind of the report
    folder: str = ""  # with report.html, report.json, drift.csv and evidence
    kept: str = ""  # evidence: all of it; report: only the report; none: nothing on disk any more


class MonitorDayRow(SQLModel, table=True):
    """The latest verdict of one business day of one account."""

    __tablename__ = "monitor_days"
    __table_args__ = ({"sqlite_with_rowid": False},)
    account: str = Field(primary_key=True)
    business_on: date = Field(primary_key=True)
    zone: str = ""
    status: str  # agrees, drift, settling, empty, could_not_judge
    run: int
    judged_s: int = _instant()
    sales_count: int = 0
    pos_count: int = 0
    delivered_count: int = 0
    excluded_count: int = 0
    settling_count: int = 0
    missing_count: int = 0
    events_count: int = 0
    finding_count: int = 0
    difference_minor: str = _json()  # by currency


class MonitorFindingRow(SQLModel, table=True):
    """One difference, from when it was first seen until it was seen no more."""

    __tablename__ = "monitor_findings"
    __table_args__ = (
        Index("ux_monitor_findings_key", "account", "key", unique=True),
        Index("ix_monitor_findings_account", "account", "id"),
        Index("ix_monitor_findings_open", "account", "recovered_s", "id"),
        Index("ix_monitor_findings_day", "account", "business_on"),
        Index("ix_monitor_findings_state", "recovered_s", "id"),
        Index("ix_monitor_findings_kind", "kind", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    account: str
    key: str  # the report's stable key
    kind: str
    severity: str
    shop: str = ""
    shop_name: str = ""
    business_on: date | None = None
    zone: str = ""
    metric: str = ""
    currency: str = ""
    title: str = Field(default="", sa_type=Text)
    difference_minor: int = Field(default=0, sa_type=BigInteger)
    sale_id: str = ""
    event_id: str = ""
    first_run: int
    last_run: int
    first_seen_s: int = _instant()
    last_seen_s: int = _instant()
    recovered_s: int = _instant()  # 0: it is still so
    recovered_run: int = 0
    seen_count: int = 1
    reopened_count: int = 0
    detail: str = Field(default="{}", sa_column=Column(Text, nullable=False))  # the report's finding, whole


class MonitorIncidentRow(SQLModel, table=True):
    """The findings of one group as alerts see them."""

    __tablename__ = "monitor_incidents"
    __table_args__ = (
        Index("ux_monitor_incidents_group", "account", "group_key", unique=True),
        Index("ix_monitor_incidents_open", "recovered_s", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    account: str
    group_key: str
    kind: str
    severity: str
    episode: int = 1  # goes up each time it comes back
    count: int = 0
    by_currency: str = _json()
    alerted: int = 0  # 1 once somebody was told of this episode
    alerted_count: int = 0  # how many they were told of
    alerted_by_currency: str = _json()
    alert_no: int = 0  # how often this episode was told
    opened_s: int = _instant()
    changed_s: int = _instant()
    recovered_s: int = _instant()  # 0: open
    run: int = 0


class MonitorAlertRow(SQLModel, table=True):
    """One message to one route."""

    __tablename__ = "monitor_alerts"
    __table_args__ = (
        Index("ux_monitor_alerts_dedupe", "dedupe", unique=True),
        Index("ix_monitor_alerts_due", "state", "due_s"),
        Index("ix_monitor_alerts_account", "account", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    dedupe: str
    account: str
    group_key: str
    kind: str
    transition: str  # new, worse, recovered, test
    severity: str
    route: str  # "" where none is configured
    title: str = Field(default="", sa_type=Text)
    body: str = Field(default="", sa_type=Text)
    run: int = 0
    gather: int = 0  # 1: goes out together with whatever else waits for its route
    state: str = "waiting"  # waiting, sent, failed (given up), kept (no route wants it)
    created_s: int = _instant()
    due_s: int = _instant()
    sent_s: int = _instant()
    attempt_count: int = 0
    trouble: str = ""


class MonitorRepairRow(SQLModel, table=True):
    """One repair of what one run found."""

    __tablename__ = "monitor_repairs"
    __table_args__ = (
        Index("ix_monitor_repairs_run", "run"),
        Index("ix_monitor_repairs_account", "account", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    run: int
    account: str
    state: str = "sending"  # sending, sent, closed, still_open, failed
    started_s: int = _instant()
    ended_s: int = _instant()
    sent_count: int = 0
    closing_run: int = 0
    plan: str = _json()
    result: str = _json()


class MonitorBeatRow(SQLModel, table=True):
    """When something last showed that it is alive."""

    __tablename__ = "monitor_beats"
    name: str = Field(primary_key=True)
    at_s: int = _instant()
