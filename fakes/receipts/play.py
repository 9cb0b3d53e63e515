"""Plays receipts at a till in the order in which they would happen, with all that follows.

What is the same for every till is here: when things happen and what is counted. How a till writes them is
its own `receipts.py`.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from fakes.receipts.odd import Odd, returnable

if TYPE_CHECKING:
    from fakes.receipts.data import Product, Receipts
    from fakes.receipts.people import Person, Unreachable

WEB_SHOP = "shopify"
_HOUR = 3600
_PIECES_MAX = 9  # a line of two to nine pieces gives one piece back, any other the whole


class Rung(NamedTuple):
    """A sale as it was rung up: its id and how many lines of goods it has."""

    sale_id: str
    line_count: int


class Till(Protocol):
    """How one vendor's fake writes what happens. Places are the places of lines within a basket."""

    @property
    def rates(self) -> Mapping[Odd, int]:
        """Which odd sales this till knows, and how many of a thousand."""
        ...

    @property
    def asks_consent(self) -> bool:
        """Whether its customers say yes or no to marketing."""
        ...

    @property
    def drops_zero(self) -> bool:
        """Whether sales of value 0 are left out before anybody asks whose they are."""
        ...

    def now(self) -> datetime:
        """The fake's clock."""
        ...

    def add_shop(self, store: int, name: str, zone: str) -> None:
        """A shop for a store of the data."""
        ...

    def add_article(self, product_id: int, cents: int, product: "Product | None") -> None:
        """An article; None where the data sells it and describes it nowhere."""
        ...

    def add_person(self, person: "Person", at: datetime) -> None:
        """A customer."""
        ...

    def ring(self, basket: int, at: int, odd: Odd | None, visible_at: int | None) -> Rung:
        """Sell a basket, in the odd way if it has one. `visible_at`: the server hears of it only then."""
        ...

    def refund(self, sale_id: str, at: int, pieces: Mapping[int, int] | None) -> None:
        """Bring goods back: pieces by place, None for everything."""
        ...

    def exchange(
        self, sale_id: str, at: int, pieces: Mapping[int, int], instead: int, *, netted: bool
    ) -> None:
        """Bring goods back and take two pieces of the article at place `instead`."""
        ...

    def later(self, odd: Odd, basket: int, sale_id: str, at: int) -> None:
        """What else follows from an odd sale: a void, a shipment, a customer attached, a note, a closing."""
        ...

    def done(self) -> None:
        """Everything is rung up."""
        ...


# What follows from an odd sale besides returns, and between how many hours later.
FOLLOWED_AFTER_HOURS: Mapping[Odd, tuple[int, int]] = {
    Odd.VOIDED_LATE: (4, 30),
    Odd.ATTACHED_LATER: (2, 30),
    Odd.SHIPPED: (2, 36),
    Odd.NOTE_EDITED: (1, 30),
    Odd.PARKED: (1, 20),
    Odd.LAYBY: (4, 36),
    Odd.BOOKED: (2, 30),
}
VOIDED_EARLY_AFTER_S = 180


@dataclass(slots=True)
class Done:
    """What was played: sale rows and lines of bought goods by fate, and when the last thing happens."""

    fates: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)
    last_at: int = 0


def play(till: Till, receipts: "Receipts", out: "Unreachable", odd: Mapping[int, Odd]) -> Done:
    """Ring up every basket, and whatever follows from the odd ones, at their own instants."""
    player = _Player(till, receipts, out, odd)
    for basket, at in enumerate(receipts.at.tolist()):
        player.catch_up(at)
        player.ring(basket, at)
    player.catch_up(None)
    till.done()
    return player.done


