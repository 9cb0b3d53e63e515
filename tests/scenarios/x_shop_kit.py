"""A small X-Series shop for stories: script it in the past of the clock, then let the sync read it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from scenarios.harness.world import World

OPENS_AT = datetime(2026, 11, 2, 14, tzinfo=UTC)  # nine in the morning in New York
CLOSES_AT = OPENS_AT + timedelta(hours=8)
METRICS = {
    "placed": "Placed Order (POS)",
    "product": "Ordered Product (POS)",
    "refunded": "Refunded Order (POS)",
    "canceled": "Canceled Order (POS)",
}
SHORT = {name: kind for kind, name in METRICS.items()}


class Shop:
    """One world and the goods on its shelves: a boot for 50, a hat for 20, both in category and brand."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.state = world.till.state
        brand, shoes, hats = (
            self.state.add_brand("Acme"),
            self.state.add_category(("Men", "Shoes")),
            self.state.add_category(("Men", "Hats")),
        )
        self.boot = self.state.add_product("Boot", sku="B1", price="50", category_id=shoes, brand_id=brand)
        self.hat = self.state.add_product("Hat", sku="H1", price="20", category_id=hats, brand_id=brand)
        self.people = 0

    @property
    def outlet(self) -> str:
        return str(self.state.outlet_id)

    def at(self, minutes: float) -> datetime:
        """So many minutes after opening."""
        return OPENS_AT + timedelta(minutes=minutes)

    def customer(self, email: str | None = None, **more: Any) -> str:
        """A new customer, since the day before."""
        self.people += 1
        email = f"person{self.people}@shopper.co" if email is None else email
        at = more.pop("at", OPENS_AT - timedelta(days=1))
        return str(self.state.add_customer("Ann", f"Lee{self.people}", email=email, at=at, **more))

    def sell(self, minutes: float, lines: list[Any] | None = None, **more: Any) -> str:
        """A sale of one boot unless said otherwise."""
        outlet = more.pop("outlet_id", self.outlet)
        return str(self.state.sell(outlet, self.at(minutes), lines or [(self.boot, 1, "50")], **more))

    def wait(self, minutes: float) -> None:
        self.world.clock.sleep(minutes * 60)

    def events(self, email: str) -> list[tuple[str, str, str]]:
        """What Klaviyo holds for an address: kind, value and order id, oldest first."""
        found = []
        for name, kind in SHORT.items():
            for event in self.world.klaviyo.state.find_events(name):
                if event.email == email:
                    value = f"{event.value or 0:.2f}"
                    found.append((event.at, kind, value, str(event.properties()["OrderId"])))
        return [(kind, value, order) for _, kind, value, order in sorted(found)]

    def verdict(self, sale_id: str) -> str:
        """Why a sale's Placed Order was left out, the first reason; empty when it was sent."""
        sql = text("SELECT verdict FROM sales WHERE sale_id = :sale")
        with self.world.sync.store.reading() as connection:
            told = str(connection.execute(sql, {"sale": sale_id}).scalar_one())
        reasons = dict(part.split("=") for part in told.split() if "=" in part)
        return reasons.get("placed", "").partition("+")[0]


@contextmanager
def shop(folder: Path, start: datetime = CLOSES_AT, **more: Any) -> Iterator[Shop]:
    """A shop whose account sends every kind of event; `more` goes to the account's settings."""
    till = more.pop("till", {})
    account = {"metrics": METRICS, **more}
    folder.mkdir(parents=True, exist_ok=True)
    with World(folder, start, source="lightspeed_x", account=account, **till) as world:
        yield Shop(world)
