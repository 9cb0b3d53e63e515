"""Reading the history: every question the dashboard and the commands ask, bounded and served by an index.

Lists are newest first and continue with `before`, the id of the last row shown; accounts go by name and
continue with `after`.
"""

from collections.abc import Sequence
from datetime import UTC, date
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, Table, func, select, true

from monitor.history import ACCOUNTS, DAYS, RUNS
from monitor.history_findings import FINDINGS
from monitor.history_records import (
    AccountNow,
    AlertRecord,
    DayNow,
    FindingRecord,
    IncidentRecord,
    Numbers,
    RepairRecord,
    RunPoint,
    RunRecord,
    Totals,
)
from monitor.history_rows import MonitorAlertRow, MonitorBeatRow, MonitorIncidentRow, MonitorRepairRow
from sync.store.rows import AccountRow, RunRow

ALERTS: Table = MonitorAlertRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
BEATS: Table = MonitorBeatRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
INCIDENTS: Table = MonitorIncidentRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
REPAIRS: Table = MonitorRepairRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_SYNCED: Table = AccountRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_SYNC_RUNS: Table = RunRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
DAYS_MAX = 400
ROWS_MAX = 500


def accounts(
    connection: Connection,
    *,
    after: str = "",
    limit: int = 100,
    verdict: str | None = None,
    names: Sequence[str] | None = None,
) -> list[AccountNow]:
    """The overview, by name; of `names` alone where they are given."""
    query = _overview().where(ACCOUNTS.c.account > after)
    if names is not None:
        query = query.where(ACCOUNTS.c.account.in_(names))
    if verdict is not None:
        query = query.where(ACCOUNTS.c.verdict == verdict)
    query = query.order_by(ACCOUNTS.c.account).limit(min(limit, 2 * ROWS_MAX))
    return [_account(row) for row in connection.execute(query)]


def account(connection: Connection, name: str) -> AccountNow | None:
    """One account; None before its first run."""
    row = connection.execute(_overview().where(ACCOUNTS.c.account == name)).first()
    return None if row is None else _account(row)


def totals(connection: Connection) -> Totals:
    """All accounts together."""
    verdicts = select(ACCOUNTS.c.verdict, func.count(), func.sum(ACCOUNTS.c.open_count)).group_by(
        ACCOUNTS.c.verdict
    )
    counted = connection.execute(verdicts).all()
    unsent = (
        select(ALERTS.c.state, func.count())
        .where(ALERTS.c.state.in_(("waiting", "failed")))
        .group_by(ALERTS.c.state)
    )
    states: dict[str, int] = {state: int(count) for state, count in connection.execute(unsent)}
    return Totals(
        {verdict: int(count) for verdict, count, _ in counted},
        sum(int(found or 0) for *_, found in counted),
        states.get("waiting", 0),
        states.get("failed", 0),
    )


def calendar(connection: Connection, name: str, first: date, last: date) -> list[DayNow]:
    """The days of an account that were ever judged, oldest first; at most DAYS_MAX of them."""
    query = (
        select(DAYS)
        .where(DAYS.c.account == name, DAYS.c.business_on.between(first, last))
        .order_by(DAYS.c.business_on)
        .limit(DAYS_MAX)
    )
    return [_day(row) for row in connection.execute(query)]


trend = calendar  # a day each is also what the trend of an account is drawn from


def day(connection: Connection, name: str, on: date) -> DayNow | None:
    """One day; None if it was never judged."""
    row = connection.execute(select(DAYS).where(DAYS.c.account == name, DAYS.c.business_on == on)).first()
    return None if row is None else _day(row)


def runs(
    connection: Connection, name: str | None = None, *, before: int | None = None, limit: int = 50
) -> list[RunRecord]:
    """Runs, newest first."""
    query = select(RUNS) if name is None else select(RUNS).where(RUNS.c.account == name)
    return [_run(row) for row in connection.execute(_paged(query, RUNS, before, limit))]


def run(connection: Connection, number: int) -> RunRecord | None:
    """One run."""
    row = connection.execute(select(RUNS).where(RUNS.c.id == number)).first()
    return None if row is None else _run(row)


def run_trend(connection: Connection, name: str, *, limit: int = 90) -> list[RunPoint]:
    """The last runs of an account, oldest first, with what each found."""
    return [
        RunPoint(
            one.id, one.night_on, one.ended_s, one.verdict, one.sales_count, one.missing_count,
            one.finding_count, one.new_count, one.recovered_count,
            {kind: int(total["count"]) for kind, total in one.kinds.items()},
        )
        for one in reversed(runs(connection, name, limit=limit))
        if one.state == "done"
    ]  # fmt: skip


