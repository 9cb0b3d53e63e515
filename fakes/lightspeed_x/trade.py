"""What happens at the till: sales, returns, exchanges, laybys, accounts, voids.

A sale is kept from the moment a script writes it, and committed (shown, versioned, announced) by the action
`show`. Whatever moves its customer's money happens once, when it is first closed or put on account.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fakes.lightspeed_x import cards, goods, money, naming, people
from fakes.lightspeed_x.records import (
    ATTRIBUTES,
    PLAIN,
    STATES,
    ZERO,
    Adjustment,
    Amount,
    Charge,
    Line,
    LineIn,
    PayIn,
    Payment,
    Rare,
    Sale,
)

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State

_CLASHES = (frozenset({"onaccount", "layby"}), frozenset({"pickup", "delivery"}))


@dataclass(frozen=True, slots=True)
class Draft:
    """A sale about to be rung up."""

    register_id: str
    user_id: str
    customer_id: str | None
    at: int
    state: str
    attributes: tuple[str, ...]
    source: str
    source_id: str | None
    note: str
    adjustments: tuple[Adjustment, ...]
    charges: tuple[Charge, ...]
    discount: Amount | None
    payments: tuple[PayIn, ...] | None
    visible_at: int
    version_at: int


@dataclass(frozen=True, slots=True)
class Back:
    """What is taken back, and what is bought along with it. `wanted` None is all that is left."""

    wanted: Mapping[str, Decimal] | None
    bought: tuple[LineIn | tuple[Any, ...], ...]
    linked: bool
    state: str
    register_id: str | None
    payment: str


def check_state(state: str, attributes: Sequence[str]) -> None:
    """Raises ValueError for states and combinations of attributes that X-Series does not have."""
    if state not in STATES:
        raise ValueError(f"state must be one of {', '.join(STATES)}")
    unknown = sorted(set(attributes) - set(ATTRIBUTES))
    if unknown:
        raise ValueError(f"unknown attributes: {', '.join(unknown)}")
    if any(clash <= set(attributes) for clash in _CLASHES):
        raise ValueError("attributes cannot combine onaccount with layby, or pickup with delivery")


def line_ids(sale: Sale) -> list[str]:
    """The ids of a sale's lines, made from the sale's own unless a caller chose them."""
    return [line.rare.id or naming.part_id(sale.id, n) for n, line in enumerate(sale.lines, 1)]


def ring_up(state: "State", draft: Draft, lines: Sequence[LineIn | tuple[Any, ...]]) -> Sale:
    """A new sale, shown when the clock reaches `visible_at`."""
    check_state(draft.state, draft.attributes)
    kept = [line_of(state, line) for line in lines]
    if draft.discount is not None:
        kept.append(_sale_discount(state, draft.discount))
    customer = draft.customer_id
    if customer is None and state.switches.no_customer == "walkin":
        customer = state.walkin_id
    sale = Sale(
        state.new_id(), draft.register_id, draft.user_id, customer, draft.at, draft.version_at,
        draft.version_at, draft.state, draft.attributes, draft.source, next_invoice(state, draft.register_id),
        tuple(kept), (), draft.source_id, draft.note, adjustments=draft.adjustments, charges=draft.charges,
    )  # fmt: skip
    sale.payments = _payments(state, sale, draft.payments)
    return commit(state, sale, draft.visible_at, draft.version_at)


def commit(state: "State", sale: Sale, visible_at: int, version_at: int | None = None) -> Sale:
    """Keep the sale and show it at `visible_at`, with a version drawn at `version_at`."""
    state.sales.rows[sale.id] = sale
    original = state.sales.rows.get(sale.return_for or "")
    if original is not None:
        original.children = (*original.children, sale.id)
    if version_at is not None and version_at < visible_at:
        state.when(version_at, "reserve", sale.id)
    state.when(visible_at, "show", sale.id)
    return sale


def amend(state: "State", sale: Sale, at: int, changes: Mapping[str, Any]) -> None:
    """Change a sale as a write asks; the customer's money is moved back and then moved anew."""
    was_booked = sale.booked
    if was_booked:
        owed = money.gross_total(sale) - money.paid_total(sale) if sale.state == "pending" else ZERO
        _move(state, sale, sale.customer_id, at, sign=-1, owed=owed)
        sale.booked = False
    for name, value in changes.items():
        setattr(sale, name, value)
    if sale.state == "voided" and not state.switches.void_keeps_payments:
        sale.payments = ()
    state.changed(state.sales, sale, at)
    book(state, sale, at, with_cards=not was_booked)


def line_of(state: "State", asked: LineIn | tuple[Any, ...]) -> Line:
    """A script's line as it is kept; equal lines are one object."""
    known = state.line_cache.get(asked)
    if known is None:
        given = asked if isinstance(asked, LineIn) else LineIn(*asked)
        known = _line(state, given)
        if given.price is not None:
            state.line_cache[asked] = known
    return known


