"""The limiter of the data API: 300 requests per register and 50 more, in 300 seconds."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from fakes.kit.clock import Clock
from fakes.lightspeed_x.switches import Switches

WINDOW_S = 300
TOKEN_WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """`wait_s` None lets the request through."""

    wait_s: int | None
    limit: int
    remaining: int
    reset_at: int


class XLimits:
    """One counter per application (or for all, by switch), and the token endpoint's own."""

    def __init__(self, clock: Clock, switches: Switches, registers: Callable[[], int]) -> None:
        self.enabled = True
        self._clock = clock
        self._switches = switches
        self._registers = registers
        self._calls: dict[str, deque[float]] = {}
        self._starts: dict[str, float] = {}

    def reset(self) -> None:
        """Forget every counter."""
        self._calls.clear()
        self._starts.clear()

    def spend(self, caller: str) -> Verdict:
        """Charge one data request."""
        key = caller if self._switches.limit_scope == "application" else "retailer"
        return self._spend(f"api {key}", 300 * self._registers() + 50, WINDOW_S)

    def spend_token(self) -> Verdict:
        """Charge one request for a token."""
        return self._spend("token", self._switches.token_limit, TOKEN_WINDOW_S)

    def _spend(self, key: str, limit: int, window_s: int) -> Verdict:
        now = self._clock.now().timestamp()
        calls = self._calls.setdefault(key, deque())
        start = self._begin(key, calls, now, window_s)
        full = self.enabled and len(calls) >= limit
        if not full or self._switches.refused_calls_count:
            calls.append(now)
        ends = start + window_s
        wait = max(1, math.ceil(ends - now)) if full else None
        return Verdict(wait, limit, max(0, limit - len(calls)), math.ceil(ends))

    def _begin(self, key: str, calls: deque[float], now: float, window_s: int) -> float:
        """When the window that counts began; calls before it are forgotten."""
        if self._switches.limit_window == "sliding":
            while calls and calls[0] <= now - window_s:
                calls.popleft()
            return calls[0] if calls else now
        start = self._starts.get(key, -math.inf)
        if not start <= now < start + window_s:
            self._starts[key] = start = now
            calls.clear()
        return start
