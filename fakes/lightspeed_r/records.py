"""The rows of one R-Series account. Instants are epoch seconds, money is scaled (see wire.py)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

_NOTHING = Decimal(0)


class LineIn(NamedTuple):
    """One line of a sale as a script writes it. `discount`, `tax` and `tax2` are amounts of the whole line.

    `subtotal` stands for quantity x unit price where a receipt does not multiply out (goods sold by weight).
    """

    item_id: str
    quantity: int
    unit_price: Decimal | str | int
    discount: Decimal | str | int = _NOTHING
    tax: Decimal | str | int = _NOTHING
    note: str = ""
    line_type: str = ""
    subtotal: Decimal | str | int | None = None
    discount_id: str = "0"
    tax2: Decimal | str | int = _NOTHING


@dataclass(slots=True)
class Shop:
    id: int
    name: str
    time_zone: str
    stamp_at: int


@dataclass(slots=True)
class Register:
    id: int
    name: str
    shop_id: int


@dataclass(slots=True)
class Category:
    """A node of the nested set. `left` and `right` are renumbered whenever a category is added."""

    id: int
    name: str
    parent_id: int
    depth: int
    path: str
    create_at: int
    stamp_at: int
    left: int = 0
    right: int = 0


@dataclass(slots=True)
class Manufacturer:
    id: int
    name: str
    stamp_at: int


@dataclass(slots=True)
class Item:
    id: int
    description: str
    sku: str
    price: int
    category_id: int
    manufacturer_id: int
    stamp_at: int
    image_id: int = 0
    archived: bool = False
    # Whether it has images beside the first, so that nobody need look.
    more_images: bool = False


@dataclass(slots=True)
class Image:
    id: int
    public_id: str
    item_id: int
    stamp_at: int
    description: str = ""
    ordering: int = 0
    matrix_id: int = 0


@dataclass(slots=True)
class Discount:
    """`percent` is a fraction as text: "0.4", or the "0.999999999" of a line given away."""

    id: int
    name: str
    amount: int
    percent: str
    stamp_at: int
    archived: bool = False


@dataclass(slots=True)
class PaymentType:
    id: int
    name: str
    kind: str
    refund_as: int
    reserved: bool


@dataclass(slots=True)
class Employee:
    id: int
    first_name: str
    last_name: str
    stamp_at: int


@dataclass(slots=True)
class CustomerType:
    id: int
    name: str


@dataclass(slots=True)
class Tag:
    id: int
    name: str


@dataclass(slots=True)
class CreditAccount:
    id: int
    customer_id: int
    name: str
    balance: int
    stamp_at: int
    archived: bool = False
    gift_card: bool = False
    code: str = ""
    description: str = ""
    credit_limit: int = 0


@dataclass(slots=True)
class Customer:
    """A person. `phones` are (number, use type); `address` has the wire's keys (address1, city, zip)."""

    id: int
    first_name: str
    last_name: str
    title: str
    company: str
    email: str
    phones: tuple[tuple[str, str], ...]
    address: dict[str, str]
    no_email: bool
    create_at: int
    stamp_at: int
    contact_stamp_at: int
    archived: bool = False
    customer_type_id: int = 0
    credit_account_id: int = 0
    tags: tuple[str, ...] = ()
    dob: str = ""
    no_phone: bool = True
    no_mail: bool = True
    secondary_email: str = ""
    website: str = ""
    note: str = ""


@dataclass(slots=True)
class Payment:
    id: int
    sale_id: int
    amount: int
    type_id: int
    create_at: int
    register_id: int
    archived: bool = False
    ref_payment_id: int = 0


@dataclass(slots=True)
class ShipTo:
    id: int
    sale_id: int
    customer_id: int
    stamp_at: int
    shipped: bool = False


@dataclass(slots=True)
class SaleVoid:
    id: int
    sale_id: int
    shop_id: int
    create_at: int
    reason: str
    employee_id: int = 1


@dataclass(slots=True)
class Sale:
    """A receipt. Sums are rounded to cents, as R-Series keeps them; `complete_at` 0 means not completed."""

    id: int
    shop_id: int
    register_id: int
    customer_id: int
    create_at: int
    complete_at: int
    stamp_at: int
    update_at: int
    visible_at: int
    subtotal: int
    discount: int
    tax: int
    taxable: int
    tax_rate: int
    completed: bool
    line_ids: Sequence[int]
    payments: tuple[Payment, ...] = ()
    ship_to_id: int = 0
    voided: bool = False
    archived: bool = False
    reference: str = ""
    reference_source: str = ""
    note: str = ""
    printed_note: str = ""
    # Paid in to a gift card: part of totalDue and displayableTotal, not of the total.
    deposit: int = 0

    @property
    def total(self) -> int:
        return self.subtotal - self.discount + self.tax

    @property
    def paid(self) -> int:
        return sum(payment.amount for payment in self.payments if not payment.archived)


@dataclass(slots=True)
class Returned:
    """What has already come back of one sold line, so that the last partial refund takes exactly the rest."""

    quantity: int = 0
    subtotal: int = 0
    discount: int = 0
    tax: int = 0


@dataclass(slots=True)
class Account:
    id: str
    name: str
    currency: str
    symbol: str = "$"
    purchasing: tuple[str, ...] = field(default_factory=tuple)
