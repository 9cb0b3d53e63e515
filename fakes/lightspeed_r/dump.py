"""The whole truth as one JSON object, and back: for `GET` and `PUT /_fake/state`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from fakes.lightspeed_r import records
from fakes.lightspeed_r.categories import Tree
from fakes.lightspeed_r.docs import SCHEMAS, Doc
from fakes.lightspeed_r.lines import Lines, Loose
from fakes.lightspeed_r.records import Returned
from fakes.lightspeed_r.tables import Table

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

TABLES: Mapping[str, type] = {
    "shops": records.Shop,
    "registers": records.Register,
    "categories": records.Category,
    "manufacturers": records.Manufacturer,
    "items": records.Item,
    "images": records.Image,
    "discounts": records.Discount,
    "payment_types": records.PaymentType,
    "employees": records.Employee,
    "customers": records.Customer,
    "customer_types": records.CustomerType,
    "tags": records.Tag,
    "credit_accounts": records.CreditAccount,
    "ship_tos": records.ShipTo,
    "voids": records.SaleVoid,
    "payments": records.Payment,
}
_COLUMNS = ("sale_id", "item_id", "quantity", "price", "subtotal", "discount", "tax")
_RARE = ("parent_id", "discount_id", "note", "line_type", "tax2", "more", "edited")


def dump(state: "State") -> dict[str, Any]:
    """Tables as lists of rows, lines as columns, what is held back, and the agenda."""
    state.settle()
    tables = {name: msgspec.to_builtins(list(getattr(state, name))) for name in TABLES}
    columns = {name: list(getattr(state.lines, name)) for name in _COLUMNS}
    rare = {name: [list(pair) for pair in getattr(state.lines, name).items()] for name in _RARE}
    return {
        **tables,
        "sales": [_sale_out(sale) for sale in state.sales],
        "lines": {
            **columns,
            **rare,
            "loose": [[line_id, msgspec.to_builtins(row)] for line_id, row in state.lines.loose.items()],
            "gone": sorted(state.lines.gone),
        },
        "docs": {name: msgspec.to_builtins(list(rows)) for name, rows in state.docs.items() if rows.rows},
        "extras": {
            name: [[row_id, fields] for row_id, fields in rows.items()]
            for name, rows in state.extras.items()
            if rows
        },
        "tracked": [[item, shop, row_id] for (item, shop), row_id in state.tracked.items()],
        "deleted": {name: table.deleted_id for name, table in _all_tables(state).items() if table.deleted_id},
        "held": {name: sorted(getattr(state, name).held) for name in (*TABLES, "sales")},
        "returned": [[line_id, msgspec.to_builtins(row)] for line_id, row in state.returned.items()],
        "agenda": [list(entry) for entry in state.agenda.due],
    }


def load(state: "State", dumped: Mapping[str, Any]) -> None:
    """Put a dumped truth in place of the present one. Raises ValueError or KeyError when it is not one."""
    held = {name: set(dumped["held"][name]) for name in (*TABLES, "sales")}
    docs = {name: [msgspec.convert(raw, Doc) for raw in dumped["docs"].get(name, ())] for name in SCHEMAS}
    read: dict[str, list[Any]] = {
        name: [msgspec.convert(raw, row) for raw in dumped[name]] for name, row in TABLES.items()
    }
    state.clear()
    for name in TABLES:
        table = getattr(state, name)
        table.clear()
        for row in read[name]:
            table.hold(row) if row.id in held[name] else table.add(row)
    for name, rows in docs.items():
        state.docs[name].clear()
        for row in rows:
            state.docs[name].add(row)
    for name, pairs in dumped["extras"].items():
        state.extras[name].update({row_id: dict(fields) for row_id, fields in pairs})
    state.tracked = {(item, shop): row_id for item, shop, row_id in dumped["tracked"]}
    for name, last in dumped["deleted"].items():
        _all_tables(state)[name].deleted_id = last
    _load_lines(state.lines, dumped["lines"])
    for raw in dumped["sales"]:
        _load_sale(state, dict(raw), held["sales"])
    state.returned = {line_id: msgspec.convert(row, Returned) for line_id, row in dumped["returned"]}
    for at, order, action, args in dumped["agenda"]:
        state.agenda.put(at, order, action, *args)
    for line_id in state.lines.loose:
        state.lines_shown.add(line_id, line_id)
    state.brand_ids = {row.name: row.id for row in state.manufacturers}
    state.tree = Tree(state.categories)
    state.version += 1


def _all_tables(state: "State") -> dict[str, Table[Any]]:
    own = {name: getattr(state, name) for name in (*TABLES, "sales")}
    return {**own, **state.docs}


def _sale_out(sale: records.Sale) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(sale, name) for name in records.Sale.__slots__}
    row["line_ids"] = list(sale.line_ids)
    row["payments"] = [payment.id for payment in sale.payments]
    return row


def _load_sale(state: "State", raw: dict[str, Any], held: set[int]) -> None:
    raw["payments"] = tuple(state.payments.rows[payment_id] for payment_id in raw["payments"])
    sale = records.Sale(**raw)
    if sale.id in held:
        state.sales.hold(sale)
        return
    state.sales.add(sale)
    for line_id in sale.line_ids:
        state.lines_shown.add(line_id, line_id)


def _load_lines(lines: Lines, raw: Mapping[str, Any]) -> None:
    for name in _COLUMNS:
        column = getattr(lines, name)
        del column[:]
        column.extend(raw[name])
    for name in _RARE:
        getattr(lines, name).update(dict(raw[name]))
    lines.edited = {line_id: (times[0], times[1]) for line_id, times in lines.edited.items()}
    lines.loose = {line_id: msgspec.convert(row, Loose) for line_id, row in raw["loose"]}
    lines.gone = set(raw["gone"])
