"""The sync's process: all backfilled over the network, then read once more, which must bring nothing."""

import json
import sys
import time
from collections import defaultdict
from statistics import median

from scenarios.bench.talk import cpu_s, now_mb, peak_mb, say
from scenarios.bench.unpaced import Unpaced
from scenarios.harness.merchant import ACCOUNT, connect
from sync.app import App
from sync.connect import Network
from sync.domain.clock import SystemClock
from sync.ends import Opening
from sync.engine.checkpoints import nothing
from sync.engine.tally import Tally
from sync.engine.work import Means
from sync.http.client import shared_tls
from sync.settings import Settings
from sync.sources.protocol import Page
from sync.store.database import open_store

SAY_EVERY_S = 0.5


def main() -> None:
    """Carry, and say what it took."""
    asked = json.loads(sys.argv[1])
    with program(Settings.from_dict(asked["settings"], {})) as app:
        connect(app, asked["credentials"]["lightspeed_r"])
        pulse = Pulse()
        started, used_before_s = time.perf_counter(), cpu_s()
        result = app.backfill(ACCOUNT, progress=pulse)[0]
        seconds, used_s = time.perf_counter() - started, cpu_s() - used_before_s
        pulse.stage("delivering the rest")
        peak = peak_mb()
        again = app.once(ACCOUNT)[0]
    say(
        outcome=str(result.outcome),
        detail=result.detail or again.detail,
        seconds=seconds,
        stages=dict(pulse.stages),
        months=pulse.months(),
        peak_mb=peak,
        cpu_s=used_s,
        sent_again=again.tally.sent_count,
    )


def program(settings: Settings) -> App:
    """The sync as its own composition root makes it, except that requests are not paced."""
    means = Means(open_store(settings.store.url), SystemClock(), nothing, threads=True)
    network = Network(Unpaced(), shared_tls(), {})
    return App(means, network, Opening(settings, means.store, network))


class Pulse:
    """Progress, said now and then: with the memory by month of sale and the time by feed."""

    def __init__(self) -> None:
        """Start the watch."""
        self.stages: dict[str, float] = defaultdict(float)
        self._months: dict[str, list[float]] = defaultdict(list)
        self._since = self._said = time.perf_counter()

    def __call__(self, page: Page, tally: Tally) -> None:
        """After every page."""
        self.stage(page.feed)
        completed = [sale.completed_at for sale in page.sales if sale.completed_at]
        if completed and page.feed == "sales":
            month = f"{max(completed):%Y-%m}"
            self._months[month].append(now_mb())
        if self._since - self._said >= SAY_EVERY_S:
            self._said = self._since
            say(done=tally.sent_count)

    def months(self) -> dict[str, float]:
        """The memory by month of sale: the median over its pages."""
        return {month: median(samples) for month, samples in self._months.items()}

    def stage(self, name: str) -> None:
        """The time since the last call belongs to this stage."""
        now = time.perf_counter()
        self.stages[name] += now - self._since
        self._since = now


if __name__ == "__main__":
    main()
