"""Sitoo as a source: feeds by cursor for the sync, windows and control totals for the monitor.

Orders tell no time of change and cannot be asked for by one, so several feeds watch the same orders:

    articles   by `datelastmodified`
    customers  all users once a day, for the vendor offers no other way; told are those that changed
    sales      by order number: whatever came in, late uploads of offline tills with old dates included
    recent     once an hour by `orderdate` over the last day and a half: edits, payments, cancellations
    lookback   once a day by `orderdate` over the last two weeks: the same, and numbers given offline; and by
               number whatever was still open or unpaid when it was last read, however old it has become
    consent    once a day what every member said to the customer system, where one is configured

Numbers may be given at the till or on arrival; nobody says which. `sales` alone would be enough for the
second, `lookback` finds what `sales` misses in the first.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec

from sync.domain.clock import Clock, Window, iso
from sync.domain.errors import SetAside
from sync.domain.facts import AccountFacts, Customer, Mark, Marketing, Sale, SaleState
from sync.sources import cursors
from sync.sources.protocol import ControlTotal, Page
from sync.sources.sitoo import zreports
from sync.sources.sitoo.catalog import Catalog
from sync.sources.sitoo.client import SitooClient
from sync.sources.sitoo.crm import Crm
from sync.sources.sitoo.people import People
from sync.sources.sitoo.reader import OrderReader, SalesRead
from sync.sources.sitoo.settings import Settings

_MEMBERS = 100  # asked about before what they said is kept
_RECENT_EVERY = timedelta(hours=1)
_CLOCK_DOUBT = timedelta(hours=1)  # how far the vendor's clock may be from ours
_OPEN_MAX = 1_000  # orders that are watched until they are closed, a hundred a request
_OPEN_MARKS = frozenset({Mark.UNPAID, Mark.RESERVED})
_CLOSED_BY_ANOTHER = frozenset({Mark.BOOKING, Mark.PARKED, Mark.ABANDONED})  # another follows, or none
_SEEN = timedelta(days=7)  # receipts this young tell the zones of shops


class SitooSource:
    """One Sitoo account being read. Not for use by several threads at once."""

    def __init__(
        self,
        client: SitooClient,
        settings: Settings,
        *,
        catalog: Catalog,
        people: People,
        clock: Clock,
        crm: Crm | None = None,
    ) -> None:
        """Nothing is read yet. `crm` None asks nobody for consent."""
        self._crm = crm
        self._client = client
        self._settings = settings
        self._catalog = catalog
        self._people = people
        self._clock = clock
        self._reader = OrderReader(client, settings, catalog, people)
        self._open: dict[str, None] = {}  # orders that were open when `sales` read the past
        self._feeds: dict[str, Callable[[str | None], Iterator[Page]]] = {
            "articles": self._articles,
            "customers": self._customers,
            "sales": self._sales,
            "recent": self._recent,
            "lookback": self._look_back,
            **({"consent": self._consent} if crm is not None else {}),
        }

    @property
    def feeds(self) -> tuple[str, ...]:
        """The names of the feeds, in the order a run reads them."""
        return tuple(self._feeds)

    def account(self) -> AccountFacts:
        """The account and its shops, read now."""
        found = self._reader.places(anew=True)
        if any(not shop.zone for shop in found.facts.shops.values()):
            found = self._reader.zoned(*self._zones_seen())
        return found.facts

    def read(self, feed: str, cursor: str | None) -> Iterator[Page]:
        """Pages of what came or changed since `cursor`. Raises ValueError for a foreign feed or cursor."""
        if feed not in self._feeds:
            raise ValueError(f"there is no feed {feed}; there are {', '.join(self._feeds)}")
        yield from self._feeds[feed](cursor)

    def read_window(self, window: Window) -> Iterator[Page]:
        """Every order of any kind dated in the window, by number."""
        # Whether the vendor's end is part of its range is not published; ask for it and leave it out here.
        filters = {
            "orderdatefrom": str(math.floor(window.start_at.timestamp())),
            "orderdateto": str(math.ceil(window.end_at.timestamp())),
        }
        for read in self._reader.pages(filters):
            sales = tuple(sale for sale in read.sales if sale.changed_at in window)
            yield _page("window", None, read, sales)

    def read_sales(self, sale_ids: Sequence[str]) -> Page:
        """These orders as they are now; numbers that do not exist are left out."""
        reads = list(self._reader.by_ids(sale_ids))
        return Page(
            "sales",
            None,
            tuple(sale for read in reads for sale in read.sales),
            set_aside=tuple(each for read in reads for each in read.set_aside),
            notes=tuple(each for read in reads for each in read.notes),
            row_count=sum(read.page.sent_count for read in reads),
        )

    def control_totals(self, window: Window) -> Sequence[ControlTotal]:
        """What every till counted in the intervals that were closed in the window, from its Z-reports."""
        return zreports.control_totals(self._client, self._reader.places(), window)

    def _articles(self, cursor: str | None) -> Iterator[Page]:
        if not self._catalog.keeps_articles:
            return
        at, settled_at = cursors.at_of(cursor), self._clock.now() - _CLOCK_DOUBT
        newest, rows, aside = 0, 0, tuple[SetAside, ...]()
        # The list is not in the order of changes, so there is nothing to remember before its end.
        for seen, page in self._catalog.changed(at):
            newest, rows, aside = seen, rows + page.sent_count, aside + tuple(page.set_aside)
        stand = max(datetime.fromtimestamp(newest, UTC), at or datetime.fromtimestamp(0, UTC))
        if newest and stand < settled_at:
            # A catalogue is often imported within one second: once that is past, it is not read again.
            stand += timedelta(seconds=1)
        told = cursors.made(at=iso(stand))
        if rows and (aside or told != cursor):
            yield Page("articles", told, set_aside=aside, row_count=rows)

    def _customers(self, cursor: str | None) -> Iterator[Page]:
        today = self._clock.now().date().isoformat()
        if cursors.field(cursor, "on") == today:
            return
        self._reader.places()  # users' phone numbers are read by the country of the shops
        since = cursors.at_of(cursor)
        started_at = self._clock.now() - _CLOCK_DOUBT
        for customers, aside, rows in self._people.all(since):
            yield Page("customers", None, customers=tuple(customers), set_aside=aside, row_count=rows)
        yield Page("customers", cursors.made(on=today, at=iso(started_at)))

    def _sales(self, cursor: str | None) -> Iterator[Page]:
        last = int(str(cursors.field(cursor, "id") or 0))
        for read in self._reader.pages({}, last + 1):
            last = max([last, *read.page.ids])
            if cursor is None or self._open:
                self._open = _newest({**self._open, **_left_open(read.sales)})
            behind = max(0, read.page.total_count - read.page.sent_count)
            page = _page("sales", cursors.made(id=last), read, read.sales, behind)
            # Members who just bought are asked about at once, but not all that history knows.
            yield page if cursor is None else replace(page, customers=self._told(read.sales))
        if cursor is None and not last:
            # Where nothing was sold yet, what is sold from now on is no history.
            yield Page("sales", cursors.made(id=last))

    def _recent(self, cursor: str | None) -> Iterator[Page]:
        now = self._clock.now()
        before = cursors.at_of(cursor)
        if before is not None and now - before < _RECENT_EVERY:
            return
        # The very first time `sales` has just read everything there is.
        if before is not None:
            yield from self._dated_since("recent", now - timedelta(hours=self._settings.recent_hours))
        yield Page("recent", cursors.made(at=iso(now)))

    def _look_back(self, cursor: str | None) -> Iterator[Page]:
        now = self._clock.now()
        today = now.date().isoformat()
        if cursors.field(cursor, "on") == today:
            return
        watched, seen = dict.fromkeys(_watched(cursor)), dict[str, None]()
        left = dict(self._open)
        if cursor is not None:
            since = now - timedelta(days=self._settings.lookback_days)
            for page in self._dated_since("lookback", since):
                seen.update((sale.sale_id, None) for sale in page.sales)
                left.update(_left_open(page.sales))
                yield page
        for read in self._reader.by_ids([each for each in watched if each not in seen]):
            left.update(_left_open(read.sales))
            yield _page("lookback", None, read, read.sales)
        self._open = {}
        kept = sorted(_newest(left), key=int)
        yield Page(
            "lookback", cursors.made(on=today, **({"open": kept} if kept else {})), notes=_too_many(left)
        )

    def _consent(self, cursor: str | None) -> Iterator[Page]:
        today = self._clock.now().date().isoformat()
        after = cursors.field(cursor, "after")
        if self._crm is None or (cursors.field(cursor, "on") == today and after is None):
            return
        members = [each for each in self._people.members() if each.external_id > str(after or "")]
        for start in range(0, len(members), _MEMBERS):
            some = members[start : start + _MEMBERS]
            asked = [replace(each, marketing=self._crm.marketing(each.external_id)) for each in some]
            # What a member said of nothing is no news.
            told = tuple(each for each in asked if each.marketing is not Marketing.UNKNOWN)
            yield Page("consent", cursors.made(on=today, after=some[-1].external_id), customers=told)
        yield Page("consent", cursors.made(on=today, after=None))

    def _told(self, sales: Sequence[Sale]) -> tuple[Customer, ...]:
        """The members among the buyers who said yes or no to the customer system."""
        buyers = {each.customer_id: each.customer for each in sales if each.customer is not None}
        members = [each for each in buyers.values() if each.external_id]
        if self._crm is None or not members:
            return ()
        asked = [replace(each, marketing=self._crm.marketing_if_told(each.external_id)) for each in members]
        return tuple(each for each in asked if each.marketing is not Marketing.UNKNOWN)

    def _dated_since(self, feed: str, at: datetime) -> Iterator[Page]:
        for read in self._reader.pages({"orderdatefrom": str(int(at.timestamp()))}):
            yield _page(feed, None, read, read.sales)

    def _zones_seen(self) -> tuple[dict[str, str], str]:
        """The zone most receipts of each shop name, and that of most of all."""
        seen = self._reader.zones_since(self._clock.now() - _SEEN)
        by_shop: dict[str, Counter[str]] = {}
        for shop_id, name in seen:
            by_shop.setdefault(shop_id, Counter())[name] += 1
        usual = Counter(name for _, name in seen)
        return (
            {shop_id: max(sorted(names), key=names.__getitem__) for shop_id, names in by_shop.items()},
            max(sorted(usual), key=usual.__getitem__, default=""),
        )


def _page(
    feed: str, cursor: str | None, read: SalesRead, sales: tuple[Sale, ...], behind: int | None = None
) -> Page:
    return Page(
        feed,
        cursor,
        sales,
        set_aside=read.set_aside,
        notes=read.notes,
        row_count=read.page.sent_count,
        behind_count=behind,
    )


def _left_open(sales: Sequence[Sale]) -> dict[str, None]:
    """Those that may still become a sale in place: open, not paid, or paid in part."""
    return {
        sale.sale_id: None
        for sale in sales
        if (sale.state is SaleState.OPEN or sale.marks & _OPEN_MARKS)
        and sale.state is not SaleState.VOIDED
        and not sale.marks & _CLOSED_BY_ANOTHER
    }


def _newest(order_ids: Iterable[str]) -> dict[str, None]:
    return dict.fromkeys(sorted(order_ids, key=int)[-_OPEN_MAX:])


def _too_many(order_ids: Sized) -> tuple[SetAside, ...]:
    if len(order_ids) <= _OPEN_MAX:
        return ()
    told = (
        f"{len(order_ids):,} orders are open or unpaid; only the newest {_OPEN_MAX:,} are looked at again "
        "once they are older than lookback_days. Cancel those that nobody will pay, or raise lookback_days"
    )
    return (SetAside("feed", "lookback", "too_many_open", told),)


def _watched(cursor: str | None) -> list[str]:
    """The open orders that a cursor of the look-back carries along."""
    if cursor is None:
        return []
    found = msgspec.json.decode(cursor, type=_LookedBack)
    return [each for each in found.open if each.isascii() and each.isdigit()]


class _LookedBack(msgspec.Struct):
    open: list[str] = []
