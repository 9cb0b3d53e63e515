"""Within the vendors' limits: a backfill in one process on a virtual clock, against the least they allow."""

import math
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fakes.lightspeed_r.receipts import load
from scenarios.bench.speed import BenchFailed, Told
from scenarios.harness.merchant import ACCOUNT
from scenarios.harness.world import World
from sync.engine.tally import Tally
from sync.sources.protocol import Page

PER_PAGE = 100
# One drip a request; in lists 0.2 more for each relation to one record, 0.4 for each to many.
SALES_PAGE = 1 + 0.4 + 0.2 + 0.2  # SaleLines, Customer, Customer.Contact
ITEMS_PAGE = 1 + 0.2 + 0.2 + 0.4  # Category, Manufacturer, Images
CUSTOMERS_PAGE = 1 + 0.2  # Contact
BULK_EVENTS = 1000
BULK_PER_MINUTE = 150
_AFTER_THE_YEAR = datetime(2018, 1, 9, tzinfo=UTC)


@dataclass(slots=True)
class Limited:
    """The figures; seconds are the virtual clock's."""

    sales: int
    items: int
    customers: int
    events: int
    elapsed_s: float
    till_cost: float
    till_drip: float
    till_size: float
    bulk_requests: int
    refused_in_first_minute: int
    refused_later: int

    @property
    def least_cost(self) -> float:
        """What reading every sale, every sold article and every customer once must cost at the till."""
        return (
            math.ceil(self.sales / PER_PAGE) * SALES_PAGE
            + math.ceil(self.items / PER_PAGE) * ITEMS_PAGE
            + math.ceil(self.customers / PER_PAGE) * CUSTOMERS_PAGE
        )

    @property
    def least_till_s(self) -> float:
        """The bucket may be filled once at the start; the rest has to drip out."""
        return max(0.0, (self.least_cost - self.till_size) / self.till_drip)

    @property
    def least_klaviyo_s(self) -> float:
        """A thousand events a request, 150 requests a minute, the first 150 of them at once."""
        minutes = math.ceil(math.ceil(self.events / BULK_EVENTS) / BULK_PER_MINUTE)
        return max(0, minutes - 1) * 60.0

    @property
    def least_s(self) -> float:
        """Both sides can be worked at the same time, so the slower one counts."""
        return max(self.least_till_s, self.least_klaviyo_s, 1.0)

    @property
    def ratio(self) -> float:
        """How much longer it took than it had to."""
        return self.elapsed_s / self.least_s


def measure(*, days: int, seed: int, registers: int, told: Told) -> Limited:
    """Backfill the receipts with all limits on. Raises BenchFailed.

    With one register the till's bucket is the tighter limit, with hundreds Klaviyo's windows are.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        World(Path(folder), _AFTER_THE_YEAR, seed=seed, registers=registers) as world,
    ):
        loaded = load(world.till.state, seed=seed, days=days, trade=False)
        start = world.clock.now()
        refused_early: list[int] = []

        def watch(_page: Page, tally: Tally) -> None:
            told("sync", tally.sent_count)
            if not refused_early and (world.clock.now() - start).total_seconds() >= 60:
                refused_early.append(_refused(world))

        result = world.sync.backfill(ACCOUNT, progress=watch)[0]
        if result.detail:
            raise BenchFailed(result.detail)
        refused = _refused(world)
        early = refused_early[0] if refused_early else refused
        return Limited(
            sales=loaded.sales,
            items=loaded.items,
            customers=loaded.customers,
            events=sum(world.events_by_metric().values()),
            elapsed_s=(world.clock.now() - start).total_seconds(),
            till_cost=float(world.till.journal.cost),
            till_drip=float(world.till.limits.bucket.drip),
            till_size=float(world.till.limits.bucket.size),
            bulk_requests=world.klaviyo.journal.counts["route.POST /api/event-bulk-create-jobs"],
            refused_in_first_minute=early,
            refused_later=refused - early,
        )


def _refused(world: World) -> int:
    return int(world.till.journal.counts["status.429"] + world.klaviyo.journal.counts["status.429"])
