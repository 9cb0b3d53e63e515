"""Repair: a plan that says what stays, then closure, and nothing more the second time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ops_world import NightWorld

from monitor import door, history_read
from monitor.repair_apply import Repairer, plan_of
from scenarios.harness.sabotage import Saboteur
from scenarios.harness.world import ACCOUNT
from sync import app as sync_app
from sync.settings import WrongSettings

PLANTED = [
    ("missing", "Placed Order", 2),
    ("missing", "Ordered Product", 1),
    ("orphaned", "Placed Order", 1),
    ("duplicate", "Placed Order", 1),
]


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[NightWorld]:
    with NightWorld(tmp_path) as one:
        one.trade()
        Saboteur(one.world.klaviyo.state, one.world.till.state, seed=5).plant(PLANTED)
        one.nights.run_due()
        yield one


def repairer(nights: NightWorld) -> Repairer:
    world = nights.world

    def opened() -> sync_app.App:
        return sync_app.build(world.settings, clock=world.clock, transports=world.transports)

    return Repairer(nights.nights, nights.store, world.clock, opened)


def test_the_plan_says_what_is_sent_what_stays_and_what_is_left(nights: NightWorld) -> None:
    with nights.store.reading() as connection:
        planned = plan_of(connection, nights.ran[0].run)

    assert len(planned.sale_ids) == 3
    assert planned.send_by_metric == {"Ordered Product": 1, "Placed Order": 2}
    assert planned.before == {"duplicate": 1, "missing": 3, "orphaned": 1}
    assert planned.after == {"duplicate": 1, "orphaned": 1}
    assert [(left.kind, left.count) for left in planned.stays] == [("duplicate", 1), ("orphaned", 1)]
    told = "\n".join(planned.lines())
    assert "To send: 3 sales once more, for 1 Ordered Product, 2 Placed Order" in told
    assert "Cannot be undone: 1 finding of the kind orphaned." in told
    assert "Predicted: 5 open findings now, 2 afterwards." in told


def test_a_repair_closes_what_can_be_closed_and_the_second_sends_nothing(nights: NightWorld) -> None:
    run = nights.ran[0].run
    before = nights.world.events_by_metric()

    closure = repairer(nights).apply(run)

    assert (closure.state, closure.exit_code, closure.sent_count) == ("closed", 0, 3)
    assert (closure.closed_count, closure.left_count) == (3, 0)
    after = nights.world.events_by_metric()
    assert after["Placed Order"] == before["Placed Order"] + 2
    assert after["Ordered Product"] == before["Ordered Product"] + 1
    with nights.store.reading() as connection:
        assert sorted(one.kind for one in history_read.findings(connection)) == ["duplicate", "orphaned"]
        (kept,) = history_read.repairs(connection, run=run)
    assert (kept.state, kept.sent_count, kept.closing_run) == ("closed", 3, closure.closing_run)
    recovered = [title for title in nights.noting.titles if "recovered" in title]
    assert recovered == [f"{ACCOUNT}: recovered, 3 events missing in Klaviyo are gone"]

    again = repairer(nights).apply(run)

    assert (again.state, again.exit_code, again.sent_count) == ("nothing", 0, 0)
    assert nights.world.events_by_metric() == after
    with nights.store.reading() as connection:
        assert len(history_read.repairs(connection, run=run)) == 1
        assert plan_of(connection, run).empty


def test_what_klaviyo_does_not_show_yet_is_not_sent_again_within_the_hour(nights: NightWorld) -> None:
    run = nights.ran[0].run
    sent: list[list[str]] = []

    class Swallowed:
        """A sync whose events Klaviyo takes and does not show."""

        def resend(self, _name: str, sale_ids: list[str]) -> "Swallowed":
            sent.append(list(sale_ids))
            return self

        outcome, detail = "done", ""

        def close(self) -> None:
            pass

    slow = Repairer(nights.nights, nights.store, nights.world.clock, Swallowed)
    first, second = slow.apply(run, wait_s=0), slow.apply(run, wait_s=0)

    assert (first.state, first.exit_code, first.left_count) == ("still_open", 1, 3)
    assert (second.state, second.sent_count) == ("still_open", 0)
    assert [len(one) for one in sent] == [3]


def test_a_sync_that_cannot_send_is_told_and_nothing_is_called_closed(nights: NightWorld) -> None:
    class Down:
        """A sync whose upstream is down."""

        outcome, detail = "try_later", "klaviyo: is down; try again later"

        def resend(self, _name: str, _sale_ids: list[str]) -> "Down":
            return self

        def close(self) -> None:
            pass

    closure = Repairer(nights.nights, nights.store, nights.world.clock, Down).apply(nights.ran[0].run)

    assert (closure.state, closure.exit_code) == ("failed", 2)
    assert "try again later" in closure.words
    with nights.store.reading() as connection:
        assert history_read.repairs(connection)[0].state == "failed"
        assert len(plan_of(connection, nights.ran[0].run).sale_ids) == 3


def test_a_run_that_does_not_exist_is_refused(nights: NightWorld) -> None:
    with nights.store.reading() as connection, pytest.raises(WrongSettings, match="monitor history"):
        plan_of(connection, 999)


def test_the_door_leads_to_the_syncs_program(nights: NightWorld) -> None:
    program = door.open_sync(nights.world.settings)
    try:
        assert callable(program.resend)
        assert callable(program.once)
        assert program.names() == [ACCOUNT]
    finally:
        program.close()