def next_invoice(state: "State", register_id: str) -> str:
    """The register's next invoice number."""
    data = state.registers.rows[register_id].data
    number = data["invoice_sequence"]
    data["invoice_sequence"] = number + 1
    return f"{data['invoice_prefix']}{number}{data['invoice_suffix']}"


def take_back(state: "State", original: Sale, at: int, back: Back) -> Sale:
    """A sale of negative lines, and of positive ones for what is bought instead."""
    returned = tuple(_returned_lines(state, original, back))
    sale = Sale(
        state.new_id(), back.register_id or original.register_id, original.user_id, original.customer_id,
        at, at, at, back.state, (), "USER", next_invoice(state, back.register_id or original.register_id),
        (*returned, *(line_of(state, line) for line in back.bought)),
        return_for=original.id if back.linked else None,
    )  # fmt: skip
    if back.state == "closed":
        sale.payments = _settling(state, sale, back.payment)
    return commit(state, sale, at)


def _line(state: "State", given: LineIn) -> Line:
    product = state.products.rows[given.product_id]
    quantity = money.amount(given.quantity)
    rate = Decimal(goods.rate_of(state, state.tax_id)["rate"])
    if given.tax_rate is not None:
        rate = money.amount(given.tax_rate)
    inclusive = not state.options.tax_exclusive
    shelf = product.data["price_including_tax" if inclusive else "price_excluding_tax"]
    asked = shelf if given.price is None else money.amount(given.price)
    before = money.split_tax(asked, rate, inclusive=inclusive)[0]
    net, tax = money.split_tax(asked - money.amount(given.discount), rate, inclusive=inclusive)
    is_discount = given.product_id == state.discount_product_id
    promotions = tuple(one._replace(amount=money.amount(one.amount)) for one in given.promotions)
    rare = Rare(
        given.note, given.gift_card_number, promotions, given.salesperson_id,
        given.is_return or (quantity < 0 and not is_discount), given.return_reason,
        given.price is not None and asked != shelf,
    )  # fmt: skip
    cost = product.data["supply_price"] if given.cost is None else money.amount(given.cost)

    def once(amount: Decimal) -> Decimal:
        return state.amounts.setdefault(str(amount), amount)

    return Line(
        product.id, once(quantity), once(net), once(before - net), once(tax), state.tax_id,
        once(money.five(cost)), once(money.five(money.amount(given.loyalty))),
        PLAIN if rare == PLAIN else rare,
    )  # fmt: skip


def _sale_discount(state: "State", amount: Amount) -> Line:
    """A discount of the whole sale: one of the discount product sold backwards, at a positive price."""
    return line_of(state, LineIn(state.discount_product_id, -1, amount))


def _payments(state: "State", sale: Sale, asked: Sequence[PayIn] | None) -> tuple[Payment, ...]:
    """What was paid; by default everything in cash when the sale is closed or is an order."""
    if asked is None:
        ordered = bool({"pickup", "delivery"} & set(sale.attributes)) and "onaccount" not in sale.attributes
        return _settling(state, sale, "Cash") if sale.state == "closed" or ordered else ()
    paid: list[Payment] = []
    for one in asked:
        type_id = payment_type(state, one.name)
        left = money.gross_total(sale) - sum((each.amount for each in paid), ZERO)
        given = left if one.amount is None else money.amount(one.amount)
        change = money.amount(one.change)
        if change and state.switches.change_booking == "negative_payment":
            paid += [Payment(type_id, given), Payment(type_id, -change)]
        else:
            paid.append(Payment(type_id, given - change, source_id=one.card))
    return tuple(paid)


def _settling(state: "State", sale: Sale, name: str) -> tuple[Payment, ...]:
    """One payment of what is left, none when nothing is."""
    left = money.gross_total(sale) - money.paid_total(sale)
    return (Payment(payment_type(state, name), left),) if left else ()


def payment_type(state: "State", name: str) -> str:
    """The id of a payment type by its name. Raises KeyError."""
    return state.names["payment_types", name]


def _returned_lines(state: "State", original: Sale, back: Back) -> list[Line]:
    taken = _taken(state, original)
    lines = []
    for line_id, line in zip(line_ids(original), original.lines, strict=True):
        left = line.quantity - taken.get(line_id, ZERO)
        discount = line.product_id == state.discount_product_id
        if back.wanted is not None:
            left = back.wanted.get(line_id, ZERO)
        elif discount:
            left = ZERO if taken else line.quantity
        if left > 0 or (discount and left):
            lines.append(_returned(line, left, line_id, back, is_return=not discount))
    unknown = sorted(set(back.wanted or ()) - set(line_ids(original)))
    if unknown or not lines:
        raise ValueError(f"nothing to take back from sale {original.id}{': ' if unknown else ''}{unknown}")
    return lines


def _returned(line: Line, quantity: Decimal, line_id: str, back: Back, *, is_return: bool) -> Line:
    rare = line.rare._replace(
        is_return=is_return, id="", parent=line_id if back.linked else "", price_set=True
    )
    return line._replace(quantity=-quantity, rare=rare)


