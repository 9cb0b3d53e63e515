"""A world with nights: a shop trades, a sync carries, a monitor wakes up, a courier notes."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from fakes.lightspeed_r.records import LineIn
from monitor.alerting.courier import Courier, Delivery, Parcel
from monitor.nightly import Nights, Ran
from monitor.settings import MonitorSettings
from scenarios.harness.world import World
from sync.store.database import Store, open_store

OPENING = datetime(2026, 4, 6, 15, tzinfo=UTC)  # a Monday, 11:00 in New York
ZONE = "America/New_York"
AT_NIGHT = datetime(2026, 4, 9, 10, tzinfo=UTC)  # Thursday 06:00 in New York, all of it settled


def found_as(kind: str, metric: str) -> str:
    """The kind under which a planted defect is found: a refund that is missing has a name of its own."""
    return "lost_refund" if (kind, metric) == ("missing", "Refunded Order") else kind


class NotingCourier:
    """Delivers everything, or nothing, and keeps what it was given."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.broken = ""

    def send(self, parcels: Sequence[Parcel]) -> Sequence[Delivery]:
        self.parcels += parcels
        return [Delivery(one.number, ok=not self.broken, why=self.broken) for one in parcels]

    @property
    def titles(self) -> list[str]:
        return [one.title for one in self.parcels if not one.ping]


class NightWorld(AbstractContextManager["NightWorld"]):
    """A traded and synced world at 06:00 after three days, and its nights."""

    def __init__(
        self, folder: Path, told: dict[str, Any] | None = None, courier: Courier | None = None
    ) -> None:
        self.world = World(folder, OPENING)
        self.noting = NotingCourier()
        self.courier = courier or self.noting
        route = {"url": "json://route.example", "allow_private": True}
        section = {"zone": ZONE, "days": 4, "routes": {"ops": route}, "out": str(folder / "monitor")}
        self.own = MonitorSettings.from_dict({**section, **(told or {})}, {}, str(folder / "tillproof.toml"))
        self.store: Store = open_store(self.world.settings.store.url)
        self.ran: list[Ran] = []
        self.nights = self.another()

    def another(self, courier: Courier | None = None) -> Nights:
        """The nights as another process would have them."""
        return Nights(
            self.world.settings,
            self.own,
            self.store,
            self.world.clock,
            courier=courier or self.courier,
            transports=self.world.transports,
            tell=self.ran.append,
        )

    def trade(self, count: int = 14) -> list[str]:
        """One sale every four hours of two customers, synced as they come, then wait for the night."""
        till, clock = self.world.till.state, self.world.clock
        shop = till.add_shop("Main Street", ZONE)
        tea = till.add_item("Tea", price="4.50")
        people = [
            till.add_customer(
                name, "Lee", email=f"{name}.lee@marlowfernpost.com".lower(), no_email=False, at=OPENING
            )
            for name in ("Ann", "Bo")
        ]
        sold = []
        for number in range(count):
            clock.set(OPENING + timedelta(hours=4 * number))
            lines = [LineIn(tea, number % 5 + 1, Decimal("4.50"))]
            sold.append(till.sell(shop, clock.now(), lines, customer_id=people[number % 2]))
        till.refund(sold[0], clock.now())
        clock.advance(3600)
        self.world.once()
        clock.set(AT_NIGHT)
        return sold

    def next_night(self) -> list[Ran]:
        """A day later, whatever is due."""
        self.world.clock.advance(24 * 3600)
        return self.nights.run_due()

    def __exit__(self, *_: object) -> None:
        self.store.close()
        self.world.close()
