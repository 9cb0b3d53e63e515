"""Remembering runs: what each one judged, which findings it saw first, saw again, or saw no more.

All functions take a connection inside a writing transaction, so that a run, its findings and the alerts that
follow from them are remembered together or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, select

from monitor.history_findings import Changes, Seeing, follow, open_groups
from monitor.history_rows import MonitorAccountRow, MonitorDayRow, MonitorRunRow
from monitor.report_data import DayStatus, Report, ReportDay, Severity, VerdictCode
from sync.store.bulk import insert_new, upsert

RUNS: Table = MonitorRunRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
DAYS: Table = MonitorDayRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
ACCOUNTS: Table = MonitorAccountRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it

COULD_NOT_JUDGE = VerdictCode.COULD_NOT_JUDGE.value
GRAVEST = tuple(severity.value for severity in Severity)


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that has begun: its number, and how often it was tried."""

    run: int
    attempt: int


def begin(
    connection: Connection,
    account: str,
    mode: str,
    first_on: date,
    last_on: date,
    *,
    now_s: int,
    night_on: date | None = None,
) -> Begun:
    """Open the record of a run. A night that was begun before is the same run, tried once more."""
    close_interrupted(connection, account, now_s, but_night=night_on)
    values = {"first_on": first_on, "last_on": last_on, "state": "running", "started_s": now_s}
    if night_on is not None:
        found = connection.execute(
            select(RUNS.c.id, RUNS.c.attempt_count).where(
                RUNS.c.account == account, RUNS.c.night_on == night_on
            )
        ).first()
        if found is not None:
            values |= {"attempt_count": found[1] + 1, "ended_s": 0}
            connection.execute(RUNS.update().where(RUNS.c.id == found[0]).values(**values))
            return Begun(int(found[0]), int(found[1]) + 1)
    row = MonitorRunRow(account=account, mode=mode, night_on=night_on, first_on=first_on, last_on=last_on)
    fields = {**row.model_dump(exclude={"id"}), **values}
    inserted = connection.execute(RUNS.insert().values(**fields)).inserted_primary_key
    assert inserted is not None
    return Begun(int(inserted[0]), 1)


def close_interrupted(
    connection: Connection, account: str, now_s: int, *, but_night: date | None = None
) -> None:
    """Name what a crash left open. Call it while holding the account's lock."""
    left_open = (RUNS.c.account == account) & (RUNS.c.state == "running")
    if but_night is not None:
        left_open &= RUNS.c.night_on.is_(None) | (RUNS.c.night_on != but_night)
    connection.execute(
        RUNS.update()
        .where(left_open)
        .values(
            state="interrupted", ended_s=now_s, verdict=COULD_NOT_JUDGE, sentence="The run was interrupted."
        )
    )


def finish(connection: Connection, run: int, report: Report, folder: str, now_s: int) -> Changes:
    """Remember what a run found. The report is of exactly one account."""
    account = connection.execute(select(RUNS.c.account).where(RUNS.c.id == run)).scalar_one()
    changes = follow(Seeing(connection, account, run, now_s), report)
    _days(connection, account, run, report, now_s)
    ended = {"folder": folder, "new_count": len(changes.new), "recovered_count": len(changes.recovered)}
    connection.execute(
        RUNS.update().where(RUNS.c.id == run).values(**_totals(report), **ended, ended_s=now_s)
    )
    summarise(connection, account)
    return changes


def could_not_run(connection: Connection, run: int, why: str, now_s: int) -> None:
    """Remember a run that came to no report at all; `why` is a sentence without personal data."""
    connection.execute(
        RUNS.update()
        .where(RUNS.c.id == run)
        .values(state="done", ended_s=now_s, verdict=COULD_NOT_JUDGE, sentence=why, kept="none")
    )
    account = connection.execute(select(RUNS.c.account).where(RUNS.c.id == run)).scalar_one()
    summarise(connection, account)


