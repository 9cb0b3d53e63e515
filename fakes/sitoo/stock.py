"""Deliveries and warehouse transactions; those of plain sales are two numbers, spelled out on demand.

How much is on the shelf is not modelled: running totals and values are "0.000" and "0.00".
"""

from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fakes.sitoo import shelf
from fakes.sitoo.records import REFUND_MOVE, SALE_MOVE, Delivery, Move, Moved, Order

if TYPE_CHECKING:
    from fakes.sitoo.state import State


class Stock:
    """Entry `n` of `moves` is transaction n + 1: an order's place, or -1 - the place of a row in `others`."""

    def __init__(self) -> None:
        self.moves: array[int] = array("q")
        self.others: list[Moved] = []
        self.deliveries: dict[int, list[Delivery]] = {}
        self.by_id: dict[int, Delivery] = {}
        self.plain: dict[int, int] = {}
        """Place of an order -> id of the delivery of all its rows, made with the sale."""
        self.last_delivery = 0
        self.last_item = 0

    def hand_out(self, state: "State", order: Order, at: int) -> None:
        """All goods of a till's sale change hands with the receipt."""
        place = state.orders.places[order.id]
        self.last_delivery += 1
        self.plain[place] = self.last_delivery
        self.moves.append(place)
        if state.events.wanted:
            self._tell(state, order.id, self.last_delivery, order.warehouse, at)

    def deliver(
        self, state: "State", order: Order, at: int, *, warehouse: int, items: list[tuple[int, int]], ref: str
    ) -> int:
        """A delivery of some rows from a warehouse; gives its id."""
        self.last_delivery += 1
        made = Delivery(
            self.last_delivery, order.id, warehouse, at, items, ref, first_item_id=self.last_item + 1
        )
        self.last_item += len(items)
        self.deliveries.setdefault(order.id, []).append(made)
        self.by_id[made.id] = made
        self.add(Moved(len(self.moves) + 1, at, made.id))
        self._tell(state, order.id, made.id, warehouse, at)
        return made.id

    def move(self, state: "State", at: int, move: Move) -> int:
        """A transaction of its own; gives its id."""
        made = self.add(Moved(len(self.moves) + 1, at, move=move))
        shelf.touch(state, at, move)
        self._tell_move(state, made, move.warehouse_id, at)
        return made

    def add(self, moved: Moved) -> int:
        """Append a transaction that is not a plain sale's."""
        self.others.append(moved)
        self.moves.append(-len(self.others))
        return len(self.moves)

    def deliveries_of(self, state: "State", order: Order) -> Iterator[Delivery]:
        """The order's deliveries, the plain one first."""
        place = state.orders.places[order.id]
        if place in self.plain:
            quantity = state.lines.quantity
            items = [(row - order.first, quantity[row]) for row in range(order.first, order.stop)]
            # Row places are unique over the system, so they serve as ids of the items.
            yield Delivery(
                self.plain[place], order.id, order.warehouse, order.date, items, first_item_id=order.first + 1
            )
        yield from self.deliveries.get(order.id, ())

    def kind_of(self, state: "State", order: Order) -> int:
        """Sale (30) or refund (40), by what most of the goods did."""
        pieces = sum(state.lines.quantity[order.first : order.stop])
        return REFUND_MOVE if pieces < 0 else SALE_MOVE

    def _tell(self, state: "State", order_id: int, delivery_id: int, warehouse: int, at: int) -> None:
        state.events.tell(
            "order-delivery",
            at,
            {
                "eshop_id": state.site_id,
                "order_id": order_id,
                "order_delivery_id": delivery_id,
                "warehouse_id": warehouse,
                "order_delivery_state_changed": "delivered",
                "order_delivery_event_type": "add",
            },
        )
        self._tell_move(state, len(self.moves), warehouse, at)

    def _tell_move(self, state: "State", move_id: int, warehouse: int, at: int) -> None:
        data = {"eshop_id": state.site_id, "warehouse_id": warehouse, "warehouse_transaction_id": move_id}
        state.events.tell("warehouse-transaction", at, data)
