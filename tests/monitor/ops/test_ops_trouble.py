"""Nights in trouble: crashes, other processes, upstreams that are down, downtime."""

from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from ops_world import AT_NIGHT, NightWorld

from monitor import history, history_read
from monitor.alerting.desk import desk_of
from monitor.alerting.watchdog import Patience, check
from monitor.nightly import Nights
from scenarios.harness.world import ACCOUNT
from sync.settings import WrongSettings
from sync.store.database import open_store


@pytest.fixture
def nights(tmp_path: Path) -> Any:
    with NightWorld(tmp_path) as one:
        one.trade()
        yield one


def _down(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(503, text="down")


DOWN = httpx.MockTransport(_down)


def test_nights_that_were_missed_are_run_each_once(nights: NightWorld) -> None:
    nights.nights.run_due()
    nights.world.clock.advance(3 * 24 * 3600)

    ran = nights.nights.run_due()

    assert [one.night_on for one in ran] == [date(2026, 4, 10), date(2026, 4, 11), date(2026, 4, 12)]
    with nights.store.reading() as connection:
        runs = history_read.runs(connection, ACCOUNT)
    assert [(run.first_on, run.last_on) for run in reversed(runs)] == [
        (date(2026, 4, day - 4), date(2026, 4, day - 1)) for day in (9, 10, 11, 12)
    ]
    assert nights.nights.run_due() == []


def test_two_processes_never_work_on_one_account(nights: NightWorld) -> None:
    with open_store(nights.world.settings.store.url) as other, other.holding(f"monitor-{ACCOUNT}"):
        assert nights.nights.run_due() == []
    assert len(nights.nights.run_due()) == 1


def test_a_run_that_died_in_the_middle_is_run_again_as_the_same_run(nights: NightWorld) -> None:
    class Dying(Nights):
        """Dies after the report was written and before it was remembered."""

        def _remember(self, *_: Any) -> Any:
            raise KeyboardInterrupt

    dying = Dying(
        nights.world.settings,
        nights.own,
        nights.store,
        nights.world.clock,
        courier=nights.noting,
        transports=nights.world.transports,
    )
    with suppress(KeyboardInterrupt):
        dying.run_due()
    with nights.store.reading() as connection:
        assert [run.state for run in history_read.runs(connection)] == ["running"]

    (ran,) = nights.nights.run_due()

    assert ran.exit_code == 0
    with nights.store.reading() as connection:
        (run,) = history_read.runs(connection)
    assert (run.state, run.attempt_count, run.verdict) == ("done", 2, "agrees")
    assert [path.name for path in (nights.own.out / ACCOUNT).iterdir()] == ["2026-04-09-1"]


def test_a_manual_run_that_died_is_closed_by_the_next_run(nights: NightWorld) -> None:
    with nights.store.writing() as connection:
        history.begin(connection, ACCOUNT, "manual", date(2026, 4, 1), date(2026, 4, 2), now_s=1)
    nights.nights.run_due()
    with nights.store.reading() as connection:
        assert [run.state for run in history_read.runs(connection)] == ["done", "interrupted"]


def test_an_upstream_that_is_down_is_tried_again_before_anybody_is_told(nights: NightWorld) -> None:
    transports = dict(nights.world.transports)
    nights.world.transports["klaviyo"] = DOWN
    down = nights.another()
    told: list[int] = []
    for _ in range(3):
        (ran,) = down.run_due()
        assert ran.exit_code == 2
        assert down.run_due() == [], "not again before half an hour"
        told.append(len(nights.noting.titles))
        nights.world.clock.advance(1800)
    assert told == [0, 0, 1]
    assert nights.noting.titles == [f"{ACCOUNT}: could not be judged"]
    assert down.run_due() == [], "three times are enough for one night"

    nights.world.transports.update(transports)
    nights.nights = nights.another()
    assert nights.next_night()[0].exit_code == 0
    assert nights.noting.titles[1:] == [f"{ACCOUNT}: can be judged again"]


def test_a_night_that_could_not_be_judged_closes_no_finding(nights: NightWorld) -> None:
    klaviyo = nights.world.klaviyo.state
    klaviyo.delete_event(klaviyo.find_events("Placed Order")[5].id)
    nights.nights.run_due()
    nights.world.transports["klaviyo"] = DOWN
    nights.nights = nights.another()
    nights.next_night()
    with nights.store.reading() as connection:
        assert [one.kind for one in history_read.findings(connection)] == ["missing"]


def test_a_fault_of_the_monitor_itself_is_named_without_its_message(nights: NightWorld) -> None:
    class Broken(Nights):
        """Fails in a way nobody foresaw."""

        def _reconcile(self, *_: Any) -> Any:
            raise RuntimeError("ann@marlowfernpost.com")

    broken = Broken(
        nights.world.settings, nights.own, nights.store, nights.world.clock, courier=nights.noting
    )
    (ran,) = broken.run_due()
    assert ran.exit_code == 2
    assert ran.sentence.startswith(f"Could not judge {ACCOUNT}: a fault of the monitor (RuntimeError at ")
    assert "marlowfernpost" not in ran.sentence


def test_evidence_and_reports_are_kept_as_long_as_stated_and_the_history_longer(tmp_path: Path) -> None:
    keep = {"keep_evidence": "2d", "keep_reports": "4d", "keep_history": "30d"}
    with NightWorld(tmp_path, keep) as nights:
        nights.trade()
        folder = Path(nights.nights.run_due()[0].folder)
        kept = []
        for _ in range(6):
            nights.next_night()
            kept.append(((folder / "evidence").exists(), (folder / "report.html").exists()))
        assert kept == [
            (True, True),
            (True, True),
            (False, True),
            (False, True),
            (False, False),
            (False, False),
        ]
        with nights.store.reading() as connection:
            assert len(history_read.runs(connection)) == 7
        nights.world.clock.advance(40 * 24 * 3600)
        nights.nights.run_now()
        with nights.store.reading() as connection:
            assert len(history_read.runs(connection)) == 1


def test_a_heartbeat_is_left_after_every_night(tmp_path: Path) -> None:
    told = {"heartbeat_file": "alive", "heartbeat_url": "https://beat.example/secret"}
    with NightWorld(tmp_path, told) as nights:
        nights.trade()
        nights.nights.run_due()
        assert (tmp_path / "alive").read_text() == f"{AT_NIGHT.isoformat()}\n"
        assert [(one.url, one.ping) for one in nights.noting.parcels] == [
            ("https://beat.example/secret", True)
        ]


def test_the_watchdog_tells_silence_once_and_its_end_once(nights: NightWorld) -> None:
    desk, patience = desk_of(nights.own), Patience(26 * 3600, 48 * 3600)

    def look() -> list[str]:
        found = check(nights.store, desk, [ACCOUNT], patience, nights.world.clock.now())
        nights.nights.send_alerts()
        return [one.kind for one in found]

    nights.nights.run_due()
    assert look() == []
    nights.world.clock.advance(27 * 3600)
    assert look() == ["monitor_silent"]
    assert look() == ["monitor_silent"]
    nights.world.clock.advance(24 * 3600)
    assert look() == ["monitor_silent", "source_silent"]
    assert nights.noting.titles == [
        f"{ACCOUNT}: the monitor has fallen silent",
        f"{ACCOUNT}: the sync has fallen silent",
    ]
    nights.nights.run_due()
    nights.world.once()
    assert look() == []
    assert nights.noting.titles[2:] == [
        f"{ACCOUNT}: the monitor runs again",
        f"{ACCOUNT}: the sync runs again",
    ]


def test_an_account_that_was_never_reconciled_counts_as_silent(nights: NightWorld) -> None:
    (found,) = check(nights.store, desk_of(nights.own), [ACCOUNT], Patience(3600, None), AT_NIGHT)
    assert found.words == f"No reconciliation of {ACCOUNT} so far."


def test_an_account_that_is_not_there_is_refused(nights: NightWorld) -> None:
    with pytest.raises(WrongSettings, match=f"known: {ACCOUNT}"):
        nights.nights.run_due("elsewhere")


def test_a_run_by_hand_looks_at_the_days_that_are_named(nights: NightWorld) -> None:
    (ran,) = nights.nights.run_now(first_on=date(2026, 4, 7), last_on=date(2026, 4, 7))
    assert ran.night_on is None
    with nights.store.reading() as connection:
        (run,) = history_read.runs(connection)
        days = history_read.calendar(
            connection, ACCOUNT, AT_NIGHT.date() - timedelta(days=30), AT_NIGHT.date()
        )
    assert (run.mode, run.first_on, run.last_on) == ("manual", date(2026, 4, 7), date(2026, 4, 7))
    assert [day.business_on for day in days] == [date(2026, 4, 7)]
