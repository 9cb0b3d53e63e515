"""The rows of one X-Series account, and the small records a script writes sales with.

Instants are epoch seconds, money is Decimal: unit amounts of lines to 5 decimals and without tax, as the
vendor keeps them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

Amount = Decimal | str | int
ZERO = Decimal(0)
STATES = ("parked", "pending", "voided", "closed")
ATTRIBUTES = ("onaccount", "layby", "pickup", "delivery", "service")


class Promotion(NamedTuple):
    """A promotion applied to a line; `amount` is what it took off."""

    name: str
    amount: Decimal
    promo_code: str = ""
    id: str = ""


class LineIn(NamedTuple):
    """One line as a script writes it.

    `price` is the shelf price of one, before `discount` (also of one); None takes the product's. Both include
    tax when the account is tax-inclusive. A negative `quantity` is a return.
    """

    product_id: str
    quantity: Amount = 1
    price: Amount | None = None
    discount: Amount = ZERO
    note: str | None = None
    gift_card_number: str | None = None
    promotions: tuple[Promotion, ...] = ()
    salesperson_id: str | None = None
    is_return: bool = False
    return_reason: str | None = None
    tax_rate: Amount | None = None
    loyalty: Amount = ZERO
    cost: Amount | None = None


class PayIn(NamedTuple):
    """One payment as a script writes it: `amount` is what was handed over (None: what is left to pay),
    `change` what was given back, `card` the number of a gift card it was taken from."""

    name: str = "Cash"
    amount: Amount | None = None
    change: Amount = ZERO
    card: str | None = None


class Adjustment(NamedTuple):
    """A fee, tip, surcharge or new-style discount of a whole sale (`total` without tax)."""

    kind: str
    name: str
    total: Decimal


class Charge(NamedTuple):
    """A custom charge of a web shop, such as shipping."""

    name: str
    total: Decimal
    total_tax: Decimal = ZERO
    source_id: str = ""


class Rare(NamedTuple):
    """What few lines have. `id` only where a caller chose it; `parent` is the line that is given back."""

    note: str | None = None
    gift_card_number: str | None = None
    promotions: tuple[Promotion, ...] = ()
    salesperson_id: str | None = None
    is_return: bool = False
    return_reason: str | None = None
    price_set: bool = False
    id: str = ""
    parent: str = ""
    surcharge: Decimal = ZERO


PLAIN = Rare()


class Line(NamedTuple):
    """One line as it is kept: unit amounts, without tax and net of discount. Shared between equal lines."""

    product_id: str
    quantity: Decimal
    price: Decimal
    discount: Decimal
    tax: Decimal
    tax_id: str
    cost: Decimal = ZERO
    loyalty: Decimal = ZERO
    rare: Rare = PLAIN


class Payment(NamedTuple):
    """One payment; `at` None is the sale's own instant, `id` only where a caller chose it."""

    type_id: str
    amount: Decimal
    at: int | None = None
    id: str = ""
    deleted_at: int | None = None
    attributes: tuple[Mapping[str, Any], ...] = ()
    source_id: str | None = None


@dataclass(slots=True)
class Sale:
    """One sale in any state. `customer_id` is WALKIN's for a till sale without a chosen customer."""

    id: str
    register_id: str
    user_id: str
    customer_id: str | None
    at: int
    created_at: int
    updated_at: int
    state: str
    attributes: tuple[str, ...]
    source: str
    invoice: str
    lines: tuple[Line, ...]
    payments: tuple[Payment, ...] = ()
    source_id: str | None = None
    note: str = ""
    return_for: str | None = None
    return_ids: tuple[str, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    charges: tuple[Charge, ...] = ()
    deleted_at: int | None = None
    version: int = 0
    children: tuple[str, ...] = ()
    """Every return made from it, those not committed yet included."""
    booked: bool = False
    """Whether it already moved its customer's year-to-date, loyalty and balance."""


@dataclass(slots=True)
class Customer:
    """One person. `fields` holds what was set, by the names of the 2.0 shape; the rest is blank."""

    id: str
    code: str
    created_at: int
    updated_at: int
    fields: dict[str, Any] = field(default_factory=dict)
    group_ids: tuple[str, ...] = ()
    balance: Decimal = ZERO
    loyalty_balance: Decimal = ZERO
    year_to_date: Decimal = ZERO
    store_credit: Decimal = ZERO
    deleted_at: int | None = None
    version: int = 0

    def text(self, name: str) -> str:
        """A text field, "" when it is blank."""
        return str(self.fields.get(name) or "")


@dataclass(slots=True)
class Row:
    """Anything else: outlets, registers, users, products, … `data` is in the names of the 2.0 shape."""

    id: str
    data: dict[str, Any]
    created_at: int
    updated_at: int
    deleted_at: int | None = None
    version: int = 0
