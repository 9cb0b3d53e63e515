"""Which of Klaviyo's two ways a cycle takes, so that neither of their limits ever makes a sale wait.

Bulk requests are 150 a minute at most, single events 3,500, look-ups of profiles 750. Spent as fast as they
come, each would be gone before its minute is over, and the rest of the minute would be silence.
"""

from collections import deque

from sync.domain.clock import Clock

FEW = 3  # events that always go one by one: it is as quick as one bulk request
SOME = 20  # and so many while the bulk request of this moment is spent
BULK_EVERY_S = 0.42
CYCLE_EVERY_S = 0.1  # a cycle may look up profiles, and others do so too
SINGLES_A_MINUTE = 3_000
_MINUTE_S = 60.0
_SOON_S = 1e-4


class Pace:
    """Remembers what the latest cycles sent."""

    def __init__(self, clock: Clock) -> None:
        """Nothing sent yet."""
        self._clock = clock
        self._bulk_at = clock.monotonic() - BULK_EVERY_S
        self._cycle_at = clock.monotonic() - CYCLE_EVERY_S
        self._singles: deque[tuple[float, int]] = deque()

    def waited(self, entries_count: int) -> bool:
        """Wait until a cycle of so many sales may begin; False when it may begin at once.

        There may be more sales after waiting, so ask again.
        """
        now = self._clock.monotonic()
        wait_s = self._cycle_at + CYCLE_EVERY_S - now
        if entries_count > SOME or self._spent() + entries_count > SINGLES_A_MINUTE:
            wait_s = max(wait_s, self._bulk_at + BULK_EVERY_S - now)
        if wait_s <= _SOON_S:
            return False
        self._clock.sleep(wait_s)
        return True

    def begun(self) -> int:
        """A cycle begins; up to how many events it should send one by one."""
        self._cycle_at = self._clock.monotonic()
        if self._cycle_at < self._bulk_at + BULK_EVERY_S - _SOON_S:
            return SOME
        return FEW if self._spent() < SINGLES_A_MINUTE else 1

    def sent(self, count: int, single_max: int) -> None:
        """So many events went out."""
        now = self._clock.monotonic()
        if count and count <= single_max:
            self._singles.append((now, count))
        # With few singles left, cycles keep their distance, so that there is enough for a bulk request.
        if count > single_max or self._spent() >= SINGLES_A_MINUTE:
            self._bulk_at = now

    def _spent(self) -> int:
        before = self._clock.monotonic() - _MINUTE_S
        while self._singles and self._singles[0][0] <= before:
            self._singles.popleft()
        return sum(count for _, count in self._singles)
