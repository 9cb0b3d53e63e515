"""A world: both fakes, the sync, the monitor and one virtual clock, in one process. Several may live."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from fakes.kit.clock import VirtualClock
from fakes.klaviyo import app as klaviyo_fake
from monitor import app as monitor_app
from monitor.opening import watched
from monitor.report_data import Report
from scenarios.harness.merchant import ACCOUNT, connect, told
from scenarios.harness.truth import count_events
from sync import app as sync_app
from sync.engine.runs import Result
from sync.settings import Settings


class World:
    """One merchant with one till account and one Klaviyo account. Close it when done."""

    def __init__(
        self,
        folder: Path,
        start: datetime,
        *,
        source: str = "lightspeed_r",
        seed: int = 1,
        open_hours: str = "",
        account: Mapping[str, Any] | None = None,
        **till: Any,
    ) -> None:
        """`folder` holds the sync's database. The account is connected: its tokens are in the vault.

        `account` adds to the account's settings; `till` goes to the `build` of the till's fake.
        """
        self.clock = VirtualClock(start)
        self.klaviyo = klaviyo_fake.build(self.clock, seed=seed)
        self.till: Any = import_module(f"fakes.{source}.app").build(self.clock, seed=seed, **till)
        self.folder = folder
        self.transports: dict[str, httpx.BaseTransport] = {
            "klaviyo": httpx.WSGITransport(app=self.klaviyo.wsgi),
            source: httpx.WSGITransport(app=self.till.wsgi),
        }
        self.settings = Settings.from_dict(
            told(
                folder,
                self.till.credentials,
                self.klaviyo.credentials,
                source=source,
                open_hours=open_hours,
                account=account,
            ),
            {},
        )
        self.sync = sync_app.build(self.settings, clock=self.clock, transports=self.transports)
        connect(self.sync, self.till.credentials)

    def __enter__(self) -> "World":
        """The world itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    def close(self) -> None:
        """Close the database and every connection."""
        self.sync.close()

    def once(self) -> Result:
        """Let the sync read what changed and deliver it."""
        return self.sync.once(ACCOUNT)[0]

    def backfill(self) -> Result:
        """Let the sync read all history and deliver it."""
        return self.sync.backfill(ACCOUNT)[0]

    def reconcile(
        self,
        first_day: date,
        last_day: date,
        out: Path,
        *,
        progress: Callable[[str, str, int], None] = lambda _account, _side, _count: None,
    ) -> Report:
        """Let the monitor compare both sides over these days and write its report into `out`."""
        with watched(self.settings, ACCOUNT, clock=self.clock, transports=self.transports) as accounts:
            monitor = monitor_app.build(accounts, clock=self.clock, progress=progress)
            return monitor.reconcile(first_day, last_day, out)

    def events_by_metric(self) -> dict[str, int]:
        """How many events of each metric lie in Klaviyo, counted in its truth."""
        return count_events(self.klaviyo.state)
