"""What a fake sends by itself: webhooks and event pushes, on the injected clock, with the vendor's retries.

A fake queues; nothing leaves until somebody calls ``deliver_due``: the test, the background thread of a
served fake, or ``POST /_fake/clock`` and ``POST /_fake/deliveries/pump``. Never call it while holding the
fake's own lock: the receiver may ask the fake something before it answers.

Faults of the kinds ``duplicate``, ``reorder`` and ``drop`` are applied here, once per queued delivery. They
are matched with the method ``PUSH`` and, as path, the delivery's label (the event's name), so that a fault
that names a request's method never touches a delivery.
"""

import heapq
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from fakes.kit.clock import Clock
from fakes.kit.faults import Faults
from fakes.kit.send import Answer, Outgoing, Send, over_http, to_wsgi

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["Answer", "Attempt", "Delivery", "Outgoing", "Push", "Schedule", "Send"]

METHOD = "PUSH"
KEPT_MAX = 1_000
"""How many finished deliveries are remembered."""
QUEUED_MAX = 50_000
"""How many may wait; beyond that the oldest is given up, as a vendor with a full queue would."""
ATTEMPTS_KEPT_MAX = 100
SENDS_PER_PUMP_MAX = 10_000
TIMEOUT_S = 5.0
REORDER_S = 60.0
_LEAST_WAIT = timedelta(milliseconds=1)

Schedule = Callable[[int, Answer], "float | Literal['drop'] | None"]
"""(attempts so far, the last answer) -> seconds until the next; None: delivered; "drop": given up."""
DeliveryState = Literal["queued", "delivered", "dropped"]
_Key = tuple[Any, float, str]


@dataclass(slots=True)
class Attempt:
    """One try: when, and the receiver's status (0: no answer in time)."""

    at: datetime
    status: int


@dataclass(slots=True)
class Delivery:
    """One message to one receiver. ``order`` is its place in the queue of its target."""

    id: str
    target: str
    url: str
    body: bytes
    headers: dict[str, str]
    label: str
    at: datetime
    order: float = 0.0
    state: DeliveryState = "queued"
    attempt_count: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    """The last ``ATTEMPTS_KEPT_MAX`` of them."""
    in_flight: bool = False

    @property
    def method(self) -> str:
        """What a fault's ``match.method`` is compared with."""
        return METHOD

    @property
    def path(self) -> str:
        """What a fault's ``match.path`` is compared with: the label."""
        return self.label


