"""How long sales take from the till to Klaviyo, from the sync's own books: Klaviyo tells no time of arrival.

The events of other integrations carry no trace of when they were sent; of them nothing is said.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from monitor import lag_legs
from monitor.compare import Comparison
from monitor.explain import Journal
from monitor.findings import stable_key
from monitor.lag_seen import Sightings
from monitor.report_data import Cause, Finding, FindingKind, ReportLag, Severity
from monitor.words import counted, day_words, local_time, money

LATE_S = 24 * 3600
_FOUND_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Beside:
    """What more is known of the way of sales, and where to keep it; None: nothing, nowhere."""

    sightings: Sightings | None = None  # when events were first seen in Klaviyo
    receipts: Path | None = None  # the evidence that tells when receipts reached the POS's back end
    evidence: Path | None = None  # each sale's stops are written there


def measured(
    comparison: Comparison,
    account: str,
    journal: Journal,
    names: Mapping[str, str],
    late_s: int = LATE_S,
    *,
    beside: Beside = Beside(),
) -> tuple[list[ReportLag], list[Finding]]:
    """The lags of the window's sales, and the sales that took more than `late_s`.

    Sales from before the account was connected were sent as history; they are left out. Late is only what
    waited because no run of the sync ended well in time, and only once one had: where one did, something
    else held the sale back, such as a customer without an address, and the POS may no longer show what.
    """
    ((first_s, last_s),) = comparison.rows(_SPAN)
    connected_at = journal.connected_at()
    if first_s is None or connected_at is None:
        return [], []
    start_s = max(int(first_s), int(connected_at.timestamp()))
    sent = journal.sent(start_s, int(last_s) + 1)
    seen = beside.sightings.seen(start_s) if beside.sightings is not None else iter(())
    lag_legs.fill(comparison, sent, seen, beside.receipts)
    if beside.evidence is not None:
        lag_legs.keep(comparison, beside.evidence)
    late = list(_late(comparison, account, journal, names, late_s))
    return lag_legs.percentiles(comparison, account, names), late


def _late(
    comparison: Comparison, account: str, journal: Journal, names: Mapping[str, str], late_s: int
) -> Iterator[Finding]:
    rows = comparison.rows(_LATE, [late_s, _FOUND_MAX])
    ended = journal.finished_s(0, max(int(row[9]) for row in rows)) if rows else []
    for row in rows:
        since_s = int(row[8])
        before = bisect_left(ended, since_s)
        if before and before == bisect_right(ended, since_s + late_s):
            yield _finding(account, names, *row)


def _finding(  # noqa: PLR0917 - a row of the query below
    account: str,
    names: Mapping[str, str],
    sale_id: str,
    event_key: str,
    metric: str,
    shop: str,
    zone: str,
    day: date,
    currency: str,
    minor: int,
    since_s: int,
    sent_s: int,
    event_id: str,
) -> Finding:
    kind = FindingKind.LATE
    took = counted((sent_s - since_s) // 3600, "hour")
    return Finding(
        key=stable_key(kind, account, metric, event_key),
        kind=kind,
        severity=Severity.WARNING,
        account=account,
        shop=shop,
        shop_name=names.get(shop, ""),
        business_day=day,
        zone=zone,
        metric=metric,
        currency=currency,
        title=f"{metric} of sale {sale_id} reached Klaviyo {took} after the sale",
        expected={
            "sale": sale_id,
            "day": day_words(day),
            "time": local_time(since_s, zone),
            "amount": money(minor, currency),
        },
        observed={"event": event_id, "sent": local_time(sent_s, zone)},
        differing=("sent",),
        difference_minor=minor,
        cause=Cause(
            "sync_was_down",
            "the sync did not run, or did not get through, in between",
            True,
            f"The POS shows no change after {local_time(since_s, zone)}; no run of the sync ended well for a "
            f"long time then, and it was sent at {local_time(sent_s, zone)}.",
        ),
        remedy="Look whether the sync ran in between (tillproof sync status) and what stopped it.",
        command="",
        sale_id=sale_id,
        event_id=event_id,
        event_key=event_key,
    )


_SPAN = """
SELECT min(u.happened_at), max(u.happened_at) FROM units u CROSS JOIN params q
WHERE u.kind = 'placed' AND u.business_day >= q.first_day AND u.business_day <= q.last_day
"""
# A sale changed after it was sent hides its earlier changes: of it nothing is said.
_LATE = """
SELECT u.sale_id, u.event_key, u.metric, u.shop_id, j.zone, j.business_day, u.currency, u.total_minor,
       u.changed_at, s.sent_s, e.event_id
FROM lag s
JOIN units u ON u.event_key = s.event_key AND u.kind = 'placed'
JOIN judged_units j ON j.unit_no = u.unit_no AND j.status = 'delivered'
JOIN events e ON e.event_no = j.event_no
CROSS JOIN params q
WHERE u.changed_at <= s.sent_s AND s.sent_s - u.changed_at > ?
  AND j.business_day >= q.first_day AND j.business_day <= q.last_day
ORDER BY j.business_day, u.sale_id LIMIT ?
"""
