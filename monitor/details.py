"""One difference with the evidence of both sides beside it, as the comparison hands it out."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from monitor.compare import Comparison
from monitor.report_data import FindingKind


class Detail(NamedTuple):
    """A difference. Fields of a side that is not there are None. Instants are epoch seconds.

    `unit` fields come from the POS, `event` fields from Klaviyo; `other` is the event taken as the delivered
    one where this one is its duplicate.
    """

    kind: str
    shop_id: str
    zone: str
    business_day: date
    metric: str
    currency: str
    difference_minor: int
    sale_id: str | None
    order_id: str | None
    line_id: str | None
    unit_key: str | None
    unit_kind: str | None
    happened_at: int | None
    completed_at: int | None
    changed_at: int | None
    total_minor: int | None
    unit_currency: str | None
    reason: str | None
    reasons: str | None
    unit_paired: bool
    event_id: str | None
    event_key: str | None
    event_order_id: str | None
    event_at: int | None
    value_minor: int | None
    event_currency: str | None
    profile_id: str | None
    other_id: str | None
    other_at: int | None
    other_minor: int | None
    other_profile: str | None
    register_id: str = ""
    channel: str = ""
    customer_id: str = ""
    unit_item: str = ""
    unit_quantity: int | None = None  # thousandths, like the event's
    unique_id: str = ""  # what Klaviyo holds as the event's id
    event_item: str = ""
    event_quantity: int | None = None
    other_unique_id: str = ""
    other_key: str = ""
    other_order_id: str = ""


_GRAVITY = " ".join(f"WHEN '{kind.value}' THEN {at}" for at, kind in enumerate(FindingKind))
_QUERY = f"""
SELECT f.kind, f.shop_id, f.zone, f.business_day, f.metric, f.currency, f.difference_minor,
       u.sale_id, u.order_id, u.line_id, u.event_key, u.kind, u.happened_at, u.completed_at, u.changed_at,
       u.total_minor, u.currency, u.reason, u.reasons, p.unit_no IS NOT NULL,
       e.event_id, e.event_key, e.order_id, e.happened_at, e.value_minor, e.currency, e.profile_id,
       o.event_id, o.happened_at, o.value_minor, o.profile_id,
       coalesce(u.register_id, ''), coalesce(u.channel, ''), coalesce(u.customer_id, ''),
       coalesce(u.item_id, ''), u.quantity_milli,
       coalesce(e.unique_id, ''), coalesce(e.item_id, ''), e.quantity_milli,
       coalesce(o.unique_id, ''), coalesce(o.event_key, ''), coalesce(o.order_id, '')
FROM finding_rows f
LEFT JOIN units u ON u.unit_no = f.unit_no
LEFT JOIN judged_units p ON p.unit_no = f.unit_no
LEFT JOIN events e ON e.event_no = f.event_no
LEFT JOIN events o ON o.event_no = f.other_no
ORDER BY CASE f.kind {_GRAVITY} END, f.business_day, f.shop_id, f.metric,
         coalesce(u.event_key, e.event_key), u.sale_id, coalesce(e.event_id, '')
"""  # noqa: S608 - built from an enumeration of ours


def details(comparison: Comparison) -> Iterator[Detail]:
    """Every difference, gravest first, in an order that depends on the evidence alone."""
    return map(Detail._make, comparison.stream(_QUERY))


def orphans_to_ask(comparison: Comparison, limit: int) -> list[tuple[str, str]]:
    """Event key and order id of events for which no unit was read, oldest first, at most `limit`."""
    rows = comparison.rows(_ORPHANS, [limit])
    return [(key, order) for key, order in rows]


_ORPHANS = """
SELECT e.event_key, e.order_id
FROM finding_rows f JOIN events e ON e.event_no = f.event_no
WHERE f.kind IN ('orphaned', 'future_dated') AND f.unit_no IS NULL
ORDER BY e.happened_at, e.event_id LIMIT ?
"""
