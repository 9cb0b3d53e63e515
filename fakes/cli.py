"""``tillproof fakes``: serve the vendors' fakes on sockets, for anybody who wants to try something."""

import gc
import json
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fakes.vendors import BUILT, VENDORS, vendor_of

if TYPE_CHECKING:
    import ssl

    from fakes.kit.clock import Clock
    from fakes.world import FakeWorld


PORT_MAX = 65_535


def register(root: typer.Typer) -> None:
    """Add ``tillproof fakes``."""
    group = typer.Typer(no_args_is_help=True)
    group.callback()(_group)
    group.command()(serve)
    group.command()(coverage)
    root.add_typer(group, name="fakes")


def _group() -> None:
    """Fakes of Klaviyo and the points of sale."""


def serve(
    *,
    port_base: Annotated[
        int, typer.Option(min=0, help="Port of the first vendor; 0 takes free ones.")
    ] = 9100,
    only: Annotated[str, typer.Option(help="Vendors to serve, comma-separated.")] = ",".join(BUILT),
    instances: Annotated[int, typer.Option(min=1, help="How many of each, on the ports that follow.")] = 1,
    seed: Annotated[
        int | None, typer.Option(help="Seed of ids and draws; 1, or that of the state file.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="Load the world from this file, and save it there in the end.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
    virtual_clock: Annotated[
        str | None, typer.Option(help="Stand still at this instant, moved through /_fake/clock.")
    ] = None,
    no_limits: Annotated[bool, typer.Option("--no-limits", help="Switch rate limits off.")] = False,
    journal_max: Annotated[int, typer.Option(min=0, help="Requests each fake remembers.")] = 2_000,
    link_base: Annotated[
        str | None, typer.Option(help="What links in answers begin with, e.g. https://{fake}.test.")
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Serve https, with an authority of our own.")] = False,
    tls_dir: Annotated[
        Path, typer.Option(help="Where that authority is kept; trust its fakes-ca.pem.")
    ] = Path(".fakes-tls"),
    proxy_port: Annotated[
        int | None,
        typer.Option(
            min=0, max=PORT_MAX, help="With --tls: the port of a proxy that knows the vendors' hosts."
        ),
    ] = None,
) -> None:
    """Serve the fakes until Ctrl-C or SIGTERM; their credentials are fixed and published.

    \b
    tillproof fakes serve
    tillproof fakes serve --only klaviyo --port-base 0 --json
    tillproof fakes serve --state world.json        saved at the end, and on POST /_fake/save
    tillproof fakes serve --tls          then: curl --cacert .fakes-tls/fakes-ca.pem https://localhost:9100/…

    Each has a page to look at and to break things with at /_fake/.
    """
    world = _world(_chosen(only), _clock(virtual_clock), seed, state, instances)
    for name, fake in world.fakes.items():
        fake.limits.enabled = fake.limits.enabled and not no_limits
        fake.journal.cap(journal_max)
        fake.link_base = None if link_base is None else _link_base(link_base, name)
        fake.saver = None if state is None else partial(_save, world, state)
    ports = {name: _port(port_base, name) for name in world.fakes} if port_base else {}
    if max(ports.values(), default=0) > PORT_MAX:
        raise typer.BadParameter(f"--port-base {port_base} leads past port {PORT_MAX}: choose a lower one")
    authority = str((tls_dir / "fakes-ca.pem").absolute()) if tls else ""
    if proxy_port is not None and not tls:
        raise typer.BadParameter("--proxy-port goes with --tls: what clients send through it is https")
    announce = partial(_announce, world.fakes, authority=authority, as_json=as_json)
    _run(world, ports, _tls(tls_dir) if tls else None, proxy_port, announce)
    if state is not None:
        _save(world, state)


def coverage(
    *,
    write: Annotated[
        Path | None, typer.Option(help="Write the table to this file instead of showing it.")
    ] = None,
) -> None:
    """Every endpoint of every fake, with where it is written down and tested."""
    from fakes.kit.coverage import table

    text = table()
    if write is None:
        print(text, end="")
    else:
        write.write_text(text, encoding="utf-8")


def _world(
    names: list[str], clock: "Clock", seed: int | None, state: Path | None, instances: int
) -> "FakeWorld":
    from fakes.world import build_world, read_file

    try:
        saved = read_file(state) if state is not None and state.exists() else None
        if seed is None:
            seed = 1 if saved is None else int(saved.get("seed", 1))
        world = build_world(clock, seed, names, instances)
        if saved is not None:
            world.load(saved)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"--state {state} cannot be used: {error}") from None
    return world


def _save(world: "FakeWorld", path: Path) -> str:
    with ExitStack() as locks:
        for fake in world:
            locks.enter_context(fake.wsgi.lock)
        world.save_to(path)
    return str(path)


def _link_base(template: str, name: str) -> str:
    from fakes.kit.links import link_base

    try:
        return str(link_base(template.replace("{fake}", name)))
    except ValueError as error:
        raise typer.BadParameter(f"--link-base: {error}") from None


def _port(port_base: int, name: str) -> int:
    vendor, _, number = name.rpartition("_")
    place = list(VENDORS).index(vendor if number.isdigit() else name)
    return port_base + place + (len(VENDORS) * (int(number) - 1) if number.isdigit() else 0)


def _run(
    world: "FakeWorld",
    ports: dict[str, int],
    tls: "ssl.SSLContext | None",
    proxy_port: int | None,
    announce: Callable[[dict[str, str]], None],
) -> None:
    from fakes.kit.proxy import Proxy

    # The collector would walk the columns of stored events, millions long, again and again.
    gc.freeze()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with ExitStack() as open_now:
            urls = open_now.enter_context(world.serve(ports=ports, tls=tls)).urls
            if proxy_port is not None:
                proxy = open_now.enter_context(Proxy(partial(_behind, urls), proxy_port))
                urls = urls | {"proxy": proxy.url}
            announce(urls)
            stop.wait()
    except OSError as error:
        raise typer.BadParameter(f"{error.strerror or error}: choose another --port-base") from None


def _behind(urls: dict[str, str], host: str) -> int | None:
    url = urls.get(vendor_of(host) or "")
    return None if url is None else int(url.rpartition(":")[2])


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
        proxy = {"proxy": {"url": urls["proxy"], "ca_file": authority}} if "proxy" in urls else {}
        print(json.dumps(shown | proxy), flush=True)
        return
    for name, one in shown.items():
        print(f"{name:<14}{one['url']}")
        for key, value in one["credentials"].items():
            print(f"{'':<14}{key} = {value}")
    if "proxy" in urls:
        print(f"{'proxy':<14}{urls['proxy']}  (set HTTPS_PROXY to it)")
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
