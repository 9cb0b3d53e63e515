"""Stock of the items a script counts: ItemShop rows per shop, and one of shop 0 for all shops together."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fakes.lightspeed_r.docs import Doc

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

ALL_SHOPS = 0


def put(state: "State", item_id: int, shop_id: int, quantity: int) -> None:
    """Set the quantity on hand in one shop."""
    _move(state, item_id, shop_id, quantity - on_hand(state, item_id, shop_id), "qoh")


def on_hand(state: "State", item_id: int, shop_id: int) -> int:
    """The quantity in the shop; 0 for an item that is not counted."""
    row = _row(state, item_id, shop_id)
    return int(row.fields.get("qoh", "0")) if row else 0


def is_tracked(state: "State", item_id: int) -> bool:
    """Whether anybody counts this item."""
    return (item_id, ALL_SHOPS) in state.tracked


def sell(state: "State", shop_id: int, line_ids: Iterable[int], sign: int = 1) -> None:
    """Take the goods of completed lines out (or, with -1, put them back)."""
    lines = state.lines
    for line_id in line_ids:
        if is_tracked(state, lines.item_id[line_id]):
            _move(state, lines.item_id[line_id], shop_id, -sign * lines.quantity[line_id], "qoh")


def reserve(state: "State", shop_id: int, item_id: int, quantity: int, column: str) -> None:
    """Hold goods back for a layaway, special order or work order (negative: let go)."""
    if is_tracked(state, item_id):
        _move(state, item_id, shop_id, quantity, column)


def _row(state: "State", item_id: int, shop_id: int) -> Doc | None:
    row_id = state.tracked.get((item_id, shop_id))
    return None if row_id is None else state.docs["ItemShop"].rows[row_id]


def _move(state: "State", item_id: int, shop_id: int, by: int, column: str) -> None:
    for shop in {shop_id, ALL_SHOPS}:
        row = _row(state, item_id, shop) or _new_row(state, item_id, shop)
        row.fields[column] = str(int(row.fields.get(column, "0")) + by)
        row.fields["sellable"] = str(max(int(row.fields.get("qoh", "0")), 0))
        state.docs["ItemShop"].move(row, "timeStamp", "stamp_at", state.now())


def _new_row(state: "State", item_id: int, shop_id: int) -> Doc:
    row_id = int(state.add("ItemShop", itemID=str(item_id), shopID=str(shop_id)))
    state.tracked[item_id, shop_id] = row_id
    return state.docs["ItemShop"].rows[row_id]
