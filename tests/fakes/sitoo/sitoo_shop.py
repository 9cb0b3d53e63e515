"""A Sitoo fake with one store, and a client that speaks to it in process."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from fakes.kit.clock import VirtualClock
from fakes.kit.send import Answer, Outgoing
from fakes.sitoo.app import SitooFake
from fakes.sitoo.records import LineIn
from fakes.sitoo.state import State

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NOON_S = 1_772_452_800
HOST = "https://api.mysitoo.com"


@dataclass(slots=True)
class Shop:
    """The fake, its clock at NOON, a store with one till, a mug at 100.00 with 25 % VAT, and a client."""

    fake: SitooFake
    clock: VirtualClock
    http: httpx.Client
    store: int
    till: str
    mug: int

    @property
    def state(self) -> State:
        return self.fake.state

    def at(self, minutes: float) -> datetime:
        """An instant so many minutes after noon."""
        return NOON + timedelta(minutes=minutes)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request below the account; paths of a site begin with `site/`."""
        return self.http.request(
            method, f"{HOST}/v2/accounts/90001/{path.replace('site/', 'sites/1/')}", **more
        )

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a GET that must succeed."""
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def write(self, method: str, path: str, body: Any) -> Any:
        """The JSON of a write that must succeed."""
        answer = self.ask(method, path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, **params: Any) -> int:
        """The status of a request that must not succeed."""
        status = self.ask(method, path, json=body, params=params).status_code
        assert status >= 400
        return status

    def ids(self, **params: Any) -> list[int]:
        """The ids on one page of orders."""
        return [row["orderid"] for row in self.get("orders.json", **params)["items"]]

    def order(self, order_id: int) -> dict[str, Any]:
        """A whole order."""
        found: dict[str, Any] = self.get(f"site/orders/{order_id}.json")
        return found

    def sell(self, minutes: float = 0, *lines: LineIn, **options: Any) -> int:
        """One mug, so many minutes after noon (negative: before)."""
        return self.state.sell(self.till, self.at(minutes), lines or [LineIn(self.mug)], **options)


@dataclass(slots=True)
class Receiver:
    """A subscriber that answers what it is told to, 200 unless told."""

    answers: list[int] = field(default_factory=list)
    got: list[Outgoing] = field(default_factory=list)

    def send(self, outgoing: Outgoing) -> Answer:
        self.got.append(outgoing)
        return Answer(self.answers.pop(0) if self.answers else 200)

    @property
    def batches(self) -> list[list[dict[str, Any]]]:
        return [msgspec.json.decode(one.body) for one in self.got]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for batch in self.batches for event in batch]


def listening(shop: Shop, *answers: int, **options: Any) -> Receiver:
    """Subscribe a receiver."""
    receiver = Receiver(list(answers))
    assert shop.fake.push is not None
    shop.fake.push.send = receiver.send
    shop.state.subscribe("https://hooks.shop.test/sitoo", **options)
    return receiver


def pump(shop: Shop) -> int:
    """Send what is due."""
    assert shop.fake.push is not None
    return shop.fake.push.deliver_due()
