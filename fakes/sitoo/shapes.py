"""Orders as they are served, field by field, in the order of the published example."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from fakes.sitoo.records import CLOSED, PAID, PRODUCT_ITEM, Odd, Order
from fakes.sitoo.wire import MILLI, decimal_text, divided, money_text, percent_number

if TYPE_CHECKING:
    from fakes.sitoo.state import State

_NOTHING = Odd()
_ADDRESS = ("address", "address2", "zip", "city", "state", "countryid")
ADDRESSES = tuple(f"{side}_{part}" for side in ("invoice", "delivery") for part in _ADDRESS)


def _text(name: str) -> Callable[["State", Order], Any]:
    return lambda _state, order: order.fields.get(name, "")


def _kept(name: str, default: Any = None) -> Callable[["State", Order], Any]:
    return lambda _state, order: order.fields.get(name, default)


def _zero(_state: "State", _order: Order) -> str:
    return "0.00"


def _checkout_name(_state: "State", order: Order) -> str:
    if not order.payment:
        return ""
    return f"Sitoo POS - {order.payment}" if order.register else order.payment


def additionaldata(state: "State", order: Order) -> Any:
    """What the till and the customer's CRM left on the order; by switch `[]` when there is nothing."""
    made: dict[str, str] = {}
    if order.register:
        made.update(_from_till(state, order))
    made.update(order.contact.crm)
    made.update(order.fields.get("additionaldata", {}))
    return made if made or state.switches.empty_additionaldata == "object" else []


def _from_till(state: "State", order: Order) -> dict[str, str]:
    register = state.registers[order.register - 1]
    made = {}
    if order.receipt:
        made["pos-receiptid"] = state.receipt_id(order)
    if register.store_id in state.stores.rows:
        made["store-externalid"] = str(state.stores.value(register.store_id, "externalid") or "")
        made["store-name"] = str(state.stores.value(register.store_id, "name"))
    zone = state.zone_of(order)
    if zone and state.switches.pos_timezone != "absent":
        made["pos-timezone"] = zone if state.switches.pos_timezone == "iana" else _offset(zone, order.date)
    return made


def _offset(zone: str, second: int) -> str:
    return datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone)).isoformat()[-6:]


def items(state: "State", order: Order) -> list[Any]:
    """The rows; plain ones as text already, because pages of a thousand orders are made of them."""
    odd, first = state.lines.odd, order.first
    return [
        item(state, place, place - first) if place in odd else plain_item(state, place, place - first)
        for place in range(first, order.stop)
    ]


def plain_item(state: "State", place: int, number: int) -> msgspec.Raw:
    """The same as `item` for a row without anything odd."""
    lines = state.lines
    face, group = _face_texts(state, lines.face[place])
    unit, original, discount = money_text(lines.unit[place]), lines.original[place], lines.discount[place]
    lower = f'"{unit}","moneydiscount":"{money_text(original - lines.unit[place])}"'
    reduced = lower if discount else '"0.00","moneydiscount":"0.00"'
    parts = [f'"orderitem-moneyrowdiscount":"{money_text(discount)}"'] if discount else []
    additional = ",".join([*parts, group] if group else parts)
    empty = "{}" if state.switches.empty_additionaldata == "object" else "[]"
    return msgspec.Raw(
        f'{{"orderitemid":{number},"orderitemtype":{PRODUCT_ITEM},{face}"quantity":{lines.quantity[place]},'
        f'"decimalunitquantity":null,"moneynetpriceperunit":"{unit}","moneypriceorg":"0.00",'
        f'"vatvalue":{percent_number(lines.rate[place])},"deliveryinfo":"",'
        f'"moneyitemtotal_net":"{money_text(lines.net[place])}",'
        f'"moneyitemtotal_vat":"{money_text(lines.vat[place])}","voucherid":0,"vouchercode":"",'
        f'"vouchername":"","moneyoriginalprice":"{money_text(original)}","moneydiscountedprice":{reduced},'
        f'"salestaxes":[],"additionaldata":{f"{{{additional}}}" if additional else empty},'
        f'"decimalquantitytotal":"{lines.quantity[place]}.000","moneynetpriceperquantity":"{unit}"}}'.encode()
    )


