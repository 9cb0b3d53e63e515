"""Lag: till, Sitoo's back end, sent, visible in Klaviyo; per sale, per shop, and told when it is too long."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sitoo_world import SitooWorld

from monitor import history_read, lag_figures
from monitor.lag_watch import LagWatch
from monitor.report_data import Report, ReportLag
from monitor.settings import MonitorSettings
from scenarios.harness.merchant import ACCOUNT
from sync.store.database import Store, open_store

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SitooWorld]:
    one = SitooWorld(tmp_path)
    yield one
    one.close()


@pytest.fixture
def store(shop: SitooWorld) -> Iterator[Store]:
    with open_store(shop.world.settings.store.url) as one:
        yield one


def watch(shop: SitooWorld, store: Store, **lag: Any) -> LagWatch:
    own = MonitorSettings.from_dict({"lag": lag}, {})
    return LagWatch(shop.world.settings, own, store, shop.clock, shop.world.transports)


def legs(report: Report, shop_id: str = "") -> dict[str, ReportLag]:
    return {one.leg: one for one in report.lags if one.shop == shop_id}


def connected(shop: SitooWorld) -> None:
    """Let the account be connected before the sales: what was sold earlier is history."""
    shop.once()
    shop.clock.advance(60)


def test_each_stop_of_a_sale_is_measured_and_kept(shop: SitooWorld, store: Store, tmp_path: Path) -> None:
    connected(shop)
    sold_at = shop.now()
    sold = shop.sell(1, at=sold_at, visible_at=sold_at + 30 * MINUTE)  # an offline till
    shop.clock.advance(39 * 60)
    shop.once()  # sent forty minutes after the sale
    shop.clock.advance(120)
    watch(shop, store).look([ACCOUNT])

    report = shop.report(tmp_path)

    found = legs(report)
    assert {leg: one.max_s for leg, one in found.items()} == {
        "till_to_arrival": 1_800,
        "arrival_to_sent": 600,
        "till_to_sent": 2_400,
        "sent_to_visible": 120,
        "till_to_visible": 2_520,
    }
    [row] = pq.read_table(tmp_path / "evidence" / ACCOUNT / "lags.parquet").to_pylist()
    at_s = int(sold_at.timestamp())
    assert row == {
        "sale_id": str(sold),
        "shop_id": str(shop.store),
        "event_key": f"sitoo:90001:{sold}",
        "till_s": at_s,
        "arrived_s": at_s + 1_800,
        "sent_s": at_s + 2_400,
        "visible_s": at_s + 2_520,
    }


def test_percentiles_are_told_shop_by_shop(shop: SitooWorld, tmp_path: Path) -> None:
    north = shop.state.add_store("Norr", external_id="N1", time_zone="Europe/Stockholm")
    [till] = shop.state.registers_of(north)
    connected(shop)
    first_at = shop.now()
    for number in range(10):
        shop.sell(1, at=first_at + number * MINUTE)
    shop.sell(1, till=till, at=first_at + 9 * MINUTE)
    shop.clock.advance(9 * 60)
    shop.once()  # ten minutes after the first

    report = shop.report(tmp_path)

    mine, norths = legs(report, str(shop.store))["till_to_sent"], legs(report, str(north))["till_to_sent"]
    assert (mine.sample_count, mine.p50_s, mine.p90_s, mine.max_s) == (10, 360, 600, 600)
    assert (norths.sample_count, norths.p50_s, norths.shop_name) == (1, 60, "Norr")
    assert legs(report)["till_to_sent"].sample_count == 11
    page = (tmp_path / "report.html").read_text()
    assert "How long sales took" in page
    assert "Till to sent" in page


def test_an_event_that_shows_up_late_is_seen_late(shop: SitooWorld, store: Store, tmp_path: Path) -> None:
    connected(shop)
    shop.sell(1)
    shop.world.klaviyo.faults.add(
        {"kind": "late_visibility", "seconds": 900, "match": {"method": "POST", "path": "/api/*"}}
    )
    shop.once()
    looking = watch(shop, store)
    for _ in range(5):
        shop.clock.advance(300)
        looking.look([ACCOUNT])

    found = legs(shop.report(tmp_path))["sent_to_visible"]

    assert 900 <= found.max_s <= 1_200


def test_too_long_a_lag_is_told_once_and_once_more_when_it_is_over(shop: SitooWorld, store: Store) -> None:
    connected(shop)
    shop.sell(1)
    klaviyo = shop.world.klaviyo
    klaviyo.faults.add({"kind": "status", "status": 503, "match": {"method": "POST", "path": "/api/*"}})
    shop.once()
    looking = watch(shop, store, alert_above="2h", over="3h")
    titles = []
    for hour in range(8):
        shop.clock.advance(3_600)
        if hour == 4:
            klaviyo.faults.clear()
            shop.world.once()
            shop.sell(1)
            shop.once()
        looking.look([ACCOUNT])
        with store.reading() as connection:
            titles = [one.title for one in reversed(history_read.alerts(connection))]

    assert titles == [
        f"{ACCOUNT}: sales take too long to reach Klaviyo",
        f"{ACCOUNT}: sales reach Klaviyo in time again",
    ]


def test_a_lag_below_the_threshold_is_told_to_nobody(shop: SitooWorld, store: Store) -> None:
    connected(shop)
    shop.sell(1)
    shop.once()

    [found] = watch(shop, store, alert_above="2h").look([ACCOUNT])

    assert (found.slow, found.sample_count, found.waiting_count) == (False, 1, 0)
    with store.reading() as connection:
        assert history_read.alerts(connection) == []


def test_looks_are_as_far_apart_as_the_settings_say(shop: SitooWorld, store: Store) -> None:
    connected(shop)
    looking = watch(shop, store, alert_above="2h", look_every="10m")
    counts = []
    for _ in range(4):
        counts.append(len(looking.look([ACCOUNT])))
        shop.clock.advance(300)

    assert counts == [1, 0, 1, 0]


def test_the_figures_for_prometheus_name_shops_by_id_and_nobody_by_name(
    shop: SitooWorld, store: Store
) -> None:
    connected(shop)
    shop.sell(1)
    shop.clock.advance(240)
    shop.once()

    with store.reading() as connection:
        found = lag_figures.figures(connection)

    assert [(one.shop, one.leg, one.quantiles_s) for one in found] == [
        (str(shop.store), "till_to_sent", (300, 300, 300))
    ]

    class Collector:
        def collect(self) -> Iterator[Any]:
            yield lag_figures.family(found)

    registry = CollectorRegistry()
    registry.register(Collector())
    line = f'tillproof_lag_seconds{{account="1",leg="till_to_sent",quantile="0.9",shop="{shop.store}"}} 300.0'
    assert line in generate_latest(registry).decode()
