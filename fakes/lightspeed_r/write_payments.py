"""Payments of a sale: written with it, and made to come to its total when it is completed."""

from typing import TYPE_CHECKING

from fakes.kit.refusing import Refused
from fakes.lightspeed_r import fields
from fakes.lightspeed_r.fields import Body
from fakes.lightspeed_r.records import Payment, Sale
from fakes.lightspeed_r.shapes import CREDIT_CARD, ON_ACCOUNT, PAYMENT
from fakes.lightspeed_r.trade import CASH, GIFT_CARD
from fakes.lightspeed_r.wire import decimal_text

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

_WORDS = """
amount tipAmount paymentTypeID archived remoteReference paymentID ccChargeID refPaymentID registerID
employeeID creditAccountID salePaymentID saleID
"""
WRITABLE = frozenset(_WORDS.split())
_TEXTS = ("remoteReference", "paymentID")
_IDS = ("ccChargeID", "employeeID", "creditAccountID")


def write(state: "State", sale: Sale, body: Body) -> None:
    """Add a payment to an open sale or, with its salePaymentID, change one. Raises `Refused`."""
    strict = state.switches.unknown_write_field == "error"
    read_only = (*PAYMENT.keys, "PaymentType", "CCCharge", "SaleAccounts", "Signatures")
    fields.check_known(body, WRITABLE, read_only, "SalePayment", strict=strict)
    wanted = fields.row_id("salePaymentID", body.get("salePaymentID"))
    payment = next((one for one in sale.payments if one.id == wanted), None)
    if wanted and payment is None:
        raise Refused(state.switches.validation_status, f"The sale has no payment '{wanted}'.")
    if payment is None:
        payment = _new(state, sale, body)
    if "amount" in body:
        payment.amount = fields.amount("amount", body["amount"])
    if "archived" in body:
        payment.archived = fields.flag("archived", body["archived"])
    _told(state, payment, body)


def settle(state: "State", sale: Sale) -> None:
    """Hold the payments against the total; cash paid over it is given back as change. Raises `Refused`."""
    live = [payment for payment in sale.payments if not payment.archived]
    more = state.extras["SalePayment"]
    tips = sum(fields.amount("tipAmount", more.get(one.id, {}).get("tipAmount", "0")) for one in live)
    over = sum(payment.amount for payment in live) - tips - sale.total
    cash = next((one for one in reversed(live) if one.type_id == CASH and one.amount >= over > 0), None)
    if cash is not None:
        cash.amount -= over
        state.extras["Sale"][sale.id]["change"] = decimal_text(over)
        over = 0
    if over:
        raise Refused(
            state.switches.validation_status, "The sale cannot be completed: its payments are not its total."
        )
    state.extras["Sale"][sale.id]["calcTips"] = decimal_text(tips)
    paid_in = sum(-one.amount for one in live if one.type_id == GIFT_CARD and one.amount < 0)
    sale.deposit = paid_in if not sale.total else 0


def _new(state: "State", sale: Sale, body: Body) -> Payment:
    kind = fields.row_id("paymentTypeID", body.get("paymentTypeID"))
    if kind not in state.payment_types.rows:
        raise Refused(state.switches.validation_status, "A payment needs a paymentTypeID that exists.")
    account = fields.row_id("creditAccountID", body.get("creditAccountID"))
    if (kind in ON_ACCOUNT) != bool(account) or (account and account not in state.credit_accounts.rows):
        raise Refused(
            state.switches.validation_status, "This payment type and creditAccountID do not go together."
        )
    amount = fields.amount("amount", body["amount"]) if "amount" in body else sale.total - sale.paid
    row = Payment(
        state.payments.next_id(), sale.id, amount, kind, state.now(),
        fields.row_id("registerID", body.get("registerID")) or sale.register_id,
        ref_payment_id=_referred(state, body, kind),
    )  # fmt: skip
    sale.payments = (*sale.payments, row)
    return state.payments.add(row)


def _referred(state: "State", body: Body, kind: int) -> int:
    found = fields.row_id("refPaymentID", body.get("refPaymentID"))
    if found and (found not in state.payments.rows or kind != CREDIT_CARD):
        raise Refused(state.switches.validation_status, "refPaymentID names the payment of a card refund.")
    return found


def _told(state: "State", payment: Payment, body: Body) -> None:
    told = {name: fields.text(name, body[name]) for name in _TEXTS if name in body}
    told |= {name: str(fields.row_id(name, body[name])) for name in _IDS if name in body}
    if "tipAmount" in body:
        told["tipAmount"] = decimal_text(fields.amount("tipAmount", body["tipAmount"]))
    if told:
        state.extras["SalePayment"].setdefault(payment.id, {}).update(told)