def _taken(state: "State", original: Sale) -> dict[str, Decimal]:
    """How much of each line was given back already, parked returns included and voided ones not."""
    taken: dict[str, Decimal] = {}
    for sale in map(state.sales.rows.__getitem__, original.children):
        for line in sale.lines if sale.state != "voided" else ():
            if line.rare.parent:
                taken[line.rare.parent] = taken.get(line.rare.parent, ZERO) - line.quantity
    return taken


# What happens at an instant


def _reserve(state: "State", _at: int, sale_id: str) -> None:
    state.reserved[sale_id] = state.draw()


def _show(state: "State", at: int, sale_id: str) -> None:
    sale = state.sales.rows[sale_id]
    original = state.sales.rows.get(sale.return_for or "")
    state.add(state.sales, sale, at, state.reserved.pop(sale_id, None))
    if original is not None:
        original.return_ids = (*original.return_ids, sale.id)
        state.changed(state.sales, original, at)
    book(state, sale, at)


def _commit_again(state: "State", _at: int, sale_id: str, version: int) -> None:
    """A row that a fault hid takes its old place in the feed, unless it has moved on."""
    if state.sales.rows[sale_id].version == version:
        state.sales.feed.put(version, sale_id)


def book(state: "State", sale: Sale, at: int, *, with_cards: bool = True) -> None:
    """Move the customer's money, once; a closed return voids its parked siblings."""
    on_account = "onaccount" in sale.attributes and sale.state == "pending"
    if sale.booked or not (sale.state == "closed" or on_account):
        return
    sale.booked = True
    owed = money.gross_total(sale) - money.paid_total(sale) if on_account else ZERO
    _move(state, sale, sale.customer_id, at, sign=1, owed=owed)
    if with_cards:
        cards.spend(state, sale, at)
    if sale.return_for and sale.state == "closed" and state.switches.parked_siblings == "voided":
        for sibling_id in state.sales.rows[sale.return_for].return_ids:
            if state.sales.rows[sibling_id].state == "parked":
                _void(state, at, sibling_id)


def _move(
    state: "State", sale: Sale, customer_id: str | None, at: int, *, sign: int, owed: Decimal = ZERO
) -> None:
    by_name = cards.paid_by(state, sale)
    people.move(
        state,
        customer_id,
        at,
        spent=sign * money.gross_total(sale),
        loyalty=sign * (money.loyalty_total(sale) - by_name["Loyalty"]),
        balance=sign * (owed + by_name["On Account"]),
        credit=-sign * by_name["Store Credit"],
    )


def _pay(state: "State", at: int, sale_id: str, amount: str, name: str) -> None:
    sale = state.sales.rows[sale_id]
    paid = Payment(payment_type(state, name), Decimal(amount), at)
    sale.payments = (*sale.payments, paid)
    state.changed(state.sales, sale, at)
    if sale.booked and "onaccount" in sale.attributes:
        people.move(state, sale.customer_id, at, balance=-paid.amount)


def _close(state: "State", at: int, sale_id: str) -> None:
    sale = state.sales.rows[sale_id]
    if sale.state in ("voided", "closed"):
        return
    left = _settling(state, sale, "Cash")
    sale.payments = (*sale.payments, *(one._replace(at=at) for one in left))
    sale.state = "closed"
    state.changed(state.sales, sale, at)
    if sale.booked and "onaccount" in sale.attributes:
        people.move(state, sale.customer_id, at, balance=-sum((one.amount for one in left), ZERO))
    book(state, sale, at)


def _void(state: "State", at: int, sale_id: str) -> None:
    sale = state.sales.rows[sale_id]
    if sale.state == "voided":
        return
    if sale.booked:
        owed = money.gross_total(sale) - money.paid_total(sale) if sale.state == "pending" else ZERO
        _move(state, sale, sale.customer_id, at, sign=-1, owed=owed)
        sale.booked = False
    sale.state = "voided"
    if not state.switches.void_keeps_payments:
        sale.payments = ()
    state.changed(state.sales, sale, at)


def _touch(state: "State", at: int, sale_id: str) -> None:
    state.changed(state.sales, state.sales.rows[sale_id], at)


def _attach(state: "State", at: int, sale_id: str, customer_id: str) -> None:
    sale = state.sales.rows[sale_id]
    if sale.booked:
        _move(state, sale, sale.customer_id, at, sign=-1)
        _move(state, sale, customer_id, at, sign=1)
    sale.customer_id = customer_id
    state.changed(state.sales, sale, at)


def _annotate(state: "State", at: int, sale_id: str, note: str) -> None:
    sale = state.sales.rows[sale_id]
    sale.note = note
    state.changed(state.sales, sale, at)


ACTIONS: Mapping[str, Callable[..., None]] = {
    "reserve": _reserve,
    "show": _show,
    "commit_again": _commit_again,
    "pay": _pay,
    "close": _close,
    "void": _void,
    "touch": _touch,
    "attach": _attach,
    "annotate": _annotate,
}
