"""The R-Series till of a life: what is done at it, and its truth as receipts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta

from fakes.lightspeed_r.records import LineIn, Sale, ShipTo
from fakes.lightspeed_r.state import State
from fakes.lightspeed_r.wire import SCALE
from scenarios.simulation.receipts import House, Line, Receipt
from scenarios.simulation.story import Step
from scenarios.simulation.tills import (
    PEOPLE,
    WHOSE,
    Basket,
    TillKit,
    address,
    basket,
    major,
    rush,
    uploaded_late,
)

_ITEMS = (("Mug", "10.00"), ("Tea", "4.50"), ("Kettle", "79.90"))
_CENT = SCALE // 100


class RHand:
    """One shop with three articles and four customers, to begin with."""

    metrics: Mapping[str, str] = {
        "placed": "Placed Order", "product": "Ordered Product", "refunded": "Refunded Order",
        "shipped": "Shipped Order", "canceled": "Canceled Order",
    }  # fmt: skip
    currency = "USD"

    def __init__(self, state: State, zone: str, now: datetime) -> None:
        """Open the shop; people have been customers for a month."""
        self._state = state
        self.house = House("lightspeed_r:797:", frozenset(self.metrics))
        self._shop = state.add_shop("Harbour Street", zone)
        self._items = [state.add_item(name, price=price) for name, price in _ITEMS]
        for first, last, email in PEOPLE:
            state.add_customer(first, last, email=email, at=now - timedelta(days=30))

    def do(self, step: Step, now: datetime) -> str:
        """Do one step."""
        return str(getattr(self, f"_{step.do}")(step, now))

    def receipts(self) -> Sequence[Receipt]:
        """All sales that are in lists by now."""
        state = self._state
        state.settle()
        return [self._receipt(sale) for sale in state.sales if sale.id not in state.sales.held]

    def people(self) -> Mapping[str, str]:
        """Addresses by customer."""
        return {str(one.id): one.email for one in self._state.customers}

    def may_send(self, person: str, known: Set[str]) -> bool:
        """The till knows of no consent, and this preset asks for none."""
        del person, known
        return True

    # What is done

    def _sell(self, step: Step, now: datetime, visible_at: datetime | None = None) -> str:
        kind = step.seed % 11
        sale = self._state.sell(
            self._shop,
            now,
            self._lines(step),
            customer_id=self._somebody(step.also),
            completed=kind != 3,
            ship_to=kind in {1, 2},
            reference="W-1" if kind == 4 else "",
            reference_source="webshop" if kind == 4 else "",
            visible_at=visible_at,
        )
        return f"sale {sale}"

    def _sell_late(self, step: Step, now: datetime) -> str:
        at, visible_at = uploaded_late(step, now)
        return self._sell(step, at, visible_at=visible_at)

    def _rush(self, step: Step, now: datetime) -> str:
        """So many sales at once that lists take several pages."""
        rung = rush(step, now)
        for number, (at, price) in enumerate(rung):
            line = LineIn(self._items[number % len(self._items)], 1, price)
            self._state.sell(self._shop, at, [line], customer_id=self._somebody(number))
        return f"{len(rung)} sales"

    def _refund(self, step: Step, now: datetime) -> str:
        sale = self._left(step.pick)
        return f"refund {self._state.refund(str(sale.id), now)} of {sale.id}" if sale else "nothing to refund"

    def _refund_part(self, step: Step, now: datetime) -> str:
        sale = self._left(step.pick)
        if sale is None:
            return "nothing to refund"
        line_id, left = next((line, left) for line, left in self._remaining(sale).items() if left)
        count = 1 + step.also % left
        return f"refund {self._state.refund(str(sale.id), now, {str(line_id): count})} of {sale.id}"

    def _exchange(self, step: Step, now: datetime) -> str:
        sale = self._left(step.pick)
        if sale is None:
            return "nothing to exchange"
        line_id = next(line for line, left in self._remaining(sale).items() if left)
        new = self._state.exchange(str(sale.id), now, {str(line_id): 1}, self._lines(step))
        return f"exchange {new} of {sale.id}"

    def _void(self, step: Step, now: datetime) -> str:
        sale = self._pick([one for one in self._shown() if self._plain(one)], step.pick)
        if sale is None:
            return "nothing to void"
        self._state.void(str(sale.id), now)
        return f"void {sale.id}"

    def _attach(self, step: Step, now: datetime) -> str:
        sale = self._pick([one for one in self._shown() if not one.voided], step.pick)
        if sale is None:
            return "nobody to attach"
        self._state.attach_customer(str(sale.id), str(1 + step.also % len(PEOPLE)), now)
        return f"attach {1 + step.also % len(PEOPLE)} to {sale.id}"

    def _note(self, step: Step, now: datetime) -> str:
        sale = self._pick(self._shown(), step.pick)
        if sale is None:
            return "nothing to note"
        self._state.edit_note(str(sale.id), now, f"Checked {step.seed}")
        return f"note on {sale.id}"

    def _email(self, step: Step, now: datetime) -> str:
        who = str(1 + WHOSE[step.pick % len(WHOSE)])
        self._state.set_email(who, address(step), now)
        return f"address {step.also} of {who}"

    def _consent(self, step: Step, now: datetime) -> str:
        who = str(1 + step.pick % len(PEOPLE))
        self._state.set_no_email(who, now, no_email=bool(step.also % 2))
        return f"no-email of {who} is {step.also % 2}"

    def _ship(self, step: Step, now: datetime) -> str:
        sale = self._pick([one for one in self._shown() if one.ship_to_id and not one.voided], step.pick)
        if sale is None:
            return "nothing to ship"
        self._state.mark_shipped(str(sale.id), now)
        return f"ship {sale.id}"

    # Choosing

    def _lines(self, step: Step) -> list[LineIn]:
        return [self._line(one) for one in basket(step, len(self._items))]

    def _line(self, one: Basket) -> LineIn:
        return LineIn(
            self._items[one.item], one.count, major(one.price_minor),
            discount=major(one.off_minor * one.count), tax=major(one.tax_minor * one.count),
        )  # fmt: skip

    def _somebody(self, number: int) -> str:
        """A customer, mostly one with an address; now and then nobody."""
        return ("1", "2", "1", "2", "1", "3", "4", "0")[number % 8]

    def _shown(self) -> list[Sale]:
        state = self._state
        return [sale for sale in state.sales if sale.id not in state.sales.held]

    def _plain(self, sale: Sale) -> bool:
        """A purchase nothing of which came back."""
        lines, back = self._state.lines, self._state.returned
        mine = list(sale.line_ids)
        return not sale.voided and all(lines.quantity[one] > 0 and one not in back for one in mine)

    def _remaining(self, sale: Sale) -> Mapping[int, int]:
        lines, back = self._state.lines, self._state.returned
        return {one: lines.quantity[one] - (back[one].quantity if one in back else 0)
                for one in sale.line_ids if lines.quantity[one] > 0}  # fmt: skip

    def _left(self, number: int) -> Sale | None:
        """A finished sale of which there is something to take back."""
        standing = [one for one in self._shown() if one.completed and not one.voided]
        return self._pick([one for one in standing if any(self._remaining(one).values())], number)

    @staticmethod
    def _pick(sales: Sequence[Sale], number: int) -> Sale | None:
        return sales[number % len(sales)] if sales else None

    # Telling the truth

    def _receipt(self, sale: Sale) -> Receipt:
        lines, sold = self._state.lines, self._quantities(sale)
        ship = self._state.ship_tos.rows.get(sale.ship_to_id)
        bought = tuple(self._told(one) for one in sale.line_ids if lines.quantity[one] > 0)
        returned = tuple(self._back(one, sold) for one in sale.line_ids if lines.quantity[one] < 0)
        return Receipt(
            str(sale.id),
            sale.complete_at,
            "void" if sale.voided else "done" if sale.completed else "open",
            _person(sale.customer_id),
            bought,
            returned,
            web=bool(sale.reference_source),
            posted=bool(sale.ship_to_id),
            shipped=_left(ship) if ship is not None and ship.shipped else (),
        )

    def _told(self, line_id: int, sign: int = 1) -> Line:
        lines = self._state.lines
        worth, total = sign * lines.subtotal[line_id] // _CENT, sign * lines.total(line_id) // _CENT
        return Line(str(line_id), worth, total, pieces=abs(lines.quantity[line_id]))

    def _back(self, line_id: int, here: Mapping[int, Mapping[int, int]]) -> Line:
        lines = self._state.lines
        plain, parent = self._told(line_id, -1), lines.parent_id[line_id]
        of = lines.sale_id[parent]
        sold = self._state.sales.rows[of]
        everything = {one: lines.quantity[one] for one in sold.line_ids if lines.quantity[one] > 0}
        return replace(
            plain, of_sale=str(of), whole=here[of] == everything, of_person=_person(sold.customer_id)
        )

    def _quantities(self, sale: Sale) -> Mapping[int, Mapping[int, int]]:
        """How many of each line this receipt returns, by the sale they were bought with."""
        lines = self._state.lines
        found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for one in sale.line_ids:
            if lines.quantity[one] < 0:
                parent = lines.parent_id[one]
                found[lines.sale_id[parent]][parent] -= lines.quantity[one]
        return found


def _person(customer_id: int) -> str:
    return str(customer_id) if customer_id else ""


def _left(ship: ShipTo) -> tuple[tuple[str, int, str], ...]:
    return ((str(ship.id), ship.stamp_at, _person(ship.customer_id)),)


KIT = TillKit(account={}, build={}, hand=RHand)
