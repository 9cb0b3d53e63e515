"""A clock on which no limit binds: how the bench switches the clients' own pacing off."""

import time
from datetime import UTC, datetime

FASTER = 1_000_000


class Unpaced:
    """The true time of day, and spans that pass a million times faster than they should.

    A client paces itself by spans, so whatever it waits for is over at once; dates stay right.
    """

    def now(self) -> datetime:
        """The current instant in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of a clock that races."""
        return time.monotonic() * FASTER

    def sleep(self, seconds: float) -> None:
        """Wait until the racing clock has come so far."""
        time.sleep(max(seconds, 0.0) / FASTER)
