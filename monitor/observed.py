"""Klaviyo's side of the evidence: every event of the watched metrics whose time lies in a window."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from monitor.evidence import Rows
from sync.domain.clock import Window
from sync.domain.money import to_minor

if TYPE_CHECKING:  # only their shapes are needed here
    from sync.klaviyo.read import EventRow, KlaviyoAccount, Metric

EVENT_KEY = "$event_id"
ORDER_ID = "OrderId"
SALE_KEYS = (EVENT_KEY, ORDER_ID)
_PROPERTIES = (EVENT_KEY, ORDER_ID, "ShopID")


class EventReader(Protocol):
    """Klaviyo being read; `sync.klaviyo.read.KlaviyoReader` is one."""

    def account(self) -> "KlaviyoAccount":
        """Who this account is, its zone and its currency."""
        ...

    def metrics(self) -> "Sequence[Metric]":
        """Every metric of the account, with the integration that owns it."""
        ...

    def events(
        self, metric_id: str, window: Window, properties: Sequence[str]
    ) -> "Iterator[Sequence[EventRow]]":
        """Pages of a metric's events whose time lies in `window`."""
        ...


@dataclass(frozen=True, slots=True)
class WatchedMetric:
    """A metric by name, with Klaviyo's ids of it: none where Klaviyo has never seen one."""

    name: str
    metric_ids: tuple[str, ...]
    twins: tuple[str, ...] = ()  # other integrations that own a metric of this name


@dataclass(slots=True)
class ObservedRead:
    """What was read of Klaviyo."""

    event_count: int = 0
    by_metric: dict[str, int] = field(default_factory=dict)
    without_key: int = 0


def resolve(metrics: "Iterable[Metric]", names: Iterable[str], integration: str) -> list[WatchedMetric]:
    """Find the metrics to watch by name and owner; an account may hold the same name from several owners."""
    known = list(metrics)
    return [_resolved(known, name, integration) for name in sorted(set(names))]


def _resolved(known: "Sequence[Metric]", name: str, integration: str) -> WatchedMetric:
    named = [metric for metric in known if metric.name == name]
    ours = tuple(sorted(metric.id for metric in named if _owned(metric.integration, integration)))
    others = sorted({metric.integration for metric in named if not _owned(metric.integration, integration)})
    return WatchedMetric(name, ours, tuple(others))


def _owned(owner: str, wanted: str) -> bool:
    return owner.casefold() == wanted.casefold()


def read_observed(
    reader: EventReader,
    watched: Sequence[WatchedMetric],
    window: Window,
    rows: Rows,
    *,
    account: str,
    key_property: str,
    currency: str,
    on_events: Callable[[int], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> ObservedRead:
    """Write every event of `watched` in `window`.

    `key_property` is one of SALE_KEYS. Where an event says no currency, `currency` (the account's) is taken.
    `stopped` is asked after each page. Errors of the reader come through.
    """
    read = ObservedRead()
    for metric in watched:
        before = read.event_count
        for metric_id in metric.metric_ids:
            for page in reader.events(metric_id, window, _PROPERTIES):
                _write(page, rows, read, (account, metric.name, key_property, currency))
                on_events(len(page))
                if stopped():
                    return read
        read.by_metric[metric.name] = read.event_count - before
    return read


def _write(
    page: "Sequence[EventRow]", rows: Rows, read: ObservedRead, names: tuple[str, str, str, str]
) -> None:
    if not page:
        return
    account, metric, key_property, fallback = names
    first = read.event_count + 1
    count = len(page)
    read.event_count += count
    orders = [row.order_id for row in page]
    keys = orders if key_property == ORDER_ID else [row.unique_id for row in page]
    read.without_key += keys.count("")
    currencies = [row.currency or fallback for row in page]
    rows.write(
        [(count, account, metric)],
        [
            range(first, first + count),
            [row.id for row in page],
            keys,
            orders,
            [row.shop_id for row in page],
            [row.at for row in page],
            currencies,
            [_minor(row.value, currency) for row, currency in zip(page, currencies, strict=True)],
            [row.profile_id for row in page],
        ],
    )


@lru_cache(maxsize=65_536)
def _minor(value: Decimal | None, currency: str) -> int:
    return to_minor(value, currency) if value is not None else 0
