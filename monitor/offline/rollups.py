"""The accounting of two exports summed up the ways the report shows it. Every row names its account."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

from monitor.accounting import NUMBERS
from monitor.compare import Comparison, quoted
from monitor.page.pattern import Amiss
from monitor.report_data import (
    AccountingRow,
    DayStatus,
    FindingKind,
    KindTotal,
    ReportDay,
    ReportShop,
    SideTotals,
)

_SUMS = ", ".join(f"CAST(sum({name}) AS BIGINT)" for name in NUMBERS)
_COLUMNS = ", ".join(NUMBERS)
Money = dict[str, int]


def write_rows(engine: Comparison, path: Path) -> None:
    """Every row as JSON, one to a line, by account, day, shop, metric and currency: far too many to hold."""
    names = f"account, shop_id AS shop, '' AS shop_name, business_day, zone, metric, currency, {_COLUMNS}"
    query = f"SELECT {names} FROM accounting ORDER BY {_ROW_ORDER}"  # noqa: S608 - names of ours
    engine.db.execute(f"COPY ({query}) TO {quoted(path)} (FORMAT json)")


def amiss(engine: Comparison) -> list[Amiss]:
    """The shops' days on which the two sides differ."""
    return [(account, shop, day) for account, shop, day in engine.rows(_AMISS)]


def by_metric(engine: Comparison) -> list[AccountingRow]:
    """One row per account, metric and currency over the whole window."""
    query = (
        f"SELECT account, '', '', NULL, '', metric, currency, {_SUMS} FROM accounting"  # noqa: S608 - names of ours
        " GROUP BY account, metric, currency ORDER BY account, metric, currency"
    )
    return [AccountingRow(*row) for row in engine.rows(query)]


def shops(engine: Comparison) -> list[ReportShop]:
    """Each shop with its rows, one per metric and currency."""
    query = (
        f"SELECT account, shop_id, '', NULL, min(zone), metric, currency, {_SUMS} FROM accounting"  # noqa: S608 - names of ours
        " GROUP BY account, shop_id, metric, currency ORDER BY account, shop_id, metric, currency"
    )
    found = _found_by(engine, "shop_id")
    made = (AccountingRow(*row) for row in engine.rows(query))
    return [
        ReportShop(account, shop, "", rows[0].zone, shop != "", *found[account, shop], rows)
        for (account, shop), group in groupby(made, key=lambda row: (row.account, row.shop))
        for rows in [tuple(group)]
    ]


def days(engine: Comparison, accounts: Sequence[str], first: date, last: date) -> list[ReportDay]:
    """The calendar of every account: each day of the window, also those where nothing happened."""
    zones = dict(engine.rows(_ZONES))
    sums = {(account, day): numbers for account, day, *numbers in engine.rows(_DAYS)}
    found = _found_by(engine, "business_day")
    calendar = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [
        _day(account, day, zones.get(account, ""), sums.get((account, day), [0] * 8), found[account, day])
        for account in accounts
        for day in calendar
    ]


def _day(account: str, day: date, zone: str, numbers: Sequence[int], found: tuple[int, Money]) -> ReportDay:
    sales, pos, delivered, excluded, settling, missing, events, remainder = numbers
    if found[0] + remainder:
        status = DayStatus.DRIFT
    elif settling:
        status = DayStatus.SETTLING
    else:
        status = DayStatus.AGREES if pos + events else DayStatus.EMPTY
    return ReportDay(
        account, day, zone, status, sales, pos, delivered, excluded, settling, missing, events, found[0],
        found[1],
    )  # fmt: skip


def kinds(engine: Comparison) -> dict[str, KindTotal]:
    """How often each kind was found and what it adds up to, gravest first."""
    found: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for kind, currency, count, minor in engine.rows(_KINDS):
        found[kind].append((currency, count, minor))
    return {
        kind.value: KindTotal(
            sum(count for _, count, _ in found[kind]),
            sum(minor for _, _, minor in found[kind]),
            {currency: minor for currency, _, minor in found[kind]},
        )
        for kind in FindingKind
        if kind in found
    }


