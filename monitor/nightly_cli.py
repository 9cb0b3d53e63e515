"""Commands of the nights: run, history, watchdog, alert-test. Heavy imports wait until a command runs."""

# ruff: noqa: PLC0415, T201 - as in every cli.py

import json as json_
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from monitor.nightly import Nights, Ran
    from monitor.settings import MonitorSettings
    from sync.settings import Settings
    from sync.store.database import Store

SETTINGS_FILE = Path("tillproof.toml")
_CODES = """
\b
Exit codes: 0 everything that was run agrees, or nothing was due; 1 drift was found; 2 something could not be
judged."""
_WATCH_CODES = """
\b
Exit codes: 0 everything is alive; 1 something is silent; 2 it could not be told."""

Account = Annotated[str | None, typer.Argument(help="One account; all of them when left out.")]
SettingsPath = Annotated[
    Path, typer.Option("--settings", "-s", envvar="TILLPROOF_SETTINGS", help="The settings file.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]
Day = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First business day.")]
LastDay = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last business day.")]


def offer(monitor: typer.Typer) -> None:
    """Offer these commands under `tillproof monitor`."""
    monitor.command("run", epilog=_CODES)(run)
    monitor.command("history")(history)
    monitor.command("watchdog", epilog=_WATCH_CODES)(watchdog)
    monitor.command("alert-test")(alert_test)
    monitor.command("example")(example)


def run(
    account: Account = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Run what is due, then end.")] = False,
    now: Annotated[bool, typer.Option("--now", help="Run at once, whatever is due, then end.")] = False,
    first: Day = None,
    last: LastDay = None,
    settings: SettingsPath = SETTINGS_FILE,
    json: Json = False,
) -> None:
    """Reconcile every night, remember what was found, and alert when something changed.

    Nights that were missed while nobody ran this are caught up, each once. Only one run works on an account
    at a time, whichever process it is in.

    \b
    tillproof monitor run                 stays and wakes up at the hour that [monitor] at names
    tillproof monitor run --once          for cron: what is due, then an exit code
    tillproof monitor run main --now --from 2026-03-01 --to 2026-03-31
    """
    with opened(settings) as (loaded, own, store):
        nights = _nights(loaded, own, store, quiet=json)
        if now or first or last:
            days = first and first.date(), last and last.date()
            ran = nights.run_now(account, *days)
        elif once:
            ran = nights.run_due(account)
        else:
            _stay(nights, account, store, own, loaded)
            return
        if json:
            print(json_.dumps({"runs": [_as_json(one) for one in ran]}))
        elif not ran:
            print("Nothing is due.")
        raise typer.Exit(max((one.exit_code for one in ran), default=0))


def history(
    account: Account = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many runs.")] = 20,
    settings: SettingsPath = SETTINGS_FILE,
    json: Json = False,
) -> None:
    """List the latest runs with their numbers and verdicts."""
    from dataclasses import asdict

    from monitor import history_read

    with opened(settings) as (_loaded, _own, store), store.reading() as connection:
        found = history_read.runs(connection, account, limit=limit)
    if json:
        print(json_.dumps({"runs": [asdict(one) for one in found]}, default=str))
        return
    for one in found:
        print(f"{one.id:>6}  {one.account}  {one.first_on} to {one.last_on}  {one.mode}  {one.sentence}")
    if not found:
        print("No run yet; `tillproof monitor run --now` makes one.")


def watchdog(
    account: Account = None,
    *,
    settings: SettingsPath = SETTINGS_FILE,
    json: Json = False,
) -> None:
    """Alert when the monitor, or the sync of an account, has fallen silent. For cron, every hour or so.

    \b
    tillproof monitor watchdog
    """
    from dataclasses import asdict

    from monitor.alerting.courier import AppriseCourier
    from monitor.alerting.deliver import deliver_due
    from monitor.alerting.desk import desk_of
    from monitor.alerting.watchdog import Patience, check
    from monitor.words import sentence
    from sync.domain.clock import SystemClock

    with opened(settings) as (loaded, own, store):
        now_at = SystemClock().now()
        names = known_accounts(loaded, account)
        found = check(store, desk_of(own), names, Patience(own.silent_after, own.source_silent_after), now_at)
        deliver_due(store, own.routes, AppriseCourier(), now_at)
        if json:
            print(json_.dumps({"silent": [asdict(one) for one in found]}))
        else:
            for one in found:
                print(f"{sentence(one.words)} {one.remedy}")
            if not found:
                print("Everything is alive.")
        raise typer.Exit(1 if found else 0)


def alert_test(
    route: Annotated[str | None, typer.Argument(help="One route; all of them when left out.")] = None,
    *,
    settings: SettingsPath = SETTINGS_FILE,
    json: Json = False,
) -> None:
    """Send a harmless message to the routes now, and say whether each took it.

    \b
    tillproof monitor alert-test
    tillproof monitor alert-test ops
    """
    from monitor.alerting.courier import AppriseCourier
    from monitor.alerting.deliver import try_routes
    from monitor.cli import plainly
    from monitor.settings import MonitorSettings
    from sync.settings import WrongSettings

    with plainly():
        own = MonitorSettings.load(settings)
        if route is not None and route not in own.routes:
            raise WrongSettings(
                f"there is no route {route}; known: {', '.join(sorted(own.routes)) or 'none'}"
            )
        if not own.routes:
            raise WrongSettings("there is no route yet; add a section [monitor.routes.NAME]")
        results = try_routes(own.routes, [route] if route else sorted(own.routes), AppriseCourier())
        if json:
            print(json_.dumps({name: {"ok": one.ok, "why": one.why} for name, one in results.items()}))
        else:
            for name, one in results.items():
                print(f"{name}: {'took it' if one.ok else one.why}")
        raise typer.Exit(0 if all(one.ok for one in results.values()) else 1)


def example() -> None:
    """Print a [monitor] section to start from."""
    from monitor.settings import EXAMPLE

    print(EXAMPLE, end="")


@contextmanager
def opened(settings: Path) -> "Iterator[tuple[Settings, MonitorSettings, Store]]":
    """The settings, the monitor's own part of them, and the database; trouble becomes a message."""
    from monitor.cli import plainly

    with plainly():
        from monitor.settings import MonitorSettings
        from sync.settings import Settings
        from sync.store.database import open_store

        loaded, own = Settings.load(settings), MonitorSettings.load(settings)
        with open_store(loaded.store.url, create=False) as store:
            yield loaded, own, store


def _nights(loaded: "Settings", own: "MonitorSettings", store: "Store", *, quiet: bool) -> "Nights":
    from monitor.alerting.courier import AppriseCourier
    from monitor.nightly import Nights
    from sync.domain.clock import SystemClock

    tell = (lambda _one: None) if quiet else _tell
    return Nights(loaded, own, store, SystemClock(), courier=AppriseCourier(), tell=tell)


def _stay(
    nights: "Nights", account: str | None, store: "Store", own: "MonitorSettings", loaded: "Settings"
) -> None:
    from monitor.alerting.desk import desk_of
    from monitor.alerting.watchdog import Patience, check
    from monitor.lag_watch import LagWatch
    from monitor.nightly_serve import tick_for_ever
    from sync.domain.clock import SystemClock

    desk, clock, names = desk_of(own), SystemClock(), known_accounts(loaded, account)
    lags = LagWatch(loaded, own, store, clock)

    def tick() -> None:
        check(store, desk, names, Patience(None, own.source_silent_after), clock.now())
        lags.look(names)
        nights.run_due(account)
        nights.send_alerts()

    print("Waiting for the nights; stop with Ctrl-C.")
    tick_for_ever(tick)


def known_accounts(loaded: "Settings", account: str | None) -> list[str]:
    """The accounts that are meant. Raises WrongSettings for an unknown one."""
    from sync.settings import WrongSettings

    if account is not None and account not in loaded.accounts:
        known = ", ".join(sorted(loaded.accounts)) or "none"
        raise WrongSettings(f"there is no account {account} in the settings; known: {known}")
    return [account] if account is not None else sorted(loaded.accounts)


def _tell(one: "Ran") -> None:
    night = f"night of {one.night_on}" if one.night_on else "now"
    print(f"{one.account} ({night}): {one.sentence}")
    print(f"  run {one.run}" + (f", read {one.folder}/report.html" if one.folder else ""))


def _as_json(one: "Ran") -> dict[str, Any]:
    return {
        "run": one.run,
        "account": one.account,
        "night_on": one.night_on.isoformat() if one.night_on else None,
        "verdict": one.verdict,
        "exit_code": one.exit_code,
        "sentence": one.sentence,
        "report": f"{one.folder}/report.html" if one.folder else "",
        "alerts": one.alert_count,
    }
