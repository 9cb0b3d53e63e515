"""The orders: rows by id, hidden until they arrive, and the sorted indexes that lists are cut from."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from fakes.sitoo.records import Order

ID_EPOCH = 1_262_304_000  # 2010-01-01
IDS_PER_SECOND = 100
_PLACE_BITS = 32
_PLACE_MASK = (1 << _PLACE_BITS) - 1


class Orders:
    """Orders by place (order of making) and by id. Ids ascend with the instant they are made from."""

    def __init__(self) -> None:
        self.rows: list[Order] = []
        self.places: dict[int, int] = {}
        self._ids: array[int] = array("Q")
        self._dates: array[int] = array("Q")
        self._ids_sorted = self._dates_sorted = True

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Order]:
        return iter(self.rows)

    def new_id(self, second: int) -> int:
        """An unused id made from an instant; a crowded second borrows from the next."""
        candidate = max(1, (second - ID_EPOCH) * IDS_PER_SECOND)
        while candidate in self.places:
            candidate += 1
        return candidate

    def add(self, order: Order) -> int:
        """Keep an order, not shown yet, and give its place."""
        place = len(self.rows)
        self.rows.append(order)
        self.places[order.id] = place
        return place

    def by_id(self, order_id: int) -> Order:
        """The order, arrived or not. Raises KeyError."""
        return self.rows[self.places[order_id]]

    def find(self, order_id: int) -> Order | None:
        """The order as the API knows it: None until it arrives, and for ever when it is hidden."""
        place = self.places.get(order_id)
        order = None if place is None else self.rows[place]
        return order if order is not None and order.shown else None

    def show(self, order: Order) -> None:
        """Let the order appear in lists."""
        order.shown = True
        if self._ids and order.id < self._ids[-1]:
            self._ids_sorted = False
        self._ids.append(order.id)
        self._index_date(order)

    def unshow(self, order: Order) -> None:
        """Take the order out of lists again."""
        if order.shown:
            order.shown = False
            del self.ids()[bisect_left(self.ids(), order.id)]
            self._drop_date(order)

    def redate(self, order: Order, date: int) -> None:
        """Give the order another date."""
        if order.shown:
            self._drop_date(order)
        order.date = date
        if order.shown:
            self._index_date(order)

    def ids(self) -> "array[int]":
        """The ids of what is shown, ascending."""
        if not self._ids_sorted:
            self._ids = array("Q", sorted(self._ids))
            self._ids_sorted = True
        return self._ids

    def between(self, low: int, high: int) -> list[int]:
        """The ids of shown orders with a date from `low` to before `high`, ascending."""
        if not self._dates_sorted:
            self._dates = array("Q", sorted(self._dates))
            self._dates_sorted = True
        start = bisect_left(self._dates, max(low, 0) << _PLACE_BITS)
        stop = bisect_left(self._dates, max(high, 0) << _PLACE_BITS)
        return sorted(self.rows[key & _PLACE_MASK].id for key in self._dates[start:stop])

    def _index_date(self, order: Order) -> None:
        key = max(order.date, 0) << _PLACE_BITS | self.places[order.id]
        if self._dates and key < self._dates[-1]:
            self._dates_sorted = False
        self._dates.append(key)

    def _drop_date(self, order: Order) -> None:
        self.between(0, 0)
        key = max(order.date, 0) << _PLACE_BITS | self.places[order.id]
        del self._dates[bisect_left(self._dates, key)]
