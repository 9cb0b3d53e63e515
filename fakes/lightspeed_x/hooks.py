"""Webhooks: which there are, what they send, how it is signed, and the 48 hours of retries."""

import hashlib
import hmac
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from fakes.kit.clock import Clock
from fakes.kit.push import Answer, Push
from fakes.lightspeed_x import shapes_hook
from fakes.lightspeed_x.records import Row
from fakes.lightspeed_x.state import State
from fakes.lightspeed_x.wire import encoded

TYPES = (
    "sale.update", "product.update", "customer.update", "inventory.update", "register_closure.create",
    "consignment.send", "consignment.receive",
)  # fmt: skip
TIMEOUT_S = 5.0
RETRIES_MAX = 20
RETRY_WINDOW_S = 48 * 3600
_GROWTH = 1.586
SILENCE_S = 24 * 3600
FAILING_SHARE, BACKLOG_MAX, WATCHED_S = 0.95, 1_000, 3600
_SHAPES: dict[str, tuple[str, Callable[[State, Any], dict[str, Any]]]] = {
    "sales": ("sale.update", shapes_hook.sale),
    "customers": ("customer.update", shapes_hook.customer),
    "products": ("product.update", shapes_hook.product),
}


def retry_s(attempt: int) -> float:
    """Seconds from the `attempt`-th failure to the next try: exponential, the twentieth ends 48 h later.

    The vendor does not publish its intervals; these start at some ten seconds.
    """
    first = RETRY_WINDOW_S * (_GROWTH - 1) / (_GROWTH**RETRIES_MAX - 1)
    return first * float(_GROWTH ** (attempt - 1))


class Hooks:
    """Announces the account's changes to whoever registered for them."""

    def __init__(self, clock: Clock, client_secret: str) -> None:
        self._clock = clock
        self._secret = client_secret.encode()
        self.push = Push(clock, self._next)
        self.push.timeout_s = TIMEOUT_S
        self._state: State | None = None
        self.reset()

    def attach(self, state: State) -> None:
        """Listen to this account's changes."""
        self._state = state
        state.on_change = self.changed
        state.announce = self.send

    def reset(self) -> None:
        """No outcomes remembered, no silence."""
        self._outcomes: deque[tuple[float, bool]] = deque(maxlen=50_000)
        self._queued = 0
        self.silent_until = 0.0

    def dump(self) -> dict[str, Any]:
        """How deliveries went of late, which decides over the silence."""
        return {
            "outcomes": [list(one) for one in self._outcomes],
            "queued": self._queued,
            "silent_until": self.silent_until,
        }

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Go on with dumped outcomes."""
        outcomes = msgspec.convert(dumped["outcomes"], list[tuple[float, bool]])
        queued, silent_until = int(dumped["queued"]), float(dumped["silent_until"])
        self.reset()
        self._outcomes.extend(outcomes)
        self._queued, self.silent_until = queued, silent_until

    def changed(self, table: str, row: Any, at: int) -> None:
        """One committed change of the truth, as it is now: a retry carries this snapshot however old."""
        state = self._state
        if table not in _SHAPES or state is None or not state.webhooks.rows:
            return
        kind, shape = _SHAPES[table]
        for hook in state.webhooks:
            if hook.data["type"] == kind and hook.data["active"] and hook.deleted_at is None:
                self._queue(state, hook, kind, shape(state, row), at)

    def send(self, kind: str, payload: dict[str, Any]) -> None:
        """Send an object of a type whose truth the fake does not keep (stock, closures, consignments)."""
        state = self._state
        assert state is not None
        for hook in state.webhooks:
            if hook.data["type"] == kind and hook.data["active"] and hook.deleted_at is None:
                self._queue(state, hook, kind, payload, state.now())

    def _queue(self, state: State, hook: Row, kind: str, payload: dict[str, Any], at: int) -> None:
        now = self._clock.now()
        if state.switches.webhook_black_hole and self._black_holed(now.timestamp()):
            return
        body = self._form(state, encoded(payload))
        headers = {"Content-Type": "application/x-www-form-urlencoded; UTF-8", "User-Agent": "Vend Webhooks"}
        if hook.data["signed"]:
            headers["X-Signature"] = self._signature(state, body, encoded(payload))
        # What was scripted ahead happens at its own instant, even when the clock jumps over it.
        due = min(now, datetime.fromtimestamp(at, UTC)) if at >= hook.created_at else now
        self.push.queue(hook.id, hook.data["url"], body, headers, at=due, label=kind)

    def _form(self, state: State, payload: bytes) -> bytes:
        fields = {"payload": payload.decode()}
        if state.switches.webhook_extras:
            fields["domain_prefix"] = state.options.domain_prefix
            fields["environment"] = "prod"
            fields["retailer_id"] = state.retailer_id
        return urlencode(fields).encode()

    def _signature(self, state: State, body: bytes, payload: bytes) -> str:
        """`signature=<hex>,algorithm=HMAC-SHA256`, keyed with the application's secret."""
        signed = body if state.switches.signature_over == "form_body" else payload
        text = hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        shown = text if state.switches.signature_case == "lower" else text.upper()
        return f"signature={shown},algorithm=HMAC-SHA256"

    def _next(self, attempt: int, answer: Answer) -> "float | Literal['drop'] | None":
        """2xx is delivered; no answer and 5xx are tried again, 3xx and 4xx by switch."""
        good = 200 <= answer.status < 300
        self._outcomes.append((self._clock.now().timestamp(), good))
        if good:
            return None
        state = self._state
        again = answer.status == 0 or answer.status >= 500
        again = again or (state is not None and state.switches.webhook_retry_4xx)
        return retry_s(attempt) if again and attempt <= RETRIES_MAX else "drop"

    def _black_holed(self, now: float) -> bool:
        """Over 95 % failures in an hour and over 1,000 waiting: these are dropped, then a day of silence."""
        if now < self.silent_until:
            return True
        self._queued += 1
        if self._queued % 100 or not self._failing(now):
            return False
        waiting = [one for one in self.push.deliveries() if one.state == "queued"]
        if len(waiting) <= BACKLOG_MAX:
            return False
        dumped = self.push.dump()
        for one in dumped["deliveries"]:
            one["state"] = "dropped" if one["state"] == "queued" else one["state"]
        self.push.load(dumped)
        self.silent_until = now + SILENCE_S
        return True

    def _failing(self, now: float) -> bool:
        recent = [good for at, good in self._outcomes if at > now - WATCHED_S]
        return bool(recent) and recent.count(False) / len(recent) > FAILING_SHARE
