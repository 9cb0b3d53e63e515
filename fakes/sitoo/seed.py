"""A small made-up history for `POST /_fake/seed`, the same for the same numbers."""

import random
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

from fakes.kit import seeding
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


def seed(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Stores, customers and `sales` spread over the last `days` days, each till closed every night.

    Raises ValueError for numbers that make no sense.
    """
    if (wanted := seeding.receipts(asked)) is not None:
        loaded: dict[str, Any] = import_module("fakes.sitoo.receipts").load(state, **wanted).as_json()
        return loaded
    history = seeding.read(asked, also=("receipts",))
    rng = history.rng
    registers = _places(state, history.shops)
    people = _people(state, history)
    products = _products(state, rng)
    _sales(state, history, registers=registers, people=people, products=products)
    start = state.clock.now() - timedelta(days=history.days)
    state.close_every_night((start - timedelta(days=1)).date(), state.clock.now().date())
    return {
        "shops": history.shops,
        "customers": history.customers,
        "items": len(products),
        "sales": history.sales,
        "days": history.days,
    }


def _places(state: State, count: int) -> list[str]:
    registers = []
    for number in range(count):
        city = _CITIES[number % len(_CITIES)]
        name = f"{city} {number + 1}"
        store_id = state.add_store(name, external_id=f"S{number + 1:03d}", time_zone="Europe/Stockholm")
        state.stores.update(store_id, {"city": city, "address": f"Storgatan {number + 1}", "zip": "111 22"})
        registers += state.registers_of(store_id)
    return registers


def _people(state: State, history: seeding.History) -> list[str]:
    """One in ten is known to an external CRM."""
    faker, rng = import_module("faker").Faker("sv_SE"), history.rng
    faker.seed_instance(rng.randrange(1 << 30))
    at = history.first_customer_at(state.clock.now())
    made = []
    for number in range(history.customers):
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
    history: seeding.History,
    *,
    registers: list[str],
    people: list[str],
    products: list[tuple[int, Decimal]],
) -> None:
    """In time order up to now; one in five anonymous, one in thirty given back, one in ten paid in cash."""
    rng = history.rng
    for number, at in enumerate(history.moments(state.clock.now())):
        basket = rng.sample(products, k=min(len(products), rng.randint(1, 4)))
        lines = [LineIn(product_id, rng.choice((1, 1, 1, 2)), price) for product_id, price in basket]
        buyer = rng.choice(people) if people and number % 5 else None
        payment = "Cash" if number % 10 == 3 else "Card"
        order_id = state.sell(rng.choice(registers), at, lines, user_id=buyer, payment=payment)
        if number % 30 == 29:
            state.refund(order_id, at + timedelta(hours=2))
