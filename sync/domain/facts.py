"""What a till told us, as records without judgement.

A source's parser names these facts; eligibility judges them; planning turns them into events.
Identifiers are the vendor's own, as text. Amounts are integer minor units. Instants are aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec


class SaleState(StrEnum):
    """How far a sale has come."""

    OPEN = "open"  # parked, quoted or not yet paid
    COMPLETED = "completed"
    VOIDED = "voided"


class LineKind(StrEnum):
    """What a line of a sale stands for."""

    GOODS = "goods"
    FEE = "fee"  # counts in the total, is no product
    CREDIT = "credit"  # store credit or a rebate: a negative price on a positive quantity
    GIFT_CARD = "gift_card"  # money put on a gift card: a means of payment, no revenue yet
    ROUNDING = "rounding"  # cash rounded to the coins there are


class Mark(StrEnum):
    """What a receipt is besides a sale, where the till says so. A policy says which of them still count."""

    BOOKING = "booking"
    PARKED = "parked"
    ABANDONED = "abandoned"
    UNPAID = "unpaid"
    RESERVED = "reserved"  # the money is reserved, not taken
    PRACTICE = "practice"
    UNKNOWN_KIND = "unknown_kind"  # the till names a kind or state that we do not know
    GIFT_CARD = "gift_card"  # at least one line sells a gift card
    TEST = "test"  # the settings of the till name its shop, cashier or note as a test
    NETTED = "netted"  # one half of an exchange rung up as two receipts that pay each other


class Marketing(StrEnum):
    """What the till knows of a customer's wish for marketing."""

    UNKNOWN = "unknown"
    CONSENTED = "consented"
    OPTED_OUT = "opted_out"


@dataclass(frozen=True, slots=True)
class Product:
    """What is known of an article beyond the line that sold it."""

    item_id: str
    name: str
    sku: str = ""
    category: str = ""  # slash-joined path, outermost first
    brand: str = ""
    image_url: str = ""


class SaleLine(msgspec.Struct, frozen=True, gc=False):
    """One line of a sale. A returned line has a negative quantity and negative amounts.

    Made by the million, hence not a dataclass.
    """

    line_id: str
    item_id: str | None
    quantity: Decimal
    subtotal_minor: int  # before discount and tax
    discount_minor: int
    total_minor: int  # after discount, with tax; the lines of a sale add up to its total
    kind: LineKind = LineKind.GOODS
    parent_line_id: str | None = None  # the line this one returns
    discount_name: str | None = None
    product: Product | None = None

    @property
    def returned(self) -> bool:
        """Whether the line brings goods back."""
        return self.quantity < 0


@dataclass(frozen=True, slots=True)
class Customer:
    """A person in the POS, exactly as typed there. Nothing here is validated yet."""

    customer_id: str
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    title: str = ""
    city: str = ""
    region: str = ""
    zip: str = ""
    country: str = ""
    marketing: Marketing = Marketing.UNKNOWN
    archived: bool = False
    created_at: datetime | None = None
    external_id: str = ""  # the number of the person in a customer system (CRM) beside the till
    groups: tuple[str, ...] = ()  # names of the groups the till counts them in
    tags: tuple[str, ...] = ()
    loyalty: Decimal | None = None  # balance in the till's own unit; None where it keeps none
    known_since: datetime | None = None  # when Klaviyo made their profile; asked only where it decides


@dataclass(frozen=True, slots=True)
class OriginalSale:
    """What a refund needs to know of the sale it returns: who bought, every line and how many."""

    sale_id: str
    quantities: Mapping[str, Decimal]  # by line id, lines that were themselves returns left out
    customer_id: str | None = None
    customer: Customer | None = None


@dataclass(frozen=True, slots=True)
class Shop:
    """A physical location and the clock on its wall."""

    shop_id: str
    name: str
    zone: str  # IANA name
    country: str = ""  # ISO 3166 alpha-2, to read phone numbers by; empty when unknown


@dataclass(frozen=True, slots=True)
class Sale:
    """A POS receipt of any kind: purchase, refund, exchange, deposit."""

    source: str
    account_id: str  # the POS's own number of the tenancy
    sale_id: str
    shop_id: str
    register_id: str
    state: SaleState
    currency: str
    total_minor: int
    completed_at: datetime | None
    changed_at: datetime  # the latest change the POS admits to
    lines: tuple[SaleLine, ...]
    customer_id: str | None = None
    customer: Customer | None = None
    web_source: str = ""  # lower-case name of the e-commerce platform it came from; empty: the shop floor
    originals: tuple[OriginalSale, ...] = ()
    marks: frozenset[Mark] = frozenset()
    zone: str = ""  # IANA name, where the receipt itself tells its zone; empty: the shop's
    arrived_at: datetime | None = None  # when the POS's back end got it, where that can be seen
    extra: tuple[tuple[str, str], ...] = ()  # further facts for the events, such as the receipt's number


@dataclass(frozen=True, slots=True)
class Shipment:
    """Goods of a sale that go out to a customer."""

    shipment_id: str
    sale_id: str
    customer_id: str | None
    shipped: bool
    changed_at: datetime  # when `shipped` turned true, as far as the POS tells
    customer: Customer | None = None


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """One POS tenancy: who it is, its currency and its shops."""

    account_id: str
    name: str
    currency: str
    shops: Mapping[str, Shop] = field(default_factory=dict)
