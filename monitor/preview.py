"""What a change of the rules would have hidden or shown, over the evidence that is kept.

Each business day is looked at once, in the evidence of the latest run that kept any of it. Nothing is asked
of anybody and nothing is changed.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection, select

from monitor.history import DAYS, RUNS
from monitor.preview_rules import Changed
from monitor.words import counted, money

_DAYS_MAX = 400


@dataclass(frozen=True, slots=True)
class Effect:
    """One metric in one currency: what would be sent besides, or left out besides."""

    metric: str
    currency: str
    shown_count: int = 0  # left out today, would be owed
    shown_minor: int = 0
    shown_there_count: int = 0  # of these, in Klaviyo all the same
    hidden_count: int = 0  # owed today, would be left out
    hidden_minor: int = 0
    hidden_there_count: int = 0  # of these, in Klaviyo already: they would be called events without a sale
    settled_count: int = 0  # called missing today, would have counted as too fresh (below zero: the reverse)


@dataclass(frozen=True, slots=True)
class Preview:
    """The effect on one account."""

    account: str
    first_on: date | None
    last_on: date | None
    day_count: int
    unkept_count: int  # days of the history whose evidence is gone
    effects: tuple[Effect, ...]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)

    def lines(self) -> list[str]:
        """In words."""
        if not self.day_count:
            return [f"{self.account}: no evidence is kept; it begins with the next night."]
        told = [f"{self.account}: {counted(self.day_count, 'day')}, {self.first_on} to {self.last_on}."]
        for one in self.effects:
            told += _effect_lines(one)
        if not self.effects:
            told.append("  Nothing would have been different.")
        if self.unkept_count:
            told.append(f"  {counted(self.unkept_count, 'older day')} not looked at: the evidence is gone.")
        return told


def preview(connection: Connection, account: str, changed: Changed) -> Preview:
    """What the change would have done to this account."""
    kept, unkept = _kept(connection, account)
    found: dict[tuple[str, str], Effect] = {}
    looked: list[date] = []
    for run in kept:
        effects = _of_run(run, changed)
        if effects is None:
            unkept += len(run.days)
            continue
        looked += run.days
        for one in effects:
            known = found.get((one.metric, one.currency))
            found[one.metric, one.currency] = _added(known, one) if known else one
    return Preview(
        account,
        min(looked, default=None),
        max(looked, default=None),
        len(looked),
        unkept,
        tuple(found[name] for name in sorted(found)),
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """A run with evidence, and the days for which it is the latest."""

    folder: Path
    account: str
    as_of_s: int
    days: tuple[date, ...]


def _kept(connection: Connection, account: str) -> tuple[list[_Kept], int]:
    d, r = DAYS.c, RUNS.c
    query = (
        select(d.business_on, r.id, r.folder, r.started_s, r.kept)
        .join(RUNS, r.id == d.run, isouter=True)
        .where(d.account == account)
        .order_by(d.business_on.desc())
        .limit(_DAYS_MAX)
    )
    days: dict[tuple[str, int], list[date]] = {}
    unkept = 0
    for day, _run, folder, started_s, kept in connection.execute(query):
        if kept == "evidence" and folder:
            days.setdefault((folder, int(started_s)), []).append(day)
        else:
            unkept += 1
    return [_Kept(Path(folder), account, at, tuple(some)) for (folder, at), some in days.items()], unkept


def _of_run(run: _Kept, changed: Changed) -> list[Effect] | None:
    """The effects on a run's days; None when its evidence cannot be read any more."""
    folders = sorted((run.folder / "evidence").glob("*/"))
    files = [str(path) for folder in folders for path in sorted(folder.glob("expected*.parquet"))]
    observed = [str(path) for folder in folders for path in sorted(folder.glob("observed*.parquet"))]
    if not files or not observed:
        return None
    with duckdb.connect(":memory:", config={"memory_limit": "256MB", "threads": 2}) as db:
        try:
            db.read_parquet(files, union_by_name=True).create_view("expected_files")
            db.read_parquet(observed, union_by_name=True).create_view("observed_files")
            rows = db.execute(_EFFECTS, _parameters(run, changed)).fetchall()
        except (duckdb.IOException, duckdb.InvalidInputException):  # half let go of, or damaged
            return None
    return [Effect(*row) for row in rows]


