"""`tillproof monitor repair`: where the monitor and the sync meet, by the sync's public door."""

# ruff: noqa: PLC0415, T201 - as in every cli.py

import json as json_
from typing import Annotated

import typer

from monitor.nightly_cli import SETTINGS_FILE, Json, SettingsPath, opened

_CODES = """
\b
Exit codes: 0 the plan was shown, or nothing is left to send; 1 sent, but not all of it is to be seen yet;
2 it could not be sent or judged."""


def offer(monitor: typer.Typer) -> None:
    """Offer the command under `tillproof monitor`."""
    monitor.command("repair", epilog=_CODES)(repair)


def repair(
    run: Annotated[int, typer.Argument(metavar="RUN", help="The run whose findings are to be mended.")],
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it; without this the plan is only shown.")
    ] = False,
    wait: Annotated[int, typer.Option(min=0, help="Minutes to wait for Klaviyo to show what was sent.")] = 8,
    settings: SettingsPath = SETTINGS_FILE,
    json: Json = False,
) -> None:
    """Mend what a run found: send what is missing, reconcile again, and show that it is closed.

    Shows first what would be sent, what cannot be undone, and what should be left. Doing it again sends
    nothing more.

    \b
    tillproof monitor history             the runs and their numbers
    tillproof monitor repair 42           the plan
    tillproof monitor repair 42 --apply
    """
    from monitor.alerting.courier import AppriseCourier
    from monitor.door import open_sync
    from monitor.nightly import Nights
    from monitor.repair_apply import Repairer, plan_of
    from sync.domain.clock import SystemClock

    with opened(settings) as (loaded, own, store):
        with store.reading() as connection:
            planned = plan_of(connection, run)
        if not apply:
            _show(planned.lines(), planned.as_json(), json=json)
            if not json and not planned.empty:
                print(f"To do it: tillproof monitor repair {run} --apply")
            return
        clock = SystemClock()
        nights = Nights(loaded, own, store, clock, courier=AppriseCourier())
        repairer = Repairer(nights, store, clock, lambda: open_sync(loaded))
        if not json:
            print("\n".join(planned.lines()))
        closure = repairer.apply(run, wait_s=wait * 60)
        _show([closure.words], closure.as_json(), json=json)
        raise typer.Exit(closure.exit_code)


def _show(lines: list[str], data: object, *, json: bool) -> None:
    print(json_.dumps(data) if json else "\n".join(lines))
