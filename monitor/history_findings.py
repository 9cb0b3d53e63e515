"""The life of a finding: first seen, seen again, recovered, back again.

A finding recovers only when a run looked where it was and no longer saw it: its day was read whole, nothing
blocked the judgement, nothing of the day is too fresh to judge, and the report lists its kind completely.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, select

from monitor.history_rows import MonitorFindingRow
from monitor.report_data import DayStatus, Finding, Report, VerdictCode
from sync.store.bulk import chunks

FINDINGS: Table = MonitorFindingRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it


@dataclass(frozen=True, slots=True)
class Seeing:
    """A run that looks at an account's findings, inside a writing transaction."""

    connection: Connection
    account: str
    run: int
    now_s: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What a run changed among the findings, by key."""

    new: tuple[str, ...]  # seen for the first time, or back again
    recovered: tuple[str, ...]


def follow(seeing: Seeing, report: Report) -> Changes:
    """Bring the account's findings up to date with what the run found."""
    findings = _deduplicated(report.findings)
    known = _known(seeing, [finding.key for finding in findings])
    _see(seeing, findings, known)
    recovered = _recover(seeing, report, {finding.key for finding in findings})
    return Changes(tuple(f.key for f in findings if known.get(f.key, 1) != 0), recovered)


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """Open findings of one account that have kind, severity, shop and currency in common."""

    kind: str
    severity: str
    shop: str
    shop_name: str
    currency: str
    count: int
    minor: int  # without signs


def open_groups(connection: Connection, account: str) -> list[OpenGroup]:
    """The account's open findings, counted."""
    c = FINDINGS.c
    names = (c.kind, c.severity, c.shop, func.max(c.shop_name), c.currency)
    query = (
        select(*names, func.count(), func.sum(func.abs(c.difference_minor)))
        .where(c.account == account, c.recovered_s == 0)
        .group_by(c.kind, c.severity, c.shop, c.currency)
        .order_by(c.kind, c.severity, c.shop, c.currency)
    )
    return [
        OpenGroup(kind, severity, shop, name, currency, int(count), int(minor or 0))
        for kind, severity, shop, name, currency, count, minor in connection.execute(query)
    ]


def oldest_open_day(connection: Connection, account: str, since: date) -> date | None:
    """The earliest business day, not before `since`, on which something is still wrong."""
    c = FINDINGS.c
    query = select(func.min(c.business_on)).where(
        c.account == account, c.recovered_s == 0, c.business_on >= since
    )
    return connection.execute(query).scalar()


def judged_days(report: Report) -> frozenset[date]:
    """The days of which a run may say that something is no longer wrong: whole, read and settled."""
    if report.verdict is VerdictCode.COULD_NOT_JUDGE or any(limit.blocks for limit in report.limits):
        return frozenset()
    return frozenset(
        day.business_day
        for day in report.days
        if day.settling_count == 0 and day.status != DayStatus.SETTLING
    )


def cut_kinds(report: Report) -> frozenset[str]:
    """The kinds of which the report lists only some: what it does not list may still be there."""
    listed: dict[str, int] = {}
    for finding in report.findings:
        listed[finding.kind.value] = listed.get(finding.kind.value, 0) + 1
    return frozenset(
        kind for kind, total in report.findings_by_kind.items() if listed.get(kind, 0) < total.count
    )


def _deduplicated(findings: Iterable[Finding]) -> list[Finding]:
    return list({finding.key: finding for finding in findings}.values())


def _known(seeing: Seeing, keys: Sequence[str]) -> dict[str, int]:
    """When each known key recovered; 0 for those still open."""
    found: dict[str, int] = {}
    for some in chunks(keys):
        query = select(FINDINGS.c.key, FINDINGS.c.recovered_s).where(
            FINDINGS.c.account == seeing.account, FINDINGS.c.key.in_(some)
        )
        found.update((key, int(at)) for key, at in seeing.connection.execute(query))
    return found


def _see(seeing: Seeing, findings: Sequence[Finding], known: Mapping[str, int]) -> None:
    fresh: list[dict[str, Any]] = []
    for finding in findings:
        facts = _facts(finding, seeing)
        if finding.key in known:
            _see_again(seeing, finding.key, facts, back=known[finding.key] != 0)
        else:
            fresh.append(facts | _EMPTY | {"key": finding.key, **_first(seeing)})
    if fresh:
        seeing.connection.execute(FINDINGS.insert(), fresh)


def _see_again(seeing: Seeing, key: str, facts: Mapping[str, Any], *, back: bool) -> None:
    c = FINDINGS.c
    seeing.connection.execute(
        FINDINGS.update()
        .where(c.account == seeing.account, c.key == key)
        .values(
            **facts,
            seen_count=c.seen_count + 1,
            recovered_s=0,
            recovered_run=0,
            reopened_count=c.reopened_count + (1 if back else 0),
        )
    )


def _first(seeing: Seeing) -> dict[str, Any]:
    return {"account": seeing.account, "first_run": seeing.run, "first_seen_s": seeing.now_s}


_EMPTY = {"recovered_s": 0, "recovered_run": 0, "seen_count": 1, "reopened_count": 0}


def _facts(finding: Finding, seeing: Seeing) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "shop": finding.shop,
        "shop_name": finding.shop_name,
        "business_on": finding.business_day,
        "zone": finding.zone,
        "metric": finding.metric,
        "currency": finding.currency,
        "title": finding.title,
        "difference_minor": finding.difference_minor,
        "sale_id": finding.sale_id,
        "event_id": finding.event_id,
        "last_run": seeing.run,
        "last_seen_s": seeing.now_s,
        "detail": msgspec.json.encode(finding).decode(),
    }


def _recover(seeing: Seeing, report: Report, seen: set[str]) -> tuple[str, ...]:
    """Close what this run looked at and no longer saw."""
    days, cut = judged_days(report), cut_kinds(report)
    if not days:
        return ()
    c = FINDINGS.c
    first, last = min(days), max(days)
    query = select(c.id, c.key, c.kind, c.business_on).where(
        c.account == seeing.account,
        c.recovered_s == 0,
        (c.business_on.is_(None)) | (c.business_on.between(first, last)),
    )
    whole = days >= {day.business_day for day in report.days}
    gone = [
        (number, key)
        for number, key, kind, day in seeing.connection.execute(query)
        if key not in seen and kind not in cut and (day in days if day is not None else whole)
    ]
    for some in chunks([number for number, _ in gone]):
        seeing.connection.execute(
            FINDINGS.update().where(c.id.in_(some)).values(recovered_s=seeing.now_s, recovered_run=seeing.run)
        )
    return tuple(key for _, key in gone)
