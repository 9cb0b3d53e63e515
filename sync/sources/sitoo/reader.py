"""Orders as facts: who bought, what was returned, and what could not be read, put beside each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sync.domain.clock import zone
from sync.domain.errors import CannotRead, SetAside
from sync.domain.facts import OriginalSale, Sale
from sync.sources.sitoo import parse, places, wire
from sync.sources.sitoo.catalog import Catalog
from sync.sources.sitoo.client import SitooClient
from sync.sources.sitoo.lines import Original, Terms
from sync.sources.sitoo.people import NOBODY, Found, People
from sync.sources.sitoo.places import Places
from sync.sources.sitoo.settings import Settings

_ORDERS_MAX = 5000  # remembered for the returns to come


@dataclass(frozen=True, slots=True)
class SalesRead:
    """The sales of one page, what could not be read, and what a person may want to know of."""

    sales: tuple[Sale, ...]
    set_aside: tuple[SetAside, ...]
    notes: tuple[SetAside, ...]
    page: wire.Rows[wire.Order]


class OrderReader:
    """Reads complete sales by filter or by number."""

    def __init__(self, client: SitooClient, settings: Settings, catalog: Catalog, people: People) -> None:
        """Nothing is read yet."""
        self._client = client
        self._settings = settings
        self._catalog = catalog
        self._people = people
        self._places: Places | None = None
        self._seen: tuple[Mapping[str, str], str] = ({}, "")
        self._unknown_places: set[str] = set()
        # Two halves, of which the older one is forgotten as a whole: much cheaper than one by one.
        self._newer: dict[str, wire.Order] = {}
        self._older: dict[str, wire.Order] = {}
        self._told: set[SetAside] = set()

    def places(self, *, anew: bool = False) -> Places:
        """The account's shops and registers, read once."""
        if self._places is None or anew:
            self._places = places.with_zones(places.read(self._client, self._settings), *self._seen)
            self._people.live_in(self._places.usual_country)
        return self._places

    def zoned(self, seen: Mapping[str, str], usual: str) -> Places:
        """The places, with the zones seen on receipts where the settings tell none."""
        self._seen = seen, usual
        self._places = places.with_zones(self.places(), seen, usual)
        return self._places

    def zones_since(self, at: datetime) -> list[tuple[str, str]]:
        """Shops and the zones on their receipts, a page of those dated since then."""
        rows = next(self._client.orders({"orderdatefrom": str(int(at.timestamp()))}), None)
        found = self.places()
        seen = []
        for row in rows.rows if rows else ():
            extra = wire.texts(row.additionaldata)
            if name := parse.zone_of(extra.get(self._settings.meaning.zone_key, "")):
                seen.append((found.shop_id(row, extra), name))
        return seen

    def pages(self, filters: Mapping[str, str], from_id: int = 0) -> Iterator[SalesRead]:
        """Every page of the list, by ascending number."""
        for page in self._client.orders(filters, from_id):
            yield self.facts(page)

    def by_ids(self, ids: Iterable[str]) -> Iterator[SalesRead]:
        """These orders as they are now; numbers that do not exist are left out."""
        for page in self._client.orders_by_ids(ids):
            yield self.facts(page)

    def facts(self, page: wire.Rows[wire.Order]) -> SalesRead:
        """The page as facts."""
        self._remember(page.rows)
        known, originals = self._knowledge(page.rows), self._originals(page.rows)
        found: list[Sale] = []
        aside, notes = list(page.set_aside), []
        for row in page.rows:
            try:
                sale = self._sale(row, known, originals)
            except CannotRead as problem:
                aside.append(SetAside("sale", str(row.orderid), problem.reason, problem.detail))
                continue
            person = self._who(row, known, sale.shop_id)
            notes += [*person.notes, *_notes(row, sale, known)]
            found.append(self._completed(replace_person(sale, person), row, originals, known))
        return SalesRead(tuple(found), tuple(aside), self._untold(notes), page)

    def _sale(
        self, row: wire.Order, known: parse.Knowledge, originals: Mapping[str, wire.Order | None]
    ) -> Sale:
        original_id = parse.original_id(row)
        if not original_id:
            return parse.sale(row, known)
        before = originals.get(original_id)
        return parse.sale(row, known, parse.original(before) if before else Original(original_id))

    def _completed(
        self,
        sale: Sale,
        row: wire.Order,
        originals: Mapping[str, wire.Order | None],
        known: parse.Knowledge,
    ) -> Sale:
        """The sale with what it returns, whose buyer it is credited to when it names nobody itself."""
        original_id = parse.original_id(row)
        if not original_id:
            return sale
        before = originals.get(original_id)
        found = parse.original_sale(original_id, before)
        if before is not None and sale.customer_id is None:
            buyer = self._who(before, known, sale.shop_id)
            found = OriginalSale(found.sale_id, found.quantities, buyer.customer_id, buyer.customer)
        return replace(sale, originals=(found,))

    def _who(self, row: wire.Order, known: parse.Knowledge, shop_id: str) -> Found:
        if not (row.email or row.phone or row.additionaldata):
            return NOBODY
        return self._people.of(row, known.places.country(shop_id))

    def _knowledge(self, rows: Sequence[wire.Order]) -> parse.Knowledge:
        found = self.places()
        strangers = {wire.guid(row.registerid) for row in rows if not found.knows(row)} - self._unknown_places
        if strangers:
            found = self.places(anew=True)
            self._unknown_places |= strangers - found.registers
        terms = Terms(
            found.facts.currency,
            self._settings.meaning,
            self._catalog.products(rows),
            self._catalog.gift_card_groups(),
        )
        return parse.Knowledge(found.facts.account_id, found, terms)

    def _originals(self, rows: Sequence[wire.Order]) -> dict[str, wire.Order | None]:
        """The orders that these bring goods back from; None for those that are nowhere to be found."""
        wanted = dict.fromkeys(filter(None, map(parse.original_id, rows)))
        found = {one: self._newer.get(one) or self._older.get(one) for one in wanted}
        missing = [one for one, row in found.items() if row is None]
        if missing:
            pages = self._client.orders_by_ids(missing)
            found.update({str(row.orderid): row for page in pages for row in page.rows})
        return found

    def _remember(self, rows: Sequence[wire.Order]) -> None:
        for row in rows:
            if len(self._newer) >= _ORDERS_MAX // 2:
                self._newer, self._older = {}, self._newer
            self._newer[str(row.orderid)] = row

    def _untold(self, notes: Iterable[SetAside]) -> tuple[SetAside, ...]:
        fresh = tuple(each for each in dict.fromkeys(notes) if each not in self._told)
        self._told.update(fresh)
        return fresh


