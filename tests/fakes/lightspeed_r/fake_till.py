"""An R-Series fake with one shop, and a client that speaks to it in process."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from fakes.kit.clock import VirtualClock
from fakes.lightspeed_r.app import LightspeedRFake
from fakes.lightspeed_r.records import LineIn
from fakes.lightspeed_r.state import State

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BASE = "https://api.r.test"


@dataclass(slots=True)
class Till:
    """The fake, its clock at NOON, one shop, one item at 10.00, and an authorized client."""

    fake: LightspeedRFake
    clock: VirtualClock
    http: httpx.Client
    shop: str
    item: str

    @property
    def state(self) -> State:
        return self.fake.state

    def get(self, path: str, *, raw: str = "", **params: str | int) -> httpx.Response:
        """GET below the account; `raw` is a query string sent as it is."""
        url = f"{BASE}/API/V3/Account/797/{path}"
        if raw:
            return self.http.get(httpx.URL(url, query=raw.encode()))
        return self.http.get(url, params=params)

    def may_write(self) -> "Till":
        """Go on with the published token that may do anything."""
        self.http.headers["Authorization"] = f"Bearer {self.fake.credentials['all_access_token']}"
        return self

    def send(self, method: str, path: str, body: Any = None, *, status: int = 200) -> dict[str, Any]:
        """Write below the account; the row of the answer. The status must be as said."""
        answer = self.http.request(method, f"{BASE}/API/V3/Account/797/{path}.json", json=body)
        assert answer.status_code == status, answer.text
        read: dict[str, Any] = answer.json()
        if status != 200:
            return read
        return next((one for key, one in read.items() if key[0].isupper()), read)

    def post(self, path: str, body: Any, *, status: int = 200) -> dict[str, Any]:
        """POST below the account."""
        return self.send("POST", path, body, status=status)

    def put(self, path: str, body: Any, *, status: int = 200) -> dict[str, Any]:
        """PUT below the account."""
        return self.send("PUT", path, body, status=status)

    def delete(self, path: str, *, status: int = 200) -> dict[str, Any]:
        """DELETE below the account."""
        return self.send("DELETE", path, status=status)

    def rows(self, entity: str, *, raw: str = "", **params: str | int) -> list[dict[str, Any]]:
        """The rows of one page, always as a list."""
        answer = self.get(f"{entity}.json", raw=raw, **params)
        assert answer.status_code == 200, answer.text
        found = answer.json().get(entity, [])
        return found if isinstance(found, list) else [found]

    def ids(self, entity: str, *, raw: str = "", **params: str | int) -> list[int]:
        """The ids on one page, in order."""
        key = entity[0].lower() + entity[1:] + "ID"
        return [int(row[key]) for row in self.rows(entity, raw=raw, **params)]

    def sell(self, minutes: float = 0, **options: Any) -> str:
        """One of the item, `minutes` before noon (negative: after)."""
        return self.state.sell(self.shop, self.at(-minutes), [self.line()], **options)

    def line(self, quantity: int = 1, price: str = "10", **options: Any) -> LineIn:
        return LineIn(self.item, quantity, Decimal(price), **options)

    def at(self, minutes: float) -> datetime:
        """An instant so many minutes after noon."""
        return NOON + timedelta(minutes=minutes)
