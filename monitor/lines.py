"""What an event says of the lines of its sale, as far as it can be compared: which article, how many.

Only properties that this program's own mappings write are known well enough; an event that does not carry
them is not compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from sync.domain.facts import LineKind
from sync.domain.planning import Kind, PlannedEvent

ARTICLE, QUANTITY, COUNT = "Product ID", "Quantity", "Item Count"
Said = tuple[str, int | None]  # the article's id and a quantity in thousandths
NOTHING: Said = ("", None)
_ORDERS = frozenset({Kind.PLACED, Kind.REFUNDED, Kind.CANCELED})
_LARGEST = 10**15


@dataclass(frozen=True, slots=True)
class LineRule:
    """Which lines count as items under a property mapping."""

    counted: frozenset[LineKind]


RULES: Mapping[str, LineRule] = {
    "klaviyo-native": LineRule(frozenset({LineKind.GOODS})),
    "klavx": LineRule(frozenset({LineKind.GOODS, LineKind.GIFT_CARD})),
}


def properties(kind: Kind) -> tuple[str, ...]:
    """The properties that events of a kind are asked for."""
    if kind is Kind.PRODUCT:
        return ARTICLE, QUANTITY
    return (COUNT,) if kind in _ORDERS else ()


def expected(unit: PlannedEvent, rule: LineRule) -> Said:
    """What the event of a unit ought to say."""
    if unit.kind is Kind.PRODUCT:
        line = unit.lines[0]
        return (line.product.item_id if line.product else line.item_id or ""), thousandths(line.quantity)
    if unit.kind not in _ORDERS:
        return NOTHING
    counted = [line.quantity for line in unit.lines if line.kind in rule.counted]
    return "", thousandths(abs(sum(counted, Decimal(0)))) if counted else None


@lru_cache(maxsize=4_096)
def thousandths(quantity: Decimal) -> int | None:
    """A quantity as a whole number of thousandths; None beyond all reason."""
    found = int(quantity.scaleb(3))
    return found if abs(found) < _LARGEST else None


@lru_cache(maxsize=4_096)
def read(text: str) -> int | None:
    """The quantity an event says, in thousandths; None where it says none."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return thousandths(found) if found.is_finite() else None