def sides(engine: Comparison, accounts: Sequence[str]) -> list[SideTotals]:
    """What was read of each account and what became of it."""
    counts = {account: numbers for account, *numbers in engine.rows(_SIDES)}
    money: dict[str, Money] = defaultdict(dict)
    for account, currency, minor in engine.rows(_MISSING_MONEY):
        money[account][currency] = minor
    made = []
    for account in accounts:
        pos, delivered, settling, missing, sold, events = counts.get(account, [0] * 6)
        lost = money[account]
        made.append(SideTotals(account, pos, delivered, 0, settling, missing, lost, sold, events, 0))
    return made


def _found_by(engine: Comparison, column: str) -> Mapping[tuple[str, object], tuple[int, Money]]:
    found: dict[tuple[str, object], tuple[int, Money]] = defaultdict(lambda: (0, {}))
    query = (
        f"SELECT account, {column}, currency, count(*), CAST(sum(abs(difference_minor)) AS BIGINT)"  # noqa: S608 - a column of ours
        " FROM found GROUP BY ALL ORDER BY ALL"
    )
    for account, name, currency, count, minor in engine.rows(query):
        before, money = found[account, name]
        found[account, name] = (before + count, {**money, currency: minor})
    return found


# Receipts: what the sentence counts as sales. Where a file holds other kinds only, those are its sales.
_RECEIPTS = """metric IN (SELECT metric FROM metric_names WHERE kind IN ('placed', 'refunded')
    OR NOT EXISTS (SELECT 1 FROM metric_names r WHERE r.kind IN ('placed', 'refunded')))"""
_ZONES = "SELECT account, min(zone) FROM sold GROUP BY account HAVING count(DISTINCT zone) = 1"
_ROW_ORDER = "account, business_day, shop_id, metric, currency, zone"
_AMISS = """
SELECT DISTINCT account, shop_id, business_day FROM accounting
WHERE shop_id <> '' AND (missing_count > 0 OR orphaned_count > 0 OR duplicate_count > 0 OR mismatch_count > 0
                         OR gone_count > 0 OR remainder_count > 0 OR remainder_minor > 0)
ORDER BY ALL
"""
_DAYS = f"""
SELECT account, business_day,
       CAST(sum(CASE WHEN {_RECEIPTS} THEN pos_count ELSE 0 END) AS BIGINT), CAST(sum(pos_count) AS BIGINT),
       CAST(sum(delivered_count) AS BIGINT), CAST(sum(excluded_count) AS BIGINT),
       CAST(sum(settling_count + events_settling_count) AS BIGINT), CAST(sum(missing_count) AS BIGINT),
       CAST(sum(events_count) AS BIGINT), CAST(sum(remainder_count) AS BIGINT)
FROM accounting GROUP BY account, business_day
"""  # noqa: S608 - made of literals
_KINDS = """
SELECT finding, currency, count(*), CAST(sum(abs(difference_minor)) AS BIGINT)
FROM found GROUP BY finding, currency ORDER BY finding, currency
"""
_SIDES = f"""
SELECT account, CAST(sum(CASE WHEN {_RECEIPTS} THEN pos_count ELSE 0 END) AS BIGINT),
       CAST(sum(CASE WHEN {_RECEIPTS} THEN delivered_count ELSE 0 END) AS BIGINT),
       CAST(sum(CASE WHEN {_RECEIPTS} THEN settling_count ELSE 0 END) AS BIGINT),
       CAST(sum(CASE WHEN {_RECEIPTS} THEN missing_count ELSE 0 END) AS BIGINT),
       CAST(sum(pos_count) AS BIGINT), CAST(sum(events_count) AS BIGINT)
FROM accounting GROUP BY account
"""  # noqa: S608 - made of literals
_MISSING_MONEY = f"""
SELECT account, currency, CAST(sum(missing_minor) AS BIGINT) FROM accounting WHERE {_RECEIPTS}
GROUP BY account, currency HAVING sum(missing_count) > 0 ORDER BY account, currency
"""  # noqa: S608 - made of literals
