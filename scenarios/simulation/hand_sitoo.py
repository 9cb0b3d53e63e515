"""The Sitoo till of a life: what is done at it, and its truth as receipts. An order says who bought."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime

from fakes.sitoo.records import CLOSED, ORDER, LineIn, Order, Subscription
from fakes.sitoo.state import State
from scenarios.simulation.receipts import House, Line, Receipt
from scenarios.simulation.story import Step
from scenarios.simulation.tills import HOOKS_URL, PEOPLE, TillKit, basket, major, rush, uploaded_late
from sync.app import App

_ITEMS = (("Tea", "100.00"), ("Mug", "250.00"), ("Lamp", "799.00"))


class SitooHand:
    """One store with one register and three products."""

    metrics: Mapping[str, str] = {
        "placed": "Placed Order", "product": "Ordered Product", "refunded": "Refunded Order",
        "canceled": "Canceled Order",
    }  # fmt: skip
    currency = "SEK"

    def __init__(self, state: State, zone: str, now: datetime) -> None:
        """Open the store."""
        del now
        self._state = state
        self.house = House("sitoo:90001:", frozenset(self.metrics))
        store = state.add_store("Drottninggatan", external_id="S1", time_zone=zone)
        self._register = state.registers_of(store)[0]
        self._items = [state.add_product(name, sku=name, price=price) for name, price in _ITEMS]
        self._returns: dict[int, tuple[int, bool]] = {}  # by order: what it returns, and whether all of it

    def do(self, step: Step, now: datetime) -> str:
        """Do one step; what this till does not know is left out."""
        act = getattr(self, f"_{step.do}", None)
        return str(act(step, now)) if act is not None else "nothing of the kind here"

    def receipts(self) -> Sequence[Receipt]:
        """All orders that have arrived by now."""
        self._state.settle()
        return [self._receipt(order) for order in self._shown()]

    def people(self) -> Mapping[str, str]:
        """Addresses by themselves: an order's own contact is all there is."""
        found = {order.contact.email for order in self._shown()}
        return {email: email for email in sorted(found) if email}

    def may_send(self, person: str, known: Set[str]) -> bool:
        """This preset asks for no consent to tell of a purchase."""
        del person, known
        return True

    # What is done

    def _sell(self, step: Step, now: datetime, visible_at: datetime | None = None) -> str:
        _, _, email = PEOPLE[(0, 1, 0, 1, 0, 2, 3, 2)[step.also % 8]]
        order = self._state.sell(
            self._register,
            now,
            self._lines(step),
            email=email,
            practice=step.seed % 11 == 3,
            visible_at=visible_at,
        )
        return f"order {order}"

    def _sell_late(self, step: Step, now: datetime) -> str:
        at, visible_at = uploaded_late(step, now)
        return self._sell(step, at, visible_at=visible_at)

    def _rush(self, step: Step, now: datetime) -> str:
        rung = rush(step, now)
        for number, (at, price) in enumerate(rung):
            line = LineIn(self._items[number % len(self._items)], 1, price)
            self._state.sell(self._register, at, [line], email=PEOPLE[number % 2][2])
        return f"{len(rung)} orders"

    def _refund(self, step: Step, now: datetime) -> str:
        order = self._pick(self._whole(), step.pick)
        if order is None:
            return "nothing to refund"
        return self._took(self._state.refund(order.id, now), order, whole=True)

    def _refund_part(self, step: Step, now: datetime) -> str:
        order = self._pick([one for one in self._whole() if self._pieces(one) > 1], step.pick)
        if order is None:
            return "nothing to refund"
        line_id = self._state.lines_of(order.id)[0]
        return self._took(self._state.refund(order.id, now, {line_id: 1}), order, whole=False)

    def _took(self, refund: int, order: Order, *, whole: bool) -> str:
        self._returns[refund] = order.id, whole
        return f"refund {refund} of {order.id}"

    # Choosing

    def _lines(self, step: Step) -> list[LineIn]:
        return [
            LineIn(self._items[one.item], one.count, major(one.price_minor), major(one.off_minor * one.count))
            for one in basket(step, len(self._items), taxed=False)
        ]

    def _shown(self) -> list[Order]:
        return [order for order in self._state.orders if order.shown]

    def _whole(self) -> list[Order]:
        """Finished purchases nothing of which came back."""
        gone = {sold for sold, _ in self._returns.values()} | self._returns.keys()
        return [one for one in self._shown() if one.id not in gone and not one.practice and _finished(one)]

    def _pieces(self, order: Order) -> int:
        return sum(self._state.lines.quantity[place] for place in range(order.first, order.stop))

    @staticmethod
    def _pick(orders: Sequence[Order], number: int) -> Order | None:
        return orders[number % len(orders)] if orders else None

    # Telling the truth

    def _receipt(self, order: Order) -> Receipt:
        rows = [(number, place) for number, place in enumerate(range(order.first, order.stop))]
        quantity, ids = self._state.lines.quantity, self._state.lines_of(order.id)
        sold, whole = self._returns.get(order.id, (0, False))
        return Receipt(
            str(order.id),
            order.date,
            "done" if _finished(order) and not order.practice else "open",
            order.contact.email,
            tuple(self._told(ids[number], place) for number, place in rows if quantity[place] > 0),
            tuple(
                replace(self._told(ids[number], place, -1), of_sale=str(sold), whole=whole)
                for number, place in rows
                if quantity[place] < 0
            ),
            web=not order.register,
        )

    def _told(self, line_id: int, place: int, sign: int = 1) -> Line:
        lines = self._state.lines
        total = sign * (lines.net[place] + lines.vat[place])
        return Line(str(line_id), total + lines.discount[place], total, pieces=abs(lines.quantity[place]))


def _finished(order: Order) -> bool:
    return order.kind == ORDER and order.state == CLOSED


def _listen(_sync: App, state: State) -> None:
    state.events.subscriptions.append(Subscription(HOOKS_URL, event_types=("order",)))


KIT = TillKit(account={}, build={}, hand=SitooHand, listen=_listen)
