"""Shops, tills and customer groups: few rows, read whole at the start, and then only what changed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from fakes.kit.clock import VirtualClock
from fakes.lightspeed_x.app import build
from sync.domain.facts import Shop
from sync.sources.lightspeed_x import pos
from sync.sources.lightspeed_x.settings import Settings
from sync.sources.protocol import Link, Source

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


@dataclass
class Opened:
    source: Source
    shops: Mapping[str, Shop]  # as the source keeps them
    fake: Any
    clock: VirtualClock

    def asked(self) -> Counter[str]:
        """How often each list was asked for."""
        return Counter(entry.path.rsplit("/", 1)[-1] for entry in self.fake.journal.entries())

    def poll(self, cursors: dict[str, str | None]) -> None:
        for feed in ("shops", "groups"):
            for page in self.source.read(feed, cursors.get(feed)):
                cursors[feed] = page.cursor


@pytest.fixture
def opened() -> Iterator[Opened]:
    clock = VirtualClock(NOW)
    fake = build(clock)
    link = Link("main", _no_vault, clock, httpx.WSGITransport(app=fake.wsgi))
    section = Settings(
        domain_prefix="demo", consent="nobody", personal_token=fake.credentials["personal_token"],
        api_url="https://till.fake",
    )  # fmt: skip
    till = pos.open(link, section)
    yield Opened(till.source, till.source.account().shops, fake, clock)
    till.close()


def _no_vault() -> Any:
    raise AssertionError("a personal token is in the settings")


def test_what_was_read_at_the_start_is_not_read_again_at_once(opened: Opened) -> None:
    assert opened.asked()["outlets"] == 2  # the rows, and the empty page behind them
    cursors: dict[str, str | None] = {}
    opened.poll(cursors)
    asked = opened.asked()
    assert (asked["outlets"], asked["registers"], asked["customer_groups"]) == (2, 2, 2)


def test_a_minute_later_they_are_asked_for_what_changed(opened: Opened) -> None:
    cursors: dict[str, str | None] = {}
    opened.poll(cursors)
    opened.clock.advance(61)
    opened.poll(cursors)
    asked = opened.asked()
    assert asked["outlets"] > 2
    assert asked["customer_groups"] > 2


def test_a_shop_that_opens_later_is_met_though_the_start_stood_in_for_the_first_poll(opened: Opened) -> None:
    cursors: dict[str, str | None] = {}
    opened.poll(cursors)
    opened.clock.advance(20)
    opened.fake.state.add_outlet("Harbour", "America/New_York")
    opened.clock.advance(41)
    opened.poll(cursors)
    assert "Harbour" in {shop.name for shop in opened.shops.values()}


def test_a_quiet_list_leaves_its_cursor_as_it_is(opened: Opened) -> None:
    cursors: dict[str, str | None] = {}
    for _ in range(3):
        opened.poll(cursors)
        opened.clock.advance(900)
    before = dict(cursors)
    opened.poll(cursors)
    assert cursors == before
