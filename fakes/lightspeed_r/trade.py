"""What happens at the till: sales, returns, exchanges, voids, shipments, and which times each moves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakes.lightspeed_r import stock
from fakes.lightspeed_r.records import LineIn, Payment, Returned, Sale, SaleVoid, ShipTo
from fakes.lightspeed_r.wire import decimal_text, to_cents

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

CASH, CREDIT_CARD, CREDIT_ACCOUNT, GIFT_CARD = 1, 3, 4, 5
# In 12 of 12 real sales the shipment's row was written 31 to 75 s before the sale completed.
SHIP_TO_WRITTEN_BEFORE_S = 60


@dataclass(slots=True)
class Draft:
    """A sale about to be rung up. `update_at` None means: when the server wrote it."""

    shop_id: int
    register_id: int
    customer_id: int
    at: int
    visible_at: int
    completed: bool = True
    reference: str = ""
    reference_source: str = ""
    update_at: int | None = None
    payment_type: int = 1
    pays_back: int = 0


def register_of(state: "State", shop_id: int, register_id: str | None) -> int:
    """The register named, else the shop's first; 0 for a shop without one."""
    if register_id is not None:
        return int(register_id)
    if shop_id not in state.first_register:
        state.first_register[shop_id] = next((r.id for r in state.registers if r.shop_id == shop_id), 0)
    return state.first_register[shop_id]


def ring_up(state: "State", draft: Draft, line_ids: Sequence[int]) -> Sale:
    """Make the sale of lines already written (their ids are consecutive); shown once it becomes visible."""
    lines = state.lines
    first, stop = (line_ids[0], line_ids[-1] + 1) if line_ids else (1, 1)
    discounts, taxes = lines.discount[first:stop], lines.tax[first:stop]
    subtotals = lines.subtotal[first:stop]
    late = draft.visible_at > draft.at
    stamp = draft.visible_at if late and state.switches.late_upload_stamp == "upload" else draft.at
    written = max(draft.visible_at, draft.at + state.switches.update_lag_s)
    taxed = [place for place, tax in enumerate(taxes) if tax]
    sale = Sale(
        id=state.sales.next_id(),
        shop_id=draft.shop_id,
        register_id=draft.register_id,
        customer_id=draft.customer_id,
        create_at=draft.at,
        complete_at=draft.at if draft.completed else 0,
        stamp_at=stamp,
        update_at=written if draft.update_at is None else draft.update_at,
        visible_at=draft.visible_at,
        subtotal=to_cents(sum(subtotals)),
        discount=to_cents(sum(discounts)),
        tax=_rounded_tax(state, first, stop, sum(taxes)),
        taxable=to_cents(sum(subtotals[place] - discounts[place] for place in taxed)),
        tax_rate=lines.tax_rate(first + taxed[0]) if taxed else 0,
        completed=draft.completed,
        line_ids=range(first, stop),
        reference=draft.reference,
        reference_source=draft.reference_source,
    )
    if draft.completed and sale.total:
        _pay(state, sale, draft)
    if lines.tax2:
        tell_tax2(state, sale)
    if draft.completed and state.tracked:
        stock.sell(state, sale.shop_id, sale.line_ids)
    if draft.visible_at <= state.now():
        state.sales.rows[sale.id] = sale
        show(state, draft.visible_at, sale.id)
    else:
        state.sales.hold(sale)
        for payment in sale.payments:
            state.payments.held.add(payment.id)
        state.agenda.put(draft.visible_at, sale.id, "show_sale", sale.id)
    return sale


def _rounded_tax(state: "State", first: int, stop: int, total: int) -> int:
    """Each of the two taxes is rounded to cents by itself."""
    if not state.lines.tax2:
        return to_cents(total)
    second = sum(state.lines.tax2.get(line_id, 0) for line_id in range(first, stop))
    return to_cents(total - second) + to_cents(second)


def tell_tax2(state: "State", sale: Sale) -> None:
    """Keep the second tax of a sale that has one beside it: its sum and its rate."""
    lines = state.lines
    taxed = [line_id for line_id in sale.line_ids if line_id in lines.tax2]
    if taxed:
        more = state.extras["Sale"].setdefault(sale.id, {})
        second = to_cents(sum(lines.tax2[line_id] for line_id in taxed))
        more["calcTax2"], more["calcTax1"] = decimal_text(second), decimal_text(sale.tax - second)
        more.setdefault("tax2Rate", lines.more[taxed[0]]["tax2Rate"])


