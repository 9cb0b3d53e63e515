"""Feeds that are closed: told once, asked again each hour, answered when they open."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fakes.kit.clock import VirtualClock
from sync.domain.errors import SetAside
from sync.sources.closed import ClosedFeeds
from sync.sources.protocol import Page

NOON = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
SCOPE = SetAside("feed", "voids", "missing_scope", "ask for it")
OTHER = SetAside("feed", "voids", "feed_refused", "not offered")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


def test_a_closed_feed_is_left_alone_for_an_hour(clock: VirtualClock) -> None:
    closed = ClosedFeeds(clock)
    closed.close("voids", SCOPE)
    clock.advance(3599)
    assert ("voids" in closed, "sales" in closed) == (True, False)
    clock.advance(1)
    assert "voids" not in closed


def test_a_clock_that_was_set_back_keeps_no_feed_closed(clock: VirtualClock) -> None:
    closed = ClosedFeeds(clock)
    closed.close("voids", SCOPE)
    clock.restore(NOON - timedelta(days=2), 0.0)
    assert "voids" not in closed


def test_the_same_is_said_once_and_another_reason_again(clock: VirtualClock) -> None:
    closed = ClosedFeeds(clock)
    assert [closed.close("voids", each) for each in (SCOPE, SCOPE, OTHER, SCOPE)] == [
        (SCOPE,), (), (OTHER,), (SCOPE,)
    ]  # fmt: skip


def test_the_first_read_and_the_first_after_it_was_closed_have_a_page(clock: VirtualClock) -> None:
    closed = ClosedFeeds(clock)
    empty = Page("voids", "here")
    assert list(closed.watched("voids", "here", ())) == [empty]
    assert list(closed.watched("voids", "here", ())) == []
    closed.close("voids", SCOPE)
    assert list(closed.watched("voids", "here", ())) == [empty]
    assert closed.close("voids", SCOPE) == (SCOPE,), "it was open in between"


def test_pages_of_its_own_are_enough(clock: VirtualClock) -> None:
    pages = [Page("voids", "1"), Page("voids", "2")]
    closed = ClosedFeeds(clock)
    assert list(closed.watched("voids", None, pages)) == pages


def test_a_feed_that_breaks_on_the_way_was_not_read_through(clock: VirtualClock) -> None:
    def breaking() -> Iterator[Page]:
        yield Page("voids", "1")
        raise ConnectionResetError

    closed = ClosedFeeds(clock)
    with pytest.raises(ConnectionResetError):
        list(closed.watched("voids", None, breaking()))
    assert list(closed.watched("voids", "1", ())) == [Page("voids", "1")]
