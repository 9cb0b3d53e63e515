"""The flat sale of API 2.0, and the status that sums up state and attributes."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fakes.lightspeed_x import goods, money, naming
from fakes.lightspeed_x.records import Line, Payment, Sale
from fakes.lightspeed_x.wire import iso

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State

_PLAIN = {"parked": "SAVED", "pending": "OPEN", "voided": "VOIDED", "closed": "CLOSED"}
_PENDING = {
    "pickup": "AWAITING_PICKUP",
    "delivery": "AWAITING_DISPATCH",
    "service": "SERVICE",
    "layby": "LAYBY",
    "onaccount": "ONACCOUNT",
}
_CLOSED = {
    "pickup": "PICKED_UP_CLOSED",
    "delivery": "DISPATCHED_CLOSED",
    "service": "SERVICE_CLOSED",
    "layby": "LAYBY_CLOSED",
    "onaccount": "ONACCOUNT_CLOSED",
}
STATES = {
    **{word: (state, ()) for state, word in _PLAIN.items()},
    **{word: ("pending", (attribute,)) for attribute, word in _PENDING.items()},
    **{word: ("closed", (attribute,)) for attribute, word in _CLOSED.items()},
}
"""status -> (state, attributes)."""
_LINE_STATUS = {"parked": "SAVED", "pending": "SAVED", "voided": "VOIDED", "closed": "CONFIRMED"}
_NIL = Decimal("0.00000")


def status(sale: Sale) -> str:
    """The legacy status; of several attributes the one about handing over goods wins."""
    words = _PENDING if sale.state == "pending" else _CLOSED if sale.state == "closed" else {}
    return next((word for name, word in words.items() if name in sale.attributes), _PLAIN[sale.state])


def line_status(sale: Sale) -> str:
    """SAVED until the goods are gone."""
    if sale.state == "pending" and "onaccount" in sale.attributes:
        return "CONFIRMED"
    return _LINE_STATUS[sale.state]


def sale(state: "State", row: Sale) -> dict[str, Any]:
    """One sale as GET /api/2.0/sales shows it."""
    net, tax = money.net_total(row), money.tax_total(row)
    shown: dict[str, Any] = {
        "id": row.id,
        "outlet_id": state.registers.rows[row.register_id].data["outlet_id"],
        "register_id": row.register_id,
        "user_id": row.user_id,
        "customer_id": row.customer_id,
        "invoice_number": row.invoice,
        "invoice_sequence": sequence_of(row),
        "receipt_sequence": sequence_of(row),
        "source": row.source,
        "source_id": row.source_id,
        "status": status(row),
        "state": row.state,
        "attributes": list(row.attributes),
        "note": row.note,
        "short_code": naming.short_code(row.id),
        "return_for": row.return_for,
        "return_ids": list(row.return_ids),
        "total_price": net,
        "total_tax": tax,
        "total_loyalty": money.loyalty_total(row),
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "sale_date": iso(row.at),
        "deleted_at": iso(row.deleted_at),
        "line_items": lines(state, row),
        "payments": [payment(state, row, number, one) for number, one in enumerate(row.payments, 1)],
        "adjustments": [adjustment(state, *one) for one in row.adjustments],
        "ecom_custom_charges": [charge(one) for one in row.charges],
        "external_applications": [],
        "accounts_transaction_id": None,
        "has_unsynced_on_account_payments": False,
        "complete_open_sequence_id": open_sequence(state, row),
        "version": row.version,
        "receipt_number": row.invoice,
        "total_price_incl": net + tax,
        "taxes": [{"amount": amount, "id": rate_id} for rate_id, amount in taxes(state, row).items()],
    }
    return shown


def sequence_of(row: Sale) -> int | None:
    """The running number inside an invoice number."""
    digits = "".join(one for one in row.invoice if one in "0123456789")
    return int(digits[-15:]) if digits else None


def lines(state: "State", row: Sale) -> list[dict[str, Any]]:
    """The sale's lines."""
    word = line_status(row)
    return [_line(state, row, number, one, word) for number, one in enumerate(row.lines, 1)]


