"""`monitor run` as a service: one tick after the other, through trouble of the database, until stopped."""

import pytest

from monitor.nightly_serve import tick_for_ever
from sync.store.errors import StoreBusy


class Stop(Exception):
    """What a tick raises to end."""


def test_it_ticks_at_once_and_then_again_until_something_ends_it() -> None:
    ticks: list[int] = []

    def tick() -> None:
        ticks.append(len(ticks))
        if len(ticks) == 3:
            raise Stop

    with pytest.raises(Stop):
        tick_for_ever(tick, 0.01)
    assert ticks == [0, 1, 2]


def test_a_database_that_is_busy_is_waited_for() -> None:
    ticks: list[int] = []

    def tick() -> None:
        ticks.append(len(ticks))
        if len(ticks) == 1:
            raise StoreBusy("another process holds the database")
        raise Stop

    with pytest.raises(Stop):
        tick_for_ever(tick, 0.01)
    assert len(ticks) == 2


def test_what_fails_at_once_is_raised_at_once() -> None:
    def tick() -> None:
        raise Stop

    with pytest.raises(Stop):
        tick_for_ever(tick, 3_600)
