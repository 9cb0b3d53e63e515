"""Twin metrics: another integration owns a metric of the same name, and reports the very same sales.

A name alone is nothing: a web shop has Placed Orders of its own. Only sales that are there twice count, told
by the order's number, the amount and the day, because numbers alone meet by chance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from monitor.compare import Comparison
from monitor.findings import stable_key
from monitor.observed import EventReader, WatchedMetric
from monitor.report_data import Cause, Finding, FindingKind, Severity
from monitor.words import counted, money_of
from sync.domain.clock import Window
from sync.domain.money import to_minor

_EVENTS_MAX = 20_000  # of one twin, read in a run
_APART_S = 86_400
_SALES_MIN = 2  # one may be chance after all
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Told:
    """One event of a twin."""

    metric: str
    number: str
    at: int
    minor: int
    currency: str


def twins(
    comparison: Comparison,
    account: str,
    reader: EventReader,
    metrics: Sequence[WatchedMetric],
    *,
    window: Window,
    currency: str,
) -> Iterator[Finding]:
    """One finding per metric and owner that reports our sales once more. Raises ApiTrouble."""
    for metric in metrics:
        for owner, metric_ids in metric.twin_ids:
            rows = (
                row
                for metric_id in metric_ids
                for page in reader.events(metric_id, window, ("$event_id", "OrderId"))
                for row in page
            )
            told = [
                _Told(metric.name, number, row.at, to_minor(row.value, coin), coin)
                for row in islice(rows, _EVENTS_MAX)
                if row.value is not None
                for coin in [row.currency or currency]
                for number in {row.order_id, row.unique_id} - {""}
            ]
            if told:
                yield from _finding(comparison, account, metric.name, owner, told)


def _finding(
    comparison: Comparison, account: str, metric: str, owner: str, told: Sequence[_Told]
) -> Iterator[Finding]:
    comparison.db.execute(
        "CREATE OR REPLACE TABLE twin_events (metric VARCHAR, number VARCHAR, happened_at BIGINT,"
        " value_minor BIGINT, currency VARCHAR)"
    )
    comparison.fill("twin_events", [(t.metric, t.number, t.at, t.minor, t.currency) for t in told])
    found = comparison.rows(_TWICE, [_APART_S])
    if len(found) < _SALES_MIN:
        return
    money: dict[str, int] = {}
    for _, currency, minor in found:
        money[currency] = money.get(currency, 0) + int(minor)
    sales = ", ".join(sale for sale, *_ in found[:_SHOWN])
    kind = FindingKind.TWIN_METRIC
    yield Finding(
        key=stable_key(kind, account, metric, owner),
        kind=kind,
        severity=Severity.ERROR,
        account=account,
        shop="",
        shop_name="",
        business_day=None,
        zone="",
        metric=metric,
        currency=next(iter(money)) if len(money) == 1 else "",
        title=f"{owner} reports {counted(len(found), 'sale')} of {metric} once more, worth {money_of(money)}",
        expected={"metric": metric, "sales": f"{len(found):,}"},
        observed={"metric": f"{metric} of {owner}", "events": f"{len(found):,}"},
        differing=("metric",),
        difference_minor=sum(money.values()),
        cause=Cause(
            "two_integrations",
            "two integrations report the same sales under one name",
            True,
            f"Order number, amount and day agree for sales such as {sales}.",
        ),
        remedy="Switch off one of the two: charts and flows that name the metric count them twice.",
        command="",
    )


_TWICE = """
SELECT DISTINCT u.sale_id, u.currency, u.total_minor
FROM twin_events t
JOIN units u ON u.metric = t.metric AND u.order_id = t.number
JOIN judged_units j ON j.unit_no = u.unit_no AND j.status = 'delivered'
WHERE u.kind <> 'product' AND u.currency = t.currency AND u.total_minor = t.value_minor
  AND u.total_minor <> 0 AND abs(u.happened_at - t.happened_at) <= ?
ORDER BY u.sale_id
"""
