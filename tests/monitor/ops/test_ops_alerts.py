"""From nights to messages: routes, quiet hours, digests, retries; each change once, whatever crashes."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ops_world import AT_NIGHT, NightWorld

from monitor import history_read
from monitor.alerting.deliver import ATTEMPTS_MAX, PAUSES_S
from scenarios.harness.sabotage import Saboteur
from scenarios.harness.world import ACCOUNT

PEOPLE = ("ann", "bo", "marlowfernpost", "@", "Lee")
ROUTE = {"url": "json://route.example", "allow_private": True}


def spoiled(folder: Path, told: dict[str, Any] | None = None, planted: Any = None) -> NightWorld:
    nights = NightWorld(folder, told)
    nights.trade()
    defects = planted or [("missing", "Placed Order", 2), ("duplicate", "Placed Order", 1)]
    Saboteur(nights.world.klaviyo.state, nights.world.till.state, seed=5).plant(defects)
    return nights


def test_a_message_says_the_verdict_first_and_nothing_personal(tmp_path: Path) -> None:
    with spoiled(tmp_path) as nights:
        nights.nights.run_due()
        missing = next(one for one in nights.noting.parcels if "missing" in one.title)
        text = missing.body.replace(str(tmp_path), "…")
        assert missing.title.startswith(f"{ACCOUNT}: 2 events missing in Klaviyo ($")
        assert text.splitlines()[0] == nights.ran[0].sentence
        assert "Next: " in text
        assert "Read on: …/monitor/grocer/2026-04-09-1/report.html" in text
        assert "- Placed Order of sale " in text
        assert [word for word in PEOPLE if word in text] == []


def test_a_dashboard_that_is_known_is_linked(tmp_path: Path) -> None:
    with spoiled(tmp_path, {"link": "https://ops.example/"}) as nights:
        nights.nights.run_due()
        assert "Read on: https://ops.example/runs/1" in nights.noting.parcels[0].body


def test_routes_get_what_they_asked_for(tmp_path: Path) -> None:
    routes = {
        "missing": ROUTE | {"kinds": ["missing"]},
        "grave": ROUTE | {"severity": "critical"},
        "elsewhere": ROUTE | {"accounts": ["other"]},
        "all": ROUTE,
    }
    with spoiled(tmp_path, {"routes": routes}) as nights:
        nights.nights.run_due()
        with nights.store.reading() as connection:
            found = {(one.route, one.kind) for one in history_read.alerts(connection)}
    assert found == {("all", "missing"), ("all", "duplicate"), ("missing", "missing")}


def test_without_a_route_alerts_are_kept_to_be_read(tmp_path: Path) -> None:
    with spoiled(tmp_path, {"routes": {}}) as nights:
        nights.nights.run_due()
        assert nights.noting.parcels == []
        with nights.store.reading() as connection:
            assert {(one.route, one.state) for one in history_read.alerts(connection)} == {("", "kept")}


def test_quiet_hours_gather_what_happens_in_them_into_one_message(tmp_path: Path) -> None:
    quiet = {"quiet_hours": "22:00-07:00", "zone": "America/New_York"}
    with spoiled(tmp_path, {"alerts": quiet}) as nights:
        nights.nights.run_due()
        assert nights.noting.parcels == []
        nights.world.clock.set(AT_NIGHT + timedelta(minutes=59))
        nights.nights.send_alerts()
        assert nights.noting.parcels == []
        nights.world.clock.set(AT_NIGHT + timedelta(hours=1))
        nights.nights.send_alerts()
        nights.nights.send_alerts()
        (parcel,) = nights.noting.parcels
    assert parcel.title == "tillproof: 2 alerts"
    assert "2 events missing" in parcel.body
    assert "1 duplicate in Klaviyo" in parcel.body


def test_thresholds_keep_small_trouble_quiet_and_its_end_too(tmp_path: Path) -> None:
    with spoiled(tmp_path, {"alerts": {"min_count": 2}}) as nights:
        nights.nights.run_due()
        assert [title.split(" (")[0] for title in nights.noting.titles] == [
            f"{ACCOUNT}: 2 events missing in Klaviyo"
        ]


@pytest.mark.parametrize(
    ("group_by", "titles"),
    [
        ("account", {f"{ACCOUNT}: 3 findings"}),
        (
            "shop",
            {
                f"{ACCOUNT}: 2 events missing in Klaviyo at Main Street",
                f"{ACCOUNT}: 1 duplicate in Klaviyo at Main Street",
            },
        ),
        ("finding", {f"{ACCOUNT}: 1 event missing in Klaviyo", f"{ACCOUNT}: 1 duplicate in Klaviyo"}),
    ],
)
def test_findings_are_grouped_as_wished(tmp_path: Path, group_by: str, titles: set[str]) -> None:
    with spoiled(tmp_path, {"alerts": {"group_by": group_by}}) as nights:
        nights.nights.run_due()
        assert {title.split(" ($")[0] for title in nights.noting.titles} == titles
        nights.next_night()
        assert len(nights.noting.titles) == (3 if group_by == "finding" else len(titles))


def test_more_of_the_same_is_told_as_worse(tmp_path: Path) -> None:
    with spoiled(tmp_path, planted=[("missing", "Placed Order", 1)]) as nights:
        nights.nights.run_due()
        Saboteur(nights.world.klaviyo.state, nights.world.till.state, seed=8).plant(
            [("missing", "Placed Order", 2)]
        )
        nights.next_night()
        assert nights.noting.titles[1].startswith(f"{ACCOUNT}: worse: 3 events missing")
        assert "Worse than told before: 3 instead of 1." in nights.noting.parcels[1].body


def test_what_a_route_does_not_take_is_tried_again_and_in_the_end_given_up_aloud(tmp_path: Path) -> None:
    with spoiled(tmp_path, planted=[("missing", "Placed Order", 1)]) as nights:
        nights.noting.broken = "it answered with status 503"
        nights.nights.run_due()
        for pause_s in PAUSES_S:
            nights.world.clock.advance(pause_s - 1)
            assert nights.nights.send_alerts().later_count == 0, "not before the pause is over"
            nights.world.clock.advance(1)
            emptied = nights.nights.send_alerts()
        assert (emptied.failed_count, len(nights.noting.parcels)) == (1, ATTEMPTS_MAX)
        with nights.store.reading() as connection:
            (alert,) = history_read.alerts(connection)
            assert history_read.totals(connection).alerts_failed == 1
    assert (alert.state, alert.attempt_count, alert.trouble) == (
        "failed",
        ATTEMPTS_MAX,
        "it answered with status 503",
    )


def test_a_route_that_works_again_gets_the_message_once(tmp_path: Path) -> None:
    with spoiled(tmp_path, planted=[("missing", "Placed Order", 1)]) as nights:
        nights.noting.broken = "down"
        nights.nights.run_due()
        nights.noting.broken = ""
        nights.world.clock.advance(PAUSES_S[0])
        assert nights.nights.send_alerts().sent_count == 1
        nights.world.clock.advance(10 * 24 * 3600)
        assert nights.nights.send_alerts().sent_count == 0


def test_a_crash_before_it_was_noted_sends_again_under_the_same_reference(tmp_path: Path) -> None:
    with spoiled(tmp_path, planted=[("missing", "Placed Order", 1)]) as nights:

        class Crashing:
            """Delivers, and takes the process with it."""

            def send(self, parcels: Any) -> Any:
                nights.noting.send(parcels)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            nights.another(Crashing()).run_due()
        assert nights.nights.run_due() == [], "the night itself was remembered"
        bodies = [one.body for one in nights.noting.parcels]
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]
    assert bodies[0].endswith("Reference: alert 1")


def test_a_route_that_was_removed_is_said_so(tmp_path: Path) -> None:
    with spoiled(tmp_path, {"alerts": {"digest_at": "08:00"}}) as nights:
        nights.nights.run_due()
        nights.own = nights.own.model_copy(update={"routes": {}})
        nights.world.clock.set(AT_NIGHT + timedelta(hours=22))
        nights.another().send_alerts()
        with nights.store.reading() as connection:
            assert {one.trouble for one in history_read.alerts(connection)} == {
                "the settings know no such route"
            }


def test_a_digest_leaves_at_its_hour(tmp_path: Path) -> None:
    with spoiled(tmp_path, {"alerts": {"digest_at": "08:00", "zone": "Europe/Stockholm"}}) as nights:
        nights.nights.run_due()
        with nights.store.reading() as connection:
            due = {
                datetime.fromtimestamp(one.due_s, AT_NIGHT.tzinfo) for one in history_read.alerts(connection)
            }
    assert due == {datetime(2026, 4, 10, 6, tzinfo=AT_NIGHT.tzinfo)}
