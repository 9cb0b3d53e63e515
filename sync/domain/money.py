"""Money: integer minor units with an ISO 4217 currency. No float comes near it.

A rounding has a name and happens once, where a vendor's decimal text becomes minor units.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache

# ISO 4217 currencies whose minor unit is not a hundredth.
_EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF",
         "XOF", "XPF"),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip
_ONE, _EXACT = Decimal(1), Context(prec=40)
_LARGEST_MINOR = 10**15  # ten trillion in hundredths; anything beyond is a broken record, not a sale


def exponent(currency: str) -> int:
    """How many decimals the currency's minor unit has: 2 for USD, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


def decimal_of(text: str) -> Decimal:
    """Read a vendor's decimal text exactly. Raises ValueError for what is not a finite number."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("not a decimal number") from None
    if not number.is_finite():
        raise ValueError("not a finite number")
    return number


def to_minor(amount: Decimal, currency: str) -> int:
    """An exact amount in major units as integer minor units, halves rounded away from zero.

    Raises ValueError for an amount no till could hold.
    """
    if not amount.is_finite() or amount.adjusted() > 15:
        raise ValueError("the amount is out of range")
    minor = int(amount.scaleb(exponent(currency), _EXACT).quantize(_ONE, ROUND_HALF_UP, _EXACT))
    if abs(minor) > _LARGEST_MINOR:
        raise ValueError("the amount is out of range")
    return minor


@lru_cache(maxsize=8_192)
def minor_of(text: str, currency: str) -> int:
    """A vendor's decimal text as minor units. Remembered, because prices repeat."""
    return to_minor(decimal_of(text), currency)


def to_major(minor: int, currency: str) -> Decimal:
    """Minor units as an exact amount in major units: 2998 USD is 29.98."""
    return Decimal(minor).scaleb(-exponent(currency))


@lru_cache(maxsize=8_192)
def major_text(minor: int, currency: str) -> str:
    """Minor units as plain decimal text with the currency's decimals: 2998 USD is `29.98`."""
    return f"{to_major(minor, currency):f}"


def allocate(exact: Sequence[Decimal], total_minor: int, currency: str) -> list[int]:
    """Round amounts to minor units so that they add up to `total_minor` exactly.

    The parts that lose most by rounding are corrected first (largest remainder), earlier parts
    first among equals. Raises ValueError when the parts cannot add up to the total by rounding
    alone, which means that the record contradicts itself.
    """
    rounded = [to_minor(amount, currency) for amount in exact]
    gap = total_minor - sum(rounded)
    if gap == 0:
        return rounded
    if abs(gap) > len(rounded):
        raise ValueError("the parts do not add up to the total")
    scale = exponent(currency)
    lost = [amount.scaleb(scale) - whole for amount, whole in zip(exact, rounded, strict=True)]
    step = 1 if gap > 0 else -1
    order = sorted(range(len(rounded)), key=lambda i: (-step * lost[i], i))
    for i in order[: abs(gap)]:
        rounded[i] += step
    return rounded
