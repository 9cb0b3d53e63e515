"""Zone offsets as a table: which seconds a zone was ahead of UTC, and from when to when.

Database engines read their own zone tables, and some silently give the UTC day when asked for a local one.
So no engine is ever asked: it joins this table, made by the same `zoneinfo` that everything else uses.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from sync.domain.clock import Window, business_day, zone

_QUARTER_S = 900  # zones differ from UTC by whole quarters of an hour, so a local date holds for one of them
_STEP = timedelta(hours=6)  # no zone changes its clocks twice within it


@dataclass(frozen=True, slots=True)
class Offset:
    """A zone's offset over a half-open span of epoch seconds."""

    zone: str
    from_s: int
    to_s: int
    offset_s: int


def offsets(zones: Iterable[str], window: Window) -> list[Offset]:
    """The offsets of every zone over `window`, gapless, sorted by zone and time."""
    return [span for name in sorted(set(zones)) for span in _of_zone(name, window)]


def _of_zone(name: str, window: Window) -> list[Offset]:
    start, end = int(window.start_at.timestamp()), int(window.end_at.timestamp())
    spans: list[Offset] = []
    begun = start
    for piece in window.sliced(_STEP):
        low, high = int(piece.start_at.timestamp()), int(piece.end_at.timestamp())
        if offset_at(name, low) != offset_at(name, high):
            change = _change(name, low, high)
            spans.append(Offset(name, begun, change, offset_at(name, begun)))
            begun = change
    if begun < end:
        spans.append(Offset(name, begun, end, offset_at(name, begun)))
    return spans


def _change(name: str, low: int, high: int) -> int:
    before = offset_at(name, low)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(name, middle) == before:
            low = middle
        else:
            high = middle
    return high


def offset_at(name: str, epoch_s: int) -> int:
    """Seconds the zone was ahead of UTC at an instant."""
    ahead = datetime.fromtimestamp(epoch_s, UTC).astimezone(zone(name)).utcoffset()
    assert ahead is not None  # an aware instant always has one
    return int(ahead.total_seconds())


def local_day(epoch_s: int, zone_name: str) -> int:
    """The local date of an instant in a zone, as days since 1970-01-01."""
    return _local_day(epoch_s // _QUARTER_S, zone_name)


@lru_cache(maxsize=65_536)
def _local_day(quarter: int, zone_name: str) -> int:
    instant = datetime.fromtimestamp(quarter * _QUARTER_S, UTC)
    return (business_day(instant, zone_name) - date(1970, 1, 1)).days
