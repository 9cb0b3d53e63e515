"""Sitoo's own data types: money with two decimals, decimals with three, GUIDs in braces, epoch seconds.

Inside the fake money is integer hundredths ("cents") and a decimal integer thousandths ("milli").
"""

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

Amount = Decimal | str | int
MILLI = 1000
MONEY = re.compile(r"-?\d{1,12}(\.\d{1,2})?")
DECIMAL = re.compile(r"-?\d{1,12}(\.\d{1,3})?")
GUID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}")


def cents(value: Amount) -> int:
    """An amount as whole hundredths, half up."""
    return int((Decimal(value) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def milli(value: Amount) -> int:
    """A number as whole thousandths, half up."""
    return int((Decimal(value) * MILLI).quantize(Decimal(1), ROUND_HALF_UP))


def money_text(value: int) -> str:
    """Hundredths as "123.50"."""
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 100}.{abs(value) % 100:02d}"


def decimal_text(value: int) -> str:
    """Thousandths as "123.456"."""
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // MILLI}.{abs(value) % MILLI:03d}"


def percent_number(value: int) -> int | float:
    """Thousandths of a percent as a JSON number: 25, 6, 8.875."""
    return value // MILLI if value % MILLI == 0 else value / MILLI


def divided(dividend: int, divisor: int) -> int:
    """The quotient to the nearest whole number, halves away from zero; the divisor is positive."""
    quotient = (2 * abs(dividend) + divisor) // (2 * divisor)
    return -quotient if dividend < 0 else quotient


def guid_text(hexadecimal: str) -> str:
    """32 hexadecimal digits as Sitoo writes a GUID: upper case, in braces."""
    h = hexadecimal.upper()
    return f"{{{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}}}"


def seconds_of(at: datetime) -> int:
    """Epoch seconds. Raises ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return int(at.timestamp())


def instant_of(seconds: int) -> datetime:
    """The instant in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
