"""A backfill from X-Series within both vendors' limits, on a virtual clock, against the least they allow.

The till allows 350 requests in 300 s with one register. Small pages make that the tighter limit, large
ones leave it to Klaviyo; both are worth measuring.
"""

import math
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scenarios.bench.outcome import Check, Outcome, same
from scenarios.bench.speed import BenchFailed, Told
from scenarios.harness.merchant import ACCOUNT
from scenarios.harness.world import World
from sync.engine.tally import Tally
from sync.sources.protocol import Page

RATIO_MAX = 1.05
LINES = 3
_CUSTOMERS, _ARTICLES = 4_000, 300
_WINDOW_S, _BULK_EVENTS, _BULK_A_SECOND, _BULK_A_MINUTE = 300, 1000, 10, 150
_START = datetime(2026, 11, 2, tzinfo=UTC)
_METRICS = {"placed": "Placed Order (POS)", "product": "Ordered Product (POS)"}


@dataclass(frozen=True, slots=True)
class LimitedX:
    """The figures; seconds are the virtual clock's."""

    sales: int
    customers: int
    articles: int
    events: int
    page_rows: int  # of sales, as the till gives them
    elapsed_s: float
    till_requests: int
    till_window: int
    bulk_requests: int
    till_refused: int
    klaviyo_refused: int

    @property
    def least_till_requests(self) -> int:
        """Every list once, each with the empty page at its end; what is few fits one page."""
        sales = math.ceil(self.sales / self.page_rows) + 1
        return sales + sum(math.ceil(rows / 10_000) + 1 for rows in (self.customers, self.articles))

    @property
    def least_till_s(self) -> float:
        """One window at once, and one more every 300 s."""
        return max(0, math.ceil(self.least_till_requests / self.till_window) - 1) * float(_WINDOW_S)

    @property
    def least_klaviyo_s(self) -> float:
        """150 bulk requests a minute, the last ones ten a second."""
        requests = math.ceil(self.events / _BULK_EVENTS)
        minutes, rest = divmod(requests - 1, _BULK_A_MINUTE)
        return minutes * 60.0 + rest // _BULK_A_SECOND

    @property
    def least_s(self) -> float:
        """Both sides can be worked at the same time, so the slower one counts."""
        return max(self.least_till_s, self.least_klaviyo_s, 1.0)

    @property
    def ratio(self) -> float:
        """How much longer it took than it had to."""
        return self.elapsed_s / self.least_s


def measure(*, sales: int, page_rows: int, seed: int, told: Told) -> LimitedX:
    """Backfill made-up sales with all limits on. Raises BenchFailed."""
    with (
        tempfile.TemporaryDirectory() as folder,
        World(Path(folder), _START, source="lightspeed_x", seed=seed, account={"metrics": _METRICS}) as world,
    ):
        world.till.switches.sales_page_max = page_rows
        world.till.state.sell_many(_sales(world.till.state, sales, seed))
        begun = world.clock.now()

        def watch(_page: Page, tally: Tally) -> None:
            told("sync", tally.sent_count)

        result = world.sync.backfill(ACCOUNT, progress=watch)[0]
        if result.detail:
            raise BenchFailed(result.detail)
        till, klaviyo = world.till.journal, world.klaviyo.journal
        return LimitedX(
            sales=sales,
            customers=_CUSTOMERS,
            articles=_ARTICLES,
            events=sum(world.events_by_metric().values()),
            page_rows=page_rows,
            elapsed_s=(world.clock.now() - begun).total_seconds(),
            till_requests=int(till.cost),
            till_window=350,
            bulk_requests=klaviyo.counts["route.POST /api/event-bulk-create-jobs"],
            till_refused=till.counts["status.429"],
            klaviyo_refused=klaviyo.counts["status.429"],
        )


def _sales(state: Any, count: int, seed: int) -> Iterator[tuple[str, datetime, list[Any], str]]:
    """Sales over a year, each of three articles, by customers who come back."""
    rng = random.Random(f"{seed}/limited_x")
    long_ago = _START - timedelta(days=400)
    articles = [
        state.add_product(f"Article {n}", sku=f"A{n}", price=str(5 + n % 40)) for n in range(_ARTICLES)
    ]
    people = [
        state.add_customer("Ann", f"Lee{n}", email=f"person{n}@shopper.co", at=long_ago)
        for n in range(_CUSTOMERS)
    ]
    step = timedelta(days=365) / count
    for number in range(count):
        lines = [(rng.choice(articles), 1, "10") for _ in range(LINES)]
        yield state.outlet_id, _START - timedelta(days=366) + number * step, lines, rng.choice(people)


def checks(figures: LimitedX) -> list[Check]:
    """What must hold."""
    return [
        Check("times the least", f"{figures.ratio:.3f}", f"at most {RATIO_MAX}", figures.ratio <= RATIO_MAX),
        same("events", figures.events, figures.sales * (1 + LINES)),
        Check("refused by the till", f"{figures.till_refused}", "at most 1", figures.till_refused <= 1),
        same("refused by Klaviyo", figures.klaviyo_refused, 0),
    ]


def outcome(figures: LimitedX) -> Outcome:
    """Figures, then how the least is computed."""
    names = ("sales", "events", "page_rows", "elapsed_s", "least_s", "least_till_s", "least_klaviyo_s",
             "ratio", "till_requests", "least_till_requests", "bulk_requests", "till_refused",
             "klaviyo_refused")  # fmt: skip
    return Outcome(
        {name: getattr(figures, name) for name in names},
        checks(figures),
        f"{figures.sales:,} sales became {figures.events:,} events in"
        f" [bold]{figures.elapsed_s:,.0f} s[/bold]"
        f" of the virtual clock; the published limits allow {figures.least_s:,.0f} s.",
        (
            f"Least at the till: {figures.least_till_requests:,} requests with {figures.page_rows} sales a"
            f" page, {figures.till_window} in 300 s: {figures.least_till_s:,.0f} s."
            f" Asked: {figures.till_requests:,}.",
            f"Least at Klaviyo: a thousand events a request, 150 requests a minute and ten a second:"
            f" {figures.least_klaviyo_s:,.0f} s. Sent: {figures.bulk_requests:,} bulk requests.",
        ),
    )
