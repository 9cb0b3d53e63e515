"""How long sales take, shop by shop, out of what was sent last: for the dashboard and `/metrics`.

A pass over the latest rows of the ledger and the sightings beside them, whatever their accounts. Accounts
appear by number and shops by id: no names. History that was imported is left out by its age.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import Connection, Table, and_, func, select

from monitor.lag_seen import SIGHTINGS
from sync.store.rows import AccountRow, EventRow, EventState, SaleRow

_EVENTS: Table = EventRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_SALES: Table = SaleRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_ACCOUNTS: Table = AccountRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
LATEST = 20_000
OLDEST_S = 3 * 86_400  # a sale sent later than this was history
QUANTILES = (0.5, 0.9, 0.99)
SERIES_MAX = 300  # shops told; those with most sales


@dataclass(frozen=True, slots=True)
class Figure:
    """One leg of one shop's sales, in seconds."""

    account: int
    shop: str
    leg: str  # till_to_sent, sent_to_visible or till_to_visible
    sample_count: int
    quantiles_s: tuple[int, ...]  # at QUANTILES


def figures(connection: Connection) -> list[Figure]:
    """The figures of the shops that sold most of late."""
    spans: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    for account, shop, till_s, sent_s, seen_s in connection.execute(_query(connection)):
        spans[account, shop or "", "till_to_sent"].append(max(0, sent_s - till_s))
        if seen_s:
            spans[account, shop or "", "sent_to_visible"].append(max(0, seen_s - sent_s))
            spans[account, shop or "", "till_to_visible"].append(max(0, seen_s - till_s))
    found = [
        Figure(account, shop, leg, len(some), _quantiles(sorted(some)))
        for (account, shop, leg), some in spans.items()
    ]
    found.sort(key=lambda one: (-one.sample_count, one.account, one.shop, one.leg))
    return found[:SERIES_MAX]


def family(found: Iterable[Figure]) -> GaugeMetricFamily:
    """The same for Prometheus: `tillproof_lag_seconds`."""
    gauge = GaugeMetricFamily(
        "tillproof_lag_seconds", "How long sales took, of what was sent last, by shop and leg of the way.",
        labels=["account", "shop", "leg", "quantile"],
    )  # fmt: skip
    for one in found:
        for part, seconds in zip(QUANTILES, one.quantiles_s, strict=True):
            gauge.add_metric([str(one.account), one.shop, one.leg, str(part)], seconds)
    return gauge


def _query(connection: Connection):  # type: ignore[no-untyped-def]  # SQLAlchemy's type of it has five parameters
    e, s, a, v = _EVENTS.c, _SALES.c, _ACCOUNTS.c, SIGHTINGS.c
    last = connection.execute(select(func.max(e.id))).scalar() or 0
    joined = (
        _EVENTS.join(_ACCOUNTS, a.id == e.account)
        .outerjoin(_SALES, and_(s.account == e.account, s.sale_id == e.sale_id))
        .outerjoin(SIGHTINGS, and_(v.account == a.name, v.event_id == e.event_id))
    )
    return (
        select(e.account, s.shop_id, e.happened_s, e.changed_s, v.seen_s)
        .select_from(joined)
        .where(
            e.id > last - LATEST, e.state == int(EventState.SENT), e.kind == "placed",
            e.changed_s - e.happened_s <= OLDEST_S,
        )
    )  # fmt: skip


def _quantiles(ordered: Sequence[int]) -> tuple[int, ...]:
    return tuple(ordered[min(len(ordered) - 1, int(part * len(ordered)))] for part in QUANTILES)
