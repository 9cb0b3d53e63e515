"""The sync's commands. Only what `--help` needs is imported here; the rest waits until a command runs."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sync.app import App
    from sync.engine.runs import Result

SETTINGS_FILE = Path("tillproof.toml")
UNUSABLE, BUSY = 2, 3
_CODES = """
\b
Exit codes: 0 done; 1 done, but something went to the dead letters; 2 settings, key or database cannot be
used; 3 try later (an upstream is down or busy, or another run is working); 4 a person must connect or
permit something; 5 an upstream refused the request, or everything that was sent."""

Account = Annotated[str | None, typer.Argument(help="One account; all of them when left out.")]
OneAccount = Annotated[str, typer.Argument(metavar="NAME", help="The account, as the settings name it.")]
SettingsPath = Annotated[
    Path, typer.Option("--settings", "-s", envvar="TILLPROOF_SETTINGS", help="The settings file.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")]
Day = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First business day.")]
LastDay = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last business day.")]
Sales = Annotated[list[str] | None, typer.Option(help="The number of a sale; may be repeated.")]
Drift = Annotated[Path | None, typer.Option(help="A report's drift.csv: every sale it calls missing.")]
Numbers = Annotated[list[int] | None, typer.Argument(metavar="[NUMBER]...", help="Their numbers.")]
All = Annotated[bool, typer.Option("--all", help="All of them.")]
Only = Annotated[str | None, typer.Option("--account", "-a", help="Only this account.")]

sync = typer.Typer(no_args_is_help=True, help="Carry sales to Klaviyo.", rich_markup_mode=None)
dead_letters = typer.Typer(
    no_args_is_help=True, help="What could not be handled, with its reason.", rich_markup_mode=None
)
sync.add_typer(dead_letters, name="dead-letters")


def register(root: typer.Typer) -> None:
    """Offer `tillproof sync …`, `tillproof accounts …` and `tillproof hooks …`."""
    from sync.accounts.cli import accounts
    from sync.hooks.cli import hooks

    root.add_typer(sync, name="sync")
    root.add_typer(accounts, name="accounts")
    root.add_typer(hooks, name="hooks")


@sync.command(epilog=_CODES)
def once(
    account: Account = None,
    settings: SettingsPath = SETTINGS_FILE,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Read what changed since the last time and deliver it.

    \b
    tillproof sync once
    tillproof sync once main --json
    """
    from sync.show import Shown

    with opened(settings) as app, Shown(quiet=json) as shown:
        results = app.once(account, shown)
    told(results, json, verbose)


