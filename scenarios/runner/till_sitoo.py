"""A story's Sitoo till."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fakes.sitoo.records import LineIn, PaymentIn
from scenarios.language.base import Item
from scenarios.language.given import Article, Customer, Shop
from scenarios.language.trade import ChangeCustomer, EditSale, Exchange, Finish, Pay, Refund, Sell
from scenarios.runner.till import Book, When, given_back, price_of, register_of, unknown, whole

_US = "Sitoo"


def external_id(number: int) -> str:
    """How the story's shops are numbered outside Sitoo, from 1; the settings give their zones by it."""
    return f"S{number}"


class TillSitoo:
    """Speaks to the fake's truth."""

    def __init__(self, state: Any, book: Book) -> None:
        """`state` is the fake's script."""
        self._state, self.book = state, book

    def open_shop(self, shop: Shop) -> None:
        """A store with its registers."""
        store = self._state.add_store(
            shop.name,
            external_id=external_id(len(self.book.shops) + 1),
            time_zone=shop.zone,
            currency=shop.currency,
            country=shop.country or "se",
            registers=shop.registers,
        )
        self.book.shops[shop.name], self.book.registers[shop.name] = store, self._state.registers_of(store)

    def add_article(self, article: Article) -> None:
        """A product, with its category and brand."""
        state, parent = self._state, None
        for part in [part for part in article.category.split("/") if part]:
            parent = state.add_category(part, parent)
        more: dict[str, Any] = {} if parent is None else {"category_id": parent}
        if article.brand:
            more["manufacturer_id"] = state.add_manufacturer(article.brand)
        if article.image:
            more["image"] = article.image
        sku = article.sku or article.name.upper().replace(" ", "-")
        self.book.articles[article.name] = state.add_product(
            article.name, sku=sku, price=article.price, **more
        )
        self.book.prices[article.name] = article.price

    def add_customer(self, customer: Customer, at: datetime) -> None:
        """A user; what they wish is kept in a customer system, not at the till."""
        if customer.marketing is not None:
            raise unknown(_US, "consent at the till; its customer system keeps it")
        first, _, last = customer.name.partition(" ")
        self.book.people[customer.name] = self._state.add_user(
            first,
            last,
            email=customer.email or "",
            mobile=customer.phone,
            company=customer.company,
            address=customer.address,
            at=at,
            **customer.extra,
        )

    def sell(self, told: Sell, when: When) -> int:
        """An order of any type."""
        lines = [self._line(item) for item in told.items]
        more = {**self._buyer(told), "visible_at": when.visible_at, **told.extra}
        if told.payment:
            more["payment"] = told.payment
        if told.note:
            more["comment"] = told.note
        sale = self._rung(told, when, lines, more)
        ids = self._state.lines_of(sale)
        self.book.lines[sale] = [(line, item.article) for line, item in zip(ids, told.items, strict=False)]
        return sale

    def refund(self, sale: int, told: Refund, when: When) -> int:
        """A return; `linked: false` is a blind one."""
        more: dict[str, Any] = {"payment": told.payment} if told.payment else {}
        back = given_back(self.book, sale, told.items)
        made = self._state.refund(
            sale, when.at, back, linked=told.linked, visible_at=when.visible_at, **{**more, **told.extra}
        )
        self.book.lines[made] = []
        return int(made)

    def exchange(self, sale: int, told: Exchange, when: When) -> Sequence[int]:
        """One order of both, or two that pay each other."""
        returned = given_back(self.book, sale, told.returned) or {}
        lines = [self._line(item) for item in told.bought]
        made = self._state.exchange(
            sale, when.at, returned, lines, netted_pair=told.pair, visible_at=when.visible_at
        )
        ids = self._state.lines_of(made[-1])[-len(told.bought) :]
        self.book.lines[made[-1]] = [(line, one.article) for line, one in zip(ids, told.bought, strict=True)]
        return tuple(int(one) for one in made)

    def finish(self, sale: int, told: Finish, at: datetime) -> int:
        """A new order that sells what was booked or parked."""
        made = int(self._state.close(sale, at))
        articles = [article for _, article in self.book.lines.get(sale, [])]
        self.book.lines[made] = list(zip(self._state.lines_of(made), articles, strict=False))
        return made

    def pay(self, sale: int, told: Pay, at: datetime) -> None:
        """What a web shop reserved is taken."""
        self._state.pay(sale, at, told.payment if told.payment != "Cash" else "Card")

    def do(self, word: str, sale: int, at: datetime) -> None:
        """Cancel, ship, hide."""
        if word == "hide sale":
            self._state.hide_order(sale)
            return
        acts = {"cancel": self._state.cancel, "void": self._state.cancel, "ship": self._state.deliver}
        if word not in acts:
            raise unknown(_US, f"`{word}`")
        acts[word](sale, at)

    def edit_sale(self, sale: int, told: EditSale, at: datetime) -> None:
        """Fields of an order change."""
        fields = dict(told.extra)
        if told.note is not None:
            fields["comment"] = told.note
        if told.customer is not None:
            fields["userid"] = self.book.people[told.customer]
        self._state.edit(sale, at, **fields)

    def change_customer(self, person: str, told: ChangeCustomer, at: datetime) -> None:
        """Fields of a user change."""
        if told.marketing is not None or told.group is not None:
            raise unknown(_US, "consent or groups at the till")
        email = {} if told.email is None else {"email": told.email}
        self._state.edit_user(person, at, **email, **told.extra)

    def delete_customer(self, person: str, at: datetime) -> None:
        """Delete."""
        self._state.delete_user(person, at)

    def merge_customers(self, loser: str, winner: str, at: datetime) -> None:
        """Not in Sitoo."""
        raise unknown(_US, "merging of users")

    def close_registers(self, shop: str, at: datetime) -> None:
        """All registers of the shop write their Z-reports."""
        self._state.close_store(self.book.shops[shop], at)

    def _buyer(self, told: Sell) -> dict[str, Any]:
        typed = {"email": told.email, "phone": told.phone}
        buyer: dict[str, Any] = {name: text for name, text in typed.items() if text}
        return {**buyer, "user_id": self.book.people[told.to]} if told.to else buyer

    def _rung(self, told: Sell, when: When, lines: list[LineIn], more: dict[str, Any]) -> int:
        state = self._state
        if told.kind == "webshop":
            return int(state.webshop_order(when.at, lines, **more))
        register = register_of(self.book, told.shop, told.register_)
        if told.practice:
            more["practice"] = True
        if told.kind == "booking":
            deposit = None if told.deposit is None else [PaymentIn("Card", told.deposit)]
            return int(state.book(register, when.at, lines, deposit=deposit, **more))
        kinds = {"sale": state.sell, "parked": state.park}
        if told.kind not in kinds:
            raise unknown(_US, f"sale of the kind `{told.kind}`")
        return int(kinds[told.kind](register, when.at, lines, **more))

    def _line(self, item: Item) -> LineIn:
        more: dict[str, Any] = {"discount": item.discount or 0}
        if item.tax is not None:
            more["vat"] = item.tax
        price, pieces = price_of(self.book, item), whole(item.quantity)
        return LineIn(self.book.articles[item.article], pieces, price, **{**more, **item.extra})
