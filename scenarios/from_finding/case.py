"""What a kept run knows of one finding: the finding itself and both sides' evidence of it."""

import difflib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pyarrow.parquet as pq

from monitor.outputs import Outputs
from monitor.report_data import Cause, Finding, FindingKind, Report, ReportAccount, Severity

_ROWS_MAX = 20_000  # of evidence about one finding
_NEAR = 3
FEW_KEYS = 10
REPORT_BYTES_MAX = 200_000_000

T = TypeVar("T", "Unit", "Event")


class CannotBuild(Exception):
    """No story can be made of this; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One row of the POS side: an event that ought to exist, or ought not to."""

    kind: str
    metric: str
    sale_id: str
    order_id: str
    event_key: str
    happened_at: int
    changed_at: int
    total_minor: int
    currency: str
    reason: str
    customer_id: str
    shop_id: str
    item_id: str
    quantity_milli: int | None


@dataclass(frozen=True, slots=True)
class Event:
    """One row of Klaviyo's side."""

    metric: str
    event_id: str
    event_key: str
    order_id: str
    happened_at: int
    currency: str
    value_minor: int | None
    profile_id: str
    unique_id: str
    item_id: str
    quantity_milli: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """One finding with everything a story of it can be made from."""

    finding: Finding
    account: ReportAccount
    as_of: datetime
    first_day: date
    last_day: date
    units: tuple[Unit, ...]  # of its sale, of the sale that one returns, of the events that stand beside it
    events: tuple[Event, ...]
    metrics: dict[str, str]  # what the account calls each kind of event
    owners: dict[str, str]  # customers by profile, where the evidence shows whose it is

    @property
    def subject(self) -> Unit | None:
        """The row the finding is about; None where there is no such sale."""
        found = self.finding
        mine = [one for one in self.units if one.metric == found.metric and one.event_key == found.event_key]
        mine += [one for one in self.units if one.metric == found.metric and one.sale_id == found.sale_id]
        return next((one for one in mine if one.sale_id == found.sale_id), None) if found.sale_id else None

    @property
    def event(self) -> Event | None:
        """Klaviyo's event that the finding is about; None where there is none."""
        return next((one for one in self.events if one.event_id == self.finding.event_id), None)


def read_case(folder: Path, key: str) -> Case:
    """The finding with this key, or the only one that begins so. Raises CannotBuild."""
    report = _report(folder)
    finding = _finding(report, folder, key)
    account = next((one for one in report.accounts if one.name == finding.account), None)
    if account is None:
        raise CannotBuild(f"{folder / 'report.json'} does not tell of the finding's account; run it again")
    evidence = Outputs(folder).evidence(finding.account)
    missing = [name for name in ("expected", "observed") if not (evidence / f"{name}.parquet").is_file()]
    if missing:
        raise CannotBuild(
            f"the evidence of this run is gone ({' and '.join(missing)}): it is kept only for some time. "
            "Take a newer run that still has the finding (tillproof monitor history), or reconcile the day "
            "again: tillproof monitor run --now --from DAY --to DAY"
        )
    units, events = _evidence(evidence, finding)
    window = report.window
    return Case(
        finding, account, report.as_of, window.first_day, window.last_day, tuple(units), tuple(events),
        _metrics(evidence), _owners(evidence, finding, {one.profile_id for one in events}),
    )  # fmt: skip