def _parameters(run: _Kept, changed: Changed) -> dict[str, Any]:
    return {
        "days": list(run.days),
        "dropped": sorted(changed.dropped),
        "off": sorted(changed.kinds_off),
        "zero": changed.add_zero_value,
        "as_of_s": run.as_of_s,
        "settle_from_s": changed.settle_s[0],
        "settle_to_s": changed.settle_s[1],
    }


_EFFECTS = """
WITH there AS (SELECT DISTINCT metric, event_key FROM observed_files),
worth AS (
    SELECT sale_id, min(abs(total_minor)) AS placed_minor FROM expected_files
    WHERE kind = 'placed' GROUP BY sale_id
),
judged AS (
    SELECT e.metric, e.currency, e.total_minor, e.changed_at, t.event_key IS NOT NULL AS is_there,
           e.reason = '' AS owed,
           (e.reasons = '' OR list_has_all(CAST($dropped AS VARCHAR[]), string_split(e.reasons, '|')))
           AND NOT list_contains(CAST($off AS VARCHAR[]), e.kind)
           AND NOT ($zero AND coalesce(
               CASE WHEN e.kind = 'product' THEN w.placed_minor ELSE abs(e.total_minor) END, 1) = 0
           ) AS owed_then
    FROM expected_files e
    LEFT JOIN there t ON t.metric = e.metric AND t.event_key = e.event_key
    LEFT JOIN worth w ON w.sale_id = e.sale_id
    WHERE list_contains(CAST($days AS DATE[]), e.business_day) AND e.kind <> 'canceled'
),
counted AS (
    SELECT metric, currency,
           count(*) FILTER (owed_then AND NOT owed) AS shown,
           coalesce(sum(total_minor) FILTER (owed_then AND NOT owed), 0) AS shown_minor,
           count(*) FILTER (owed_then AND NOT owed AND is_there) AS shown_there,
           count(*) FILTER (owed AND NOT owed_then) AS hidden,
           coalesce(sum(total_minor) FILTER (owed AND NOT owed_then), 0) AS hidden_minor,
           count(*) FILTER (owed AND NOT owed_then AND is_there) AS hidden_there,
           count(*) FILTER (owed_then AND NOT is_there AND changed_at <= $as_of_s - $settle_from_s
                            AND changed_at > $as_of_s - $settle_to_s)
           - count(*) FILTER (owed_then AND NOT is_there AND changed_at <= $as_of_s - $settle_to_s
                              AND changed_at > $as_of_s - $settle_from_s) AS settled
    FROM judged GROUP BY metric, currency
)
SELECT metric, currency, shown, CAST(shown_minor AS BIGINT), shown_there, hidden,
       CAST(hidden_minor AS BIGINT), hidden_there, settled
FROM counted WHERE shown > 0 OR hidden > 0 OR settled <> 0 ORDER BY metric, currency
"""


def _added(one: Effect, other: Effect) -> Effect:
    names = [name for name in Effect.__slots__ if name not in ("metric", "currency")]
    return replace(one, **{name: getattr(one, name) + getattr(other, name) for name in names})


def _effect_lines(one: Effect) -> Iterable[str]:
    if one.shown_count:
        there = f"; {one.shown_there_count:,} of them are in Klaviyo already" if one.shown_there_count else ""
        amount = money(one.shown_minor, one.currency)
        yield f"  {one.metric}: {one.shown_count:,} more would be owed, {amount}{there}."
    if one.hidden_count:
        amount = money(one.hidden_minor, one.currency)
        yield f"  {one.metric}: {one.hidden_count:,} fewer would be owed, {amount}."
        if one.hidden_there_count:
            yield (
                f"    {one.hidden_there_count:,} of them are in Klaviyo already and would be called"
                " events without a sale."
            )
    if one.settled_count > 0:
        yield f"  {one.metric}: {one.settled_count:,} called missing would have counted as too fresh."
    if one.settled_count < 0:
        yield f"  {one.metric}: {-one.settled_count:,} that counted as too fresh would be called missing."
