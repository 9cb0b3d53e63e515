"""`/search`: one-off look-ups by offset, with an index that may lag behind."""

from collections.abc import Callable
from typing import Any

from fakes.kit.refusing import Refused
from fakes.lightspeed_x import money, shapes_flat, shapes_goods, shapes_people
from fakes.lightspeed_x.gate import Call, Gate
from fakes.lightspeed_x.records import Row, Sale
from fakes.lightspeed_x.routes_lists import sale_shape
from fakes.lightspeed_x.state import State
from fakes.lightspeed_x.wire import seconds

NEEDS = {"sales": "sales:read", "products": "products:read", "customers": "customers:read"}
_CUSTOMER_FIELDS = ("email", "mobile", "phone", "first_name", "last_name", "company_name")
_PRODUCT_FIELDS = ("brand_id", "supplier_id", "product_type_id", "variant_parent_id")
Test = Callable[[Any], bool]


class Search:
    """Sales, products and customers by what is known of them. Unknown parameters are ignored."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.state = gate.state

    def add(self) -> None:
        self.gate.route("GET", "/search", self.search)

    def search(self, call: Call) -> tuple[Any, int]:
        kind = call.text("type")
        if kind not in NEEDS:
            raise Refused(400, f"type must be one of {', '.join(NEEDS)}")
        if not call.pair.allows((NEEDS[kind],)):
            raise Refused(403, "permission denied")
        tests = [*self._common(call), *getattr(self, f"_{kind}")(call)]
        table: Any = getattr(self.state, kind)
        rows = [row for row in table if row.version and all(test(row) for test in tests)]
        rows.sort(key=self._order(call, kind), reverse=call.text("order_direction") == "desc")
        cap = self.state.switches.search_page_max
        start, size = call.whole("offset", 0) or 0, min(call.whole("page_size") or cap, cap)
        shapes: dict[str, Callable[[State, Any], dict[str, Any]]] = {
            "sales": sale_shape(call),
            "products": shapes_goods.product,
            "customers": shapes_people.customer,
        }
        shape = shapes[kind]
        return {"data": [shape(self.state, row) for row in rows[start : start + size]]}, 200

    def _common(self, call: Call) -> list[Test]:
        tests: list[Test] = []
        if not call.flag("deleted"):
            tests.append(lambda row: row.deleted_at is None)
        ids, never = set(call.texts("_id")), set(call.texts("-_id"))
        if ids:
            tests.append(lambda row: row.id in ids)
        if never:
            tests.append(lambda row: row.id not in never)
        lag = self.state.switches.search_lag_s
        if lag:
            tests.append(lambda row: row.updated_at <= call.at - lag)
        return tests

    def _sales(self, call: Call) -> list[Test]:
        registers = self.state.registers.rows
        tests: list[Test] = []
        plain: dict[str, Callable[[Sale], Any]] = {
            "status": shapes_flat.status,
            "invoice_number": lambda row: row.invoice,
            "customer_id": lambda row: row.customer_id,
            "user_id": lambda row: row.user_id,
            "register_id": lambda row: row.register_id,
            "outlet_id": lambda row: registers[row.register_id].data["outlet_id"],
        }
        for name, value_of in plain.items():
            _add_equal(tests, set(call.texts(name)), value_of)
        _add_any(tests, set(call.texts("product_id")), lambda row: (one.product_id for one in row.lines))
        _add_any(tests, set(call.texts("payment_type_id")), lambda row: (one.type_id for one in row.payments))
        for name, after in (("date_from", True), ("date_to", False)):
            _add_bound(tests, call.text(name), name, after=after)
        total, prefix = call.text("sale_total"), (call.text("customer_name") or "").lower()
        if total is not None:
            wanted = money.amount(total)
            tests.append(lambda row: money.gross_total(row) == wanted)
        if prefix:
            tests.append(lambda row: self._buyer(row).startswith(prefix))
        return tests

    def _buyer(self, row: Sale) -> str:
        customer = self.state.customers.rows.get(row.customer_id or "")
        if customer is None:
            return ""
        return f"{customer.text('first_name')} {customer.text('last_name')}".strip().lower()

    def _customers(self, call: Call) -> list[Test]:
        tests: list[Test] = []
        codes = set(call.texts("customer_code"))
        if codes:
            tests.append(lambda row: row.code in codes)
        for name in _CUSTOMER_FIELDS:
            values = {one.lower() for one in call.texts(name)}
            _add_equal(tests, values, _text_of(name))
        return tests

    def _products(self, call: Call) -> list[Test]:
        """A `sku` must be given in lower case to be found."""
        tests: list[Test] = []
        for name in ("sku", *_PRODUCT_FIELDS):
            value_of = _lower_sku if name == "sku" else _data_of(name)
            _add_equal(tests, set(call.texts(name)), value_of)
            _add_other(tests, set(call.texts(f"-{name}")), value_of)
        _add_any(tests, set(call.texts("tag_id")), lambda row: row.data["tag_ids"])
        never_tagged = set(call.texts("-tag_id"))
        if never_tagged:
            tests.append(lambda row: not never_tagged & set(row.data["tag_ids"]))
        return tests

    def _order(self, call: Call, kind: str) -> Callable[[Any], Any]:
        """Ties by version, so that offsets do not shuffle rows."""
        asked = call.text("order_by") or ""
        keys: dict[str, Callable[[Any], Any]] = {
            "created_at": lambda row: row.created_at,
            "updated_at": lambda row: row.updated_at,
            "version": lambda row: row.version,
        }
        if kind == "sales":
            keys |= {"date": lambda row: row.at, "sale_date": lambda row: row.at}
            keys |= {"invoice_number": lambda row: row.invoice, "sale_total": money.gross_total}
        elif kind == "customers":
            keys |= {name: _text_of(name) for name in _CUSTOMER_FIELDS}
            keys |= {"customer_code": lambda row: row.code}
        else:
            keys |= {"name": lambda row: row.data["name"], "sku": lambda row: row.data["sku"]}
        first = keys.get(asked, keys["date" if kind == "sales" else "created_at"])
        return lambda row: (first(row), row.version)


def _add_equal(tests: list[Test], wanted: set[str], value_of: Callable[[Any], Any]) -> None:
    if wanted:
        tests.append(lambda row: value_of(row) in wanted)


def _add_other(tests: list[Test], never: set[str], value_of: Callable[[Any], Any]) -> None:
    if never:
        tests.append(lambda row: value_of(row) not in never)


def _text_of(name: str) -> Callable[[Any], str]:
    return lambda row: str(row.text(name)).lower()


def _data_of(name: str) -> Callable[[Any], Any]:
    return lambda row: row.data[name]


def _lower_sku(row: Row) -> str:
    return str(row.data["sku"]).lower()


def _add_any(tests: list[Test], wanted: set[str], values_of: Callable[[Any], Any]) -> None:
    if wanted:
        tests.append(lambda row: not wanted.isdisjoint(values_of(row)))


def _add_bound(tests: list[Test], text: str | None, name: str, *, after: bool) -> None:
    if text is None:
        return
    try:
        bound = seconds(text)
    except (ValueError, OverflowError):
        raise Refused(400, f"{name} must be a UTC time such as 2016-08-08T12:00:00Z") from None
    tests.append(lambda row: row.at >= bound if after else row.at <= bound)
