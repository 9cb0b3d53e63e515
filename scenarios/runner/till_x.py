"""A story's Lightspeed X-Series till."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fakes.lightspeed_x.records import Adjustment, LineIn, PayIn, Promotion
from scenarios.language.base import Item
from scenarios.language.given import Article, Customer, Shop
from scenarios.language.trade import ChangeCustomer, EditSale, Exchange, Finish, Pay, Refund, Sell
from scenarios.runner.till import Book, When, given_back, price_of, register_of, unknown

_US = "Lightspeed X-Series"
_RECORDS: Mapping[str, Callable[..., Any]] = {"adjustments": Adjustment, "promotions": Promotion}
_OPEN = {"pickup": ("pickup",), "delivery": ("delivery",)}


class TillX:
    """Speaks to the fake's truth."""

    def __init__(self, state: Any, book: Book) -> None:
        """`state` is the fake's script. The outlet every account begins with becomes the first shop."""
        self._state, self.book = state, book

    def open_shop(self, shop: Shop) -> None:
        """An outlet with its registers."""
        state = self._state
        if not self.book.shops:
            outlet, registers = state.outlet_id, [state.register_id]
            state.outlets.rows[outlet].data["name"] = shop.name
        else:
            more: dict[str, Any] = {"country": shop.country.upper()} if shop.country else {}
            outlet = state.add_outlet(shop.name, shop.zone, currency=shop.currency, **more)
            registers = [one.id for one in state.registers.rows.values() if one.data["outlet_id"] == outlet]
        registers += [
            state.add_register(outlet, f"Register {number + 1}") for number in range(1, shop.registers)
        ]
        self.book.shops[shop.name], self.book.registers[shop.name] = outlet, registers

    def add_article(self, article: Article) -> None:
        """A product, with its category and brand."""
        state, path = self._state, tuple(part for part in article.category.split("/") if part)
        self.book.articles[article.name] = state.add_product(
            article.name,
            sku=article.sku or article.name.upper().replace(" ", "-"),
            price=article.price,
            category_id=state.add_category(path) if path else None,
            brand_id=state.add_brand(article.brand) if article.brand else None,
            image_url=article.image or None,
            kind=article.kind,
        )
        self.book.prices[article.name] = article.price

    def add_customer(self, customer: Customer, at: datetime) -> None:
        """A customer; nobody has opted out unless the story says so."""
        first, _, last = customer.name.partition(" ")
        more: dict[str, Any] = {"group": customer.group} if customer.group else {}
        self.book.people[customer.name] = self._state.add_customer(
            first,
            last,
            email=customer.email,
            mobile=customer.phone,
            do_not_email=customer.marketing == "refused",
            address=customer.address,
            company=customer.company,
            tags=customer.tags,
            at=at,
            **{**more, **customer.extra},
        )

    def sell(self, told: Sell, when: When) -> str:
        """A sale in any state."""
        outlet = self.book.shops[told.shop]
        more: dict[str, Any] = {
            "customer_id": self.book.people[told.to] if told.to else None,
            "register_id": register_of(self.book, told.shop, told.register_),
            "visible_at": when.visible_at,
            "note": told.note,
        }
        if told.from_web:
            more["source"] = told.from_web
        if told.discount is not None:
            more["discount"] = told.discount
        if told.payment:
            more["payments"] = (PayIn(told.payment),)
        lines = [self._line(item) for item in told.items]
        sale = self._kind(told)(outlet, when.at, lines, **{**more, **_records(told.extra)})
        ids = self._state.lines_of(sale)
        self.book.lines[sale] = [(line, item.article) for line, item in zip(ids, told.items, strict=False)]
        return str(sale)

    def refund(self, sale: str, told: Refund, when: When) -> str:
        """A return, linked to its sale or not."""
        more: dict[str, Any] = {"payment": told.payment} if told.payment else {}
        back = given_back(self.book, sale, told.items)
        made = self._state.refund(sale, when.at, back, linked=told.linked, **{**more, **told.extra})
        self.book.lines[made] = []
        return str(made)

    def exchange(self, sale: str, told: Exchange, when: When) -> Sequence[str]:
        """One sale of both."""
        returned = given_back(self.book, sale, told.returned) or {}
        lines = [self._line(item) for item in told.bought]
        made = self._state.exchange(sale, when.at, returned, lines, linked=told.linked)
        ids = self._state.lines_of(made)[-len(told.bought) :]
        self.book.lines[made] = [(line, one.article) for line, one in zip(ids, told.bought, strict=True)]
        return (str(made),)

    def finish(self, sale: str, told: Finish, at: datetime) -> str:
        """The same sale, closed."""
        self._state.close(sale, at)
        return sale

    def pay(self, sale: str, told: Pay, at: datetime) -> None:
        """A part of a sale that is open."""
        if told.amount is None:
            raise unknown(_US, "payment without an amount; `finish` pays the rest")
        self._state.pay(sale, at, told.amount, told.payment)

    def do(self, word: str, sale: str, at: datetime) -> None:
        """Void, delete, ship."""
        acts = {
            "void": self._state.void,
            "delete sale": self._state.delete_sale,
            "ship": self._state.dispatch,
        }
        if word not in acts:
            raise unknown(_US, f"`{word}`")
        acts[word](sale, at)

    def edit_sale(self, sale: str, told: EditSale, at: datetime) -> None:
        """A customer attached, a note written; with neither only the version moves."""
        if told.customer is not None:
            self._state.attach_customer(sale, self.book.people[told.customer], at)
        if told.note is not None:
            self._state.edit_note(sale, at, told.note)
        if told.customer is None and told.note is None:
            self._state.touch(sale, at)

    def change_customer(self, person: str, told: ChangeCustomer, at: datetime) -> None:
        """Another address, wish or group."""
        if told.email is not None:
            self._state.set_email(person, told.email or None, at)
        if told.marketing is not None:
            self._state.set_do_not_email(person, told.marketing == "refused", at)
        if told.group is not None:
            self._state.set_group(person, told.group, at)
        if told.extra:
            self._state.edit_customer(person, at, **told.extra)

    def delete_customer(self, person: str, at: datetime) -> None:
        """Delete."""
        self._state.delete_customer(person, at)

    def merge_customers(self, loser: str, winner: str, at: datetime) -> None:
        """Merge."""
        self._state.merge_customers(loser, winner, at)

    def close_registers(self, shop: str, at: datetime) -> None:
        """Not in the fake."""
        raise unknown(_US, "end of the day at the registers")

    def _kind(self, told: Sell) -> Any:
        state = self._state
        if told.kind in _OPEN:
            return lambda *a, **k: state.order(*a, attributes=_OPEN[told.kind], **k)
        if told.kind == "layby":
            return lambda *a, **k: state.layby(*a, deposit=told.deposit or 0, **k)
        kinds = {"sale": state.sell, "parked": state.park, "on account": state.on_account}
        if told.kind not in kinds:
            raise unknown(_US, f"sale of the kind `{told.kind}`")
        return kinds[told.kind]

    def _line(self, item: Item) -> LineIn:
        each = (item.discount or 0) / item.quantity
        more: dict[str, Any] = {"tax_rate": item.tax, "note": item.note or None}
        price = price_of(self.book, item)
        product = self.book.articles[item.article]
        return LineIn(product, item.quantity, price, each, **{**more, **_records(item.extra)})


def _records(extra: Mapping[str, Any]) -> dict[str, Any]:
    """More of the fake's own keywords, with its records where a story writes `{name: …}`."""
    return {
        name: tuple(_RECORDS[name](**one) for one in told) if name in _RECORDS else told
        for name, told in extra.items()
    }
