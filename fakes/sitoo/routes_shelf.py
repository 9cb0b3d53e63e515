"""Rows that a parent has by SKU (prices, stock items, items of a batch), and the batches themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from fakes.sitoo import shelf
from fakes.sitoo.documents import Documents, Key, Row
from fakes.sitoo.door import answer, batch, envelope, whole_number
from fakes.sitoo.errors import Refused
from fakes.sitoo.mount import View, mount
from fakes.sitoo.request import Asked, batch_or_one, body, read_list, read_query
from fakes.sitoo.routes_documents import BATCH_MAX
from fakes.sitoo.state import State

_ITEM_FILTERS = {"datelastmodifiedfrom": "int", "datelastmodifiedto": "int", "sku": "texts"}
_BATCH_FILTERS = {"transactiontype": "int", "warehousebatchstate": "int"}


@dataclass(frozen=True, slots=True)
class BySku:
    """A resource of rows by SKU: the parents they belong to, and what setting one does."""

    name: str
    parents: str
    parent_field: str
    set_one: Callable[[State, int, Key | None, Row], Any]
    before_removal: Callable[[State, int], None] | None = None
    filters: tuple[tuple[str, str], ...] = ()


PRICES = BySku("pricelistitems", "pricelists", "pricelistid", shelf.set_price, lambda _state, _parent: None)
ITEMS = BySku(
    "warehouseitems", "warehouses", "warehouseid", shelf.set_item, filters=tuple(_ITEM_FILTERS.items())
)
BATCH_ITEMS = BySku(
    "warehousebatchitems", "warehousebatches", "warehousebatchid", shelf.set_batch_item, shelf.check_open
)


class BySkuRoutes:
    """List, set and (where it may) delete the rows of one parent."""

    def __init__(self, state: State, kind: BySku) -> None:
        self.state = state
        self.kind = kind

    @property
    def docs(self) -> Documents:
        return self.state.docs[self.kind.name]

    def add_to(self, api: Blueprint, parent_path: str) -> None:
        """Register below a path that ends in `<parent>`."""
        views: dict[str, View] = {"GET": self.list_rows, "PUT": self.set_rows}
        if self.kind.before_removal is not None:
            views["DELETE"] = self.remove_rows
        mount(api, f"{parent_path}/{self.kind.name}.json", views)

    def list_rows(self, parent: str, warehouse: str = "") -> Response:
        above = self._parent(parent, warehouse)
        schema = self.docs.schema
        asked = read_list(dict(self.kind.filters), schema.shown, self.state.switches)
        rows = shelf.by_sku(self.docs, self.kind.parent_field, above)
        keys = self._meant(rows, asked)
        page = keys[asked.start : asked.start + asked.num]
        return envelope(len(keys), [self.docs.part(key, asked.fields or schema.listed) for key in page])

    def set_rows(self, parent: str, warehouse: str = "") -> Response:
        above, (items, many) = self._parent(parent, warehouse), self._items()
        known = shelf.by_sku(self.docs, self.kind.parent_field, above)
        return batch(items, many, lambda item: self._set(above, known, item))

    def remove_rows(self, parent: str, warehouse: str = "") -> Response:
        above, (items, many) = self._parent(parent, warehouse), self._items()
        assert self.kind.before_removal is not None
        self.kind.before_removal(self.state, above)
        known = shelf.by_sku(self.docs, self.kind.parent_field, above)
        return batch(items, many, lambda item: self._remove(known, item))

    def _items(self) -> tuple[list[Any], bool]:
        read_query({}, self.state.switches)
        return batch_or_one(body(), BATCH_MAX)

    def _set(self, above: int, known: dict[str, Key], given: Any) -> Any:
        sku = given.get("sku") if isinstance(given, dict) else None
        key = known.get(sku) if isinstance(sku, str) and sku else None
        row = self.docs.read(given, self.state.switches.unknown_field, partial=False)
        row.pop(self.docs.schema.key, None)
        self.state.version += 1
        done = self.kind.set_one(self.state, above, key, row)
        if key is None:
            known[row["sku"]] = next(reversed(self.docs.rows))
        return done

    def _remove(self, known: dict[str, Key], given: Any) -> bool:
        sku = given.get("sku") if isinstance(given, dict) else None
        if not isinstance(sku, str):
            raise Refused(400, f"{self.docs.schema.name}: sku is required.")
        if sku not in known:
            raise Refused(404)
        self.docs.remove(known.pop(sku))
        self.state.version += 1
        return True

    def _meant(self, rows: dict[str, Key], asked: Asked) -> list[Key]:
        if self.kind is PRICES:  # documented: ordered by productid
            products = self.state.products
            skus = [products.value(key, "sku") for key in sorted(products, key=int)]
            return [rows[sku] for sku in skus if sku in rows]
        low = asked.filters.get("datelastmodifiedfrom", 0)
        high = asked.filters.get("datelastmodifiedto", 1 << 62)
        wanted = asked.filters.get("sku")
        dated = "datelastmodifiedfrom" in asked.filters or "datelastmodifiedto" in asked.filters
        return [
            key
            for sku, key in rows.items()
            if (wanted is None or sku in wanted)
            and (not dated or low <= (self.docs.value(key, "datelastmodified") or -1) <= high)
        ]

    def _parent(self, parent: str, warehouse: str) -> int:
        number, parents = whole_number(parent), self.state.docs[self.kind.parents]
        if number not in parents.rows:
            raise Refused(404)
        if warehouse and parents.value(number, "warehouseid") != whole_number(warehouse):
            raise Refused(404)
        return number


class BatchRoutes:
    """`/warehouses/{warehouseid}/warehousebatches`."""

    def __init__(self, state: State) -> None:
        self.state = state

    @property
    def docs(self) -> Documents:
        return self.state.docs["warehousebatches"]

    def add_to(self, api: Blueprint, base: str) -> None:
        """Register the routes below an account's base path, and those of all rows by SKU."""
        site = f"{base}/sites/<site>"
        root = f"{site}/warehouses/<warehouse>/warehousebatches"
        mount(api, f"{root}.json", {"GET": self.list_batches, "POST": self.add})
        mount(api, f"{root}/<parent>.json", {"GET": self.single, "PUT": self.update})
        BySkuRoutes(self.state, BATCH_ITEMS).add_to(api, f"{root}/<parent>")
        BySkuRoutes(self.state, ITEMS).add_to(api, f"{site}/warehouses/<parent>")
        BySkuRoutes(self.state, PRICES).add_to(api, f"{site}/pricelists/<parent>")

    def list_batches(self, warehouse: str) -> Response:
        here, schema = self._warehouse(warehouse), self.docs.schema
        asked = read_list(_BATCH_FILTERS, schema.shown, self.state.switches)
        wanted = {"warehouseid": here, **asked.filters}
        keys = [
            key
            for key in self.docs
            if all(self.docs.value(key, name) == value for name, value in wanted.items())
        ]
        page = keys[asked.start : asked.start + asked.num]
        return envelope(len(keys), [self.docs.part(key, asked.fields or schema.listed) for key in page])

    def single(self, warehouse: str, parent: str) -> Response:
        return answer(self.docs.whole(self._batch(warehouse, parent)))

    def add(self, warehouse: str) -> Response:
        here = self._warehouse(warehouse)
        row = self.docs.read(body(), self.state.switches.unknown_field, partial=False)
        row.pop(self.docs.schema.key, None)
        self.state.version += 1
        return answer(shelf.add_batch(self.state, here, row))

    def update(self, warehouse: str, parent: str) -> Response:
        key = self._batch(warehouse, parent)
        row = self.docs.read(body(), self.state.switches.unknown_field, partial=True)
        row.pop(self.docs.schema.key, None)
        self.state.version += 1
        shelf.edit_batch(self.state, key, row)
        return answer(True)

    def _batch(self, warehouse: str, text: str) -> int:
        here, number = self._warehouse(warehouse), whole_number(text)
        if number not in self.docs.rows or self.docs.value(number, "warehouseid") != here:
            raise Refused(404)
        return number

    def _warehouse(self, text: str) -> int:
        number = whole_number(text)
        if number not in self.state.warehouses.rows:
            raise Refused(404)
        return number