class Push:
    """The deliveries of one fake; safe to use from several threads."""

    def __init__(self, clock: Clock, schedule: Schedule, *, blocking: bool = False) -> None:
        """``blocking``: per target, nothing goes out before its forerunner was accepted or given up."""
        self.clock = clock
        self.schedule = schedule
        self.blocking = blocking
        self.send: Send = over_http
        self.timeout_s = TIMEOUT_S
        self.before_due: Callable[[], object] | None = None
        """Called by ``deliver_due`` first: a fake queues what its own agenda brought about meanwhile."""
        self.rewrite: Callable[[Outgoing, int], Outgoing] | None = None
        """Called with the number of the attempt (from 1) before each send: what goes out instead."""
        self.faults: Faults | None = None
        """Set by ``fakes.kit.app.make``."""
        self._lock = threading.RLock()
        self._waiting: dict[str, Delivery] = {}
        self._done: dict[str, Delivery] = {}
        self._lanes: dict[str, list[_Key]] = {}
        self._held: dict[str, str] = {}  # target -> a delivery that a fault holds back behind the next one
        self._count = 0

    def into(self, app: "WSGIApplication") -> None:
        """Send every delivery to a WSGI app in this process, whatever host its URL names."""
        self.send = to_wsgi(app)

    def queue(
        self,
        target: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        at: datetime | None = None,
        label: str = "",
    ) -> str:
        """Plan one delivery, at once or ``at`` an instant, and give its id. ``label`` names it for people."""
        with self._lock:
            made = Delivery("", target, url, body, dict(headers), label, at or self.clock.now())
            self._plan(made)
            self._let_pass(made)
            if self.faults is not None:
                self._disturb(made, self.faults)
            if len(self._waiting) > QUEUED_MAX:
                self._finish(next(iter(self._waiting.values())), "dropped")
            return made.id

    def deliver_due(self) -> int:
        """Send what is due by the clock, retries included, and give the number of attempts made.

        At most ``SENDS_PER_PUMP_MAX``; a receiver's exception counts as no answer.
        """
        if self.before_due is not None:
            self.before_due()
        sent = 0
        while sent < SENDS_PER_PUMP_MAX:
            with self._lock:
                due = self._next_due()
                if due is None:
                    break
                due.in_flight = True
            self._try(due)
            sent += 1
        return sent

    def next_at(self) -> datetime | None:
        """When the next attempt is due (perhaps already past); None if nothing waits."""
        with self._lock:
            return min((one.at for one in self._heads() if not one.in_flight), default=None)

    def deliveries(self) -> list[Delivery]:
        """All that are remembered, in the order they were queued."""
        with self._lock:
            return sorted([*self._done.values(), *self._waiting.values()], key=lambda one: one.id)

    def get(self, delivery_id: str) -> Delivery:
        """One delivery. Raises KeyError when it is unknown or forgotten."""
        with self._lock:
            found = self._waiting.get(delivery_id) or self._done.get(delivery_id)
        if found is None:
            raise KeyError(f"no delivery {delivery_id!r} is remembered")
        return found

    def again(self, delivery_id: str) -> int:
        """Send a delivery once more, now, whatever became of it; gives the receiver's status.

        Accepted, a waiting one counts as delivered; refused, it keeps its place and its time.
        """
        one = self.get(delivery_id)
        answer = self._send(one)
        with self._lock:
            self._note(one, self.clock.now(), answer)
            if self.schedule(one.attempt_count, answer) is None:
                self._finish(one, "delivered")
        return answer.status

    def reset(self) -> None:
        """Forget everything; the receiver (``send``) stays."""
        with self._lock:
            self._waiting.clear()
            self._done.clear()
            self._lanes.clear()
            self._held.clear()
            self._count = 0

    def dump(self) -> dict[str, Any]:
        """Every remembered delivery, as JSON; bodies in base 64."""
        with self._lock:
            kept = self.deliveries()
            return {
                "count": self._count,
                "held": dict(sorted(self._held.items())),
                "deliveries": [msgspec.to_builtins(one) for one in kept],
            }

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Go on from a dump. Raises KeyError or ValueError when it is not one."""
        kept = [msgspec.convert(raw, Delivery) for raw in dumped["deliveries"]]
        count, held = int(dumped["count"]), {str(k): str(v) for k, v in dict(dumped["held"]).items()}
        with self._lock:
            self.reset()
            self._count, self._held = count, held
            for one in kept:
                one.in_flight = False
                (self._waiting if one.state == "queued" else self._done)[one.id] = one
                if one.state == "queued":
                    self._place(one)

    def _plan(self, made: Delivery) -> None:
        self._count += 1
        made.id, made.order = f"dlv{self._count:09d}", float(self._count)
        self._waiting[made.id] = made
        self._place(made)

    def _disturb(self, made: Delivery, faults: Faults) -> None:
        if faults.take("drop", made) is not None:
            self._finish(made, "dropped")
            return
        if faults.take("duplicate", made) is not None:
            self._plan(Delivery("", made.target, made.url, made.body, made.headers, made.label, made.at))
        held_back = faults.take("reorder", made)
        if held_back is not None:
            made.at += timedelta(seconds=held_back.seconds(REORDER_S))
            self._held[made.target] = made.id
            self._place(made)

    def _let_pass(self, newer: Delivery) -> None:
        """A delivery held back by ``reorder`` follows the next one to its target."""
        held = self._waiting.get(self._held.pop(newer.target, ""))
        if held is not None:
            held.at, held.order = min(held.at, newer.at), newer.order + 0.5
            self._place(held)

    def _key(self, one: Delivery) -> _Key:
        # A queue that blocks keeps its order; else whatever is due first goes first.
        return (None if self.blocking else one.at, one.order, one.id)

    def _place(self, one: Delivery) -> None:
        """Into its lane; an entry with an earlier key is seen to be stale when it comes up."""
        lane = self._lanes.setdefault(one.target if self.blocking else "", [])
        heapq.heappush(lane, self._key(one))

    def _heads(self) -> Iterator[Delivery]:
        for lane in self._lanes.values():
            while lane:
                one = self._waiting.get(lane[0][-1])
                if one is not None and self._key(one) == lane[0] and (self.blocking or not one.in_flight):
                    yield one
                    break
                heapq.heappop(lane)

    def _next_due(self) -> Delivery | None:
        now = self.clock.now()
        due = (one for one in self._heads() if one.at <= now and not one.in_flight)
        return min(due, key=lambda one: (one.at, one.order), default=None)

    def _try(self, one: Delivery) -> None:
        started_s = self.clock.monotonic()
        answer = self._send(one)
        took_s = self.clock.monotonic() - started_s
        with self._lock:
            one.in_flight = False
            # From when it was due, not from now: after a jump of the clock the retries fall in their places.
            tried_at = one.at
            self._note(one, tried_at, answer)
            verdict = self.schedule(one.attempt_count, answer)
            if verdict is None or verdict == "drop":
                self._finish(one, "delivered" if verdict is None else "dropped")
            else:
                one.at = tried_at + max(_LEAST_WAIT, timedelta(seconds=verdict + took_s))
                if not self.blocking:
                    self._place(one)

    def _send(self, one: Delivery) -> Answer:
        try:
            out = Outgoing(one.url, one.body, dict(one.headers), self.timeout_s)
            return self.send(out if self.rewrite is None else self.rewrite(out, one.attempt_count + 1))
        except Exception:  # noqa: BLE001  whatever breaks at the receiver is, to a vendor, no answer
            return Answer(0)

    def _note(self, one: Delivery, at: datetime, answer: Answer) -> None:
        one.attempt_count += 1
        one.attempts.append(Attempt(at, answer.status))
        del one.attempts[:-ATTEMPTS_KEPT_MAX]

    def _finish(self, one: Delivery, state: DeliveryState) -> None:
        one.state = state
        if self._waiting.pop(one.id, None) is not None:
            self._done[one.id] = one
        while len(self._done) > KEPT_MAX:
            del self._done[next(iter(self._done))]
