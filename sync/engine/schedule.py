"""When each account is due: full runs by span or cron, cheap live polls while its shops are open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, Protocol, runtime_checkable

from sync.domain.clock import zone

LIVE_EVERY_S = 5.0
Due = Literal["full", "live"]
OpenHours = tuple[time, time]


@runtime_checkable
class Paced(Protocol):
    """A source that says how long to wait between cheap reads, to keep to its share of the rate limit."""

    def poll_pause_s(self) -> float:
        """Seconds until the next cheap read should be made."""
        ...


class Calendar(Protocol):
    """When something comes round again, such as a cron expression."""

    def next_at(self, after_at: datetime) -> datetime:
        """The first time after `after_at`."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """Comes round every so many seconds."""

    seconds: int

    def next_at(self, after_at: datetime) -> datetime:
        """`seconds` later."""
        return after_at + timedelta(seconds=self.seconds)


class Timetable:
    """One account's times. Due at once when it has never run."""

    def __init__(self, calendar: Calendar, open_hours: OpenHours | None) -> None:
        """`open_hours` are local times of the shops; None polls never."""
        self._calendar = calendar
        self._open_hours = open_hours
        self._full_at: datetime | None = None
        self._live_at: datetime | None = None

    def due(self, now_at: datetime, zones: Iterable[str]) -> Due | None:
        """What is to be done now, if anything; `zones` are those of the shops."""
        if self._full_at is None or now_at >= self._full_at:
            return "full"
        if self._live_at is None or now_at < self._live_at or self._open_hours is None:
            return None
        return "live" if is_open(now_at, self._open_hours, zones) else None

    def done(self, what: Due, now_at: datetime, pause_s: float, again_s: float = 0.0) -> None:
        """It was done; `pause_s` is what the source asks for, `again_s` how soon a failed one is repeated."""
        if what == "full":
            self._full_at = self._calendar.next_at(now_at)
            if again_s:
                self._full_at = min(self._full_at, now_at + timedelta(seconds=again_s))
        self._live_at = now_at + timedelta(seconds=max(LIVE_EVERY_S, pause_s, again_s))


def is_open(now_at: datetime, hours: OpenHours, zones: Iterable[str]) -> bool:
    """Whether any shop is open; hours that end before they begin go past midnight."""
    start, end = hours
    for name in zones:
        local = now_at.astimezone(zone(name)).time()
        inside = start <= local < end if start < end else local >= start or local < end
        if inside:
            return True
    return False
