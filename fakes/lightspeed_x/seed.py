"""A small made-up history for `POST /_fake/seed`, the same for the same numbers."""

import random
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

from faker import Faker

from fakes.kit import seeding
from fakes.lightspeed_x.records import LineIn
from fakes.lightspeed_x.state import State

# Faker's own free domains are example.*, which Klaviyo swallows without a word.
_MAIL_DOMAINS = ("maplepost.net", "riverletter.com", "hillmail.org")
_ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Denver")
_GOODS = {
    ("Apparel", "Shirts"): ("Linen Shirt", "Oxford Shirt", "Flannel Shirt"),
    ("Apparel", "Socks"): ("Wool Socks", "Cotton Socks"),
    ("Home", "Kitchen"): ("Enamel Mug", "Bread Knife", "Tea Towel"),
    ("Home", "Candles"): ("Cedar Candle", "Fig Candle"),
}
_IMAGE = "https://images.retail.test/{}.jpg"


def seed(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Shops, customers and `sales` spread over the last `days` days. Raises ValueError."""
    if (wanted := seeding.receipts(asked)) is not None:
        loaded: dict[str, Any] = import_module("fakes.lightspeed_x.receipts").load(state, **wanted).as_json()
        return loaded
    history = seeding.read(asked, also=("receipts",))
    rng = history.rng
    outlets = [state.add_outlet(f"Shop {n + 1}", _ZONES[n % len(_ZONES)]) for n in range(history.shops)]
    people = _customers(state, history)
    products = _products(state, rng)
    _sales(state, history, outlets=outlets, people=people, products=products)
    return {
        "shops": history.shops,
        "customers": history.customers,
        "products": len(products),
        "sales": history.sales,
        "days": history.days,
    }


def _customers(state: State, history: seeding.History) -> list[str]:
    """One in ten has no e-mail, one in six opted out."""
    fake, rng = Faker("en_US"), history.rng
    fake.seed_instance(rng.randrange(1 << 30))
    at = history.first_customer_at(state.clock.now())
    ids = []
    for number in range(history.customers):
        first, last = fake.first_name(), fake.last_name()
        email = f"{first}.{last}{number}@{rng.choice(_MAIL_DOMAINS)}".lower()
        address = {
            "address1": fake.street_address(),
            "city": fake.city(),
            "state": fake.state_abbr(include_territories=False, include_freely_associated_states=False),
            "postcode": fake.postcode(),
        }
        ids.append(
            state.add_customer(
                first,
                last,
                email=None if number % 10 == 9 else email,
                mobile=fake.numerify("(###) ###-####"),
                do_not_email=number % 6 == 5,
                address=address,
                at=at + timedelta(seconds=number),
            )
        )
    return ids


def _products(state: State, rng: random.Random) -> list[tuple[str, Decimal]]:
    brand = state.add_brand("Hearth & Field")
    products: list[tuple[str, Decimal]] = []
    for path, names in _GOODS.items():
        category = state.add_category(path)
        for name in names:
            price = Decimal(rng.randrange(500, 9000)) / 100
            number = f"{len(products) + 1:03d}"
            product = state.add_product(
                name,
                sku=f"HF-{number}",
                price=price,
                category_id=category,
                brand_id=brand,
                image_url=_IMAGE.format(number),
            )
            products.append((product, price))
    return products


def _sales(
    state: State,
    history: seeding.History,
    *,
    outlets: list[str],
    people: list[str],
    products: list[tuple[str, Decimal]],
) -> None:
    """In time order up to now; one in five without a customer, one in thirty given back."""
    rng = history.rng
    for number, at in enumerate(history.moments(state.clock.now())):
        basket = rng.sample(products, k=min(len(products), rng.randint(1, 4)))
        lines = [LineIn(product, rng.choice((1, 1, 1, 2)), price) for product, price in basket]
        buyer = rng.choice(people) if people and number % 5 else None
        sale_id = state.sell(rng.choice(outlets), at, lines, customer_id=buyer)
        if number % 30 == 29:
            state.refund(sale_id, at + timedelta(hours=2))
