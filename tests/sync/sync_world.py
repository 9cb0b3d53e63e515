"""A small world: both fakes in process, one clock, one shop, and the sync on a database in a file."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from fakes.kit.clock import VirtualClock
from fakes.klaviyo import app as klaviyo
from fakes.lightspeed_r import app as lightspeed_r
from fakes.lightspeed_r.records import LineIn
from sync.app import App, build
from sync.engine.checkpoints import Checkpoint, nothing
from sync.http.tokens import Tokens
from sync.settings import Settings

NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


@dataclass(slots=True)
class World:
    """Both ends and what lies between them. The shop is in New York; Ann and Bob shop there."""

    clock: VirtualClock
    till: lightspeed_r.LightspeedRFake
    klaviyo: klaviyo.KlaviyoFake
    settings: Settings
    app: App
    shop: str
    mug: str
    tea: str
    ann: str
    bob: str

    def sell(
        self, customer: str, *, minutes_ago: float = 1, mugs: int = 1, teas: int = 0, **more: Any
    ) -> str:
        """A sale of mugs at 10.00 and teas at 4.50."""
        lines = [LineIn(self.mug, mugs, "10.00")] if mugs else []
        lines += [LineIn(self.tea, teas, "4.50")] if teas else []
        at = self.clock.now() - timedelta(minutes=minutes_ago)
        return self.till.state.sell(self.shop, at, lines, customer_id=customer, **more)

    def later(self, minutes: float = 10) -> datetime:
        """Move the clock on; the new instant."""
        self.clock.advance(minutes * 60)
        return self.clock.now()

    def ids(self, metric: str) -> list[str]:
        """The unique ids Klaviyo holds of a metric, sorted."""
        return sorted(event.unique_id for event in self.klaviyo.state.find_events(metric_name=metric))

    def event_count(self) -> int:
        """All events Klaviyo holds."""
        return len(self.klaviyo.state.find_events())

    def email_of(self, metric: str, unique_id: str) -> str:
        """Whose event it is."""
        [event] = self.klaviyo.state.find_events(metric_name=metric, unique_id=unique_id)
        return str(event.email)

    def restart(self, checkpoint: Checkpoint = nothing) -> None:
        """A new process on the same database."""
        self.app.close()
        self.app = started(self.settings, self.clock, self.till, self.klaviyo, checkpoint)

    def close(self) -> None:
        """Put everything away."""
        self.app.close()


def world(folder: Path, *, url: str = "", **account: Any) -> World:
    """Build one; `account` overrides the account's settings, with `klaviyo` and `lightspeed_r` merged in."""
    clock = VirtualClock(NOON)
    till, end = lightspeed_r.build(clock), klaviyo.build(clock)
    state = till.state
    shop = state.add_shop("Harbour Street", "America/New_York")
    mugs = state.add_category(("Kitchen", "Mugs"))
    mug = state.add_item("Mug", category_id=mugs, price="10.00", sku="MG-1")
    tea = state.add_item("Tea", price="4.50", sku="TE-1")
    long_ago = NOON - timedelta(days=400)
    ann = state.add_customer("Ann", "Lee", email="Ann.Lee@northwind.dev", at=long_ago)
    bob = state.add_customer("Bob", "Ray", email="bob@northwind.dev", at=long_ago)
    settings = settings_for(folder, till, end, url=url, **account)
    app = started(settings, clock, till, end)
    made = World(clock, till, end, settings, app, shop, mug, tea, ann, bob)
    held, expires_at = till.credentials, NOON + timedelta(minutes=30)
    app.keep_tokens("main", Tokens(held["access_token"], held["refresh_token"], expires_at))
    return made


def settings_for(
    folder: Path,
    till: lightspeed_r.LightspeedRFake,
    end: klaviyo.KlaviyoFake,
    *,
    url: str = "",
    urls: dict[str, str] | None = None,
    **account: Any,
) -> Settings:
    """Settings of one account `main`, against fakes in process or at `urls`."""
    addresses = urls or {"lightspeed_r": "http://till.fake", "klaviyo": "http://klaviyo.fake"}
    told = {
        "store": {"url": url or f"sqlite:///{folder / 'sync.db'}"},
        "secrets": {"key": KEY},
        "accounts": {
            "main": {
                "source": "lightspeed_r",
                **account,
                "lightspeed_r": {
                    "client_id": till.credentials["client_id"],
                    "client_secret": till.credentials["client_secret"],
                    "api_url": addresses["lightspeed_r"],
                    "auth_url": addresses["lightspeed_r"],
                    **account.get("lightspeed_r", {}),
                },
                "klaviyo": {
                    "api_key": end.credentials["api_key"],
                    "base_url": addresses["klaviyo"],
                    **account.get("klaviyo", {}),
                },
            }
        },
    }
    return Settings.from_dict(told, {})


def started(
    settings: Settings,
    clock: VirtualClock,
    till: lightspeed_r.LightspeedRFake,
    end: klaviyo.KlaviyoFake,
    checkpoint: Checkpoint = nothing,
) -> App:
    """The sync with both fakes mounted."""
    transports = {
        "lightspeed_r": httpx.WSGITransport(app=till.wsgi),
        "klaviyo": httpx.WSGITransport(app=end.wsgi),
    }
    return build(settings, clock=clock, transports=transports, checkpoint=checkpoint)
