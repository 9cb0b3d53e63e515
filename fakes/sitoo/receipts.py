"""A real grocer's year rung up in the Sitoo fake: how this till writes what `fakes.receipts` plays.

    loaded = load(state, seed=7, days=7)

Registers close every night at ten, local time, so that every sale lies in a Z-report.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Unpack

from fakes.receipts import load as receipts_load
from fakes.receipts.data import Product, Receipts
from fakes.receipts.load import Asked, Loaded
from fakes.receipts.odd import Odd
from fakes.receipts.people import Person
from fakes.receipts.play import Rung, instant
from fakes.sitoo.records import LineIn

if TYPE_CHECKING:
    from fakes.sitoo.state import State

__all__ = ["Loaded", "load"]
_HAS_PICTURE = 3  # one article of three
_CENT = Decimal("0.01")
_CLOSING = time(23, 50)  # after the last receipt of almost every day
# Of a thousand sales, so many; at least one of each where there are sales at all.
RATES: Mapping[Odd, int] = {
    Odd.SECOND_REFUND: 3,
    Odd.PARTIAL_REFUND: 8,
    Odd.FULL_REFUND: 6,
    Odd.EXCHANGE: 4,
    Odd.NETTED: 3,
    Odd.NO_CUSTOMER: 30,
    Odd.WEB_SHOP: 10,
    Odd.UNCOMPLETED: 5,
    Odd.PARKED: 6,
    Odd.BOOKED: 6,
    Odd.PRACTICE: 4,
    Odd.LATE_UPLOAD: 12,
    Odd.NOTE_EDITED: 8,
}


def load(state: "State", **asked: Unpack[Asked]) -> Loaded:
    """Ring up the receipts of `days` dates from `start`, as `fakes.receipts.load.load` says."""
    return receipts_load.load(lambda receipts: SitooTill(state, receipts), state.clock, **asked)


class SitooTill:
    """Writes receipts into the truth of a Sitoo fake."""

    rates: Mapping[Odd, int] = RATES
    asks_consent = False
    drops_zero = True

    def __init__(self, state: "State", receipts: Receipts) -> None:
        """The fake's ids by the data's numbers are kept here."""
        self._state = state
        self._receipts = receipts
        self._registers: dict[int, str] = {}
        self._users: dict[int, str] = {}
        self._people: dict[int, Person] = {}
        self._products: dict[int, int] = {}
        self._categories: dict[str, int] = {}
        self._rung: dict[str, list[LineIn]] = {}  # what something may follow from

    def now(self) -> datetime:
        """The fake's clock."""
        return self._state.clock.now()

    def add_shop(self, store: int, name: str, zone: str) -> None:
        """A store with one register."""
        made = self._state.add_store(name, external_id=f"S{store}", time_zone=zone, country="us")
        self._registers[store] = self._state.registers_of(made)[0]

    def add_person(self, person: Person, at: datetime) -> None:
        """A user. Sitoo wants an e-mail address of every user, so who has none is only a name on orders."""
        self._people[person.household] = person
        if person.email:
            self._users[person.household] = self._state.add_user(
                person.first,
                person.last,
                email=person.email,
                # Who cannot be reached by e-mail is not to be found by telephone either.
                mobile=person.phone if person.reachable and person.phone_kind == "Mobile" else "",
                phone=person.phone if person.reachable and person.phone_kind == "Home" else "",
                company=person.company,
                address={
                    "address": person.street,
                    "city": person.city,
                    "state": person.state,
                    "zip": person.zip,
                    "countryid": "us",
                },
                at=at,
            )

    def add_article(self, product_id: int, cents: int, product: Product | None) -> None:
        """An article in the category of its department; prices hold no VAT, as in the data."""
        name, more = f"Article {product_id}", dict[str, Any]()
        if product is not None:
            name = product.name or name
            if product.path:
                more["category_id"] = self._category(product.path[0])
        if product_id % _HAS_PICTURE == 0:
            more["image"] = f"https://images.fake/{product_id}.jpg"
        self._products[product_id] = self._state.add_product(
            name, sku=str(product_id), price=_CENT * cents, vat="0", **more
        )

    def ring(self, basket: int, at: int, odd: Odd | None, visible_at: int | None) -> Rung:
        """Sell a basket, in the odd way if it has one."""
        lines = self._lines(basket)
        register, then = self._registers[int(self._receipts.store[basket])], instant(at)
        draft: dict[str, Any] = {} if odd is Odd.NO_CUSTOMER else self._buyer(basket)
        if visible_at is not None:
            draft["visible_at"] = instant(visible_at)
        if odd is Odd.WEB_SHOP:
            sale_id = self._state.webshop_order(then, lines, state=10, payment_state=20, **draft)
        elif odd in (Odd.UNCOMPLETED, Odd.PARKED):
            sale_id = self._state.park(register, then, lines, **draft)
        elif odd is Odd.BOOKED:
            sale_id = self._state.book(register, then, lines, **draft)
        else:
            sale_id = self._state.sell(register, then, lines, practice=odd is Odd.PRACTICE, **draft)
        if odd is not None:
            self._rung[str(sale_id)] = lines
        return Rung(str(sale_id), len(lines))

    def refund(self, sale_id: str, at: int, pieces: Mapping[int, int] | None) -> None:
        """Bring goods back."""
        wanted = None if pieces is None else self._by_line(sale_id, pieces)
        self._state.refund(int(sale_id), instant(at), wanted)

    def exchange(
        self, sale_id: str, at: int, pieces: Mapping[int, int], instead: int, *, netted: bool
    ) -> None:
        """One receipt of both signs, or a refund and a purchase netted against each other."""
        line = self._rung[sale_id][instead]
        self._state.exchange(
            int(sale_id),
            instant(at),
            self._by_line(sale_id, pieces),
            [LineIn(line.product_id, 2)],
            netted_pair=netted,
        )

    def later(self, odd: Odd, _basket: int, sale_id: str, at: int) -> None:
        """A parked order or a booking closed by a sale, a note."""
        if odd in (Odd.PARKED, Odd.BOOKED):
            self._state.close(int(sale_id), instant(at))
        elif odd is Odd.NOTE_EDITED:
            self._state.edit(int(sale_id), instant(at), comment="Checked")

    def done(self) -> None:
        """Every register closes every night."""
        at = self._receipts.at
        first = datetime.fromtimestamp(int(at[0]), UTC).date() - timedelta(days=1)
        last = datetime.fromtimestamp(int(at[-1]), UTC).date() + timedelta(days=3)
        self._state.close_every_night(first, last, at=_CLOSING)

    def _buyer(self, basket: int) -> dict[str, Any]:
        household = int(self._receipts.household[basket])
        if household in self._users:
            return {"user_id": self._users[household]}
        person = self._people[household]
        return {"first": person.first, "last": person.last, "phone": ""}

    def _lines(self, basket: int) -> list[LineIn]:
        return [self._line(*numbers) for numbers in self._receipts.lines_of(basket)]

    def _line(self, product: int, sold: int, sales: int, loyalty: int, match: int) -> LineIn:
        """A unit price holds whole cents here: what does not divide is sold as one piece."""
        pieces, off = sold or 1, loyalty + match
        if (sales + off) % pieces or sales % pieces:
            pieces = 1
        return LineIn(
            self._products[product], pieces, _CENT * ((sales + off) // pieces), discount=_CENT * off, vat="0"
        )

    def _category(self, name: str) -> int:
        if name not in self._categories:
            self._categories[name] = self._state.add_category(name)
        return self._categories[name]

    def _by_line(self, sale_id: str, pieces: Mapping[int, int]) -> dict[int, int]:
        line_ids, lines = self._state.lines_of(int(sale_id)), self._rung[sale_id]
        return {line_ids[place]: min(count, lines[place].quantity) for place, count in pieces.items()}
