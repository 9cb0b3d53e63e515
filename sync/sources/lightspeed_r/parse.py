"""R-Series records into facts. Names what a record is, and never judges it.

Amounts: `calcTotal` is what a sale is worth; `totalDue` is 0 on card refunds and 100 on a gift card that
costs nothing, so it is not read. Line amounts carry up to seven decimals and are rounded to the cent so
that they add up to the sale. Payments are not read, so replaced (archived) ones cannot count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from sync.domain.clock import country_of, utc
from sync.domain.errors import CannotRead
from sync.domain.facts import (
    Customer,
    LineKind,
    OriginalSale,
    Product,
    Sale,
    SaleLine,
    SaleState,
    Shipment,
    Shop,
)
from sync.domain.money import allocate, decimal_of, minor_of, to_minor
from sync.sources.lightspeed_r import wire

SOURCE = "lightspeed_r"
_FEES = frozenset({"item_fee", "item_fee_refund"})
_PHONE_ORDER = ("Mobile", "Home", "Work")
_WEB_REGISTER = "eCom"  # exactly so; the vendor's own web shop sells through it
# What a line without an article sold stands in its note, which is not read: it may hold gift card codes.
_MISCELLANEOUS = Product("", "Miscellaneous")


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a sale's row does not say itself."""

    account_id: str
    currency: str
    web_registers: frozenset[str] = frozenset()
    products: Mapping[str, Product] = field(default_factory=dict)
    discounts: Mapping[str, str] = field(default_factory=dict)  # names by id


def sale(row: wire.Sale, known: Knowledge) -> Sale:
    """One sale with its lines and customer. Raises CannotRead for what contradicts itself or is missing.

    A completed sale without `completeTime` is from before 2017, when the field came; its `timeStamp` is then
    the time it was completed, as the vendor's pages say. Any other sale without one has no such time.
    """
    if not row.sale_id:
        raise CannotRead("no_id", "the sale has no saleID")
    state = _state(row)
    changed_at, completed_at = _times(row, state)
    total_minor = _minor(row.calc_total or row.total, known.currency, "calcTotal")
    if not row.shop_id:
        raise CannotRead("no_shop", "the sale has no shopID")
    customer_id = _id(row.customer_id)
    return Sale(
        SOURCE,
        known.account_id,
        row.sale_id,
        row.shop_id,
        row.register_id,
        state,
        known.currency,
        total_minor,
        completed_at,
        changed_at,
        _lines(line_rows(row), total_minor, known),
        customer_id,
        None if customer_id is None or isinstance(row.customer, str) else customer(row.customer),
        _web_source(row, known),
    )


def line_rows(row: wire.Sale) -> list[wire.SaleLine]:
    """The lines of a sale as they came; none when the relation is absent."""
    return [] if isinstance(row.lines, str) else wire.several(row.lines.rows)


def _times(row: wire.Sale, state: SaleState) -> tuple[datetime, datetime | None]:
    """When it last changed and when it was completed."""
    stamped_at = _time(row.time_stamp, "timeStamp")
    updated = row.updatetime or row.update_time
    changed_at = max(stamped_at, _time(updated, "updateTime")) if updated else stamped_at
    completed = row.complete_time
    if state is SaleState.OPEN or (state is SaleState.VOIDED and not completed):
        return changed_at, None
    same = not completed or completed == row.time_stamp
    return changed_at, stamped_at if same else _time(completed, "completeTime")


def _state(row: wire.Sale) -> SaleState:
    if row.voided == "true":
        return SaleState.VOIDED
    if row.voided not in {"false", ""}:
        raise CannotRead("no_state", "the sale does not say whether it was voided")
    if row.completed not in {"true", "false"}:
        raise CannotRead("no_state", "the sale does not say whether it is completed")
    return SaleState.COMPLETED if row.completed == "true" else SaleState.OPEN


def _web_source(row: wire.Sale, known: Knowledge) -> str:
    named = row.reference_number_source.strip().lower()
    return named or ("ecom" if row.register_id in known.web_registers else "")


def _lines(rows: list[wire.SaleLine], total_minor: int, known: Knowledge) -> tuple[SaleLine, ...]:
    currency = known.currency
    try:
        totals = [minor_of(row.calc_total, currency) for row in rows]
        if sum(totals) != total_minor:
            totals = allocate([decimal_of(row.calc_total) for row in rows], total_minor, currency)
        return tuple([_line(row, total, currency, known) for row, total in zip(rows, totals, strict=True)])
    except CannotRead:
        raise
    except ValueError:
        raise CannotRead(
            "lines_contradict_total", "the amounts of the lines are unreadable or do not add up to the sale"
        ) from None


def _line(row: wire.SaleLine, total_minor: int, currency: str, known: Knowledge) -> SaleLine:
    line_id = row.sale_line_id
    if not line_id:
        raise CannotRead("line_without_id", "a line of the sale has no saleLineID")
    item_id, discount_id, parent_id = row.item_id, row.discount_id, row.parent_sale_line_id
    has_item = item_id and item_id != "0"
    discounted = discount_id and discount_id != "0"
    quantity = _quantity(row.unit_quantity)
    return SaleLine(
        line_id,
        item_id if has_item else None,
        quantity,
        minor_of(row.calc_subtotal, currency),
        _discount_minor(row, currency),
        total_minor,
        _kind(row, quantity),
        parent_id if parent_id and parent_id != "0" else None,
        (known.discounts.get(discount_id) or None) if discounted else None,
        known.products.get(item_id) if has_item else _MISCELLANEOUS,
    )


