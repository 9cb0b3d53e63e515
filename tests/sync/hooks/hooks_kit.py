"""Webhooks in a small world: the fake pushes into the real door, in process, on one virtual clock."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scenarios.harness.merchant import ACCOUNT
from scenarios.harness.world import World
from sync.hooks import app as hooks_app
from sync.hooks.app import Hooks
from sync.hooks.register import register
from sync.store import inbox
from sync.store.inbox import InboxStatus

OPENING = datetime(2026, 11, 2, 14, tzinfo=UTC)
URL = f"https://hooks.test/hooks/{ACCOUNT}"


class Told:
    """One merchant's world with a door for webhooks. `till` is the fake's truth."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clock = world.clock
        self.fake = world.till
        self.till: Any = world.till.state
        self.klaviyo = world.klaviyo
        self.hooks: Hooks = self.opened()
        self.fake.push.into(self.door)

    def opened(self) -> Hooks:
        return hooks_app.build(self.world.settings, clock=self.clock, transports=self.world.transports)

    def door(self, environ: Any, start_response: Any) -> Any:
        """Whatever door is open now, so that the receiver may be restarted."""
        return self.hooks.door(environ, start_response)

    def restart(self) -> None:
        """A new receiver on the same database."""
        self.hooks.close()
        self.hooks = self.opened()

    def pump(self) -> None:
        """What the fake has to send by now arrives at the door."""
        with self.fake.wsgi.lock:
            self.fake.state.settle()
        self.fake.push.deliver_due()

    def follow(self, seconds: float = 1.0, step_s: float = 1.0) -> None:
        """Let so much time pass, pumping and following."""
        until = self.clock.now() + timedelta(seconds=seconds)
        while True:
            self.pump()
            self.hooks.step()
            if self.clock.now() >= until:
                return
            self.clock.advance(min(step_s, max(0.001, (until - self.clock.now()).total_seconds())))

    def status(self) -> InboxStatus:
        self.hooks.follower.flush()
        with self.world.sync.store.reading() as connection:
            return inbox.status(connection, self.world.sync.number(ACCOUNT))

    def counts(self) -> dict[str, int]:
        return dict(self.status().counts)

    def ids(self, metric: str) -> Counter[str]:
        """How often each sale lies in Klaviyo under this metric."""
        found = self.klaviyo.state.find_events(metric)
        return Counter(event.unique_id.split(":")[2] for event in found)

    def close(self) -> None:
        self.hooks.close()
        self.world.close()


class XTold(Told):
    """An X-Series store: a mug costs 10, Ann and Bob buy."""

    ORDER = "Placed Order (POS)"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.mug = self.till.add_product("Mug", sku="M-1", price="10")
        long_ago = OPENING - timedelta(days=30)
        self.ann = self.till.add_customer("Ann", "Lee", email="ann.lee@northwind.dev", at=long_ago)
        self.bob = self.till.add_customer("Bob", "Ray", email="bob.ray@northwind.dev", at=long_ago)
        world.once()

    def listen(self) -> None:
        """Register with the fake, as `hooks register` does."""
        way = self.world.sync.subscribing(ACCOUNT, URL)
        assert not isinstance(way, str)
        assert register(way).complete
        way.close()

    def sell(self, customer: str = "", **more: Any) -> str:
        at = more.pop("at", self.clock.now())
        return str(
            self.till.sell(
                self.till.outlet_id, at, [(self.mug, 1, "10")], customer_id=customer or self.ann, **more
            )
        )

    def placed(self) -> Counter[str]:
        return self.ids(self.ORDER)


@contextmanager
def x_told(folder: Path, **account: Any) -> Iterator[XTold]:
    """A store whose webhooks are registered."""
    with World(folder, OPENING, source="lightspeed_x", account=account) as world:
        told = XTold(world)
        told.listen()
        try:
            yield told
        finally:
            told.hooks.close()
