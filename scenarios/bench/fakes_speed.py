"""How fast the fakes answer: Klaviyo's events over a socket and in process, and a fresh world of them all."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from fakes.kit.clock import SystemClock
from fakes.world import build_world
from scenarios.bench.fakes_load import Load, load
from scenarios.bench.outcome import Check, Outcome, least, same, under

CONNECTIONS = 16
SERVED_PER_S_MIN, SERVED_P99_MS_MAX = 3_500, 60
IN_PROCESS_PER_S_MIN = 2_500
FRESH_WORLD_MS_MAX = 20
_WORLDS = 20
_SERVE = "import typer; from fakes.cli import register; root = typer.Typer(); register(root); root()"
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}

_LUA = """
local n, id, threads = 0, 0, 0
function setup(thread) thread:set("id", threads); threads = threads + 1 end
function request()
  n = n + 1
  return wrk.format("POST", "/api/events", HEADERS, string.format(BODY, n % 500, id, n))
end
"""


@dataclass(frozen=True, slots=True)
class FakesSpeed:
    """What was measured; times in milliseconds, ``client`` is who asked."""

    client: str
    served_per_s: float
    served_p99_ms: float
    refused: int
    in_process_per_s: float
    fresh_world_ms: float
    fakes: int


def measure(*, seconds: int, told: Callable[[str, int], None]) -> FakesSpeed:
    """Measure each for about ``seconds``. Raises RuntimeError when the served fake does not come up."""
    with _served() as (url, headers):
        served = _wrk(url, headers, seconds) if shutil.which("wrk") else _own(url, headers, seconds)
    told("served", int(served.per_s))
    inside = _in_process(seconds)
    told("in process", int(inside))
    world_ms, count = _fresh_world_ms()
    client = "wrk" if shutil.which("wrk") else "our own client"
    return FakesSpeed(client, served.per_s, served.p99_ms, served.refused, inside, world_ms, count)


def checks(speed: FakesSpeed) -> list[Check]:
    """The figures beside what must hold."""
    return [
        least("served events a second", speed.served_per_s, SERVED_PER_S_MIN),
        under("served p99, ms", speed.served_p99_ms, SERVED_P99_MS_MAX),
        same("served and refused", speed.refused, 0),
        least("in-process events a second", speed.in_process_per_s, IN_PROCESS_PER_S_MIN),
        under(f"a fresh world of {speed.fakes} fakes, ms", speed.fresh_world_ms, FRESH_WORLD_MS_MAX),
    ]


def outcome(speed: FakesSpeed) -> Outcome:
    """The figures for people and for machines."""
    before = f"POST /api/events with validation and state; {CONNECTIONS} connections by {speed.client}."
    return Outcome(asdict(speed), checks(speed), before)


def event(person: str, unique_id: str) -> bytes:
    """One body; wrk gets it with places to fill in."""
    profile = {"data": {"type": "profile", "attributes": {"email": f"{person}@shop-mail.net"}}}
    metric = {"data": {"type": "metric", "attributes": {"name": "Placed Order"}}}
    properties = {"OrderId": unique_id, "Items": ["Mug", "Cup"], "Item Count": 2, "Shop": "Main Street"}
    attributes = {
        "properties": properties, "metric": metric, "profile": profile, "unique_id": unique_id,
        "time": "2026-11-20T12:00:00Z", "value": 12.5, "value_currency": "USD",
    }  # fmt: skip
    return json.dumps({"data": {"type": "event", "attributes": attributes}}).encode()


@contextmanager
def _served() -> Iterator[tuple[str, dict[str, str]]]:
    command = ["fakes", "serve", "--only", "klaviyo", "--port-base", "0", "--json", "--no-limits"]
    whole = [sys.executable, "-c", _SERVE, *command]
    with subprocess.Popen(  # noqa: S603  our own command
        whole, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError("the served fake did not come up")
            told = json.loads(line)["klaviyo"]
            yield told["url"], _headers(told["credentials"])
        finally:
            process.terminate()


def _headers(credentials: dict[str, str]) -> dict[str, str]:
    key = f"Klaviyo-API-Key {credentials['api_key']}"
    return {"Authorization": key, "revision": "2026-10-15", "Content-Type": "application/json"}


def _wrk(url: str, headers: dict[str, str], seconds: int) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        fields = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items())
        # The profile comes before the id in the body, as in the call of string.format.
        body = event("p%d", "s-%d-%d").decode().replace('"OrderId": "s-%d-%d"', '"OrderId": "1"')
        script.write_text(f"local HEADERS = {{{fields}}}\nlocal BODY = [==[{body}]==]\n{_LUA}")
        command = ["wrk", f"-c{CONNECTIONS}", "-t1", f"-d{seconds}s", "--latency", "-s", str(script), url]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  the same
        said = done.stdout
    return read_wrk(said)


def read_wrk(said: str) -> Load:
    """wrk's figures. Raises RuntimeError when they are not there."""
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", said)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    if rate is None or p99 is None:
        raise RuntimeError(f"wrk gave no figures:\n{said}")
    return Load(float(rate[1]), float(p99[1]) * _UNITS[p99[2]], int(refused[1]) if refused else 0)


def _own(url: str, headers: dict[str, str], seconds: int) -> Load:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    start = f"POST /api/events HTTP/1.1\r\nHost: {parts.netloc}\r\n{lines}".encode()

    def request(number: int) -> bytes:
        body = event(f"p{number % 500}", f"s-{number}")
        return start + f"Content-Length: {len(body)}\r\n\r\n".encode() + body

    return load(parts.hostname, parts.port, request, CONNECTIONS, seconds)


def _in_process(seconds: int) -> float:
    fake = build_world(SystemClock(), only=["klaviyo"]).klaviyo
    fake.limits.enabled = False
    transport = httpx.WSGITransport(app=fake.wsgi)
    headers, number = _headers(fake.credentials), 0
    with httpx.Client(transport=transport, base_url="http://fake", headers=headers) as client:
        started = time.perf_counter()
        while time.perf_counter() - started < seconds:
            body = event(f"p{number % 500}", f"s-{number}")
            if client.post("/api/events", content=body).status_code != 202:
                raise RuntimeError("the fake refused an event")
            number += 1
        return number / (time.perf_counter() - started)


def _fresh_world_ms() -> tuple[float, int]:
    count = len(build_world().fakes)
    taken = []
    for _ in range(_WORLDS):
        started = time.perf_counter()
        build_world()
        taken.append(time.perf_counter() - started)
    return 1e3 * sorted(taken)[_WORLDS // 2], count
