"""From the gross price a till knows to the net prices Sitoo stores.

The published example: a row of 250.00 less 50.00 for two pieces at 25 % is stored as 80.00 a piece, 160.00
net and 40.00 VAT.
"""

from typing import NamedTuple

from fakes.sitoo.wire import MILLI, divided

_WHOLE = 100 * MILLI  # 100 percent, in thousandths of a percent


class Priced(NamedTuple):
    """One row in hundredths. `unit` and `original` are net per unit and never negative."""

    unit: int
    original: int
    net: int
    vat: int


def net_of(gross: int, rate: int) -> int:
    """The net part of a gross amount; `rate` in thousandths of a percent."""
    return divided(gross * _WHOLE, _WHOLE + rate)


def price_row(  # noqa: PLR0917 (the facts of a row, on the path that loads a year)
    gross: int, quantity: int, rate: int, discount: int = 0, unit_quantity: int = 0, by_unit: bool = False
) -> Priced:
    """A row of `gross` before its `discount`, both positive; a negative quantity makes the totals negative.

    `unit_quantity` (thousandths, 0 for none) is the weight of one piece. With `by_unit` the net total is
    the rounded unit price times the quantity, and VAT takes up the difference.
    """
    pieces = abs(quantity) or 1
    paid = gross - discount
    whole, part = _WHOLE + rate, pieces * (unit_quantity or MILLI)
    unit = divided(paid * _WHOLE * MILLI, whole * part)
    original = unit if not discount else divided(gross * _WHOLE * MILLI, whole * part)
    net = divided(unit * part, MILLI) if by_unit else divided(paid * _WHOLE, whole)
    vat = paid - net
    return Priced(unit, original, -net, -vat) if quantity < 0 else Priced(unit, original, net, vat)
