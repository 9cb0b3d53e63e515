"""Scripting a shop: from what a test says to drafts and rows. `State`'s methods call these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from fakes.sitoo import trade
from fakes.sitoo.records import (
    CANCELLED,
    CLOSED,
    NOBODY,
    OPEN,
    ORDER,
    PAID,
    PAYMENT_CANCELLED,
    PENDING,
    RESERVED,
    UNPAID,
    Contact,
    LineIn,
    Order,
    PaymentIn,
    Register,
)
from fakes.sitoo.wire import cents, money_text, seconds_of

if TYPE_CHECKING:
    from fakes.sitoo.state import State

Payment = str | Sequence[PaymentIn]


class Buyer(TypedDict, total=False):
    """Who buys: a known user, or what the till typed."""

    user_id: str | None
    email: str
    first: str
    last: str
    phone: str
    company: str
    personal_id: str
    crm_id: str


class Sale(Buyer, total=False):
    """How an order is rung up, beside where, when and what."""

    visible_at: datetime | None
    practice: bool
    kind: int
    state: int
    payment_state: int
    payment: Payment
    round_off: int | str | None
    source_order_id: int | None
    staff_id: str | None
    external_id: str | None
    comment: str
    customer_ref: str
    additional: Mapping[str, str]
    deliver: bool
    time_zone: str | None
    currency: str | None
    warehouse_id: int | None
    deposit: Payment | None
    reserved_until: datetime | None


def contact_of(state: "State", given: Mapping[str, Any]) -> Contact:
    """What the order says about the buyer: the user's data, overridden by what was typed."""
    user_id = given.get("user_id")
    known = NOBODY if user_id is None else _user_contact(state, user_id)
    typed = {name: given[name] for name in Contact._fields if given.get(name)}
    if given.get("crm_id"):
        typed["crm"] = (*known.crm, ("crm-customerid", given["crm_id"]))
    return state.interned(known._replace(**typed))


def _user_contact(state: "State", user_id: str) -> Contact:
    user = state.users.whole(user_id)
    return Contact(
        email=user["email"],
        first=user["namefirst"],
        last=user["namelast"],
        phone=user["mobile"] or user["phone"],
        company=user["company"],
        personal_id=user["personalid"],
        crm=tuple(sorted(state.crm.get(user_id, {}).items())),
    )


def ring_up(
    state: "State", register: Register | None, at: datetime, lines: Sequence[LineIn], options: Sale
) -> Order:
    """An order from a script's words."""
    return _ring_up_rows(state, register, at, [trade.write_row(state, line) for line in lines], options)


def _round_off(given: int | str | None) -> int | None:
    return None if given is None else cents(given)


def _fields_of(options: Sale) -> dict[str, Any]:
    additional = dict(options.get("additional") or {})
    source, zone, staff = options.get("source_order_id"), options.get("time_zone"), options.get("staff_id")
    if source is not None:
        additional["pos-sourceorderid"] = str(source)
    if zone is not None:
        additional["pos-timezone"] = zone
    if staff is not None:
        additional["pos-staff-userid"] = staff
    until = options.get("reserved_until")
    fields = {
        "externalid": options.get("external_id"),
        "comment": options.get("comment"),
        "customerref": options.get("customer_ref"),
        "userid_staff": staff,
        "datereserved": None if until is None else seconds_of(until),
        "additionaldata": additional,
    }
    return {name: value for name, value in fields.items() if value}


def book(state: "State", register: Register, at: datetime, lines: Sequence[LineIn], options: Sale) -> Order:
    """A booking or a parked order (`kind`): open, nothing handed out, nothing on a receipt."""
    deposit = options.get("deposit")
    if isinstance(deposit, str):
        raise ValueError("a deposit is a list of payments")
    given: Sale = {
        **options,
        "state": OPEN,
        "payment_state": PENDING if deposit else UNPAID,
        "payment": deposit or [],
        "deliver": False,
    }
    return ring_up(state, register, at, lines, given)


def close(
    state: "State",
    source: Order,
    register: Register,
    at: datetime,
    options: Sale,
    *,
    lines: Sequence[LineIn] | None,
) -> Order:
    """The sale that a booking or parked order turns into; the source is closed (by switch: cancelled)."""
    if source.kind == ORDER:
        raise ValueError(f"order {source.id} is no booking and not parked")
    given: Sale = {**options, "source_order_id": source.id}
    rows = trade.copy_rows(state, source) if lines is None else [trade.write_row(state, one) for one in lines]
    made = _ring_up_rows(state, register, at, rows, given, contact=source.contact)
    state.when(seconds_of(at), "change", source.id, {"orderstateid": state.switches.source_after_close})
    return made


