"""The quick way in: a year of receipts in seconds, one register's sales at a time or all mixed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fakes.sitoo import trade
from fakes.sitoo.pricing import price_row
from fakes.sitoo.records import NOBODY, Contact

if TYPE_CHECKING:
    from fakes.sitoo.state import State

BulkLine = tuple[int, int, int, int]
"""(product_id, quantity, gross of one in hundredths, gross discount of the row in hundredths)"""


class Bulk:
    """Rings up plain sales. Instants are epoch seconds; those after the clock's now arrive later."""

    def __init__(self, state: "State") -> None:
        self._state = state
        self._by_unit = state.switches.line_net == "unit"

    def contact(
        self,
        *,
        email: str = "",
        phone: str = "",
        first: str = "",
        last: str = "",
        crm: Mapping[str, str] = {},
    ) -> Contact:
        """Somebody to sell to, kept once."""
        made = Contact(email, first, last, phone, crm=tuple(sorted(crm.items())))
        return self._state.interned(made)

    def order(
        self,
        register_id: str,
        at: int,
        lines: Sequence[BulkLine],
        contact: Contact | None = None,
        payment: str = "Card",
    ) -> int:
        """One paid, closed sale; gives its id."""
        state = self._state
        faces, face_of, append, by_unit = state.faces, state.face_of, state.lines.append, self._by_unit
        rows = []
        for product_id, quantity, each, discount in lines:
            face = face_of[product_id]
            rate = faces[face].rate
            gross = each * abs(quantity)
            priced = price_row(gross, quantity, rate, discount, 0, by_unit)
            rows.append(append(face, quantity, priced, rate, discount))
        draft = trade.Draft(at, at, state.register(register_id), contact or NOBODY, payment=payment)
        return trade.ring_up(state, draft, rows).id

    def done(self) -> None:
        """Say that loading is over."""
        self._state.version += 1
