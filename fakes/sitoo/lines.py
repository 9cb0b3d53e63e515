"""Order rows as columns: some fifty bytes a row, because a grocer's year has a million and a half."""

from array import array

from fakes.sitoo.pricing import Priced
from fakes.sitoo.records import Odd

COLUMNS = ("face", "quantity", "unit", "original", "net", "vat", "rate", "discount")


class Lines:
    """Row `n` is entry `n` of every column; what few rows have is in `odd`."""

    __slots__ = (*COLUMNS, "odd")

    def __init__(self) -> None:
        self.face = array("I")
        self.quantity = array("i")
        self.unit = array("q")
        self.original = array("q")
        self.net = array("q")
        self.vat = array("q")
        self.rate = array("I")
        self.discount = array("q")
        self.odd: dict[int, Odd] = {}

    def __len__(self) -> int:
        return len(self.face)

    def append(self, face: int, quantity: int, priced: Priced, rate: int, discount: int) -> int:
        """Add one row; `discount` is gross, positive, of the whole row."""
        place = len(self.face)
        self.face.append(face)
        self.quantity.append(quantity)
        self.unit.append(priced.unit)
        self.original.append(priced.original)
        self.net.append(priced.net)
        self.vat.append(priced.vat)
        self.rate.append(rate)
        self.discount.append(discount)
        return place
