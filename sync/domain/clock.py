"""Time: one injected clock, half-open windows, and business days that know 23- and 25-hour days.

Everything inside is aware UTC. A local date appears only together with its zone.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Clock(Protocol):
    """Where now and sleep come from. Injected everywhere, so that a test can own time."""

    def now(self) -> datetime:
        """The current instant, aware and in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`; a virtual clock moves itself forward instead of waiting."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, for measuring spans and pacing."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The current instant, aware and in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Block this thread for `seconds`."""
        time.sleep(max(seconds, 0.0))

    def monotonic(self) -> float:
        """Seconds of the machine's monotonic clock."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open interval of instants: `start_at` belongs to it, `end_at` does not."""

    start_at: datetime
    end_at: datetime

    def __post_init__(self) -> None:
        """Refuse naive instants and windows that end before they start."""
        for instant in (self.start_at, self.end_at):
            if instant.tzinfo is None:
                raise ValueError("a window is made of aware instants")
        if self.end_at < self.start_at:
            raise ValueError("a window cannot end before it starts")

    def __contains__(self, instant: datetime) -> bool:
        """Whether the instant lies in the window."""
        return self.start_at <= instant < self.end_at

    def widened(self, margin: timedelta) -> "Window":
        """The same window with `margin` added on both sides."""
        return Window(self.start_at - margin, self.end_at + margin)

    def sliced(self, step: timedelta) -> Iterator["Window"]:
        """The window cut into consecutive windows of at most `step`, in order."""
        start = self.start_at
        while start < self.end_at:
            end = min(start + step, self.end_at)
            yield Window(start, end)
            start = end


def known_zone(name: str) -> bool:
    """Whether `name` is an IANA zone this machine knows."""
    try:
        zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The IANA zone `name`; raises ZoneInfoNotFoundError when there is none."""
    return ZoneInfo(name)


_OLD_NAMES = {"US": "US", "Canada": "CA"}  # by what stands before the slash; the table has no such zones


def country_of(zone_name: str) -> str:
    """The country (ISO 3166, two letters) whose clocks the zone tells; "" for one of no country, or unknown.

    From the zone database's own table, which names the country of each zone that people live in.
    """
    return _countries().get(zone_name) or _OLD_NAMES.get(zone_name.partition("/")[0], "")


@cache
def _countries() -> dict[str, str]:
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    return {row[2]: row[0] for row in rows}


def business_day(instant: datetime, zone_name: str) -> date:
    """The local date of an aware instant in a shop's zone."""
    return instant.astimezone(zone(zone_name)).date()


def day_window(day: date, zone_name: str) -> Window:
    """The instants of one local date: 24 hours, or 23 or 25 on the days the clocks change.

    Both midnights are taken as local wall time and turned into UTC, because subtracting two aware
    datetimes of one zone ignores the change.
    """
    return Window(_midnight(day, zone_name), _midnight(day + timedelta(days=1), zone_name))


def days_window(first: date, last: date, zone_name: str) -> Window:
    """The instants from the start of `first` to the end of `last`, both local dates."""
    return Window(_midnight(first, zone_name), _midnight(last + timedelta(days=1), zone_name))


def _midnight(day: date, zone_name: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone(zone_name)).astimezone(UTC)


def utc(text: str) -> datetime:
    """Read an ISO 8601 instant that carries an offset, as aware UTC.

    Raises ValueError for text that is no instant, or that does not say its offset: guessing one
    is how sales move to another day.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("the time has no offset")
    return instant.astimezone(UTC)


def iso(instant: datetime) -> str:
    """An aware instant as ISO 8601 in UTC to the second, like `2026-11-21T19:03:11+00:00`."""
    if instant.tzinfo is None:
        raise ValueError("only aware instants are written")
    return instant.astimezone(UTC).isoformat(timespec="seconds")
