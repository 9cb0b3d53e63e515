"""``tillproof demo`` and ``tillproof bench``: the main job on real receipts, shown and measured."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from scenarios.bench.outcome import Outcome
    from scenarios.bench.speed import Told

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")]


class Switch(StrEnum):
    """On or off, as typed on the command line."""

    ON = "on"
    OFF = "off"


class Till(StrEnum):
    """A point of sale there is a fake of."""

    LIGHTSPEED_R = "lightspeed_r"
    LIGHTSPEED_X = "lightspeed_x"
    SITOO = "sitoo"


def register(root: typer.Typer) -> None:
    """Add both commands."""
    from scenarios.runner.cli import register as register_stories
    from scenarios.simulation.cli import register as register_simulation

    register_stories(root)
    register_simulation(root)
    root.command()(demo)
    group = typer.Typer(no_args_is_help=True, help="Measure the main job.")
    group.command("main-job")(main_job)
    group.command("live")(live)
    group.command("limits-x")(limits_x)
    group.command("fakes")(fakes)
    group.command("reconcile")(reconcile)
    group.command("hooks")(hooks)
    group.command("dashboard")(dashboard)
    root.add_typer(group, name="bench")


def demo(
    *,
    days: Annotated[int, typer.Option(min=1, help="Days of receipts; 365 is the full year.")] = 7,
    source: Annotated[
        Till, typer.Option(help="The till whose fake the receipts are rung up in.")
    ] = Till.LIGHTSPEED_R,
    seed: Annotated[int, typer.Option(help="Seed of everything that is made up.")] = 7,
    out: Annotated[Path, typer.Option(help="Where the report goes.")] = Path("reports/demo"),
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say where every number comes from.")
    ] = False,
) -> None:
    """Run the main job on real receipts, end to end, against the fakes. Exits 0 when all is as foretold.

    \b
    tillproof demo
    tillproof demo --source lightspeed_x
    tillproof demo --source sitoo -v
    tillproof demo --days 365 -v
    """
    from rich.console import Console

    from scenarios.demo import run
    from scenarios.demo_print import show

    with _plainly():
        result = run(days=days, source=source.value, seed=seed, out=out, quiet=quiet or as_json)
    if as_json:
        print(json.dumps(result.as_json(), indent=2, default=str))
    else:
        show(result, Console(), verbose=verbose)
    raise typer.Exit(0 if result.as_planned else 1)


def main_job(
    *,
    days: Annotated[int, typer.Option(min=1, help="Days of receipts; 365 is the full year.")] = 365,
    limits: Annotated[Switch, typer.Option(help="Whether the vendors' rate limits apply.")] = Switch.OFF,
    registers: Annotated[
        int, typer.Option(min=1, help="With limits on: the till's registers, which size its bucket.")
    ] = 1,
    seed: Annotated[int, typer.Option(help="Seed of everything that is made up.")] = 7,
    out: Annotated[Path, typer.Option(help="Where the monitor's report goes.")] = Path("reports/bench"),
    as_json: AsJson = False,
) -> None:
    """Backfill and reconcile real receipts: at full speed over the network, or within the limits.

    With the limits off, the fakes, the sync and the monitor have a process each. With the limits on, all
    share one virtual clock, and the time it shows is held against the least that the limits allow.
    """
    from scenarios.bench import limited, show, speed

    def within_limits(told: "Told") -> "Outcome":
        return show.limited_outcome(limited.measure(days=days, seed=seed, registers=registers, told=told))

    def full_speed(told: "Told") -> "Outcome":
        return show.speed_outcome(speed.measure(days=days, seed=seed, out=out, told=told))

    _run(within_limits if limits is Switch.ON else full_speed, as_json=as_json)


def live(
    hours: Annotated[int, typer.Option(min=1, help="Hours of trade.")] = 4,
    per_hour: Annotated[int, typer.Option(min=1, help="Sales an hour.")] = 60,
    seed: Annotated[int, typer.Option(help="Seed of everything that is made up.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Poll one register live on a virtual clock: how long a sale takes from the till to Klaviyo."""
    from scenarios.bench.live import measure
    from scenarios.bench.show import live_outcome

    _run(
        lambda told: live_outcome(measure(hours=hours, per_hour=per_hour, seed=seed, told=told)),
        as_json=as_json,
    )