@sync.command(epilog=_CODES)
def backfill(
    account: Account = None,
    *,
    first: Day = None,
    last: LastDay = None,
    settings: SettingsPath = SETTINGS_FILE,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Deliver all history, or some business days, without firing flows.

    An interrupted backfill goes on where it stopped. Doing it again sends nothing twice.

    \b
    tillproof sync backfill
    tillproof sync backfill main --from 2026-01-01 --to 2026-03-31
    """
    from sync.show import Shown

    with opened(settings) as app, Shown(estimated=True, quiet=json) as shown:
        results = app.backfill(account, first and first.date(), last and last.date(), shown)
    told(results, json, verbose)


@sync.command(epilog=_CODES)
def resend(
    account: OneAccount,
    *,
    sale: Sales = None,
    drift: Drift = None,
    settings: SettingsPath = SETTINGS_FILE,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Send sales once more that the monitor did not find in Klaviyo.

    They go to the same profiles under the same ids, so what Klaviyo already has is not doubled, and as
    history, so that no flow greets anybody twice.

    \b
    tillproof sync resend main --sale 1042 --sale 1077
    tillproof sync resend main --drift reports/last-night/drift.csv     every sale it calls missing
    """
    from sync.drift import missing_sales
    from sync.show import Shown

    with plainly():
        chosen = [*(sale or []), *(missing_sales(drift, account) if drift else [])]
    if not chosen:
        raise typer.BadParameter(
            "name sales with --sale, or a drift.csv that calls some missing with --drift"
        )
    with opened(settings) as app, Shown(quiet=json) as shown:
        result = app.resend(account, chosen, shown)
    told([result], json, verbose)


@sync.command(epilog=_CODES)
def preview(
    account: Account = None,
    *,
    first: Day = None,
    last: LastDay = None,
    settings: SettingsPath = SETTINGS_FILE,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say what would be sent and what left out, and why, in counts and money. Sends nothing.

    Without days it looks at what the next `once` would read.

    \b
    tillproof sync preview
    tillproof sync preview main --from 2026-03-01 --json
    """
    from sync.show import Shown

    with opened(settings) as app, Shown(quiet=json) as shown:
        results = app.preview(account, first and first.date(), last and last.date(), shown)
    told(results, json, verbose)


@sync.command(epilog=_CODES)
def run(
    settings: SettingsPath = SETTINGS_FILE,
    verbose: Verbose = False,
    hooks: Annotated[
        int | None, typer.Option(metavar="PORT", help="Take webhooks on this port of 127.0.0.1 too.")
    ] = None,
) -> None:
    """Keep all accounts in step until stopped: by their rhythm, and live while shops are open.

    \b
    tillproof sync run
    tillproof sync run --hooks 8080         webhooks too, in the same process
    """
    from sync.hooks.cli import taking
    from sync.show import result_text

    def tell(result: "Result") -> None:
        if result.mode != "live" or result.tally.sent_count or result.detail:
            print(result_text(result, verbose=verbose), flush=True)

    def stop(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    with opened(settings) as app, taking(settings, hooks):
        print(f"keeping {', '.join(app.names())} in step; stop with Ctrl-C", file=sys.stderr)
        app.run(tell=tell)


@sync.command(epilog=_CODES)
def status(account: Account = None, settings: SettingsPath = SETTINGS_FILE, json: Json = False) -> None:
    """Say where the accounts stand: sent, waiting, dead letters, the last run.

    \b
    tillproof sync status
    tillproof sync status --json
    """
    from sync.show import as_json, status_text

    with opened(settings) as app:
        found = app.status(account)
    print(as_json(found) if json else "\n".join(status_text(one) for one in found))
    if any(one.trouble or not one.connected for one in found):
        raise typer.Exit(4)
    raise typer.Exit(1 if any(one.dead_letters for one in found) else 0)


@dead_letters.command("list")
def list_letters(
    account: Account = None,
    settings: SettingsPath = SETTINGS_FILE,
    json: Json = False,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 100,
) -> None:
    """Show what could not be handled.

    \b
    tillproof sync dead-letters list
    """
    from sync.show import as_json

    with opened(settings) as app:
        found = app.dead_letters.list(account, limit)
    if json:
        print(as_json(found))
        return
    for one in found:
        letter = one.letter
        print(f"{letter.number:>6}  {one.account}  {letter.subject} {letter.subject_id}  {letter.reason}")
        print(f"        {letter.detail}")
    print(f"{len(found)} dead letters" + (", there may be more" if len(found) == limit else ""))
    if found:
        print(
            "next: mend what they say at the till, in Klaviyo or in the settings, then\n"
            "  tillproof sync dead-letters retry --all (or their numbers; drop gives them up)"
        )


@dead_letters.command(epilog=_CODES)
def retry(
    numbers: Numbers = None,
    every: All = False,
    only: Only = None,
    settings: SettingsPath = SETTINGS_FILE,
    json: Json = False,
) -> None:
    """Try them again: refused events are sent once more, everything else is read anew from the till.

    \b
    tillproof sync dead-letters retry 17 18
    tillproof sync dead-letters retry --all
    """
    chosen = _chosen(numbers, every)
    with opened(settings) as app:
        results = app.dead_letters.retry(only, chosen)
    told(list(results), json, verbose=False)


@dead_letters.command()
def drop(
    numbers: Numbers = None, every: All = False, only: Only = None, settings: SettingsPath = SETTINGS_FILE
) -> None:
    """Give them up for good.

    \b
    tillproof sync dead-letters drop 17
    """
    chosen = _chosen(numbers, every)
    with opened(settings) as app:
        print(f"{app.dead_letters.drop(only, chosen)} dropped")


@contextmanager
def opened(path: Path) -> "Iterator[App]":
    """The program for a settings file. Trouble is told on stderr and becomes the exit code."""
    from sync.app import build
    from sync.settings import Settings

    with plainly(), build(Settings.load(path)) as app:
        yield app


@contextmanager
def plainly() -> Iterator[None]:
    """Turn trouble into a message on stderr and an exit code."""
    from sync.engine.runs import EXIT_CODES, named
    from sync.http.errors import ApiTrouble
    from sync.settings import WrongSettings
    from sync.store.errors import AccountBusy, StoreBusy, StoreTrouble

    try:
        yield
    except (AccountBusy, StoreBusy) as trouble:
        _stop(trouble, BUSY)
    except (WrongSettings, StoreTrouble) as trouble:
        _stop(trouble, UNUSABLE)
    except ApiTrouble as trouble:
        _stop(trouble, EXIT_CODES[named(trouble)])
    except KeyboardInterrupt:
        print("stopped; the next run goes on where this one ended", file=sys.stderr)
        raise typer.Exit(130) from None


def told(results: "list[Result]", json: bool, verbose: bool) -> None:
    """Print results and leave with the gravest of their exit codes."""
    from sync.show import as_json, result_json, result_text

    if json:
        print(as_json({"runs": [result_json(result) for result in results]}))
    else:
        print("\n".join(result_text(result, verbose=verbose) for result in results))
    raise typer.Exit(max((result.exit_code for result in results), default=0))


def _stop(trouble: Exception, code: int) -> None:
    print(f"tillproof: {trouble}", file=sys.stderr)
    raise typer.Exit(code) from None


def _chosen(numbers: list[int] | None, every: bool) -> list[int] | None:
    if bool(numbers) == every:
        raise typer.BadParameter("give their numbers, or --all")
    return None if every else numbers
