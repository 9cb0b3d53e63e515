"""A small made-up history for `POST /_fake/seed`, the same for the same numbers."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

from fakes.kit import made_up, seeding
from fakes.sitoo.records import LineIn
from fakes.sitoo.state import State

# Faker's own free domains are example.*, which Klaviyo swallows without a word.
_MAIL_DOMAINS = ("fjallpost.se", "hamnbrev.se", "aelvmail.net")
_SHELVES = {
    "Tops": ("Linen Shirt", "Oxford Shirt", "Flannel Shirt"),
    "Socks": ("Wool Socks", "Cotton Socks"),
    "Kitchen": ("Enamel Mug", "Bread Knife", "Tea Towel"),
    "Candles": ("Cedar Candle", "Fig Candle"),
}
_CITIES = ("Stockholm", "Gothenburg", "Malmo", "Uppsala", "Lund")


def seed(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Stores, customers and `sales` spread over the last `days` days, each till closed every night.

    Real receipts with `"receipts": true`. Raises ValueError for numbers that make no sense.
    """
    return seeding.run(
        asked,
        receipts=lambda **wanted: import_module("fakes.sitoo.receipts").load(state, **wanted),
        made_up=lambda history: _fill(state, history),
    )


def _fill(state: State, history: seeding.History) -> dict[str, int]:
    """One order in ten is paid in cash."""
    now = state.clock.now()
    registers = _places(state, history.shops)
    people = _people(state, history)
    products = _products(state, history)
    for sale in made_up.sales(history, now, places=registers, people=people, articles=products):
        lines = [LineIn(*line) for line in sale.lines]
        payment = "Cash" if sale.number % 10 == 3 else "Card"
        order_id = state.sell(sale.place, sale.at, lines, user_id=sale.buyer, payment=payment)
        if sale.back_at:
            state.refund(order_id, sale.back_at)
    state.close_every_night((now - timedelta(days=history.days + 1)).date(), now.date())
    return {"items": len(products)}


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
    faker, rng = made_up.faker("sv_SE", history.rng), history.rng
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


def _products(state: State, history: seeding.History) -> list[tuple[int, Decimal]]:
    brand = state.add_manufacturer(made_up.BRAND)
    return made_up.stock(
        _SHELVES,
        lambda: Decimal(history.rng.randrange(49, 900)),
        state.add_category,
        lambda new, category: state.add_product(
            new.name,
            sku=new.sku,
            price=new.price,
            category_id=category,
            manufacturer_id=brand,
            image=f"{new.picture}.jpg",
        ),
    )
