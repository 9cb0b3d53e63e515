"""``tillproof simulate``: lives made up from seeds, judged by nothing but the two ends."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from scenarios.simulation.command import Asked

_CODES = "Exit codes: 0 every life ended well, 1 some did not, 2 they could not be lived."
_TILLS = ("lightspeed_r", "lightspeed_x", "sitoo")


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command(epilog=_CODES)(simulate)


def simulate(
    *,
    seeds: Annotated[int, typer.Option(min=1, help="How many lives, of each till.")] = 100,
    first: Annotated[int, typer.Option(min=0, help="The first seed.")] = 1,
    till: Annotated[list[str] | None, typer.Option(help="Which till; may be given several times.")] = None,
    long: Annotated[bool, typer.Option("--long", help="Long lives, each of which asks the monitor.")] = False,
    monitor: Annotated[
        bool | None, typer.Option("--monitor/--no-monitor", help="Ask it in every life, or in none.")
    ] = None,
    workers: Annotated[int, typer.Option("-n", min=0, help="Processes; 0 is one per core.")] = 0,
    stop: Annotated[bool, typer.Option("--stop", "-x", help="End with the first life that fails.")] = False,
    trace: Annotated[
        Path | None, typer.Option(help="Write down the one life asked for: every step, request and event.")
    ] = None,
    as_scenario: Annotated[
        Path | None, typer.Option(help="Write the one life asked for as a scenario, shrunk if it fails.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of words.")] = False,
) -> None:
    """Make up lives of a merchant from seeds and live them; exits 1 when anybody complains.

    People buy, return, void, change their addresses; machines fail and die; the clock jumps. In the end every
    sale that should be in Klaviyo is there once, and nothing else. A seed gives the same life for ever.

    \b
    tillproof simulate --seeds 1000
    tillproof simulate --till lightspeed_r --seeds 1 --first 42 --trace life.txt
    tillproof simulate --till sitoo --seeds 1 --first 7 --as-scenario life.yaml
    tillproof simulate --long --seeds 10
    """
    from rich.console import Console

    from scenarios.simulation import command
    from scenarios.simulation.pool import ProcessDied

    asked = command.Asked(_known(till), first, seeds, long=long, monitor=monitor, workers=workers, stop=stop)
    if trace is not None or as_scenario is not None:
        raise typer.Exit(_one(asked, trace, as_scenario))
    try:
        with _bar(asked.tills, seeds, quiet=as_json) as told:
            found = command.simulate(asked, told)
    except ProcessDied as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None
    if as_json:
        print(command.print_json(found))
    else:
        command.show(found, Console())
    raise typer.Exit(1 if found.failed else 0)


def _known(tills: list[str] | None) -> list[str]:
    for one in tills or ():
        if one not in _TILLS:
            typer.echo(f"there is no till {one}; there is {', '.join(_TILLS)}", err=True)
            raise typer.Exit(2)
    return list(dict.fromkeys(tills)) if tills else list(_TILLS)


def _one(asked: "Asked", trace: Path | None, scenario: Path | None) -> int:
    from scenarios.simulation import command

    if asked.seeds != 1 or len(asked.tills) != 1:
        typer.echo("a trace or scenario is of one life: say --till NAME --seeds 1 --first SEED", err=True)
        return 2
    [story] = asked.stories(asked.tills[0])
    try:
        lived = command.traced(story, trace)
        written = command.as_scenario(lived, scenario) if scenario is not None else ""
    except OSError as problem:
        typer.echo(f"{problem.filename}: cannot be written ({problem.strerror})", err=True)
        return 2
    for line in lived.complaints or ["All is well."]:
        typer.echo(line)
    if trace is not None:
        typer.echo(f"{trace}: every step, request and event.")
    if written:
        typer.echo(written)
    return 1 if lived.complaints else 0


@contextmanager
def _bar(tills: Sequence[str], seeds: int, *, quiet: bool) -> Iterator[Callable[[str, int], None]]:
    """How far each till is, on standard error."""
    from rich.console import Console
    from rich.progress import Progress

    # Redrawn only when a life has ended: the processes are forked, which a drawing thread would endanger.
    with Progress(console=Console(stderr=True), disable=quiet, auto_refresh=False) as progress:
        rows = {name: progress.add_task(name, total=seeds) for name in tills}

        def told(name: str, done: int) -> None:
            progress.update(rows[name], completed=done, refresh=done % 25 == 0 or done == seeds)

        yield told
