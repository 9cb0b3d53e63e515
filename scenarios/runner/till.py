"""What the runner asks of a till, whatever its vendor; one module beside this for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from scenarios.language.base import Item
from scenarios.language.given import Article, Customer, Shop
from scenarios.language.trade import ChangeCustomer, EditSale, Exchange, Finish, Pay, Refund, Sell
from scenarios.runner.failing import CannotTell


@dataclass(slots=True)
class Book:
    """Names of one till's things and the fake's ids of them."""

    shops: dict[str, Any] = field(default_factory=dict)
    registers: dict[str, list[Any]] = field(default_factory=dict)  # of a shop
    articles: dict[str, Any] = field(default_factory=dict)
    prices: dict[str, Decimal] = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)
    lines: dict[Any, list[tuple[Any, str]]] = field(default_factory=dict)  # of a sale: (id, article)


@dataclass(frozen=True, slots=True)
class When:
    """When something is said to have happened, and when the till's books show it."""

    at: datetime
    visible_at: datetime


class Till(Protocol):
    """One till of a story. Sales are named by the fake's ids. Raises CannotTell for what it does not know."""

    book: Book

    def open_shop(self, shop: Shop) -> None:
        """A shop with its registers."""
        ...

    def add_article(self, article: Article) -> None:
        """Something to sell."""
        ...

    def add_customer(self, customer: Customer, at: datetime) -> None:
        """A person."""
        ...

    def sell(self, told: Sell, when: When) -> Any:
        """A receipt of any kind."""
        ...

    def refund(self, sale: Any, told: Refund, when: When) -> Any:
        """Goods taken back."""
        ...

    def exchange(self, sale: Any, told: Exchange, when: When) -> Sequence[Any]:
        """Goods taken back and others sold: one receipt or two."""
        ...

    def finish(self, sale: Any, told: Finish, at: datetime) -> Any:
        """What was open is paid and closed; the receipt that counts."""
        ...

    def pay(self, sale: Any, told: Pay, at: datetime) -> None:
        """A part is paid."""
        ...

    def do(self, word: str, sale: Any, at: datetime) -> None:
        """`void`, `delete sale`, `hide sale`, `ship`, `cancel`."""
        ...

    def edit_sale(self, sale: Any, told: EditSale, at: datetime) -> None:
        """A finished receipt is changed."""
        ...

    def change_customer(self, person: Any, told: ChangeCustomer, at: datetime) -> None:
        """A person is changed."""
        ...

    def delete_customer(self, person: Any, at: datetime) -> None:
        """A person is gone."""
        ...

    def merge_customers(self, loser: Any, winner: Any, at: datetime) -> None:
        """Two entries become one."""
        ...

    def close_registers(self, shop: str, at: datetime) -> None:
        """The day ends."""
        ...


def given_back(book: Book, sale: Any, wanted: Mapping[str, Decimal] | None) -> dict[Any, Any] | None:
    """Pieces by line id, from pieces by article; None stays None: all that is left."""
    if wanted is None:
        return None
    lines = book.lines.get(sale, [])
    back: dict[Any, Any] = {}
    for article, pieces in wanted.items():
        found = [line for line, name in lines if name == article and line not in back]
        if not found:
            sold = ", ".join(name for _, name in lines) or "nothing"
            raise CannotTell(f"`{article}` was not on that receipt; there was {sold}")
        back[found[0]] = int(pieces) if pieces == int(pieces) else pieces
    return back


def price_of(book: Book, item: Item) -> Decimal:
    """The price of one piece: its own, or the article's."""
    if item.price is not None:
        return item.price
    if item.article not in book.prices:
        raise CannotTell(f"`{item.article}` has no price: name one here, or under `given: articles`")
    return book.prices[item.article]


def unknown(vendor: str, what: str) -> CannotTell:
    """What this till has no word for."""
    return CannotTell(f"{vendor} has no {what}")


def whole(quantity: Decimal) -> int:
    """Pieces as a number."""
    if quantity != int(quantity):
        raise CannotTell(f"this till sells whole pieces, not {quantity}")
    return int(quantity)


def register_of(book: Book, shop: str, number: int) -> Any:
    """The shop's register of that number, from 1."""
    found = book.registers[shop]
    if number > len(found):
        raise CannotTell(f"{shop} has {len(found)} registers; say `registers:` in its shop")
    return found[number - 1]
