"""Counts of deliveries by account and kind, gathered in memory: a flood of forgeries becomes no writes."""

import threading
from collections import Counter

# taken      genuine and stored (or nothing in it to be stored)
# queued     sales that asked for a look; repeated and stale ones asked for none
# other      things told of that need no look, such as stock
# forged     a wrong signature or password; foreign ones are another store's
# malformed  no delivery of this vendor, or too_large
# put_off    answered 503; unknown ones came for nobody
KINDS = (
    "taken", "queued", "repeated", "stale", "other", "forged", "foreign", "malformed", "too_large", "put_off",
    "unknown",
)  # fmt: skip


class Counts:
    """Shared by all threads. The account is empty for what belongs to none."""

    def __init__(self) -> None:
        """Nothing counted yet."""
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, account: str, kind: str, count: int = 1) -> None:
        """Count."""
        if count:
            with self._lock:
                self._counts[account, kind] += count

    def take(self) -> dict[tuple[str, str], int]:
        """What was counted since this was last asked."""
        with self._lock:
            taken, self._counts = dict(self._counts), Counter()
            return taken
