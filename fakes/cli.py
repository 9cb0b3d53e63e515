"""``tillproof fakes``: serve the vendors' fakes on sockets, for anybody who wants to try something."""

import gc
import json
import signal
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import ssl

    from fakes.kit.clock import Clock

# In the order of their ports, which stay the same whichever are served. A new vendor is one row.
VENDORS: dict[str, str] = {
    "klaviyo": "fakes.klaviyo.app",
    "lightspeed_r": "fakes.lightspeed_r.app",
    "lightspeed_x": "fakes.lightspeed_x.app",
    "sitoo": "fakes.sitoo.app",
}
BUILT = ("klaviyo", "lightspeed_r")


def register(root: typer.Typer) -> None:
    """Add ``tillproof fakes``."""
    group = typer.Typer(no_args_is_help=True)
    group.callback()(_group)
    group.command()(serve)
    root.add_typer(group, name="fakes")


def _group() -> None:
    """Fakes of Klaviyo and the points of sale."""
    # With a callback, Typer keeps the name of a group's only command.


def serve(
    *,
    port_base: Annotated[int, typer.Option(help="Port of the first vendor; 0 takes free ones.")] = 9100,
    only: Annotated[str, typer.Option(help="Vendors to serve, comma-separated.")] = ",".join(BUILT),
    seed: Annotated[int, typer.Option(help="Seed of ids and draws.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
    virtual_clock: Annotated[
        str | None, typer.Option(help="Stand still at this instant, moved through /_fake/clock.")
    ] = None,
    no_limits: Annotated[bool, typer.Option("--no-limits", help="Switch rate limits off.")] = False,
    tls: Annotated[bool, typer.Option("--tls", help="Serve https, with an authority of our own.")] = False,
    tls_dir: Annotated[
        Path, typer.Option(help="Where that authority is kept; trust its fakes-ca.pem.")
    ] = Path(".fakes-tls"),
) -> None:
    """Serve the fakes until Ctrl-C or SIGTERM; their credentials are fixed and published.

    \b
    tillproof fakes serve
    tillproof fakes serve --only klaviyo --port-base 0 --json
    tillproof fakes serve --tls          then: curl --cacert .fakes-tls/fakes-ca.pem https://localhost:9100/…
    """
    names = _chosen(only)
    clock = _clock(virtual_clock)
    fakes = {name: _build(name, clock, seed) for name in names}
    for fake in fakes.values():
        fake.limits.enabled = not no_limits
    order = list(VENDORS)
    ports = {name: port_base + order.index(name) if port_base else 0 for name in names}
    authority = str((tls_dir / "fakes-ca.pem").absolute()) if tls else ""
    announce = partial(_announce, fakes, authority=authority, as_json=as_json)
    _run(fakes, ports, _tls(tls_dir) if tls else None, announce)


def _run(
    fakes: dict[str, Any],
    ports: dict[str, int],
    tls: "ssl.SSLContext | None",
    announce: Callable[[dict[str, str]], None],
) -> None:
    from fakes.kit.serve import Served

    # The collector would walk the columns of stored events, millions long, again and again.
    gc.freeze()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        apps = {name: fake.wsgi for name, fake in fakes.items()}
        with Served(apps, ports=ports, tls=tls) as served:
            announce(served.urls)
            stop.wait()
    except OSError as error:
        raise typer.BadParameter(f"{error.strerror or error}: choose another --port-base") from None


def _tls(folder: Path) -> "ssl.SSLContext":
    from fakes.kit.tls import context

    try:
        return context(folder)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"--tls-dir {folder} cannot be used: {error}") from None


def _announce(fakes: dict[str, Any], urls: dict[str, str], *, authority: str, as_json: bool) -> None:
    shown = {
        name: {
            "url": urls[name],
            "credentials": fake.credentials,
            **({"ca_file": authority} if authority else {}),
        }
        for name, fake in fakes.items()
    }
    if as_json:
        print(json.dumps(shown), flush=True)
        return
    for name, one in shown.items():
        print(f"{name:<14}{one['url']}")
        for key, value in one["credentials"].items():
            print(f"{'':<14}{key} = {value}")
    if authority:
        print(f"Trust {authority}, for example with SSL_CERT_FILE.")
    print("Ctrl-C stops.", flush=True)


def _chosen(only: str) -> list[str]:
    asked = [name.strip() for name in only.split(",") if name.strip()]
    for name in asked:
        if name not in BUILT:
            raise typer.BadParameter(f"no fake named {name!r}; there are: {', '.join(BUILT)}")
    return [name for name in VENDORS if name in asked]


def _clock(virtual: str | None) -> "Clock":
    from fakes.kit.clock import SystemClock, VirtualClock

    if virtual is None:
        return SystemClock()
    try:
        return VirtualClock(datetime.fromisoformat(virtual))
    except ValueError as error:
        raise typer.BadParameter(f"--virtual-clock takes an ISO instant with an offset: {error}") from None


def _build(name: str, clock: "Clock", seed: int) -> Any:
    return import_module(VENDORS[name]).build(clock, seed=seed)
