"""A world with any number of tills: fakes of any kind, one Klaviyo, the sync, the monitor, one clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from fakes.kit.clock import VirtualClock
from fakes.kit.passing import move
from fakes.kit.push import Push
from fakes.klaviyo import app as klaviyo_fake
from monitor.alerting.courier import Delivery, Parcel
from monitor.app import SETTLE_S, Monitor
from monitor.nightly import Nights
from monitor.opening import watched
from monitor.report_data import Report
from monitor.settings import MonitorSettings
from scenarios.harness.merchant import connect, section
from scenarios.harness.scratch import DATABASE
from sync import app as sync_app
from sync.engine.checkpoints import Checkpoint, nothing
from sync.settings import Settings
from sync.store.secrets import new_key

KLAVIYO = "klaviyo"
_KLAVIYO_URL = "https://klaviyo.fake"


@dataclass(frozen=True, slots=True)
class TillAsked:
    """One till account: what its fake is built with and what its settings add."""

    name: str
    source: str
    build: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


class ByHost(httpx.BaseTransport):
    """One transport for several fakes of a kind, told apart by their hosts."""

    def __init__(self, by_host: Mapping[str, httpx.BaseTransport]) -> None:
        """`by_host` maps host names."""
        self._by_host = by_host

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask the fake whose host it is."""
        return self._by_host[request.url.host].handle_request(request)


class KeepingCourier:
    """Delivers every alert at once and keeps it; or none, while `broken` says why."""

    def __init__(self) -> None:
        """Nothing delivered yet."""
        self.parcels: list[Parcel] = []
        self.broken = ""

    def send(self, parcels: Sequence[Parcel]) -> Sequence[Delivery]:
        """Deliver."""
        self.parcels += parcels
        return [Delivery(one.number, ok=not self.broken, why=self.broken) for one in parcels]


class Chain:
    """A merchant with some tills and one Klaviyo account. Close it when done."""

    def __init__(
        self,
        folder: Path,
        start: datetime,
        tills: Sequence[TillAsked],
        *,
        seed: int = 1,
        klaviyo: Mapping[str, Any] | None = None,
        monitor: Mapping[str, Any] | None = None,
    ) -> None:
        """`folder` holds the database. `klaviyo` goes to the fake's `build`, `monitor` is its section."""
        self.folder = folder
        self.clock = VirtualClock(start)
        self.klaviyo = klaviyo_fake.build(self.clock, seed=seed, **dict(klaviyo or {}))
        self.sources = {one.name: one.source for one in tills}
        self.tills: dict[str, Any] = {
            one.name: import_module(f"fakes.{one.source}.app").build(self.clock, seed=seed, **one.build)
            for one in tills
        }
        self.transports = self._mounted()
        self.settings = self._told(tills)
        self.own = MonitorSettings.from_dict(dict(monitor or {}), {}, str(folder / "tillproof.toml"))
        self.courier = KeepingCourier()
        self.sync = self.start_sync()
        for name, fake in self.tills.items():
            connect(self.sync, fake.credentials, name)

    def start_sync(self, checkpoint: Checkpoint = nothing) -> sync_app.App:
        """The sync as another process would start it over the same database."""
        self.sync = sync_app.build(
            self.settings, clock=self.clock, transports=self.transports, checkpoint=checkpoint
        )
        return self.sync

    def close(self) -> None:
        """Close the database and every connection."""
        self.sync.close()

    @property
    def pushes(self) -> list[Push]:
        """What the fakes send by themselves."""
        fakes = [self.klaviyo, *self.tills.values()]
        return [fake.push for fake in fakes if fake.push is not None]

    def move_to(self, at: datetime) -> None:
        """Let time pass until then, with whatever is delivered on the way; an earlier time is a jump back."""
        move(self.clock, at, self.pushes)

    def fake(self, name: str) -> Any:
        """A fake by its name: `klaviyo`, a till's, or a kind that only one till has. Raises KeyError."""
        if name == KLAVIYO:
            return self.klaviyo
        if name in self.tills:
            return self.tills[name]
        alike = [till for till, source in self.sources.items() if source == name]
        if len(alike) != 1:
            raise KeyError(name)
        return self.tills[alike[0]]

    def reconcile(
        self,
        first_day: date,
        last_day: date,
        *,
        account: str | None = None,
        settle_s: int = SETTLE_S,
        tolerance_minor: int = 0,
        integration: str = "API",
        key_property: str = "$event_id",
    ) -> Report:
        """Compare both ends over these days. No page for people is drawn."""
        with watched(
            self.settings, account, clock=self.clock, integration=integration, key_property=key_property,
            transports=self.transports,
        ) as accounts:  # fmt: skip
            monitor = Monitor(accounts, self.clock, lambda _report, _file: None)
            out = self.folder / "look"
            return monitor.reconcile(first_day, last_day, out, settle_s, tolerance_minor=tolerance_minor)

    def nights(self) -> Nights:
        """The monitor's nights over the same database."""
        return Nights(
            self.settings, self.own, self.sync.store, self.clock, courier=self.courier,
            transports=self.transports,
        )  # fmt: skip

    def _mounted(self) -> dict[str, httpx.BaseTransport]:
        mounted: dict[str, httpx.BaseTransport] = {KLAVIYO: httpx.WSGITransport(app=self.klaviyo.wsgi)}
        for source in set(self.sources.values()):
            by_host: dict[str, httpx.BaseTransport] = {
                _host_of(name): httpx.WSGITransport(app=fake.wsgi)
                for name, fake in self.tills.items()
                if self.sources[name] == source
            }
            mounted[source] = ByHost(by_host)
        return mounted

    def _told(self, tills: Sequence[TillAsked]) -> Settings:
        keys = self.klaviyo.credentials
        accounts = {
            one.name: section(
                one.source, self.tills[one.name].credentials, keys, account=one.settings,
                till_url=f"https://{_host_of(one.name)}", klaviyo_url=_KLAVIYO_URL,
            )
            for one in tills
        }  # fmt: skip
        store = {"url": f"sqlite:///{self.folder / DATABASE}"}
        return Settings.from_dict({"store": store, "secrets": {"key": new_key()}, "accounts": accounts}, {})


def _host_of(name: str) -> str:
    # No underscore may stand in a host's name: links that a fake makes of such a one lead nowhere.
    return f"{name.replace('_', '-')}.till.fake"
