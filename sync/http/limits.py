"""Pacing: never ask faster than an upstream allows, so that 429 stays the exception.

`SlidingWindows` is for upstreams that count requests per window (Klaviyo); its log never lets 2n-1 through
one window, as a token bucket would. `LeakyBucket` is for Lightspeed R-Series and learns from its headers.
`FixedWindow` is for Lightspeed X-Series and learns from its answers. All may be shared by threads.
"""

import threading
from collections import deque
from collections.abc import Mapping
from typing import Protocol

from sync.domain.clock import Clock
from sync.http.retry import retry_after_s

Windows = tuple[tuple[int, float], ...]  # (requests, seconds) pairs, all of which must hold
_UNTOLD_S = 30.0  # waited after a refusal that does not say how long; what the vendor's own tool waits
_SOON_S = 1e-6  # a wait below this is rounding, not waiting


class Limiter(Protocol):
    """Asked before every attempt, told about every answer."""

    def acquire(self, cost: float, bucket: str, /) -> None:
        """Return once the request may go; sleeps on the clock until then."""
        ...

    def observe(self, status: int, headers: Mapping[str, str], bucket: str, /) -> None:
        """Learn from an answer's status and headers."""
        ...


class NoLimit:
    """Lets everything through."""

    def acquire(self, _cost: float, _bucket: str, /) -> None:
        """Return at once."""

    def observe(self, _status: int, _headers: Mapping[str, str], _bucket: str, /) -> None:
        """Learn nothing."""


class SlidingWindows:
    """Counts the requests of each bucket over sliding windows; a bucket not listed is not limited.

    `slack_s` lengthens every window, because requests do not arrive in the rhythm in which they leave.
    """

    def __init__(self, clock: Clock, windows: Mapping[str, Windows], slack_s: float = 0.25) -> None:
        """`windows` gives each bucket its pairs of request count and seconds."""
        self._clock = clock
        self._windows = {
            bucket: tuple((count, period_s + slack_s) for count, period_s in pairs)
            for bucket, pairs in windows.items()
        }
        self._logs: dict[str, deque[float]] = {
            bucket: deque(maxlen=max(count for count, _ in pairs)) for bucket, pairs in windows.items()
        }
        self._lock = threading.Lock()

    def acquire(self, _cost: float, bucket: str, /) -> None:
        """Take a place in the bucket's log, then sleep until its moment. Every cost counts as one request."""
        log = self._logs.get(bucket)
        if log is None:
            return
        with self._lock:
            now = self._clock.monotonic()
            # Each place is taken no earlier than the one before it, so the log stays sorted.
            at = max(now, log[-1]) if log else now
            for count, period_s in self._windows[bucket]:
                if len(log) >= count:
                    at = max(at, log[-count] + period_s)
            log.append(at)
        if at - now > _SOON_S:
            self._clock.sleep(at - now)

    def observe(self, _status: int, _headers: Mapping[str, str], _bucket: str, /) -> None:
        """Nothing to learn: the windows are published, and the client itself obeys Retry-After."""


class LeakyBucket:
    """Lightspeed R-Series' bucket: `size` units that leak `drip` a second, shared by all who use the client.

    With `share=0.5` we use at most half of the size and half of the drip, and leave the rest to others.
    Size, level and drip come from the headers of every answer; before the first one the smallest bucket
    ever recorded is assumed. A second limiter of the vendor counts requests per second.
    """

    def __init__(self, clock: Clock, share: float = 1.0, slack_s: float = 0.05) -> None:
        """`share` is the part of the bucket we may use, above 0 and up to 1."""
        if not 0 < share <= 1:
            raise ValueError("the share of a bucket is above 0 and at most 1")
        self._clock = clock
        self._share = share
        self._slack_s = slack_s
        self._lock = threading.Lock()
        self._size, self._drip, self._burst_count = 60.0, 1.0, 10
        self._told = False  # whether size or drip came from the vendor
        self._level, self._spent, self._at_s = 0.0, 0.0, clock.monotonic()
        self._booked = 0.0  # what the latest request was expected to cost
        self._sent: deque[float] = deque(maxlen=1000)

    def acquire(self, cost: float, _bucket: str, /) -> None:
        """Sleep until `cost` fits under the brim, then book it."""
        while True:
            with self._lock:
                self._leak()
                wait_s = self._wait_s(cost)
                if wait_s <= _SOON_S:
                    self._level += cost
                    self._spent += cost
                    self._booked = cost
                    self._sent.append(self._at_s)
                    return
            self._clock.sleep(wait_s)

    def observe(self, status: int, headers: Mapping[str, str], _bucket: str, /) -> None:
        """Take level, size, drip, burst limit and the true cost from an answer; what is absent stays."""
        with self._lock:
            self._leak()
            level, size = _pair(headers.get("x-ls-api-bucket-level", ""))
            if size:
                self._level, self._size, self._drip = level, size, size / 60
            drip = _number(headers.get("x-ls-api-drip-rate", ""))
            self._drip = drip or self._drip
            self._told = self._told or bool(size or drip)
            self._burst_count = int(_pair(headers.get("x-ls-api-burst-level", ""))[1]) or self._burst_count
            cost = _number(headers.get("x-ls-api-request-cost", ""))
            if status == 429:
                cost = 0.0  # a refused request is not booked by the vendor, as far as anyone knows
            elif not cost:
                return
            self._spent = max(0.0, self._spent + cost - self._booked)
            self._booked = cost

    @property
    def drip_per_s(self) -> float | None:
        """How much the vendor's bucket leaks a second, whatever our share; None before the vendor told."""
        with self._lock:
            return self._drip if self._told else None

    def pause_s(self) -> float:
        """How long until all we spent has leaked at our share of the drip: the wait between live polls.

        Polling again only then keeps the average at `share` of the drip, whatever details a poll cost.
        """
        with self._lock:
            self._leak()
            return self._spent / (self._drip * self._share)

    def _leak(self) -> None:
        now = self._clock.monotonic()
        leaked = (now - self._at_s) * self._drip
        self._level = max(0.0, self._level - leaked)
        self._spent = max(0.0, self._spent - leaked * self._share)
        self._at_s = now

    def _wait_s(self, cost: float) -> float:
        ours = self._size * self._share
        fits = min(cost, ours)  # something larger than the bucket may go once the bucket is empty
        over_brim_s = (self._level + min(cost, self._size) - self._size) / self._drip
        over_share_s = (self._spent + fits - ours) / (self._drip * self._share)
        burst_s = 0.0
        if len(self._sent) >= self._burst_count:
            burst_s = self._sent[-self._burst_count] + 1 + self._slack_s - self._at_s
        return max(over_brim_s, over_share_s, burst_s)


