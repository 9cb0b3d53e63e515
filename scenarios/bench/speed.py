"""Full speed: fakes without limits, sync and monitor, each in a process of its own, over the network."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

Told = Callable[[str, int], None]  # who, and how far it is


class BenchFailed(Exception):
    """The work to be measured was not done; its own words are on standard error."""


@dataclass(slots=True)
class Speed:
    """The figures. Memory in MB of a million bytes."""

    sales: int
    lines: int
    events: int
    ringing_up_s: float
    seconds: float  # of the backfill, from the first request to the last event taken
    stages: dict[str, float]
    sync_peak_mb: float
    sync_mb_by_month: dict[str, float]
    sync_cpu_s: float
    fakes_peak_mb: float
    fakes_cpu_s: float
    sent_again: int  # by another run straight afterwards
    reconcile_s: float
    reconcile_peak_mb: float
    sentence: str
    planted: int
    found: int
    wrongly_found: int
    remainder: tuple[int, int]

    @property
    def sales_per_s(self) -> float:
        """Sales carried in a second, end to end."""
        return self.sales / self.seconds

    @property
    def events_per_s(self) -> float:
        """Events delivered in a second, end to end."""
        return self.events / self.seconds


def measure(*, days: int, seed: int, out: Path, told: Told) -> Speed:
    """Carry and prove the receipts; the report goes to `out`. Raises BenchFailed."""
    # Not at the top: this process starts the measured ones and is kept small.
    from scenarios.harness.merchant import told as settings_of  # noqa: PLC0415

    out.mkdir(parents=True, exist_ok=True)
    asked: dict[str, Any] = {"seed": seed, "days": days}
    with tempfile.TemporaryDirectory() as folder, Child("fakes", asked) as served:
        up = served.answer("urls", told)
        till, mail = (up["credentials"][name] for name in ("lightspeed_r", "klaviyo"))
        urls, loaded = up["urls"], up["loaded"]
        settings = settings_of(
            Path(folder), till, mail, till_url=urls["lightspeed_r"], klaviyo_url=urls["klaviyo"]
        )
        before = served.ask("figures")
        with Child("sync", {"settings": settings, "credentials": up["credentials"]}) as sync:
            carried = sync.answer("outcome", told)
        if carried["detail"] or carried["outcome"] != "done":
            raise BenchFailed(f"the sync ended as {carried['outcome']}: {carried['detail']}")
        after = served.ask("figures")
        planted = served.ask("spoil")["planted"]
        days_asked = {"first_day": loaded["first_day"], "last_day": loaded["last_at"][:10]}
        with Child("monitor", {"settings": settings, "out": str(out), **days_asked}) as monitor:
            proven = monitor.answer("remainder", told)
        last = served.ask("figures")
    wanted, found = {tuple(one) for one in planted}, {tuple(one) for one in proven["found"]}
    return Speed(
        sales=loaded["sales"],
        lines=loaded["lines"],
        events=sum(after["events"].values()),
        ringing_up_s=up["seconds"],
        seconds=carried["seconds"],
        stages=carried["stages"],
        sync_peak_mb=carried["peak_mb"],
        sync_mb_by_month=carried["months"],
        sync_cpu_s=carried["cpu_s"],
        fakes_peak_mb=last["peak_mb"],
        fakes_cpu_s=after["cpu_s"] - before["cpu_s"],
        sent_again=carried["sent_again"],
        reconcile_s=proven["seconds"],
        reconcile_peak_mb=proven["peak_mb"],
        sentence=proven["sentence"],
        planted=len(wanted),
        found=len(wanted & found),
        wrongly_found=proven["found_count"] - len(wanted & found),
        remainder=(proven["remainder"][0], proven["remainder"][1]),
    )


class Child:
    """One process of the bench."""

    def __init__(self, role: str, asked: dict[str, Any]) -> None:
        """Start it."""
        self._role = role
        self._process = subprocess.Popen(  # noqa: S603 - our own program with our own arguments
            [sys.executable, "-m", f"scenarios.bench.{role}_process", json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )

    def __enter__(self) -> Self:
        """The process itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def ask(self, line: str) -> dict[str, Any]:
        """Give it a line and take its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self, key: str = "", told: Told = lambda _role, _done: None) -> dict[str, Any]:
        """The next thing it says that has `key`; what it says before that is progress."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said: dict[str, Any] = json.loads(line)
            if not key or key in said:
                return said
            told(self._role, int(said["done"]))
        raise BenchFailed(f"the {self._role} process ended early")