def summarise(connection: Connection, account: str) -> int:
    """Bring the account's line of the overview up to date; the number of its open findings."""
    last = connection.execute(
        select(RUNS)
        .where(RUNS.c.account == account, RUNS.c.state == "done")
        .order_by(RUNS.c.id.desc())
        .limit(1)
    ).first()
    nights = select(func.max(RUNS.c.night_on)).where(RUNS.c.account == account)
    judged = select(func.max(RUNS.c.ended_s)).where(
        RUNS.c.account == account, RUNS.c.state == "done", RUNS.c.verdict != COULD_NOT_JUDGE
    )
    groups = open_groups(connection, account)
    by_kind: dict[str, int] = {}
    money: dict[str, int] = {}
    for group in groups:
        by_kind[group.kind] = by_kind.get(group.kind, 0) + group.count
        if group.currency:
            money[group.currency] = money.get(group.currency, 0) + group.minor
    values = {
        "last_run": last.id if last else 0,
        "last_night_on": connection.execute(nights).scalar(),
        "last_ended_s": last.ended_s if last else 0,
        "last_judged_s": connection.execute(judged).scalar() or 0,
        "verdict": last.verdict if last else "",
        "sentence": last.sentence if last else "",
        "open_count": sum(by_kind.values()),
        "open_by_kind": _text(by_kind),
        "open_minor": _text(money),
        "worst": min((group.severity for group in groups), key=GRAVEST.index, default=""),
    }
    if not connection.execute(
        ACCOUNTS.update().where(ACCOUNTS.c.account == account).values(**values)
    ).rowcount:
        connection.execute(ACCOUNTS.insert().values(account=account, **values))
    return sum(by_kind.values())


_DAY_KEYS = ("account", "business_on")
_DAY_VALUES = (
    "status", "run", "judged_s", "zone", "sales_count", "pos_count", "delivered_count", "excluded_count",
    "settling_count", "missing_count", "events_count", "finding_count", "difference_minor",
)  # fmt: skip


def _days(connection: Connection, account: str, run: int, report: Report, now_s: int) -> None:
    """Keep the latest verdict of each day; one that could not be judged never hides an earlier verdict."""
    blocked = any(limit.blocks for limit in report.limits)
    told: list[tuple[Any, ...]] = []
    unsure: list[tuple[Any, ...]] = []
    for day in report.days:
        judged = day.status is DayStatus.DRIFT or not blocked
        status = day.status.value if judged else COULD_NOT_JUDGE
        row = (account, day.business_day.isoformat(), status, run, now_s, *_numbers_of(day))
        (told if judged else unsure).append(row)
    upsert(connection, DAYS, _DAY_KEYS, _DAY_VALUES, told)
    insert_new(connection, DAYS, (*_DAY_KEYS, *_DAY_VALUES), unsure)


def _numbers_of(day: ReportDay) -> tuple[Any, ...]:
    return (
        day.zone, day.sales_count, day.pos_count, day.delivered_count, day.excluded_count,
        day.settling_count, day.missing_count, day.events_count, day.finding_count,
        _text(day.difference_minor),
    )  # fmt: skip


def _totals(report: Report) -> dict[str, Any]:
    sides = report.sides
    money: dict[str, int] = {}
    for side in sides:
        for currency, minor in side.sales_missing_minor.items():
            money[currency] = money.get(currency, 0) + minor
    return {
        "state": "done",
        "verdict": report.verdict.value,
        "sentence": report.sentence,
        "next_step": report.next_step,
        "sales_count": sum(side.sales_count for side in sides),
        "delivered_count": sum(side.sales_delivered_count for side in sides),
        "excluded_count": sum(side.sales_excluded_count for side in sides),
        "settling_count": sum(side.sales_settling_count for side in sides),
        "missing_count": sum(side.sales_missing_count for side in sides),
        "finding_count": sum(total.count for total in report.findings_by_kind.values()),
        "missing_minor": _text(money),
        "kinds": msgspec.json.encode(report.findings_by_kind).decode(),
        "kept": "evidence",
    }


def _text(numbers: Mapping[str, int]) -> str:
    return msgspec.json.encode(dict(sorted(numbers.items()))).decode()
