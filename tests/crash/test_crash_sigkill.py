"""The sync is killed at every step between reading a page and marking its events, once and twice in a row.

Whatever the step: run again to the end, and Klaviyo holds every event exactly once.
"""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "sync"))

from crash_world import Killable, in_a_copy, killable
from sync_world import settings_for

from fakes.kit.clock import VirtualClock
from fakes.klaviyo import app as klaviyo
from fakes.lightspeed_r import app as lightspeed_r
from fakes.lightspeed_r.records import LineIn
from sync.engine.checkpoints import POINTS

NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
SHARDS = 4

# Written by hand from the stories below: sales and lines are numbered in order of making, and the fake's
# first shipment of a sale is number 50000001.
HISTORY = [
    ("Ordered Product", "lightspeed_r:797:1:line:1"),
    ("Ordered Product", "lightspeed_r:797:1:line:2"),
    ("Ordered Product", "lightspeed_r:797:2:line:3"),
    ("Ordered Product", "lightspeed_r:797:4:line:5"),
    ("Placed Order", "lightspeed_r:797:1"),
    ("Placed Order", "lightspeed_r:797:2"),
    ("Placed Order", "lightspeed_r:797:4"),
]
CHANGES = [
    ("Canceled Order", "lightspeed_r:797:1"),
    ("Ordered Product", "lightspeed_r:797:3:line:4"),
    ("Ordered Product", "lightspeed_r:797:7:line:8"),
    ("Placed Order", "lightspeed_r:797:3"),
    ("Placed Order", "lightspeed_r:797:7"),
    ("Refunded Order", "lightspeed_r:797:2"),
    ("Refunded Order", "lightspeed_r:797:4:refund:6"),
    ("Shipped Order", "lightspeed_r:797:2:shipment:50000001"),
]


def history(folder: Path) -> Killable:
    """Four sales: Ann's, Bob's to be shipped, one without a customer, and Bob's three mugs."""
    clock = VirtualClock(NOON)
    till, end = lightspeed_r.build(clock), klaviyo.build(clock)
    # Half an hour apart: a cursor committed too early skips more than any overlap reads again.
    state, ago, step = till.state, NOON - timedelta(hours=3), timedelta(minutes=30)
    shop = state.add_shop("Harbour Street", "America/New_York")
    mug, tea = state.add_item("Mug", price="10.00"), state.add_item("Tea", price="4.50")
    ann = state.add_customer("Ann", "Lee", email="ann.lee@northwind.dev", at=ago)
    bob = state.add_customer("Bob", "Ray", email="bob@northwind.dev", at=ago)
    state.sell(shop, ago, [LineIn(mug, 2, "10.00"), LineIn(tea, 1, "4.50")], customer_id=ann)
    state.sell(shop, ago + step, [LineIn(mug, 1, "10.00")], customer_id=bob, ship_to=True)
    state.sell(shop, ago + 2 * step, [LineIn(tea, 1, "4.50")])
    state.sell(shop, ago + 3 * step, [LineIn(mug, 3, "10.00")], customer_id=bob)
    return killable(settings_for(folder, till, end), clock, till, end)


def changes(folder: Path) -> Killable:
    """The history is sent; then a void, a full and a partial refund, a customer found, a shipment, a sale."""
    world = history(folder)
    assert world.run().startswith("done")
    assert world.events() == HISTORY
    state, now, step = world.till.state, NOON + timedelta(hours=1), timedelta(minutes=30)
    world.clock.set(now + 6 * step)
    state.void("1", now)
    state.refund("2", now + step)
    state.refund("4", now + 2 * step, {"5": 1})
    state.attach_customer("3", "1", now + 3 * step)
    state.mark_shipped("2", now + 4 * step)
    state.sell("1", now + 5 * step, [LineIn("1", 1, "10.00")], customer_id="1")
    return world


STORIES = {"history": (history, HISTORY), "changes": (changes, sorted(HISTORY + CHANGES))}
CASES = [("history", 1), ("changes", 2)]


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize(("story", "kills"), CASES)
def test_a_sync_killed_at_any_step_loses_and_doubles_nothing(
    story: str, kills: int, shard: int, tmp_path: Path
) -> None:
    tell, expected = STORIES[story]
    prepared = tell(tmp_path)
    steps = in_a_copy(prepared, tmp_path, "count", lambda world: [world.run(), *world.steps])
    assert steps[0] == "done"
    assert len(steps) > 50
    complaints = []
    for kill_at in range(shard, len(steps) - 1, SHARDS):
        case = Case(kill_at, kills, f"{kill_at} {steps[kill_at + 1]}", expected)
        complaints += in_a_copy(prepared, tmp_path, f"kill{kill_at}", case.complaints)
    assert complaints == []


def test_every_named_point_and_both_sides_of_every_request_are_among_the_steps(tmp_path: Path) -> None:
    steps = set()
    for name, (tell, _) in STORIES.items():
        (tmp_path / name).mkdir()
        steps.update(
            in_a_copy(tell(tmp_path / name), tmp_path, name, lambda world: [world.run(), *world.steps])
        )
    assert set(POINTS) - steps == set()
    assert {"before POST /api/event-bulk-create-jobs", "after POST /api/event-bulk-create-jobs"} <= steps
    assert {"before POST /auth/oauth/token", "after POST /auth/oauth/token"} <= steps


def test_the_comparison_notices_a_lost_and_a_doubled_event(tmp_path: Path) -> None:
    prepared = changes(tmp_path)
    state = prepared.end.state
    [tea] = state.find_events(unique_id="lightspeed_r:797:1:line:2")
    [order] = state.find_events("Placed Order", "lightspeed_r:797:2")
    state.delete_event(tea.id)
    state.copy_event(order.id, email="somebody@northwind.dev")
    case = Case(3, 1, "3 somewhere", sorted(HISTORY + CHANGES))
    [complaint] = in_a_copy(prepared, tmp_path, "planted", case.complaints)
    assert "lost [('Ordered Product', 'lightspeed_r:797:1:line:2')]" in complaint
    assert "doubled [('Placed Order', 'lightspeed_r:797:2')]" in complaint


@dataclass(frozen=True, slots=True)
class Case:
    """One place to die at."""

    kill_at: int
    kills: int
    where: str
    expected: list[tuple[str, str]]

    def complaints(self, world: Killable) -> list[str]:
        """Die, run to the end, and compare."""
        if world.run(self.kill_at) != "killed":
            return [f"{self.where}: was not reached"]
        # The address changes while the sync is down: what may have arrived must not move to another profile.
        world.till.state.set_email("1", "ann@elsewhere.dev", world.clock.now())
        if self.kills == 2:
            world.run(self.kill_at)  # dies again, unless there is less to do by now
        world.clock.advance(60)
        last, held = world.run(), world.events()
        if (last, held) == ("done", self.expected):
            return []
        lost = [event for event in self.expected if event not in held]
        doubled = sorted({event for event in held if held.count(event) > 1})
        return [f"{self.where}: ended with {last}, lost {lost}, doubled {doubled}, {len(held)} events"]
