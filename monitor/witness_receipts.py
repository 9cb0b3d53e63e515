"""What the POS shows of each receipt, kept beside the evidence of events: tills count receipts.

Written only where tills keep totals (`HasControlTotals`), so nobody else pays for it. Ids and amounts only.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from monitor.evidence import Rows
from sync.domain.facts import LineKind, Mark, Sale, SaleLine, SaleState
from sync.sources.protocol import Page

_WORD = pa.dictionary(pa.int32(), pa.string())

AMOUNTS = (
    "sold_minor", "back_minor", "sold_rounding", "back_rounding", "sold_tax", "back_tax", "sold_fees",
    "back_fees", "sold_cards", "back_cards",
)  # fmt: skip
RECEIPTS = pa.schema(
    [
        ("account", _WORD),
        ("sale_id", pa.string()),
        ("shop_id", _WORD),
        ("register_id", _WORD),
        ("completed_at", pa.int64()),  # epoch seconds
        ("arrived_at", pa.int64()),  # at the POS's back end, epoch seconds; null where that cannot be seen
        ("currency", _WORD),
        ("uncounted", _WORD),  # why a till would not count it as a sale; empty when it would
        ("sold", pa.int64()),  # 1 where something was sold on it
        ("back", pa.int64()),  # 1 where something came back; a mixed receipt has both
        *((name, pa.int64()) for name in AMOUNTS),  # both sides above zero
    ]
)
_NOT_A_SALE = (Mark.PRACTICE, Mark.BOOKING, Mark.PARKED, Mark.ABANDONED)
_DOUBTFUL = (Mark.UNPAID, Mark.RESERVED, Mark.UNKNOWN_KIND)
_PART = {LineKind.ROUNDING: "rounding", LineKind.FEE: "fees", LineKind.GIFT_CARD: "cards"}


def kept(pages: Iterator[Page], path: Path, account: str, seen: set[str]) -> Iterator[Page]:
    """The same pages; the receipts on them are written to `path`, but for those `seen` before."""
    with Rows(path, RECEIPTS, ("account",)) as rows:
        for page in pages:
            sales = {sale.sale_id: sale for sale in page.sales if sale.sale_id not in seen}
            found = [_row(sale) for sale in sales.values() if sale.completed_at is not None]
            if found:
                rows.write([(len(found), account)], [list(column) for column in zip(*found, strict=True)])
            yield page


def uncounted(sale: Sale) -> str:
    """Why a till would not count the receipt among its sales; empty when it would."""
    if sale.state is SaleState.VOIDED:
        return "voided"
    for mark in (*_NOT_A_SALE, *_DOUBTFUL):
        if mark in sale.marks:
            return mark.value
    return ""


def amounts(sale: Sale) -> dict[str, int]:
    """What was sold and what came back, and how much of it is rounding, sales tax, fees and gift cards."""
    found = dict.fromkeys(AMOUNTS, 0)
    for line in sale.lines:
        side, sign = ("back", -1) if line.returned else ("sold", 1)
        found[f"{side}_minor"] += sign * line.total_minor
        if line.kind in _PART:
            found[f"{side}_{_PART[line.kind]}"] += sign * line.total_minor
        found[f"{side}_tax"] += sign * _tax(line)
    if not sale.lines:
        found["sold_minor" if sale.total_minor >= 0 else "back_minor"] = abs(sale.total_minor)
    return found


def _tax(line: SaleLine) -> int:
    return line.total_minor - (line.subtotal_minor - line.discount_minor)


def _row(sale: Sale) -> Sequence[object]:
    told = amounts(sale)
    sold = any(not line.returned and line.kind is not LineKind.ROUNDING for line in sale.lines)
    back = any(line.returned for line in sale.lines)
    at = int(sale.completed_at.timestamp()) if sale.completed_at else 0
    return (
        sale.sale_id,
        sale.shop_id,
        sale.register_id,
        at,
        int(sale.arrived_at.timestamp()) if sale.arrived_at else None,
        sale.currency,
        uncounted(sale),
        int(sold or not back),
        int(back),
        *told.values(),
    )
