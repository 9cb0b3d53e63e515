"""Reading: lists and single rows of every resource, in the shape of the version that asks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fakes.kit.refusing import Refused
from fakes.lightspeed_x import shapes_dated, shapes_flat, shapes_goods, shapes_old, shapes_people
from fakes.lightspeed_x.gate import ANY, NEW, Call, Gate
from fakes.lightspeed_x.paging import Pager
from fakes.lightspeed_x.records import Sale
from fakes.lightspeed_x.state import State
from fakes.lightspeed_x.tables import Table
from fakes.lightspeed_x.wire import seconds

Shape = Callable[[State, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of row: where it is, who may read it, how it looks. `undelete`: `deleted=true` shows all."""

    name: str
    scopes: tuple[str, ...]
    shape: Shape
    generations: tuple[str, ...] = NEW
    undelete: bool = False
    title: str = ""

    @property
    def label(self) -> str:
        """What a 404 calls it."""
        return self.title or self.name.removesuffix("s").replace("_", " ")


RESOURCES = (
    Resource("outlets", ("outlets:read",), shapes_goods.outlet, ANY, undelete=True),
    Resource("registers", ("registers:read",), shapes_goods.register, ANY, undelete=True),
    Resource("users", ("users:read",), shapes_people.user, ANY),
    Resource("customers", ("customers:read",), shapes_people.customer, ANY, undelete=True),
    Resource("customer_groups", ("customers:read",), shapes_people.customer_group, undelete=True),
    Resource("products", ("products:read",), shapes_goods.product, ANY, undelete=True),
    Resource("brands", ("products:read",), shapes_goods.named, ANY, undelete=True),
    Resource("tags", ("products:read",), shapes_goods.named, undelete=True),
    Resource("suppliers", ("suppliers:read",), shapes_goods.supplier, ANY),
    Resource("taxes", ("taxes:read",), shapes_goods.tax, ANY, title="tax"),
    Resource("payment_types", ("payment_types:read",), shapes_goods.payment_type, ANY),
)
SALES_READ = ("sales:read",)


