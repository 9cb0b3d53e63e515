"""Which function carries out a write, what it costs and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from fakes.kit.refusing import Refused
from fakes.lightspeed_r import (
    fields,
    people,
    pricing,
    refunds,
    trade,
    write_goods,
    write_lines,
    write_people,
    write_sales,
)
from fakes.lightspeed_r.docs import SCHEMAS, Schema
from fakes.lightspeed_r.entities import text_of
from fakes.lightspeed_r.fields import Body
from fakes.lightspeed_r.shapes_goods import shop_text
from fakes.lightspeed_r.state import State
from fakes.lightspeed_r.target import ACTIONS, Target

_NONE: frozenset[str] = frozenset()
# What a written sale shows without being asked.
_SALE_SHOWS = frozenset(
    ("Customer", "TaxCategory", "TaxCategory.TaxCategoryClasses", "SaleLines", "SaleLines.Note",
     "SalePayments",      "SalePayments.PaymentType", "SalePayments.SaleAccounts")
)  # fmt: skip
_REFUND_SHOWS = frozenset(("SaleLines", "SalePayments", "SalePayments.PaymentType"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What to show: a row with relations and a fragment, or its last text, or a message."""

    row_id: int = 0
    loaded: frozenset[str] = _NONE
    extra: str = ""
    text: str | None = None
    message: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """One entity's writes; None where the vendor has no such method."""

    create: Callable[[State, Body], int] | None = None
    update: Callable[[State, int, Body], None] | None = None
    delete: Callable[[State, int], None] | None = None


def _archiving(table: str) -> Callable[[State, int], None]:
    update = write_goods.renaming(table, "")
    return lambda state, row_id: update(state, row_id, {"archived": True})


def _doc(schema: Schema) -> Writer:
    verbs = schema.verbs
    return Writer(
        partial(_create_doc, schema) if "P" in verbs else None,
        partial(write_goods.update_doc, schema) if "U" in verbs else None,
        partial(write_goods.delete_doc, schema) if "D" in verbs else None,
    )


def _create_doc(schema: Schema, state: State, body: Body) -> int:
    return write_goods.create_doc(schema, state, body, {})


def _custom_field(of: str) -> Writer:
    schema = SCHEMAS["CustomField"]
    return Writer(
        lambda state, body: write_goods.create_doc(schema, state, body, {"of": of}),
        partial(write_goods.update_doc, schema),
        partial(write_goods.delete_doc, schema),
    )


def _change_ship_to(state: State, row_id: int, body: Body) -> None:
    """Read-only at the vendor's; by switch a script may tick `shipped`."""
    if not state.switches.ship_to_writable:
        raise Refused(405, "Method not allowed.")
    if fields.flag("shipped", body.get("shipped")):
        trade.ship(state, state.now(), row_id)


WRITERS: Mapping[str, Writer] = {
    **{name: _doc(schema) for name, schema in SCHEMAS.items()},
    "Sale": Writer(write_sales.create, write_sales.update, write_sales.archive),
    "Customer": Writer(write_people.create, write_people.update, write_people.archive),
    "Item": Writer(write_goods.create_item, write_goods.update_item, write_goods.archive_item),
    "Category": Writer(write_goods.create_category, write_goods.update_category, write_goods.delete_category),
    "CreditAccount": Writer(
        write_people.create_account, write_people.update_account, write_people.archive_account
    ),
    "Manufacturer": Writer(
        write_goods.create_manufacturer, write_goods.renaming("manufacturers", "manufacturerID")
    ),
    "Discount": Writer(
        write_goods.create_discount, write_goods.renaming("discounts", "discountID"), _archiving("discounts")
    ),
    "CustomerType": Writer(
        write_goods.create_customer_type, write_goods.renaming("customer_types", "customerTypeID")
    ),
    "Image": Writer(write_goods.create_image),
    "ShipTo": Writer(update=_change_ship_to),
    **{f"{of}/CustomField": _custom_field(of) for of in ("Customer", "Item", "Order")},
}


