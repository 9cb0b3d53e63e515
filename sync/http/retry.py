"""When to ask again and how long to wait first. Only reads and repeatable writes are ever sent twice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from sync.domain.clock import Clock


def no_chance() -> float:
    """Leave nothing to chance."""
    return 0.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently one request is repeated before the caller hears of it."""

    attempts_max: int = 5
    first_s: float = 0.5
    factor: float = 2.0
    backoff_max_s: float = 30.0
    jitter: float = 0.5  # up to this part of a wait is left to chance, lest many clients come back at once
    chance: Callable[[], float] = no_chance  # numbers from 0 up to 1
    wait_max_s: float = 120.0  # an upstream that asks for more than this gets its caller's patience, not ours

    def backoff_s(self, attempt: int) -> float:
        """The wait after attempt number `attempt` (from 1) where the upstream named none.

        Klaviyo's page on rate limits asks for exponential waits with jitter.
        """
        longest_s = min(self.first_s * self.factor ** (attempt - 1), self.backoff_max_s)
        return longest_s * (1 - self.jitter * self.chance())


def retry_after_s(value: str, clock: Clock) -> float | None:
    """A Retry-After header as seconds from now; None when absent or unreadable.

    Both forms of RFC 9110 are read: whole seconds and an HTTP date. A date in the past means 0.
    """
    text = value.strip()
    if not text:
        return None
    try:
        return max(0.0, float(text)) if float(text) < 1e6 else None
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - clock.now()).total_seconds())
