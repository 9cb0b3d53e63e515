"""The whole truth as one JSON object, and back: for `GET` and `PUT /_fake/state`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from fakes.lightspeed_x.records import Customer, Row, Sale

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State

_TABLES = (
    "outlets", "registers", "users", "customers", "customer_groups", "products", "brands", "tags",
    "product_categories", "suppliers", "taxes", "payment_types", "channels", "promotions", "gift_cards",
    "store_credits", "webhooks", "sales",
)  # fmt: skip
_ROWS: Mapping[str, type] = {"customers": Customer, "sales": Sale}
_PLAIN = ("turn", "named", "counter", "opened_at")
_IDS = (
    "retailer_id", "outlet_id", "register_id", "user_id", "walkin_id", "group_id", "tax_id",
    "discount_product_id",
)  # fmt: skip
# Decimals inside free-form data would come back as text: they are marked.
_MARK = "\0decimal:"


def dump(state: "State") -> dict[str, Any]:
    """Tables as lists of rows, what is committed, what is reserved, and the agenda."""
    state.settle()
    return {
        **{name: getattr(state, name) for name in (*_PLAIN, *_IDS)},
        "tables": {name: [_out(row) for row in getattr(state, name)] for name in _TABLES},
        "hidden": _hidden(state),
        "names": [[*key, row_id] for key, row_id in state.names.items()],
        "registers_of": dict(state.registers_of),
        "reserved": dict(state.reserved),
        "agenda": [[at, order, action, _marked(list(args))] for at, order, action, args in state.agenda.due],
    }


def load(state: "State", dumped: Mapping[str, Any]) -> None:
    """Put a dumped truth in place of the present one. Raises ValueError or KeyError when it is not one."""
    read = {name: [_in(name, raw) for raw in dumped["tables"][name]] for name in _TABLES}
    plain = {name: int(dumped[name]) for name in _PLAIN} | {name: str(dumped[name]) for name in _IDS}
    hidden, names, agenda = set(dumped["hidden"]), dumped["names"], dumped["agenda"]
    state.clear()
    for name, value in plain.items():
        setattr(state, name, value)
    for name, rows in read.items():
        table = getattr(state, name)
        table.rows.update((row.id, row) for row in rows)
        for row in sorted(rows, key=lambda row: int(row.version)):
            if row.version and row.id not in hidden:
                table.feed.put(row.version, row.id)
    state.names = {(table, name): row_id for table, name, row_id in names}
    state.registers_of = dict(dumped["registers_of"])
    state.reserved = {key: int(value) for key, value in dumped["reserved"].items()}
    for at, order, action, args in agenda:
        state.agenda.put(int(at), int(order), str(action), *_unmarked(args))


def _hidden(state: "State") -> list[str]:
    """Committed sales that a fault keeps out of the feed for now."""
    shown = set(state.sales.feed.walk(0))
    return [row.id for row in state.sales if row.version and row.id not in shown]


def _out(row: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {name: getattr(row, name) for name in row.__slots__}
    if isinstance(row, Sale):
        return dict(msgspec.to_builtins(shown))
    return dict(msgspec.to_builtins(_marked(shown)))


def _in(name: str, raw: Mapping[str, Any]) -> Any:
    kind = _ROWS.get(name, Row)
    return msgspec.convert(dict(raw) if kind is Sale else _unmarked(raw), kind)


def _marked(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{_MARK}{value}"
    if isinstance(value, Mapping):
        return {key: _marked(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_marked(one) for one in value]
    return value


def _unmarked(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_MARK):
        return Decimal(value.removeprefix(_MARK))
    if isinstance(value, Mapping):
        return {key: _unmarked(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_unmarked(one) for one in value]
    return value
