"""The vendors' rate limiters, driven by the injected clock.

``TwoWindow`` is Klaviyo's: two fixed windows (and sometimes a daily one) per endpoint. ``LeakyBucket`` is
Lightspeed R-Series': a bucket that drips, with a second limiter of fixed one-second windows.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from fakes.kit.clock import Clock

_EPOCH_S_MIN = 1e8
Alignment = Literal["anchored", "aligned"]


class Limits(Protocol):
    """What the control plane needs of any fake's limits."""

    enabled: bool

    def reset(self) -> None:
        """Forget what was spent."""
        ...


@dataclass(frozen=True, slots=True)
class Quota:
    """How many requests one window of ``seconds`` lets through."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to one request: let through or not, and what the headers may report."""

    allowed: bool
    retry_after_s: int
    remaining: tuple[int, ...]
    reset_s: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gauge:
    """How full one limiter is, for people: ``used`` of ``size``, and per what."""

    name: str
    used: float
    size: float
    per: str


class TwoWindow:
    """Fixed windows of different lengths, all of which must have room; a refused request costs nothing."""

    def __init__(self, *quotas: Quota, alignment: Alignment = "anchored") -> None:
        self.quotas = quotas
        self.alignment = alignment
        self._starts = [-math.inf] * len(quotas)
        self._used = [0] * len(quotas)

    def spend(self, now_s: float) -> Grant:
        """Try to pass one request at ``now_s`` (seconds of any steadily running clock)."""
        waits = self._waits(now_s)
        if not waits:
            self._used = [used + 1 for used in self._used]
        return self._grant(waits, now_s)

    def peek(self, now_s: float) -> Grant:
        """What ``spend`` would answer, without spending: ``remaining`` is what is left before it."""
        held = list(self._starts), list(self._used)
        grant = self._grant(self._waits(now_s), now_s)
        self._starts, self._used = held
        return grant

    def _waits(self, now_s: float) -> list[int]:
        """How long each window that is full stays so, in whole seconds; empty when there is room."""
        for index, quota in enumerate(self.quotas):
            start = self._starts[index]
            if not start <= now_s < start + quota.seconds:
                self._starts[index] = now_s if self.alignment == "anchored" else now_s - now_s % quota.seconds
                self._used[index] = 0
        return [
            max(1, math.ceil(self._left_s(index, now_s)))
            for index, quota in enumerate(self.quotas)
            if self._used[index] >= quota.count
        ]

    def _grant(self, waits: list[int], now_s: float) -> Grant:
        return Grant(
            allowed=not waits,
            retry_after_s=max(waits, default=0),
            remaining=tuple(q.count - used for q, used in zip(self.quotas, self._used, strict=True)),
            reset_s=tuple(int(self._left_s(index, now_s)) for index in range(len(self.quotas))),
        )

    def reset(self) -> None:
        """Forget every window."""
        self._starts = [-math.inf] * len(self.quotas)
        self._used = [0] * len(self.quotas)

    def gauges(self, name: str, now_s: Callable[[float], float]) -> list[Gauge]:
        """One per window. ``now_s`` gives the instant on the scale of an instant of the same clock."""
        shown = []
        for start, used, quota in zip(self._starts, self._used, self.quotas, strict=True):
            running = start <= now_s(start) < start + quota.seconds
            shown.append(Gauge(name, used if running else 0, quota.count, f"{quota.seconds} s"))
        return shown

    def _left_s(self, index: int, now_s: float) -> float:
        return self._starts[index] + self.quotas[index].seconds - now_s


def spend_together(limiters: Sequence[TwoWindow], now_s: float) -> list[Grant]:
    """Pass one request through all of them, or through none: a refusal by one costs nothing in the others."""
    if len(limiters) > 1:
        grants = [limiter.peek(now_s) for limiter in limiters]
        if not all(grant.allowed for grant in grants):
            return grants
    return [limiter.spend(now_s) for limiter in limiters]


@dataclass(frozen=True, slots=True)
class Drip:
    """The answer of a leaky bucket: ``blocked_by`` is None, ``bucket`` or ``burst``."""

    blocked_by: str | None
    retry_after_s: int
    level: float
    burst_level: int


class LeakyBucket:
    """``size`` units that leak ``drip`` a second, beside ``burst`` requests per one-second window.

    The request that takes the level over the size still passes; following ones are refused until the level
    has fallen below the size. A refused request costs nothing in the bucket but counts in its burst window.
    """

    def __init__(self, size: float, drip: float, burst: int) -> None:
        self.size = size
        self.drip = drip
        self.burst = burst
        self._level = 0.0
        self._at_s = -math.inf
        self._second = -math.inf
        self._in_second = 0

    def spend(self, now_s: float, cost: float) -> Drip:
        """Try to pass one request of ``cost`` at ``now_s``."""
        level = self.level(now_s)
        self._count_burst(now_s)
        if self._in_second > self.burst:
            return Drip("burst", 1, level, self._in_second)
        if level >= self.size:
            wait = max(1, math.ceil((level - self.size) / self.drip)) if self.drip > 0 else 1
            return Drip("bucket", wait, level, self._in_second)
        self._level = level + cost
        return Drip(None, 0, self._level, self._in_second)

    def level(self, now_s: float) -> float:
        """How full the bucket is at ``now_s``."""
        if now_s > self._at_s:
            leaked = self._level if self._at_s == -math.inf else (now_s - self._at_s) * self.drip
            self._level = max(0.0, self._level - leaked)
            self._at_s = now_s
        return self._level

    def reset(self) -> None:
        """Empty the bucket."""
        self._level = 0.0
        self._at_s = self._second = -math.inf
        self._in_second = 0

    def gauges(self, name: str, now_s: Callable[[float], float]) -> list[Gauge]:
        """The bucket and the burst window."""
        now = now_s(self._at_s)
        since_s = max(0.0, now - self._at_s) if self._at_s > -math.inf else 0.0
        level = max(0.0, self._level - since_s * self.drip)
        burst = self._in_second if self._second == math.floor(now) else 0
        return [
            Gauge(name, round(level, 2), self.size, f"bucket, drips {self.drip:g}/s"),
            Gauge(f"{name} burst", burst, self.burst, "1 s"),
        ]

    def _count_burst(self, now_s: float) -> None:
        second = math.floor(now_s)
        if second != self._second:
            self._second = second
            self._in_second = 0
        self._in_second += 1


def gauges(limits: object, clock: Clock) -> list[Gauge]:
    """How full the limiters are that a fake's limits hold, directly or in a mapping."""

    def now_s(reference: float) -> float:
        # Some vendors count in epoch seconds, some in seconds since the start; both are far apart.
        return clock.now().timestamp() if reference > _EPOCH_S_MIN else clock.monotonic()

    shown: list[Gauge] = []
    for name, value in vars(limits).items():
        held = value.items() if isinstance(value, Mapping) else [(name, value)]
        for one, limiter in held:
            if isinstance(limiter, TwoWindow | LeakyBucket):
                parts = [str(part) for part in (one if isinstance(one, tuple) else (one,)) if part]
                shown += limiter.gauges(" ".join(parts).strip("_"), now_s)
    return shown
