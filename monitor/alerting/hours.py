"""When a message may go out: quiet hours and the daily digest, on somebody's wall clock."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sync.domain.clock import zone


@dataclass(frozen=True, slots=True)
class Hours:
    """When people want to be told. Times are local in `zone_name`."""

    zone_name: str = "UTC"
    quiet: tuple[time, time] | None = None  # from, until; may run over midnight
    digest_at: time | None = None
    critical_at_once: bool = True


@dataclass(frozen=True, slots=True)
class Departure:
    """When a message leaves, and whether it leaves together with others that wait."""

    at: datetime
    gathered: bool


def departure(now_at: datetime, hours: Hours, *, critical: bool) -> Departure:
    """When a message written now leaves: at once, at the end of the quiet hours, or with the digest."""
    if critical and hours.critical_at_once:
        return Departure(now_at, gathered=False)
    if hours.digest_at is not None:
        return Departure(next_wall_time(now_at, hours.digest_at, hours.zone_name), gathered=True)
    if hours.quiet is not None and is_quiet(now_at, hours.quiet, hours.zone_name):
        return Departure(next_wall_time(now_at, hours.quiet[1], hours.zone_name), gathered=True)
    return Departure(now_at, gathered=False)


def is_quiet(now_at: datetime, quiet: tuple[time, time], zone_name: str) -> bool:
    """Whether an instant lies in the quiet hours; the first minute belongs to them, the last does not."""
    start, end = quiet
    wall = now_at.astimezone(zone(zone_name)).time().replace(tzinfo=None)
    return start <= wall < end if start <= end else wall >= start or wall < end


def next_wall_time(now_at: datetime, at: time, zone_name: str) -> datetime:
    """The next instant at which a clock in the zone shows `at`, never `now_at` itself.

    A time that the clocks skip comes as much later as they skip; one that comes twice counts the first time.
    """
    local_day = now_at.astimezone(zone(zone_name)).date()
    for ahead in range(3):
        day = local_day + timedelta(days=ahead)
        found = datetime.combine(day, at, zone(zone_name)).astimezone(now_at.tzinfo)
        if found > now_at:
            return found
    raise AssertionError("every wall time comes round within two days")
