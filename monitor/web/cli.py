"""`tillproof monitor serve` and `tillproof monitor users`. Heavy imports wait until a command runs."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.nightly_cli import SETTINGS_FILE, Json, SettingsPath

if TYPE_CHECKING:
    from monitor.settings import MonitorSettings
    from sync.settings import Settings
    from sync.store.database import Store

Name = Annotated[str, typer.Argument(metavar="NAME", help="The person's name for signing in.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
_PORT = 8080

users = typer.Typer(no_args_is_help=True, help="Who may sign in to the dashboard.", rich_markup_mode=None)


def offer(monitor: typer.Typer) -> None:
    """Offer these commands under `tillproof monitor`."""
    monitor.command("serve")(serve)
    monitor.add_typer(users, name="users")


def serve(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port.")] = _PORT,
    url: Annotated[str, typer.Option(help="How people reach it; else [monitor] link.")] = "",
    allow_host: Annotated[list[str] | None, typer.Option(help="Another name it answers to.")] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Requests at once.")] = 8,
    upstream: Annotated[
        list[str] | None,
        typer.Option(help="NAME=URL: where accounts connected here find a POS or klaviyo, for trying fakes."),
    ] = None,
    settings: SettingsPath = SETTINGS_FILE,
) -> None:
    """Serve the dashboard. Put a proxy with https in front when it is reached from elsewhere.

    \b
    tillproof monitor users add ann --role operator
    tillproof monitor serve
    tillproof monitor serve --host 0.0.0.0 --url https://tillproof.example.com
    """
    import os

    from monitor.web.app import build, warm
    from monitor.web.serve import serve_for_ever, upstreams_of
    from monitor.web.site import Configured

    with opened(settings) as (loaded, own, store):
        configured = Configured(loaded, own, settings, dict(os.environ))
        app = build(
            configured, store, url=url, hosts=allow_host or (), upstreams=upstreams_of(upstream or ())
        )
        reached = url or own.link or f"http://{host}:{port}"
        print(f"The dashboard is at {reached}; stop with Ctrl-C.", flush=True)
        if not app.extensions["tillproof"].users.every():
            print("Nobody may sign in yet: tillproof monitor users add NAME --role operator", file=sys.stderr)
        serve_for_ever(warm(app), host, port, threads)


@users.command()
def add(
    name: Name,
    *,
    role: Annotated[
        str, typer.Option(help="viewer: looks; operator: also syncs, repairs, connects.")
    ] = "viewer",
    account: Annotated[
        list[str] | None, typer.Option(help="Sees this account only. May be repeated; all when left out.")
    ] = None,
    password_stdin: FromStdin = False,
    settings: SettingsPath = SETTINGS_FILE,
) -> None:
    """Let somebody sign in. Asks for the password.

    \b
    tillproof monitor users add ann --role operator
    tillproof monitor users add shop-7 --account main
    """
    from monitor.nightly_cli import known_accounts
    from monitor.web.users import Role, Users
    from sync.settings import WrongSettings

    with opened(settings) as (loaded, _own, store):
        if role not in list(Role):
            raise WrongSettings(f"there is no role {role}; there is {', '.join(Role)}")
        for one in account or ():
            known_accounts(loaded, one)
        added = Users(store).add(name, Role(role), _password(password_stdin), account or (), int(time.time()))
        print(f"{added.name} may sign in as {added.role}")


@users.command("list")
def list_users(*, settings: SettingsPath = SETTINGS_FILE, json: Json = False) -> None:
    """Show who may sign in."""
    import json as json_

    from monitor.web.users import Users

    with opened(settings) as (_loaded, _own, store):
        found = Users(store).every()
    if json:
        rows = [{"name": one.name, "role": one.role, "accounts": sorted(one.accounts)} for one in found]
        print(json_.dumps({"users": rows}))
        return
    for one in found:
        print(f"{one.name}  {one.role}  {', '.join(sorted(one.accounts)) or 'all accounts'}")
    if not found:
        print("Nobody yet; tillproof monitor users add NAME --role operator")


@users.command()
def password(
    name: Name, *, password_stdin: FromStdin = False, settings: SettingsPath = SETTINGS_FILE
) -> None:
    """Give somebody another password. Ends every sign-in of theirs."""
    from monitor.web.users import Users

    with opened(settings) as (_loaded, _own, store):
        Users(store).change_password(name, _password(password_stdin))
        print(f"{name} has another password and is signed out everywhere")


@users.command()
def role(
    name: Name,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="viewer or operator.")],
    *,
    settings: SettingsPath = SETTINGS_FILE,
) -> None:
    """Give somebody another role. Ends every sign-in of theirs."""
    from monitor.web.users import Role, Users
    from sync.settings import WrongSettings

    with opened(settings) as (_loaded, _own, store):
        if role not in list(Role):
            raise WrongSettings(f"there is no role {role}; there is {', '.join(Role)}")
        Users(store).change_role(name, Role(role))
        print(f"{name} is {role} now")


@users.command()
def remove(name: Name, *, settings: SettingsPath = SETTINGS_FILE) -> None:
    """Nobody signs in by that name any more, at once."""
    from monitor.web.users import Users

    with opened(settings) as (_loaded, _own, store):
        Users(store).remove(name)
        print(f"{name} is removed")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password (12 characters or more)", hide_input=True, confirmation_prompt=True))


@contextmanager
def opened(settings: Path) -> "Iterator[tuple[Settings, MonitorSettings, Store]]":
    """Settings and database, which is made when there is none: a first account may be connected here."""
    from monitor.cli import plainly

    with plainly():
        from monitor.settings import MonitorSettings
        from sync.settings import Settings
        from sync.store.database import open_store

        loaded, own = Settings.load(settings), MonitorSettings.load(settings)
        with open_store(loaded.store.url) as store:
            yield loaded, own, store
