"""When: nights that are due, also over changes of the clocks; quiet hours and digests."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from monitor.alerting.hours import Departure, Hours, departure
from monitor.nightly_due import Done, days_of, due_nights, latest_night
from monitor.settings import Night

NEW_YORK = "America/New_York"
NIGHT = Night(time(5, 30), None, 7)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "night_on"),
    [
        ("2026-04-09T05:29:59-04:00", date(2026, 4, 8)),
        ("2026-04-09T05:30:00-04:00", date(2026, 4, 9)),
        ("2026-04-09T23:59:59-04:00", date(2026, 4, 9)),
        ("2026-04-10T00:00:00-04:00", date(2026, 4, 9)),
    ],
)
def test_a_night_begins_at_its_hour_on_the_wall(now: str, night_on: date) -> None:
    assert latest_night(at(now), NIGHT, NEW_YORK) == night_on


def test_an_hour_that_the_clocks_skip_comes_as_much_later() -> None:
    skipped = Night(time(2, 30), None, 7)  # on 8 March there is no 02:30 in New York
    assert latest_night(at("2026-03-08T03:29:00-04:00"), skipped, NEW_YORK) == date(2026, 3, 7)
    assert latest_night(at("2026-03-08T03:30:00-04:00"), skipped, NEW_YORK) == date(2026, 3, 8)


def test_an_hour_that_comes_twice_is_one_night() -> None:
    twice = Night(time(1, 30), None, 7)  # on 1 November 01:30 comes twice
    done = Done(date(2026, 11, 1))
    assert latest_night(at("2026-11-01T01:30:00-04:00"), twice, NEW_YORK) == date(2026, 11, 1)
    assert due_nights(at("2026-11-01T01:30:00-05:00"), twice, NEW_YORK, done, 31) == []


def test_missed_nights_are_due_oldest_first_each_once() -> None:
    now = at("2026-04-09T06:00:00-04:00")
    assert due_nights(now, NIGHT, NEW_YORK, Done(), 31) == [date(2026, 4, 9)]
    assert due_nights(now, NIGHT, NEW_YORK, Done(date(2026, 4, 9)), 31) == []
    assert due_nights(now, NIGHT, NEW_YORK, Done(date(2026, 4, 6)), 31) == [
        date(2026, 4, 7),
        date(2026, 4, 8),
        date(2026, 4, 9),
    ]
    assert due_nights(now, NIGHT, NEW_YORK, Done(date(2026, 1, 1)), 2) == [date(2026, 4, 8), date(2026, 4, 9)]


def test_an_unfinished_night_comes_before_the_missed_ones() -> None:
    done = Done(date(2026, 4, 8), date(2026, 4, 8))
    assert due_nights(at("2026-04-09T06:00:00-04:00"), NIGHT, NEW_YORK, done, 31) == [
        date(2026, 4, 8),
        date(2026, 4, 9),
    ]


def test_an_account_that_is_switched_off_is_never_due() -> None:
    off = Night(time(5, 30), None, 7, enabled=False)
    assert due_nights(at("2026-04-09T06:00:00-04:00"), off, NEW_YORK, Done(), 31) == []


def test_a_clock_set_back_makes_nothing_due_again() -> None:
    done = Done(date(2026, 4, 9))
    assert due_nights(at("2026-04-07T06:00:00-04:00"), NIGHT, NEW_YORK, done, 31) == []


def test_a_night_looks_at_the_days_that_ended_before_it() -> None:
    assert days_of(date(2026, 4, 9), 7) == (date(2026, 4, 2), date(2026, 4, 8))


QUIET = Hours(NEW_YORK, quiet=(time(22), time(7)))


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("2026-04-09T21:59:00-04:00", "2026-04-09T21:59:00-04:00"),
        ("2026-04-09T22:00:00-04:00", "2026-04-10T07:00:00-04:00"),
        ("2026-04-10T06:59:00-04:00", "2026-04-10T07:00:00-04:00"),
        ("2026-04-10T07:00:00-04:00", "2026-04-10T07:00:00-04:00"),
        ("2026-03-07T23:00:00-05:00", "2026-03-08T07:00:00-04:00"),  # the clocks change in between
    ],
)
def test_quiet_hours_hold_messages_until_they_end(now: str, leaves: str) -> None:
    found = departure(at(now), QUIET, critical=False)
    assert found == Departure(at(leaves), gathered=now != leaves)


def test_what_is_critical_waits_only_where_that_is_wished() -> None:
    night = at("2026-04-09T23:00:00-04:00")
    assert departure(night, QUIET, critical=True).at == night
    patient = Hours(NEW_YORK, quiet=(time(22), time(7)), critical_at_once=False)
    assert departure(night, patient, critical=True).at == night + timedelta(hours=8)


def test_quiet_hours_may_lie_within_a_day() -> None:
    noon = Hours("UTC", quiet=(time(12), time(13)))
    assert departure(datetime(2026, 4, 9, 12, 30, tzinfo=UTC), noon, critical=False).at.hour == 13
    assert not departure(datetime(2026, 4, 9, 13, tzinfo=UTC), noon, critical=False).gathered


def test_a_digest_gathers_until_its_hour() -> None:
    digest = Hours(NEW_YORK, digest_at=time(8))
    found = departure(at("2026-04-09T08:00:00-04:00"), digest, critical=False)
    assert found == Departure(at("2026-04-10T08:00:00-04:00"), gathered=True)