def replace_person(sale: Sale, person: Found) -> Sale:
    """The sale with its customer."""
    if person.customer_id is None:
        return sale
    return replace(sale, customer_id=person.customer_id, customer=person.customer)


def _notes(row: wire.Order, sale: Sale, known: parse.Knowledge) -> Iterator[SetAside]:
    unknown = parse.unknown_words(row, known.terms.meaning)
    if unknown:
        told = f"nobody told what {unknown} stands for; if it is a sale, add the number to [sitoo.meaning]"
        yield SetAside("sale", sale.sale_id, "unknown_kind", told)
    if parse.odd_zone(row, known.terms.meaning):
        told = "its receipts name a time zone in a form we cannot read; the zone in the settings counts"
        yield SetAside("shop", sale.shop_id, "unknown_zone", told)
    shop = known.places.facts.shops.get(sale.shop_id)
    if sale.zone and shop is not None and shop.zone and _apart(sale, shop.zone):
        told = f"its receipts are stamped in {sale.zone}, the settings say {shop.zone}; the receipt counts"
        yield SetAside("shop", sale.shop_id, "zone_differs", told)


def _apart(sale: Sale, shop_zone: str) -> bool:
    """Whether the receipt's zone and the shop's show different times of day."""
    at = sale.changed_at
    return at.astimezone(zone(sale.zone)).utcoffset() != at.astimezone(zone(shop_zone)).utcoffset()
