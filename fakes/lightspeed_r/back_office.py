"""`POST /_fake/actions`: what happens at the till or in the back office and no API of the vendor's can do.

A body is one action or a list of them: {"do": "ship", "sale": "12"}. `at` is when (now unless told; later
means when the clock gets there). Each answers with the id of what it made or changed.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Blueprint, request
from werkzeug.wrappers import Response

from fakes.kit.refusing import Refused
from fakes.lightspeed_r import fields
from fakes.lightspeed_r.records import LineIn

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

Asked = Mapping[str, Any]


def back_office(state: "State") -> Blueprint:
    """The control plane's own route of this fake."""
    office = Blueprint("back_office", __name__, url_prefix="/_fake")

    @office.post("/actions")
    def actions() -> Response:
        try:
            body = msgspec.json.decode(request.get_data())
            done = [_carry_out(state, one) for one in (body if isinstance(body, list) else [body])]
        except (Refused, ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
            words = msgspec.json.encode({"error": str(error) or type(error).__name__})
            return Response(words, status=400, content_type="application/json")
        return Response(msgspec.json.encode({"done": done}), content_type="application/json")

    return office


def _carry_out(state: "State", asked: Any) -> str:
    if not isinstance(asked, dict) or asked.get("do") not in DO:
        raise ValueError(f"an action is an object whose `do` is one of {', '.join(sorted(DO))}")
    return DO[asked["do"]](state, asked) or ""


def _id(asked: Asked, name: str, default: str | None = None) -> str:
    value = asked.get(name, default)
    if value is None:
        raise ValueError(f"`{name}` is missing")
    return str(fields.row_id(name, value))


def _at(state: "State", asked: Asked) -> datetime:
    if "at" not in asked:
        return state.clock.now()
    return datetime.fromtimestamp(fields.instant("at", asked["at"]), UTC)


def _lines(asked: Asked, name: str = "lines") -> list[LineIn]:
    rows = asked.get(name, [])
    if not isinstance(rows, list):
        raise ValueError(f"`{name}` is a list of lines")
    return [_line(row) for row in rows]


def _line(row: Any) -> LineIn:
    if not isinstance(row, dict):
        raise ValueError("a line is an object")
    amounts = {key: _money(key, row[key]) for key in ("discount", "tax", "tax2") if key in row}
    return LineIn(
        _id(row, "item", "0"),
        fields.whole("quantity", row.get("quantity", 1)),
        _money("price", row.get("price", 0)),
        note=fields.text("note", row.get("note")),
        line_type=fields.text("line_type", row.get("line_type")),
        discount_id=_id(row, "discount_id", "0"),
        **amounts,
    )


def _money(name: str, value: Any) -> Decimal:
    return Decimal(fields.amount(name, value)) / 10_000_000


def _returned(asked: Asked) -> dict[str, int]:
    rows = asked.get("returned", {})
    if not isinstance(rows, dict):
        raise ValueError("`returned` is an object of quantities by line id")
    return {str(line): fields.whole("returned", quantity) for line, quantity in rows.items()}


def _sell(state: "State", asked: Asked) -> str:
    later = (
        datetime.fromtimestamp(fields.instant("visible_at", asked["visible_at"]), UTC)
        if "visible_at" in asked
        else None
    )
    return state.sell(
        _id(asked, "shop"),
        _at(state, asked),
        _lines(asked),
        customer_id=_id(asked, "customer", "0"),
        completed=fields.flag("completed", asked.get("completed", True)),
        visible_at=later,
        reference=fields.text("reference", asked.get("reference")),
        reference_source=fields.text("reference_source", asked.get("reference_source")),
        ship_to=fields.flag("ship_to", asked.get("ship_to")),
        payment_type=_id(asked, "payment_type", "1"),
    )


def _refund(state: "State", asked: Asked) -> str:
    return state.refund(_id(asked, "sale"), _at(state, asked), _returned(asked) or None)


def _exchange(state: "State", asked: Asked) -> str:
    return state.exchange(_id(asked, "sale"), _at(state, asked), _returned(asked), _lines(asked, "bought"))


def _gift_card(state: "State", asked: Asked) -> str:
    amount = _money("amount", asked.get("amount"))
    return state.load_gift_card(
        _id(asked, "shop"), _at(state, asked), amount, card_id=_id(asked, "card", "0")
    )


def _void(state: "State", asked: Asked) -> None:
    state.void(
        _id(_known(state, asked), "sale"), _at(state, asked), fields.text("reason", asked.get("reason"))
    )


def _known(state: "State", asked: Asked, name: str = "sale") -> Asked:
    """Raises LookupError for a row that does not exist, before anything is put on the agenda for it."""
    rows = state.sales.rows if name == "sale" else state.customers.rows
    if int(_id(asked, name)) not in rows:
        raise LookupError(f"there is no {name} {_id(asked, name)}")
    return asked


def _ship(state: "State", asked: Asked) -> None:
    state.mark_shipped(_id(asked, "sale"), _at(state, asked))


def _attach(state: "State", asked: Asked) -> None:
    _known(state, _known(state, asked), "customer")
    state.attach_customer(_id(asked, "sale"), _id(asked, "customer"), _at(state, asked))


def _note(state: "State", asked: Asked) -> None:
    state.edit_note(
        _id(_known(state, asked), "sale"), _at(state, asked), fields.text("note", asked.get("note"))
    )


def _merge(state: "State", asked: Asked) -> None:
    for name in ("loser", "winner"):
        _known(state, {"customer": asked.get(name)}, "customer")
    state.merge_customers(_id(asked, "loser"), _id(asked, "winner"), _at(state, asked))


def _failed_payment(state: "State", asked: Asked) -> str:
    return state.archive_payment(_id(asked, "sale"), _money("amount", asked.get("amount")), _at(state, asked))


def _edit_quote(state: "State", asked: Asked) -> str:
    return state.edit_quote(_id(asked, "quote"), _at(state, asked), _lines(asked))


def _stock(state: "State", asked: Asked) -> None:
    item, shop = _id(asked, "item"), _id(asked, "shop")
    if int(item) not in state.items.rows or int(shop) not in state.shops.rows:
        raise LookupError("there is no such item or shop")
    state.set_stock(item, shop, fields.whole("quantity", asked.get("quantity")))


def _shop(state: "State", asked: Asked) -> str:
    name, zone = fields.text("name", asked.get("name")), fields.text("time_zone", asked.get("time_zone"))
    return state.add_shop(
        name or "Shop",
        zone or "US/Eastern",
        max(fields.whole("registers", asked.get("registers", 1)) % 100, 1),
    )


def _add(state: "State", asked: Asked) -> str:
    told = asked.get("fields", {})
    if not isinstance(told, dict):
        raise ValueError("`fields` is an object")
    return state.add(
        fields.text("entity", asked.get("entity")),
        **{key: fields.text(key, one) for key, one in told.items()},
    )


DO: Mapping[str, Callable[["State", Asked], str | None]] = {
    "add": _add,
    "add_shop": _shop,
    "attach_customer": _attach,
    "edit_note": _note,
    "edit_quote": _edit_quote,
    "exchange": _exchange,
    "failed_payment": _failed_payment,
    "load_gift_card": _gift_card,
    "merge_customers": _merge,
    "refund": _refund,
    "sell": _sell,
    "set_stock": _stock,
    "ship": _ship,
    "void": _void,
}
