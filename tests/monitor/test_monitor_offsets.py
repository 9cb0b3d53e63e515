"""The table of zone offsets agrees with the clocks at every change."""

from datetime import UTC, datetime

import pytest

from monitor.offsets import Offset, offsets
from sync.domain.clock import Window

YEAR = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def test_new_york_changes_twice_a_year_to_the_second() -> None:
    assert offsets(["America/New_York"], YEAR) == [
        Offset("America/New_York", at("2026-01-01T00:00Z"), at("2026-03-08T07:00Z"), -5 * 3600),
        Offset("America/New_York", at("2026-03-08T07:00Z"), at("2026-11-01T06:00Z"), -4 * 3600),
        Offset("America/New_York", at("2026-11-01T06:00Z"), at("2027-01-01T00:00Z"), -5 * 3600),
    ]


def test_half_hours_and_zones_without_changes() -> None:
    assert [(s.zone, s.offset_s) for s in offsets(["UTC", "Asia/Kolkata"], YEAR)] == [
        ("Asia/Kolkata", 19800),
        ("UTC", 0),
    ]


@pytest.mark.parametrize("zone", ["Australia/Lord_Howe", "America/St_Johns", "Pacific/Chatham"])
def test_odd_zones_leave_no_gap(zone: str) -> None:
    spans = offsets([zone], YEAR)

    assert [span.to_s for span in spans[:-1]] == [span.from_s for span in spans[1:]]
    assert len(spans) == 3
