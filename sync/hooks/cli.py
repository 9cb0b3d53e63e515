"""`tillproof hooks …`: being told of sales within seconds. Only what `--help` needs is imported here."""

import json as jsonlib
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli import SETTINGS_FILE, Account, Json, OneAccount, SettingsPath, Verbose, opened, plainly

if TYPE_CHECKING:
    from sync.engine.runs import Result
    from sync.hooks.serve import Serving

UNUSABLE = 2
HOST, PORT = "127.0.0.1", 8080
Url = Annotated[
    str, typer.Option(metavar="https://…", help="Where the vendor reaches `tillproof hooks serve`.")
]

hooks = typer.Typer(no_args_is_help=True, help="Be told of sales within seconds.", rich_markup_mode=None)


@hooks.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = PORT,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = HOST,
    settings: SettingsPath = SETTINGS_FILE,
    verbose: Verbose = False,
    json: Json = False,
) -> None:
    """Take webhooks and carry the sales they tell of, until stopped.

    Put it behind whatever ends TLS for you. `tillproof sync run` stays the safety net and may run beside it;
    `tillproof sync run --hooks PORT` is both in one process.

    \b
    tillproof hooks serve
    tillproof hooks serve --host 0.0.0.0 --port 8080
    """
    with plainly(), _serving(settings, host, port, verbose=verbose) as serving:
        if json:
            print(jsonlib.dumps({"url": f"http://{host}:{serving.port}"}), flush=True)
        print(f"taking webhooks at http://{host}:{serving.port}/hooks/…; stop with Ctrl-C", file=sys.stderr)
        signal.signal(signal.SIGTERM, _stop)
        serving.wait()


@hooks.command()
def register(
    account: OneAccount,
    url: Url,
    *,
    listing: Annotated[bool, typer.Option("--list", help="Only show what is registered.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take it back.")] = False,
    settings: SettingsPath = SETTINGS_FILE,
) -> None:
    """Tell the vendor where to send an account's webhooks, and check that it knows. Repeatable.

    Where a vendor has no way to be told (Sitoo), what a person has to paste there is printed.

    \b
    tillproof hooks register main --url https://hooks.example.com
    tillproof hooks register main --url https://hooks.example.com --list
    tillproof hooks register main --url https://hooks.example.com --remove
    """
    from sync.hooks import register as registering

    with opened(settings) as app:
        way = app.subscribing(account, registering.address_of(url, account))
        if isinstance(way, str):
            print(f"paste this in the vendor's back office, as events subscriptions:\n{way}")
            return
        with closing(way):
            if listing:
                for one in way.listed():
                    print(f"{one.name}  {one.url}  {'on' if one.active else 'off'}")
                return
            if remove:
                for one in registering.remove(way):
                    print(f"took back {one.name} at {one.url}")
                return
            found = registering.register(way)
    print("\n".join(found.told))
    for one in found.others:
        print(f"note: {one.name} goes to {one.url} too; --remove with its address takes it back")
    if not found.complete:
        print("the vendor does not show it yet; check again with --list", file=sys.stderr)
        raise typer.Exit(1)


@hooks.command()
def status(account: Account = None, settings: SettingsPath = SETTINGS_FILE, json: Json = False) -> None:
    """Say what came by webhook: waiting, the oldest, the last one, and how long sales took.

    \b
    tillproof hooks status
    tillproof hooks status --json
    """
    from sync.hooks.status import as_data, statuses, text_of

    with opened(settings) as app:
        found = statuses(app, account)
    if json:
        print(jsonlib.dumps([as_data(one) for one in found], indent=2))
    else:
        print("\n".join(text_of(one) for one in found))


@contextmanager
def taking(settings: Path, port: int | None) -> Iterator[None]:
    """Webhooks are taken on this port meanwhile; without one nothing is."""
    if port is None:
        yield
        return
    with _serving(settings, HOST, port, verbose=False) as serving:
        print(f"taking webhooks at http://{HOST}:{serving.port}/hooks/…", file=sys.stderr)
        yield


@contextmanager
def _serving(path: Path, host: str, port: int, *, verbose: bool) -> "Iterator[Serving]":
    from sync.hooks.app import build
    from sync.hooks.serve import Serving
    from sync.settings import Settings
    from sync.show import result_text

    def tell(result: "Result") -> None:
        if result.tally.sent_count or result.detail:
            print(result_text(result, verbose=verbose), flush=True)

    with build(Settings.load(path), tell=tell) as taken:
        for name, words in taken.remarks.items():
            print(f"{name}: {words}", file=sys.stderr)
        try:
            serving = Serving(taken, host, port)
        except OSError as problem:
            print(f"tillproof: cannot listen at {host}:{port} ({problem.strerror})", file=sys.stderr)
            raise typer.Exit(UNUSABLE) from None
        with serving:
            yield serving


def _stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
