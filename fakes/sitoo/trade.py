"""What happens at the till: rows written, orders rung up, arriving late or never, handed out, changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fakes.sitoo.pricing import Priced, net_of, price_row
from fakes.sitoo.records import (
    CLOSED,
    NOBODY,
    OPEN,
    ORDER,
    PAID,
    UNPAID,
    Contact,
    LineIn,
    Odd,
    Order,
    PaymentIn,
    Register,
)
from fakes.sitoo.wire import MILLI, cents, divided, milli, money_text
from fakes.sitoo.zreports import waiting

if TYPE_CHECKING:
    from fakes.sitoo.state import State

_WHOLE = 100 * MILLI
# What cash is rounded to, in hundredths, where the smallest coin is larger than one.
CASH_ROUNDING = {"SEK": 100, "NOK": 100, "DKK": 50, "CHF": 5, "AUD": 5, "CAD": 5, "NZD": 10}


@dataclass(slots=True)
class Draft:
    """An order about to be rung up. `register` None is the web shop."""

    at: int
    visible_at: int
    register: Register | None
    contact: Contact = NOBODY
    kind: int = ORDER
    state: int = CLOSED
    payment_state: int = PAID
    payment: str | Sequence[PaymentIn] = "Card"
    currency: str = ""
    warehouse: int = 0
    round_off: int | None = None
    practice: bool = False
    deliver: bool = True
    fields: dict[str, Any] = field(default_factory=dict)


def write_row(state: "State", line: LineIn) -> int:
    """Append a row as sold (negative quantity: as returned) and give its place."""
    face, faces = state.face_of.get(line.product_id, 0), state.faces
    if line.product_id and not face:
        raise KeyError(f"there is no product {line.product_id}")
    rate = faces[face].rate if line.vat is None else milli(line.vat)
    each = faces[face].price if line.price is None else cents(line.price)
    weight = 0 if line.unit_quantity is None else milli(line.unit_quantity)
    pieces = abs(line.quantity)
    gross = divided(each * pieces * (weight or MILLI), MILLI)
    discount = cents(line.discount)
    by_unit = state.switches.line_net == "unit"
    priced = price_row(gross, line.quantity, rate, discount, weight, by_unit)
    place = state.lines.append(face, line.quantity, priced, rate, discount)
    odd = _odd_of(line, priced, weight)
    if odd is not None:
        state.lines.odd[place] = odd
    return place


def _odd_of(line: LineIn, priced: Priced, weight: int) -> Odd | None:
    tax_rate = milli(line.sales_tax)
    odd = Odd(
        name=line.name,
        sku=line.sku,
        attributes=line.attributes,
        unit_quantity=weight,
        voucher_code=line.voucher_code,
        voucher_name=line.voucher_name,
        tax=divided(priced.net * tax_rate, _WHOLE),
        tax_rate=tax_rate,
        item_type=line.item_type,
        additional=dict(line.additional),
    )
    if line.gift_card:
        odd.additional["giftcard-cardnumber"] = line.gift_card
    return None if odd == Odd() else odd


def return_row(state: "State", order: Order, item: int, pieces: int) -> int:
    """Append a row that takes back `pieces` of a row; its last piece takes what is left of the money.

    Raises ValueError when more comes back than was sold.
    """
    lines, place = state.lines, order.first + item
    if not 0 <= item < order.stop - order.first or lines.quantity[place] <= 0:
        raise ValueError(f"order {order.id} has no sold item {item}")
    sold = lines.quantity[place]
    before, gross_before, net_before, tax_before = state.returned.get(place, (0, 0, 0, 0))
    if not 0 < pieces <= sold - before:
        raise ValueError(f"{sold - before} of item {item} can come back, not {pieces}")
    odd = lines.odd.get(place)
    last = before + pieces == sold
    gross_all, net_all = lines.net[place] + lines.vat[place], lines.net[place]
    tax_all = odd.tax if odd else 0
    gross, net, tax = (
        whole - taken if last else divided(whole * pieces, sold)
        for whole, taken in ((gross_all, gross_before), (net_all, net_before), (tax_all, tax_before))
    )
    state.returned[place] = (before + pieces, gross_before + gross, net_before + net, tax_before + tax)
    priced = Priced(lines.unit[place], lines.original[place], -net, net - gross)
    discount = divided(lines.discount[place] * pieces, sold)
    back = lines.append(lines.face[place], -pieces, priced, lines.rate[place], discount)
    copied = replace(odd, additional=dict(odd.additional), tax=-tax) if odd else Odd()
    lines.odd[back] = copied
    return back


def copy_rows(state: "State", order: Order) -> list[int]:
    """Append the same rows once more: what closes a booking sells what was booked."""
    lines, made = state.lines, []
    for place in range(order.first, order.stop):
        priced = Priced(lines.unit[place], lines.original[place], lines.net[place], lines.vat[place])
        row = lines.append(
            lines.face[place], lines.quantity[place], priced, lines.rate[place], lines.discount[place]
        )
        if place in lines.odd:
            old = lines.odd[place]
            lines.odd[row] = replace(old, additional=dict(old.additional), fields=dict(old.fields))
        made.append(row)
    return made


def ring_up(state: "State", draft: Draft, rows: Sequence[int]) -> Order:
    """Make the order of rows already written (their places are consecutive); it appears when it arrives."""
    first, stop = (rows[0], rows[-1] + 1) if rows else (len(state.lines), len(state.lines))
    register, at = draft.register, draft.at
    if register is not None and register.closed_at is not None and at < register.closed_at:
        raise ValueError(
            f"register {register.number} was closed after {at}: its Z-report is made; script an offline "
            "sale before the close and give visible_at"
        )
    odd = state.lines.odd
    order = Order(
        id=state.orders.new_id(draft.visible_at if state.switches.order_ids == "arrival" else at),
        date=at,
        arrived=draft.visible_at,
        register=register.number if register else 0,
        warehouse=draft.warehouse or (register.warehouse_id if register else 0),
        kind=draft.kind,
        state=draft.state,
        payment_state=draft.payment_state,
        first=first,
        stop=stop,
        net=sum(state.lines.net[first:stop]),
        vat=sum(state.lines.vat[first:stop]),
        tax=sum(odd[row].tax for row in range(first, stop) if row in odd) if odd else 0,
        round_off=draft.round_off or 0,
        contact=draft.contact,
        payment="",
        currency=draft.currency or (register.currency if register else state.currency),
        practice=draft.practice,
        fields=draft.fields,
    )
    _round_cash(order, draft)
    _note_payment(order, draft)
    keep(state, order, draft)
    return order


def keep(state: "State", order: Order, draft: Draft) -> None:
    """Give the order its receipt and its place in the till's own count; show it now or when it arrives."""
    place = state.orders.add(order)
    register = draft.register
    if register is not None:
        if order.kind == ORDER and order.state == CLOSED:
            register.receipts += 1
            order.receipt = register.receipts
            (register.practices if order.practice else register.unreported).append(waiting(order, place))
        if order.practice and state.switches.practice_sales == "marked":
            _additional(order)["pos-practice"] = "true"
    if order.practice and state.switches.practice_sales == "absent":
        order.hidden = True
    if not draft.deliver:
        state.undelivered.add(place)
    if draft.visible_at <= state.now():
        show(state, draft.visible_at, place)
    else:
        state.agenda.add(draft.visible_at, "show", place)


