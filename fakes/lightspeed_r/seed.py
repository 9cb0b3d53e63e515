"""A small made-up history for `POST /_fake/seed`, the same for the same numbers."""

from collections.abc import Mapping
from decimal import Decimal
from importlib import import_module
from typing import Any

from fakes.kit import made_up, seeding
from fakes.lightspeed_r.records import LineIn
from fakes.lightspeed_r.state import State


def seed(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Shops, customers and `sales` spread over the last `days` days; real receipts with `"receipts": true`.

    Raises ValueError for numbers that make no sense.
    """
    return seeding.run(
        asked,
        receipts=lambda **wanted: import_module("fakes.lightspeed_r.receipts").load(state, **wanted),
        made_up=lambda history: _fill(state, history),
    )


def _fill(state: State, history: seeding.History) -> dict[str, int]:
    now, zones = state.clock.now(), made_up.ZONES
    shops = [state.add_shop(f"Shop {n + 1}", zones[n % len(zones)]) for n in range(history.shops)]
    people = [_add_customer(state, person) for person in made_up.americans(history, now)]
    items = _items(state, history)
    for sale in made_up.sales(history, now, places=shops, people=people, articles=items):
        lines = [LineIn(*line) for line in sale.lines]
        sale_id = state.sell(sale.place, sale.at, lines, customer_id=sale.buyer or "0")
        if sale.back_at:
            state.refund(sale_id, sale.back_at)
    return {"items": len(items)}


def _add_customer(state: State, person: made_up.Person) -> str:
    address = {
        "address1": person.street,
        "city": person.city,
        "state": person.state,
        "zip": person.zip,
        "country": "United States",
    }
    return state.add_customer(
        person.first, person.last, email=person.email, phones=[person.phone], address=address, at=person.at
    )


def _items(state: State, history: seeding.History) -> list[tuple[str, Decimal]]:
    brand = state.add_manufacturer(made_up.BRAND)
    return made_up.stock(
        made_up.SHELVES,
        lambda: Decimal(history.rng.randrange(500, 9000)) / 100,
        state.add_category,
        lambda new, category: state.add_item(
            new.name,
            category_id=category,
            manufacturer_id=brand,
            price=new.price,
            sku=new.sku,
            image_public_id=new.picture,
        ),
    )
