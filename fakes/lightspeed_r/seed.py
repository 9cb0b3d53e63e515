"""A small made-up history for `POST /_fake/seed`, the same for the same numbers."""

import random
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

from faker import Faker

from fakes.kit import seeding
from fakes.lightspeed_r.records import LineIn
from fakes.lightspeed_r.state import State

# Faker's own free domains are example.*, which Klaviyo swallows without a word.
_MAIL_DOMAINS = ("maplepost.net", "riverletter.com", "hillmail.org")
_ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Denver")
_GOODS = {
    ("Apparel", "Shirts"): ("Linen Shirt", "Oxford Shirt", "Flannel Shirt"),
    ("Apparel", "Socks"): ("Wool Socks", "Cotton Socks"),
    ("Home", "Kitchen"): ("Enamel Mug", "Bread Knife", "Tea Towel"),
    ("Home", "Candles"): ("Cedar Candle", "Fig Candle"),
}


def seed(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Shops, customers and `sales` spread over the last `days` days; real receipts with `"receipts": true`.

    Raises ValueError for numbers that make no sense.
    """
    if (wanted := seeding.receipts(asked)) is not None:
        loaded: dict[str, Any] = import_module("fakes.lightspeed_r.receipts").load(state, **wanted).as_json()
        return loaded
    history = seeding.read(asked, also=("receipts",))
    rng = history.rng
    shop_ids = [state.add_shop(f"Shop {n + 1}", _ZONES[n % len(_ZONES)]) for n in range(history.shops)]
    people = _customers(state, history)
    items = _items(state, rng)
    _sales(state, history, shops=shop_ids, people=people, items=items)
    return {
        "shops": history.shops,
        "customers": history.customers,
        "items": len(items),
        "sales": history.sales,
        "days": history.days,
    }


def _customers(state: State, history: seeding.History) -> list[str]:
    """One in ten has no e-mail."""
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
            "zip": fake.postcode(),
            "country": "United States",
        }
        ids.append(
            state.add_customer(
                first,
                last,
                email=None if number % 10 == 9 else email,
                phones=[fake.numerify("(###) ###-####")],
                address=address,
                at=at + timedelta(seconds=number),
            )
        )
    return ids


def _items(state: State, rng: random.Random) -> list[tuple[str, Decimal]]:
    brand = state.add_manufacturer("Hearth & Field")
    items: list[tuple[str, Decimal]] = []
    for path, names in _GOODS.items():
        category = state.add_category(path)
        for name in names:
            price = Decimal(rng.randrange(500, 9000)) / 100
            sku = f"HF-{len(items) + 1:03d}"
            image = f"hf{len(items) + 1:03d}"
            item_id = state.add_item(
                name, category_id=category, manufacturer_id=brand, price=price, sku=sku, image_public_id=image
            )
            items.append((item_id, price))
    return items


def _sales(
    state: State,
    history: seeding.History,
    *,
    shops: list[str],
    people: list[str],
    items: list[tuple[str, Decimal]],
) -> None:
    """In time order up to now; one in five without a customer, one in thirty given back."""
    rng = history.rng
    for number, at in enumerate(history.moments(state.clock.now())):
        basket = rng.sample(items, k=min(len(items), rng.randint(1, 4)))
        lines = [LineIn(item_id, rng.choice((1, 1, 1, 2)), price) for item_id, price in basket]
        buyer = rng.choice(people) if people and number % 5 else "0"
        sale_id = state.sell(rng.choice(shops), at, lines, customer_id=buyer)
        if number % 30 == 29:
            state.refund(sale_id, at + timedelta(hours=2))