def _round_cash(order: Order, draft: Draft) -> None:
    if draft.round_off is None and draft.payment == "Cash" and order.payment_state == PAID:
        step = CASH_ROUNDING.get(order.currency, 1)
        order.round_off = divided(order.total, step) * step - order.total


def _note_payment(order: Order, draft: Draft) -> None:
    if isinstance(draft.payment, str):
        order.payment = draft.payment
        return
    order.payment = draft.payment[0].name if draft.payment else ""
    order.fields["payments"] = [payment_fields(one) for one in draft.payment]


def payment_fields(one: PaymentIn) -> dict[str, Any]:
    """A scripted payment as it is served."""
    made: dict[str, Any] = {
        "name": one.name,
        "moneyamount": money_text(cents(one.amount)),
        "externalid": one.external_id,
        "reftype": one.ref_type,
        "refid": one.ref_id,
        "cardissuer": one.card_issuer,
        "additionaldata": dict(one.additional),
    }
    if one.reserved_payment_id:
        made["reservedpaymentid"] = one.reserved_payment_id
    return made


def _additional(order: Order) -> dict[str, str]:
    found: dict[str, str] = order.fields.setdefault("additionaldata", {})
    return found


def show(state: "State", at: int, place: int) -> None:
    """The order reaches the back end: listed, its goods out of the warehouse, subscribers told."""
    order = state.orders.rows[place]
    if order.hidden or order.shown:
        return
    state.orders.show(order)
    state.events.tell("booking" if order.kind == 100 else "order", at, _told(state, order, "add"))
    if order.register and order.kind == ORDER and order.state == CLOSED and place not in state.undelivered:
        state.stock.hand_out(state, order, at)


