"""A real grocer's year rung up in the R-Series fake: how this till writes what `fakes.receipts` plays.

loaded = load(state, seed=7, days=7)
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Unpack

from fakes.lightspeed_r import trade
from fakes.lightspeed_r.records import LineIn, Sale
from fakes.lightspeed_r.wire import CENT, SCALE
from fakes.receipts import load as receipts_load
from fakes.receipts.data import Product, Receipts
from fakes.receipts.load import Asked, Loaded
from fakes.receipts.odd import PER_THOUSAND, Odd
from fakes.receipts.people import Person
from fakes.receipts.play import WEB_SHOP, Rung, instant

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

__all__ = ["Loaded", "load"]
_HAS_PICTURE = 3  # one article of three
_NO_PATH: tuple[str, ...] = ()


def load(state: "State", **asked: Unpack[Asked]) -> Loaded:
    """Ring up the receipts of `days` dates from `start`, as `fakes.receipts.load.load` says."""
    return receipts_load.load(lambda receipts: RTill(state, receipts), state.clock, **asked)


class RTill:
    """Writes receipts into the truth of an R-Series fake."""

    rates: Mapping[Odd, int] = PER_THOUSAND
    asks_consent = False
    drops_zero = True

    def __init__(self, state: "State", receipts: Receipts) -> None:
        """The fake's ids by the data's numbers are kept here."""
        self._state = state
        self._receipts = receipts
        self._shops: dict[int, int] = {}
        self._customers: dict[int, str] = {}
        self._items: dict[int, int] = {}
        self._loyalty_discount = 0
        self._match_discount = 0

    def now(self) -> datetime:
        """The fake's clock."""
        return self._state.clock.now()

    def add_shop(self, store: int, name: str, zone: str) -> None:
        """A shop for a store of the data."""
        self._shops[store] = int(self._state.add_shop(name, zone))

    def add_person(self, person: Person, at: datetime) -> None:
        """A customer."""
        self._customers[person.household] = self._state.add_customer(
            person.first,
            person.last,
            email=person.email,
            phones=[(person.phone, person.phone_kind)] if person.phone else (),
            company=person.company,
            address={
                "address1": person.street,
                "city": person.city,
                "state": person.state,
                "zip": person.zip,
                "country": "United States",
            },
            at=at,
        )

    def add_article(self, product_id: int, cents: int, product: Product | None) -> None:
        """An article with its category path and brand."""
        if product is None:
            name, path, brand, picture = f"Article {product_id}", _NO_PATH, "", None
        else:
            # R-Series joins a category's path with slashes, so a name must not hold one.
            path = tuple(_no_slash(part) for part in product.path)
            brand = f"{product.brand} brand, manufacturer {product.manufacturer_id}" if product.brand else ""
            name = f"{path[-1] if path else ''} {product.package.lower()}".strip() or f"Article {product_id}"
            picture = f"article-{product_id}" if product_id % _HAS_PICTURE == 0 else None
        self._items[product_id] = int(
            self._state.add_item(
                name,
                category_id=self._state.add_category(path) if path else "0",
                manufacturer_id=self._state.add_manufacturer(brand) if brand else "0",
                price=f"{cents // 100}.{cents % 100:02d}",
                sku=str(product_id),
                image_public_id=picture,
            )
        )

    def ring(self, basket: int, at: int, odd: Odd | None, visible_at: int | None) -> Rung:
        """Sell a basket, in the odd way if it has one."""
        draft: dict[str, int | str | bool] = {}
        if visible_at is not None:
            # A late upload holds old times only; what is typed in later was also changed later.
            draft = {"visible_at": visible_at, "update_at": visible_at if odd is Odd.BACK_DATED else at + 1}
        if odd in (Odd.NO_CUSTOMER, Odd.ATTACHED_LATER):
            draft["customer_id"] = 0
        elif odd is Odd.UNCOMPLETED:
            draft["completed"] = False
        elif odd is Odd.WEB_SHOP:
            draft |= {"reference": f"#{1000 + basket}", "reference_source": WEB_SHOP}
        sale = self._sell(basket, at, **draft)
        if odd in (Odd.SHIPPED, Odd.NOT_SHIPPED):
            trade.add_ship_to(self._state, sale)
        return Rung(str(sale.id), len(sale.line_ids))

    def refund(self, sale_id: str, at: int, pieces: Mapping[int, int] | None) -> None:
        """Bring goods back."""
        self._state.refund(sale_id, instant(at), self._by_line(sale_id, pieces) if pieces else None)

    def exchange(
        self, sale_id: str, at: int, pieces: Mapping[int, int], instead: int, *, netted: bool
    ) -> None:
        """One receipt of both signs; this till knows no netted pairs."""
        assert not netted, "R-Series has no netted pairs"
        line_id = int(self._state.lines_of(sale_id)[instead])
        item = self._state.items.rows[self._state.lines.item_id[line_id]]
        price = max(Decimal(item.price) / SCALE, Decimal("0.01"))
        self._state.exchange(
            sale_id, instant(at), self._by_line(sale_id, pieces), [LineIn(str(item.id), 2, price)]
        )

    def later(self, odd: Odd, basket: int, sale_id: str, at: int) -> None:
        """A void, a customer attached, a shipment that leaves, a note."""
        state, then = self._state, instant(at)
        if odd is Odd.VOIDED_EARLY:
            state.void(sale_id, then, "Rung up twice")
        elif odd is Odd.VOIDED_LATE:
            state.void(sale_id, then, "Customer changed their mind")
        elif odd is Odd.ATTACHED_LATER:
            state.attach_customer(sale_id, self._customers[int(self._receipts.household[basket])], then)
        elif odd is Odd.SHIPPED:
            state.mark_shipped(sale_id, then)
        elif odd is Odd.NOTE_EDITED:
            state.edit_note(sale_id, then)

    def done(self) -> None:
        """Back-dated sales came out of order; sorted now, no later reader pays for it."""
        for index in self._state.sales.indexes.values():
            index.keys()

    def _sell(self, basket: int, at: int, **draft: int | str | bool) -> Sale:
        shop = self._shops[int(self._receipts.store[basket])]
        facts: dict[str, int | str | bool] = {
            "shop_id": shop,
            "register_id": trade.register_of(self._state, shop, None),
            "customer_id": int(self._customers[int(self._receipts.household[basket])]),
            "at": at,
            "visible_at": at,
        }
        if not self._match_discount:
            self._loyalty_discount = int(self._state.add_discount("Loyalty price"))
            self._match_discount = int(self._state.add_discount("Coupon match"))
        sale_id = self._state.sales.next_id()
        self._state.version += 1
        made = trade.Draft(**{**facts, **draft})  # type: ignore[arg-type]  # the names are Draft's own
        return trade.ring_up(self._state, made, self._write_lines(basket, sale_id))

    def _write_lines(self, basket: int, sale_id: int) -> list[int]:
        lines, items = self._state.lines, self._items
        written = []
        for product, sold, sales, loyalty, match in self._receipts.lines_of(basket):
            quantity = sold or 1
            discount = (loyalty + match) * CENT
            subtotal = sales * CENT + discount
            price = (subtotal + quantity // 2) // quantity
            line_id = lines.append(sale_id, items[product], quantity, price, subtotal, discount, 0)
            if match:
                lines.discount_id[line_id] = self._match_discount
            elif loyalty:
                lines.discount_id[line_id] = self._loyalty_discount
            written.append(line_id)
        return written

    def _by_line(self, sale_id: str, pieces: Mapping[int, int]) -> dict[str, int]:
        line_ids = self._state.lines_of(sale_id)
        return {line_ids[place]: count for place, count in pieces.items()}


def _no_slash(text: str) -> str:
    return text.replace("/", " & ")
