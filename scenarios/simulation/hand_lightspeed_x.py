"""The X-Series till of a life: what is done at it, and its truth as receipts."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from fakes.lightspeed_x import trade
from fakes.lightspeed_x.records import Line as Row
from fakes.lightspeed_x.records import LineIn, Sale
from fakes.lightspeed_x.state import State
from scenarios.harness.merchant import ACCOUNT
from scenarios.simulation.receipts import House, Line, Receipt
from scenarios.simulation.story import Step
from scenarios.simulation.tills import (
    HOOKS_URL,
    PEOPLE,
    WHOSE,
    TillKit,
    address,
    basket,
    major,
    rush,
    uploaded_late,
)
from sync.app import App
from sync.hooks.register import register

_ITEMS = (("Boot", "50.00"), ("Hat", "20.00"), ("Scarf", "12.50"))
_METRICS = {
    "placed": "Placed Order (POS)", "product": "Ordered Product", "refunded": "Refunded Order",
    "canceled": "Canceled Order",
}  # fmt: skip


class XHand:
    """One outlet with three products and four customers, to begin with. Who did not say no has agreed."""

    metrics: Mapping[str, str] = _METRICS
    currency = "USD"

    def __init__(self, state: State, zone: str, now: datetime) -> None:
        """Open the outlet; people have been customers for a month."""
        self._state = state
        self.house = House(f"lightspeed_x:{state.retailer_id}:", frozenset(self.metrics), zero_counts=True)
        self._shop = state.add_outlet("Harbour Street", zone)
        self._items = [state.add_product(name, sku=name, price=price) for name, price in _ITEMS]
        month_ago = now - timedelta(days=30)
        self._people = [
            state.add_customer(first, last, email=email or None, at=month_ago)
            for first, last, email in PEOPLE
        ]

    def do(self, step: Step, now: datetime) -> str:
        """Do one step."""
        return str(getattr(self, f"_{step.do}")(step, now))

    def receipts(self) -> Sequence[Receipt]:
        """All sales that were committed by now."""
        self._state.settle()
        return [self._receipt(sale) for sale in self._shown()]

    def people(self) -> Mapping[str, str]:
        """Addresses by customer."""
        rows = self._state.customers.rows
        return {one: rows[one].text("email") for one in self._people}

    def may_send(self, person: str, known: Set[str]) -> bool:
        """Who said no is left out, unless Klaviyo knows them anyway."""
        row = self._state.customers.rows[person]
        if not row.fields.get("do_not_email"):
            return True
        return row.text("email").lower() in known

    # What is done

    def _sell(self, step: Step, now: datetime, visible_at: datetime | None = None) -> str:
        kind = step.seed % 11
        sale = self._state.sell(
            self._shop,
            now,
            self._lines(step),
            customer_id=self._somebody(step.also),
            state="parked" if kind == 3 else "closed",
            source="SHOPIFY" if kind == 4 else "USER",
            visible_at=visible_at,
            version_at=visible_at - timedelta(seconds=20) if visible_at and kind % 3 == 0 else None,
        )
        return f"sale {sale}"

    def _sell_late(self, step: Step, now: datetime) -> str:
        at, visible_at = uploaded_late(step, now)
        return self._sell(step, at, visible_at=visible_at)

    def _rush(self, step: Step, now: datetime) -> str:
        rung = rush(step, now)
        for number, (at, price) in enumerate(rung):
            line = LineIn(self._items[number % len(self._items)], 1, price)
            self._state.sell(self._shop, at, [line], customer_id=self._somebody(number))
        return f"{len(rung)} sales"

    def _refund(self, step: Step, now: datetime) -> str:
        sale = self._pick(self._whole(), step.pick)
        return f"refund {self._state.refund(sale.id, now)} of {sale.id}" if sale else "nothing to refund"

    def _refund_part(self, step: Step, now: datetime) -> str:
        sale = self._pick([one for one in self._whole() if _pieces(one) > 1], step.pick)
        if sale is None:
            return "nothing to refund"
        line_id = self._state.lines_of(sale.id)[0]
        return f"refund {self._state.refund(sale.id, now, {line_id: 1})} of {sale.id}"

    def _exchange(self, step: Step, now: datetime) -> str:
        sale = self._pick(self._whole(), step.pick)
        if sale is None:
            return "nothing to exchange"
        line_id = self._state.lines_of(sale.id)[0]
        return f"exchange {self._state.exchange(sale.id, now, {line_id: 1}, self._lines(step))} of {sale.id}"

    def _void(self, step: Step, now: datetime) -> str:
        sale = self._pick(self._whole(), step.pick)
        if sale is None:
            return "nothing to void"
        self._state.void(sale.id, now)
        return f"void {sale.id}"

    def _attach(self, step: Step, now: datetime) -> str:
        sale = self._pick([one for one in self._shown() if one.state == "closed"], step.pick)
        if sale is None:
            return "nobody to attach"
        who = self._people[step.also % len(self._people)]
        self._state.attach_customer(sale.id, who, now)
        return f"attach {who} to {sale.id}"

    def _note(self, step: Step, now: datetime) -> str:
        sale = self._pick(self._shown(), step.pick)
        if sale is None:
            return "nothing to note"
        self._state.edit_note(sale.id, now, f"Checked {step.seed}")
        return f"note on {sale.id}"

    def _email(self, step: Step, now: datetime) -> str:
        who = self._people[WHOSE[step.pick % len(WHOSE)]]
        self._state.set_email(who, address(step), now)
        return f"address {step.also} of {who}"

    def _consent(self, step: Step, now: datetime) -> str:
        who = self._people[step.pick % len(self._people)]
        self._state.set_do_not_email(who, bool(step.also % 2), now)
        return f"do-not-email of {who} is {step.also % 2}"

    def _ship(self, step: Step, now: datetime) -> str:
        sale = self._pick([one for one in self._shown() if one.state == "parked"], step.pick)
        if sale is None:
            return "nothing parked"
        self._state.close(sale.id, now)
        return f"close {sale.id}"

    # Choosing

    def _lines(self, step: Step) -> list[LineIn]:
        return [
            LineIn(self._items[one.item], one.count, major(one.price_minor), major(one.off_minor))
            for one in basket(step, len(self._items), taxed=False)
        ]

    def _somebody(self, number: int) -> str | None:
        """A customer, mostly one with an address; now and then nobody."""
        place = (0, 1, 0, 1, 0, 2, 3, None)[number % 8]
        return None if place is None else self._people[place]

    def _shown(self) -> list[Sale]:
        return [sale for sale in self._state.sales.rows.values() if sale.version]

    def _whole(self) -> list[Sale]:
        """Purchases nothing of which came back."""
        return [
            one
            for one in self._shown()
            if one.state == "closed" and not one.children and all(row.quantity > 0 for row in one.lines)
        ]

    @staticmethod
    def _pick(sales: Sequence[Sale], number: int) -> Sale | None:
        return sales[number % len(sales)] if sales else None

    # Telling the truth

    def _receipt(self, sale: Sale) -> Receipt:
        rows = list(zip(trade.line_ids(sale), sale.lines, strict=True))
        sold = self._state.sales.rows.get(sale.return_for or "")
        return Receipt(
            sale.id,
            sale.at,
            {"closed": "done", "voided": "void"}.get(sale.state, "open"),
            self._person(sale),
            tuple(_told(line_id, row) for line_id, row in rows if row.quantity > 0),
            tuple(self._back(line_id, row, sale, sold) for line_id, row in rows if row.quantity < 0),
            web=sale.source != "USER",
        )

    def _back(self, line_id: str, row: Row, sale: Sale, sold: Sale | None) -> Line:
        plain = _told(line_id, row)
        if sold is None:
            return plain
        whole = _goods(sold, 1) == _goods(sale, -1)
        return replace(plain, of_sale=sold.id, whole=whole, of_person=self._person(sold))

    def _person(self, sale: Sale) -> str:
        return sale.customer_id if sale.customer_id in self._people else ""


def _told(line_id: str, row: Row) -> Line:
    pieces = abs(row.quantity)
    worth, total = _minor((row.price + row.discount) * pieces), _minor((row.price + row.tax) * pieces)
    return Line(line_id, worth, total, pieces=int(pieces))


def _goods(sale: Sale, sign: int) -> Counter[str]:
    """How many of each product went out (or, with -1, came back)."""
    found: Counter[str] = Counter()
    for row in sale.lines:
        if sign * row.quantity > 0:
            found[row.product_id] += int(sign * row.quantity)
    return found


def _pieces(sale: Sale) -> int:
    return sum(_goods(sale, 1).values())


def _minor(amount: Decimal) -> int:
    return int((amount * 100).to_integral_exact())


def _listen(sync: App, _state: State) -> None:
    way = sync.subscribing(ACCOUNT, HOOKS_URL)
    assert not isinstance(way, str)
    register(way)
    way.close()


KIT = TillKit(
    account={"metrics": _METRICS},
    build={},
    hand=XHand,
    breakable="/api/2*",
    spared="/api/1.0/token",
    listen=_listen,
)
