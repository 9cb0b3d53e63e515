"""The monitor's process: both sides reconciled over the network."""

import json
import sys
import time
from datetime import date
from pathlib import Path

from monitor.app import build
from monitor.opening import watched
from scenarios.bench.talk import cpu_s, peak_mb, say
from scenarios.bench.unpaced import Unpaced
from scenarios.harness.merchant import ACCOUNT
from sync.settings import Settings

SAY_EVERY_S = 0.5


def main() -> None:
    """Prove, and say what it took and what was found."""
    asked, clock = json.loads(sys.argv[1]), Unpaced()
    first, last = (date.fromisoformat(asked[name]) for name in ("first_day", "last_day"))
    started = time.perf_counter()
    with watched(Settings.from_dict(asked["settings"], {}), ACCOUNT, clock=clock) as accounts:
        report = build(accounts, clock=clock, progress=Rows()).reconcile(first, last, Path(asked["out"]))
    rows = report.accounting
    say(
        seconds=time.perf_counter() - started,
        peak_mb=peak_mb(),
        cpu_s=cpu_s(),
        sentence=report.sentence,
        remainder=[sum(row.remainder_count for row in rows), sum(row.remainder_minor for row in rows)],
        found=[[f.kind, f.metric, f.event_key, f.difference_minor] for f in report.findings],
        found_count=sum(total.count for total in report.findings_by_kind.values()),
    )


class Rows:
    """Progress, said now and then."""

    def __init__(self) -> None:
        """Nothing read yet."""
        self._rows = 0
        self._said = time.perf_counter()

    def __call__(self, _account: str, _side: str, count: int) -> None:
        """So many rows more."""
        self._rows += count
        if time.perf_counter() - self._said >= SAY_EVERY_S:
            self._said = time.perf_counter()
            say(done=self._rows)


if __name__ == "__main__":
    main()
