"""A story's Lightspeed R-Series till."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fakes.lightspeed_r.records import LineIn, Register
from scenarios.language.base import Item
from scenarios.language.given import Article, Customer, Shop
from scenarios.language.trade import ChangeCustomer, EditSale, Exchange, Finish, Pay, Refund, Sell
from scenarios.runner.till import Book, When, given_back, price_of, register_of, unknown, whole

_US = "Lightspeed R-Series"


class TillR:
    """Speaks to the fake's truth."""

    def __init__(self, state: Any, book: Book) -> None:
        """`state` is the fake's script. An article named `Miscellaneous` is a line without an article."""
        self._state, self.book = state, book
        self.book.articles["Miscellaneous"] = "0"
        self._offers: dict[str, str] = {}
        self._web_registers: dict[str, str] = {}

    def open_shop(self, shop: Shop) -> None:
        """A shop with its registers."""
        known = len(self._state.registers)
        self.book.shops[shop.name] = self._state.add_shop(shop.name, shop.zone, shop.registers)
        self.book.registers[shop.name] = [str(known + number) for number in range(1, shop.registers + 1)]

    def add_article(self, article: Article) -> None:
        """An item, with its category and brand."""
        state, path = self._state, tuple(part for part in article.category.split("/") if part)
        self.book.articles[article.name] = state.add_item(
            article.name,
            category_id=state.add_category(path) if path else "0",
            manufacturer_id=state.add_manufacturer(article.brand) if article.brand else "0",
            price=article.price,
            sku=article.sku,
            image_public_id=article.image or None,
        )
        self.book.prices[article.name] = article.price

    def add_customer(self, customer: Customer, at: datetime) -> None:
        """A customer; the till itself ticks `no e-mail` for everybody new unless it is told otherwise."""
        more: dict[str, Any] = (
            {} if customer.marketing is None else {"no_email": customer.marketing == "refused"}
        )
        first, _, last = customer.name.partition(" ")
        self.book.people[customer.name] = self._state.add_customer(
            first,
            last,
            email=customer.email,
            phones=(customer.phone,) if customer.phone else (),
            company=customer.company,
            title=customer.title,
            address=customer.address,
            tags=customer.tags,
            at=at,
            **{**more, **customer.extra},
        )

    def sell(self, told: Sell, when: When) -> str:
        """A completed sale, one that never was, or credit on a gift card."""
        shop, customer = self.book.shops[told.shop], self.book.people[told.to] if told.to else "0"
        if told.kind == "gift card":
            amount = sum(price_of(self.book, item) * item.quantity for item in told.items)
            sale = str(self._state.load_gift_card(shop, when.at, amount, customer_id=customer))
            self.book.lines[sale] = []
            return sale
        if told.kind not in ("sale", "unfinished"):
            raise unknown(_US, f"sale of the kind `{told.kind}`")
        web = self._web(told)
        more: dict[str, Any] = {
            "completed": told.kind == "sale",
            "visible_at": when.visible_at,
            "ship_to": told.ship,
            "register_id": register_of(self.book, told.shop, told.register_),
            **web,
            **told.extra,
        }
        lines = [self._line(item) for item in told.items]
        return self._rung(self._state.sell(shop, when.at, lines, customer_id=customer, **more), told.items)

    def refund(self, sale: str, told: Refund, when: When) -> str:
        """A refund, which R-Series always keeps with its sale's customer."""
        if not told.linked:
            raise unknown(_US, "refund that is not linked; sell negative pieces instead")
        back = self._state.refund(sale, when.at, given_back(self.book, sale, told.items))
        self.book.lines[back] = []
        return str(back)

    def exchange(self, sale: str, told: Exchange, when: When) -> Sequence[str]:
        """One receipt of both."""
        returned = given_back(self.book, sale, told.returned) or {}
        made = self._state.exchange(sale, when.at, returned, [self._line(item) for item in told.bought])
        lines = self._state.lines_of(made)[len(returned) :]
        self.book.lines[made] = [(line, one.article) for line, one in zip(lines, told.bought, strict=True)]
        return (str(made),)

    def finish(self, sale: str, told: Finish, at: datetime) -> str:
        """Nothing here can be finished later."""
        raise unknown(_US, "way to finish a sale later")

    def pay(self, sale: str, told: Pay, at: datetime) -> None:
        """Nor be paid in parts; but a card may have failed beside the payment that went through."""
        if told.payment != "failed card" or told.amount is None:
            raise unknown(_US, "way to pay a sale in parts; there is `payment: failed card` with an amount")
        self._state.archive_payment(sale, told.amount, at)

    def do(self, word: str, sale: str, at: datetime) -> None:
        """Void or ship."""
        if word == "void":
            self._state.void(sale, at)
        elif word == "ship":
            self._state.mark_shipped(sale, at)
        else:
            raise unknown(_US, f"`{word}`")

    def edit_sale(self, sale: str, told: EditSale, at: datetime) -> None:
        """A customer attached, a note written."""
        if told.customer is not None:
            self._state.attach_customer(sale, self.book.people[told.customer], at)
        if told.note is not None:
            self._state.edit_note(sale, at, told.note)

    def change_customer(self, person: str, told: ChangeCustomer, at: datetime) -> None:
        """Another address, another wish."""
        if told.email is not None:
            self._state.set_email(person, told.email, at)
        if told.marketing is not None:
            self._state.set_no_email(person, at, no_email=told.marketing == "refused")
        if told.group is not None or told.extra:
            raise unknown(_US, "such change of a customer")

    def delete_customer(self, person: str, at: datetime) -> None:
        """Archive."""
        self._state.archive_customer(person, at)

    def merge_customers(self, loser: str, winner: str, at: datetime) -> None:
        """Merge."""
        self._state.merge_customers(loser, winner, at)

    def close_registers(self, shop: str, at: datetime) -> None:
        """Not in the fake."""
        raise unknown(_US, "end of the day at the registers")

    def _web(self, told: Sell) -> dict[str, str]:
        """How R-Series shows a web sale: a source by name, or its own web shop's register."""
        if told.from_web != "eCom register":
            return {"reference_source": told.from_web, "reference": "W-1001"} if told.from_web else {}
        if told.shop not in self._web_registers:
            registers, shop = self._state.registers, self.book.shops[told.shop]
            register = registers.add(Register(registers.next_id(), "eCom", int(shop)))
            self._web_registers[told.shop] = str(register.id)
        return {"register_id": self._web_registers[told.shop], "reference": "W-1001"}

    def _offer(self, name: str) -> str:
        if name not in self._offers:
            self._offers[name] = self._state.add_discount(name, amount="1")
        return self._offers[name]

    def _rung(self, sale: str, items: Sequence[Item]) -> str:
        lines = self._state.lines_of(sale)
        self.book.lines[sale] = [(line, item.article) for line, item in zip(lines, items, strict=True)]
        return str(sale)

    def _line(self, item: Item) -> LineIn:
        more: dict[str, Any] = {"discount": item.discount or 0, "tax": item.tax or 0, "note": item.note}
        if item.offer:
            more["discount_id"] = self._offer(item.offer)
        pieces = whole(item.quantity)
        price = price_of(self.book, item)
        return LineIn(self.book.articles[item.article], pieces, price, **{**more, **item.extra})