def _told(state: "State", order: Order, what: str, changed: int | None = None) -> dict[str, Any]:
    words = {OPEN: "open", CLOSED: "closed", 20: "cancelled"}
    return {
        "eshop_id": state.site_id,
        "order_id": order.id,
        "warehouse_id": order.warehouse or None,
        "order_event_type": what,
        "order_state_changed": None if changed is None else words.get(changed),
    }


def change(state: "State", at: int, order_id: int, changes: Mapping[str, Any]) -> None:
    """Change wire fields of an order and tell of it, once it has arrived."""
    order = state.orders.by_id(order_id)
    before = order.state
    if not changes.keys().isdisjoint(_REPORTED) and order.register:
        state.freeze_reports(order)
    for name, value in changes.items():
        _set(state, order, name, value)
    changed = order.state if order.state != before else None
    if changed is not None:
        order.fields.setdefault("log", []).append([at, state.switches.log_type_state, None, changed])
    if order.shown:
        kind = "booking" if order.kind == 100 else "order"
        state.events.tell(kind, at, _told(state, order, "update", changed))


_REPORTED = {"orderitems", "payments", "orderdate", "orderstateid"}
_OF_CONTACT = {
    "email": "email",
    "namefirst": "first",
    "namelast": "last",
    "phone": "phone",
    "company": "company",
    "personalid": "personal_id",
}
_OF_ORDER = {
    "orderstateid": "state",
    "paymentstateid": "payment_state",
    "ordertypeid": "kind",
    "currencycode": "currency",
}


def _set(state: "State", order: Order, name: str, value: Any) -> None:
    if name in _OF_CONTACT:
        changed: dict[str, Any] = {_OF_CONTACT[name]: value or ""}
        order.contact = state.interned(order.contact._replace(**changed))
    elif name in _OF_ORDER:
        setattr(order, _OF_ORDER[name], value)
    elif name == "warehouseid":
        order.warehouse = value or 0
    elif name == "orderdate":
        _redate(state, order, value)
    elif name == "additionaldata":
        _additional(order).update(value)
    elif name == "orderitems":
        _replace_rows(state, order, value)
    else:
        order.fields[name] = value
        if name == "payments":
            order.payment = value[0]["name"] if value else ""


def _redate(state: "State", order: Order, date: int) -> None:
    place = state.orders.places[order.id]
    old = waiting(order, place)
    state.orders.redate(order, date)
    if order.register:
        register = state.registers[order.register - 1]
        for keys in (register.unreported, register.practices):
            if old in keys:
                keys[keys.index(old)] = waiting(order, place)


def _replace_rows(state: "State", order: Order, rows: Sequence[int]) -> None:
    order.first, order.stop = (rows[0], rows[-1] + 1) if rows else (len(state.lines), len(state.lines))
    span = range(order.first, order.stop)
    order.net, order.vat = (
        sum(state.lines.net[row] for row in span),
        sum(state.lines.vat[row] for row in span),
    )
    order.tax = sum(state.lines.odd[row].tax for row in span if row in state.lines.odd)


def log(state: "State", at: int, order_id: int, log_type: int, text: str | None = None) -> None:
    """Write into the order's log; what a customer waits for is told to the subscribers."""
    order = state.orders.by_id(order_id)
    order.fields.setdefault("log", []).append([at, log_type, text, None])
    told = {900: "ready-for-pickup", 910: "pickup-rejected"}.get(log_type)
    if told and order.shown:
        state.events.tell("booking" if order.kind == 100 else "order", at, _told(state, order, told))


def email_receipt(state: "State", at: int, order_id: int) -> None:
    """The receipt was mailed to the customer: nothing changes, subscribers are told."""
    order = state.orders.by_id(order_id)
    if order.shown:
        state.events.tell("order", at, _told(state, order, "email-receipt"))


def unpaid(order: Order) -> bool:
    """Whether nothing was paid yet."""
    return order.payment_state in (UNPAID, 10, 30, 40)


def net_price(gross: int, rate: int) -> int:
    """The net part of a product's gross price."""
    return net_of(gross, rate)
