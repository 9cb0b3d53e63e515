"""Nights: what is due is run once, remembered, and told only when something changed."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from ops_world import NightWorld, found_as

from monitor import history_read
from scenarios.harness.sabotage import DEFECTS, Saboteur
from scenarios.harness.world import ACCOUNT


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[NightWorld]:
    with NightWorld(tmp_path) as one:
        yield one


def test_a_clean_night_is_remembered_and_tells_nobody(nights: NightWorld) -> None:
    nights.trade()

    (ran,) = nights.nights.run_due()

    assert (ran.exit_code, ran.night_on, ran.alert_count) == (0, date(2026, 4, 9), 0)
    assert nights.noting.parcels == []
    with nights.store.reading() as connection:
        now = history_read.account(connection, ACCOUNT)
        days = history_read.calendar(connection, ACCOUNT, date(2026, 4, 1), date(2026, 4, 30))
        (run,) = history_read.runs(connection)
    assert now is not None
    assert (now.verdict, now.open_count, now.last_night_on) == ("agrees", 0, date(2026, 4, 9))
    assert now.synced_s > 0
    assert [(day.business_on.day, day.status, day.sales_count) for day in days] == [
        (5, "empty", 0),
        (6, "agrees", 4),
        (7, "agrees", 6),
        (8, "agrees", 5),
    ]
    assert (run.state, run.verdict, run.first_on, run.last_on) == (
        "done",
        "agrees",
        date(2026, 4, 5),
        date(2026, 4, 8),
    )
    assert {"report.html", "report.json", "drift.csv", "evidence"} <= {
        p.name for p in Path(run.folder).iterdir()
    }


def test_the_same_night_is_not_run_twice(nights: NightWorld) -> None:
    nights.trade()
    assert len(nights.nights.run_due()) == 1
    assert nights.nights.run_due() == []
    assert nights.another().run_due() == []


# One of each kind here; every metric of every kind goes over the wire in the courier's tests.
FIRST_OF_KIND = {kind: metric for kind, metric, _ in reversed(DEFECTS)}


@pytest.mark.parametrize(("kind", "metric"), sorted(FIRST_OF_KIND.items()))
def test_a_planted_defect_is_told_once_and_its_end_once(nights: NightWorld, kind: str, metric: str) -> None:
    nights.trade()
    klaviyo = nights.world.klaviyo.state
    before = klaviyo.dump()
    Saboteur(klaviyo, nights.world.till.state, seed=3).plant([(kind, metric, 1)])

    codes = [nights.nights.run_due()[0].exit_code, nights.next_night()[0].exit_code]
    told = list(nights.noting.titles)
    klaviyo.load(before)
    codes.append(nights.next_night()[0].exit_code)
    assert nights.nights.send_alerts().sent_count == 0

    assert codes == [1, 1, 0]
    assert len(told) == 1
    assert told[0].startswith(f"{ACCOUNT}: 1 ")
    assert nights.noting.titles[1:] == [told[0].split(" (")[0].replace(": 1", ": recovered, 1") + " is gone"]
    with nights.store.reading() as connection:
        found = history_read.findings(connection, account=ACCOUNT, state="recovered")
        assert [(one.kind, one.seen_count, one.reopened_count) for one in found] == [
            (found_as(kind, metric), 2, 0)
        ]
        assert history_read.findings(connection, account=ACCOUNT) == []
        assert history_read.incidents(connection) == []
        alerts = history_read.alerts(connection, ACCOUNT)
    assert [(one.transition, one.state, one.route) for one in alerts] == [
        ("recovered", "sent", "ops"),
        ("new", "sent", "ops"),
    ]
