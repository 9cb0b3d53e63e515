"""Sales as facts: a list read, what its rows do not say looked up, refunds completed, bad rows set aside."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sync.domain.errors import CannotRead, SetAside
from sync.domain.facts import Customer, Sale, Shipment
from sync.sources.lightspeed_r import parse, wire
from sync.sources.lightspeed_r.catalog import Catalog
from sync.sources.lightspeed_r.client import LightspeedRClient, Listing
from sync.sources.lightspeed_r.gather import gathered
from sync.sources.lightspeed_r.originals import Originals

R = TypeVar("R")
F = TypeVar("F")

DECODE_SALES = wire.rows_decoder("Sale", wire.Sale, "saleID")
DECODE_SHIPMENTS = wire.rows_decoder("ShipTo", wire.ShipTo, "shipToID")
DECODE_CUSTOMERS = wire.rows_decoder("Customer", wire.Customer, "customerID")
DECODE_VOIDS = wire.rows_decoder("SaleVoid", wire.SaleVoid, "saleVoidID")
_DECODE_LINES = wire.rows_decoder("SaleLine", wire.SaleLine, "saleLineID")
RELATIONS = ("SaleLines", "Customer", "Customer.Contact")

Shipped = tuple[Shipment, Sale]
ShipmentsRead = tuple[list[Shipped], tuple[SetAside, ...]]  # with what could not be read


@dataclass(frozen=True, slots=True)
class SalesRead:
    """Sales of one page as facts, their rows as they came, and what could not be read."""

    rows: list[wire.Sale]
    sales: list[Sale]
    set_aside: tuple[SetAside, ...]


class SaleReader:
    """Reads complete sales by filter or by id."""

    def __init__(self, client: LightspeedRClient, catalog: Catalog, sales_max: int) -> None:
        """`sales_max` bounds how many sales are remembered for refunds to come."""
        self._client = client
        self._catalog = catalog
        self._originals = Originals(self._line_owners, self._bare_sales, sales_max)

    def pages(self, filters: Mapping[str, str], sort: str) -> Iterator[SalesRead]:
        """Every page of the list, in its order."""
        pages = self._client.pages(Listing("Sale", filters, RELATIONS, sort), DECODE_SALES)
        for page in gathered(pages, self._catalog):
            yield self._facts(page)

    def by_ids(self, sale_ids: Iterable[str]) -> SalesRead:
        """These sales as they are now; ids the vendor does not know are left out."""
        listing = Listing("Sale", {}, RELATIONS, "saleID")
        read = [self._facts(page) for page in self._client.by_ids(listing, "saleID", sale_ids, DECODE_SALES)]
        return SalesRead(
            [row for part in read for row in part.rows],
            [sale for part in read for sale in part.sales],
            tuple(each for part in read for each in part.set_aside),
        )

    def with_sales(self, rows: Sequence[wire.ShipTo]) -> ShipmentsRead:
        """Shipments beside their sales; those that belong to no sale yet are left for later."""
        named, aside = facts(rows, parse.shipment, "shipment", lambda row: row.ship_to_id)
        shipments = [shipment for shipment in named if shipment is not None]
        read = self.by_ids(shipment.sale_id for shipment in shipments)
        sales = {sale.sale_id: sale for sale in read.sales}
        told = sales.keys() | {each.subject_id for each in read.set_aside if each.subject == "sale"}
        aside += [
            SetAside(
                "shipment", each.shipment_id, "sale_not_there", "the sale of this shipment cannot be found"
            )
            for each in shipments
            if each.sale_id not in told
        ]
        return self._beside(shipments, sales), (*aside, *read.set_aside)

    def shipments_of(self, sales: Iterable[Sale]) -> ShipmentsRead:
        """All shipments of these sales, as they are now, beside them."""
        by_id = {sale.sale_id: sale for sale in sales}
        listing = Listing("ShipTo", {}, (), "shipToID")
        pages = list(self._client.by_ids(listing, "saleID", by_id, DECODE_SHIPMENTS))
        rows = [row for page in pages for row in page.rows]
        named, aside = facts(rows, parse.shipment, "shipment", lambda row: row.ship_to_id)
        unread = (each for page in pages for each in page.set_aside)
        return self._beside([each for each in named if each is not None], by_id), (*unread, *aside)

    def _beside(self, shipments: Iterable[Shipment], sales: Mapping[str, Sale]) -> list[Shipped]:
        pairs = [(each, sales[each.sale_id]) for each in shipments if each.sale_id in sales]
        return self._addressed(pairs)

    def _addressed(self, pairs: list[Shipped]) -> list[Shipped]:
        """Shipments that go to another customer than the buyer carry that customer."""
        others = {
            shipment.customer_id
            for shipment, sale in pairs
            if shipment.customer_id and shipment.customer_id != sale.customer_id
        }
        if not others:
            return pairs
        people = self._customers(sorted(others))
        return [(_to(shipment, people.get(shipment.customer_id or "")), sale) for shipment, sale in pairs]

    def _customers(self, customer_ids: Iterable[str]) -> dict[str, Customer]:
        listing = Listing("Customer", {}, ("Contact",), "customerID")
        pages = self._client.by_ids(listing, "customerID", customer_ids, DECODE_CUSTOMERS)
        found = [customer for page in pages for customer in customers(page)[0]]
        return {customer.customer_id: customer for customer in found}

    def _facts(self, page: wire.Rows[wire.Sale]) -> SalesRead:
        known = self._catalog.knowledge(page.rows)
        sales, aside = facts(page.rows, lambda row: parse.sale(row, known), "sale", lambda row: row.sale_id)
        every = (*page.set_aside, *self._catalog.unread(), *aside)
        return SalesRead(page.rows, self._originals.complete(sales), every)

    def _line_owners(self, line_ids: Sequence[str]) -> dict[str, str]:
        listing = Listing("SaleLine", {}, (), "saleLineID")
        pages = self._client.by_ids(listing, "saleLineID", line_ids, _DECODE_LINES)
        rows = [row for page in pages for row in page.rows]
        return {row.sale_line_id: row.sale_id for row in rows if row.sale_id != "0"}

    def _bare_sales(self, sale_ids: Sequence[str]) -> list[Sale]:
        # Without articles: a refund asks its original only for its lines, quantities and buyer.
        known = self._catalog.bare()
        listing = Listing("Sale", {}, RELATIONS, "saleID")
        pages = self._client.by_ids(listing, "saleID", sale_ids, DECODE_SALES)
        rows = [row for page in pages for row in page.rows]
        return facts(rows, lambda row: parse.sale(row, known), "sale", lambda row: row.sale_id)[0]


def customers(page: wire.Rows[wire.Customer]) -> tuple[list[Customer], tuple[SetAside, ...]]:
    """The customers of a page, and those that could not be read."""
    found, aside = facts(page.rows, parse.customer, "customer", lambda row: row.customer_id)
    return found, (*page.set_aside, *aside)


def facts(
    rows: Iterable[R], parse_row: Callable[[R], F], subject: str, id_of: Callable[[R], str]
) -> tuple[list[F], list[SetAside]]:
    """Every row that can be read, and the others set aside with their reason."""
    found, aside = [], []
    for row in rows:
        try:
            found.append(parse_row(row))
        except CannotRead as problem:
            aside.append(SetAside(subject, id_of(row), problem.reason, problem.detail))
    return found, aside


def _to(shipment: Shipment, customer: Customer | None) -> Shipment:
    if customer is None:
        return shipment
    return Shipment(
        shipment.shipment_id,
        shipment.sale_id,
        shipment.customer_id,
        shipment.shipped,
        shipment.changed_at,
        customer,
    )
