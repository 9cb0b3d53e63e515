"""The main job on real receipts: shops trade on a virtual clock, the sync carries, the monitor proves.

History is rung up and backfilled; then the shops trade and an hourly sync follows; then known defects are
planted in Klaviyo and the monitor has to find exactly those. Every number is foretold from the receipts.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from fakes.receipts.data import first_day
from fakes.receipts.load import Loaded
from monitor.report_data import Report
from scenarios.demo_explain import (
    Line,
    Match,
    compare,
    explain_events,
    explain_left_out,
    explain_sales,
    remainders,
)
from scenarios.demo_tills import TILLS, TillPlan
from scenarios.harness.sabotage import Planted, Saboteur
from scenarios.harness.world import World
from sync.engine.runs import Outcome
from sync.engine.runs import Result as SyncResult

TRADED_DAYS_MAX = 4  # the rest is history by the time anybody connects the account
SETTLED = timedelta(hours=8)  # until the last day is over in the west, and every sale has had its time
_EASTERN = ZoneInfo("America/New_York")  # the first shops to open
_HOUR = timedelta(hours=1)

Spoil = Callable[[World], list[Planted]]


class DemoFailed(Exception):
    """The sync did not do its work, so there is nothing to judge."""


@dataclass(slots=True)
class Result:
    """What the demo did, foretold and found."""

    loaded: Loaded
    report: Report
    matches: list[Match]
    events: list[Line]
    left_out: list[Line]  # the sales in all, then by reason
    remainder: tuple[int, int]
    html: Path
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def as_planned(self) -> bool:
        """Whether exactly the planted defects were found, and every foretold number came true."""
        lines: list[Match | Line] = [*self.matches, *self.events, *self.left_out]
        return all(line.holds for line in lines) and self.remainder == (0, 0)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "as_planned": self.as_planned,
            "sentence": self.report.sentence,
            "report": str(self.html),
            "remainder": {"count": self.remainder[0], "minor": self.remainder[1]},
            "findings": [asdict(match) for match in self.matches],
            "events": [asdict(line) for line in self.events],
            "left_out": [asdict(line) for line in self.left_out],
            "receipts": self.loaded.as_json(),
            "seconds": {stage: round(seconds, 2) for stage, seconds in self.seconds.items()},
        }


def run(
    *,
    days: int,
    seed: int,
    out: Path,
    source: str = "lightspeed_r",
    start: date | None = None,
    quiet: bool = True,
    spoil: Spoil | None = None,
) -> Result:
    """Run the demo and write its report into `out`. `spoil` replaces the saboteur.

    Raises NoReceipts, ValueError for days without receipts, and DemoFailed when the sync gave up.
    """
    out.mkdir(parents=True, exist_ok=True)
    stages = Stages(quiet=quiet)
    begin, plan = first_day(days, start), TILLS[source]
    with (
        stages.shown(),
        tempfile.TemporaryDirectory() as folder,
        World(
            Path(folder),
            _opening(begin, days),
            source=source,
            seed=seed,
            account={"metrics": plan.metrics},
            **plan.build,
        ) as world,
    ):
        with stages.stage("ringing up"):
            loaded = plan.load(world.till.state, seed=seed, days=days, start=start)
        for email in loaded.known_emails:
            world.klaviyo.state.profile(email)
        _carry(world, loaded, stages, plan.every_s)
        events = explain_events(plan, loaded, world.events_by_metric())
        with stages.stage("planting"):
            planted = spoil(world) if spoil else _spoil(world, seed, plan)
        last = loaded.last_at.date()
        with stages.stage("reconciling") as told:
            report = world.reconcile(begin, last, out, progress=lambda _name, _side, count: told(count))
    return Result(
        loaded=loaded,
        report=report,
        matches=compare(planted, report),
        events=events,
        left_out=[explain_sales(plan, loaded, report), *explain_left_out(plan, loaded, report)],
        remainder=remainders(report),
        html=out / "report.html",
        seconds=stages.seconds,
    )


def _opening(begin: date, days: int) -> datetime:
    """The midnight before the days that are traded while we watch."""
    traded = min(TRADED_DAYS_MAX, max(1, days - days // 2))
    opening = begin + timedelta(days=days - traded)
    return datetime(opening.year, opening.month, opening.day, tzinfo=_EASTERN).astimezone(UTC)


def _spoil(world: World, seed: int, plan: TillPlan) -> list[Planted]:
    saboteur = Saboteur(world.klaviyo.state, world.till.state, seed=seed, order_metric=plan.order_metric)
    return saboteur.plant(plan.defects)


def _carry(world: World, loaded: Loaded, stages: "Stages", every_s: int) -> None:
    """Backfill the history, then follow the shops run by run until nothing is left to happen."""
    if loaded.first_at <= world.clock.now():
        with stages.stage("backfilling") as told:
            _check(world.sync.backfill(progress=lambda page, _tally: told(page.row_count))[0])
    # The look-back that finds late uploads comes round once a day, at midnight UTC.
    end = _midnight_after(loaded.last_at) + _HOUR
    rounds = max(1, round((end - world.clock.now()).total_seconds() / every_s))
    with stages.stage("trading", rounds) as told:
        while world.clock.now() < end:
            _sleep_until(world, _next_round(world.clock.now(), every_s))
            _check(world.once())
            told(1)
    world.clock.sleep(SETTLED.total_seconds())


def _sleep_until(world: World, at: datetime) -> None:
    world.clock.sleep((at - world.clock.now()).total_seconds())


def _next_round(now: datetime, every_s: int) -> datetime:
    return datetime.fromtimestamp((int(now.timestamp()) // every_s + 1) * every_s, UTC)


def _midnight_after(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _check(result: SyncResult) -> None:
    if result.outcome is not Outcome.DONE:
        raise DemoFailed(f"{result.mode} ended as {result.outcome}: {result.detail}")


class Stages:
    """The stages of the demo as progress bars on standard error, and how long each took."""

    def __init__(self, *, quiet: bool) -> None:
        """A quiet one only measures."""
        self.seconds: dict[str, float] = {}
        self._bars = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            TextColumn("{task.completed:>9,.0f}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=quiet,
        )

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draw while the block runs."""
        with self._bars:
            yield

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """One stage; call what it gives with how much more was done."""
        task = self._bars.add_task(name, total=total)
        started = time.perf_counter()
        try:
            yield lambda more: self._bars.advance(task, more)
        finally:
            self.seconds[name] = time.perf_counter() - started
            self._finish(task)

    def _finish(self, task: TaskID) -> None:
        done = next(one.completed for one in self._bars.tasks if one.id == task)
        self._bars.update(task, total=max(done, 1), completed=max(done, 1))
