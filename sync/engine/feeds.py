"""The pages of a run: feeds by cursor, windows, and second looks at sales that were left out before."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from sync.domain.clock import Window, days_window, known_zone
from sync.domain.facts import Shop
from sync.sources.protocol import Page, Source
from sync.store import sales
from sync.store.bulk import chunks
from sync.store.database import Store

_OUTERMOST = ("Etc/GMT-14", "Etc/GMT+12")  # signs are the wrong way round in these names
SALES_MAX = 100  # asked for by id at a time


class Feeds:
    """Reads one account's source. The pages may be made in a thread of their own, one feed at a time."""

    def __init__(self, store: Store, account: int, source: Source) -> None:
        """The store is only asked which sales deserve a second look."""
        self._store = store
        self._account = account
        self._source = source

    @property
    def names(self) -> tuple[str, ...]:
        """The feeds in the order of reading."""
        return self._source.feeds

    def feed(self, feed: str, cursor: str | None) -> Iterator[Page]:
        """A feed's pages. Before a page of customers come the sales that were left out because of them."""
        for page in self._source.read(feed, cursor):
            if page.customers:
                yield from self.sales(self._left_out(page))
            yield page

    def window(self, window: Window) -> Iterator[Page]:
        """A window's pages."""
        return self._source.read_window(window)

    def sales(self, sale_ids: Iterable[str]) -> Iterator[Page]:
        """These sales as they are now."""
        for some in chunks(sale_ids, SALES_MAX):
            yield self._source.read_sales(some)

    def _left_out(self, page: Page) -> list[str]:
        reachable = [customer.customer_id for customer in page.customers if customer.email.strip()]
        with self._store.reading() as connection:
            return sales.waiting_for(connection, self._account, reachable)


def window_of(first: date, last: date, shops: Iterable[Shop]) -> Window:
    """The instants of these business days in every shop's zone; in UTC where no shop is known.

    A shop may name a zone that nobody knows. The days are then those of every zone on earth.
    """
    zones = {zone for shop in shops for zone in ([shop.zone] if known_zone(shop.zone or "?") else _OUTERMOST)}
    windows = [days_window(first, last, zone) for zone in sorted(zones) or ["UTC"]]
    return Window(min(window.start_at for window in windows), max(window.end_at for window in windows))


def distinct(pages: Iterable[Page], seen: set[object]) -> Iterator[Page]:
    """The same pages without what an earlier page held: for counting where nothing is written."""
    for page in pages:
        fresh = tuple(sale for sale in page.sales if sale.sale_id not in seen)
        aside = tuple(item for item in page.set_aside if item not in seen)
        seen.update(sale.sale_id for sale in fresh)
        seen.update(aside)
        yield replace(page, sales=fresh, set_aside=aside)
