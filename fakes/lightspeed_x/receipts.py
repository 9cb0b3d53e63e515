"""A real grocer's year rung up in the X-Series fake: how this till writes what `fakes.receipts` plays.

loaded = load(state, seed=7, days=7)
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Unpack

from fakes.lightspeed_x.records import LineIn
from fakes.receipts import load as receipts_load
from fakes.receipts.data import Product, Receipts
from fakes.receipts.load import Asked, Loaded
from fakes.receipts.odd import Odd
from fakes.receipts.people import Person
from fakes.receipts.play import Rung, instant

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State

__all__ = ["Loaded", "load"]
_HAS_PICTURE = 3  # one article of three
_CENT = Decimal("0.01")
# Of a thousand sales, so many; at least one of each where there are sales at all.
RATES: Mapping[Odd, int] = {
    Odd.SECOND_REFUND: 3,
    Odd.PARTIAL_REFUND: 8,
    Odd.FULL_REFUND: 6,
    Odd.EXCHANGE: 4,
    Odd.VOIDED_EARLY: 4,
    Odd.VOIDED_LATE: 4,
    Odd.NO_CUSTOMER: 30,
    Odd.ATTACHED_LATER: 6,
    Odd.WEB_SHOP: 10,
    Odd.UNCOMPLETED: 5,
    Odd.PARKED: 6,
    Odd.LAYBY: 4,
    Odd.ON_ACCOUNT: 4,
    Odd.LATE_UPLOAD: 6,
    Odd.BACK_DATED: 4,
    Odd.NOTE_EDITED: 8,
}


def load(state: "State", **asked: Unpack[Asked]) -> Loaded:
    """Ring up the receipts of `days` dates from `start`, as `fakes.receipts.load.load` says."""
    return receipts_load.load(lambda receipts: XTill(state, receipts), state.clock, **asked)


class XTill:
    """Writes receipts into the truth of an X-Series fake."""

    rates: Mapping[Odd, int] = RATES
    asks_consent = True
    drops_zero = False

    def __init__(self, state: "State", receipts: Receipts) -> None:
        """The fake's ids by the data's numbers are kept here."""
        self._state = state
        self._receipts = receipts
        self._outlets: dict[int, str] = {}
        self._customers: dict[int, str] = {}
        self._products: dict[int, str] = {}

    def now(self) -> datetime:
        """The fake's clock."""
        return self._state.clock.now()

    def add_shop(self, store: int, name: str, zone: str) -> None:
        """An outlet for a store of the data."""
        self._outlets[store] = self._state.add_outlet(name, zone)

    def add_person(self, person: Person, at: datetime) -> None:
        """A customer; one who did not agree to marketing has `do_not_email`."""
        self._customers[person.household] = self._state.add_customer(
            person.first,
            person.last,
            email=person.email,
            phone=person.phone if person.phone_kind == "Home" else "",
            mobile=person.phone if person.phone_kind == "Mobile" else "",
            do_not_email=person.opted_out,
            company=person.company,
            address={
                "address1": person.street,
                "city": person.city,
                "state": person.state,
                "postcode": person.zip,
                "country_id": "US",
            },
            at=at,
        )

    def add_article(self, product_id: int, cents: int, product: Product | None) -> None:
        """An article with its category path and brand."""
        more: dict[str, Any] = {}
        name = f"Article {product_id}"
        if product is not None:
            name = product.name or name
            if product.path:
                more["category_id"] = self._state.add_category(product.path)
            if product.brand:
                more["brand_id"] = self._state.add_brand(f"{product.brand} {product.manufacturer_id}")
        if product_id % _HAS_PICTURE == 0:
            more["image_url"] = f"https://images.fake/{product_id}.jpg"
        self._products[product_id] = self._state.add_product(
            name, sku=str(product_id), price=_CENT * cents, **more
        )

    def ring(self, basket: int, at: int, odd: Odd | None, visible_at: int | None) -> Rung:
        """Sell a basket, in the odd way if it has one."""
        lines = self._lines(basket)
        outlet, then = self._outlets[int(self._receipts.store[basket])], instant(at)
        draft: dict[str, Any] = {"customer_id": self._customers[int(self._receipts.household[basket])]}
        if visible_at is not None:
            draft["visible_at"] = instant(visible_at)
        if odd in (Odd.NO_CUSTOMER, Odd.ATTACHED_LATER):
            draft["customer_id"] = None
        elif odd is Odd.WEB_SHOP:
            draft |= {"source": "SHOPIFY", "source_id": str(1000 + basket)}
        ring = {
            Odd.UNCOMPLETED: self._state.park,
            Odd.PARKED: self._state.park,
            Odd.LAYBY: self._state.layby,
            Odd.ON_ACCOUNT: self._state.on_account,
        }.get(odd or Odd.NOTE_EDITED, self._state.sell)
        return Rung(ring(outlet, then, lines, **draft), len(lines))

    def refund(self, sale_id: str, at: int, pieces: Mapping[int, int] | None) -> None:
        """Bring goods back."""
        wanted = None if pieces is None else self._by_line(sale_id, pieces)
        self._state.refund(sale_id, instant(at), wanted)

    def exchange(
        self, sale_id: str, at: int, pieces: Mapping[int, int], instead: int, *, netted: bool
    ) -> None:
        """One receipt of both signs; this till knows no netted pairs."""
        assert not netted, "X-Series has no netted pairs"
        line = self._state.sale(sale_id).lines[instead]
        price = max((line.price + line.tax + line.discount).quantize(_CENT), _CENT)
        self._state.exchange(
            sale_id, instant(at), self._by_line(sale_id, pieces), [LineIn(line.product_id, 2, price)]
        )

    def later(self, odd: Odd, basket: int, sale_id: str, at: int) -> None:
        """A void, a customer attached, a parked sale or a layby closed, a note."""
        state, then = self._state, instant(at)
        if odd in (Odd.VOIDED_EARLY, Odd.VOIDED_LATE):
            state.void(sale_id, then)
        elif odd is Odd.ATTACHED_LATER:
            state.attach_customer(sale_id, self._customers[int(self._receipts.household[basket])], then)
        elif odd in (Odd.PARKED, Odd.LAYBY):
            state.close(sale_id, then)
        elif odd is Odd.NOTE_EDITED:
            state.edit_note(sale_id, then)

    def done(self) -> None:
        """Nothing is left to put in order."""

    def _lines(self, basket: int) -> list[LineIn]:
        return [self._line(*numbers) for numbers in self._receipts.lines_of(basket)]

    def _line(self, product: int, sold: int, sales: int, loyalty: int, match: int) -> LineIn:
        """A unit price holds whole cents here: what does not divide is sold as one piece."""
        pieces, off = sold or 1, loyalty + match
        if sales % pieces or off % pieces:
            pieces = 1
        price, discount = (sales + off) // pieces, off // pieces
        return LineIn(self._products[product], pieces, _CENT * price, discount=_CENT * discount)

    def _by_line(self, sale_id: str, pieces: Mapping[int, int]) -> dict[str, int]:
        line_ids, lines = self._state.lines_of(sale_id), self._state.sale(sale_id).lines
        return {line_ids[place]: min(count, int(lines[place].quantity)) for place, count in pieces.items()}
