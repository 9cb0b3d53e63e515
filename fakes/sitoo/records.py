"""The records of one Sitoo account. Instants are epoch seconds, money is hundredths (see wire.py)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from fakes.sitoo.wire import Amount

ORDER, BOOKING, PARKED = 10, 100, 110
OPEN, CLOSED, CANCELLED, ABANDONED = 0, 10, 20, -1
UNPAID, PENDING, RESERVED, PAID, PAYMENT_CANCELLED, PAYMENT_FAILED = 0, 10, 15, 20, 30, 40
PRODUCT_ITEM = 10
GOODS, SERVICE, GIFT_CARD = 10, 20, 30
SALE_MOVE, REFUND_MOVE = 30, 40

_NOTHING = Decimal(0)


class LineIn(NamedTuple):
    """One row as a script writes it: gross prices, the discount positive and for the whole row.

    `price` is for one unit (one kilo where `unit_quantity` is given), None for the product's own; `vat` in
    percent, None for the product's group; `sales_tax` in percent on top (US). A negative quantity is a
    return. `product_id` 0 is a row of free text.
    """

    product_id: int = 0
    quantity: int = 1
    price: Amount | None = None
    discount: Amount = _NOTHING
    vat: Amount | None = None
    unit_quantity: Amount | None = None
    name: str = ""
    sku: str = ""
    attributes: str = ""
    voucher_code: str = ""
    voucher_name: str = ""
    gift_card: str = ""
    sales_tax: Amount = _NOTHING
    additional: Mapping[str, str] = {}
    item_type: int = PRODUCT_ITEM


class PaymentIn(NamedTuple):
    """One payment as a script writes it."""

    name: str
    amount: Amount
    external_id: str = ""
    ref_type: str = ""
    ref_id: str = ""
    card_issuer: str = ""
    additional: Mapping[str, str] = {}
    reserved_payment_id: str = ""


class Contact(NamedTuple):
    """Who bought, as far as the order itself says; orders of the same person share one."""

    email: str = ""
    first: str = ""
    last: str = ""
    phone: str = ""
    company: str = ""
    personal_id: str = ""
    crm: tuple[tuple[str, str], ...] = ()


NOBODY = Contact()


class Face(NamedTuple):
    """What a product looked like when it was sold: rows keep it although the product changes or goes."""

    product_id: int
    title: str
    sku: str
    attributes: str = ""
    price: int = 0
    rate: int = 0
    group: str = ""
    kind: int = GOODS


@dataclass(slots=True)
class Odd:
    """What few rows have. `unit_quantity` is thousandths (0: none), `tax_rate` thousandths of a percent."""

    name: str = ""
    sku: str = ""
    attributes: str = ""
    unit_quantity: int = 0
    voucher_code: str = ""
    voucher_name: str = ""
    tax: int = 0
    tax_rate: int = 0
    item_type: int = PRODUCT_ITEM
    additional: dict[str, str] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    """Further wire fields as written (externalinput, unitlabel, deliveryinfo …)."""


@dataclass(slots=True)
class Order:
    """One order. `register` counts registers from 1, 0 is none; rows are `first` to `stop` of the lines.

    `payment` names the one payment of the whole amount; anything else is in `fields["payments"]`. `fields`
    holds the wire fields that are not at their default.
    """

    id: int
    date: int
    arrived: int
    register: int
    warehouse: int
    kind: int
    state: int
    payment_state: int
    first: int
    stop: int
    net: int
    vat: int
    tax: int
    round_off: int
    contact: Contact
    payment: str
    currency: str
    receipt: int = 0
    shown: bool = False
    hidden: bool = False
    practice: bool = False
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """moneytotal_gross_all: what was to pay."""
        return self.net + self.vat + self.tax + self.round_off


@dataclass(slots=True)
class Register:
    """A till. `unreported` and `practices` wait for the next Z-report, as `zreports.waiting` writes them."""

    number: int
    id: str
    key: str
    store_id: int
    warehouse_id: int
    currency: str
    receipts: int = 10_000
    opened_at: int | None = None
    closed_at: int | None = None
    closings: int = 0
    unreported: list[int] = field(default_factory=list)
    practices: list[int] = field(default_factory=list)
    grand_sales: int = 0
    grand_refunds: int = 0
    cash: int = 0


@dataclass(slots=True)
class Delivery:
    """Goods handed out (or, negative, taken back) on one order."""

    id: int
    order_id: int
    warehouse_id: int
    at: int
    items: list[tuple[int, int]]
    """(orderitemid, quantity)"""
    ref: str = ""
    cancelled_at: int | None = None
    first_item_id: int = 0


@dataclass(slots=True)
class Move:
    """A warehouse transaction written through the API. `items`: (sku, thousandths, purchase price)."""

    warehouse_id: int
    kind: int
    items: list[tuple[str, int, int]]
    description: str = ""
    external_id: str | None = None
    reason_code: str | None = None
    shipment_id: int | None = None


@dataclass(slots=True)
class Moved:
    """One entry of the list of warehouse transactions: an order's goods, or a move of its own."""

    id: int
    at: int
    delivery_id: int = 0
    move: Move | None = None


@dataclass(slots=True)
class GiftCard:
    """A gift card (or credit note) with its transactions: (id, at, amount, merchant reference)."""

    number: str
    kind: str
    currency: str
    at: int
    pin: str = ""
    transactions: list[tuple[str, int, int, str | None]] = field(default_factory=list)

    @property
    def balance(self) -> int:
        """What is left on it."""
        return sum(amount for _, _, amount, _ in self.transactions)


@dataclass(slots=True)
class Subscription:
    """Who is told of events. No types: of all."""

    base_url: str
    username: str = ""
    password: str = ""
    event_types: tuple[str, ...] = ()
