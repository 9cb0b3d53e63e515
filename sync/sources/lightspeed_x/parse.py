"""X-Series records into facts. Names what a record is, and never judges it.

Worth is what the customer pays: totals with tax. Line amounts carry five and more decimals and leave out
adjustments, so lines are rounded, and what is still missing becomes a line of its own, until they add up.
A discount on the whole sale is an article of quantity -1: no return, but something taken off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sync.domain.clock import utc
from sync.domain.errors import CannotRead
from sync.domain.facts import (
    Customer,
    LineKind,
    Mark,
    Product,
    Sale,
    SaleLine,
    SaleState,
    Shop,
)
from sync.domain.money import allocate, to_minor
from sync.sources.lightspeed_x import wire
from sync.sources.lightspeed_x.consent import Consent

SOURCE = "lightspeed_x"
WALKIN = "WALKIN"
IN_STORE = frozenset({"user", "quote"})
_NOTHING = Decimal(0)
_UNNAMED = Product("", "Miscellaneous")
_PLACEHOLDER = "/placeholder/"
_COUNTRIES = {"UK": "GB"}


@dataclass(frozen=True, slots=True)
class Practice:
    """What this merchant's own practice makes of sales, from the settings."""

    in_store: frozenset[str] = IN_STORE  # lower-case sources that are the shop floor; any other is a web shop
    pending: frozenset[str] = frozenset({"onaccount"})  # attributes whose sales count before they are closed
    test_outlets: frozenset[str] = frozenset()
    test_users: frozenset[str] = frozenset()
    test_notes: frozenset[str] = frozenset()  # lower-case words


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a sale's row does not say itself."""

    account_id: str
    currency: str
    currencies: Mapping[str, str] = field(default_factory=dict)  # by outlet, where it has its own
    outlets: Mapping[str, str] = field(default_factory=dict)  # of registers, for sales that name no outlet
    discount_product_id: str = ""
    practice: Practice = field(default_factory=Practice)
    products: Mapping[str, Product] = field(default_factory=dict)


def sale(row: wire.Sale, known: Knowledge) -> Sale:
    """One sale with its lines, without its customer. Raises CannotRead for what is missing or contradicts."""
    if not row.id:
        raise CannotRead("no_id", "the sale has no id")
    origin = row.source or wire.Origin()
    register_id = origin.register_id or ""
    shop_id = origin.outlet_id or known.outlets.get(register_id, "")
    if not shop_id:
        raise CannotRead("no_shop", "the sale names no outlet, and no register that is known")
    currency = known.currencies.get(shop_id) or known.currency
    state = _state(row, known.practice)
    total_minor = _total_minor(row, currency)
    lines = _lines(row, total_minor, currency, known)
    return Sale(
        SOURCE,
        known.account_id,
        row.id,
        shop_id,
        register_id,
        state,
        currency,
        total_minor,
        None if state is SaleState.OPEN else _rung_up_at(row),
        _changed_at(row),
        lines,
        row.customer_id or None,
        web_source=_web_source(origin, known.practice),
        marks=_marks(row, origin, shop_id, lines, known.practice),
        extra=_extra(row),
    )


def _state(row: wire.Sale, practice: Practice) -> SaleState:
    if row.state == "voided" or (row.deleted_at and row.state == "closed"):
        return SaleState.VOIDED
    if row.state == "closed":
        return SaleState.COMPLETED
    if row.state == "pending" and not row.deleted_at:
        return SaleState.COMPLETED if practice.pending & _attributes(row) else SaleState.OPEN
    if row.state in {"parked", "pending"}:
        return SaleState.OPEN
    raise CannotRead("no_state", "the sale's state is none that is known")


def _attributes(row: wire.Sale) -> frozenset[str]:
    return frozenset(each.strip().lower() for each in row.attributes or ())


def _rung_up_at(row: wire.Sale) -> datetime:
    return _time(row.date or row.created_at, "date")


def _changed_at(row: wire.Sale) -> datetime:
    """The latest change: by the server's clock, since a till's own may be hours behind or offline."""
    told = [(row.updated_at, "updated_at"), (row.created_at, "created_at"), (row.deleted_at, "deleted_at")]
    times = [_time(text, name) for text, name in told if text]
    return max(times) if times else _rung_up_at(row)


def _web_source(origin: wire.Origin, practice: Practice) -> str:
    named = (origin.type or "").strip().lower()
    return "" if not named or named in practice.in_store else named


