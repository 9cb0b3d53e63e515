"""Plays receipts at the till in the order in which the server would write them, with all that follows."""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from fakes.lightspeed_r import trade
from fakes.lightspeed_r.receipts_odd import Odd, returnable
from fakes.lightspeed_r.records import LineIn, Sale
from fakes.lightspeed_r.wire import CENT, SCALE

if TYPE_CHECKING:
    from fakes.lightspeed_r.receipts_data import Receipts
    from fakes.lightspeed_r.state import State

WEB_SHOP = "shopify"
_HOUR = 3600
_PIECES_MAX = 9  # a line of two to nine pieces gives one piece back, any other the whole


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what the receipts are about: the fake's ids by the data's numbers."""

    shops: dict[int, int]
    customers: dict[int, str]
    items: dict[int, int]
    loyalty_discount: int
    match_discount: int
    without_email: frozenset[int]
    unusable_email: frozenset[int]


@dataclass(slots=True)
class Done:
    """What was played: sale rows and lines of bought goods by fate, and when the last thing happens."""

    fates: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)
    last_at: int = 0


def play(state: "State", receipts: "Receipts", cast: Cast, odd: dict[int, Odd]) -> Done:
    """Ring up every basket, and whatever follows from the odd ones, at their own instants."""
    player = _Player(state, receipts, cast, odd)
    for basket, at in enumerate(receipts.at.tolist()):
        player.catch_up(at)
        player.ring(basket, at)
    player.catch_up(None)
    for index in state.sales.indexes.values():
        index.keys()  # back-dated sales came out of order; sorted now, no later reader pays for it
    return player.done


class _Player:
    def __init__(self, state: "State", receipts: "Receipts", cast: Cast, odd: dict[int, Odd]) -> None:
        self.state = state
        self.receipts = receipts
        self.cast = cast
        self.odd = odd
        self.done = Done()
        self.planned = 0
        self.later: list[tuple[int, int, Callable[[int], None]]] = []

    def catch_up(self, until: int | None) -> None:
        """Do what follows up to an instant; everything that is left for None."""
        while self.later and (until is None or self.later[0][0] <= until):
            at, _, do = heapq.heappop(self.later)
            self.done.last_at = max(self.done.last_at, at)
            do(at)

    def ring(self, basket: int, at: int) -> None:
        """Sell one basket, in its odd way if it has one."""
        odd = self.odd.get(basket)
        if odd is None:
            self._told(self._fate(basket), self.sell(basket, at).line_ids)
        elif odd is Odd.BACK_DATED:
            # Typed in a day later by somebody who gives the true time: it appears behind every cursor.
            self.follow(
                at + self._spread(basket, 20, 30), lambda entered: self._back_dated(basket, at, entered)
            )
        else:
            sale = self._sell_oddly(basket, at, odd)
            self._told(odd.value, sale.line_ids)
            _FOLLOWED_BY.get(odd, _nothing)(self, basket, at, str(sale.id))

    def follow(self, at: int, do: Callable[[int], None]) -> None:
        """Do something later."""
        self.planned += 1
        heapq.heappush(self.later, (at, self.planned, do))

    def sell(self, basket: int, at: int, **draft: int | str | bool) -> Sale:
        """Write the basket's lines and ring them up; `draft` says what is unlike an ordinary sale."""
        receipts, cast = self.receipts, self.cast
        register = trade.register_of(self.state, shop := cast.shops[int(receipts.store[basket])], None)
        facts: dict[str, int | str | bool] = {
            "shop_id": shop,
            "register_id": register,
            "customer_id": int(cast.customers[int(receipts.household[basket])]),
            "at": at,
            "visible_at": at,
        }
        sale_id = self.state.sales.next_id()
        self.state.version += 1
        made = trade.Draft(**{**facts, **draft})  # type: ignore[arg-type]  # the names are Draft's own
        return trade.ring_up(self.state, made, self._write_lines(basket, sale_id))

    def _write_lines(self, basket: int, sale_id: int) -> list[int]:
        receipts, lines, items = self.receipts, self.state.lines, self.cast.items
        part = slice(int(receipts.first[basket]), int(receipts.stop[basket]))
        columns = (receipts.product, receipts.quantity, receipts.sales, receipts.loyalty, receipts.match)
        written = []
        for product, sold, sales, loyalty, match in zip(*(c[part].tolist() for c in columns), strict=True):
            quantity = sold or 1
            discount = (loyalty + match) * CENT
            subtotal = sales * CENT + discount
            price = (subtotal + quantity // 2) // quantity
            line_id = lines.append(sale_id, items[product], quantity, price, subtotal, discount, 0)
            if match:
                lines.discount_id[line_id] = self.cast.match_discount
            elif loyalty:
                lines.discount_id[line_id] = self.cast.loyalty_discount
            written.append(line_id)
        return written

    def _sell_oddly(self, basket: int, at: int, odd: Odd) -> Sale:
        if odd in (Odd.NO_CUSTOMER, Odd.ATTACHED_LATER):
            return self.sell(basket, at, customer_id=0)
        if odd is Odd.UNCOMPLETED:
            return self.sell(basket, at, completed=False)
        if odd is Odd.WEB_SHOP:
            return self.sell(basket, at, reference=f"#{1000 + basket}", reference_source=WEB_SHOP)
        if odd is Odd.LATE_UPLOAD:
            return self._late_upload(basket, at)
        sale = self.sell(basket, at)
        if odd in (Odd.SHIPPED, Odd.NOT_SHIPPED):
            trade.add_ship_to(self.state, sale)
        return sale

    def _late_upload(self, basket: int, at: int) -> Sale:
        # The register was offline: the row appears hours later, and every time in it is an old one.
        visible = at + self._spread(basket, 3, 14)
        self.done.last_at = max(self.done.last_at, visible)
        if visible <= self.state.now():
            return self.sell(basket, at)
        return self.sell(basket, at, visible_at=visible, update_at=at + 1)

    def _back_dated(self, basket: int, at: int, entered: int) -> None:
        sale = self.sell(basket, at, visible_at=entered, update_at=entered)
        self._told(Odd.BACK_DATED.value, sale.line_ids)

    def refund(self, sale_id: str, at: int, lines: dict[str, int] | None) -> None:
        """Bring goods back."""
        self.state.refund(sale_id, _instant(at), lines)
        self.done.fates["refund"] += 1

    def exchange(self, basket: int, sale_id: str, at: int) -> None:
        """Bring the first worthwhile line back and take two pieces of the second one's article instead."""
        back, instead = returnable(self.receipts, basket)[:2]
        line_ids = self.state.lines_of(sale_id)
        item = self.state.items.rows[self.state.lines.item_id[int(line_ids[instead])]]
        price = max(Decimal(item.price) / SCALE, Decimal("0.01"))
        self.state.exchange(
            sale_id,
            _instant(at),
            {line_ids[back]: self._pieces(line_ids[back])},
            [LineIn(str(item.id), 2, price)],
        )
        self.done.fates["exchange"] += 1
        self.done.lines["exchange"] += 1

    def some_of(self, basket: int, sale_id: str, nth: int) -> dict[str, int]:
        """The nth worthwhile line: one piece of a few, else all of it."""
        line_id = self.state.lines_of(sale_id)[returnable(self.receipts, basket)[nth]]
        return {line_id: self._pieces(line_id)}

    def hours_later(self, basket: int, at: int, low: int, high: int) -> int:
        """An instant some hours on, the same for the same basket."""
        return at + self._spread(basket, low, high)

    def _pieces(self, line_id: str) -> int:
        sold = self.state.lines.quantity[int(line_id)]
        return 1 if sold <= _PIECES_MAX else sold

    def _spread(self, basket: int, low: int, high: int) -> int:
        return random.Random(basket).randrange(low * _HOUR, high * _HOUR)

    def _fate(self, basket: int) -> str:
        household = int(self.receipts.household[basket])
        if not self.receipts.value[basket]:
            return "zero_value"
        if household in self.cast.without_email:
            return "no_email"
        return "unusable_email" if household in self.cast.unusable_email else "plain"

    def _told(self, fate: str, lines: Sequence[int]) -> None:
        self.done.fates[fate] += 1
        self.done.lines[fate] += len(lines)


def _nothing(_player: _Player, _basket: int, _at: int, _sale_id: str) -> None:
    pass


def _refund_all(player: _Player, basket: int, at: int, sale_id: str) -> None:
    player.follow(player.hours_later(basket, at, 2, 36), lambda later: player.refund(sale_id, later, None))


def _refund_part(player: _Player, basket: int, at: int, sale_id: str) -> None:
    player.follow(
        player.hours_later(basket, at, 2, 36),
        lambda later: player.refund(sale_id, later, player.some_of(basket, sale_id, 0)),
    )


def _refund_twice(player: _Player, basket: int, at: int, sale_id: str) -> None:
    _refund_part(player, basket, at, sale_id)
    player.follow(
        player.hours_later(basket, at, 2, 36) + _HOUR,
        lambda later: player.refund(sale_id, later, player.some_of(basket, sale_id, 1)),
    )


def _exchange(player: _Player, basket: int, at: int, sale_id: str) -> None:
    player.follow(
        player.hours_later(basket, at, 2, 36), lambda later: player.exchange(basket, sale_id, later)
    )


def _void_early(player: _Player, _basket: int, at: int, sale_id: str) -> None:
    player.follow(at + 180, lambda later: player.state.void(sale_id, _instant(later), "Rung up twice"))


def _void_late(player: _Player, basket: int, at: int, sale_id: str) -> None:
    player.follow(
        player.hours_later(basket, at, 4, 30),
        lambda later: player.state.void(sale_id, _instant(later), "Customer changed their mind"),
    )


def _attach(player: _Player, basket: int, at: int, sale_id: str) -> None:
    customer_id = player.cast.customers[int(player.receipts.household[basket])]
    player.follow(
        player.hours_later(basket, at, 2, 30),
        lambda later: player.state.attach_customer(sale_id, customer_id, _instant(later)),
    )


def _ship(player: _Player, basket: int, at: int, sale_id: str) -> None:
    player.follow(
        player.hours_later(basket, at, 2, 36),
        lambda later: player.state.mark_shipped(sale_id, _instant(later)),
    )


def _annotate(player: _Player, basket: int, at: int, sale_id: str) -> None:
    player.follow(
        player.hours_later(basket, at, 1, 30), lambda later: player.state.edit_note(sale_id, _instant(later))
    )


def _instant(second: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)


_FOLLOWED_BY: dict[Odd, Callable[[_Player, int, int, str], None]] = {
    Odd.SECOND_REFUND: _refund_twice,
    Odd.PARTIAL_REFUND: _refund_part,
    Odd.FULL_REFUND: _refund_all,
    Odd.EXCHANGE: _exchange,
    Odd.VOIDED_EARLY: _void_early,
    Odd.VOIDED_LATE: _void_late,
    Odd.ATTACHED_LATER: _attach,
    Odd.SHIPPED: _ship,
    Odd.NOTE_EDITED: _annotate,
}
