"""Sale lines as columns: some fifty bytes a line, because a grocer's year has a million and a half."""

from array import array
from dataclasses import dataclass

from fakes.lightspeed_r.records import LineIn
from fakes.lightspeed_r.wire import SCALE, decimal_text, scaled


@dataclass(slots=True)
class Loose:
    """What a reservation has instead of a sale: its line's saleID is 0. Named like a sale's attributes."""

    shop_id: int
    create_at: int
    complete_at: int
    id: int = 0


class Lines:
    """Row `n` (a line id, from 1) is entry `n` of every column; rare facts are in dictionaries."""

    __slots__ = (
        "discount",
        "discount_id",
        "edited",
        "gone",
        "item_id",
        "line_type",
        "loose",
        "more",
        "note",
        "parent_id",
        "price",
        "quantity",
        "sale_id",
        "subtotal",
        "tax",
        "tax2",
    )

    def __init__(self) -> None:
        self.sale_id = array("I", [0])
        self.item_id = array("I", [0])
        self.quantity = array("i", [0])
        self.price = array("q", [0])
        self.subtotal = array("q", [0])
        self.discount = array("q", [0])
        self.tax = array("q", [0])
        self.parent_id: dict[int, int] = {}
        self.discount_id: dict[int, int] = {}
        self.note: dict[int, str] = {}
        self.line_type: dict[int, str] = {}
        # The part of `tax` that is the second tax.
        self.tax2: dict[int, int] = {}
        # Wire texts that differ from what a plain line has.
        self.more: dict[int, dict[str, str]] = {}
        # Reservations (layaways, special orders) that are in no sale yet.
        self.loose: dict[int, Loose] = {}
        # createTime and timeStamp of lines that were not rung up with their sale.
        self.edited: dict[int, tuple[int, int]] = {}
        self.gone: set[int] = set()

    def __len__(self) -> int:
        return len(self.sale_id) - 1

    def __contains__(self, line_id: int) -> bool:
        return 0 < line_id < len(self.sale_id) and line_id not in self.gone

    def add(self, sale_id: int, line: LineIn) -> int:
        """Append one line as sold and give its id."""
        price = scaled(line.unit_price)
        subtotal = line.quantity * price if line.subtotal is None else scaled(line.subtotal)
        line_id = self.append(
            sale_id,
            int(line.item_id),
            quantity=line.quantity,
            price=price,
            subtotal=subtotal,
            discount=scaled(line.discount),
            tax=scaled(line.tax) + scaled(line.tax2),
        )
        if line.tax2:
            self.set_tax2(line_id, scaled(line.tax2))
        if line.note:
            self.note[line_id] = line.note
        if line.line_type:
            self.line_type[line_id] = line.line_type
        if line.discount_id != "0":
            self.discount_id[line_id] = int(line.discount_id)
        return line_id

    def append(  # noqa: PLR0917 (one argument per column, on the path that loads a year)
        self, sale_id: int, item_id: int, quantity: int, price: int, subtotal: int, discount: int, tax: int
    ) -> int:
        """One line in scaled amounts; those of a return are negative."""
        line_id = len(self.sale_id)
        self.sale_id.append(sale_id)
        self.item_id.append(item_id)
        self.quantity.append(quantity)
        self.price.append(price)
        self.subtotal.append(subtotal)
        self.discount.append(discount)
        self.tax.append(tax)
        return line_id

    def set_tax2(self, line_id: int, tax2: int) -> None:
        """Say how much of the line's tax is the second tax; its rate is the one that explains it."""
        more = self.more.setdefault(line_id, {})
        if not tax2:
            self.tax2.pop(line_id, None)
            more.pop("calcTax2", None)
            more.pop("tax2Rate", None)
            return
        self.tax2[line_id] = tax2
        more["calcTax2"] = decimal_text(tax2)
        more["tax2Rate"] = decimal_text(self._rate(line_id, tax2))

    def total(self, line_id: int) -> int:
        """calcTotal of the line: subtotal - discount + tax, unrounded (up to seven decimals)."""
        return self.subtotal[line_id] - self.discount[line_id] + self.tax[line_id]

    def tax_rate(self, line_id: int) -> int:
        """The rate that explains the line's first tax, to six decimals, scaled; 0 for an untaxed line."""
        tax = self.tax[line_id]
        return self._rate(line_id, tax - self.tax2.get(line_id, 0) if self.tax2 else tax)

    def _rate(self, line_id: int, tax: int) -> int:
        base = self.subtotal[line_id] - self.discount[line_id]
        return round(tax * 1_000_000 / base) * (SCALE // 1_000_000) if tax and base else 0
