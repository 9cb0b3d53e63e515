"""An X-Series fake with one product at 10.00, and a client that speaks to it in process."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from fakes.kit.clock import VirtualClock
from fakes.lightspeed_x.app import LightspeedXFake, build
from fakes.lightspeed_x.records import LineIn
from fakes.lightspeed_x.state import State

NOON = datetime(2026, 8, 3, 12, 0, tzinfo=UTC)
BASE = "https://demo.retail.lightspeed.app"
DATED = "2026-07"


@dataclass(slots=True)
class Store:
    """The fake, its clock at NOON, one product, and an authorized client."""

    fake: LightspeedXFake
    clock: VirtualClock
    http: httpx.Client
    mug: str

    @property
    def state(self) -> State:
        return self.fake.state

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(f"/api/{path}", params=params)

    def data(self, path: str, **params: Any) -> Any:
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def sale(self, sale_id: str, version: str = DATED) -> dict[str, Any]:
        row: dict[str, Any] = self.data(f"{version}/sales/{sale_id}")
        return row

    def sale_ids(self, **params: Any) -> list[str]:
        return [row["id"] for row in self.data(f"{DATED}/sales", **params)]

    def sell(self, minutes: float = 1, lines: Any = None, **options: Any) -> str:
        """One mug, `minutes` before noon (negative: after)."""
        return self.state.sell(self.state.outlet_id, self.at(-minutes), lines or [(self.mug, 1)], **options)

    def line(self, quantity: Any = 1, price: Any = None, **options: Any) -> LineIn:
        return LineIn(self.mug, quantity, price, **options)

    def person(self, **options: Any) -> str:
        return self.state.add_customer("Ada", "Byron", at=self.at(-60), **options)

    def at(self, minutes: float) -> datetime:
        """An instant so many minutes after noon."""
        return NOON + timedelta(minutes=minutes)

    def switch(self, **values: Any) -> None:
        assert self.http.put("/_fake/switches", json=values).status_code == 200

    def write(self, **changes: Any) -> dict[str, Any]:
        """A sale of one mug as a date version takes it."""
        body: dict[str, Any] = {
            "state": "closed",
            "source": {"author_id": self.state.user_id, "type": "Magento", "id": "100042"},
            "line_items": [self.written_line()],
            "payments": [{"amount": 10, "type": {"config_id": self.cash}}],
        }
        return {**body, **changes}

    def written_line(self, **changes: Any) -> dict[str, Any]:
        line = {
            "product": {"id": self.mug},
            "quantity": 1,
            "pricing": {"price": 10},
            "tax": {"id": self.state.tax_id, "amount": 0},
        }
        return {**line, **changes}

    @property
    def cash(self) -> str:
        return self.state.names["payment_types", "Cash"]


def open_store(seed: int = 1, **options: Any) -> Store:
    clock = VirtualClock(NOON)
    fake = build(clock, seed, **options)
    headers = {"Authorization": f"Bearer {fake.credentials['access_token']}"}
    http = httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi), base_url=BASE, headers=headers)
    mug = fake.state.add_product("Enamel Mug", sku="MUG-1", price="10")
    return Store(fake, clock, http, mug)
