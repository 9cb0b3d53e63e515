"""Neither of Klaviyo's two limits is ever spent before its minute is over."""

from datetime import UTC, datetime

from fakes.kit.clock import VirtualClock
from sync.hooks.pace import Pace

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def minute(per_s: int, seconds: int = 180, handling_s: float = 0.02) -> tuple[int, int, float]:
    """The most bulk requests and singles of any minute at this rate, and the longest an event waited."""
    clock = VirtualClock(NOON)
    pace = Pace(clock)
    start = clock.monotonic()
    taken, bulks, singles, longest = 0, [], [], 0.0
    while clock.monotonic() - start < seconds:
        waiting = int((clock.monotonic() - start) * per_s) - taken
        if not waiting:
            clock.advance(0.005)
            continue
        while pace.waited(waiting):
            waiting = int((clock.monotonic() - start) * per_s) - taken
        now = clock.monotonic()
        longest = max(longest, now - start - (taken + 1) / per_s)
        single_max = pace.begun()
        if waiting > single_max:
            bulks.append(now)
        else:
            singles += [now] * waiting
        taken += waiting
        clock.advance(handling_s)
        pace.sent(waiting, single_max)
    return most(bulks), most(singles), longest


def most(instants: list[float]) -> int:
    """The most of these within any minute."""
    first, found = 0, 0
    for place, at in enumerate(instants):
        while instants[first] <= at - 60:
            first += 1
        found = max(found, place - first + 1)
    return found


def test_a_quiet_shop_is_served_at_once_and_singly() -> None:
    bulks, singles, longest = minute(1)
    assert bulks == 0
    assert 59 <= singles <= 61
    assert longest < 0.02


def test_fifty_a_second_keep_within_both_limits() -> None:
    bulks, singles, longest = minute(50)
    assert bulks <= 150
    assert singles <= 3_500
    assert longest < 0.6


def test_five_hundred_a_second_go_in_bulk_within_its_limit() -> None:
    bulks, singles, longest = minute(500)
    assert bulks <= 150
    assert singles <= 3_500
    assert longest < 0.6
