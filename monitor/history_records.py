"""The history as records, for the dashboard and the commands. Instants are epoch seconds; 0: never."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

Numbers = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AccountNow:
    """Where one account stands."""

    account: str
    verdict: str  # agrees, drift, could_not_judge, or "" before the first run
    sentence: str
    last_run: int
    last_night_on: date | None
    last_ended_s: int
    last_judged_s: int
    open_count: int
    open_by_kind: Numbers
    open_minor: Numbers  # by currency
    worst: str
    synced_s: int  # when the sync last ended a run; 0: never, or not carried by our sync
    sync_outcome: str
    sync_trouble: str  # what a person must do before the sync can go on


@dataclass(frozen=True, slots=True)
class Totals:
    """All accounts together."""

    accounts_by_verdict: Numbers
    open_count: int
    alerts_waiting: int
    alerts_failed: int


@dataclass(frozen=True, slots=True)
class DayNow:
    """The latest verdict of one business day."""

    account: str
    business_on: date
    zone: str
    status: str
    run: int
    judged_s: int
    sales_count: int
    pos_count: int
    delivered_count: int
    excluded_count: int
    settling_count: int
    missing_count: int
    events_count: int
    finding_count: int
    difference_minor: Numbers


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One reconciliation."""

    id: int
    account: str
    mode: str
    night_on: date | None
    first_on: date
    last_on: date
    state: str
    attempt_count: int
    started_s: int
    ended_s: int
    verdict: str
    sentence: str
    next_step: str
    sales_count: int
    delivered_count: int
    excluded_count: int
    settling_count: int
    missing_count: int
    finding_count: int
    new_count: int
    recovered_count: int
    missing_minor: Numbers
    kinds: Mapping[str, Mapping[str, Any]]  # as findings_by_kind of the report
    folder: str
    kept: str


@dataclass(frozen=True, slots=True)
class FindingRecord:
    """One difference and its life."""

    id: int
    account: str
    key: str
    kind: str
    severity: str
    shop: str
    shop_name: str
    business_on: date | None
    zone: str
    metric: str
    currency: str
    title: str
    difference_minor: int
    sale_id: str
    event_id: str
    first_run: int
    last_run: int
    first_seen_s: int
    last_seen_s: int
    recovered_s: int
    recovered_run: int
    seen_count: int
    reopened_count: int
    detail: Mapping[str, Any]  # the report's finding: expected, observed, differing, cause, remedy, command


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """A group of findings, as alerts see it."""

    id: int
    account: str
    group_key: str
    kind: str
    severity: str
    episode: int
    count: int
    by_currency: Numbers
    alerted: int
    alerted_count: int
    alerted_by_currency: Numbers
    alert_no: int
    opened_s: int
    changed_s: int
    recovered_s: int
    run: int


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """One message to one route."""

    id: int
    dedupe: str
    account: str
    group_key: str
    kind: str
    transition: str
    severity: str
    route: str
    title: str
    body: str
    run: int
    gather: int
    state: str
    created_s: int
    due_s: int
    sent_s: int
    attempt_count: int
    trouble: str


@dataclass(frozen=True, slots=True)
class RepairRecord:
    """One repair."""

    id: int
    run: int
    account: str
    state: str
    started_s: int
    ended_s: int
    sent_count: int
    closing_run: int
    plan: Mapping[str, Any]
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunPoint:
    """One run of a trend."""

    run: int
    night_on: date | None
    ended_s: int
    verdict: str
    sales_count: int
    missing_count: int
    finding_count: int
    new_count: int
    recovered_count: int
    by_kind: Numbers
