"""The monitor's commands. Only what `--help` needs is imported here; the rest waits until a command runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from monitor.report_data import Report

COULD_NOT_JUDGE = 2
_CODES = """
\b
Exit codes: 0 both sides agree; 1 drift was found; 2 it could not be judged."""

monitor = typer.Typer(no_args_is_help=True, help="Prove what reached Klaviyo.", rich_markup_mode=None)


def register(root: typer.Typer) -> None:
    """Offer `tillproof monitor …`."""
    from monitor import nightly_cli, preview_cli, repair_cli
    from monitor.web import cli as web_cli

    nightly_cli.offer(monitor)
    repair_cli.offer(monitor)
    preview_cli.offer(monitor)
    web_cli.offer(monitor)
    root.add_typer(monitor, name="monitor")


@monitor.callback()
def _group() -> None:
    # With a callback, Typer keeps the name of a group's only command.
    pass


@monitor.command(epilog=_CODES)
def reconcile(
    account: Annotated[str | None, typer.Argument(help="One account; all of them when left out.")] = None,
    *,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First business day.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last business day.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="The last finished days, when no days are named.")] = 7,
    out: Annotated[Path, typer.Option(help="Where report, drift.csv and evidence go.")] = Path(
        "reports/latest"
    ),
    settle: Annotated[
        int, typer.Option(min=0, help="Minutes in which a changed sale is not called missing yet.")
    ] = 120,
    tolerance: Annotated[
        int, typer.Option(min=0, help="Minor units by which amounts may differ without being a finding.")
    ] = 0,
    key: Annotated[
        str | None, typer.Option(help="The property that names an event's sale: $event_id, OrderId, …")
    ] = None,
    integration: Annotated[
        str | None, typer.Option(help="Who owns the metrics in Klaviyo; * stands for anything.")
    ] = None,
    settings: Annotated[
        Path, typer.Option("--settings", "-s", envvar="TILLPROOF_SETTINGS", help="The settings file.")
    ] = Path("tillproof.toml"),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
) -> None:
    """Compare the POS with Klaviyo, sale by sale, and write a report.

    \b
    tillproof monitor reconcile
    tillproof monitor reconcile main --from 2026-03-01 --to 2026-03-31 --out reports/march
    """
    with plainly():
        from monitor.app import build, last_days, zones_of
        from monitor.opening import watched
        from monitor.progress import Shown
        from sync.domain.clock import SystemClock
        from sync.settings import Settings

        clock = SystemClock()
        loaded = Settings.load(settings)
        with (
            watched(loaded, account, clock=clock, key_property=key, integration=integration) as accounts,
            Shown(quiet=json) as shown,
        ):
            if first is None or last is None:
                named = last_days(clock, days, zones_of(accounts))
            window = first.date() if first else named[0], last.date() if last else named[1]
            report = build(accounts, clock=clock, progress=shown).reconcile(
                *window, out, settle * 60, tolerance_minor=tolerance
            )
        _tell(report, out, json=json, verbose=verbose)
        raise typer.Exit(report.exit_code)


@monitor.command(epilog=_CODES)
def compare(
    *,
    expected: Annotated[Path, typer.Option(help="What the POS sold: .parquet or .csv.")],
    observed: Annotated[Path, typer.Option(help="The events Klaviyo holds: .parquet or .csv.")],
    out: Annotated[Path, typer.Option(help="Where report and drift go.")] = Path("reports/compare"),
    metric: Annotated[
        list[str] | None, typer.Option(help="KIND=NAME: the metric of a kind of sale. May be repeated.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="The instant to judge as of; the latest in the files when left out.")
    ] = None,
    settle: Annotated[int, typer.Option(min=0, help="Minutes in which a difference is not called one.")] = 0,
    tolerance: Annotated[
        int, typer.Option(min=0, help="Minor units by which amounts may differ without being a finding.")
    ] = 0,
    memory_limit: Annotated[str, typer.Option(help="Memory to keep within, such as 800MB or 2GB.")] = "2GB",
    threads: Annotated[int, typer.Option(min=1, help="Processor cores to use.")] = 2,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
) -> None:
    """Compare two exports, without asking anybody, and write the same report.

    \b
    tillproof monitor compare --expected pos.parquet --observed events.parquet --out reports/march
    """
    with plainly():
        from monitor.offline.app import compare_exports
        from monitor.offline.asked import options
        from monitor.progress import steps

        asked = options(
            metric or (),
            as_of=as_of,
            settle_min=settle,
            tolerance_minor=tolerance,
            memory_limit=memory_limit,
            threads=threads,
        )
        with steps(quiet=json) as told:
            report = compare_exports(expected, observed, out, asked, told)
        _tell(report, out, json=json, verbose=verbose)
        raise typer.Exit(report.exit_code)


def _tell(report: "Report", out: Path, *, json: bool, verbose: bool) -> None:
    if json:
        from monitor.outputs import summary_json

        print(summary_json(report, out))
        return
    from rich.console import Console

    from monitor.summary import render_summary

    console = Console()
    for line in render_summary(report, detail=verbose):
        console.print(line)
    console.print(f"Read {out / 'report.html'}", highlight=False)


@contextmanager
def plainly() -> Iterator[None]:
    """Turn trouble into a message on stderr and "could not judge": never into what means drift."""
    from sync.http.errors import ApiTrouble
    from sync.settings import WrongSettings
    from sync.store.errors import StoreTrouble

    try:
        yield
    except (WrongSettings, StoreTrouble, ApiTrouble, ValueError) as trouble:
        _stop(str(trouble))
    except OSError as trouble:
        _stop(f"{trouble.filename or 'the output'} cannot be written ({trouble.strerror})")
    except KeyboardInterrupt:
        print("stopped; nothing was judged", file=sys.stderr)
        raise typer.Exit(130) from None
    except typer.Exit:
        raise
    except Exception:  # noqa: BLE001 - Python would exit with 1, which means drift
        import traceback

        traceback.print_exc()
        _stop("this is a fault of the monitor; please report it with the lines above")


def _stop(words: str) -> None:
    print(f"could not judge: {words}", file=sys.stderr)
    raise typer.Exit(COULD_NOT_JUDGE) from None