class _Player:
    def __init__(self, till: Till, receipts: "Receipts", out: "Unreachable", odd: Mapping[int, Odd]) -> None:
        self.till = till
        self.receipts = receipts
        self.out = out
        self.odd = odd
        self.done = Done()
        self.planned = 0
        self.to_come: list[tuple[int, int, Callable[[int], None]]] = []

    def catch_up(self, until: int | None) -> None:
        """Do what follows up to an instant; everything that is left for None."""
        while self.to_come and (until is None or self.to_come[0][0] <= until):
            at, _, do = heapq.heappop(self.to_come)
            self.done.last_at = max(self.done.last_at, at)
            do(at)

    def ring(self, basket: int, at: int) -> None:
        """Sell one basket, in its odd way if it has one."""
        odd = self.odd.get(basket)
        if odd is None:
            self._told(self._fate(basket), self.till.ring(basket, at, None, None))
        elif odd is Odd.BACK_DATED:
            # Typed in a day later by somebody who gives the true time: it appears behind every cursor.
            self._follow(
                self._hours_later(basket, at, 20, 30),
                lambda entered: self._told(odd.value, self.till.ring(basket, at, odd, entered)),
            )
        else:
            rung = self.till.ring(basket, at, odd, self._seen_at(basket, at, odd))
            self._told(odd.value, rung)
            self._followed(odd, basket, at, rung.sale_id)

    def _seen_at(self, basket: int, at: int, odd: Odd) -> int | None:
        if odd is not Odd.LATE_UPLOAD:
            return None
        # The register was offline: the row appears hours later, and every time in it is an old one.
        visible_at = self._hours_later(basket, at, 3, 14)
        self.done.last_at = max(self.done.last_at, visible_at)
        return visible_at if visible_at > self.till.now().timestamp() else None

    def _followed(self, odd: Odd, basket: int, at: int, sale_id: str) -> None:
        if odd is Odd.FULL_REFUND:
            self._refund(basket, at, sale_id, None)
        elif odd in (Odd.PARTIAL_REFUND, Odd.SECOND_REFUND):
            self._refund(basket, at, sale_id, 0)
            if odd is Odd.SECOND_REFUND:
                self._refund(basket, at + _HOUR, sale_id, 1)
        elif odd in (Odd.EXCHANGE, Odd.NETTED):
            self._exchange(basket, at, sale_id, netted=odd is Odd.NETTED)
        elif odd is Odd.VOIDED_EARLY:
            self._follow(at + VOIDED_EARLY_AFTER_S, lambda then: self.till.later(odd, basket, sale_id, then))
        elif odd in FOLLOWED_AFTER_HOURS:
            low, high = FOLLOWED_AFTER_HOURS[odd]
            self._follow(
                self._hours_later(basket, at, low, high),
                lambda then: self.till.later(odd, basket, sale_id, then),
            )

    def _follow(self, at: int, do: Callable[[int], None]) -> None:
        self.planned += 1
        heapq.heappush(self.to_come, (at, self.planned, do))

    def _refund(self, basket: int, at: int, sale_id: str, nth: int | None) -> None:
        """The nth worthwhile line comes back, one piece of a few, else all of it; everything for None."""
        pieces = None if nth is None else self._pieces(basket, returnable(self.receipts, basket)[nth])

        def bring_back(then: int) -> None:
            self.till.refund(sale_id, then, pieces)
            self.done.fates["refund"] += 1

        self._follow(self._hours_later(basket, at, 2, 36), bring_back)

    def _exchange(self, basket: int, at: int, sale_id: str, *, netted: bool) -> None:
        """The first worthwhile line comes back, two pieces of the second one's article go out instead."""
        back, instead = returnable(self.receipts, basket)[:2]
        pieces = self._pieces(basket, back)

        def swap(then: int) -> None:
            self.till.exchange(sale_id, then, pieces, instead, netted=netted)
            self.done.fates["netted" if netted else "exchange"] += 1
            self.done.lines["netted" if netted else "exchange"] += 1

        self._follow(self._hours_later(basket, at, 2, 36), swap)

    def _hours_later(self, basket: int, at: int, low: int, high: int) -> int:
        """An instant some hours on, the same for the same basket."""
        return at + random.Random(basket).randrange(low * _HOUR, high * _HOUR)

    def _pieces(self, basket: int, place: int) -> dict[int, int]:
        sold = int(self.receipts.quantity[int(self.receipts.first[basket]) + place]) or 1
        return {place: 1 if sold <= _PIECES_MAX else sold}

    def _fate(self, basket: int) -> str:
        household, out = int(self.receipts.household[basket]), self.out
        worthless = not self.receipts.value[basket]
        if worthless and self.till.drops_zero:
            return "zero_value"
        if household in out.without:
            return "no_email"
        if household in out.no_address:
            return "unusable_email"
        if household in out.all:
            return "no_consent"
        return "zero_value" if worthless else "plain"

    def _told(self, fate: str, rung: Rung) -> None:
        self.done.fates[fate] += 1
        self.done.lines[fate] += rung.line_count


def instant(second: int) -> datetime:
    """An epoch second as an aware instant."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
