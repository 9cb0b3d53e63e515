"""Klaviyo's side of the evidence: every event of the watched metrics whose time lies in a window."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Protocol

from monitor import lines
from monitor.evidence import Rows
from sync.domain.clock import Window
from sync.domain.money import to_minor

if TYPE_CHECKING:  # only their shapes are needed here
    from sync.klaviyo.read import EventRow, KlaviyoAccount, Metric

EVENT_KEY = "$event_id"
ORDER_ID = "OrderId"
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
    twin_ids: tuple[tuple[str, tuple[str, ...]], ...] = ()  # the same with Klaviyo's ids of theirs


@dataclass(slots=True)
class ObservedRead:
    """What was read of Klaviyo."""

    event_count: int = 0
    last_s: int = 0  # the latest time an event claims
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
    theirs = tuple(
        (owner, tuple(sorted(metric.id for metric in named if metric.integration == owner)))
        for owner in others
    )
    return WatchedMetric(name, ours, tuple(others), theirs)


def _owned(owner: str, wanted: str) -> bool:
    return fnmatchcase(owner.casefold(), wanted.casefold())


def read_observed(
    reader: EventReader,
    watched: Sequence[WatchedMetric],
    windows: Sequence[Window],
    rows: Rows,
    *,
    account: str,
    key_property: str,
    currency: str,
    more: Callable[[str], Sequence[str]] = lambda _: (),
    on_events: Callable[[int], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
    read: ObservedRead | None = None,
) -> ObservedRead:
    """Write every event of `watched` in `windows`, which do not overlap.

    `key_property` names the property that names the sale. Where an event says no currency, `currency` (the
    account's) is taken. `more` says, per metric, which properties to read about lines. `stopped` is asked
    after each page. `read` goes on with the numbers of an earlier reading. Errors of the reader come through.
    """
    read = read or ObservedRead()
    for metric in watched:
        before = read.event_count
        extra = tuple(
            dict.fromkeys((*([] if key_property in _PROPERTIES else [key_property]), *more(metric.name)))
        )
        names = _Names(account, metric.name, key_property, currency, extra)
        for metric_id, window in product(metric.metric_ids, windows):
            for page in reader.events(metric_id, window, (*_PROPERTIES, *extra)):
                _write(page, rows, read, names)
                on_events(len(page))
                if stopped():
                    return read
        read.by_metric[metric.name] = read.by_metric.get(metric.name, 0) + read.event_count - before
    return read


@dataclass(frozen=True, slots=True)
class _Names:
    """What all rows of a metric have in common; `extra` are the properties that `others` holds."""

    account: str
    metric: str
    key_property: str
    currency: str
    extra: tuple[str, ...]

    def column(self, page: "Sequence[EventRow]", name: str) -> list[str]:
        """One of the extra properties as a column; empty texts where it was not read."""
        if name not in self.extra:
            return [""] * len(page)
        at = self.extra.index(name)
        return [row.others[at] if at < len(row.others) else "" for row in page]


def _write(page: "Sequence[EventRow]", rows: Rows, read: ObservedRead, names: _Names) -> None:
    if not page:
        return
    first = read.event_count + 1
    count = len(page)
    read.event_count += count
    times = [row.at for row in page]
    read.last_s = max(read.last_s, *times)
    orders, unique_ids = [row.order_id for row in page], [row.unique_id for row in page]
    keys = {EVENT_KEY: unique_ids, ORDER_ID: orders}.get(names.key_property)
    keys = names.column(page, names.key_property) if keys is None else keys
    read.without_key += keys.count("")
    currencies = [row.currency or names.currency for row in page]
    rows.write(
        [(count, names.account, names.metric)],
        [
            range(first, first + count),
            [row.id for row in page],
            keys,
            orders,
            [row.shop_id for row in page],
            times,
            currencies,
            [_minor(row.value, currency) for row, currency in zip(page, currencies, strict=True)],
            [row.profile_id for row in page],
            unique_ids,
            names.column(page, lines.ARTICLE),
            _quantities(page, names),
        ],
    )


def _quantities(page: "Sequence[EventRow]", names: _Names) -> list[int | None]:
    for name in (lines.QUANTITY, lines.COUNT):
        if name in names.extra:
            return [lines.read(text) if text else None for text in names.column(page, name)]
    return [None] * len(page)


@lru_cache(maxsize=65_536)
def _minor(value: Decimal | None, currency: str) -> int:
    return to_minor(value, currency) if value is not None else 0
