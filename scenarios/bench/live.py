"""Live polling on a virtual clock: how long a sale takes from till to Klaviyo, and what watching costs."""

import math
import random
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakes.lightspeed_r.records import LineIn
from scenarios.bench.speed import Told
from scenarios.harness.world import World
from sync.engine.runs import Result

START = datetime(2026, 5, 6, 13, 0, tzinfo=UTC)
CONNECTING_S = 300  # the first minutes belong to the first connection, which reads everything once
AFTERWARDS = timedelta(minutes=5)
ORDER = "Placed Order"


@dataclass(slots=True)
class Live:
    """The figures; seconds are the virtual clock's."""

    sales: int
    waits_s: list[float] = field(default_factory=list)
    elapsed_s: float = 0.0
    till_cost: float = 0.0
    till_drip: float = 1.0

    def percentile(self, share: float) -> float:
        """The wait that this share of the sales does not exceed; 0 when none arrived."""
        ordered = sorted(self.waits_s)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0

    @property
    def share_of_drip(self) -> float:
        """What was spent of what dripped out meanwhile."""
        return self.till_cost / (self.elapsed_s * self.till_drip)


def measure(*, hours: int, per_hour: int, seed: int, told: Told) -> Live:
    """Let one shop with one register trade while `run` polls live, full hourly runs included."""
    with (
        tempfile.TemporaryDirectory() as folder,
        World(Path(folder), START, seed=seed, open_hours="00:00-24:00") as world,
    ):
        live = Live(_trade(world, hours, per_hour, seed), till_drip=float(world.till.limits.bucket.drip))
        arrivals = Arrivals(world, live)

        def watch(_result: Result) -> None:
            arrivals.look()
            told("live", len(live.waits_s))

        world.sync.run(START + timedelta(hours=hours) + AFTERWARDS, watch)
        live.elapsed_s = (world.clock.now() - START).total_seconds()
        live.till_cost = float(world.till.journal.cost)
    return live


class Arrivals:
    """Sees which Placed Orders are new in Klaviyo after each run, and how old their sales are by then."""

    def __init__(self, world: World, live: Live) -> None:
        """Count into `live`."""
        self._world = world
        self._live = live
        self._seen = 0

    def look(self) -> None:
        """Everything that is there is seen once."""
        klaviyo, now = self._world.klaviyo.state, self._world.clock.now().timestamp()
        for row in range(self._seen, len(klaviyo.events)):
            if klaviyo.metrics[klaviyo.events.metric[row]].name == ORDER:
                self._live.waits_s.append(now - klaviyo.events.at[row])
        self._seen = len(klaviyo.events)


def _trade(world: World, hours: int, per_hour: int, seed: int) -> int:
    """Ring up the hours' sales ahead of the clock, at seeded seconds."""
    rng, till = random.Random(f"{seed}/live"), world.till.state
    shop = till.add_shop("Main Street", "America/New_York")
    mugs = [till.add_item(f"Mug {number}", price="7.50") for number in range(40)]
    people = [
        till.add_customer("Ann", f"Lee {number}", email=f"ann.{number}@tidewick-letters.net", at=START)
        for number in range(50)
    ]
    seconds = sorted(rng.randrange(CONNECTING_S, hours * 3600) for _ in range(hours * per_hour))
    for second in seconds:
        lines = [LineIn(mug, 1, "7.50") for mug in rng.sample(mugs, rng.randint(1, 5))]
        till.sell(shop, START + timedelta(seconds=second), lines, customer_id=rng.choice(people))
    return len(seconds)
