"""Webhooks in a small world: the fake pushes into the real door, in process, on one virtual clock."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fakes.sitoo.records import LineIn, Subscription
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


class SitooTold(Told):
    """A Sitoo account with a shop and a till; tea costs 100.00, Ann and Bob are users."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.shop = self.till.add_store("Drottninggatan", external_id="S1", time_zone="Europe/Stockholm")
        [self.register] = self.till.registers_of(self.shop)
        self.tea = self.till.add_product("Tea", sku="TE-1", price="100.00", vat="25")
        self.ann = self.till.add_user("Ann", "Lee", email="ann.lee@northwind.dev", at=self.clock.now())
        self.bob = self.till.add_user("Bob", "Ray", email="bob.ray@northwind.dev", at=self.clock.now())
        self.before = self.sell()
        self.clock.advance(60)
        world.once()

    def listen(self, **more: Any) -> None:
        """Enter the subscription into the back office."""
        more.setdefault("event_types", ("order",))
        self.till.events.subscriptions.append(Subscription(URL, **more))

    def sell(self, user: int = 0, **more: Any) -> str:
        at = more.pop("at", self.clock.now())
        lines = [LineIn(self.tea, more.pop("teas", 1))]
        return str(self.till.sell(self.register, at, lines, user_id=user or self.ann, **more))

    def placed(self) -> Counter[str]:
        """What was rung up after the very first sale."""
        found = self.ids("Placed Order")
        assert found.pop(self.before) == 1
        return found

    def arrived(self) -> list[str]:
        """The same in the order of arrival."""
        events = [event for event in self.klaviyo.state.find_events() if event.metric_name == "Placed Order"]
        return [event.unique_id.split(":")[2] for event in events][1:]


@contextmanager
def sitoo_told(folder: Path, *, listen: bool = True, **account: Any) -> Iterator[SitooTold]:
    """An account that is subscribed to events."""
    with World(folder, OPENING, source="sitoo", account=account) as world:
        told = SitooTold(world)
        if listen:
            told.listen()
        try:
            yield told
        finally:
            told.hooks.close()
