"""JSON text by hand, for the hot path: an event is a template with a few values, not a tree to walk.

Amounts come from integer minor units as decimal text, so no float ever stands in between.
"""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

import msgspec

from sync.domain.money import major_text
from sync.klaviyo.errors import CannotSend

_encode = msgspec.json.Encoder().encode
_DIGITS_MAX = 18  # Klaviyo reads integers as 64-bit signed


def quoted(text: str) -> str:
    """The text as a JSON string. Half a surrogate pair, which is no text, becomes a replacement mark."""
    try:
        return _encode(text).decode()
    except UnicodeEncodeError:
        return _encode(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")).decode()


def pair(name: str, text: str) -> str:
    """`"name":"text",` with its comma, or nothing for an empty text, which Klaviyo would not keep."""
    return f'"{name}":{quoted(text)},' if text else ""


@lru_cache(maxsize=4_096)
def number(quantity: Decimal) -> str:
    """A quantity as a JSON number without needless zeros: 2.000 is `2`, 0.5 is `0.5`.

    Raises CannotSend for a number Klaviyo has no room for.
    """
    text = f"{quantity:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if len(text.lstrip("-").partition(".")[0]) > _DIGITS_MAX:
        raise CannotSend("number_too_large", "a quantity has more digits than Klaviyo takes")
    return text


@lru_cache(maxsize=8_192)
def unit_price(subtotal_minor: int, quantity: Decimal, currency: str) -> str:
    """The price of one, rounded half up to the currency's decimals; the subtotal itself for quantity 0."""
    if quantity in (0, 1):
        return major_text(subtotal_minor, currency)
    exact = Decimal(subtotal_minor) / quantity
    return major_text(int(exact.to_integral_value(ROUND_HALF_UP)), currency)
