"""What every source offers: pages of facts, by cursor for the sync and by window for the monitor.

The sync reads feeds by cursor; the monitor reads the same POS by time window, so that a mistake in a
cursor cannot hide from it. A record that cannot be read is set aside on its page, never dropped.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sync.domain.clock import Window
from sync.domain.errors import SetAside
from sync.domain.facts import AccountFacts, Customer, Product, Sale, Shipment


@dataclass(frozen=True, slots=True)
class Page:
    """Some records and the cursor that stands behind them. Committing both together loses nothing."""

    feed: str
    cursor: str | None  # None on a page read by window or by id: nothing to remember
    sales: tuple[Sale, ...] = ()
    shipments: tuple[tuple[Shipment, Sale], ...] = ()
    customers: tuple[Customer, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    row_count: int = 0  # rows the POS sent for this page, read or set aside
    behind_count: int | None = None  # rows still to come where the POS can tell, for progress
    behind_s: float | None = None  # the least time its rate limit asks for them, where it has told its rate


class ProductShelf(Protocol):
    """Where a source keeps what it learnt of articles, so that a sale does not ask for them again."""

    def get(self, item_ids: Iterable[str]) -> Mapping[str, Product]:
        """The known products among `item_ids`."""
        ...

    def put(self, products: Sequence[Product]) -> None:
        """Keep these products, replacing older knowledge."""
        ...


class Source(Protocol):
    """One POS account being read."""

    @property
    def feeds(self) -> tuple[str, ...]:
        """The names of the feeds that `read` knows, in the order a run reads them."""
        ...

    def account(self) -> AccountFacts:
        """Who this account is, its currency and its shops with their zones."""
        ...

    def read(self, feed: str, cursor: str | None) -> Iterator[Page]:
        """Pages of records changed since `cursor`, oldest first; None starts at the beginning."""
        ...

    def read_window(self, window: Window) -> Iterator[Page]:
        """Pages of every sale and shipment whose own time lies in `window`, whatever a cursor says."""
        ...

    def read_sales(self, sale_ids: Sequence[str]) -> Page:
        """These sales and their shipments as they are now, whatever a cursor says."""
        ...