class Lists:
    """The GET routes of all version-paged resources, sales included."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.state = gate.state
        self.switches = gate.switches
        self.pager = Pager(gate.state, gate.faults)

    def add(self) -> None:
        route = self.gate.route
        for one in RESOURCES:
            kept = {"scopes": one.scopes, "generations": one.generations}
            route("GET", f"/{one.name}", self._list(one), **kept)
            route("GET", f"/{one.name}/<row_id>", self._single(one), **kept)
        route("GET", "/sales", self.sales, scopes=SALES_READ)
        route("GET", "/sales/<row_id>", self.sale, scopes=SALES_READ)
        route("GET", "/register_sales", self.old_sales, scopes=SALES_READ, generations=("0.9",))
        route("GET", "/register_sales/<row_id>", self.old_sale, scopes=SALES_READ, generations=("0.9",))

    # Sales

    def sales(self, call: Call) -> tuple[Any, int]:
        """Every state and the deleted too; there is nothing to filter by."""
        hide = self.switches.sales_hide_unfinished
        rows, bounds = self.pager.newest(
            self.state.sales,
            call,
            lambda row: not (hide and shapes_flat.status(row) == "OPEN"),
            self.switches.sales_page_max,
        )
        shape = sale_shape(call)
        return {"data": [shape(self.state, row) for row in rows], "version": bounds}, 200

    def sale(self, call: Call) -> tuple[Any, int]:
        return {"data": sale_shape(call)(self.state, found(self.state.sales, call, "sale"))}, 200

    def old_sales(self, call: Call) -> tuple[Any, int]:
        """0.9: since, outlet_id, status[], page, page_size."""
        rows, counts = self.pager.numbered(self.state.sales, call, self._old_wanted(call))
        shown = [shapes_old.sale(self.state, row) for row in rows]
        return self._paged("register_sales", shown, counts), 200

    def old_sale(self, call: Call) -> tuple[Any, int]:
        row = found(self.state.sales, call, "sale")
        return {"register_sales": [shapes_old.sale(self.state, row)]}, 200

    def _old_wanted(self, call: Call) -> Callable[[Sale], bool]:
        since, outlet, statuses = since_of(call), call.text("outlet_id"), set(call.texts("status"))
        registers = self.state.registers.rows

        def wanted(row: Sale) -> bool:
            there = outlet is None or registers[row.register_id].data["outlet_id"] == outlet
            return row.updated_at >= since and there and (not statuses or shapes_flat.status(row) in statuses)

        return wanted

    # Anything else

    def _list(self, one: Resource) -> Callable[[Call], tuple[Any, int]]:
        def answer(call: Call) -> tuple[Any, int]:
            table: Table[Any] = getattr(self.state, one.name)
            wanted = self._wanted(one, call)
            if call.generation == "0.9":
                rows, counts = self.pager.numbered(table, call, wanted)
                shown = [shapes_old.row(self.state, one.name, one.shape, row) for row in rows]
                return self._paged(one.name, shown, counts), 200
            cap = self.switches.page_max
            rows, bounds = self.pager.newest(table, call, wanted, cap)
            shape = shape_of(one, call)
            return {"data": [shape(self.state, row) for row in rows], "version": bounds}, 200

        return answer

    def _single(self, one: Resource) -> Callable[[Call], tuple[Any, int]]:
        def answer(call: Call) -> tuple[Any, int]:
            table: Table[Any] = getattr(self.state, one.name)
            row = found(table, call, one.label)
            if call.generation == "0.9":
                return {one.name: [shapes_old.row(self.state, one.name, one.shape, row)]}, 200
            return {"data": shape_of(one, call)(self.state, row)}, 200

        return answer

    def _wanted(self, one: Resource, call: Call) -> Callable[[Any], bool]:
        deleted = one.undelete and call.flag("deleted")
        old = call.generation == "0.9"
        since = since_of(call) if old else 0
        sought = [
            (name, call.text(name))
            for name in _FILTERS.get((one.name, old), ())
            if call.text(name) is not None
        ]

        def wanted(row: Any) -> bool:
            if (row.deleted_at is not None and not deleted) or row.updated_at < since:
                return False
            return all(_value(row, name) == value for name, value in sought)

        return wanted

    def _paged(self, key: str, rows: list[Any], counts: dict[str, int]) -> dict[str, Any]:
        """The page block of 0.9, which may be missing or lie open beside the rows."""
        style = self.switches.page_block_09
        if style == "top_level":
            return {key: rows, **counts}
        if style == "absent_when_one" and counts["pages"] == 1:
            return {key: rows}
        return {key: rows, "pagination": counts}


_FILTERS = {
    ("customers", True): ("id", "code", "email"),
    ("products", True): ("id", "sku", "handle"),
    ("products", False): ("sku", "name"),
}


def sale_shape(call: Call) -> Shape:
    """Flat in 2.x, nested in the date versions."""
    return shapes_dated.sale if call.generation == "dated" else shapes_flat.sale


def shape_of(one: Resource, call: Call) -> Shape:
    """How a resource looks in this version; in date versions a product has a family."""
    if one.name == "products" and call.generation == "dated":
        after = call.version.dated >= (2026, 10)
        return shapes_goods.product_of_family if after else shapes_goods.dated_product
    return one.shape


def found(table: Table[Any], call: Call, label: str) -> Any:
    """The row the path names, deleted or not. Raises Refused."""
    row = table.find(call.path["row_id"])
    if row is None:
        raise Refused(404, f"{label} not found")
    return row


def since_of(call: Call) -> int:
    """0.9's `since`, compared with when a row was last changed."""
    text = call.text("since")
    try:
        return 0 if text is None else seconds(text)
    except (ValueError, OverflowError):
        raise Refused(400, "since must be a date and time") from None


def _value(row: Any, name: str) -> Any:
    if name == "id":
        return row.id
    if name == "code":
        return row.code
    fields = row.data if hasattr(row, "data") else row.fields
    return fields.get(name)
