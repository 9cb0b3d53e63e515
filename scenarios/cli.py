"""``tillproof demo`` and ``tillproof bench``: the main job on real receipts, shown and measured."""

import json
from pathlib import Path
from typing import Annotated

import typer


def register(root: typer.Typer) -> None:
    """Add both commands."""
    root.command()(demo)
    group = typer.Typer(no_args_is_help=True, help="Measure the main job.")
    root.add_typer(group, name="bench")


def demo(
    days: Annotated[int, typer.Option(min=1, help="Days of receipts; 365 is the full year.")] = 7,
    seed: Annotated[int, typer.Option(help="Seed of everything that is made up.")] = 7,
    out: Annotated[Path, typer.Option(help="Where the report goes.")] = Path("reports/demo"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
) -> None:
    """Run the main job on real receipts, end to end, against the fakes. Exits 0 when all is as foretold."""
    from rich.console import Console

    from fakes.lightspeed_r.receipts_data import NoReceipts
    from scenarios.demo import DemoFailed, run
    from scenarios.demo_print import show

    try:
        result = run(days=days, seed=seed, out=out, quiet=quiet)
    except (NoReceipts, DemoFailed, ValueError) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None
    if as_json:
        print(json.dumps(result.as_json(), indent=2, default=str))
    else:
        show(result, Console())
    raise typer.Exit(0 if result.as_planned else 1)
