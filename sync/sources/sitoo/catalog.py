"""Articles: what lines do not say, such as category and brand. Kept on the shelf, fresh by their own feed.

A line carries the name and number of its article as they were when it was sold; those are never replaced.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from sync.domain.facts import Product
from sync.http.errors import NotPermitted, NotThere, Refused
from sync.sources.protocol import ProductShelf
from sync.sources.sitoo import wire
from sync.sources.sitoo.client import Decode, SitooClient
from sync.sources.sitoo.settings import Meaning

T = TypeVar("T")
_PRODUCTS = wire.rows_decoder("product", wire.ProductRow, "productid")
_CATEGORIES = wire.rows_decoder("category", wire.Category, "categoryid")
_MANUFACTURERS = wire.rows_decoder("manufacturer", wire.Manufacturer, "externalcompanyid")
_GROUPS = wire.rows_decoder("product group", wire.ProductGroup, "vatid")
_FIELDS = wire.ProductRow.__struct_fields__
_ONE_BY_ONE_MAX = 20  # articles unknown to the shelf; more of them are read with the whole catalogue
_DEPTH_MAX = 20


class Catalog:
    """The account's articles, categories and brands. Without a shelf no article is read."""

    def __init__(self, client: SitooClient, shelf: ProductShelf | None, meaning: Meaning) -> None:
        """Nothing is read yet."""
        self._client = client
        self._shelf = shelf
        self._meaning = meaning
        self._gone: set[str] = set()
        self._whole = False
        self._paths: Mapping[int, str] | None = None
        self._brands: Mapping[int, str] | None = None
        self._gift_groups: frozenset[str] | None = None

    @property
    def keeps_articles(self) -> bool:
        """Whether articles are read at all."""
        return self._shelf is not None

    def gift_card_groups(self) -> frozenset[str]:
        """The names of the product groups that sell gift cards; lines carry the name of theirs."""
        if self._gift_groups is None:
            rows = self._optional("productgroups.json", _GROUPS)
            self._gift_groups = frozenset(
                row.productgroupname
                for row in rows
                if row.productgroupname and row.productgrouptype in self._meaning.gift_card_groups
            )
        return self._gift_groups

    def products(self, rows: Iterable[wire.Order]) -> Mapping[str, Product]:
        """The articles of these orders."""
        if self._shelf is None:
            return {}
        wanted = {
            str(item.productid)
            for row in rows
            if isinstance(row.orderitems, list)
            for item in row.orderitems
            if item.productid
        }
        known = dict(self._shelf.get(wanted))
        missing = wanted - known.keys() - self._gone
        if missing:
            self._stock(self._shelf, missing)
            known.update(self._shelf.get(missing))
            self._gone.update(missing - known.keys())
        return known

    def changed(self, since: datetime | None) -> Iterator[tuple[int, wire.Rows[wire.ProductRow]]]:
        """Articles changed since then, put on the shelf; with each page the newest `datemodified` so far."""
        if self._shelf is None:
            return
        filters = {"includeinactive": "true"}
        if since is not None:
            filters["datelastmodified"] = str(int(since.timestamp()))
        newest = 0
        for page in self._client.listed("products.json", _PRODUCTS, _FIELDS, filters):
            self._shelf.put([self._product(row) for row in page.rows])
            newest = max([newest, *(row.datemodified or 0 for row in page.rows)])
            yield newest, page
        self._whole = self._whole or since is None

    def _stock(self, shelf: ProductShelf, missing: set[str]) -> None:
        if len(missing) > _ONE_BY_ONE_MAX and not self._whole:
            for _ in self.changed(None):
                pass
            return
        for product_id in sorted(missing):
            row = self._client.one(f"products/{product_id}.json", wire.ProductRow)
            if row is not None:
                shelf.put([self._product(row)])

    def _product(self, row: wire.ProductRow) -> Product:
        category_id = row.defaultcategoryid or next(iter(row.categories or []), 0)
        return Product(
            str(row.productid),
            row.title or "",
            row.sku or "",
            self._category_paths().get(category_id, ""),
            self._brand_names().get(row.manufacturerid or 0, ""),
        )

    def _category_paths(self) -> Mapping[int, str]:
        if self._paths is None:
            rows = {row.categoryid: row for row in self._optional("categories.json", _CATEGORIES)}
            self._paths = {number: _path(number, rows) for number in rows}
        return self._paths

    def _brand_names(self) -> Mapping[int, str]:
        if self._brands is None:
            rows = self._optional("manufacturers.json", _MANUFACTURERS)
            self._brands = {row.externalcompanyid or row.manufacturerid or 0: row.name or "" for row in rows}
        return self._brands

    def _optional(self, path: str, decode: Decode[T]) -> list[T]:
        """The rows of a list that only adds names: nothing stops where the API ID may not read it."""
        try:
            return self._client.rows(path, decode)
        except (NotPermitted, NotThere, Refused):
            return []


def _path(number: int, rows: Mapping[int, wire.Category]) -> str:
    """The category's name with its parents', outermost first. A circle of parents ends somewhere."""
    names: list[str] = []
    while number in rows and len(names) < _DEPTH_MAX:
        row = rows[number]
        names.append((row.title or row.name or "").strip())
        number = row.categoryparentid or 0
    return "/".join(name for name in reversed(names) if name)
