"""Limiters keep within the published limits to the request, and use them to the full."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.kit.clock import VirtualClock
from fakes.kit.limits import LeakyBucket as VendorBucket
from fakes.kit.limits import Quota, TwoWindow
from sync.http.limits import LeakyBucket, NoLimit, SlidingWindows

START = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)


def headers_of(level: float, size: float = 90, drip: float = 1, cost: float | None = None) -> dict[str, str]:
    told = {"x-ls-api-bucket-level": f"{level}/{size:g}", "x-ls-api-drip-rate": f"{drip:g}"}
    return told if cost is None else {**told, "x-ls-api-request-cost": f"{cost:g}"}


def test_no_limit_never_waits() -> None:
    limiter = NoLimit()
    limiter.acquire(100, "")
    limiter.observe(429, {}, "")


def test_a_burst_goes_at_once_and_the_next_request_waits_for_the_window() -> None:
    clock = VirtualClock(START)
    limiter = SlidingWindows(clock, {"events": ((3, 1.0), (5, 60.0))}, slack_s=0.25)
    at = []
    for _ in range(7):
        limiter.acquire(1, "events")
        at.append(clock.monotonic())
    assert at == [0, 0, 0, 1.25, 1.25, 60.25, 60.25]


def test_a_bucket_that_is_not_listed_is_not_limited() -> None:
    clock = VirtualClock(START)
    limiter = SlidingWindows(clock, {"events": ((1, 60.0),)})
    for _ in range(10):
        limiter.acquire(1, "other")
    assert clock.monotonic() == 0


def test_buckets_do_not_share_their_windows() -> None:
    clock = VirtualClock(START)
    limiter = SlidingWindows(clock, {"a": ((1, 60.0),), "b": ((1, 60.0),)})
    limiter.acquire(1, "a")
    limiter.acquire(1, "b")
    assert clock.monotonic() == 0


@given(
    burst=st.integers(1, 12),
    steady=st.integers(1, 40),
    pauses=st.lists(st.floats(0, 5), min_size=1, max_size=120),
    aligned=st.booleans(),
)
def test_no_vendor_window_is_ever_overrun(
    burst: int, steady: int, pauses: list[float], aligned: bool
) -> None:
    clock = VirtualClock(START)
    limiter = SlidingWindows(clock, {"": ((burst, 1.0), (steady, 60.0))}, slack_s=0.01)
    vendor = TwoWindow(Quota(burst, 1), Quota(steady, 60), alignment="aligned" if aligned else "anchored")
    for pause in pauses:
        clock.sleep(pause)
        limiter.acquire(1, "")
        assert vendor.spend(clock.monotonic()).allowed


def test_the_first_requests_fill_the_bucket_and_later_ones_follow_its_drip() -> None:
    clock = VirtualClock(START)
    limiter = LeakyBucket(clock)
    vendor = VendorBucket(size=90, drip=1, burst=20)
    for _ in range(300):
        limiter.acquire(1.8, "")
        answer = vendor.spend(clock.monotonic(), 1.8)
        assert answer.blocked_by is None
        limiter.observe(200, headers_of(answer.level, cost=1.8), "")
    least_s = (300 * 1.8 - 90) / 1
    assert least_s - 1e-6 <= clock.monotonic() <= least_s * 1.05


@given(
    drip=st.sampled_from([1, 1.5, 2, 4.5]),
    costs=st.lists(st.sampled_from([1.0, 1.2, 1.8, 3.0, 10.0]), min_size=1, max_size=150),
    share=st.sampled_from([0.25, 0.5, 1.0]),
)
def test_the_vendor_never_has_to_refuse_us(drip: float, costs: list[float], share: float) -> None:
    clock = VirtualClock(START)
    limiter = LeakyBucket(clock, share)
    vendor = VendorBucket(size=90, drip=drip, burst=20)
    for cost in costs:
        limiter.acquire(cost, "")
        answer = vendor.spend(clock.monotonic(), cost)
        assert answer.blocked_by is None
        limiter.observe(200, headers_of(answer.level, drip=drip, cost=cost), "")


def test_half_a_share_spends_at_most_half_the_size_and_then_half_the_drip() -> None:
    clock = VirtualClock(START)
    limiter = LeakyBucket(clock, share=0.5)
    limiter.acquire(1, "")
    limiter.observe(200, headers_of(1, cost=1), "")
    spent = 1.0
    while clock.monotonic() < 600:
        limiter.acquire(1, "")
        spent += 1
    assert spent <= 45 + 0.5 * clock.monotonic() + 1


def test_polls_spaced_by_the_pause_stay_below_the_share_of_the_drip() -> None:
    clock = VirtualClock(START)
    limiter = LeakyBucket(clock, share=0.5)
    spent = 0.0
    for poll in range(500):
        for cost in (1.0, 1.8) if poll % 20 == 0 else (1.0,):
            limiter.acquire(cost, "")
            limiter.observe(200, headers_of(5, cost=cost), "")
            spent += cost
        clock.sleep(limiter.pause_s())
    assert spent <= 0.5 * clock.monotonic() + 1e-6
    assert spent >= 0.49 * clock.monotonic()


def test_a_bucket_that_others_filled_makes_us_wait() -> None:
    clock = VirtualClock(START)
    limiter = LeakyBucket(clock)
    limiter.acquire(1, "")
    limiter.observe(200, headers_of(90, cost=1), "")
    limiter.acquire(1, "")
    assert clock.monotonic() == pytest.approx(1)


def test_a_dearer_request_than_expected_is_booked_at_its_true_cost() -> None:
    clock = VirtualClock(START)
    limiter = LeakyBucket(clock, share=0.5)
    limiter.acquire(1, "")
    limiter.observe(200, headers_of(8, cost=8), "")
    assert limiter.pause_s() == pytest.approx(16)


def test_a_refused_request_is_not_counted_as_spent() -> None:
    clock = VirtualClock(START)
    limiter = LeakyBucket(clock)
    limiter.acquire(5, "")
    limiter.observe(429, headers_of(91), "")
    assert limiter.pause_s() == 0


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-ls-api-bucket-level": "full"}, {"x-ls-api-bucket-level": "1/nan", "x-ls-api-drip-rate": "-1"}],
)
def test_headers_that_make_no_sense_change_nothing(headers: dict[str, str]) -> None:
    clock = VirtualClock(START)
    limiter = LeakyBucket(clock)
    limiter.acquire(1, "")
    limiter.observe(200, headers, "")
    limiter.acquire(1, "")
    assert clock.monotonic() == 0


def test_a_decimal_drip_and_a_level_above_the_size_are_understood() -> None:
    clock = VirtualClock(START)
    limiter = LeakyBucket(clock)
    limiter.acquire(1, "")
    limiter.observe(200, headers_of(91.672517538069, drip=1.5, cost=1), "")
    limiter.acquire(1, "")
    assert clock.monotonic() == pytest.approx((91.672517538069 + 1 - 90) / 1.5)


def test_the_drip_can_be_read_once_the_vendor_has_told_it_whatever_our_share() -> None:
    clock = VirtualClock(START)
    limiter = LeakyBucket(clock, share=0.5)
    assert limiter.drip_per_s is None
    limiter.observe(200, {}, "")
    assert limiter.drip_per_s is None
    limiter.observe(200, headers_of(3, size=120, drip=2.5), "")
    assert limiter.drip_per_s == 2.5
    limiter.observe(200, {"x-ls-api-bucket-level": "1/180"}, "")  # of old: a minute empties the bucket
    assert limiter.drip_per_s == 3


@pytest.mark.parametrize("share", [0, -1, 1.1])
def test_a_share_outside_the_bucket_is_a_mistake(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        LeakyBucket(VirtualClock(START), share)