def show(state: "State", _at: int, sale_id: int) -> None:
    """Let the sale, its lines, payments and shipment appear in lists."""
    sale = state.sales.rows[sale_id]
    state.sales.show(sale)
    shown = state.lines_shown
    for line_id in sale.line_ids:
        shown.add(line_id, line_id)
    for payment in sale.payments:
        state.payments.show(payment)
    if sale.ship_to_id:
        state.ship_tos.show(state.ship_tos.rows[sale.ship_to_id])


def _pay(state: "State", sale: Sale, draft: Draft) -> None:
    payment = Payment(
        id=state.payments.next_id(),
        sale_id=sale.id,
        amount=sale.total,
        type_id=draft.payment_type,
        create_at=draft.at,
        register_id=draft.register_id,
        ref_payment_id=draft.pays_back,
    )
    state.payments.rows[payment.id] = payment
    sale.payments = (payment,)


def failed_payment(state: "State", sale: Sale, amount: int, at: int) -> Payment:
    """An archived attempt, listed before the payment that went through."""
    payment = Payment(
        state.payments.next_id(), sale.id, amount, CREDIT_CARD, at, sale.register_id, archived=True
    )
    sale.payments = (payment, *sale.payments)
    return _keep_payment(state, sale, payment)


def load_gift_card(state: "State", draft: Draft, amount: int, card_id: int = 0) -> Sale:
    """A line of price 0 with a note; two payments that cancel: the card's, negative, and the tender's."""
    line = LineIn("0", 1, 0, note="Gift Card Purchase")
    sale = ring_up(state, draft, [state.lines.add(state.sales.next_id(), line)])
    sale.deposit = amount
    tenders = ((-amount, GIFT_CARD), (amount, CASH))
    for each, type_id in tenders:
        payment = Payment(state.payments.next_id(), sale.id, each, type_id, draft.at, sale.register_id)
        sale.payments = (*sale.payments, _keep_payment(state, sale, payment))
    if card_id:
        state.extras["SalePayment"][sale.payments[0].id] = {"creditAccountID": str(card_id)}
        book_credit(state, sale)
    return sale


def book_credit(state: "State", sale: Sale, sign: int = 1) -> None:
    """Move the balances of the gift cards and accounts that paid, or were paid into."""
    more = state.extras["SalePayment"]
    for payment in sale.payments:
        account_id = int(more.get(payment.id, {}).get("creditAccountID", "0"))
        account = state.credit_accounts.rows.get(account_id)
        if account is not None and not payment.archived:
            account.balance += sign * payment.amount
            state.credit_accounts.move(account, "timeStamp", "stamp_at", state.now())


def _keep_payment(state: "State", sale: Sale, payment: Payment) -> Payment:
    if sale.id in state.sales.held:
        return state.payments.hold(payment)
    return state.payments.add(payment)


def add_ship_to(state: "State", sale: Sale) -> ShipTo:
    """The shipment's own row, written shortly before the sale completes and not shipped yet."""
    stamp = max(sale.create_at - SHIP_TO_WRITTEN_BEFORE_S, 0)
    ship_to = ShipTo(state.ship_tos.next_id(), sale.id, sale.customer_id, stamp)
    sale.ship_to_id = ship_to.id
    if sale.id in state.sales.held:
        return state.ship_tos.hold(ship_to)
    return state.ship_tos.add(ship_to)


def ship_to_of(state: "State", some_id: int) -> ShipTo:
    """The shipment with that id, or the one of the sale with that id. Raises KeyError."""
    sale = state.sales.rows.get(some_id)
    return state.ship_tos.rows[sale.ship_to_id if sale else some_id]