def _marks(
    row: wire.Sale, origin: wire.Origin, shop_id: str, lines: Sequence[SaleLine], practice: Practice
) -> frozenset[Mark]:
    marks: set[Mark] = set()
    if any(line.kind is LineKind.GIFT_CARD for line in lines):
        marks.add(Mark.GIFT_CARD)
    author = (origin.author.id or "") if origin.author else ""
    note = (row.note or "").lower() if practice.test_notes else ""
    if (
        shop_id in practice.test_outlets
        or author in practice.test_users
        or any(word in note for word in practice.test_notes)
    ):
        marks.add(Mark.TEST)
    return frozenset(marks)


def _extra(row: wire.Sale) -> tuple[tuple[str, str], ...]:
    number = row.receipt_number or row.invoice_number
    return (("Receipt", number),) if number else ()


def _total_minor(row: wire.Sale, currency: str) -> int:
    totals = row.totals
    if totals is None or (totals.price_incl_tax is None and totals.price is None):
        raise CannotRead("amount_unreadable", "the sale has no total")
    amount = totals.price_incl_tax
    if amount is None:
        amount = (totals.price or _NOTHING) + (totals.tax or _NOTHING)
    return _minor(amount, currency, "the total")


@dataclass(slots=True)
class _Part:
    """A line on its way: what it is worth exactly, to be rounded with the others."""

    line_id: str
    item_id: str | None
    quantity: Decimal
    kind: LineKind
    exact: Decimal
    subtotal: Decimal
    discount: Decimal
    discount_name: str | None = None
    product: Product | None = None


def _lines(row: wire.Sale, total_minor: int, currency: str, known: Knowledge) -> tuple[SaleLine, ...]:
    rows = list(row.line_items or ())
    if row.state != "voided":  # a void takes all its lines along; a single voided line was taken off before
        rows = [line for line in rows if (line.status or "").upper() != "VOIDED"]
    parts = [_part(line, known) for line in rows]
    parts += _adjusted(row)
    _give_back(parts)
    rounded = _rounded(parts, total_minor, currency)
    return tuple(
        SaleLine(
            part.line_id,
            part.item_id,
            part.quantity,
            _minor(part.subtotal, currency, "a line"),
            _minor(part.discount, currency, "a discount"),
            total,
            part.kind,
            None,
            part.discount_name,
            part.product,
        )
        for part, total in zip(parts, rounded, strict=True)
    )


def _part(line: wire.Line, known: Knowledge) -> _Part:
    if not line.id:
        raise CannotRead("line_without_id", "a line of the sale has no id")
    if line.quantity is None:
        raise CannotRead("no_quantity", "a line of the sale has no quantity")
    quantity = line.quantity
    pricing, tax = line.pricing or wire.Pricing(), line.tax or wire.Tax()
    net = pricing.total if pricing.total is not None else (pricing.price or _NOTHING) * quantity
    taxes = tax.total if tax.total is not None else (tax.amount or _NOTHING) * quantity
    item_id = (line.product.id if line.product else None) or None
    if item_id is not None and item_id == known.discount_product_id:
        taken_off = -(net + taxes)
        return _Part(
            line.id, None, abs(quantity), LineKind.CREDIT, -taken_off, _NOTHING, taken_off, "Discount"
        )
    discount = pricing.discount_total
    if discount is None:
        discount = (pricing.discount or _NOTHING) * quantity
    gift = bool(line.gift_card_number)
    return _Part(
        line.id,
        item_id,
        quantity,
        LineKind.GIFT_CARD if gift and quantity > 0 else LineKind.GOODS,
        net + taxes,
        net + discount,
        discount,
        _promotion(line),
        known.products.get(item_id) if item_id else _UNNAMED,
    )


def _promotion(line: wire.Line) -> str | None:
    for each in line.promotions or ():
        named = each.promo_code or each.name
        if named:
            return named
    return None


def _adjusted(row: wire.Sale) -> list[_Part]:
    """Fees, tips, surcharges and discounts on the whole sale, and what a web shop charged besides."""
    adjustments = row.adjustments or ()
    parts = [_adjustment(number, each) for number, each in enumerate(adjustments, 1)]
    for number, charge in enumerate(row.ecom_custom_charges or (), 1):
        parts.append(_fee(f"charge-{number}", charge.total_incl or charge.total or _NOTHING))
    surcharge = row.totals.surcharge if row.totals else None
    if surcharge and not any(_kind(each) == "SURCHARGE" for each in adjustments):
        parts.append(_fee("surcharge", surcharge))
    return [part for part in parts if part.exact]


def _adjustment(number: int, row: wire.Adjustment) -> _Part:
    amount = row.total if row.total is not None else row.value or _NOTHING
    line_id = f"adjustment-{number}"
    if _kind(row) != "DISCOUNT":
        return _fee(line_id, amount)
    off = abs(amount)
    return _Part(line_id, None, Decimal(1), LineKind.CREDIT, -off, _NOTHING, off, row.name or "Discount")