def _line(state: "State", sale: Sale, number: int, line: Line, word: str) -> dict[str, Any]:
    count, rare = line.quantity, line.rare
    rate_id = goods.rate_of(state, line.tax_id)["id"]
    discount_total, price_total = line.discount * count, line.price * count
    cost_total, tax_total, loyalty_total = line.cost * count, line.tax * count, line.loyalty * count
    sequence = number - 1
    return {
        "id": rare.id or naming.part_id(sale.id, number),
        "product_id": line.product_id,
        "tax_id": line.tax_id,
        "discount_total": discount_total,
        "discount": line.discount,
        "price_total": price_total,
        "price": line.price,
        "cost_total": cost_total,
        "cost": line.cost,
        "tax_total": tax_total,
        "tax": line.tax,
        "quantity": count,
        "loyalty_value": line.loyalty,
        "note": rare.note,
        "price_set": int(rare.price_set) if state.switches.loose_types else rare.price_set,
        "status": word,
        "sequence": str(sequence) if state.switches.loose_types else sequence,
        "gift_card_number": rare.gift_card_number,
        "tax_components": [{"rate_id": rate_id, "total_tax": tax_total}],
        "promotions": [promotion(state, one) for one in rare.promotions],
        "salesperson_id": rare.salesperson_id,
        "surcharges": [{"value": rare.surcharge, "tax_components": []}] if rare.surcharge else [],
        "unit_cost": line.cost,
        "unit_discount": line.discount,
        "unit_loyalty_value": line.loyalty,
        "unit_price": line.price,
        "unit_tax": line.tax,
        "total_cost": cost_total,
        "total_discount": discount_total,
        "total_loyalty_value": loyalty_total,
        "total_price": price_total,
        "total_tax": tax_total,
        "is_return": rare.is_return,
    }


def payment(state: "State", sale: Sale, number: int, one: Payment) -> dict[str, Any]:
    kind = state.payment_types.rows[one.type_id].data
    return {
        "id": one.id or naming.part_id(sale.id, 1_000 + number),
        "register_id": sale.register_id,
        "outlet_id": state.registers.rows[sale.register_id].data["outlet_id"],
        "retailer_payment_type_id": one.type_id,
        "payment_type_id": str(kind["type_id"]),
        "name": kind["name"],
        "amount": money.five(one.amount),
        "payment_date": iso(sale.at if one.at is None else one.at),
        "deleted_at": iso(one.deleted_at),
        "external_attributes": [dict(each) for each in one.attributes],
        "source_id": one.source_id,
        "surcharge": None,
    }


def adjustment(state: "State", kind: str, name: str, total: Decimal) -> dict[str, Any]:
    key = "type" if state.switches.adjustment_keys == "type_value" else "adjustment_type"
    return {key: kind, "name": name, "value": total}


def charge(one: Any) -> dict[str, Any]:
    return {
        "name": one.name,
        "source_id": one.source_id,
        "total": one.total,
        "total_tax": one.total_tax,
        "total_incl": one.total + one.total_tax,
        "tax_components": [],
    }


def promotion(state: "State", one: Any) -> dict[str, Any]:
    known = state.names.get(("promotions", one.name), "")
    return {
        "id": one.id or known,
        "name": one.name,
        "amount": one.amount,
        "promo_code": one.promo_code,
        "promo_code_id": "",
    }


def taxes(state: "State", row: Sale) -> dict[str, Decimal]:
    """What of the sale's tax falls to each rate."""
    found: dict[str, Decimal] = {}
    for line in row.lines:
        rate_id = goods.rate_of(state, line.tax_id)["id"]
        found[rate_id] = found.get(rate_id, _NIL) + line.tax * line.quantity
    return found


def open_sequence(state: "State", row: Sale) -> str | None:
    """The register's opening in which the sale was finished."""
    if row.state != "closed":
        return None
    sequence: str = state.registers.rows[row.register_id].data["register_open_sequence_id"]
    return sequence
