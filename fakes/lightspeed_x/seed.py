"""A small made-up history for `POST /_fake/seed`, the same for the same numbers."""

import random
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from faker import Faker

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
_OPEN_S = 10 * 3600


def seed(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Shops, customers and `sales` spread over the last `days` days. Raises ValueError."""
    shops, customers = int(asked.get("shops", 2)), int(asked.get("customers", 20))
    sales, days = int(asked.get("sales", 100)), int(asked.get("days", 7))
    if min(shops, days) < 1 or min(customers, sales) < 0:
        raise ValueError("shops and days are at least 1, customers and sales at least 0")
    rng = random.Random(int(asked.get("seed", 1)))
    outlets = [state.add_outlet(f"Shop {n + 1}", _ZONES[n % len(_ZONES)]) for n in range(shops)]
    people = _customers(state, rng, customers, days)
    products = _products(state, rng)
    _sales(state, rng, count=sales, days=days, outlets=outlets, people=people, products=products)
    return {"shops": shops, "customers": customers, "products": len(products), "sales": sales, "days": days}


def _customers(state: State, rng: random.Random, count: int, days: int) -> list[str]:
    """One in ten has no e-mail, one in six opted out."""
    fake = Faker("en_US")
    fake.seed_instance(rng.randrange(1 << 30))
    at = state.clock.now() - timedelta(days=days + 1)
    ids = []
    for number in range(count):
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
    rng: random.Random,
    *,
    count: int,
    days: int,
    outlets: list[str],
    people: list[str],
    products: list[tuple[str, Decimal]],
) -> None:
    """In time order up to now; one in five without a customer, one in thirty given back."""
    start = state.clock.now() - timedelta(days=days)
    moments = sorted(rng.uniform(0, days * 86_400 - _OPEN_S) for _ in range(count))
    for number, moment in enumerate(moments):
        at = (start + timedelta(seconds=moment)).replace(microsecond=0)
        basket = rng.sample(products, k=min(len(products), rng.randint(1, 4)))
        lines = [LineIn(product, rng.choice((1, 1, 1, 2)), price) for product, price in basket]
        buyer = rng.choice(people) if people and number % 5 else None
        sale_id = state.sell(rng.choice(outlets), at, lines, customer_id=buyer)
        if number % 30 == 29:
            state.refund(sale_id, at + timedelta(hours=2))
