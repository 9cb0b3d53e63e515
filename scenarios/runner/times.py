"""Times as a story tells them, and the instants they are."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scenarios.language.base import moment_parts
from scenarios.runner.failing import CannotTell


def instant(text: str, zone: str, now_at: datetime) -> datetime:
    """The instant that is meant; without a day it is the local day of `now_at`. Raises CannotTell."""
    day, clock, fold, own_zone = moment_parts(text)
    place = zone_of(own_zone or zone)
    today = now_at.astimezone(place).date()
    on = today if not day else today + timedelta(days=1) if day == "tomorrow" else _date(day)
    try:
        local = datetime.combine(on, time.fromisoformat(clock))
    except ValueError:
        raise CannotTell(f"{clock} is no time of day") from None
    return _only(local, place, fold, text)


def _only(local: datetime, place: ZoneInfo, fold: str, text: str) -> datetime:
    """The one instant of a wall-clock time."""
    early, late = (local.replace(tzinfo=place, fold=which).astimezone(UTC) for which in (0, 1))
    if early.astimezone(place).replace(tzinfo=None) != local:
        raise CannotTell(f"{text}: the clocks of {place.key} jump over this time; it does not exist")
    if early != late and not fold:
        raise CannotTell(
            f"{text} comes twice that night in {place.key}: write `{text} first` or `{text} second`"
        )
    return late if fold == "second" else early


def zone_of(name: str) -> ZoneInfo:
    """A zone by its name. Raises CannotTell."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CannotTell(f"there is no time zone {name}; write one such as Europe/Stockholm") from None


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CannotTell(f"there is no day {text}") from None


def shown(at: datetime, zone: str) -> str:
    """An instant as a story would write it."""
    return at.astimezone(zone_of(zone)).strftime("%Y-%m-%d %H:%M:%S")
