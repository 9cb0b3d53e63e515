"""Webhooks under load: the real `tillproof hooks serve` between both fakes, a process each, on sockets.

A sale's time begins when its webhook starts to leave the till's fake and ends when Klaviyo's fake has its
order. The vendors' rate limits are on.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scenarios.bench.outcome import Check, Outcome, same, told
from scenarios.bench.speed import BenchFailed, Child, Told

P99_S_MAX = 1.0
PEOPLE, REGISTERS = 500, 60  # what rings up fifty sales a second
WARM_UP_SALES = 20
PATIENCE_S = 60.0
_COMMAND = "import tillproof; tillproof.main()"


@dataclass(frozen=True, slots=True)
class HooksSpeed:
    """What was measured; waits in seconds, ascending."""

    sales: int
    seconds: float  # from the first webhook to the last
    waits_s: tuple[float, ...]
    orders: int  # in Klaviyo
    refused: int  # webhooks that were not answered by 200
    limited: int  # requests that either vendor refused for coming too fast
    till_requests: int
    klaviyo_requests: int

    @property
    def per_s(self) -> float:
        """Webhooks a second."""
        return self.sales / self.seconds

    def percentile(self, share: float) -> float:
        """The wait that this share of the sales does not exceed; endless for those that never arrived."""
        place = max(0, math.ceil(share * self.sales) - 1)
        return self.waits_s[place] if place < len(self.waits_s) else math.inf


def measure(*, rate: float, seconds: int, seed: int, told: Told) -> HooksSpeed:
    """Ring up `rate` sales a second for so many seconds. Raises BenchFailed."""
    asked = {"seed": seed, "people": PEOPLE, "registers": REGISTERS}
    count = max(1, round(rate * seconds))
    with tempfile.TemporaryDirectory() as name, Child("hooks_fakes", asked) as fakes:
        up = fakes.answer("urls")
        with _connected(Path(name), up) as (path, app), _served(path) as url:
            _register(app, url)
            warm = fakes.ask(f"sell {rate} {WARM_UP_SALES}")["sold"]
            before = _arrived(fakes, warm, told)
            fakes.ask(f"sell {rate} {count}")
            after = _arrived(fakes, warm + count, told)
    return _figures(before, after, count)


def checks(speed: HooksSpeed, rate: float) -> list[Check]:
    """The figures beside what must hold."""
    p99 = speed.percentile(0.99)
    return [
        Check("webhooks a second", f"{speed.per_s:,.1f}", f"about {rate:,.0f}", speed.per_s >= 0.95 * rate),
        told("webhook to Klaviyo p50, s", f"{speed.percentile(0.5):.3f}"),
        told("webhook to Klaviyo p95, s", f"{speed.percentile(0.95):.3f}"),
        Check("webhook to Klaviyo p99, s", f"{p99:.3f}", f"under {P99_S_MAX:g}", p99 < P99_S_MAX),
        told("slowest, s", f"{speed.percentile(1.0):.3f}"),
        same("orders in Klaviyo", speed.orders, speed.sales + WARM_UP_SALES),
        same("webhooks not answered by 200", speed.refused, 0),
        same("requests refused as too many", speed.limited, 0),
    ]


def outcome(speed: HooksSpeed, rate: float) -> Outcome:
    """The figures for people and for machines."""
    return Outcome(
        asdict(speed),
        checks(speed, rate),
        f"{speed.sales:,} sales in {speed.seconds:.1f} s, told by signed webhooks; vendors' limits on; "
        f"{speed.till_requests:,} requests to the till, {speed.klaviyo_requests:,} to Klaviyo.",
    )


@contextmanager
def _connected(folder: Path, up: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """A settings file and the program that connected its account and read the shop once."""
    from scenarios.harness.merchant import ACCOUNT, connect  # noqa: PLC0415 - the sync is slow to import
    from scenarios.harness.merchant import told as settings_of  # noqa: PLC0415 - as above
    from sync import app as sync_app  # noqa: PLC0415 - as above
    from sync.settings import Settings  # noqa: PLC0415 - as above

    till, mail, urls = up["credentials"]["lightspeed_x"], up["credentials"]["klaviyo"], up["urls"]
    settings = settings_of(
        folder, till, mail, source="lightspeed_x", till_url=urls["lightspeed_x"], klaviyo_url=urls["klaviyo"]
    )
    path = folder / "tillproof.toml"
    path.write_text("\n".join(_toml(settings)), "utf-8")
    with sync_app.build(Settings.load(path, {})) as app:
        connect(app, till)
        [result] = app.once(ACCOUNT)
        if result.detail:
            raise BenchFailed(f"the first reading ended as {result.outcome}: {result.detail}")
        yield path, app


@contextmanager
def _served(path: Path) -> Iterator[str]:
    command = ["hooks", "serve", "--port", "0", "--json", "--settings", str(path)]
    whole = [sys.executable, "-c", _COMMAND, *command]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    with subprocess.Popen(  # noqa: S603 - our own command
        whole, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise BenchFailed("`tillproof hooks serve` did not come up")
            _drain(process)
            yield str(json.loads(line)["url"])
        finally:
            process.terminate()


def _drain(process: "subprocess.Popen[str]") -> None:
    """Let nobody wait for us to read what it prints."""
    import threading  # noqa: PLC0415 - only here

    assert process.stdout is not None
    threading.Thread(target=process.stdout.read, daemon=True).start()


def _register(app: Any, url: str) -> None:
    from scenarios.harness.merchant import ACCOUNT  # noqa: PLC0415 - as above
    from sync.hooks.register import address_of, register  # noqa: PLC0415 - as above

    with closing(app.subscribing(ACCOUNT, address_of(url, ACCOUNT))) as way:
        if not register(way).complete:
            raise BenchFailed("the till's fake does not show the webhook")


def _arrived(fakes: Child, count: int, told: Told) -> dict[str, Any]:
    """The figures once so many sales are in Klaviyo, or nobody has patience any more."""
    until = time.monotonic() + PATIENCE_S
    while True:
        found = fakes.ask("figures")
        told("hooks", len(found["accepted_at"]))
        if len(found["accepted_at"]) >= count or time.monotonic() > until:
            return found
        time.sleep(0.1)


def _figures(before: Mapping[str, Any], after: Mapping[str, Any], count: int) -> HooksSpeed:
    new = {sale: at for sale, at in after["told_at"].items() if sale not in before["told_at"]}
    waits = sorted(
        after["accepted_at"][sale] - at for sale, at in new.items() if sale in after["accepted_at"]
    )
    return HooksSpeed(
        sales=count,
        seconds=max(new.values()) - min(new.values()) if count > 1 else 1.0,
        waits_s=tuple(waits),
        orders=after["orders"],
        refused=after["refused"],
        limited=after["limited"],
        till_requests=after["till_requests"] - before["till_requests"],
        klaviyo_requests=after["klaviyo_requests"] - before["klaviyo_requests"],
    )


def _toml(told: Mapping[str, Any], place: tuple[str, ...] = ()) -> Iterator[str]:
    """Settings as a file tells them; texts, numbers and switches are written in TOML as in JSON."""
    if place:
        yield f"[{'.'.join(place)}]"
    sections = {key: value for key, value in told.items() if isinstance(value, dict)}
    for key, value in told.items():
        if key not in sections:
            yield f"{key} = {json.dumps(value)}"
    for key, value in sections.items():
        yield from _toml(value, (*place, key))