def _face_texts(state: "State", number: int) -> tuple[str, str]:
    """What a row says of its product, and of its group, as JSON text."""
    if number not in state.face_texts:
        face = state.faces[number]
        said = {
            "productid": face.product_id or None,
            "productname": face.title,
            "sku": face.sku,
            "productattributes": face.attributes,
            "externalinput": "",
            "externalinputtitle": "",
            "unitlabel": "",
        }
        group = msgspec.json.encode({"product-group-name": face.group}).decode()[1:-1] if face.group else ""
        state.face_texts[number] = (msgspec.json.encode(said).decode()[1:-1] + ",", group)
    return state.face_texts[number]


def item(state: "State", place: int, number: int) -> dict[str, Any]:
    """One row; `number` is its orderitemid."""
    lines = state.lines
    face, odd = state.faces[lines.face[place]], lines.odd.get(place, _NOTHING)
    quantity, unit, original = lines.quantity[place], lines.unit[place], lines.original[place]
    weight, discount = odd.unit_quantity, lines.discount[place]
    discounted = discount != 0
    additional = dict(odd.additional)
    if discount:
        additional.setdefault("orderitem-moneyrowdiscount", money_text(discount))
    if face.group:
        additional.setdefault("product-group-name", face.group)
    per_quantity = divided(unit * weight, MILLI) if weight else unit
    made: dict[str, Any] = {
        "orderitemid": number,
        "orderitemtype": odd.item_type if odd.item_type != PRODUCT_ITEM else PRODUCT_ITEM,
        "productid": face.product_id or None,
        "productname": odd.name or face.title,
        "sku": odd.sku or face.sku,
        "productattributes": odd.attributes or face.attributes,
        "externalinput": "",
        "externalinputtitle": "",
        "unitlabel": "",
        "quantity": quantity,
        "decimalunitquantity": decimal_text(weight) if weight else None,
        "moneynetpriceperunit": money_text(unit),
        "moneypriceorg": "0.00",
        "vatvalue": percent_number(lines.rate[place]),
        "deliveryinfo": "",
        "moneyitemtotal_net": money_text(lines.net[place]),
        "moneyitemtotal_vat": money_text(lines.vat[place]),
        "voucherid": 0,
        "vouchercode": odd.voucher_code,
        "vouchername": odd.voucher_name,
        "moneyoriginalprice": money_text(original),
        "moneydiscountedprice": money_text(unit) if discounted else "0.00",
        "moneydiscount": money_text(original - unit) if discounted else "0.00",
        "salestaxes": _taxes(odd, lines.net[place]),
        "additionaldata": additional if additional or state.switches.empty_additionaldata == "object" else [],
        "decimalquantitytotal": decimal_text(quantity * (weight or MILLI)),
        "moneynetpriceperquantity": money_text(per_quantity),
    }
    return {**made, **odd.fields} if odd.fields else made


def _taxes(odd: Odd, net: int) -> list[dict[str, Any]]:
    if not odd.tax_rate:
        return []
    return [
        {
            "name": "Sales Tax",
            "code": None,
            "externalid": None,
            "groupregion": "",
            "moneytotal": money_text(net),
            "moneytax": money_text(odd.tax),
            "decimaltaxvalue": decimal_text(odd.tax_rate),
        }
    ]


def payments(_state: "State", order: Order) -> list[dict[str, Any]]:
    """The payments: as scripted or posted, else one of the whole amount once the order is paid."""
    listed = order.fields.get("payments")
    if listed is not None:
        return list(listed)
    if not order.payment or order.payment_state != PAID or not order.total:
        return []
    card = order.payment == "Card"
    return [
        {
            "name": order.payment,
            "moneyamount": money_text(order.total),
            "externalid": str(order.receipt) if card else "",
            "reftype": "fakecard" if card else "",
            "refid": str(order.id) if card else "",
            "cardissuer": "Mastercard" if card else "",
            "additionaldata": {},
        }
    ]


