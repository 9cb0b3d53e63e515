"""`Sale/{id or ticketNumber}/refund`: all of a sale, or the lines named, given back."""

from typing import TYPE_CHECKING

from fakes.kit.refusing import Refused
from fakes.lightspeed_r import fields, write_lines, write_sales
from fakes.lightspeed_r.fields import Body
from fakes.lightspeed_r.records import Sale

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

_TICKETS = 220_000_000_000
_KEYS = ("employeeID", "registerID", "shopID")


def sale_of(state: "State", number: int) -> Sale:
    """The sale with this id or ticket number. Raises `Refused` (404)."""
    sale = state.sales.find(number) or state.sales.find(number - _TICKETS)
    if sale is None:
        raise Refused(404, f"Object of type 'Sale' not found with primary ID '{number}'.")
    return sale


def refund(state: "State", number: int, body: Body) -> int:
    """A new sale of negative lines, completed unless it says otherwise. Raises `Refused`."""
    sale = sale_of(state, number)
    if not sale.completed or sale.voided:
        raise Refused(state.switches.validation_status, "Only a completed sale can be refunded.")
    payments = fields.rows("SalePayments", body.get("SalePayments"), "SalePayment")
    if not payments:
        raise Refused(
            state.switches.validation_status, "A refund needs a SalePayment with its paymentTypeID."
        )
    lines = fields.rows("SaleLines", body.get("SaleLines"), "SaleLine")
    whole = {
        "shopID": sale.shop_id,
        "registerID": sale.register_id,
        **{key: body[key] for key in _KEYS if body.get(key)},
        "customerID": sale.customer_id,
        "completed": fields.flag("completed", body.get("completed", True)),
        "SaleLines": {"SaleLine": lines or _everything(state, sale)},
        "SalePayments": {"SalePayment": [_paid_back(sale, one) for one in payments]},
    }
    category = state.extras["Sale"].get(sale.id, {}).get("taxCategoryID")
    return write_sales.create(state, {**whole, "taxCategoryID": category} if category else whole)


def _everything(state: "State", sale: Sale) -> list[Body]:
    left = {line_id: write_lines.left(state, line_id) for line_id in sale.line_ids}
    rows: list[Body] = [
        {"parentSaleLineID": line_id, "unitQuantity": -quantity}
        for line_id, quantity in left.items()
        if quantity > 0
    ]
    if not rows:
        raise Refused(state.switches.validation_status, "Nothing of this sale is left to refund.")
    return rows


def _paid_back(sale: Sale, payment: Body) -> Body:
    """A card refund points at the payment it gives back."""
    kind = fields.row_id("paymentTypeID", payment.get("paymentTypeID"))
    original = next((one.id for one in sale.payments if one.type_id == kind == 3 and not one.archived), 0)
    return {"refPaymentID": original, **payment} if original else payment
