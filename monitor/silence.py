"""Suspicious silence: a side that suddenly has nothing where there was, or ought to be, something.

Single missing sales are findings of their own. Silence says that the trouble is bigger than a sale: a till,
a shop, a metric or a whole side is cut off.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from monitor.compare import Comparison
from monitor.findings import stable_key
from monitor.report_data import Cause, Finding, FindingKind, Severity
from monitor.words import counted, day_words, money
from sync.domain.planning import Kind

COUNT_MIN = 10  # fewer than this missing at once may be chance
_SILENT_DAYS_MIN = 2  # one day without a sale may be a holiday
_WEEK = timedelta(days=7)


def silent_shop_days(comparison: Comparison) -> list[tuple[str, date, str, str, str, int, int]]:
    """Shop, day, zone, metric, currency, count and money of shop days of which no sale reached Klaviyo.

    Only where the shop's other days did reach it, at least COUNT_MIN sales were owed, and the metric is not
    silent as a whole.
    """
    return [
        (shop, day, zone, metric, currency, int(count), int(minor))
        for shop, day, zone, metric, currency, count, minor in comparison.rows(_SHOP_DAYS, [COUNT_MIN])
    ]


def silences(comparison: Comparison, account: str, shop_names: Mapping[str, str]) -> Iterator[Finding]:
    """Every silence of the window, widest first."""
    yield from _metrics(comparison, account)
    yield from _till(comparison, account)
    for shop, day, zone, metric, currency, count, minor in silent_shop_days(comparison):
        yield _finding(
            account,
            f"Nothing of {shop_names.get(shop) or shop} reached Klaviyo on {day_words(day)}",
            expected={"owed": _owed(count, minor, currency)},
            observed={"in Klaviyo": "0 events"},
            proof="The shop's other days are there.",
            remedy="Look whether the sync ran that day and whether its dead letters hold these sales.",
            shop=shop,
            shop_name=shop_names.get(shop, ""),
            day=day,
            zone=zone,
            metric=metric,
            currency=currency,
            minor=minor,
        )


def _metrics(comparison: Comparison, account: str) -> Iterator[Finding]:
    for metric, currency, count, minor in comparison.rows(_METRICS, [COUNT_MIN]):
        yield _finding(
            account,
            f"Klaviyo has no {metric} of the whole window",
            expected={"owed": _owed(count, minor, currency)},
            observed={"in Klaviyo": "0 events"},
            proof="Klaviyo was read for every day of the window and holds none.",
            remedy="Check that the sync runs and that its Klaviyo key belongs to this account.",
            metric=metric,
            currency=currency,
            minor=minor,
        )


def _till(comparison: Comparison, account: str) -> Iterator[Finding]:
    counts = {day: (int(pos), int(events)) for day, pos, events in comparison.rows(_BY_DAY)}
    events = sum(found for _, found in counts.values())
    if not any(pos for pos, _ in counts.values()):
        if events < COUNT_MIN:
            return
        yield _finding(
            account,
            "The POS shows no sale in the whole window, Klaviyo does",
            expected={"sales": "0"},
            observed={"events": f"{events:,}"},
            proof="The POS was read for every day of the window and holds none.",
            remedy="Check that the POS account is the right one and that its credentials see all shops.",
        )
        return
    for first, last in _silent_spans(comparison, counts):
        yield _finding(
            account,
            f"The POS shows no sale from {day_words(first)} to {day_words(last)}",
            expected={"sales a week before": f"at least {COUNT_MIN} a day"},
            observed={"sales": "0"},
            proof="The same days a week before had sales.",
            remedy="Check that the tills were online and that the POS credentials see all shops.",
            day=first,
        )


def _owed(count: int, minor: int, currency: str) -> str:
    return f"{counted(count, 'event')}, {money(minor, currency)}"


def _silent_spans(
    comparison: Comparison, counts: Mapping[date, tuple[int, int]]
) -> Iterator[tuple[date, date]]:
    ((first, last),) = comparison.rows("SELECT first_day, last_day FROM params")
    span: list[date] = []
    for offset in range((last - first).days + 2):
        day = first + timedelta(days=offset)
        quiet = day <= last and not counts.get(day, (0, 0))[0]
        if quiet and counts.get(day - _WEEK, (0, 0))[0] >= COUNT_MIN:
            span.append(day)
            continue
        if len(span) >= _SILENT_DAYS_MIN:
            yield span[0], span[-1]
        span = []


def _finding(
    account: str,
    title: str,
    *,
    expected: dict[str, str],
    observed: dict[str, str],
    proof: str,
    remedy: str,
    shop: str = "",
    shop_name: str = "",
    day: date | None = None,
    zone: str = "",
    metric: str = "",
    currency: str = "",
    minor: int = 0,
) -> Finding:
    return Finding(
        key=stable_key(FindingKind.SILENCE, account, metric, shop, day.isoformat() if day else "", currency),
        kind=FindingKind.SILENCE,
        severity=Severity.CRITICAL,
        account=account,
        shop=shop,
        shop_name=shop_name,
        business_day=day,
        zone=zone,
        metric=metric,
        currency=currency,
        title=title,
        expected=expected,
        observed=observed,
        differing=(),
        difference_minor=minor,
        cause=Cause("silence", "a side has nothing where something was due", True, proof),
        remedy=remedy,
        command="",
    )


_METRICS = """
SELECT metric, currency, CAST(sum(missing_count) AS BIGINT), CAST(sum(missing_minor) AS BIGINT)
FROM accounting GROUP BY metric, currency
HAVING sum(missing_count) >= ? AND sum(delivered_count) = 0 AND sum(events_count) = 0
ORDER BY metric, currency
"""
_SHOP_DAYS = f"""
SELECT a.shop_id, a.business_day, a.zone, a.metric, a.currency, a.missing_count, a.missing_minor
FROM accounting a
JOIN (SELECT DISTINCT metric FROM units WHERE kind = '{Kind.PLACED.value}') m ON m.metric = a.metric
JOIN (SELECT shop_id, metric FROM accounting GROUP BY shop_id, metric HAVING sum(delivered_count) > 0) d
  ON d.shop_id = a.shop_id AND d.metric = a.metric
WHERE a.missing_count >= ? AND a.delivered_count = 0 AND a.events_count = 0
ORDER BY a.business_day, a.shop_id, a.metric, a.currency
"""  # noqa: S608 - built from an enumeration of ours
_BY_DAY = """
SELECT business_day, CAST(sum(pos_count) AS BIGINT), CAST(sum(events_count) AS BIGINT)
FROM accounting GROUP BY business_day
"""
