"""The closed accounting as rows of the report, and its roll-ups by metric, shop and day."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from itertools import islice

from monitor.compare import Comparison
from monitor.report_data import AccountingRow, DayStatus, ReportDay, ReportExclusion, SideTotals
from sync.domain.eligibility import PLAIN_WORDS, Exclusion

NUMBERS = tuple(field.name for field in fields(AccountingRow) if field.name.endswith(("_count", "_minor")))
_SUMS = ", ".join(f"CAST(sum({name}) AS BIGINT)" for name in NUMBERS)
_COLUMNS = ", ".join(NUMBERS)


def all_rows(comparison: Comparison, account: str, names: Mapping[str, str]) -> Iterator[AccountingRow]:
    """Every row, by day, shop, metric and currency. `names` are the shops' names by id."""
    return _rows(comparison, account, names, "")


def open_rows(comparison: Comparison, account: str, names: Mapping[str, str]) -> Iterator[AccountingRow]:
    """The first hundred rows whose terms do not add up; there should never be one."""
    return islice(_rows(comparison, account, names, "WHERE remainder_count > 0 OR remainder_minor > 0"), 100)


def _rows(
    comparison: Comparison, account: str, names: Mapping[str, str], where: str
) -> Iterator[AccountingRow]:
    query = (
        f"SELECT shop_id, business_day, zone, metric, currency, {_COLUMNS} FROM accounting {where}"  # noqa: S608 - words of this file
        " ORDER BY business_day, shop_id, metric, currency, zone"
    )
    for shop, day, zone, metric, currency, *numbers in comparison.stream(query):
        yield AccountingRow(account, shop, names.get(shop, ""), day, zone, metric, currency, *numbers)


def by_metric(comparison: Comparison, account: str) -> list[AccountingRow]:
    """One row per metric and currency over the whole window: what the waterfall shows."""
    query = (
        f"SELECT metric, currency, {_SUMS} FROM accounting"  # noqa: S608 - names of this file
        " GROUP BY metric, currency ORDER BY metric, currency"
    )
    return [
        AccountingRow(account, "", "", None, "", metric, currency, *numbers)
        for metric, currency, *numbers in comparison.rows(query)
    ]


def by_shop(comparison: Comparison, account: str, names: Mapping[str, str]) -> dict[str, list[AccountingRow]]:
    """Each shop's rows over the whole window, one per metric and currency."""
    query = (
        f"SELECT shop_id, min(zone), metric, currency, {_SUMS} FROM accounting"  # noqa: S608 - names of this file
        " GROUP BY shop_id, metric, currency ORDER BY shop_id, metric, currency"
    )
    found: dict[str, list[AccountingRow]] = {}
    for shop, zone, metric, currency, *numbers in comparison.rows(query):
        row = AccountingRow(account, shop, names.get(shop, ""), None, zone, metric, currency, *numbers)
        found.setdefault(shop, []).append(row)
    return found


def by_day(
    comparison: Comparison, account: str, zone: str, findings: Mapping[date, tuple[int, dict[str, int]]]
) -> list[ReportDay]:
    """The calendar: each day of the window, also those where nothing happened.

    `findings` gives each day's number of findings and what they add up to by currency; `zone` is the shops'
    common zone, or empty where they differ in it.
    """
    sales = dict(comparison.rows(_SALES_BY_DAY))
    sums = {day: numbers for day, *numbers in comparison.rows(_DAYS)}
    days: list[ReportDay] = []
    for (day,) in comparison.rows(_CALENDAR):
        pos, delivered, excluded, settling, missing, events, remainder = sums.get(day, [0] * 7)
        found, money = findings.get(day, (0, {}))
        days.append(
            ReportDay(
                account, day, zone, _status(found + remainder, settling, pos + events), sales.get(day, 0),
                pos, delivered, excluded, settling, missing, events, found, dict(sorted(money.items())),
            )
        )  # fmt: skip
    return days


def exclusions(comparison: Comparison, account: str) -> list[ReportExclusion]:
    """What was left out on purpose, by metric, reason and currency, most frequent first."""
    return [
        ReportExclusion(account, metric, reason, PLAIN_WORDS[Exclusion(reason)], currency, count, minor)
        for metric, reason, currency, count, minor in comparison.rows(_EXCLUSIONS)
    ]


def side_totals(comparison: Comparison, account: str, *, units: int, events: int, unread: int) -> SideTotals:
    """The receipts of the window by what became of them; a receipt counts under its worst part."""
    counts = dict(comparison.rows(_SALES_BY_FATE))
    return SideTotals(
        account=account,
        sales_count=sum(counts.values()),
        sales_delivered_count=counts.get("delivered", 0),
        sales_excluded_count=counts.get("excluded", 0),
        sales_settling_count=counts.get("settling", 0),
        sales_missing_count=counts.get("missing", 0),
        sales_missing_minor=dict(comparison.rows(_MISSING_MONEY)),
        pos_units_read=units,
        events_read=events,
        records_unread=unread,
    )


def _status(wrong: int, settling: int, anything: int) -> DayStatus:
    if wrong:
        return DayStatus.DRIFT
    if settling:
        return DayStatus.SETTLING
    return DayStatus.AGREES if anything else DayStatus.EMPTY


_IN_WINDOW = "business_day BETWEEN (SELECT first_day FROM params) AND (SELECT last_day FROM params)"
_RECEIPTS = f"FROM judged_units WHERE kind IN ('placed', 'refunded') AND {_IN_WINDOW}"

_CALENDAR = (
    "SELECT CAST(day AS DATE) FROM (SELECT unnest(generate_series("
    "(SELECT first_day FROM params), (SELECT last_day FROM params), INTERVAL 1 DAY)) AS day) ORDER BY day"
)
_DAYS = (
    "SELECT business_day, CAST(sum(pos_count) AS BIGINT), CAST(sum(delivered_count) AS BIGINT),"
    " CAST(sum(excluded_count) AS BIGINT), CAST(sum(settling_count) AS BIGINT),"
    " CAST(sum(missing_count) AS BIGINT), CAST(sum(events_count) AS BIGINT),"
    " CAST(sum(remainder_count) AS BIGINT) FROM accounting GROUP BY business_day"
)
_SALES_BY_DAY = f"SELECT business_day, count(DISTINCT sale_id) {_RECEIPTS} GROUP BY business_day"
_EXCLUSIONS = (
    "SELECT metric, reason, currency, count(*), CAST(sum(total_minor) AS BIGINT)"  # noqa: S608 - of this file
    f" FROM judged_units WHERE status = 'excluded' AND {_IN_WINDOW}"
    " GROUP BY metric, reason, currency ORDER BY metric, count(*) DESC, reason, currency"
)
_SALES_BY_FATE = (
    "SELECT CASE fate WHEN 3 THEN 'missing' WHEN 2 THEN 'settling' WHEN 1 THEN 'delivered' ELSE 'excluded'"  # noqa: S608 - of this file
    " END, count(*) FROM (SELECT sale_id, max(CASE status WHEN 'missing' THEN 3 WHEN 'settling' THEN 2"
    f" WHEN 'delivered' THEN 1 ELSE 0 END) AS fate {_RECEIPTS} GROUP BY sale_id) GROUP BY fate"
)
_MISSING_MONEY = (
    f"SELECT currency, CAST(sum(total_minor) AS BIGINT) {_RECEIPTS} AND status = 'missing'"
    " GROUP BY currency ORDER BY currency"
)
