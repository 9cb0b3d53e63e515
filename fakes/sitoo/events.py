"""The Events SPI: thin notifications, in batches of up to ten, in order, one blocked queue per subscriber."""

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from fakes.kit.ids import Ids
from fakes.kit.push import Outgoing, Push
from fakes.kit.send import Answer
from fakes.sitoo.records import Subscription
from fakes.sitoo.switches import Switches

if TYPE_CHECKING:
    from fakes.kit.clock import Clock

TYPES = (
    "order",
    "order-delivery",
    "booking",
    "shipment",
    "shipment-v3",
    "warehouse-transaction",
    "z-report",
    "store-z-report",
)
TIMEOUT_S = 15.0
_FIRST_HOUR = 10
_LATER_HOURS = 23
_TEMPORARY = (0, 429, 503, 504)


def schedule(switches: Switches) -> Callable[[int, Answer], float | Literal["drop"] | None]:
    """Ten retries in the first hour, then one an hour for 23 hours, then the batch is dropped.

    Newer rule: 200 is done, only what says "temporary" is retried, anything else discards the batch. Older
    rule: 200 and every 4xx but 429 take it off the queue, anything else is retried. No answer within the
    time-out (status 0) is retried under both.
    """

    def next_in(attempt_count: int, answer: Answer) -> float | Literal["drop"] | None:
        status = answer.status
        if status == 200:
            return None
        refused = 400 <= status < 500 and status != 429
        given_up = refused if switches.reply_rule == "older" else status not in _TEMPORARY
        if given_up or attempt_count > _FIRST_HOUR + _LATER_HOURS:
            return "drop"
        return 3600 / _FIRST_HOUR if attempt_count <= _FIRST_HOUR else 3600.0

    return next_in


class Events:
    """What is still to be told, and to whom."""

    def __init__(self, clock: "Clock", switches: Switches, account_id: str, ids: Ids) -> None:
        self.subscriptions: list[Subscription] = []
        self.pending: list[tuple[str, int, dict[str, Any]]] = []
        self._switches = switches
        self._account = int(account_id)
        self._ids = ids
        self.push = Push(clock, schedule(switches), blocking=True)
        self.push.timeout_s = TIMEOUT_S

    @property
    def wanted(self) -> bool:
        """Whether anybody listens."""
        return bool(self.subscriptions)

    def clear(self) -> None:
        """Nobody listens, nothing is pending; what is on the queues already is the fake's to forget."""
        self.subscriptions.clear()
        self.pending.clear()

    def tell(self, event_type: str, at: int, data: Mapping[str, Any]) -> None:
        """Note one event; keys with the value None are left away."""
        if self.subscriptions:
            self.pending.append((event_type, at, {k: v for k, v in data.items() if v is not None}))

    def flush(self) -> None:
        """Put what is pending on the subscribers' queues, in batches."""
        if not self.pending:
            return
        pending, self.pending = self.pending, []
        made = [
            {
                "event_id": self._ids.hexadecimal(32),
                "event_type": event_type,
                "event_date": at,
                "account_id": self._account,
                "data": data,
            }
            for event_type, at, data in pending
        ]
        for one in self.subscriptions:
            wanted = [
                event for event in made if not one.event_types or event["event_type"] in one.event_types
            ]
            size = self._switches.events_batch_max
            for start in range(0, len(wanted), size):
                self._queue(one, wanted[start : start + size])

    def rewritten(self, outgoing: Outgoing, attempt: int) -> Outgoing:
        """What goes out on this attempt (1 is the first): by switch a repetition carries new event ids."""
        if attempt < 2 or self._switches.event_id_on_retry == "same":
            return outgoing
        events = msgspec.json.decode(outgoing.body)
        for event in events:
            event["event_id"] = self._ids.hexadecimal(32)
        return Outgoing(outgoing.url, msgspec.json.encode(events), outgoing.headers, outgoing.timeout_s)

    def _queue(self, one: Subscription, events: list[dict[str, Any]]) -> None:
        headers = {"Content-Type": self._switches.events_content_type, "Accept": "application/json"}
        if one.username:
            pair = base64.b64encode(f"{one.username}:{one.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        label = "+".join(sorted({event["event_type"] for event in events}))
        url = one.base_url.rstrip("/") + self._switches.events_path
        self.push.queue(url, url, msgspec.json.encode(events), headers, label=label)


def read_subscriptions(given: object) -> list[Subscription]:
    """Subscriptions from the back office's list of objects. Raises ValueError."""
    if not isinstance(given, list):
        raise ValueError("event subscriptions are a list of objects with base_url")
    return [_read_one(raw) for raw in given]


def _read_one(raw: object) -> Subscription:
    if not isinstance(raw, dict) or not isinstance(raw.get("base_url"), str):
        raise ValueError("an event subscription is an object with base_url, a string")
    types = raw.get("event_types") or []
    if not isinstance(types, list) or any(one not in TYPES for one in types):
        raise ValueError(f"event_types is a list of: {', '.join(TYPES)}")
    username, password = str(raw.get("username", "")), str(raw.get("password", ""))
    return Subscription(raw["base_url"], username, password, tuple(types))
