"""A made-up shop for every till's ``POST /_fake/seed``: people, goods and sales, drawn from one ``rng``.

What a till calls these things, and where it writes them, is in its own ``seed.py``.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, TypeVar

from fakes.kit.seeding import History

if TYPE_CHECKING:
    from faker import Faker

Article = TypeVar("Article")
Category = TypeVar("Category")
Shelf = TypeVar("Shelf")

BRAND = "Hearth & Field"
ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Denver")
SHELVES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("Apparel", "Shirts"): ("Linen Shirt", "Oxford Shirt", "Flannel Shirt"),
    ("Apparel", "Socks"): ("Wool Socks", "Cotton Socks"),
    ("Home", "Kitchen"): ("Enamel Mug", "Bread Knife", "Tea Towel"),
    ("Home", "Candles"): ("Cedar Candle", "Fig Candle"),
}
# Faker's own free domains are example.*, which Klaviyo swallows without a word.
_MAIL_DOMAINS = ("maplepost.net", "riverletter.com", "hillmail.org")


@dataclass(frozen=True, slots=True)
class Person:
    """A customer in the United States; one in ten has no e-mail."""

    first: str
    last: str
    email: str | None
    street: str
    city: str
    state: str
    zip: str
    phone: str
    at: datetime


@dataclass(frozen=True, slots=True)
class New:
    """An article to put on a shelf."""

    name: str
    sku: str
    picture: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class Bought(Generic[Article]):
    """A sale: articles with pieces and unit price, and when it all comes back, if ever."""

    number: int
    at: datetime
    place: str
    buyer: str | None
    lines: Sequence[tuple[Article, int, Decimal]]
    back_at: datetime | None


def faker(locale: str, rng: random.Random) -> "Faker":
    """Names and streets of a country, the same for the same ``rng``."""
    from faker import Faker  # noqa: PLC0415  slow to import, and only a seeded fake needs it

    made = Faker(locale)
    made.seed_instance(rng.randrange(1 << 30))
    return made


def americans(history: History, now: datetime) -> Iterator[Person]:
    """The customers, made one second after the other before the first sale."""
    fake, rng = faker("en_US", history.rng), history.rng
    at = history.first_customer_at(now)
    for number in range(history.customers):
        first, last = fake.first_name(), fake.last_name()
        email = f"{first}.{last}{number}@{rng.choice(_MAIL_DOMAINS)}".lower()
        yield Person(
            first,
            last,
            email=None if number % 10 == 9 else email,
            street=fake.street_address(),
            city=fake.city(),
            state=fake.state_abbr(include_territories=False, include_freely_associated_states=False),
            zip=fake.postcode(),
            phone=fake.numerify("(###) ###-####"),
            at=at + timedelta(seconds=number),
        )


def stock(
    shelves: Mapping[Shelf, Sequence[str]],
    price: Callable[[], Decimal],
    add_category: Callable[[Shelf], Category],
    add_article: Callable[[New, Category], Article],
) -> list[tuple[Article, Decimal]]:
    """Put every article on its shelf: what the till calls each, and its price."""
    made: list[tuple[Article, Decimal]] = []
    for shelf, names in shelves.items():
        category = add_category(shelf)
        for name in names:
            number = f"{len(made) + 1:03d}"
            new = New(name, f"HF-{number}", f"hf{number}", price())
            made.append((add_article(new, category), new.price))
    return made


def sales(
    history: History,
    now: datetime,
    *,
    places: Sequence[str],
    people: Sequence[str],
    articles: Sequence[tuple[Article, Decimal]],
) -> Iterator[Bought[Article]]:
    """In time order up to now; one in five without a customer, one in thirty given back."""
    rng = history.rng
    for number, at in enumerate(history.moments(now)):
        basket = rng.sample(articles, k=min(len(articles), rng.randint(1, 4)))
        lines = [(article, rng.choice((1, 1, 1, 2)), price) for article, price in basket]
        buyer = rng.choice(people) if people and number % 5 else None
        back_at = at + timedelta(hours=2) if number % 30 == 29 else None
        yield Bought(number, at, rng.choice(places), buyer, lines, back_at)
