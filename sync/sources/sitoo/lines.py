"""The lines of an order in gross minor units that add up to what was to be paid.

Sitoo stores prices net. A line's worth is its net total and its VAT; US sales tax stands on the order and is
spread over the lines as they tell it, else by their net worth. Fees and cash rounding become lines of their
own, so that the lines of a receipt add up to `moneytotal_gross_all` and nothing is lost between them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sync.domain.errors import CannotRead
from sync.domain.facts import LineKind, Product, SaleLine
from sync.domain.money import allocate, to_minor
from sync.sources.sitoo import wire
from sync.sources.sitoo.settings import Meaning

ROUNDING, DELIVERY, CHECKOUT = "rounding", "delivery", "checkout"  # ids of the lines that are no article
_ZERO, _ONE, _CENT = Decimal(0), Decimal(1), Decimal("0.01")
_FEE_NAMES = {ROUNDING: "Rounding", DELIVERY: "Delivery", CHECKOUT: "Payment fee"}


@dataclass(frozen=True, slots=True)
class Original:
    """The lines of the order that a return names: their ids and what they sold."""

    order_id: str
    sold: tuple[tuple[str, int | None, str], ...] = ()  # line id, product, SKU

    def parent(self, item: wire.Item, extra: Mapping[str, str]) -> str:
        """The line that this one returns; a line of the whole order where it cannot be told."""
        named = extra.get("pos-originalsales-orderitemid", "").strip()
        if named and any(line_id == named for line_id, _, _ in self.sold):
            return parent_id(self.order_id, named)
        for line_id, product_id, sku in self.sold:
            if item.productid == product_id and (item.sku or "") == sku:
                return parent_id(self.order_id, line_id)
        return parent_id(self.order_id, "*")


@dataclass(frozen=True, slots=True)
class Terms:
    """How lines are read: the money they are in, what numbers mean, and what is known of articles."""

    currency: str
    meaning: Meaning
    products: Mapping[str, Product] = field(default_factory=dict)
    gift_card_groups: frozenset[str] = frozenset()  # names


def parent_id(order_id: str, line_id: str) -> str:
    """A line named from another order: line ids count from 0 on every order."""
    return f"{order_id}/{line_id}"


def items_of(row: wire.Order) -> Sequence[wire.Item]:
    """The order's lines as they came."""
    return row.orderitems if isinstance(row.orderitems, list) else ()


def quantity_of(item: wire.Item) -> Decimal:
    """How much was sold; below zero for a return. Weighed goods carry it with decimals."""
    pieces = item.quantity
    if pieces is None:
        raise CannotRead("no_quantity", "a line of the order has no quantity")
    exact = item.decimalquantitytotal
    if exact is None and item.decimalunitquantity is not None:
        exact = item.decimalunitquantity * abs(pieces)
    if exact is None or not exact.is_finite() or exact == 0:
        return pieces
    return -abs(exact) if pieces < 0 else exact


def sale_lines(
    row: wire.Order, total_minor: int, terms: Terms, original: Original | None
) -> tuple[SaleLine, ...]:
    """All lines. Raises CannotRead when they do not add up to the total by rounding alone."""
    items, currency = items_of(row), terms.currency
    taxes = _sales_taxes(row, items)
    exact = [_gross(item) + tax for item, tax in zip(items, taxes, strict=True)]
    extras = _fees(row, sum(exact, start=_ZERO), total_minor, currency)
    try:
        totals = allocate([*exact, *[amount for _, amount in extras]], total_minor, currency)
    except ValueError:
        raise CannotRead(
            "lines_contradict_total", "the amounts of the lines do not add up to the amount to be paid"
        ) from None
    taxes_minor = [to_minor(tax, currency) for tax in taxes]
    found = [
        _line(item, total, tax, terms, original)
        for item, total, tax in zip(items, totals, taxes_minor, strict=False)
    ]
    only_returns = bool(found) and all(line.returned for line in found)
    parent = parent_id(original.order_id, "*") if original is not None else None
    found += [
        _fee(name, minor, returned=only_returns, parent=parent)
        for (name, _), minor in zip(extras, totals[len(items) :], strict=True)
    ]
    return tuple(found)


def _gross(item: wire.Item) -> Decimal:
    net, vat = item.moneyitemtotal_net, item.moneyitemtotal_vat
    if net is None:
        raise CannotRead("no_amount", "a line of the order has no amount")
    gross = net + (vat or _ZERO)
    if not gross.is_finite():
        raise CannotRead("no_amount", "a line of the order has no readable amount")
    return gross


