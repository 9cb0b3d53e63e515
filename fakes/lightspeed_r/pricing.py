"""What a line costs, and what a sale comes to, as R-Series reckons it: unrounded lines, sums in cents."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from fakes.lightspeed_r.records import Sale
from fakes.lightspeed_r.wire import SCALE, decimal_text, to_cents

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State


@dataclass(frozen=True, slots=True)
class Rates:
    """The two sales taxes that apply, as fractions; `inclusive` when prices hold them already."""

    first: Decimal = Decimal(0)
    second: Decimal = Decimal(0)
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class Reckoned:
    """The amounts of one line, scaled."""

    subtotal: int
    discount: int
    tax: int
    tax2: int


def rates_of(state: "State", category_id: int, class_id: int) -> Rates:
    """A tax category's rates for a tax class; its own where it has none for that class."""
    category = state.docs["TaxCategory"].rows.get(category_id)
    if category is None:
        return Rates()
    found = category.fields
    for row_id in state.pointing("TaxCategoryClass", "taxCategoryID", category_id):
        row = state.docs["TaxCategoryClass"].rows[row_id]
        if row.fields.get("taxClassID") == str(class_id):
            found = {**category.fields, **{key: row.fields.get(key, "0") for key in ("tax1Rate", "tax2Rate")}}
    return Rates(
        Decimal(found.get("tax1Rate", "0")),
        Decimal(found.get("tax2Rate", "0")),
        found.get("isTaxInclusive", "false") == "true",
    )


def reckon(price: int, quantity: int, *, percent: Decimal, off: int, rates: Rates) -> Reckoned:
    """One line. A percentage is rounded to cents, a tax to the seven decimals that a line keeps."""
    gross = price * quantity
    discount = to_cents(int(gross * percent)) if percent else (off if quantity >= 0 else -abs(off))
    if not rates.inclusive:
        base = gross - discount
        return Reckoned(
            gross, discount, _tax(base, rates.first) + _tax(base, rates.second), _tax(base, rates.second)
        )
    whole = 1 + rates.first + rates.second
    subtotal, net_discount = int(gross / whole), int(discount / whole)
    base = subtotal - net_discount
    second = _tax(base, rates.second)
    return Reckoned(subtotal, net_discount, gross - discount - base, second)


def total_up(state: "State", sale: Sale) -> None:
    """Bring the sums of an open sale in line with its lines."""
    lines, ids = state.lines, list(sale.line_ids)
    second = sum(lines.tax2.get(line_id, 0) for line_id in ids)
    taxed = [line_id for line_id in ids if lines.tax[line_id]]
    sale.subtotal = to_cents(sum(lines.subtotal[line_id] for line_id in ids))
    sale.discount = to_cents(sum(lines.discount[line_id] for line_id in ids))
    sale.tax = to_cents(sum(lines.tax[line_id] for line_id in ids) - second) + to_cents(second)
    sale.taxable = to_cents(sum(lines.subtotal[n] - lines.discount[n] for n in taxed))
    more = state.extras["Sale"].setdefault(sale.id, {})
    if second or "calcTax2" in more:
        more["calcTax2"] = decimal_text(to_cents(second))
        more["calcTax1"] = decimal_text(sale.tax - to_cents(second))
    rates = rates_of(state, int(more.get("taxCategoryID", "0")), 0)
    sale.tax_rate = int(rates.first * SCALE)
    more["tax2Rate"] = decimal_text(int(rates.second * SCALE))
    more["isTaxInclusive"] = "true" if rates.inclusive else "false"


def costs_of(state: "State", sale: Sale) -> None:
    """calcAvgCost and calcFIFOCost, from the items' default cost."""
    total = Decimal(0)
    for line_id in sale.line_ids:
        cost = state.lines.more.get(line_id, {}).get("avgCost", "0")
        total += Decimal(cost) * state.lines.quantity[line_id]
    more = state.extras["Sale"].setdefault(sale.id, {})
    more["calcAvgCost"] = more["calcFIFOCost"] = decimal_text(int(total * SCALE))


def _tax(base: int, rate: Decimal) -> int:
    return int((base * rate).to_integral_value())
