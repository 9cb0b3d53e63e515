"""Orders as they are written over HTTP: gross rows in, net rows kept.

`moneyrowprice` is the gross price of the whole row and `moneyrowdiscount` its gross discount. A row of the
type "discount" must follow its product's row and lowers that row.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fakes.sitoo import trade
from fakes.sitoo.documents import Field, Row, read_fields
from fakes.sitoo.errors import Refused
from fakes.sitoo.pricing import price_row
from fakes.sitoo.records import BOOKING, OPEN, ORDER, PARKED, PRODUCT_ITEM, UNPAID, Contact, Odd, Order
from fakes.sitoo.shapes import ADDRESSES
from fakes.sitoo.wire import cents, divided, milli

if TYPE_CHECKING:
    from fakes.sitoo.state import State

_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_COUNTRY = re.compile(r"[A-Za-z]{2}|")
_CURRENCY = re.compile(r"[A-Z]{3}")
ROWS_MAX = 1000
_ENUMS = {
    "orderstateid": (0, 10, 20, -1),
    "paymentstateid": (0, 10, 15, 20, 30, 40),
    "ordertypeid": (ORDER, BOOKING, PARKED),
}
_WHOLE = 100_000


def _table(*fields: Field) -> dict[str, Field]:
    return {one.name: one for one in fields}


def _texts(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, "text", "", "w") for name in names)


ORDER_FIELDS = _table(
    Field("externalid", "text", None, "w"),
    Field("creditorderid", "int", None, "w"),
    *_texts("email", "namefirst", "namelast", "personalid", "company", "phone", *ADDRESSES),
    *_texts("comment", "commentinternal", "customerref", "checkoutref"),
    Field("orderdate", "date", 0, "w"),
    Field("orderstateid", "int", 0, "w"),
    Field("paymentstateid", "int", 0, "w"),
    Field("ordertypeid", "int", 0, "w"),
    Field("warehouseid", "int", None, "w"),
    Field("datereserved", "date", None, "w"),
    Field("currencycode", "text", "", "w"),
    Field("additionaldata", "object", {}, "w"),
    Field("orderitems", "objects", [], "w"),
    Field("payments", "objects", [], "w"),
    Field("reservedpayments", "objects", [], "w"),
)
ITEM_FIELDS = _table(
    Field("orderitemtype", "int", PRODUCT_ITEM, "w"),
    *_texts("productname", "sku", "productattributes", "externalinput", "externalinputtitle", "unitlabel"),
    Field("quantity", "int", 0, "w"),
    Field("decimalunitquantity", "decimal", None, "w"),
    Field("moneypriceorg", "money", "0.00", "w"),
    Field("vatvalue", "number", 0, "w"),
    *_texts("deliveryinfo", "vouchercode", "vouchername", "vouchercomment"),
    Field("vouchervalue", "number", 0, "w"),
    Field("salestaxes", "objects", [], "w"),
    Field("additionaldata", "object", {}, "w"),
    Field("moneyrowprice", "money", "0.00", "w"),
    Field("moneyrowdiscount", "money", "0.00", "w"),
)
PAYMENT_FIELDS = _table(
    Field("name", "text", "", "w"),
    Field("moneyamount", "money", "0.00", "w"),
    Field("externalid", "text", "", "wn"),
    Field("reftype", "text", "", "wn"),
    Field("refid", "text", "", "wn"),
    Field("cardissuer", "text", "", "wn"),
    Field("reservedpaymentid", "text", None, "w"),
    Field("additionaldata", "object", {}, "w"),
)
RESERVED_FIELDS = _table(
    Field("id", "text", "", "w"),
    Field("moneyreserved", "money", "0.00", "w"),
    *(one for name, one in PAYMENT_FIELDS.items() if name not in ("moneyamount", "reservedpaymentid")),
)
TAX_FIELDS = _table(
    *_texts("name", "code", "externalid", "groupregion"),
    Field("moneytotal", "money", "0.00", "w"),
    Field("moneytax", "money", "0.00", "w"),
    Field("decimaltaxvalue", "decimal", "0.000", "w"),
)


def add_order(state: "State", given: object) -> int:
    """What POST does: a web order of now unless said otherwise. Raises Refused(400)."""
    row = _read(state, given)
    if "ordertypeid" not in row:
        raise Refused(400, "order: ordertypeid is required.")
    now = state.now()
    places = _write_rows(state, row.get("orderitems", []))
    draft = trade.Draft(
        at=row.get("orderdate", now),
        visible_at=now,
        register=None,
        contact=state.interned(Contact()),
        kind=row["ordertypeid"],
        state=row.get("orderstateid", OPEN),
        payment_state=row.get("paymentstateid", UNPAID),
        payment=[],
        currency=row.get("currencycode") or state.currency,
        warehouse=row.get("warehouseid") or 0,
        deliver=False,
    )
    order = trade.ring_up(state, draft, places)
    for name in row.keys() - {"ordertypeid", "orderitems", "orderdate", "orderstateid", "paymentstateid"}:
        trade._set(state, order, name, row[name])
    state.version += 1
    return order.id


def update_order(state: "State", order: Order, given: object) -> bool:
    """What PUT does: only the fields sent change; rows are replaced. Raises Refused(400)."""
    row = _read(state, given, order)
    if "orderitems" in row:
        row["orderitems"] = _write_rows(state, row["orderitems"])
    state.version += 1
    trade.change(state, state.now(), order.id, row)
    return True


def _read(state: "State", given: object, order: Order | None = None) -> Row:
    unknown = state.switches.unknown_field
    row = read_fields(ORDER_FIELDS.get, given, unknown=unknown, name="order")
    for name, values in _ENUMS.items():
        if name in row and row[name] not in values and state.switches.unknown_enum == "refuse":
            raise Refused(400, f"order: {name} must be one of {', '.join(map(str, values))}.")
    _check_external_id(state, row.get("externalid"), order)
    if row.get("currencycode") and not _CURRENCY.fullmatch(row["currencycode"]):
        raise Refused(400, "order: currencycode must be three capital letters.")
    if row.get("warehouseid") is not None and row["warehouseid"] not in state.warehouses.rows:
        raise Refused(400, "order: there is no such warehouseid.")
    for name in ("invoice_countryid", "delivery_countryid"):
        if not _COUNTRY.fullmatch(row.get(name, "")):
            raise Refused(400, f"order: {name} must be two letters.")
    if any(not isinstance(value, str) for value in row.get("additionaldata", {}).values()):
        raise Refused(400, "order: the values of additionaldata must be strings.")
    if "payments" in row:
        row["payments"] = [_payment(state, one) for one in row["payments"]]
    if "reservedpayments" in row:
        row["reservedpayments"] = [_reserved(state, one) for one in row["reservedpayments"]]
    if "orderitems" in row:
        row["orderitems"] = _read_items(state, row["orderitems"])
    return row


def _check_external_id(state: "State", external_id: str | None, order: Order | None) -> None:
    if external_id is None:
        return
    if not _EXTERNAL_ID.fullmatch(external_id):
        raise Refused(400, "order: externalid takes 1 to 40 of A-Z, a-z, 0-9, _ and -.")
    for other in state.orders:
        if other is not order and other.fields.get("externalid") == external_id:
            raise Refused(400, "order: externalid must be unique.")


def _payment(state: "State", given: object) -> dict[str, Any]:
    row = read_fields(PAYMENT_FIELDS.get, given, unknown=state.switches.unknown_field, name="payment")
    _require(row, "payment", "name", "moneyamount")
    made = {name: one.default for name, one in PAYMENT_FIELDS.items() if one.default is not None}
    return {**made, "additionaldata": {}, **row}


def _reserved(state: "State", given: object) -> dict[str, Any]:
    row = read_fields(
        RESERVED_FIELDS.get, given, unknown=state.switches.unknown_field, name="reserved payment"
    )
    _require(row, "reserved payment", "id", "name", "moneyreserved")
    return {**{name: one.default for name, one in RESERVED_FIELDS.items()}, "additionaldata": {}, **row}


def _require(row: Mapping[str, Any], name: str, *fields: str) -> None:
    for one in fields:
        if row.get(one) in (None, ""):
            raise Refused(400, f"{name}: {one} is required.")


def _read_items(state: "State", given: list[object]) -> list[Row]:
    if len(given) > ROWS_MAX:
        raise Refused(400, f"order: at most {ROWS_MAX} orderitems.")
    rows: list[Row] = []
    for one in given:
        row = read_fields(ITEM_FIELDS.get, one, unknown=state.switches.unknown_field, name="orderitem")
        _check_item(state, row, rows)
        rows.append(row)
    return rows


def _check_item(state: "State", row: Row, before: list[Row]) -> None:
    _require(row, "orderitem", "productname")
    if not isinstance(row.get("quantity"), int):
        raise Refused(400, "orderitem: quantity is required.")
    if abs(row["quantity"]) > 1_000_000 or not 0 <= row.get("vatvalue", 0) <= 100:
        raise Refused(400, "orderitem: quantity or vatvalue is out of range.")
    kind, discount = row.get("orderitemtype", PRODUCT_ITEM), state.switches.discount_item_type
    if kind not in (PRODUCT_ITEM, discount) and state.switches.unknown_enum == "refuse":
        raise Refused(400, "orderitem: unknown orderitemtype.")
    if kind == discount and (not before or before[-1].get("orderitemtype", PRODUCT_ITEM) != PRODUCT_ITEM):
        raise Refused(400, "orderitem: a discount must follow the product it belongs to.")
    if cents(row.get("moneyrowdiscount", "0")) < 0 or cents(row.get("moneyrowprice", "0")) < 0:
        raise Refused(400, "orderitem: moneyrowprice and moneyrowdiscount must not be negative.")
    for tax in row.get("salestaxes", []):
        read_fields(TAX_FIELDS.get, tax, unknown=state.switches.unknown_field, name="salestax")


def _write_rows(state: "State", rows: list[Row]) -> list[int]:
    return [_write_row(state, row) for row in rows]


def _write_row(state: "State", row: Row) -> int:
    rate, quantity = milli(str(row.get("vatvalue", 0))), row["quantity"]
    weight = milli(row["decimalunitquantity"]) if row.get("decimalunitquantity") else 0
    gross, discount = cents(row.get("moneyrowprice", "0")), cents(row.get("moneyrowdiscount", "0"))
    by_unit = state.switches.line_net == "unit"
    priced = price_row(gross, quantity or 1, rate, discount, max(weight, 0), by_unit)
    face = next((n for n in state.face_of.values() if row.get("sku") and state.faces[n].sku == row["sku"]), 0)
    place = state.lines.append(face, quantity, priced, rate, discount)
    tax = sum(cents(one.get("moneytax", "0")) for one in row.get("salestaxes", []))
    tax_rate = sum(milli(one.get("decimaltaxvalue", "0")) for one in row.get("salestaxes", []))
    served = (
        "externalinput",
        "externalinputtitle",
        "unitlabel",
        "deliveryinfo",
        "moneypriceorg",
        "salestaxes",
    )
    additional = {name: str(value) for name, value in row.get("additionaldata", {}).items()}
    state.lines.odd[place] = Odd(
        name=row["productname"],
        sku=row.get("sku", ""),
        attributes=row.get("productattributes", ""),
        unit_quantity=max(weight, 0),
        voucher_code=row.get("vouchercode", ""),
        voucher_name=row.get("vouchername", ""),
        tax=tax,
        tax_rate=tax_rate or (divided(tax * _WHOLE, abs(priced.net)) if tax and priced.net else 0),
        item_type=row.get("orderitemtype", PRODUCT_ITEM),
        additional=additional,
        fields={name: row[name] for name in (*served, "vouchercomment", "vouchervalue") if row.get(name)},
    )
    return place