def _ring_up_rows(  # noqa: PLR0917 (an order's place, time, goods and the rest)
    state: "State",
    register: Register | None,
    at: datetime,
    rows: Sequence[int],
    options: Sale,
    contact: Contact | None = None,
) -> Order:
    seconds, visible_at = seconds_of(at), options.get("visible_at")
    draft = trade.Draft(
        at=seconds,
        visible_at=seconds if visible_at is None else max(seconds_of(visible_at), seconds),
        register=register,
        contact=contact_of(state, options) if contact is None else contact,
        kind=options.get("kind", ORDER),
        state=options.get("state", CLOSED),
        payment_state=options.get("payment_state", PAID),
        payment=options.get("payment", "Card"),
        currency=options.get("currency") or "",
        warehouse=options.get("warehouse_id") or 0,
        round_off=_round_off(options.get("round_off")),
        practice=options.get("practice", False),
        deliver=options.get("deliver", True),
        fields=_fields_of(options),
    )
    return trade.ring_up(state, draft, rows)


@dataclass(slots=True)
class Back:
    """What comes back ({orderitemid: pieces}; None: all that is left) and what is bought with it."""

    order: Order
    returned: Mapping[int, int] | None = None
    bought: Sequence[LineIn] = ()
    linked: bool = True
    reason: str = ""


def refund(state: "State", register: Register | None, at: datetime, back: Back, options: Sale) -> Order:
    """Take goods back and, in an exchange, sell others on the same order."""
    order, rows = back.order, []
    for item, pieces in (_left(state, order) if back.returned is None else back.returned).items():
        row = trade.return_row(state, order, item, pieces)
        if back.linked:
            state.lines.odd[row].additional["pos-originalsales-orderitemid"] = str(item)
        rows.append(row)
    rows += [trade.write_row(state, line) for line in back.bought]
    given: Sale = {**options, "additional": _links(state, back, options)}
    made = _ring_up_rows(state, register, at, rows, given, order.contact)
    if back.linked:
        made.fields["creditorderid"] = order.id
    return made


def _links(state: "State", back: Back, options: Sale) -> dict[str, str]:
    order, made = back.order, dict(options.get("additional") or {})
    if back.linked:
        made["pos-originalsales-orderid"] = str(order.id)
        if order.receipt and order.register:
            made["pos-refund-receiptid"] = state.receipt_id(order)
    if back.reason:
        made["refundreasoncode-reasoncode"] = back.reason
    if options.get("comment"):
        made["refundreasoncode-comment"] = options["comment"]
    return made


def _left(state: "State", order: Order) -> dict[int, int]:
    """What of each sold row has not come back yet."""
    left = {}
    for place in range(order.first, order.stop):
        pieces = state.lines.quantity[place] - state.returned.get(place, (0, 0, 0, 0))[0]
        if state.lines.quantity[place] > 0 and pieces:
            left[place - order.first] = pieces
    return left


def net_off(back: Order, purchase: Order, name: str = "Card") -> None:
    """Pay a purchase with a refund: virtual payments for what cancels out, real ones for the rest."""
    netted = max(0, min(-back.total, purchase.total))
    for order, amount in ((back, -netted), (purchase, netted)):
        rest = order.total - amount
        virtual = [_virtual(amount)] if amount else []
        real = [trade.payment_fields(PaymentIn(name, money_text(rest)))] if rest else []
        order.fields["payments"] = virtual + real
    _also(back, "pos-refundsales-orderid", str(purchase.id))
    _also(purchase, "pos-refund-orderid", str(back.id))


def _virtual(amount: int) -> dict[str, Any]:
    return trade.payment_fields(
        PaymentIn("Exchange", money_text(amount), additional={"virtual-payment": "true"})
    )


def _also(order: Order, key: str, value: str) -> None:
    order.fields.setdefault("additionaldata", {})[key] = value


def webshop(state: "State", at: datetime, lines: Sequence[LineIn], options: Sale) -> Order:
    """An order of the web shop: no register; paid by reservation until it is sent."""
    given: Sale = {"state": OPEN, "payment_state": RESERVED, "payment": "Klarna", **options}
    order = ring_up(state, None, at, lines, given)
    payment = given["payment"]
    if order.payment_state == RESERVED and isinstance(payment, str):
        reserved = {"id": f"R{order.id}", "name": payment, "moneyreserved": money_text(order.total)}
        more = {"externalid": "", "reftype": "", "refid": "", "cardissuer": "", "additionaldata": {}}
        order.fields["reservedpayments"] = [{**reserved, **more}]
    return order


def paid_changes(order: Order, payment: Payment) -> dict[str, Any]:
    """What changes when an open order is paid and done."""
    made = [PaymentIn(payment, money_text(order.total))] if isinstance(payment, str) else payment
    return {
        "payments": [trade.payment_fields(one) for one in made],
        "paymentstateid": PAID,
        "orderstateid": CLOSED,
    }


def cancel_changes(order: Order) -> dict[str, Any]:
    """What changes when an order is cancelled; money already taken stays on record."""
    changes = {"orderstateid": CANCELLED}
    return changes | ({} if order.payment_state == PAID else {"paymentstateid": PAYMENT_CANCELLED})
