"""When accounts are due."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sync_world import World, world

from fakes.lightspeed_r.records import LineIn
from sync.engine.runs import Result
from sync.engine.schedule import Every, Timetable, is_open
from sync.serve import Cron

NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # noon in New York
ZONES = ["America/New_York"]
DAY = (time(8), time(20))


def test_an_account_is_due_at_once_and_then_by_its_rhythm() -> None:
    timetable = Timetable(Every(900), None)
    assert timetable.due(NOON, ZONES) == "full"
    timetable.done("full", NOON, 0)
    assert timetable.due(NOON + timedelta(seconds=899), ZONES) is None
    assert timetable.due(NOON + timedelta(seconds=900), ZONES) == "full"


def test_while_shops_are_open_it_is_polled_as_often_as_the_source_allows() -> None:
    timetable = Timetable(Every(3600), DAY)
    timetable.done("full", NOON, 0)
    assert timetable.due(NOON + timedelta(seconds=4), ZONES) is None
    assert timetable.due(NOON + timedelta(seconds=5), ZONES) == "live"
    timetable.done("live", NOON + timedelta(seconds=5), 12)
    assert timetable.due(NOON + timedelta(seconds=16), ZONES) is None
    assert timetable.due(NOON + timedelta(seconds=17), ZONES) == "live"


def test_what_failed_is_tried_again_sooner_than_its_rhythm() -> None:
    timetable = Timetable(Every(3600), None)
    timetable.done("full", NOON, 0, again_s=60)
    assert timetable.due(NOON + timedelta(seconds=59), ZONES) is None
    assert timetable.due(NOON + timedelta(seconds=60), ZONES) == "full"


@pytest.mark.parametrize(
    ("at", "hours", "is_it"),
    [
        (datetime(2026, 3, 2, 13, 0, tzinfo=UTC), DAY, True),  # 8:00 in New York
        (datetime(2026, 3, 2, 12, 59, tzinfo=UTC), DAY, False),
        (datetime(2026, 3, 3, 1, 0, tzinfo=UTC), DAY, False),  # 20:00 sharp
        (datetime(2026, 3, 9, 12, 0, tzinfo=UTC), DAY, True),  # 8:00 after the clocks changed
        (datetime(2026, 3, 3, 6, 0, tzinfo=UTC), (time(18), time(2)), True),  # 1:00, a bar
        (datetime(2026, 3, 3, 7, 0, tzinfo=UTC), (time(18), time(2)), False),
    ],
)
def test_open_hours_are_those_on_the_shops_wall(at: datetime, hours: tuple[time, time], is_it: bool) -> None:
    assert is_open(at, hours, ZONES) is is_it


def test_one_open_shop_is_enough() -> None:
    midnight_in_berlin = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    assert is_open(midnight_in_berlin, DAY, ["Europe/Berlin", "America/New_York"])


def test_a_cron_expression_names_the_next_minute_that_matches() -> None:
    assert Cron("30 3 * * *").next_at(NOON) == datetime(2026, 3, 3, 3, 30, tzinfo=UTC)
    assert Cron("*/15 * * * *").next_at(NOON) == NOON + timedelta(minutes=15)


def test_an_hour_of_live_polling_is_quick_and_leaves_half_of_the_rate_limit_to_others(tmp_path: Path) -> None:
    w = world(tmp_path, lightspeed_r={"open_hours": "08:00-20:00"})
    w.app.once()
    start = w.clock.now() + timedelta(minutes=1)
    sold = {}
    for minute in range(60):
        at = start + timedelta(minutes=minute, seconds=minute % 17)
        sale = w.till.state.sell(w.shop, at, [LineIn(w.mug, 1, "10.00")], customer_id=w.ann)
        sold[f"lightspeed_r:797:{sale}"] = at
    spent_before = w.till.journal.cost
    lags: dict[str, float] = {}

    def look(result: Result) -> None:
        assert result.outcome == "done"
        if result.tally.sent_count:
            for unique_id in w.ids("Placed Order"):
                lags.setdefault(unique_id, (w.clock.now() - sold[unique_id]).total_seconds())

    w.app.run(start + timedelta(minutes=61), look)
    spent = w.till.journal.cost - spent_before
    w.close()
    assert lags.keys() == sold.keys()
    assert sorted(lags.values())[56] < 15  # the 95th of a hundred
    assert spent <= 0.5 * 62 * 60  # one register drips one a second


def test_live_polls_ask_for_sales_only_and_full_runs_for_changed_articles_too(tmp_path: Path) -> None:
    w = world(tmp_path, lightspeed_r={"open_hours": "08:00-20:00"}, every="15m")
    w.app.once()
    asked = {name: lists(w, name) for name in ("Item", "Sale", "Customer")}
    w.app.run(w.clock.now() + timedelta(minutes=29))
    assert lists(w, "Item") - asked["Item"] == lists(w, "Customer") - asked["Customer"] == 2
    assert lists(w, "Sale") - asked["Sale"] > 100
    w.close()


def lists(w: World, name: str) -> int:
    """How often a list of the till was asked for."""
    return sum(1 for entry in w.till.journal.entries() if entry.path.endswith(f"/{name}.json"))
