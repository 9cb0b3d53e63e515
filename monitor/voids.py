"""Sales voided within the window but completed long before it: is there something to make up for?

A window of sales does not hold them, since a sale keeps its day. Only where a Placed Order of such a sale is
in Klaviyo is a Canceled Order owed, and only where a Refunded Order is, does it say something untrue; so
these are looked for at the very second the sale was completed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Protocol, runtime_checkable

from monitor.expected import ExpectedRead
from sync.domain.clock import Window
from sync.domain.facts import Sale, SaleState
from sync.sources.protocol import Page

SECONDS_MAX = 500  # of completion looked at in Klaviyo, a request each


@runtime_checkable
class TellsVoids(Protocol):
    """A source that finds sales by the time they were voided."""

    def read_voided(self, window: Window) -> Iterator[Page]:
        """Pages of voided sales that were last changed in `window`, whenever they were completed."""
        ...


def old_voids(source: object, window: Window, read: ExpectedRead) -> Iterator[Page]:
    """The voided sales of a window that were completed before it; `read` remembers when."""
    if not isinstance(source, TellsVoids):
        return
    for page in source.read_voided(window):
        old = tuple(sale for sale in page.sales if _is_old(sale, window))
        read.old_seconds.update(int(sale.completed_at.timestamp()) for sale in old if sale.completed_at)
        if old or page.set_aside:
            yield Page(page.feed, None, old, set_aside=page.set_aside)


def seconds_of(read: ExpectedRead) -> list[Window]:
    """The seconds at which the events of old voided sales would lie, at most SECONDS_MAX of the latest."""
    latest = islice(sorted(read.old_seconds, reverse=True), SECONDS_MAX)
    second = timedelta(seconds=1)
    return [Window(at, at + second) for at in (datetime.fromtimestamp(s, UTC) for s in sorted(latest))]


def _is_old(sale: Sale, window: Window) -> bool:
    return (
        sale.state is SaleState.VOIDED
        and sale.completed_at is not None
        and sale.completed_at < window.start_at
        and sale.changed_at in window
    )
