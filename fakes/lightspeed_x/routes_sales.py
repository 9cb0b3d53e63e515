"""Writing sales: create, change, void, return; nested in the date versions, flat in 0.9."""

from typing import Any

from fakes.kit.refusing import Refused
from fakes.lightspeed_x import asking, sale_bodies, shapes_dated, shapes_flat, shapes_old, trade
from fakes.lightspeed_x.gate import Call, Gate
from fakes.lightspeed_x.paging import LATE_S
from fakes.lightspeed_x.records import Sale
from fakes.lightspeed_x.routes_lists import found, sale_shape

WRITE = ("sales:write",)
RETURN = ("sales:write", "users:read")
STRICT_RETURNS = (2026, 7)


class Sales:
    """POST and PUT of sales, and the return action."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.state = gate.state

    def add(self) -> None:
        route = self.gate.route
        route("POST", "/sales", self.create, scopes=WRITE, generations=("dated",))
        route("PUT", "/sales/<row_id>", self.update, scopes=WRITE, generations=("dated",))
        route("POST", "/sales/<row_id>/actions/return", self.give_back, scopes=RETURN, generations=("dated",))
        route("PUT", "/sales/<row_id>/actions/return", self.give_back, scopes=RETURN, generations=("2.x",))
        route("POST", "/register_sales", self.old, scopes=WRITE, generations=("0.9",))

    def create(self, call: Call) -> tuple[Any, int]:
        body = call.body()
        sale_id = asking.chosen_id(body, "id")
        if sale_id in self.state.sales.rows:
            raise Refused(409, "a sale with this id already exists")
        sale = self._create(call, sale_id, sale_bodies.nested(self.state, body, call.at))
        return {"data": shapes_dated.sale(self.state, sale)}, 200

    def update(self, call: Call) -> tuple[Any, int]:
        sale = found(self.state.sales, call, "sale")
        self._update(call, sale, sale_bodies.nested(self.state, call.body(), call.at))
        return {"data": shapes_dated.sale(self.state, sale)}, 200

    def old(self, call: Call) -> tuple[Any, int]:
        """0.9 creates and changes with the same POST."""
        body = call.body()
        sale_id = asking.chosen_id(body, "id")
        fields = sale_bodies.flat(self.state, body, call.at)
        sale = self.state.sales.find(sale_id)
        if sale is None:
            sale = self._create(call, sale_id, fields)
        else:
            self._update(call, sale, fields)
        return {"register_sale": shapes_old.sale(self.state, sale)}, 200

    def give_back(self, call: Call) -> tuple[Any, int]:
        """A parked return of all that is left, unpaid; the answer is flat even on date versions."""
        original = found(self.state.sales, call, "sale")
        back = trade.Back(None, (), linked=True, state="parked", register_id=None, payment="Cash")
        try:
            sale = trade.take_back(self.state, original, call.at, back)
        except ValueError as refused:
            raise Refused(422, str(refused)) from None
        flat = self.state.switches.return_action_shape == "flat"
        shape = shapes_flat.sale if flat else sale_shape(call)
        return {"data": shape(self.state, sale)}, 200

    def _create(self, call: Call, sale_id: str, fields: dict[str, Any]) -> Sale:
        self._check(call, None, fields)
        register = fields.pop("register_id", self.state.register_id)
        made = {
            "id": sale_id or self.state.new_id(),
            "register_id": register,
            "user_id": self.state.user_id,
            "customer_id": None,
            "at": call.at,
            "created_at": call.at,
            "updated_at": call.at,
            "source": "USER",
            "lines": (),
            "invoice": "",
        }
        sale = Sale(**{**made, **fields})
        sale.invoice = sale.invoice or trade.next_invoice(self.state, register)
        trade.commit(self.state, sale, call.at)
        self._hide(call, sale)
        return sale

    def _update(self, call: Call, sale: Sale, fields: dict[str, Any]) -> None:
        self._check(call, sale, fields)
        trade.amend(self.state, sale, call.at, fields)

    def _check(self, call: Call, sale: Sale | None, fields: dict[str, Any]) -> None:
        try:
            trade.check_state(fields["state"], fields["attributes"])
        except ValueError as refused:
            raise Refused(422, str(refused)) from None
        moved = fields["state"]
        if sale is not None and sale.state == "voided" and moved != "voided":
            raise Refused(422, "a voided sale cannot be changed")
        reopened = sale is not None and sale.state == "closed" and moved not in ("closed", "voided")
        if reopened and not self.state.switches.closed_may_reopen:
            raise Refused(422, "a closed sale can only be voided")
        if call.version.dated >= STRICT_RETURNS:
            self._check_returns(fields)

    def _check_returns(self, fields: dict[str, Any]) -> None:
        """Since 2026-07 goods of a known sale and others may not come back in one sale."""
        original = self.state.sales.rows.get(fields.get("return_for") or "")
        if original is None:
            return
        sold = {line.product_id for line in original.lines}
        returned = (line for line in fields.get("lines", ()) if line.rare.is_return)
        if any(line.product_id not in sold for line in returned):
            raise Refused(422, "referenced and unreferenced returns cannot be mixed in one sale")

    def _hide(self, call: Call, sale: Sale) -> None:
        """The fault `late_lower_version`: the version is drawn now, committed later."""
        late = self.gate.faults.take("late_lower_version", call.asked)
        if late is not None:
            self.state.sales.feed.drop(sale.version)
            until = call.at + int(late.seconds(LATE_S))
            self.state.when(until, "commit_again", sale.id, sale.version)
