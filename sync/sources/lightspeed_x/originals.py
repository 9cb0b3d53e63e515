"""Returns and the sales they return. The vendor links the sales; which line returns which is found here.

A sale that has been returned says so (`return_sale_ids`) and comes again with a new version, mostly just
behind its return. So returned sales are remembered as they pass, and only the others are asked for.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

import msgspec

from sync.domain.facts import Customer, LineKind, OriginalSale, Sale, SaleLine
from sync.sources.lightspeed_x import wire

REMEMBERED_MAX = 20_000


class Original(msgspec.Struct, frozen=True):
    """What is remembered of a returned sale: each line with its article and quantity, and who bought."""

    sale_id: str
    lines: tuple[tuple[str, str, Decimal], ...]
    customer_id: str | None


def original_of(row: wire.Sale, discount_product_id: str) -> Original:
    """A sale as its returns need it: what was bought, without the discount that is written as an article."""
    lines = []
    for line in row.line_items or ():
        item_id = (line.product.id if line.product else None) or ""
        if line.id and (line.quantity or 0) > 0 and (not item_id or item_id != discount_product_id):
            lines.append((line.id, item_id, line.quantity or Decimal(0)))
    return Original(row.id or "", tuple(lines), row.customer_id or None)


class Originals:
    """Remembers returned sales, the latest `remembered_max` of them."""

    def __init__(self, read: Callable[[str], Original | None], remembered_max: int = REMEMBERED_MAX) -> None:
        """`read` asks the vendor for one sale."""
        self._read = read
        self._max = remembered_max
        self._known: OrderedDict[str, Original | None] = OrderedDict()

    def keep(self, original: Original) -> None:
        """Remember it."""
        self._known[original.sale_id] = original
        self._known.move_to_end(original.sale_id)
        while len(self._known) > self._max:
            self._known.popitem(last=False)

    def knows(self, sale_id: str) -> bool:
        """Whether it is remembered."""
        return sale_id in self._known

    def find(self, sale_id: str) -> Original | None:
        """The sale, remembered or asked for; None when the vendor does not have it any more."""
        if sale_id not in self._known:
            found = self._read(sale_id)
            if found is None:
                return None
            self.keep(found)
        return self._known[sale_id]


def linked(
    sale: Sale,
    original_id: str,
    original: Original | None,
    customer_id: str | None,
    customer: Customer | None,
) -> Sale:
    """The return with its original, and each returned line with the line it returns as far as that is clear.

    A line whose article the original never sold still belongs to it: the vendor linked the sales. An
    original that is gone stays the one that was returned; nobody can say then whether all of it was.
    """
    left = {line_id: quantity for line_id, _, quantity in original.lines} if original else {}
    lines = tuple(_with_parent(line, original, left, original_id) for line in sale.lines)
    quantities = {line_id: quantity for line_id, _, quantity in original.lines} if original else {}
    quantities[original_id] = Decimal(0)
    return replace(
        sale, lines=lines, originals=(OriginalSale(original_id, quantities, customer_id, customer),)
    )


def _with_parent(
    line: SaleLine, original: Original | None, left: dict[str, Decimal], original_id: str
) -> SaleLine:
    if not line.returned:
        return line
    parent = original_id
    if original is not None and line.kind in (LineKind.GOODS, LineKind.GIFT_CARD):
        same = [line_id for line_id, item_id, _ in original.lines if item_id == (line.item_id or "")]
        enough = [line_id for line_id in same if left[line_id] >= -line.quantity]
        found: Sequence[str] = enough or same
        if found:
            parent = found[0]
            left[parent] += line.quantity
    return msgspec.structs.replace(line, parent_line_id=parent)
