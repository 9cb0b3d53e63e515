"""R-Series as a source: feeds by cursor for the sync, windows for the monitor.

The vendor has no webhooks and no single truthful "modified" time, so several feeds watch the same sales:

    articles   by `timeStamp`: renamed ones that were sold before             starts now
    edits      by `updatetime`: customers attached later, notes, voids    starts now; history is `sales`' job
    voids      by the id of the note of a void                            starts now, for the same reason
    sales      by `timeStamp`, which is the time of completion            starts at the first sale
    shipments  by their own `timeStamp`, which moves when goods leave
    customers  by `timeStamp`, archived ones included
    lookback   once a day by `completeTime` over the last days: late uploads and back-dated sales

Those that start now come first, so that their starting points lie before the first long read of `sales`.
Every read goes back `overlap_s` behind its cursor, because times are whole seconds and rows appear late.
Records of a page are read in detail again until the feed is read on from that page's cursor or a later
one: only then is it certain that they were kept. So pages may be made ahead of being committed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from sync.domain.clock import Clock, Window, iso, utc
from sync.domain.errors import SetAside
from sync.domain.facts import AccountFacts, Sale
from sync.http.errors import NotPermitted, Refused
from sync.sources.closed import ClosedFeeds
from sync.sources.cursors import at_of
from sync.sources.lightspeed_r import wire
from sync.sources.lightspeed_r.catalog import Catalog
from sync.sources.lightspeed_r.client import LightspeedRClient, Listing
from sync.sources.lightspeed_r.cursors import at_fields, number_of, page_number
from sync.sources.lightspeed_r.keys import customer_key, sale_key, shipment_key, void_key
from sync.sources.lightspeed_r.reader import (
    DECODE_CUSTOMERS,
    DECODE_SALES,
    DECODE_SHIPMENTS,
    DECODE_VOIDS,
    RELATIONS,
    SaleReader,
    Shipped,
    customers,
)
from sync.sources.lightspeed_r.recent import Key, Recent
from sync.sources.protocol import Page, ProductShelf

_SALES = Listing("Sale", {}, RELATIONS)  # for what a page of it costs
_NEEDED = frozenset({"sales", "lookback"})  # without these a run makes no sense
_SECOND = timedelta(seconds=1)
_CLOCK_DOUBT = timedelta(days=1)  # how far the machine's clock may be from the vendor's at the very start
_ARTICLE_PAGES_MAX = 10  # in one read, so that sales do not wait for a change of the whole catalogue
_VOIDS_BACK = 25  # ids re-read behind the cursor, since a lower id may appear later


class LightspeedRSource:
    """One R-Series account being read. Not for use by several threads at once."""

    def __init__(
        self,
        client: LightspeedRClient,
        *,
        account_id: str = "",
        clock: Clock,
        products: ProductShelf | None = None,
        live: bool = False,
        overlap_s: int = 300,
        lookback_days: int = 7,
        remembered_max: int = 5000,
    ) -> None:
        """`products` None reads no articles; `live` reads cheap lists first and details of what changed.

        `account_id` may be left to the client, which asks the vendor when it does not know it either.
        """
        self._client = client
        client.account_id = account_id or client.account_id
        self._clock = clock
        self._live = live
        self._overlap = timedelta(seconds=overlap_s)
        self._lookback = timedelta(days=lookback_days)
        self._catalog = Catalog(client, products)
        self._reader = SaleReader(client, self._catalog, remembered_max)
        self._recent = Recent()
        self._articles_at: datetime | None = (
            None  # up to here the shelf, as this object remembers it, is fresh
        )
        self._closed = ClosedFeeds(clock)
        self._numbers: dict[
            str, int
        ] = {}  # of the latest page of each feed, so that no two cursors are equal
        self._feeds: dict[str, Callable[[str | None], Iterator[Page]]] = {
            "articles": self._articles,
            "edits": self._edits,
            "voids": self._voids,
            "sales": self._sales,
            "shipments": self._shipments,
            "customers": self._customers,
            "lookback": self._look_back,
        }

    @property
    def feeds(self) -> tuple[str, ...]:
        """The names of the feeds, in the order a run reads them."""
        return tuple(self._feeds)

    def account(self) -> AccountFacts:
        """The account and its shops, read now."""
        return self._catalog.account()

    def read(self, feed: str, cursor: str | None) -> Iterator[Page]:
        """Pages of what changed since `cursor`. A feed that the credentials do not open says so once, and is
        asked again every hour.

        Raises ValueError for a feed or a cursor that is not ours.
        """
        if feed not in self._feeds:
            raise ValueError(f"there is no feed {feed}; there are {', '.join(self._feeds)}")
        if feed in self._closed:
            return
        self._recent.settle(feed, cursor)
        self._numbers[feed] = page_number(cursor)
        pages = self._feeds[feed](cursor)
        yield from pages if feed in _NEEDED else self._closed.read(feed, cursor, pages, _closed_feed)

    def read_window(self, window: Window) -> Iterator[Page]:
        """Every sale completed in the window, then every shipment stamped in it.

        The vendor's own range includes both ends and knows whole seconds, so the last second before the
        window's end closes it. Sales from before 2017, which have no completeTime, cannot be found this way:
        only a backfill of all history, which reads the feed `sales`, brings them.
        """
        span = _between(window)
        if span is None:
            return
        for read in self._reader.pages({"completeTime": span}, "completeTime"):
            yield Page("window", None, tuple(read.sales), set_aside=read.set_aside, row_count=len(read.rows))
        yield from self._window_shipments(span)

    def read_voided(self, window: Window) -> Iterator[Page]:
        """Voided sales that were last changed in the window, whenever they were completed."""
        span = _between(window)
        if span is None:
            return
        for read in self._reader.pages({"updatetime": span, "voided": "true"}, "updatetime"):
            yield Page("voided", None, tuple(read.sales), set_aside=read.set_aside, row_count=len(read.rows))

    def read_sales(self, sale_ids: Sequence[str]) -> Page:
        """These sales and their shipments as they are now; ids that do not exist are left out."""
        read = self._reader.by_ids(sale_ids)
        pairs, unread = self._shipments_of(read.sales)
        aside = (*read.set_aside, *unread)
        return Page("sales", None, tuple(read.sales), pairs, set_aside=aside, row_count=len(read.rows))

    def count_sales(self, window: Window | None = None) -> int:
        """How many sales there are, in all or completed in the window. Dear: costs ten drips."""
        if window is None:
            return self._client.count("Sale", {})
        span = _between(window)
        return 0 if span is None else self._client.count("Sale", {"completeTime": span})

    def poll_pause_s(self) -> float:
        """How long to wait before the next cheap read, so as to keep to our share of the bucket."""
        return self._client.pause_s()

    def _sales(self, cursor: str | None) -> Iterator[Page]:
        at = at_of(cursor)
        if self._live and at is not None:
            yield from self._changed("sales", "timeStamp", lambda row: row.time_stamp, at)
            return
        behind = self.count_sales() if at is None else None
        for read in self._reader.pages(self._since("timeStamp", at), "timeStamp"):
            if not read.rows and not read.set_aside:
                continue
            at = self._forward(at, (row.time_stamp for row in read.rows))
            behind = None if behind is None else max(0, behind - len(read.rows))
            yield Page(
                "sales",
                self._offered("sales", at_fields(at), map(sale_key, read.rows), read.set_aside),
                tuple(read.sales),
                set_aside=read.set_aside,
                row_count=len(read.rows),
                behind_count=behind,
                behind_s=None if behind is None else self._client.least_s(_SALES, behind),
            )

    def _articles(self, cursor: str | None) -> Iterator[Page]:
        """Keeps the shelf fresh. A change of the whole catalogue is spread over several reads."""
        if not self._catalog.keeps_articles:
            return
        at, sure = (
            at_of(cursor),
            self._clock.now() - self._overlap,
        )  # nothing stamped before it appears any more
        if at is None:
            newest = self._forward(None, [self._catalog.newest()])
            self._articles_at = min(newest + _SECOND, sure) if newest else sure - _CLOCK_DOUBT
            yield Page("articles", self._offered("articles", at_fields(self._articles_at)))
            return
        # Another process may have read on meanwhile, and changed a shelf that this one remembers as it was.
        start = at = min(at, self._articles_at or at)
        for count, page in enumerate(self._catalog.changed({"timeStamp": f">=,{iso(at)}"}), 1):
            was, newest = at, self._forward(None, (row.time_stamp for row in page.rows))
            if newest is not None:
                at = max(at, min(newest if page.next_url else newest + _SECOND, sure))
            aside = self._recent.untold(page.set_aside)
            if aside or at != was:
                cursor = self._offered("articles", at_fields(at), (), aside)
                yield Page("articles", cursor, set_aside=aside, row_count=len(page.rows))
            if count >= _ARTICLE_PAGES_MAX and (at > start or at >= sure):
                break
        self._articles_at = at

    def _edits(self, cursor: str | None) -> Iterator[Page]:
        at = at_of(cursor)
        if at is None:
            yield Page("edits", self._offered("edits", at_fields(self._clock.now() - _CLOCK_DOUBT)))
            return
        yield from self._changed("edits", "updatetime", lambda row: row.updatetime or row.update_time, at)

    def _changed(
        self, feed: str, field: str, time_of: Callable[[wire.Sale], str], at: datetime
    ) -> Iterator[Page]:
        """Sales by a time field: a cheap list first, then the details of those not seen like this before.

        Their shipments come along: a customer or an address found later lets an earlier shipment count.
        """
        listing = Listing("Sale", self._since(field, at), (), field)
        for page in self._client.pages(listing, DECODE_SALES):
            was, at = at, self._forward(at, map(time_of, page.rows)) or at
            changed = [row for row in page.rows if self._recent.is_new(sale_key(row))]
            read = self._reader.by_ids(row.sale_id for row in changed)
            posted = {row.sale_id for row in read.rows if row.ship_to_id not in {"", "0"}}
            pairs, unread_pairs = self._shipments_of([sale for sale in read.sales if sale.sale_id in posted])
            aside = self._recent.untold((*page.set_aside, *read.set_aside, *unread_pairs))
            if read.sales or aside or at != was:
                # A row whose details cannot be read is set aside: it is not asked for at every poll either.
                unread = {each.subject_id for each in read.set_aside}
                keys = [sale_key(row) for row in changed if row.sale_id in unread]
                cursor = self._offered(feed, at_fields(at), [*keys, *map(sale_key, read.rows)], aside)
                yield Page(feed, cursor, tuple(read.sales), pairs, set_aside=aside, row_count=len(changed))

    def _voids(self, cursor: str | None) -> Iterator[Page]:
        last = number_of(cursor)
        if last is None:
            newest = next(self._client.pages(Listing("SaleVoid", {}, (), "-saleVoidID"), DECODE_VOIDS))
            yield Page("voids", self._offered("voids", {"id": max(_void_ids(newest.rows), default=0)}))
            return
        listing = Listing("SaleVoid", {"saleVoidID": f">,{max(0, last - _VOIDS_BACK)}"}, (), "saleVoidID")
        for page in self._client.pages(listing, DECODE_VOIDS):
            fresh = [row for row in page.rows if self._recent.is_new(void_key(row))]
            was, last = last, max([last, *_void_ids(page.rows)])
            read = self._reader.by_ids(row.sale_id for row in fresh if row.sale_id != "0")
            aside = self._recent.untold((*page.set_aside, *read.set_aside))
            if read.sales or aside or last != was:
                cursor = self._offered("voids", {"id": last}, map(void_key, fresh), aside)
                yield Page("voids", cursor, tuple(read.sales), set_aside=aside, row_count=len(fresh))

    def _shipments(self, cursor: str | None) -> Iterator[Page]:
        at = at_of(cursor)
        listing = Listing("ShipTo", self._since("timeStamp", at), (), "timeStamp")
        for page in self._client.pages(listing, DECODE_SHIPMENTS):
            was, at = at, self._forward(at, (row.time_stamp for row in page.rows))
            fresh = [row for row in page.rows if self._recent.is_new(shipment_key(row))]
            pairs, unread = self._reader.with_sales(fresh)
            aside = self._recent.untold((*page.set_aside, *unread))
            if pairs or aside or at != was:
                cursor = self._offered("shipments", at_fields(at), map(shipment_key, fresh), aside)
                yield Page("shipments", cursor, shipments=tuple(pairs), set_aside=aside, row_count=len(fresh))

    def _customers(self, cursor: str | None) -> Iterator[Page]:
        at = at_of(cursor)
        listing = Listing("Customer", self._since("timeStamp", at), ("Contact",), "timeStamp")
        for page in self._client.pages(listing, DECODE_CUSTOMERS):
            was, at = at, self._forward(at, (row.time_stamp for row in page.rows))
            fresh = [row for row in page.rows if self._recent.is_new(customer_key(row))]
            found, unread = customers(wire.Rows(fresh, "", page.set_aside))
            aside = self._recent.untold(unread)
            if found or aside or at != was:
                cursor = self._offered("customers", at_fields(at), map(customer_key, fresh), aside)
                yield Page("customers", cursor, customers=tuple(found), set_aside=aside, row_count=len(fresh))

    def _look_back(self, cursor: str | None) -> Iterator[Page]:
        now = self._clock.now()
        today = msgspec.json.encode({"on": now.date().isoformat()}).decode()
        if cursor == today:
            return
        # The very first time `sales` has just read everything there is.
        if cursor is not None:
            window = Window(now - self._lookback, now + _SECOND)
            for page in self.read_window(window):
                yield Page("lookback", None, page.sales, page.shipments, (), page.set_aside, page.row_count)
        yield Page("lookback", today)

    def _shipments_of(self, sales: Sequence[Sale]) -> tuple[tuple[Shipped, ...], tuple[SetAside, ...]]:
        if not sales or "shipments" in self._closed:
            return (), ()
        try:
            pairs, aside = self._reader.shipments_of(sales)
        except (NotPermitted, Refused) as trouble:
            return (), self._closed.close("shipments", _closed_feed("shipments", trouble))
        return tuple(pairs), aside

    def _window_shipments(self, span: str) -> Iterator[Page]:
        if "shipments" in self._closed:
            return
        listing = Listing("ShipTo", {"timeStamp": span}, (), "timeStamp")
        try:
            for page in self._client.pages(listing, DECODE_SHIPMENTS):
                pairs, unread = self._reader.with_sales(page.rows)
                aside = (*page.set_aside, *unread)
                yield Page("window", None, shipments=tuple(pairs), set_aside=aside, row_count=len(page.rows))
        except (NotPermitted, Refused) as trouble:
            aside = self._closed.close("shipments", _closed_feed("shipments", trouble))
            yield Page("window", None, set_aside=aside)

    def _offered(
        self,
        feed: str,
        fields: Mapping[str, object],
        keys: Iterable[Key] = (),
        aside: Iterable[SetAside] = (),
    ) -> str | None:
        """The cursor of a page about to go out, unlike any other of its feed; None while nowhere yet."""
        if not fields:
            return None
        self._numbers[feed] += 1
        cursor = msgspec.json.encode({**fields, "page": self._numbers[feed]}).decode()
        self._recent.offer(feed, cursor, keys, aside)
        return cursor

    def _since(self, field: str, at: datetime | None) -> dict[str, str]:
        return {} if at is None else {field: f">=,{iso(at - self._overlap)}"}

    def _forward(self, at: datetime | None, times: Iterable[str]) -> datetime | None:
        """The latest of the times, never back, and never ahead of now: a wrong till must not skip others."""
        latest = max((instant for text in times if (instant := _instant(text))), default=None)
        if latest is None:
            return at
        latest = min(latest, self._clock.now())
        return latest if at is None else max(at, latest)


def _between(window: Window) -> str | None:
    start, end = _whole_second(window.start_at), _whole_second(window.end_at) - _SECOND
    return f"><,{iso(start)},{iso(end)}" if start <= end else None


def _whole_second(instant: datetime) -> datetime:
    """The first whole second that is not before the instant."""
    whole = instant.replace(microsecond=0)
    return whole if whole == instant else whole + _SECOND


def _closed_feed(feed: str, trouble: NotPermitted | Refused) -> SetAside:
    if isinstance(trouble, NotPermitted):
        return SetAside("feed", feed, "missing_scope", str(trouble))
    return SetAside("feed", feed, "feed_refused", f"this account does not offer the feed: {trouble}")


def _instant(text: str) -> datetime | None:
    try:
        return utc(text) if text else None
    except ValueError:
        return None


def _void_ids(rows: Iterable[wire.SaleVoid]) -> list[int]:
    return [int(row.sale_void_id) for row in rows if row.sale_void_id.isdigit()]
