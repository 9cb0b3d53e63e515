"""Amounts as X-Series keeps them: five decimals on lines, cents on a sale."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from fakes.lightspeed_x.records import ZERO, Amount, Line, Sale

_FIVE, _TWO = Decimal("0.00001"), Decimal("0.01")
_MOST = Decimal(10) ** 12


class NoAmount(ValueError):
    """Not a number, or one that no till could ring up."""


def amount(value: object) -> Decimal:
    """A number or a numeric text as Decimal. Raises NoAmount."""
    if isinstance(value, bool) or not isinstance(value, Decimal | str | int | float):
        raise NoAmount("a number is wanted")
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise NoAmount("a number is wanted") from None
    if not number.is_finite() or abs(number) >= _MOST or number.as_tuple().exponent < -20:  # type: ignore[operator]  # finite: the exponent is a number
        raise NoAmount("the number is out of range")
    return number


def five(value: Decimal) -> Decimal:
    """Rounded as a line's unit amounts are."""
    return value.quantize(_FIVE, ROUND_HALF_UP)


def cents(value: Decimal) -> Decimal:
    """Rounded as a sale's totals are."""
    return value.quantize(_TWO, ROUND_HALF_UP)


def split_tax(price: Amount, rate: Decimal, *, inclusive: bool) -> tuple[Decimal, Decimal]:
    """A shelf price as (without tax, tax), each to five decimals."""
    shelf = amount(price)
    net = five(shelf / (1 + rate)) if inclusive else five(shelf)
    return net, (five(shelf) - net if inclusive else five(net * rate))


def net_total(sale: Sale) -> Decimal:
    """`total_price`: without tax, adjustments and web charges included."""
    lines = sum((line.price * line.quantity + line.rare.surcharge for line in sale.lines), ZERO)
    more = sum((one.total for one in sale.adjustments), ZERO) + sum((one.total for one in sale.charges), ZERO)
    return cents(lines + more)


def tax_total(sale: Sale) -> Decimal:
    """`total_tax`."""
    charges = sum((one.total_tax for one in sale.charges), ZERO)
    return cents(sum((line.tax * line.quantity for line in sale.lines), ZERO) + charges)


def gross_total(sale: Sale) -> Decimal:
    """What the customer owes: `total_price_incl`."""
    return net_total(sale) + tax_total(sale)


def loyalty_total(sale: Sale) -> Decimal:
    """`total_loyalty`."""
    return five(sum((line.loyalty * line.quantity for line in sale.lines), ZERO))


def paid_total(sale: Sale) -> Decimal:
    """What was paid so far, refused and deleted payments aside."""
    return sum((one.amount for one in sale.payments if one.deleted_at is None), ZERO)


def line_total(line: Line) -> Decimal:
    """A line's `price_total`."""
    return line.price * line.quantity
