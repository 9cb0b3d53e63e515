"""X-Series as a source: change feeds by version for the sync, searches by date for the monitor.

    shops       outlets and registers              groups      of customers
    products    articles on the shelf, all of them brands      renamed ones: their articles are read anew
    categories  they have no feed; compared whole  customers   deleted ones too
    sales       by version: new, edited, paid, picked up, voided
    lookback    once a day by date over the last days, whatever a cursor says

Lists are fed before sales need them, so that reading sales asks for nothing else. Every feed is read to an
empty page and goes back a little behind its cursor (`reach`).
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TypeVar

import msgspec

from sync.domain.clock import Clock, Window
from sync.domain.errors import CannotRead, SetAside
from sync.domain.facts import AccountFacts, Sale
from sync.http.errors import NotPermitted, Refused
from sync.sources.closed import ClosedFeeds
from sync.sources.lightspeed_x import parse, wire
from sync.sources.lightspeed_x.catalog import Catalog, Whole
from sync.sources.lightspeed_x.client import API_VERSION, LightspeedXClient, expired
from sync.sources.lightspeed_x.consent import Consent
from sync.sources.lightspeed_x.hinted import hinted
from sync.sources.lightspeed_x.originals import Original, Originals, linked, original_of
from sync.sources.lightspeed_x.people import PAGE_ROWS as PEOPLE_ROWS
from sync.sources.lightspeed_x.people import People
from sync.sources.lightspeed_x.reach import Reach
from sync.sources.lightspeed_x.wire import Rows
from sync.sources.notices import Hint
from sync.sources.protocol import Page, ProductShelf

SALES_ROWS = 1_000  # asked for; the vendor gives what it likes
T = TypeVar("T")
VERSION_ENDS_AT = datetime(2027, 7, 1, tzinfo=UTC)  # twelve months of API 2026-07
_AHEAD_PAGES = 3  # held back, so that a return's original, which follows it, need not be asked for
_UNREADABLE_MAX = 10  # rows of one page with none that can be read: then it is not the rows
_NEEDED = frozenset({"sales", "customers", "lookback"})  # without these a run makes no sense
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


class LightspeedXSource:
    """One X-Series account being read. Not for use by several threads at once."""

    def __init__(
        self,
        client: LightspeedXClient,
        *,
        clock: Clock,
        consent: Consent,
        practice: parse.Practice | None = None,
        products: ProductShelf | None = None,
        overlap_s: int = 300,
        lookback_days: int = 7,
    ) -> None:
        """`products` None reads no articles; `practice` is what this merchant makes of sales."""
        self._client = client
        self._clock = clock
        self._catalog = Catalog(client, products, practice or parse.Practice(), clock=clock)
        self._people = People(client, consent, self._catalog.groups)
        self._originals = Originals(self._read_original)
        self._overlap = timedelta(seconds=overlap_s)
        self._lookback = timedelta(days=lookback_days)
        self._closed = ClosedFeeds(clock)
        self._feeds: dict[str, Callable[[str | None], Iterator[Page]]] = {
            "shops": self._shops,
            "groups": self._groups,
            "brands": self._brands,
            "categories": self._categories,
            "products": self._products,
            "customers": self._customers,
            "sales": self._sales,
            "lookback": self._look_back,
        }

    @property
    def feeds(self) -> tuple[str, ...]:
        """The names of the feeds, in the order a run reads them."""
        return tuple(self._feeds)

    def account(self) -> AccountFacts:
        """The account and its shops, read now. The shops are kept up to date by the feed `shops`."""
        return self._catalog.account()

    def read(self, feed: str, cursor: str | None) -> Iterator[Page]:
        """Pages of what changed since `cursor`. A feed that the credentials do not open says so once, and is
        asked again every hour.

        Raises ValueError for a feed or a cursor that is not ours, ApiTrouble when the pinned version of the
        API is not what answers.
        """
        if feed not in self._feeds:
            raise ValueError(f"there is no feed {feed}; there are {', '.join(self._feeds)}")
        if feed in self._closed:
            return
        pages = self._feeds[feed](cursor)
        yield from pages if feed in _NEEDED else self._closed.read(feed, cursor, pages, _closed_feed)

    def read_window(self, window: Window) -> Iterator[Page]:
        """Every sale rung up in the window, asked for day by day, because a search reaches only so deep."""
        for part in window.sliced(_DAY):
            last_at = part.end_at - _SECOND if part.end_at - part.start_at >= _SECOND else part.start_at
            params = {"date_from": _zulu(part.start_at), "date_to": _zulu(last_at), "deleted": "true",
                      "order_by": "date", "order_direction": "asc"}  # fmt: skip
            for rows in self._client.search("sales", params, wire.DECODE_SALES):
                if rows.count:
                    self._remember(rows)
                    sales, aside = self._facts(rows)
                    inside = tuple(sale for sale in sales if _within(sale, part))
                    yield Page("window", None, inside, set_aside=aside, row_count=rows.count)

    def read_sales(self, sale_ids: Sequence[str]) -> Page:
        """These sales as they are now; ids that do not exist are left out."""
        found = [self._client.one(f"sales/{each}", wire.DECODE_SALE) for each in _plain(sale_ids)]
        rows = Rows([row for row in found if row is not None], None)
        self._remember(rows)
        sales, aside = self._facts(rows)
        return Page("sales", None, sales, set_aside=aside, row_count=len(rows.rows))

    def read_hinted(self, hints: Sequence[Hint]) -> Iterator[Page]:
        """These sales as they are now, in as few requests as their versions allow, their buyers read anew."""
        for rows in hinted(self._client, hints):
            self._people.renew(row.customer_id for row in rows.rows if row.customer_id)
            self._remember(rows)
            sales, aside = self._facts(rows)
            yield Page("sales", None, sales, set_aside=aside, row_count=len(rows.rows))

    def read_people(self, emails: Sequence[str]) -> Page:
        """Every customer with one of these addresses."""
        found = self._people.with_addresses(emails)
        return Page("customers", None, customers=tuple(found), set_aside=tuple(self._people.told()))

    def poll_pause_s(self) -> float:
        """How long to wait before the next cheap read, so as to keep to our share of the window."""
        return self._client.pause_s()

    def _sales(self, cursor: str | None) -> Iterator[Page]:
        reach = Reach.of(cursor)
        held: deque[tuple[Rows[wire.Sale], Reach]] = deque()
        told = self._version_ended()
        pages = self._client.changed(
            "sales", reach.start(self._overlap), wire.DECODE_SALES, page_size=SALES_ROWS
        )
        for rows in pages:
            self._remember(rows)
            reach = self._moved(reach, rows, [row.updated_at or row.created_at for row in rows.rows])
            held.append((rows, reach))
            if len(held) > _AHEAD_PAGES:
                yield self._sales_page(*held.popleft(), told)
                told = ()
        for rows, reached in held:
            yield self._sales_page(rows, reached, told)
            told = ()

    def _sales_page(self, rows: Rows[wire.Sale], reach: Reach, told: tuple[SetAside, ...]) -> Page:
        sales, aside = self._facts(rows)
        return Page("sales", reach.cursor(), sales, set_aside=aside, notes=told, row_count=rows.count)

    def _facts(self, rows: Rows[wire.Sale]) -> tuple[tuple[Sale, ...], tuple[SetAside, ...]]:
        """The sales of a page with their people, articles and originals, and what could not be read."""
        self._check_shape(rows)
        known = self._catalog.knowledge(rows.rows)
        aside = list(rows.set_aside)
        sales: list[tuple[wire.Sale, Sale]] = []
        for row in rows.rows:
            try:
                sales.append((row, parse.sale(row, known)))
            except CannotRead as problem:
                aside.append(SetAside("sale", row.id or "", problem.reason, problem.detail))
        found = {
            row.id: self._originals.find(each) for row, _ in sales if (each := _returned(row)) is not None
        }
        buyers = [original.customer_id for original in found.values() if original is not None]
        self._people.fetch([each for each in (*(sale.customer_id for _, sale in sales), *buyers) if each])
        aside += self._people.told()
        return tuple(self._whole(row, sale, found.get(sale.sale_id)) for row, sale in sales), tuple(aside)

    def _whole(self, row: wire.Sale, sale: Sale, original: Original | None) -> Sale:
        customer_id = sale.customer_id
        if customer_id is not None and self._people.walkin(customer_id):
            sale = replace(sale, customer_id=None)
        elif customer_id is not None:
            sale = replace(sale, customer=self._people.person(customer_id))
        original_id = _returned(row)
        if original_id is None:
            return sale
        buyer = original.customer_id if original else None
        if buyer is not None and self._people.walkin(buyer):
            buyer = None
        person = self._people.person(buyer) if buyer is not None else None
        return linked(sale, original_id, original, buyer, person)

    def _remember(self, rows: Rows[wire.Sale]) -> None:
        """Keep the sales of a page that have been returned: their returns need their lines."""
        for row in rows.rows:
            if row.returns is not None and row.returns.return_sale_ids and row.id:
                self._originals.keep(original_of(row, self._catalog.discount_product_id))

    def _read_original(self, sale_id: str) -> Original | None:
        row = self._client.one(f"sales/{sale_id}", wire.DECODE_SALE)
        return original_of(row, self._catalog.discount_product_id) if row is not None and row.id else None

    def _check_shape(self, rows: Rows[wire.Sale]) -> None:
        """A version that has expired is answered by another one without a word; its sales look otherwise."""
        flat = any(row.status and not row.state and row.totals is None for row in rows.rows)
        flat = flat or any(each.reason == wire.ANOTHER_VERSION for each in rows.set_aside)
        if flat or (not rows.rows and len(rows.set_aside) > _UNREADABLE_MAX):
            raise expired()

    def _version_ended(self) -> tuple[SetAside, ...]:
        if self._clock.now() < VERSION_ENDS_AT:
            return ()
        detail = (
            f"Lightspeed's API version {API_VERSION} ended on {VERSION_ENDS_AT:%Y-%m-%d} and another one "
            "answers in its place; sales can still be read, but update tillproof soon"
        )
        return (SetAside("feed", "sales", "api_version_expired", detail),)

    def _customers(self, cursor: str | None) -> Iterator[Page]:
        reach = Reach.of(cursor)
        start = reach.start(self._overlap)
        pages = self._client.changed(
            "customers", start, wire.DECODE_CUSTOMERS, page_size=PEOPLE_ROWS, deleted=True
        )
        for rows in pages:
            self._people.take(rows.rows)
            ids = [row.id for row in rows.rows if row.id]
            if start:
                self._people.fetch(ids)
            reach = self._moved(reach, rows, [row.updated_at for row in rows.rows])
            if not start and not rows.count:
                self._people.all_read()
            persons = [self._people.person(each) for each in self._people.sharing(ids)]
            people = tuple(person for person in persons if person is not None)
            aside = self._people.told()
            yield Page(
                "customers", reach.cursor(), customers=people, row_count=rows.count,
                set_aside=(*rows.set_aside, *aside),
            )  # fmt: skip

    def _products(self, cursor: str | None) -> Iterator[Page]:
        if not self._catalog.keeps_articles:
            return
        reach = Reach.of(cursor)
        start = reach.start(self._overlap)
        for rows in self._catalog.changed("products", start, wire.DECODE_PRODUCTS):
            self._catalog.take_products(rows.rows)
            if not start and not rows.count:
                self._catalog.all_listed()
            reach = self._moved(reach, rows, [row.updated_at for row in rows.rows])
            yield Page("products", reach.cursor(), set_aside=rows.set_aside, row_count=rows.count)

    def _brands(self, cursor: str | None) -> Iterator[Page]:
        if not self._catalog.keeps_articles:
            return
        reach = Reach.of(cursor)
        before = reach.version
        self._catalog.brands()
        if cursor is None and (whole := self._catalog.just_read("brands")) is not None:
            yield self._all_of("brands", reach, whole)
            return
        for rows in self._catalog.changed("brands", reach.start(self._overlap), wire.DECODE_NAMED):
            self._catalog.take_brands(rows.rows)
            for row in rows.rows if cursor is not None else ():
                # What is only read again has the name that its articles were given before.
                if row.id and not row.deleted_at and (row.version or 0) > before:
                    self._catalog.of_brand(row.id)
            reach = self._moved(reach, rows, ())
            yield Page("brands", reach.cursor(), set_aside=rows.set_aside, row_count=rows.count)

    def _categories(self, cursor: str | None) -> Iterator[Page]:
        """Categories have no versions. When any of them is another, all articles are read anew."""
        if not self._catalog.keeps_articles:
            return
        paths = self._catalog.categories(anew=True)
        now = blake2b(msgspec.json.encode(sorted(paths.items())), digest_size=16).hexdigest()
        if now == cursor:
            return
        aside = self._catalog.read_products() if cursor is not None else ()
        yield Page("categories", now, set_aside=aside, row_count=len(paths))

    def _groups(self, cursor: str | None) -> Iterator[Page]:
        reach = Reach.of(cursor)
        self._catalog.groups()
        if (whole := self._catalog.just_read("customer_groups")) is not None:
            yield self._all_of("groups", reach, whole)
            return
        for rows in self._catalog.changed("customer_groups", reach.start(self._overlap), wire.DECODE_NAMED):
            if self._catalog.take_groups(rows.rows):
                self._people.forget_parsed()
            reach = self._moved(reach, rows, ())
            yield Page("groups", reach.cursor(), set_aside=rows.set_aside, row_count=rows.count)

    def _shops(self, cursor: str | None) -> Iterator[Page]:
        """Outlets and registers. Both share the numbers of versions, but each list is its own."""
        told = msgspec.json.decode(cursor, type=dict[str, str]) if cursor is not None else {}
        outlets = self._small("outlets", told, wire.DECODE_OUTLETS, self._catalog.take_outlets)
        registers = self._small("registers", told, wire.DECODE_REGISTERS, self._catalog.take_registers)
        both = {"outlets": outlets.cursor(), "registers": registers.cursor()}
        yield Page("shops", msgspec.json.encode(both).decode())

    def _small(
        self,
        resource: str,
        told: Mapping[str, str],
        decode: "wire.Decode[T]",
        take: Callable[[Sequence[T]], None],
    ) -> Reach:
        """Read what changed in a small list, unless all of it was read just now."""
        reach = Reach.of(told.get(resource))
        if (whole := self._catalog.just_read(resource)) is not None:
            return self._reached(reach, whole)
        for rows in self._catalog.changed(resource, reach.start(self._overlap), decode):
            take(rows.rows)
            reach = self._moved(reach, rows, ())
        return reach

    def _look_back(self, cursor: str | None) -> Iterator[Page]:
        now = self._clock.now()
        today = msgspec.json.encode({"on": now.date().isoformat()}).decode()
        if cursor == today:
            return
        # The very first time `sales` has just read everything there is.
        if cursor is not None:
            for page in self.read_window(Window(now - self._lookback, now + _SECOND)):
                yield replace(page, feed="lookback")
        yield Page("lookback", today)

    def _all_of(self, feed: str, reach: Reach, whole: Whole) -> Page:
        cursor = self._reached(reach, whole).cursor()
        return Page(feed, cursor, set_aside=whole.set_aside, row_count=whole.row_count)

    def _reached(self, reach: Reach, whole: Whole) -> Reach:
        """As if the feed itself had read the list to its end."""
        if whole.version is not None:
            reach = reach.moved(whole.version, (), whole.read_at, self._overlap)
        return reach.moved(None, (), whole.read_at, self._overlap)

    def _moved(self, reach: Reach, rows: Rows[T], told: Sequence[str | None]) -> Reach:
        version = rows.version_max if rows.count else None
        return reach.moved(version, told, self._clock.now(), self._overlap)


def _closed_feed(feed: str, trouble: NotPermitted | Refused) -> SetAside:
    return SetAside("feed", feed, "not_permitted", str(trouble))


def _returned(row: wire.Sale) -> str | None:
    return (row.returns.original_sale_id or None) if row.returns is not None else None


def _plain(sale_ids: Sequence[str]) -> list[str]:
    """Ids that can stand in a path; whatever else is asked for does not exist."""
    return [each for each in dict.fromkeys(sale_ids) if each and all(c.isalnum() or c in "-_" for c in each)]


def _within(sale: Sale, window: Window) -> bool:
    # Sales that are still open have no instant of their own; the search found them by their date.
    return sale.completed_at is None or sale.completed_at in window


def _zulu(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
