"""Ids in Vend's style: UUID-shaped, but of no RFC version, the time part in the fourth group.

A sale's lines and payments are named from the sale's own id, so that a year of receipts need not store them.
"""

from fakes.kit.ids import mix

_64 = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def uuid_text(seed: int, number: int, style: str) -> str:
    """The `number`-th id of a seed, as Vend writes them (`vend`) or as RFC 4122 version 4 (`rfc4`)."""
    high = mix((seed * _GOLDEN) & _64)
    low = mix((number * _GOLDEN + seed) & _64)
    if style == "rfc4":
        noise = mix(low ^ high)
        return (
            f"{noise >> 32:08x}-{noise >> 16 & 0xFFFF:04x}-4{noise & 0xFFF:03x}-"
            f"a{low >> 52:03x}-{low & 0xFFFFFFFFFFFF:012x}"
        )
    # The node is the same all over an account; the number shows through, like a clock.
    return f"{high >> 32:08x}-{high >> 16 & 0xFFFF:04x}-{low >> 48:04x}-11e6-{low & 0xFFFFFFFFFFFF:012x}"


def part_id(sale_id: str, number: int) -> str:
    """The id of a sale's line (1, 2, …) or payment (1001, 1002, …)."""
    value = int(sale_id.replace("-", ""), 16)
    low = mix((value ^ (value >> 64) ^ number * _GOLDEN) & _64)
    return f"{sale_id[:13]}-{low >> 48:04x}-11e6-{low & 0xFFFFFFFFFFFF:012x}"


def short_code(sale_id: str) -> str:
    """The six characters printed on a receipt."""
    value = mix(int(sale_id.replace("-", ""), 16) & _64)
    digits = []
    for _ in range(6):
        value, digit = divmod(value, 36)
        digits.append(_BASE36[digit])
    return "".join(digits)
