"""A small made-up history for `POST /_fake/seed`, the same for the same numbers."""

import random
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

from fakes.sitoo.records import LineIn
from fakes.sitoo.state import State

# Faker's own free domains are example.*, which Klaviyo swallows without a word.
_MAIL_DOMAINS = ("fjallpost.se", "hamnbrev.se", "aelvmail.net")
_GOODS = {
    "Tops": ("Linen Shirt", "Oxford Shirt", "Flannel Shirt"),
    "Socks": ("Wool Socks", "Cotton Socks"),
    "Kitchen": ("Enamel Mug", "Bread Knife", "Tea Towel"),
    "Candles": ("Cedar Candle", "Fig Candle"),
}
_CITIES = ("Stockholm", "Gothenburg", "Malmo", "Uppsala", "Lund")
_OPEN_S = 10 * 3600


def seed(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Stores, customers and `sales` spread over the last `days` days, each till closed every night.

    Raises ValueError for numbers that make no sense.
    """
    shops, customers = int(asked.get("shops", 2)), int(asked.get("customers", 20))
    sales, days = int(asked.get("sales", 100)), int(asked.get("days", 7))
    if min(shops, days) < 1 or min(customers, sales) < 0:
        raise ValueError("shops and days are at least 1, customers and sales at least 0")
    rng = random.Random(int(asked.get("seed", 1)))
    registers = _places(state, shops)
    people = _people(state, rng, customers, days)
    products = _products(state, rng)
    _sales(state, rng, sales, days, registers=registers, people=people, products=products)
    start = state.clock.now() - timedelta(days=days)
    state.close_every_night((start - timedelta(days=1)).date(), state.clock.now().date())
    return {"shops": shops, "customers": customers, "items": len(products), "sales": sales, "days": days}


def _places(state: State, count: int) -> list[str]:
    registers = []
    for number in range(count):
        city = _CITIES[number % len(_CITIES)]
        name = f"{city} {number + 1}"
        store_id = state.add_store(name, external_id=f"S{number + 1:03d}", time_zone="Europe/Stockholm")
        state.stores.update(store_id, {"city": city, "address": f"Storgatan {number + 1}", "zip": "111 22"})
        registers += state.registers_of(store_id)
    return registers


def _people(state: State, rng: random.Random, count: int, days: int) -> list[str]:
    """One in ten is known to an external CRM."""
    faker = import_module("faker").Faker("sv_SE")
    faker.seed_instance(rng.randrange(1 << 30))
    at = state.clock.now() - timedelta(days=days + 1)
    made = []
    for number in range(count):
        first, last = faker.first_name(), faker.last_name()
        plain = f"{first}.{last}{number}".lower().encode("ascii", "ignore").decode().replace(" ", "")
        made.append(
            state.add_user(
                first,
                last,
                email=f"{plain}@{rng.choice(_MAIL_DOMAINS)}",
                mobile=f"+4670{rng.randrange(10**7):07d}",
                customer_number=str(10_000 + number),
                address={"address": faker.street_address(), "zip": "111 22", "countryid": "se"},
                crm={"crm-customerid": f"C{number}"} if number % 10 == 9 else {},
                at=at + timedelta(seconds=number),
            )
        )
    return made


def _products(state: State, rng: random.Random) -> list[tuple[int, Decimal]]:
    brand = state.add_manufacturer("Hearth & Field")
    made: list[tuple[int, Decimal]] = []
    for category, names in _GOODS.items():
        category_id = state.add_category(category)
        for name in names:
            price, number = Decimal(rng.randrange(49, 900)), len(made) + 1
            product_id = state.add_product(
                name,
                sku=f"HF-{number:03d}",
                price=price,
                category_id=category_id,
                manufacturer_id=brand,
                image=f"hf{number:03d}.jpg",
            )
            made.append((product_id, price))
    return made


def _sales(
    state: State,
    rng: random.Random,
    count: int,
    days: int,
    *,
    registers: list[str],
    people: list[str],
    products: list[tuple[int, Decimal]],
) -> None:
    """In time order up to now; one in five anonymous, one in thirty given back, one in ten paid in cash."""
    start = state.clock.now() - timedelta(days=days)
    moments = sorted(rng.uniform(0, days * 86_400 - _OPEN_S) for _ in range(count))
    for number, moment in enumerate(moments):
        at = (start + timedelta(seconds=moment)).replace(microsecond=0)
        basket = rng.sample(products, k=min(len(products), rng.randint(1, 4)))
        lines = [LineIn(product_id, rng.choice((1, 1, 1, 2)), price) for product_id, price in basket]
        buyer = rng.choice(people) if people and number % 5 else None
        payment = "Cash" if number % 10 == 3 else "Card"
        order_id = state.sell(rng.choice(registers), at, lines, user_id=buyer, payment=payment)
        if number % 30 == 29:
            state.refund(order_id, at + timedelta(hours=2))
