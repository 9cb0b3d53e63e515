"""A write to a sale happens as a whole or not at all: what it may touch is put back if it is refused."""

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fakes.lightspeed_r.records import Sale

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

_COLUMNS = ("sale_id", "item_id", "quantity", "price", "subtotal", "discount", "tax")
_RARE = ("parent_id", "discount_id", "note", "line_type", "tax2", "more", "loose", "edited")


class Undo:
    """Taken before the write; `back()` after a refusal. `sale` None: the sale is only being made."""

    def __init__(self, state: "State", sale: Sale | None, line_ids: Iterable[int]) -> None:
        self.state = state
        self.sale = sale
        lines = state.lines
        self.line_count = len(lines.sale_id)
        ids = {one for one in (*line_ids, *(sale.line_ids if sale else ())) if one in lines}
        ids |= {lines.parent_id[one] for one in ids if one in lines.parent_id}
        self.columns = {one: [getattr(lines, name)[one] for name in _COLUMNS] for one in ids}
        self.rare = {
            one: {name: copy.deepcopy(getattr(lines, name).get(one)) for name in _RARE} for one in ids
        }
        self.returned = {one: copy.copy(state.returned.get(one)) for one in ids}
        self.customer_count = len(state.customers)
        self.new_payment_id = state.payments.next_id()
        self.new_ship_to_id = state.ship_tos.next_id()
        self.row: dict[str, Any] = {name: getattr(sale, name) for name in Sale.__slots__} if sale else {}
        self.payments = [copy.copy(one) for one in sale.payments] if sale else []
        kept = state.extras["SalePayment"]
        self.payment_texts = {one.id: dict(kept[one.id]) for one in self.payments if one.id in kept}
        self.texts = dict(state.extras["Sale"].get(sale.id, {})) if sale else {}

    def back(self) -> None:
        """As if the write had never been tried."""
        state, lines = self.state, self.state.lines
        for line_id in range(self.line_count, len(lines.sale_id)):
            state.lines_shown.remove(line_id, line_id)
            for name in _RARE:
                getattr(lines, name).pop(line_id, None)
        for name in _COLUMNS:
            del getattr(lines, name)[self.line_count :]
        for line_id, values in self.columns.items():
            for name, value in zip(_COLUMNS, values, strict=True):
                getattr(lines, name)[line_id] = value
            self._put_rare_back(line_id)
        for table, first in ((state.payments, self.new_payment_id), (state.ship_tos, self.new_ship_to_id)):
            for row_id in [one for one in reversed(table.rows) if one >= first]:
                table.remove(row_id)
                state.extras["SalePayment"].pop(row_id, None)
        for row_id in list(state.customers.rows)[self.customer_count :]:
            state.customers.remove(row_id)
        self._put_sale_back()

    def _put_rare_back(self, line_id: int) -> None:
        state, lines = self.state, self.state.lines
        for name, value in self.rare[line_id].items():
            if value is None:
                getattr(lines, name).pop(line_id, None)
            else:
                getattr(lines, name)[line_id] = value
        before = self.returned[line_id]
        if before is None:
            state.returned.pop(line_id, None)
        else:
            state.returned[line_id] = before
        if line_id in lines.gone:
            lines.gone.discard(line_id)
            state.lines_shown.add(line_id, line_id)

    def _put_sale_back(self) -> None:
        state = self.state
        if self.sale is None:
            return
        for name, value in self.row.items():
            setattr(self.sale, name, value)
        for payment, before in zip(self.sale.payments, self.payments, strict=True):
            payment.amount, payment.archived, payment.type_id = before.amount, before.archived, before.type_id
        state.extras["SalePayment"].update(self.payment_texts)
        state.extras["Sale"][self.sale.id] = self.texts