def take_back(
    state: "State", sale: Sale, at: int, returned: Mapping[str, int] | None, bought: Sequence[LineIn]
) -> Sale:
    """The new sale of a refund or exchange. Raises ValueError when more comes back than was sold."""
    wanted = _all_left(state, sale) if returned is None else {int(key): n for key, n in returned.items()}
    if not wanted:
        raise ValueError("nothing is left to take back")
    sale_id = state.sales.next_id()
    line_ids = [return_line(state, sale, sale_id, line_id, n) for line_id, n in wanted.items()]
    line_ids += [state.lines.add(sale_id, line) for line in bought]
    original = next((p for p in sale.payments if not p.archived), None)
    card = original is not None and original.type_id == CREDIT_CARD
    draft = Draft(
        shop_id=sale.shop_id,
        register_id=sale.register_id,
        customer_id=sale.customer_id,
        at=at,
        visible_at=at,
        payment_type=original.type_id if original else 1,
        pays_back=original.id if original and card else 0,
    )
    return ring_up(state, draft, line_ids)


def _all_left(state: "State", sale: Sale) -> dict[int, int]:
    left = {
        line_id: state.lines.quantity[line_id] - state.returned.get(line_id, Returned()).quantity
        for line_id in sale.line_ids
    }
    return {line_id: quantity for line_id, quantity in left.items() if quantity > 0}


def return_line(state: "State", sale: Sale, sale_id: int, line_id: int, quantity: int) -> int:
    """Write the negative line; the last unit to come back takes exactly what is left of the amounts."""
    lines, before = state.lines, state.returned.setdefault(line_id, Returned())
    sold = lines.quantity[line_id]
    if line_id not in sale.line_ids or quantity < 1 or before.quantity + quantity > sold:
        raise ValueError("a refund names lines of its sale and at most what was sold of each")
    total = before.quantity + quantity
    share = Returned(
        quantity=total,
        subtotal=round(lines.subtotal[line_id] * total / sold) if total < sold else lines.subtotal[line_id],
        discount=to_cents(lines.discount[line_id] * total // sold),
        tax=lines.tax[line_id] * total // sold,
    )
    if total == sold:
        share.discount = lines.discount[line_id]
    new_id = lines.append(
        sale_id,
        lines.item_id[line_id],
        quantity=-quantity,
        price=lines.price[line_id],
        subtotal=before.subtotal - share.subtotal,
        discount=before.discount - share.discount,
        tax=before.tax - share.tax,
    )
    if line_id in lines.tax2:
        second = lines.tax2[line_id]
        lines.set_tax2(new_id, second * before.quantity // sold - second * total // sold)
    state.returned[line_id] = share
    lines.parent_id[new_id] = line_id
    if line_id in lines.discount_id:
        lines.discount_id[new_id] = lines.discount_id[line_id]
    return new_id


def void(state: "State", at: int, sale_id: int, reason: str) -> None:
    sale, switches = state.sales.rows[sale_id], state.switches
    if sale.completed and not sale.voided:
        book_credit(state, sale, -1)
        if state.tracked:
            stock.sell(state, sale.shop_id, sale.line_ids, -1)
    sale.voided = True
    if not switches.void_keeps_completed:
        sale.completed = False
    if not switches.void_keeps_complete_time:
        state.sales.move(sale, "completeTime", "complete_at", 0)
    if switches.void_moves_time_stamp:
        state.sales.move(sale, "timeStamp", "stamp_at", at)
    touch(state, sale, at)
    state.voids.add(SaleVoid(state.voids.next_id(), sale.id, sale.shop_id, at, reason))


def attach(state: "State", at: int, sale_id: int, customer_id: int) -> None:
    sale = state.sales.rows[sale_id]
    sale.customer_id = customer_id
    touch(state, sale, at)


def annotate(state: "State", at: int, sale_id: int, note: str) -> None:
    sale = state.sales.rows[sale_id]
    sale.note = note
    touch(state, sale, at)


def ship(state: "State", at: int, ship_to_id: int) -> None:
    ship_to = state.ship_tos.rows[ship_to_id]
    ship_to.shipped = True
    state.ship_tos.move(ship_to, "timeStamp", "stamp_at", at)
    if state.switches.child_edits_bump_sale:
        touch(state, state.sales.rows[ship_to.sale_id], at)


def touch(state: "State", sale: Sale, at: int) -> None:
    """The one time that every change moves."""
    state.sales.move(sale, "updatetime", "update_at", at)


ACTIONS: Mapping[str, Callable[..., None]] = {
    "show_sale": show,
    "void": void,
    "attach": attach,
    "annotate": annotate,
    "ship": ship,
}