def reconcile(
    rows: Annotated[int, typer.Option(min=1000, help="Sales to compare with their events.")] = 5_000_000,
    memory_limit: Annotated[str, typer.Option(help="Memory the comparison keeps within.")] = "2GB",
    seed: Annotated[int, typer.Option(help="Seed of everything that is made up.")] = 7,
    peer: Annotated[bool, typer.Option(help="Run datacompy on Polars too.")] = True,
    as_json: AsJson = False,
) -> None:
    """Compare two exports with known defects: ours, and datacompy on Polars, each as a process of its own."""
    from scenarios.bench.reconcile import measure
    from scenarios.bench.reconcile_show import outcome

    _run(
        lambda told: outcome(measure(rows=rows, seed=seed, memory_limit=memory_limit, peer=peer, told=told)),
        as_json=as_json,
    )


def limits_x(
    sales: Annotated[int, typer.Option(min=1, help="Sales to backfill.")] = 100_000,
    page_rows: Annotated[int, typer.Option(min=1, help="Sales the till gives a page.")] = 500,
    seed: Annotated[int, typer.Option(help="Seed of everything that is made up.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Backfill an X-Series account on a virtual clock, against the least that both vendors' limits allow."""
    from scenarios.bench.limited_x import measure, outcome

    _run(
        lambda told: outcome(measure(sales=sales, page_rows=page_rows, seed=seed, told=told)), as_json=as_json
    )


def fakes(
    seconds: Annotated[int, typer.Option(min=1, help="How long each is measured.")] = 5,
    as_json: AsJson = False,
) -> None:
    """How fast the fakes answer: served and in process; and how soon a fresh world stands."""
    from scenarios.bench.fakes_speed import measure, outcome

    _run(lambda told: outcome(measure(seconds=seconds, told=told)), as_json=as_json)


def dashboard(
    accounts: Annotated[int, typer.Option(min=12, help="Accounts.")] = 1_000,
    days: Annotated[int, typer.Option(min=12, help="Days of history each.")] = 365,
    as_json: AsJson = False,
) -> None:
    """How long every page of the dashboard takes with a made-up history, asked over a socket."""
    from scenarios.bench.dashboard import measure, outcome
    from scenarios.bench.dashboard_seed import Size

    size = Size(accounts=accounts, days=days)
    _run(lambda told: outcome(measure(size=size, told=told)), as_json=as_json)


def hooks(
    rate: Annotated[float, typer.Option(min=1, help="Webhooks a second.")] = 50,
    seconds: Annotated[int, typer.Option(min=1, help="How long.")] = 20,
    seed: Annotated[int, typer.Option(help="Seed of everything that is made up.")] = 7,
    as_json: AsJson = False,
) -> None:
    """How long a sale takes from its webhook to Klaviyo, with `tillproof hooks serve` between the fakes."""
    from scenarios.bench.hooks import measure, outcome

    _run(
        lambda told: outcome(measure(rate=rate, seconds=seconds, seed=seed, told=told), rate), as_json=as_json
    )


def _run(bench: "Callable[[Told], Outcome]", *, as_json: bool) -> None:
    """Run it with a bar, tell what came out, and exit 0 when all of it holds."""
    from rich.console import Console

    with _bar(quiet=as_json) as told, _plainly():
        outcome = bench(told)
    if as_json:
        print(json.dumps(outcome.as_json(), indent=2))
    else:
        outcome.show(Console())
    raise typer.Exit(0 if outcome.holds else 1)


@contextmanager
def _plainly() -> "Iterator[None]":
    """What cannot be run is said in words, with exit code 2."""
    from fakes.receipts.data import NoReceipts
    from scenarios.bench.speed import BenchFailed
    from scenarios.demo import DemoFailed

    try:
        yield
    except (NoReceipts, BenchFailed, DemoFailed, ValueError) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None


@contextmanager
def _bar(*, quiet: bool) -> "Iterator[Told]":
    """A line per process on standard error with how far it is."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<10}{task.completed:>12,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        rows = {"": progress.add_task("starting", total=None)}

        def told(who: str, done: int) -> None:
            if who not in rows:
                rows[who] = progress.add_task(who, total=None)
            progress.update(rows[who], completed=done)

        yield told