def _sales_taxes(row: wire.Order, items: Sequence[wire.Item]) -> list[Decimal]:
    """What of the order's sales tax belongs to each line."""
    whole = row.moneyfinal_salestax or _ZERO
    if not whole or not items:
        return [_ZERO] * len(items)
    told = [sum((tax.moneyamount or _ZERO for tax in item.salestaxes or []), start=_ZERO) for item in items]
    if sum(told) == whole:
        return told
    rates = [sum((tax.value or _ZERO for tax in item.salestaxes or []), start=_ZERO) for item in items]
    worth = [
        (item.moneyitemtotal_net or _ZERO) * (rate or _ZERO) for item, rate in zip(items, rates, strict=True)
    ]
    if not sum(worth):
        worth = [item.moneyitemtotal_net or _ZERO for item in items]
    base = sum(worth, start=_ZERO)
    return [whole * part / base for part in worth] if base else [whole, *[_ZERO] * (len(items) - 1)]


def _fees(row: wire.Order, goods: Decimal, total_minor: int, currency: str) -> list[tuple[str, Decimal]]:
    fees = [
        (name, amount)
        for name, amount in (
            (DELIVERY, row.moneytotal_gross_delivery),
            (CHECKOUT, row.moneytotal_gross_checkout),
        )
        if amount
    ]
    rounding = row.moneytotal_gross_roundoff or _ZERO
    if rounding and to_minor(goods + sum((a for _, a in fees), start=_ZERO), currency) != total_minor:
        fees.append((ROUNDING, rounding))
    return fees


def _line(
    item: wire.Item, total_minor: int, tax_minor: int, terms: Terms, original: Original | None
) -> SaleLine:
    if item.orderitemid is None:
        raise CannotRead("line_without_id", "a line of the order has no orderitemid")
    extra, quantity = wire.texts(item.additionaldata), quantity_of(item)
    discount_minor = to_minor(_discount(item, extra), terms.currency) * (-1 if quantity < 0 else 1)
    item_id = str(item.productid) if item.productid else None
    return SaleLine(
        str(item.orderitemid),
        item_id,
        quantity,
        total_minor - tax_minor + discount_minor,
        discount_minor,
        total_minor,
        _kind(item, extra, quantity, terms),
        original.parent(item, extra) if original is not None and quantity < 0 else None,
        (item.vouchername or item.vouchercode or "").strip() or None,
        _product(item, terms, item_id),
    )


def _discount(item: wire.Item, extra: Mapping[str, str]) -> Decimal:
    """What was taken off the whole line, gross and above zero."""
    try:
        row = Decimal(extra.get("orderitem-moneyrowdiscount", "") or "0")
    except ArithmeticError:
        row = _ZERO
    if row.is_finite() and row:
        return abs(row)
    each = item.moneydiscount or _ZERO
    if not each.is_finite() or not each:
        return _ZERO
    pieces = abs(quantity_of(item))
    net = item.moneynetpriceperunit
    # Whether this price is net or gross is not published; the price beside it tells.
    is_net = net is not None and item.moneydiscountedprice is not None
    is_net = is_net and abs((item.moneydiscountedprice or _ZERO) - (net or _ZERO)) <= _CENT
    factor = _ONE + (item.vatvalue or _ZERO) / 100 if is_net else _ONE
    return abs(each * pieces * factor)


def _kind(item: wire.Item, extra: Mapping[str, str], quantity: Decimal, terms: Terms) -> LineKind:
    if any(extra.get(key) for key in terms.meaning.gift_card_keys):
        return LineKind.GIFT_CARD
    if extra.get("product-group-name") in terms.gift_card_groups:
        return LineKind.GIFT_CARD
    if quantity > 0 and (item.moneyitemtotal_net or _ZERO) < 0:
        return LineKind.CREDIT
    if item.orderitemtype is None or item.orderitemtype in terms.meaning.product_items or item.productid:
        return LineKind.GOODS
    return LineKind.FEE


def _product(item: wire.Item, terms: Terms, item_id: str | None) -> Product:
    known = terms.products.get(item_id or "")
    name, sku = (item.productname or "").strip(), (item.sku or "").strip()
    if known is None:
        return Product(item_id or "", name or "Miscellaneous", sku)
    # As it was called and coded when it was sold; the rest as it is known today.
    return Product(
        known.item_id, name or known.name, sku or known.sku, known.category, known.brand, known.image_url
    )


def _fee(name: str, minor: int, *, returned: bool, parent: str | None) -> SaleLine:
    kind = LineKind.ROUNDING if name == ROUNDING else LineKind.FEE
    quantity = -_ONE if returned else _ONE
    return SaleLine(
        name, None, quantity, minor, 0, minor, kind, parent if returned else None, None,
        Product("", _FEE_NAMES[name]),
    )  # fmt: skip
