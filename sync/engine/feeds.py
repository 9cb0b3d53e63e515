"""The pages of a run: feeds by cursor, windows, and second looks at sales that were left out before."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from sync.domain.acquaintance import acquainted, addresses, people_of, sale_acquainted
from sync.domain.clock import Window, days_window, known_zone
from sync.domain.contact import usable_email
from sync.domain.facts import Sale, Shipment, Shop
from sync.klaviyo.known import KnownProfiles
from sync.sources.notices import Hint, ReadsHints
from sync.sources.protocol import HasPeople, Page, Source
from sync.store import people, sales
from sync.store.bulk import chunks
from sync.store.database import Store

_OUTERMOST = ("Etc/GMT-14", "Etc/GMT+12")  # signs are the wrong way round in these names
SALES_MAX = 100  # asked for by id at a time
_SHIPPED_MAX = 10_000  # shipments remembered within a run


class Feeds:
    """Reads one account's source. The pages may be made in a thread of their own, one feed at a time."""

    def __init__(
        self, store: Store, account: int, source: Source, known: KnownProfiles | None = None
    ) -> None:
        """The store is only asked which sales deserve a second look, `known` whom Klaviyo knows."""
        self._known = known
        self._store = store
        self._account = account
        self._source = source
        self._shipped: dict[str, tuple[Shipment, bytes]] = {}  # the latest shipments read, as they were

    @property
    def names(self) -> tuple[str, ...]:
        """The feeds in the order of reading."""
        return self._source.feeds

    def feed(self, feed: str, cursor: str | None) -> Iterator[Page]:
        """A feed's pages. Before a page come the sales that were left out because of people it brings.

        They bring their shipments along. A shipment that several feeds bring unchanged comes once a run, so
        that it counts once.
        """
        for page in self._source.read(feed, cursor):
            yield from map(self._new, self.sales(self._left_out(page)))
            yield self._new(self._acquainted(page))

    def window(self, window: Window) -> Iterator[Page]:
        """A window's pages."""
        return map(self._acquainted, self._source.read_window(window))

    def sales(self, sale_ids: Iterable[str]) -> Iterator[Page]:
        """These sales and their shipments as they are now."""
        for some in chunks(sale_ids, SALES_MAX):
            yield self._acquainted(self._source.read_sales(some))

    def hinted(self, hints: Sequence[Hint]) -> Iterator[Page]:
        """The sales that a vendor told us of, as they are now."""
        if self._known is not None:
            self._known.forget_strangers()
        if not isinstance(self._source, ReadsHints):
            yield from self.sales([hint.sale_id for hint in hints])
            return
        for some in chunks(hints, SALES_MAX):
            yield from map(self._acquainted, self._source.read_hinted(some))

    def newly_known(self, emails: Iterable[str]) -> Iterator[Page]:
        """The left-out sales of people whose profile is new in Klaviyo, and these people."""
        for some in chunks(emails, SALES_MAX):
            with self._store.reading() as connection:
                told = people.customer_ids(connection, self._account, some)
                left_out = sales.waiting_for(connection, self._account, told.values())
            yield from self.sales(left_out)
            others = [email for email in some if email not in told]
            if others and isinstance(self._source, HasPeople):
                page = self._source.read_people(others)
                yield from self.sales(self._left_out(page))
                yield self._acquainted(page)

    def _acquainted(self, page: Page) -> Page:
        """The page with the instants since when Klaviyo knows its people, where that matters."""
        if self._known is None:
            return page
        named = [person for sale in page.sales for person in people_of(sale)]
        since = self._known.since(addresses([*named, *page.customers]))
        return replace(
            page,
            sales=tuple(sale_acquainted(sale, since) for sale in page.sales),
            customers=tuple(acquainted(customer, since) for customer in page.customers),
        )

    def _new(self, page: Page) -> Page:
        return (
            replace(page, shipments=tuple(filter(self._is_new, page.shipments))) if page.shipments else page
        )

    def _is_new(self, pair: tuple[Shipment, Sale]) -> bool:
        shipment, sale = pair
        before, now = self._shipped.pop(shipment.shipment_id, None), (shipment, sales.fingerprint(sale, b""))
        self._shipped[shipment.shipment_id] = now
        if len(self._shipped) > _SHIPPED_MAX:
            del self._shipped[next(iter(self._shipped))]
        return before != now

    def _left_out(self, page: Page) -> list[str]:
        """All left-out sales of the page's customers; of the buyers on it only the sales on the page.

        (Those are read anyway, but without their shipments. The others come with the customers' own feed.)
        """
        buyers = [sale.customer for sale in page.sales if sale.customer is not None]
        reachable = {each.customer_id for each in (*page.customers, *buyers) if usable_email(each.email)}
        if not reachable:
            return []
        with self._store.reading() as connection:
            waiting = sales.waiting_for(connection, self._account, reachable)
        if page.customers:
            return waiting
        return sorted({sale.sale_id for sale in page.sales}.intersection(waiting))


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
