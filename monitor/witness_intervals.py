"""Which receipts each of a till's own totals is about: those since the total before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from monitor.expected import Places
from sync.domain.clock import Window, business_day
from sync.sources.protocol import ControlTotal

LOOK_BACK = timedelta(days=31)  # how far before the window the total is looked for that came before


@dataclass(frozen=True, slots=True)
class Interval:
    """One total with the span of its receipts."""

    number: int
    total: ControlTotal
    start_at: datetime
    whole: bool  # whether all of its receipts were read
    zone: str
    day: date

    @property
    def from_s(self) -> int:
        """The first second that belongs to it."""
        return int(self.start_at.timestamp())

    @property
    def to_s(self) -> int:
        """The first second that belongs to it no more."""
        return int(self.total.closed_at.timestamp())


def intervals(totals: Sequence[ControlTotal], read: Window, places: Places) -> list[Interval]:
    """Every total with its span, by register and time; `read` is the span whose receipts were read.

    A till counts on until its total is taken, so a total is about everything since the one before. Only the
    first one known has to say itself when it began; where it does not, what it is about is not known.
    """
    found: list[Interval] = []
    ordered = sorted(totals, key=lambda one: (one.register_id, one.closed_at, one.report_id))
    for _, group in groupby(ordered, key=lambda one: one.register_id):
        found += _of_register(list(group), read, places, len(found))
    return found


def _of_register(totals: list[ControlTotal], read: Window, places: Places, first: int) -> Iterator[Interval]:
    before: datetime | None = None
    for number, total in enumerate(totals, first):
        start_at = before or total.opened_at
        zone = places.zone_of(total.shop_id)
        whole = start_at is not None and start_at >= read.start_at and total.closed_at <= read.end_at
        since = start_at or read.start_at
        yield Interval(number, total, since, whole, zone, _day(total, zone))
        before = total.closed_at


def _day(total: ControlTotal, zone: str) -> date:
    """The local date it is told under: when the till was opened, else when it was closed."""
    return business_day(total.opened_at or total.closed_at, zone)
