"""Instants are aware, windows are half-open, and business days have 23, 24 or 25 hours."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain.clock import (
    SystemClock,
    Window,
    business_day,
    country_of,
    day_window,
    days_window,
    iso,
    known_zone,
    utc,
)

NEW_YORK = "America/New_York"
AT = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)


def hours(window: Window) -> float:
    return (window.end_at - window.start_at).total_seconds() / 3600


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [
        (date(2026, 3, 8), NEW_YORK, 23),
        (date(2026, 11, 1), NEW_YORK, 25),
        (date(2026, 3, 9), NEW_YORK, 24),
        (date(2026, 3, 29), "Europe/Berlin", 23),
        (date(2026, 10, 25), "Europe/Berlin", 25),
        (date(2026, 4, 5), "Australia/Lord_Howe", 24.5),
        (date(2026, 3, 8), "UTC", 24),
        (date(2026, 3, 8), "US/Arizona", 24),
    ],
)
def test_a_business_day_is_as_long_as_its_clock_says(day: date, zone: str, expected: float) -> None:
    assert hours(day_window(day, zone)) == expected


def test_a_day_starts_at_local_midnight() -> None:
    assert day_window(date(2026, 3, 8), NEW_YORK) == Window(
        datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC)
    )


def test_several_days_run_from_the_first_midnight_to_the_last() -> None:
    assert hours(days_window(date(2026, 3, 7), date(2026, 3, 9), NEW_YORK)) == 71


def test_the_business_day_is_the_shop_s_not_ours() -> None:
    late = datetime(2026, 3, 5, 3, 30, tzinfo=UTC)
    assert business_day(late, NEW_YORK) == date(2026, 3, 4)
    assert business_day(late, "Europe/Berlin") == date(2026, 3, 5)


@given(
    st.integers(1_180_000_000, 1_893_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
    st.sampled_from([NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "US/Pacific"]),
)
def test_every_instant_lies_in_exactly_the_window_of_its_business_day(instant: datetime, zone: str) -> None:
    day = business_day(instant, zone)
    assert instant in day_window(day, zone)
    assert instant not in day_window(day + timedelta(days=1), zone)
    assert instant not in day_window(day - timedelta(days=1), zone)


def test_a_window_contains_its_start_and_not_its_end() -> None:
    window = Window(AT, AT + timedelta(hours=1))
    assert AT in window
    assert AT + timedelta(hours=1) not in window
    assert AT - timedelta(microseconds=1) not in window


def test_a_window_needs_aware_instants_in_order() -> None:
    with pytest.raises(ValueError, match="aware"):
        Window(datetime(2026, 1, 1), AT)  # noqa: DTZ001  # the naive one is the point
    with pytest.raises(ValueError, match="before it starts"):
        Window(AT, AT - timedelta(seconds=1))


def test_a_widened_window_grows_on_both_sides() -> None:
    window = Window(AT, AT).widened(timedelta(minutes=5))
    assert window == Window(AT - timedelta(minutes=5), AT + timedelta(minutes=5))


@given(st.integers(0, 10_000), st.integers(1, 5000))
def test_slices_cover_a_window_without_gap_or_overlap(length_s: int, step_s: int) -> None:
    window = Window(AT, AT + timedelta(seconds=length_s))
    slices = list(window.sliced(timedelta(seconds=step_s)))
    edges = [piece.start_at for piece in slices] + ([slices[-1].end_at] if slices else [])
    assert edges == sorted(set(edges))
    assert all(one.end_at == two.start_at for one, two in pairwise(slices))
    assert (not slices) == (length_s == 0)
    if slices:
        assert (slices[0].start_at, slices[-1].end_at) == (window.start_at, window.end_at)
        assert all(piece.end_at - piece.start_at <= timedelta(seconds=step_s) for piece in slices)


@pytest.mark.parametrize(
    "text", ["2026-03-04T17:00:00+00:00", "2026-03-04T17:00:00Z", "2026-03-04T12:00:00-05:00"]
)
def test_an_instant_is_read_with_whatever_offset_it_carries(text: str) -> None:
    assert utc(text) == AT
    assert utc(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["2026-03-04T17:00:00", "yesterday", "", "2026-13-01T00:00:00Z"])
def test_an_instant_without_offset_is_never_guessed(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the sentences differ, the kind is the promise
        utc(text)


def test_instants_are_written_in_utc_to_the_second() -> None:
    local = datetime(2026, 3, 4, 12, 0, 0, 999, tzinfo=timezone(timedelta(hours=-5)))
    assert iso(local) == "2026-03-04T17:00:00+00:00"
    with pytest.raises(ValueError, match="aware"):
        iso(datetime(2026, 1, 1))  # noqa: DTZ001  # the naive one is the point


@pytest.mark.parametrize(
    ("name", "known"),
    [(NEW_YORK, True), ("US/Pacific", True), ("Mars/Olympus", False), ("", False), ("../etc/passwd", False)],
)
def test_a_zone_is_known_or_not_and_never_an_error(name: str, known: bool) -> None:
    assert known_zone(name) is known


def test_the_system_clock_is_aware_and_runs_forward() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(-1)
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() >= before


@pytest.mark.parametrize(
    ("zone", "country"),
    [("America/New_York", "US"), ("America/Toronto", "CA"), ("US/Eastern", "US"), ("Canada/Pacific", "CA"),
     ("Europe/Stockholm", "SE"), ("Australia/Sydney", "AU"), ("Etc/GMT+5", ""),
     ("Europe/Atlantis", ""), ("", "")],
)  # fmt: skip
def test_a_zone_belongs_to_the_country_whose_clocks_it_tells(zone: str, country: str) -> None:
    assert country_of(zone) == country
