"""Time for the fakes: injected everywhere, so that a year can pass in a test and nothing ever waits.

One clock object may be shared by several fakes, the sync and the monitor; they need only ``now``, ``sleep``
and ``monotonic``.
"""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from and how one waits."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; a virtual clock moves instead."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The current instant in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Really wait."""
        if seconds > 0:
            time.sleep(seconds)

    def monotonic(self) -> float:
        """The machine's monotonic seconds."""
        return time.monotonic()


class VirtualClock:
    """A clock that stands still until told to move; safe to share between threads."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._now = as_utc(start)
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        """The current instant in UTC."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move forward at once by ``seconds``; negative values count as 0."""
        if seconds > 0:
            self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move forward. Raises ValueError for a negative step: use ``set`` to go back on purpose."""
        if seconds < 0:
            raise ValueError("a clock advances forward; use set() to put it back")
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._elapsed_s += seconds

    def set(self, at: datetime) -> None:
        """Jump to an aware instant, forward or back; ``monotonic`` only ever follows forward jumps."""
        with self._lock:
            target = as_utc(at)
            self._elapsed_s += max(0.0, (target - self._now).total_seconds())
            self._now = target

    def restore(self, now: datetime, elapsed_s: float) -> None:
        """Go on from what ``now`` and ``monotonic`` gave in a saved world."""
        with self._lock:
            self._now, self._elapsed_s = as_utc(now), elapsed_s

    def monotonic(self) -> float:
        """Seconds advanced since the start."""
        return self._elapsed_s


def as_utc(at: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return at.astimezone(UTC)