def log_items(state: "State", order: Order) -> list[dict[str, Any]]:
    """The order's log, from its creation on."""
    entries: list[list[Any]] = [[order.arrived, 0, None, None]]
    if order.receipt:
        register = state.registers[order.register - 1]
        words = f"Register {register.number} ({register.key})\nReceipt #{order.receipt}\nStaff"
        entries.append([order.arrived, 999, words, None])
        entries.append([order.arrived, state.switches.log_type_state, None, CLOSED])
    entries += order.fields.get("log", [])
    return [
        {"datelog": at, "orderlogtypeid": kind, "strvalue": text, "fvalue": number}
        for at, kind, text, number in entries
    ]


ORDER: Mapping[str, Callable[["State", Order], Any]] = {
    "orderid": lambda _state, order: order.id,
    "eshopid": lambda state, _order: state.site_id,
    "externalid": _kept("externalid"),
    "creditorderid": _kept("creditorderid"),
    "checkouttypeid": lambda _state, _order: 0,
    "deliverytypeid": lambda _state, _order: 0,
    "email": lambda _state, order: order.contact.email,
    "namefirst": lambda _state, order: order.contact.first,
    "namelast": lambda _state, order: order.contact.last,
    "personalid": lambda _state, order: order.contact.personal_id,
    "company": lambda _state, order: order.contact.company,
    "phone": lambda _state, order: order.contact.phone,
    **{name: _text(name) for name in ADDRESSES},
    "comment": _text("comment"),
    "commentinternal": _text("commentinternal"),
    "customerref": _text("customerref"),
    "checkoutref": _text("checkoutref"),
    "moneytotal_net": lambda _state, order: money_text(order.net),
    "moneytotal_vat": lambda _state, order: money_text(order.vat),
    "moneycheckout_net": _zero,
    "moneycheckout_vat": _zero,
    "moneytotal_gross_checkout": _zero,
    "moneydelivery_net": _zero,
    "moneydelivery_vat": _zero,
    "moneytotal_gross_delivery": _zero,
    "moneyfinal_net": lambda _state, order: money_text(order.net),
    "moneyfinal_vat": lambda _state, order: money_text(order.vat),
    "moneyfinal_salestax": lambda _state, order: money_text(order.tax),
    "moneytotal_gross_roundoff": lambda _state, order: money_text(order.round_off),
    "moneytotal_gross_all": lambda _state, order: money_text(order.total),
    "checkouttypename": _checkout_name,
    "checkoutmethodid": lambda _state, _order: 0,
    "checkoutmethodsubid": lambda _state, _order: 0,
    "deliverytypename": _text("deliverytypename"),
    "orderdate": lambda _state, order: order.date,
    "orderstateid": lambda _state, order: order.state,
    "paymentstateid": lambda _state, order: order.payment_state,
    "ordertypeid": lambda _state, order: order.kind,
    "userid_staff": _kept("userid_staff"),
    "registerid": lambda state, order: state.registers[order.register - 1].id if order.register else None,
    "warehouseid": lambda _state, order: order.warehouse or None,
    "datereserved": _kept("datereserved"),
    "currencycode": lambda _state, order: order.currency,
    "additionaldata": additionaldata,
    "orderitems": items,
    "payments": payments,
    "reservedpayments": _kept("reservedpayments", []),
    "orderlogitems": log_items,
}
FIELDS = tuple(ORDER)
LISTED = (
    "orderid",
    "eshopid",
    "email",
    "namefirst",
    "namelast",
    "company",
    "moneyfinal_net",
    "moneyfinal_vat",
    "moneytotal_gross_roundoff",
    "moneytotal_gross_all",
    "checkouttypename",
    "deliverytypename",
    "orderdate",
    "orderstateid",
    "paymentstateid",
    "ordertypeid",
    "registerid",
    "warehouseid",
    "datereserved",
    "currencycode",
    "additionaldata",
    "orderitems",
    "payments",
)


def order_json(state: "State", order: Order, names: Sequence[str] | None = None) -> dict[str, Any]:
    """Some fields of an order; all of them, as a single GET answers, for None.

    The example of a whole order has no `reservedpayments`, so they are left away where there are none.
    """
    made = {name: ORDER[name](state, order) for name in names or FIELDS}
    if names is None and not made["reservedpayments"]:
        del made["reservedpayments"]
    return made
