"""A small made-up history for `POST /_fake/seed`, the same for the same numbers."""

from collections.abc import Mapping
from decimal import Decimal
from importlib import import_module
from typing import Any

from fakes.kit import made_up, seeding
from fakes.lightspeed_x.records import LineIn
from fakes.lightspeed_x.state import State


def seed(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Outlets, customers and `sales` spread over the last `days` days; real receipts with `"receipts": true`.

    Raises ValueError for numbers that make no sense.
    """
    return seeding.run(
        asked,
        receipts=lambda **wanted: import_module("fakes.lightspeed_x.receipts").load(state, **wanted),
        made_up=lambda history: _fill(state, history),
    )


def _fill(state: State, history: seeding.History) -> dict[str, int]:
    """One in six customers opted out."""
    now, zones = state.clock.now(), made_up.ZONES
    outlets = [state.add_outlet(f"Shop {n + 1}", zones[n % len(zones)]) for n in range(history.shops)]
    people = [
        _add_customer(state, person, do_not_email=number % 6 == 5)
        for number, person in enumerate(made_up.americans(history, now))
    ]
    products = _products(state, history)
    for sale in made_up.sales(history, now, places=outlets, people=people, articles=products):
        lines = [LineIn(*line) for line in sale.lines]
        sale_id = state.sell(sale.place, sale.at, lines, customer_id=sale.buyer)
        if sale.back_at:
            state.refund(sale_id, sale.back_at)
    return {"products": len(products)}


def _add_customer(state: State, person: made_up.Person, *, do_not_email: bool) -> str:
    address = {
        "address1": person.street,
        "city": person.city,
        "state": person.state,
        "postcode": person.zip,
    }
    return state.add_customer(
        person.first,
        person.last,
        email=person.email,
        mobile=person.phone,
        do_not_email=do_not_email,
        address=address,
        at=person.at,
    )


def _products(state: State, history: seeding.History) -> list[tuple[str, Decimal]]:
    brand = state.add_brand(made_up.BRAND)
    return made_up.stock(
        made_up.SHELVES,
        lambda: Decimal(history.rng.randrange(500, 9000)) / 100,
        state.add_category,
        lambda new, category: state.add_product(
            new.name,
            sku=new.sku,
            price=new.price,
            category_id=category,
            brand_id=brand,
            image_url=f"https://images.retail.test/{new.picture}.jpg",
        ),
    )