def _report(folder: Path) -> Report:
    file = folder / "report.json"
    if not file.is_file():
        raise CannotBuild(
            f"{folder} holds no report.json. Say a run's number (tillproof monitor history) or the folder "
            "that a run left"
        )
    if file.stat().st_size > REPORT_BYTES_MAX:
        raise CannotBuild(f"{file} is larger than any report; is it one?")
    try:
        return msgspec.json.decode(file.read_bytes(), type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise CannotBuild(f"{file} is no report of this version; reconcile again and take that run") from None


def _finding(report: Report, folder: Path, key: str) -> Finding:
    known = {one.key: one for one in report.findings}
    if key in known:
        return known[key]
    begun = [one for name, one in known.items() if key and name.startswith(key)]
    if len(begun) == 1 and len(key) >= FEW_KEYS:
        return begun[0]
    rows = _rows_of_drift(folder, key)
    if rows:
        return _of_row(rows[0])
    if not known:
        raise CannotBuild("this run found nothing, so there is no finding to tell a story of")
    if begun:
        some = "\n".join(f"  {one.key}  {one.title}" for one in begun[:_NEAR])
        many = (
            "1 finding of this run begins"
            if len(begun) == 1
            else f"{len(begun):,} findings of this run begin"
        )
        raise CannotBuild(f"{many} with {key}; say it, or more of it:\n{some}")
    near = difflib.get_close_matches(key, known, n=_NEAR, cutoff=0.3) or list(known)[:_NEAR]
    told = "\n".join(f"  {name}  {known[name].title}" for name in near)
    raise CannotBuild(f"this run has no finding {key}. Nearest:\n{told}")


def _rows_of_drift(folder: Path, key: str) -> list[dict[str, Any]]:
    """The finding where report.json had no more room for it."""
    file = Outputs(folder).drift_parquet
    if not file.is_file():
        return []
    found: list[dict[str, Any]] = pq.read_table(file, filters=[("key", "=", key)]).to_pylist()
    return found


def _of_row(row: dict[str, Any]) -> Finding:
    day = date.fromisoformat(row["business_day"]) if row["business_day"] else None
    return Finding(
        row["key"], FindingKind(row["kind"]), Severity(row["severity"]), row["account"], row["shop"],
        row["shop_name"], day, row["zone"], row["metric"], row["currency"], row["title"], {}, {}, (),
        row["difference_minor"],
        Cause("", row["cause"], row["cause_proven"] == "yes"), row["remedy"], "",
        row["sale_id"], row["event_id"], row["event_key"],
    )  # fmt: skip


def _evidence(folder: Path, finding: Finding) -> tuple[list[Unit], list[Event]]:
    """Everything about the finding's sale and event, and about what happened in the same second."""
    units, events = folder / "expected.parquet", folder / "observed.parquet"
    own = _read(Event, events, [[("event_id", "=", finding.event_id)]]) if finding.event_id else []
    sales = {finding.sale_id, *(one.order_id for one in own)} - {""}
    keys = {finding.event_key, *(one.event_key for one in own)} - {""}
    told = _read_units(folder, [*_any("sale_id", sales), *_any("event_key", keys)])
    sales |= {one.order_id for one in told} | {one.sale_id for one in told}
    told = _read_units(folder, [*_any("sale_id", sales), *_any("order_id", sales), *_any("event_key", keys)])
    if finding.kind is FindingKind.SAME_SECOND_COLLAPSE:
        seconds = {one.happened_at for one in told if one.sale_id == finding.sale_id}
        told += _read(Unit, units, _any("happened_at", seconds))
    keys |= {one.event_key for one in told} - {""}
    held = _read(Event, events, [*_any("event_key", keys), *_any("event_id", {finding.event_id} - {""})])
    return list(dict.fromkeys(told)), list(dict.fromkeys([*own, *held]))


def _read_units(folder: Path, wanted: list[list[tuple[str, str, Any]]]) -> list[Unit]:
    asked = folder / "expected_asked.parquet"  # sales of which an event spoke, asked for by number
    found = _read(Unit, folder / "expected.parquet", wanted)
    return found + (_read(Unit, asked, wanted) if asked.is_file() else [])


def _any(name: str, values: Iterable[Any]) -> list[list[tuple[str, str, Any]]]:
    wanted = sorted(values)
    return [[(name, "in", wanted)]] if wanted else []


def _read(record: type[T], file: Path, wanted: list[list[tuple[str, str, Any]]]) -> list[T]:
    if not wanted:
        return []
    names = [one.name for one in fields(record)]
    try:
        table = pq.read_table(file, columns=names, filters=wanted).slice(0, _ROWS_MAX)
    except (OSError, ValueError, KeyError):
        raise CannotBuild(f"the evidence {file.name} cannot be read; reconcile the day again") from None
    return [record(**row) for row in table.to_pylist()]


def _metrics(folder: Path) -> dict[str, str]:
    table = pq.read_table(folder / "expected.parquet", columns=["kind", "metric"])
    pairs = table.group_by(["kind", "metric"]).aggregate([]).to_pylist()
    return {row["kind"]: row["metric"] for row in sorted(pairs, key=lambda row: (row["kind"], row["metric"]))}


def _owners(folder: Path, finding: Finding, profiles: set[str]) -> dict[str, str]:
    """Whose each profile is, by the sales whose events lie on it; the finding's own event tells nothing."""
    wanted = sorted(profiles - {""})
    if not wanted:
        return {}
    held = _read(Event, folder / "observed.parquet", [[("profile_id", "in", wanted)]])
    keys = {one.event_key: one.profile_id for one in held if one.event_id != finding.event_id}
    of_profile: dict[str, Counter[str]] = {}
    for one in _read_units(folder, _any("event_key", set(keys) - {""})):
        if one.customer_id:
            of_profile.setdefault(keys[one.event_key], Counter())[one.customer_id] += 1
    return {profile: _most(counts) for profile, counts in of_profile.items()}


def _most(counts: Counter[str]) -> str:
    return min(counts, key=lambda name: (-counts[name], name))
