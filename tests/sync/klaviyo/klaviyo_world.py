"""What the tests of this folder share: one receipt in the records' own words, and a mounted fake."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from fakes.kit.clock import VirtualClock
from fakes.klaviyo.app import KlaviyoFake
from fakes.klaviyo.app import build as build_fake
from sync.domain.facts import Customer, LineKind, Product, Sale, SaleLine, SaleState, Shop
from sync.domain.planning import PlannedEvent, plan_sale
from sync.domain.presets import KLAVIYO_NATIVE
from sync.klaviyo.client import KlaviyoClient, connect
from sync.klaviyo.write import Outgoing

NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
SHOP = Shop("3", "Harbour Street", "America/New_York", "US")
ANN = Customer("55", "Ann.Lee@Northwind.dev", first_name="Ann", last_name="Lee", city="Boston")
COFFEE = Product("11", "Coffee, 1 kg", "CF-1", "Food/Coffee", "Beanery", "https://images.dev/cf1.jpg")
MUG = Product("12", 'Mug "Tall"', "MG-2", "Kitchen/Mugs")


def line(line_id: str, product: Product | None, quantity: str, subtotal: int, **more: Any) -> SaleLine:
    discount = more.pop("discount_minor", 0)
    return SaleLine(
        line_id,
        product.item_id if product else None,
        Decimal(quantity),
        subtotal,
        discount,
        more.pop("total_minor", subtotal - discount),
        product=product,
        **more,
    )


def receipt(**changes: Any) -> Sale:
    """Two coffees at 12.50 with 2.00 off, a mug at 9.99 and a delivery fee of 5.00: 37.99 dollars."""
    lines = (
        line("1", COFFEE, "2", 2500, discount_minor=200, discount_name="Loyalty 10"),
        line("2", MUG, "1", 999),
        line("3", None, "1", 500, kind=LineKind.FEE),
    )
    facts: dict[str, Any] = {
        "source": "lightspeed_r",
        "account_id": "797",
        "sale_id": "1001",
        "shop_id": "3",
        "register_id": "1",
        "state": SaleState.COMPLETED,
        "currency": "USD",
        "total_minor": 3799,
        "completed_at": NOON,
        "changed_at": NOON,
        "lines": lines,
        "customer_id": "55",
        "customer": ANN,
    }
    return Sale(**{**facts, **changes})


def planned(sale: Sale | None = None) -> list[PlannedEvent]:
    return plan_sale(sale or receipt(), KLAVIYO_NATIVE.policy, KLAVIYO_NATIVE.kinds)


def opened(event: bytes) -> dict[str, Any]:
    """The event's attributes as a tree."""
    tree: dict[str, Any] = json.loads(b"{%b}" % event, parse_float=Decimal)
    return tree


@dataclass(frozen=True, slots=True)
class Mounted:
    clock: VirtualClock
    fake: KlaviyoFake
    client: KlaviyoClient

    def asked(self, path: str) -> list[int]:
        """The statuses of the requests to `path`, in order."""
        return [entry.status for entry in self.fake.journal.entries() if entry.path.rstrip("/") == path]


def mounted(start: datetime = NOON, key: str | None = None) -> Mounted:
    clock = VirtualClock(start)
    fake = build_fake(clock)
    client = connect(
        key if key is not None else fake.credentials["api_key"],
        clock=clock,
        base_url="http://klaviyo.test",
        key_setting="accounts.harbour.klaviyo.api_key",
        transport=httpx.WSGITransport(app=fake.wsgi),
    )
    return Mounted(clock, fake, client)


def profile(email: str) -> bytes:
    return b'{"type":"profile","attributes":{"email":"%b"}}' % email.encode()


def event(row: int, email: str = "ann@northwind.dev", **changes: str) -> Outgoing:
    """A small event in the order of members that `payload.build` promises."""
    parts = {
        "properties": f'{{"OrderId":"{row}"}}',
        "time": '"2026-03-02T16:00:00+00:00"',
        "value": "9.99",
        "backfill": "false",
        "unique_id": f'"sale-{row}"',
        "metric": '{"data":{"type":"metric","attributes":{"name":"Placed Order"}}}',
        **changes,
    }
    text = ",".join(f'"{name}":{value}' for name, value in parts.items())
    return Outgoing(row, profile(email), text.encode())
