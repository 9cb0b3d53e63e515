"""Gift cards and store credit: sold, spent and looked up."""

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fakes.lightspeed_x import money
from fakes.lightspeed_x.records import ZERO, Customer, Row, Sale

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State


class CardRefused(ValueError):
    """The card cannot do this."""


def paid_by(state: "State", sale: Sale) -> defaultdict[str, Decimal]:
    """What was paid, by the name of the payment type."""
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in sale.payments:
        row = state.payment_types.rows.get(one.type_id)
        if one.deleted_at is None and row is not None:
            found[row.data["name"]] += one.amount
    return found


def spend(state: "State", sale: Sale, at: int) -> None:
    """Load the cards this sale sold, and take from the card it was paid with."""
    for line in sale.lines:
        number = line.rare.gift_card_number
        if number and line.quantity > 0:
            load(state, number, money.five(line.price + line.tax), at, sale_id=sale.id)
    for one in sale.payments:
        number = str(one.source_id or "")
        if number and number in state.gift_cards.rows:
            # Rung up is rung up, whatever the card holds.
            _book(state, state.gift_cards.rows[number], -one.amount, "REDEEMING", at, sale_id=sale.id)


def load(state: "State", number: str, amount: Decimal, at: int, sale_id: str | None = None) -> Row:
    """Issue a card, or reload it."""
    card = state.gift_cards.rows.get(number)
    if card is None:
        card = Row(number, {"balance": ZERO, "status": "ACTIVE", "transactions": []}, at, at)
        state.add(state.gift_cards, card, at)
    kind = "RELOADING" if card.data["transactions"] else "ISSUING"
    return _book(state, card, amount, kind, at, sale_id=sale_id)


def redeem(state: "State", number: str, amount: Decimal, at: int) -> Row:
    """Take from a card. Raises CardRefused when it is voided or too little is left."""
    card = state.gift_cards.rows[number]
    if card.data["status"] != "ACTIVE":
        raise CardRefused("the gift card is not active")
    if amount > card.data["balance"]:
        raise CardRefused("the gift card balance is too low")
    return _book(state, card, -amount, "REDEEMING", at)


def void(state: "State", number: str, at: int) -> Row:
    """A card that can no longer be used."""
    card = state.gift_cards.rows[number]
    card.data["status"] = "VOIDED"
    card.deleted_at = at
    return _book(state, card, -card.data["balance"], "VOIDING", at)


def _book(
    state: "State", card: Row, amount: Decimal, kind: str, at: int, *, sale_id: str | None = None
) -> Row:
    entry: dict[str, Any] = {
        "id": state.new_id(), "amount": amount, "type": kind, "sale_id": sale_id, "created_at": at,
    }  # fmt: skip
    card.data["balance"] += amount
    card.data["transactions"].append(entry)
    state.changed(state.gift_cards, card, at)
    return card


def credit(
    state: "State", customer: Customer, amount: Decimal, at: int, *, kind: str, client_id: str
) -> dict[str, Any]:
    """Issue or redeem store credit outside a sale; the same `client_id` again is the same transaction."""
    row = state.store_credits.rows.get(customer.id)
    if row is None:
        row = state.add(state.store_credits, Row(customer.id, {"transactions": []}, at, at), at)
    for entry in row.data["transactions"]:
        if entry["client_id"] == client_id and entry["type"] == kind:
            return dict(entry)
    made = {
        "id": state.new_id(), "amount": amount, "type": kind, "sale_id": None, "created_at": at,
        "client_id": client_id,
    }  # fmt: skip
    row.data["transactions"].append(made)
    customer.store_credit += amount
    state.changed(state.store_credits, row, at)
    return made
