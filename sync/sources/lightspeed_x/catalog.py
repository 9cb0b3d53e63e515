"""What sales name by id only: the account, its shops and tills, articles with brand and category, groups."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sync.domain.clock import Clock
from sync.domain.errors import SetAside
from sync.domain.facts import AccountFacts, Product, Shop
from sync.http.errors import Unintelligible
from sync.sources.lightspeed_x import parse, wire
from sync.sources.lightspeed_x.client import LightspeedXClient
from sync.sources.lightspeed_x.wire import UPSTREAM, Rows
from sync.sources.protocol import ProductShelf

PAGE_ROWS = 10_000
_FEW = 20  # so many articles are asked for singly; for more it is cheaper to read them all
_GONE_MAX = 50_000
_FRESH = timedelta(minutes=1)  # a list read so lately need not be read again
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Whole:
    """A list that was read from its first row to its last: the version it reached, when, and what was odd."""

    version: int | None
    read_at: datetime
    row_count: int
    set_aside: tuple[SetAside, ...]


class Catalog:
    """The lists behind a store's sales. `shops` is kept up to date in place, for whoever holds it."""

    def __init__(
        self,
        client: LightspeedXClient,
        shelf: ProductShelf | None,
        practice: parse.Practice,
        *,
        clock: Clock,
    ) -> None:
        """Without a shelf no article is read, and sales go without their names."""
        self._client = client
        self._clock = clock
        self._whole: dict[str, Whole] = {}
        self._shelf = shelf
        self._practice = practice
        self._retailer: wire.Retailer | None = None
        self._shops: dict[str, Shop] = {}
        self._currencies: dict[str, str] = {}
        self._outlets: dict[str, str] = {}  # of registers
        self._brands: dict[str, str] | None = None
        self._categories: dict[str, str] | None = None
        self._groups: dict[str, str] | None = None
        self._gone: set[str] = set()
        self._listed = False  # whether this object has read all articles

    @property
    def keeps_articles(self) -> bool:
        """Whether articles are read at all."""
        return self._shelf is not None

    @property
    def discount_product_id(self) -> str:
        """The article that stands for a discount on a whole sale."""
        return self._told().discount_product_id or ""

    def account(self) -> AccountFacts:
        """The account and its shops, read now."""
        retailer = self._client.one("retailer", wire.DECODE_RETAILER)
        if retailer is None or not retailer.id:
            raise Unintelligible(
                UPSTREAM, "does not say which retailer the token is for; check domain_prefix"
            )
        self._retailer = retailer
        for outlets in self._all("outlets", wire.DECODE_OUTLETS):
            self.take_outlets(outlets.rows)
        for registers in self._all("registers", wire.DECODE_REGISTERS):
            self.take_registers(registers.rows)
        return AccountFacts(retailer.id, retailer.name or "", self._currency, self._shops)

    def changed(self, resource: str, after: int, decode: "wire.Decode[T]") -> Iterator[Rows[T]]:
        """Pages of a small feed, deleted rows too."""
        return self._client.changed(resource, after, decode, page_size=PAGE_ROWS, deleted=True)

    def just_read(self, resource: str) -> Whole | None:
        """How far this list was read whole within the last minute, such as when the account was opened."""
        whole = self._whole.get(resource)
        return whole if whole is not None and self._clock.now() - whole.read_at < _FRESH else None

    def _all(self, resource: str, decode: "wire.Decode[T]") -> Iterator[Rows[T]]:
        """Every page of a small feed from its beginning, with a note of how far it went."""
        whole = Whole(None, self._clock.now(), 0, ())
        for rows in self.changed(resource, 0, decode):
            whole = Whole(
                rows.version_max or whole.version, whole.read_at,
                whole.row_count + rows.count, (*whole.set_aside, *rows.set_aside),
            )  # fmt: skip
            yield rows
        self._whole[resource] = whole

    def take_outlets(self, rows: Iterable[wire.Outlet]) -> None:
        """Keep these shops; a closed one stays known, for the sales it had."""
        retailer = self._told()
        for row in rows:
            if row.id:
                found = parse.shop(row, retailer.timezone or "", parse.country(retailer.country))
                self._shops[row.id] = found
                self._currencies[row.id] = (row.currency or "").strip().upper() or self._currency

    def take_registers(self, rows: Iterable[wire.Register]) -> None:
        """Keep which outlet a till belongs to."""
        self._outlets.update((row.id, row.outlet_id) for row in rows if row.id and row.outlet_id)

    def take_groups(self, rows: Iterable[wire.Named]) -> bool:
        """Keep the names of these customer groups; whether any is new."""
        groups = self.groups()
        fresh = {row.id: row.name or "" for row in rows if row.id and not row.deleted_at}
        changed = {each for each, name in fresh.items() if groups.get(each) != name}
        self._groups = {**groups, **fresh}
        return bool(changed)

    def take_brands(self, rows: Iterable[wire.Named]) -> None:
        """Keep the names of these brands."""
        brands = self.brands()
        fresh = {row.id: row.name or "" for row in rows if row.id and not row.deleted_at}
        self._brands = {**brands, **fresh}

    def groups(self) -> Mapping[str, str]:
        """Names of the customer groups by id."""
        if self._groups is None:
            pages = self._all("customer_groups", wire.DECODE_NAMED)
            self._groups = {row.id: row.name or "" for page in pages for row in page.rows if row.id}
        return self._groups

    def brands(self) -> Mapping[str, str]:
        """Names of the brands by id."""
        if self._brands is None:
            pages = self._all("brands", wire.DECODE_NAMED)
            self._brands = {row.id: row.name or "" for page in pages for row in page.rows if row.id}
        return self._brands

    def categories(self, *, anew: bool = False) -> Mapping[str, str]:
        """Paths of the categories by id, outermost first."""
        if self._categories is None or anew:
            pages = self._client.listed("product_categories", wire.DECODE_CATEGORIES)
            self._categories = {row.id: _path(row) for page in pages for row in page.rows if row.id}
        return self._categories

    def take_products(self, rows: Iterable[wire.Product]) -> None:
        """Put these articles on the shelf. Deleted ones too: old sales name them."""
        if self._shelf is None:
            return
        rows = [row for row in rows if row.id]
        brands = self.brands() if any(_nameless(row.brand, row.brand_id) for row in rows) else {}
        asked = any(_nameless(row.product_category or row.type, row.product_type_id) for row in rows)
        categories = self.categories() if asked else {}
        fresh = {row.id or "": parse.product(row, brands, categories) for row in rows}
        known = self._shelf.get(fresh)
        changed = [each for each in fresh.values() if known.get(each.item_id) != each]
        if changed:
            self._shelf.put(changed)
        self._gone.difference_update(fresh)

    def read_products(self) -> tuple[SetAside, ...]:
        """Read all articles; those that could not be read."""
        aside: list[SetAside] = []
        for page in self.changed("products", 0, wire.DECODE_PRODUCTS):
            self.take_products(page.rows)
            aside += page.set_aside
        self._listed = True
        return tuple(aside)

    def all_listed(self) -> None:
        """The caller has handed over every article there is."""
        self._listed = True

    def of_brand(self, brand_id: str) -> None:
        """Read the articles of a brand whose name changed."""
        for page in self._client.search("products", {"brand_id": brand_id}, wire.DECODE_PRODUCTS):
            self.take_products(page.rows)

    def knowledge(self, rows: Iterable[wire.Sale]) -> parse.Knowledge:
        """What these sales need to be read."""
        retailer = self._told()
        return parse.Knowledge(
            retailer.id or "",
            self._currency,
            self._currencies,
            self._outlets,
            retailer.discount_product_id or "",
            self._practice,
            self._products(rows, retailer.discount_product_id or ""),
        )

    def _products(self, rows: Iterable[wire.Sale], discount_id: str) -> Mapping[str, Product]:
        if self._shelf is None:
            return {}
        wanted = {
            line.product.id
            for row in rows
            for line in row.line_items or ()
            if line.product is not None and line.product.id
        } - {discount_id}
        known = dict(self._shelf.get(wanted))
        missing = sorted(wanted - known.keys() - self._gone)
        if len(missing) > _FEW and not self._listed:
            self.read_products()
            known = dict(self._shelf.get(wanted))
            missing = sorted(wanted - known.keys())
        for item_id in missing:
            self._fetch(item_id)
        if missing:
            known.update(self._shelf.get(missing))
        return known

    def _fetch(self, item_id: str) -> None:
        found = self._client.one(f"products/{item_id}", wire.DECODE_PRODUCT)
        if found is None or not found.id:
            if len(self._gone) >= _GONE_MAX:
                self._gone.clear()
            self._gone.add(item_id)
        else:
            self.take_products([found])

    @property
    def _currency(self) -> str:
        currency = self._told().currency
        return ((currency.code if currency else None) or "").strip().upper()

    def _told(self) -> wire.Retailer:
        if self._retailer is None:
            self.account()
        assert self._retailer is not None, "reading the account sets it"
        return self._retailer


def _nameless(named: wire.Ref | wire.Category | None, named_id: str | None) -> bool:
    return bool(named_id) and (named is None or not named.name)


def _path(row: wire.Category) -> str:
    names = [each.name for each in row.category_path or () if each.name]
    return "/".join(names) or row.name or ""
