"""A world: both fakes, the sync, the monitor and one virtual clock, in one process. Several may live."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx

from fakes.kit.clock import VirtualClock
from fakes.klaviyo import app as klaviyo_fake
from fakes.lightspeed_r import app as till_fake
from monitor import app as monitor_app
from monitor import report as page
from monitor.reading import Watched
from monitor.report_data import Report
from sync import app as sync_app
from sync.connect import Network
from sync.engine.runs import Result
from sync.klaviyo.read import KlaviyoReader
from sync.settings import Settings
from sync.sources.lightspeed_r.auth import Tokens
from sync.sources.lightspeed_r.source import LightspeedRSource
from sync.store import accounts
from sync.store.secrets import KeyRing, new_key
from sync.store.vault import Vault

ACCOUNT = "grocer"
_TILL_URL = "https://till.fake"
_KLAVIYO_URL = "https://klaviyo.fake"
_TOKEN_LIFE_S = 1800


class World:
    """One merchant with one till account and one Klaviyo account. Close it when done."""

    def __init__(
        self, folder: Path, start: datetime, *, seed: int = 1, registers: int = 1, open_hours: str = ""
    ) -> None:
        """`folder` holds the sync's database. The account is connected: its tokens are in the vault."""
        self.clock = VirtualClock(start)
        self.klaviyo = klaviyo_fake.build(self.clock, seed=seed)
        self.till = till_fake.build(self.clock, seed=seed, registers=registers)
        self.folder = folder
        self.transports: dict[str, httpx.BaseTransport] = {
            "klaviyo": httpx.WSGITransport(app=self.klaviyo.wsgi),
            "lightspeed_r": httpx.WSGITransport(app=self.till.wsgi),
        }
        self.settings = Settings.from_dict(
            told(folder, self.till.credentials, self.klaviyo.credentials, open_hours=open_hours), {}
        )
        self.sync = sync_app.build(self.settings, clock=self.clock, transports=self.transports)
        held = self.till.credentials
        expires_at = self.clock.now() + timedelta(seconds=_TOKEN_LIFE_S)
        self.sync.keep_tokens(ACCOUNT, Tokens(held["access_token"], held["refresh_token"], expires_at))

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
        account = self.settings.accounts[ACCOUNT]
        network = Network(self.clock, None, self.transports)
        till = network.till(ACCOUNT, account, self._vault(), 1.0)
        mail = network.klaviyo(ACCOUNT, account)
        watched = Watched(
            name=ACCOUNT,
            source_name="lightspeed_r",
            source=LightspeedRSource(till, account_id=account.lightspeed_r.account_id, clock=self.clock),
            reader=KlaviyoReader(mail),
            preset=account.resolved(),
        )
        try:
            monitor = monitor_app.Monitor([watched], self.clock, page.write, progress)
            return monitor.reconcile(first_day, last_day, out)
        finally:
            till.close()
            mail.close()

    def _vault(self) -> Vault:
        with self.sync.store.reading() as connection:
            number = accounts.find(connection, ACCOUNT)
        assert number is not None  # connected at the start
        return Vault(self.sync.store, number, ACCOUNT, KeyRing(self.settings.keys), self.clock)

    def events_by_metric(self) -> dict[str, int]:
        """How many events of each metric lie in Klaviyo, counted in its truth."""
        events = self.klaviyo.state.events
        counts = dict.fromkeys((metric.name for metric in self.klaviyo.state.metrics), 0)
        names = [metric.name for metric in self.klaviyo.state.metrics]
        for row in events.live_rows():
            counts[names[events.metric[row]]] += 1
        return counts


def told(
    folder: Path,
    till: dict[str, str],
    klaviyo: dict[str, str],
    *,
    till_url: str = _TILL_URL,
    klaviyo_url: str = _KLAVIYO_URL,
    open_hours: str = "",
) -> dict[str, object]:
    """The settings of a merchant between the two fakes, as a settings file would tell them."""
    lightspeed: dict[str, object] = {
        "client_id": till["client_id"],
        "client_secret": till["client_secret"],
        "account_id": till["account_id"],
        "api_url": till_url,
        "auth_url": till_url,
    }
    if open_hours:
        lightspeed["open_hours"] = open_hours
    return {
        "store": {"url": f"sqlite:///{folder / 'tillproof.db'}"},
        "secrets": {"key": new_key()},
        "accounts": {
            ACCOUNT: {
                "source": "lightspeed_r",
                "preset": "klaviyo-native",
                "lightspeed_r": lightspeed,
                "klaviyo": {"api_key": klaviyo["api_key"], "base_url": klaviyo_url},
            }
        },
    }
