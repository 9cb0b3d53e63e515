"""A small Sitoo account in process, and our source reading it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from source_shelf import Shelf

from fakes.kit.clock import VirtualClock
from fakes.sitoo.app import build
from fakes.sitoo.records import LineIn
from sync.domain.facts import Sale
from sync.sources.protocol import Link, Page
from sync.sources.sitoo import pos
from sync.sources.sitoo.settings import Settings
from sync.sources.sitoo.source import SitooSource

NOON = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)


class SitooTill:
    """One shop in Stockholm with one register; tea is 100.00 with 25 % VAT in it."""

    def __init__(self) -> None:
        self.clock = VirtualClock(NOON)
        self.fake: Any = build(self.clock, seed=3)
        self.state = self.fake.state
        self.store = self.state.add_store("Kungsgatan", external_id="S1", time_zone="Europe/Stockholm")
        [self.register] = self.state.registers_of(self.store)
        self.tea = self.state.add_product("Tea", sku="TE-1", price="100.00")
        self.shelf = Shelf()
        self.transport: httpx.BaseTransport = httpx.WSGITransport(app=self.fake.wsgi)

    def sell(self, at: datetime | None = None, **more: Any) -> str:
        return str(self.state.sell(self.register, at or self.clock.now(), [LineIn(self.tea, 1)], **more))

    def source(self, **settings: Any) -> SitooSource:
        known = self.fake.credentials
        told = {
            "api_id": known["api_id"],
            "password": known["password"],
            "api_url": "https://sitoo.test",
            **settings,
        }
        link = Link("main", _no_vault, self.clock, self.transport, products=self.shelf)
        source = pos.open(link, Settings.model_validate(told)).source
        assert isinstance(source, SitooSource)
        return source


def _no_vault() -> Any:
    raise AssertionError("a Sitoo account keeps no tokens")


def sales_of(pages: Iterable[Page]) -> list[Sale]:
    """All sales on the pages, in order."""
    return [sale for page in pages for sale in page.sales]


def ids_of(pages: Iterable[Page]) -> list[str]:
    """Their ids."""
    return [sale.sale_id for sale in sales_of(pages)]


def cursor_of(pages: Sequence[Page]) -> str:
    """Where the feed stands after these pages."""
    return [page.cursor for page in pages if page.cursor is not None][-1]