class Writing:
    """Carries out POST, PUT and DELETE on one state."""

    def __init__(self, state: State) -> None:
        self.state = state

    def allows(self, verb: str, target: Target) -> bool:
        """Whether the vendor has this method on this path at all."""
        if target.action:
            return ACTIONS[target.entity.name, target.action][0] == verb
        if target.entity.name == "SaleLine":
            return (verb == "POST") == (target.row_id is None)
        writer = WRITERS.get(target.entity.name, Writer())
        if target.row_id is None:
            return verb == "POST" and writer.create is not None
        return (verb == "PUT" and writer.update is not None) or (
            verb == "DELETE" and writer.delete is not None
        )

    def carry_out(self, verb: str, target: Target, body: Body) -> Answer:
        """Do it, or raise `Refused` and leave everything as it was."""
        self.state.version += 1
        try:
            return self._carry_out(verb, target, body)
        finally:
            # Whatever was looked up half way through is not to be believed afterwards.
            self.state.version += 1

    def _carry_out(self, verb: str, target: Target, body: Body) -> Answer:
        state = self.state
        if target.action:
            return self._act(verb, target, body)
        if target.entity.name == "SaleLine":
            return self._line(verb, target, body)
        writer = WRITERS.get(target.entity.name, Writer())
        if verb == "POST" and target.row_id is None and writer.create is not None:
            body = {**body, target.parent[0]: target.parent[1]} if target.parent else body
            return self._shown(target, writer.create(state, body))
        row_id = self._row(target)
        if verb == "PUT" and writer.update is not None:
            writer.update(state, row_id, body)
        elif verb == "DELETE" and writer.delete is not None:
            last = text_of(target.entity, state, target.entity.find(state, row_id), _NONE)
            writer.delete(state, row_id)
            if target.entity.name == "Workorder":
                return Answer(message={"name": "Workorder", "primaryID": str(row_id)})
            if target.entity.find(state, row_id) is None:
                return Answer(text=last)
        else:
            raise Refused(405, "Method not allowed.")
        return self._shown(target, row_id)

    def _act(self, verb: str, target: Target, body: Body) -> Answer:
        state, row_id = self.state, target.row_id or 0
        if verb == "POST" and target.action == "refund":
            return Answer(refunds.refund(state, row_id, body), _REFUND_SHOWS)
        if verb == "POST" and target.action == "EmailReceipt":
            refunds.sale_of(state, row_id)
            address = fields.text("emailAddress", body.get("emailAddress"))
            if not address:
                raise Refused(400, "emailAddress cannot be blank.")
            return Answer(message={"message": f"Receipt emailed to: {address}"})
        if verb == "DELETE" and target.action == "Anonymize":
            people.anonymize(state, state.now(), self._row(target))
            return Answer(row_id, frozenset({"Contact"}))
        raise Refused(405, "Method not allowed.")

    def _line(self, verb: str, target: Target, body: Body) -> Answer:
        """Lines of an open sale (below it, or naming it), and reservations (of none)."""
        state = self.state
        if verb == "POST" and target.row_id is None:
            sale_id = target.parent[1] if target.parent else fields.row_id("saleID", body.get("saleID"))
            if not sale_id:
                return Answer(write_lines.reserve(state, body))
            sale = write_sales.open_sale(state, sale_id)
            write_sales.update(state, sale_id, {"SaleLines": {"SaleLine": [_without(body, "saleLineID")]}})
            return Answer(list(sale.line_ids)[-1])
        line_id = self._row(target)
        sale_id = state.lines.sale_id[line_id]
        if verb == "PUT" and sale_id:
            write_sales.open_sale(state, sale_id)
            write_sales.update(state, sale_id, {"SaleLines": {"SaleLine": [{**body, "saleLineID": line_id}]}})
        elif verb == "PUT" and fields.row_id("saleID", body.get("saleID")):
            wanted = write_sales.open_sale(state, fields.row_id("saleID", body.get("saleID")))
            write_sales.update(state, wanted.id, {"SaleLines": {"SaleLine": [{"saleLineID": line_id}]}})
        elif verb == "PUT":
            write_lines.change_reservation(state, line_id, body)
        elif verb == "DELETE":
            return self._delete_line(target, line_id, sale_id)
        else:
            raise Refused(405, "Method not allowed.")
        return Answer(line_id)

    def _delete_line(self, target: Target, line_id: int, sale_id: int) -> Answer:
        state = self.state
        last = text_of(target.entity, state, line_id, _NONE)
        if sale_id:
            sale = write_sales.open_sale(state, sale_id)
            sale.line_ids = [one for one in sale.line_ids if one != line_id]
        else:
            write_lines.let_go(state, line_id)
        write_lines.remove(state, line_id)
        if sale_id:
            state.extras["Sale"].setdefault(sale_id, {})
            pricing.total_up(state, state.sales.rows[sale_id])
        return Answer(text=last)

    def _row(self, target: Target) -> int:
        """The row a write is about. Raises `Refused` (404, 405)."""
        if target.row_id is None:
            raise Refused(405, "Method not allowed.")
        row = target.entity.find(self.state, target.row_id)
        parent = target.parent
        if row is None or (parent and int(target.entity.fast[parent[0]](self.state, row)) != parent[1]):
            raise Refused(
                404, f"Object of type '{target.entity.wire}' not found with primary ID '{target.row_id}'."
            )
        return target.row_id

    def _shown(self, target: Target, row_id: int) -> Answer:
        if target.entity.name != "Sale":
            return Answer(row_id, frozenset({"Contact"}) if target.entity.name == "Customer" else _NONE)
        state = self.state
        shop = state.shops.rows[state.sales.rows[row_id].shop_id]
        return Answer(row_id, _SALE_SHOWS, f',"Shop":{shop_text(state, shop, _NONE)}')


def body_cost(entity: str, verb: str, body: Body, action: tuple[str, int] | None) -> Decimal:
    """Drips of a write: its base, 0.5 for every nested row, 3 more for completing a sale."""
    if action is not None:
        return Decimal(action[1])
    base = {"Sale": 2, "SaleLine": 2, "Category": 10}.get(entity, 1)
    done = str(body.get("completed", "")).lower() == "true" and entity == "Sale"
    nested = sum(_nested(value) for value in body.values()) if verb != "DELETE" else 0
    return Decimal(base) + (3 if done else 0) + Decimal(nested) / 2


def _nested(value: Any) -> int:
    """How many rows a relation of a body holds; a wrapper round them is none."""
    if isinstance(value, list):
        return sum(_nested(one) for one in value)
    if not isinstance(value, dict):
        return 0
    inner = [one for one in value.values() if isinstance(one, dict | list)]
    wraps = bool(inner) and len(inner) == len(value)
    return sum(_nested(one) for one in inner) + (0 if wraps else 1)


def _without(body: Body, name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}