def _discount_minor(row: wire.SaleLine, currency: str) -> int:
    if row.calc_transaction_discount == "0":
        return minor_of(row.calc_line_discount, currency)
    both = decimal_of(row.calc_line_discount) + decimal_of(row.calc_transaction_discount)
    return to_minor(both, currency)


def _kind(row: wire.SaleLine, quantity: Decimal) -> LineKind:
    if row.line_type in _FEES:
        return LineKind.FEE
    return LineKind.CREDIT if row.unit_price[:1] == "-" and quantity > 0 else LineKind.GOODS


@lru_cache(maxsize=4096)
def _quantity(text: str) -> Decimal:
    try:
        return decimal_of(text)
    except ValueError:
        raise CannotRead("no_quantity", "a line of the sale has no readable unitQuantity") from None


def customer(row: wire.Customer) -> Customer:
    """A customer as typed.

    `noEmail` is deliberately not read, neither as an opt-out nor, when false, as consent: the vendor sets it
    to true unless somebody says otherwise, so it mostly means that nobody asked. Consent stays unknown.
    """
    contact = wire.Contact() if isinstance(row.contact, str) else row.contact
    address = _first_address(contact)
    return Customer(
        row.customer_id,
        _email(contact),
        _phone(contact),
        row.first_name,
        row.last_name,
        row.company,
        row.title,
        address.city,
        address.state,
        address.zip,
        address.country or address.country_code,
        archived=row.archived == "true",
        created_at=_time(row.create_time, "createTime") if row.create_time else None,
    )


def _email(contact: wire.Contact) -> str:
    if isinstance(contact.emails, str):
        return ""
    found = [email for email in wire.several(contact.emails.rows) if email.address.strip()]
    primary = [email for email in found if email.use_type == "Primary"]
    return (primary or found)[0].address if found else ""


def _phone(contact: wire.Contact) -> str:
    if isinstance(contact.phones, str):
        return ""
    found = [phone for phone in wire.several(contact.phones.rows) if phone.number.strip()]
    found = [phone for phone in found if phone.use_type not in {"Fax", "Pager"}]
    found.sort(key=lambda p: _PHONE_ORDER.index(p.use_type) if p.use_type in _PHONE_ORDER else 9)
    return found[0].number if found else ""


def _first_address(contact: wire.Contact) -> wire.Address:
    found = [] if isinstance(contact.addresses, str) else wire.several(contact.addresses.rows)
    return found[0] if found else wire.Address()


def original(sold: Sale) -> OriginalSale:
    """What a refund needs to know of the sale it returns."""
    quantities = {line.line_id: line.quantity for line in sold.lines if not line.returned}
    return OriginalSale(sold.sale_id, quantities, sold.customer_id, sold.customer)


def shipment(row: wire.ShipTo) -> Shipment | None:
    """A shipment, or None for one that belongs to no sale yet. Raises CannotRead when a field is missing."""
    sale_id = _id(row.sale_id)
    if not row.ship_to_id:
        raise CannotRead("no_id", "the shipment has no shipToID")
    if sale_id is None:
        return None
    if row.shipped not in {"true", "false"}:
        raise CannotRead("no_state", "the shipment does not say whether it was shipped")
    changed_at = _time(row.time_stamp, "timeStamp")
    return Shipment(row.ship_to_id, sale_id, _id(row.customer_id), row.shipped == "true", changed_at)


def product(row: wire.Item) -> Product:
    """An article with its category path, brand and first picture."""
    category = wire.Category() if isinstance(row.category, str) else row.category
    return Product(
        row.item_id,
        row.description,
        row.custom_sku or row.system_sku,
        category.full_path_name or category.name,
        "" if isinstance(row.manufacturer, str) else row.manufacturer.name,
        _image_url(row),
    )


def _image_url(row: wire.Item) -> str:
    images = [] if isinstance(row.images, str) else wire.several(row.images.rows)
    usable = [image for image in images if image.public_id and image.base_image_url]
    if not usable:
        return ""
    first = min(usable, key=lambda image: (len(image.ordering), image.ordering))
    return f"{first.base_image_url.rstrip('/')}/{first.public_id}.jpg"


def shop(row: wire.Shop) -> Shop:
    """A shop, its zone as the vendor spells it and its country where one can be told."""
    contact = wire.Contact() if isinstance(row.contact, str) else row.contact
    country = _first_address(contact).country_code.strip().upper()
    if len(country) != 2:
        country = country_of(row.time_zone)
    return Shop(row.shop_id, row.name, row.time_zone, country)


def web_registers(row: wire.Shop) -> frozenset[str]:
    """The shop's tills that belong to the vendor's own web shop."""
    registers = [] if isinstance(row.registers, str) else wire.several(row.registers.rows)
    return frozenset(register.register_id for register in registers if register.name == _WEB_REGISTER)


def _id(text: str) -> str | None:
    return text if text and text != "0" else None


def _minor(text: str, currency: str, name: str) -> int:
    try:
        return minor_of(text, currency)
    except ValueError:
        raise CannotRead("amount_unreadable", f"{name} is no amount") from None


def _time(text: str, name: str) -> datetime:
    try:
        return utc(text)
    except ValueError:
        raise CannotRead("time_unreadable", f"{name} is no time with an offset") from None