def findings(
    connection: Connection,
    *,
    account: str | None = None,
    state: str = "open",
    kind: str | None = None,
    day: date | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[FindingRecord]:
    """Findings, newest first; `state` is open, recovered or all."""
    c = FINDINGS.c
    query = select(FINDINGS).where(c.account == account if account is not None else true())
    if state != "all":
        query = query.where(c.recovered_s == 0 if state == "open" else c.recovered_s != 0)
    if kind is not None:
        query = query.where(c.kind == kind)
    if day is not None:
        query = query.where(c.business_on == day)
    return [finding_of(row) for row in connection.execute(_paged(query, FINDINGS, before, limit))]


def finding(connection: Connection, name: str, key: str) -> FindingRecord | None:
    """The finding with this key."""
    return _one_finding(connection, select(FINDINGS).where(FINDINGS.c.account == name, FINDINGS.c.key == key))


def finding_by_id(connection: Connection, number: int) -> FindingRecord | None:
    """The finding with this number."""
    return _one_finding(connection, select(FINDINGS).where(FINDINGS.c.id == number))


def incidents(
    connection: Connection, name: str | None = None, *, open_only: bool = True, limit: int = 100
) -> list[IncidentRecord]:
    """Incidents, newest first."""
    query = select(INCIDENTS).where(INCIDENTS.c.account == name if name is not None else true())
    if open_only:
        query = query.where(INCIDENTS.c.recovered_s == 0)
    return [
        IncidentRecord(**_decoded(row, "by_currency", "alerted_by_currency"))
        for row in connection.execute(_paged(query, INCIDENTS, None, limit))
    ]


def alerts(
    connection: Connection, name: str | None = None, *, before: int | None = None, limit: int = 50
) -> list[AlertRecord]:
    """Alerts, newest first, with whether they arrived."""
    query = select(ALERTS) if name is None else select(ALERTS).where(ALERTS.c.account == name)
    return [AlertRecord(*row) for row in connection.execute(_paged(query, ALERTS, before, limit))]


def repairs(
    connection: Connection, name: str | None = None, *, run: int | None = None, limit: int = 50
) -> list[RepairRecord]:
    """Repairs, newest first."""
    query = select(REPAIRS).where(REPAIRS.c.account == name if name is not None else true())
    if run is not None:
        query = query.where(REPAIRS.c.run == run)
    return [
        RepairRecord(**_decoded(row, "plan", "result"))
        for row in connection.execute(_paged(query, REPAIRS, None, limit))
    ]


def beat(connection: Connection, name: str) -> int:
    """When something last showed that it is alive; 0 for never."""
    return connection.execute(select(BEATS.c.at_s).where(BEATS.c.name == name)).scalar() or 0


def _paged(query: Select[Any], table: Table, before: int | None, limit: int) -> Select[Any]:
    if before is not None:
        query = query.where(table.c.id < before)
    return query.order_by(table.c.id.desc()).limit(min(limit, ROWS_MAX))


def _overview() -> Select[Any]:
    # The sync's latest run is found by one step into its index for each account that is shown.
    latest = (
        select(func.max(_SYNC_RUNS.c.id))
        .where(_SYNC_RUNS.c.account == _SYNCED.c.id)
        .correlate(_SYNCED)
        .scalar_subquery()
    )
    joined = ACCOUNTS.outerjoin(_SYNCED, _SYNCED.c.name == ACCOUNTS.c.account).outerjoin(
        _SYNC_RUNS, _SYNC_RUNS.c.id == latest
    )
    return select(
        ACCOUNTS, _SYNC_RUNS.c.ended_at, _SYNC_RUNS.c.started_at, _SYNC_RUNS.c.outcome, _SYNCED.c.trouble
    ).select_from(joined)


def _account(row: Row[Any]) -> AccountNow:
    ended_at = row.ended_at or row.started_at
    if ended_at is not None and ended_at.tzinfo is None:
        ended_at = ended_at.replace(tzinfo=UTC)  # SQLite keeps no offset; the sync writes UTC
    return AccountNow(
        row.account, row.verdict, row.sentence, row.last_run, row.last_night_on, row.last_ended_s,
        row.last_judged_s, row.open_count, _numbers(row.open_by_kind), _numbers(row.open_minor), row.worst,
        int(ended_at.timestamp()) if ended_at else 0, row.outcome or "", row.trouble or "",
    )  # fmt: skip


def _day(row: Row[Any]) -> DayNow:
    return DayNow(**_decoded(row, "difference_minor"))


def _run(row: Row[Any]) -> RunRecord:
    return RunRecord(**_decoded(row, "missing_minor", "kinds"))


def finding_of(row: Row[Any]) -> FindingRecord:
    """A row of the findings as a record."""
    return FindingRecord(**_decoded(row, "detail"))


def _one_finding(connection: Connection, query: Select[Any]) -> FindingRecord | None:
    row = connection.execute(query).first()
    return None if row is None else finding_of(row)


def _decoded(row: Row[Any], *json: str) -> dict[str, Any]:
    values = dict(row._mapping)
    return values | {name: msgspec.json.decode(values[name]) for name in json}


def _numbers(text: str) -> Numbers:
    return msgspec.json.decode(text, type=dict[str, int])
