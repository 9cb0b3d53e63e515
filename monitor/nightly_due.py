"""Which nights are due: pure functions of the clock on the wall and of what was run before."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.settings import Night
from sync.domain.clock import zone


@dataclass(frozen=True, slots=True)
class Done:
    """What is remembered of an account's nights."""

    last_on: date | None = None  # the latest night that was begun
    again_on: date | None = None  # that night once more, because it was interrupted or could not be judged


def latest_night(now_at: datetime, night: Night, zone_name: str) -> date:
    """The night that began last: today's where the hour has struck, else yesterday's.

    A night is named by the local date on which it begins. Where the clocks skip the hour it begins as much
    later as they skip; where the hour comes twice it begins at the first.
    """
    today = now_at.astimezone(zone(zone_name)).date()
    begins = datetime.combine(today, night.at, zone(zone_name)).astimezone(now_at.tzinfo)
    return today if now_at >= begins else today - timedelta(days=1)


def due_nights(now_at: datetime, night: Night, zone_name: str, done: Done, catch_up_max: int) -> list[date]:
    """The nights to run now, oldest first, each once: those missed while nobody was there included.

    An account that was never reconciled begins with the latest night. Of more than `catch_up_max` missed
    nights the latest ones are run.
    """
    if not night.enabled:
        return []
    latest = latest_night(now_at, night, zone_name)
    if done.last_on is None:
        return [latest]
    missed = [done.last_on + timedelta(days=ahead) for ahead in range(1, (latest - done.last_on).days + 1)]
    again = [done.again_on] if done.again_on is not None else []
    return [*again, *missed[-catch_up_max:]]


def days_of(night_on: date, count: int) -> tuple[date, date]:
    """The business days that a night looks at: the `count` local dates that ended before it."""
    return night_on - timedelta(days=count), night_on - timedelta(days=1)
