"""`bench hooks` measures what it says, on little input."""

import math

from scenarios.bench.hooks import WARM_UP_SALES, HooksSpeed, checks, measure


def speed(waits: list[float], **more: int) -> HooksSpeed:
    told = {"orders": 100 + WARM_UP_SALES, "refused": 0, "limited": 0} | more
    ordered = tuple(sorted(waits))
    return HooksSpeed(100, 2.0, ordered, till_requests=1, klaviyo_requests=1, **told)


def failing(found: HooksSpeed) -> list[str]:
    return [what for what, _, _, holds in checks(found, 50) if not holds]


def test_percentiles_are_taken_from_above_and_what_never_came_is_endless() -> None:
    assert speed([0.1] * 98 + [0.7, 0.9]).percentile(0.99) == 0.7
    assert speed([0.1] * 98).percentile(0.99) == math.inf
    assert failing(speed([0.1] * 100)) == []
    assert failing(speed([0.1] * 98 + [1.0, 1.0])) == ["webhook to Klaviyo p99, s"]


def test_a_lost_a_doubled_a_refused_and_a_limited_one_do_not_hold() -> None:
    assert failing(speed([0.1] * 100, orders=99)) == ["orders in Klaviyo"]
    assert failing(speed([0.1] * 100, orders=121)) == ["orders in Klaviyo"]
    assert failing(speed([0.1] * 100, refused=1, limited=1)) == [
        "webhooks not answered by 200", "requests refused as too many"
    ]  # fmt: skip


def test_a_short_run_carries_every_sale() -> None:
    found = measure(rate=20, seconds=1, seed=3, told=lambda _who, _done: None)
    assert (found.orders, len(found.waits_s), found.refused) == (20 + WARM_UP_SALES, 20, 0)
    assert 0 < found.percentile(0.5) < 30