def _kind(row: wire.Adjustment) -> str:
    return (row.adjustment_type or row.type or "").upper()


def _fee(line_id: str, amount: Decimal) -> _Part:
    return _Part(line_id, None, Decimal(1), LineKind.FEE, amount, amount, _NOTHING)


def _give_back(parts: list[_Part]) -> None:
    """Where all goods come back, fees and discounts come back with them: they are no purchase."""
    goods = [part for part in parts if part.kind in {LineKind.GOODS, LineKind.GIFT_CARD}]
    if goods and all(part.quantity < 0 for part in goods):
        for part in parts:
            part.quantity = -abs(part.quantity) or Decimal(-1)


def _rounded(parts: list[_Part], total_minor: int, currency: str) -> list[int]:
    """The amounts in minor units. What rounding cannot explain becomes a line, so that they add up."""
    exact = [part.exact for part in parts]
    try:
        return allocate(exact, total_minor, currency)
    except ValueError:
        rounded = [_minor(amount, currency, "a line") for amount in exact]
    rest = total_minor - sum(rounded)
    kind = LineKind.FEE if rest > 0 else LineKind.CREDIT
    back = bool(parts) and all(part.quantity < 0 for part in parts)
    parts.append(_Part("rest", None, Decimal(-1 if back else 1), kind, _NOTHING, _NOTHING, _NOTHING))
    return [*rounded, rest]


def customer(row: wire.Customer, consent: Consent, groups: Mapping[str, str]) -> Customer:
    """A customer as typed. `groups` holds the names of the groups by id."""
    names = _groups(row, groups)
    postal = not any((row.physical_city, row.physical_postcode, row.physical_state))
    return Customer(
        row.id or "",
        (row.email or "").strip(),
        (row.mobile or row.phone or "").strip(),
        row.first_name or "",
        row.last_name or "",
        row.company_name or "",
        "",
        (row.postal_city or row.postal_suburb if postal else row.physical_city or row.physical_suburb) or "",
        (row.postal_state if postal else row.physical_state) or "",
        (row.postal_postcode if postal else row.physical_postcode) or "",
        country(row.physical_country_id or row.postal_country_id),
        consent.of(row, names),
        archived=bool(row.deleted_at),
        created_at=_known_time(row.created_at),
        groups=names,
        tags=tuple(tag if isinstance(tag, str) else tag.name or "" for tag in row.tags or ()),
        loyalty=row.loyalty_balance if row.enable_loyalty is not False else None,
    )


def _groups(row: wire.Customer, groups: Mapping[str, str]) -> tuple[str, ...]:
    ids = dict.fromkeys([*(row.customer_group_ids or ()), *filter(None, [row.customer_group_id])])
    return tuple(groups[each] for each in ids if groups.get(each))


def product(row: wire.Product, brands: Mapping[str, str], categories: Mapping[str, str]) -> Product:
    """An article with its category path, brand and picture. `brands` and `categories` are names by id."""
    category = row.product_category or row.type
    path = [each.name for each in (category.category_path or ()) if each.name] if category else []
    category_id = (category.id if category else None) or row.product_type_id or ""
    image = row.image_url or ""
    return Product(
        row.id or "",
        row.variant_name or row.name or "",
        row.sku or "",
        "/".join(path) or (category.name if category else None) or categories.get(category_id, ""),
        (row.brand.name if row.brand else None) or brands.get(row.brand_id or "", ""),
        "" if _PLACEHOLDER in image else image,
    )


def shop(row: wire.Outlet, zone: str, country_code: str) -> Shop:
    """An outlet; `zone` and `country_code` are the retailer's, where it has none of its own."""
    return Shop(
        row.id or "", row.name or "", row.time_zone or zone, country(row.physical_country_id) or country_code
    )


def country(code: str | None) -> str:
    """ISO 3166 alpha-2; older records write UK. Empty for what is no such code."""
    found = (code or "").strip().upper()
    return _COUNTRIES.get(found, found) if len(found) == 2 and found.isalpha() else ""


def _minor(amount: Decimal, currency: str, what: str) -> int:
    try:
        return to_minor(amount, currency)
    except ValueError:
        raise CannotRead("amount_unreadable", f"{what} is no amount") from None


def _known_time(text: str | None) -> datetime | None:
    try:
        return utc(text or "")
    except ValueError:
        return None


def _time(text: str | None, name: str) -> datetime:
    try:
        return utc(text or "")
    except ValueError:
        raise CannotRead("time_unreadable", f"{name} is no time with an offset") from None
