"""Sale lines as columns: some fifty bytes a line, because a grocer's year has a million and a half."""

from array import array

from fakes.lightspeed_r.records import LineIn
from fakes.lightspeed_r.wire import SCALE, scaled


class Lines:
    """Row `n` (a line id, from 1) is entry `n` of every column; rare facts are in dictionaries."""

    __slots__ = (
        "discount",
        "discount_id",
        "item_id",
        "line_type",
        "note",
        "parent_id",
        "price",
        "quantity",
        "sale_id",
        "subtotal",
        "tax",
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

    def __len__(self) -> int:
        return len(self.sale_id) - 1

    def __contains__(self, line_id: int) -> bool:
        return 0 < line_id < len(self.sale_id)

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
            tax=scaled(line.tax),
        )
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

    def total(self, line_id: int) -> int:
        """calcTotal of the line: subtotal - discount + tax, unrounded (up to seven decimals)."""
        return self.subtotal[line_id] - self.discount[line_id] + self.tax[line_id]

    def tax_rate(self, line_id: int) -> int:
        """The rate that explains the line's tax, to six decimals, scaled; 0 for an untaxed line."""
        tax, base = self.tax[line_id], self.subtotal[line_id] - self.discount[line_id]
        return round(tax * 1_000_000 / base) * (SCALE // 1_000_000) if tax and base else 0