class FixedWindow:
    """Lightspeed X-Series' window: so many requests in `period_s`, then none until it starts anew.

    How many there are, and how many remain, every answer says; when the window ends only a refusal does, in
    its Retry-After. So once, when nothing remains and the end is not known, one request goes to be refused;
    from then on the ends follow each other. With `share=0.5` we use at most half of each window.
    """

    def __init__(
        self, clock: Clock, period_s: float = 300.0, share: float = 1.0, slack_s: float = 1.0
    ) -> None:
        """`slack_s` is waited beyond an end, because a Retry-After is cut to whole seconds."""
        if not 0 < share <= 1:
            raise ValueError("the share of a window is above 0 and at most 1")
        self._clock = clock
        self._period_s = period_s
        self._share = share
        self._slack_s = slack_s
        self._lock = threading.Lock()
        self._limit: int | None = None
        self._remaining: int | None = None
        self._spent = 0  # by us in this window
        self._began_at = clock.monotonic()
        self._ends_at: float | None = None

    def acquire(self, _cost: float, _bucket: str, /) -> None:
        """Sleep until the window has room, then take a place in it. Every cost counts as one request."""
        while True:
            with self._lock:
                now = self._clock.monotonic()
                wait_s = self._wait_s(now)
                if wait_s <= _SOON_S:
                    self._spent += 1
                    if self._remaining:
                        self._remaining -= 1
                    return
            self._clock.sleep(wait_s)

    def observe(self, status: int, headers: Mapping[str, str], _bucket: str, /) -> None:
        """Learn the window's size, what remains of it and, from a refusal, when it ends."""
        with self._lock:
            now = self._clock.monotonic()
            self._limit = int(_number(headers.get("x-ratelimit-limit", ""))) or self._limit
            if status == 429:
                after_s = retry_after_s(headers.get("retry-after", ""), self._clock)
                self._remaining = 0
                self._ends_at = now + (_UNTOLD_S if after_s is None else after_s + self._slack_s)
                return
            told = headers.get("x-ratelimit-remaining", "")
            if not told.isdigit():
                return
            remaining = int(told)
            if self._remaining is not None and remaining > self._remaining:
                self._begin(now)
                self._spent = 1
            self._remaining = remaining

    def pause_s(self) -> float:
        """How long until what we spent is our fair part of the time gone by: the wait between live polls."""
        with self._lock:
            if self._limit is None:
                return 0.0
            earned_s = self._spent * self._period_s / (self._limit * self._share)
            return max(0.0, self._began_at + earned_s - self._clock.monotonic())

    @property
    def a_second(self) -> float | None:
        """How many requests a second the vendor allows on average; None before it told."""
        with self._lock:
            return None if self._limit is None else self._limit / self._period_s

    def _wait_s(self, now: float) -> float:
        if self._ends_at is not None and now >= self._ends_at:
            self._begin(now)
        if self._limit is not None and self._spent >= max(1, int(self._limit * self._share)):
            # Our share is used up; whatever remains is left to the merchant's other programs.
            ends_at = self._ends_at if self._ends_at is not None else self._began_at + self._period_s
            if now >= ends_at:
                self._begin(now)
                return 0.0
            return ends_at - now
        if self._remaining == 0 and self._ends_at is not None:
            return self._ends_at - now
        return 0.0

    def _begin(self, now: float) -> None:
        knew = self._ends_at is not None
        self._began_at = now
        self._ends_at = now + self._period_s + self._slack_s if knew else None
        self._spent = 0
        self._remaining = None


def _pair(text: str) -> tuple[float, float]:
    level, _, size = text.partition("/")
    return _number(level), _number(size)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if 0 < number < 1e9 else 0.0
