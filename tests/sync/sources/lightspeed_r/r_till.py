"""A small R-Series account in process, and our source reading it."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from fakes.kit.clock import VirtualClock
from fakes.lightspeed_r.app import LightspeedRFake, build
from fakes.lightspeed_r.records import LineIn
from sync.http.oauth import OAuthApp
from sync.http.tokens import Tokens
from sync.sources.lightspeed_r.client import LightspeedRClient, connect
from sync.sources.lightspeed_r.source import LightspeedRSource
from sync.sources.protocol import Page

NOON = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)


@dataclass
class Vault:
    """Tokens in memory, with a log of what happened to them."""

    tokens: Tokens
    log: list[str] = field(default_factory=list)

    def load(self) -> Tokens:
        self.log.append("load")
        return self.tokens

    def save(self, tokens: Tokens) -> None:
        self.log.append("save")
        self.tokens = tokens

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        self.log.append("lock")
        yield
        self.log.append("unlock")


class Spoiled(httpx.BaseTransport):
    """Between us and the fake: puts other bytes in the place of some of an answer's."""

    def __init__(self, inner: httpx.BaseTransport, path: str, old: bytes, new: bytes) -> None:
        self.inner, self.path, self.old, self.new = inner, path, old, new

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        body = answer.read()
        if request.url.path.endswith(self.path):
            assert self.old in body or not body, "the test spoils something that is not there"
            body = body.replace(self.old, self.new, 1)
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)


class Till:
    """One fake account with one shop, and everything needed to read it."""

    def __init__(self, *, share: float = 1.0, registers: int = 1, limits: bool = False) -> None:
        self.clock = VirtualClock(NOON)
        self.fake: LightspeedRFake = build(self.clock, seed=3, registers=registers)
        self.fake.limits.enabled = limits
        self.state = self.fake.state
        known = self.fake.credentials
        self.app = OAuthApp(known["client_id"], known["client_secret"], "main-street")
        self.vault = Vault(
            Tokens(known["access_token"], known["refresh_token"], NOON + timedelta(minutes=30))
        )
        self.share = share
        self.transport: httpx.BaseTransport = httpx.WSGITransport(app=self.fake.wsgi)
        self.shop_id = self.state.add_shop("Main Street", "America/New_York", registers=1)
        self.item_id = self.state.add_item("Kettle", price="10", sku="KET-1")

    def client(self) -> LightspeedRClient:
        return connect(
            self.app,
            self.vault,
            api_url="http://r.test",
            auth_url="http://r.test",
            account_id="797",
            clock=self.clock,
            share=self.share,
            transport=self.transport,
        )

    def source(self, **options: Any) -> LightspeedRSource:
        return LightspeedRSource(self.client(), clock=self.clock, **options)

    def person(self, email: str = "ann@mail.org", **more: Any) -> str:
        return self.state.add_customer("Ann", "Lee", email=email, at=self.clock.now(), **more)

    def sell(self, *prices: str, at: datetime | None = None, **more: Any) -> str:
        lines = [LineIn(self.item_id, 1, price) for price in prices or ("10",)]
        return self.state.sell(self.shop_id, at or self.clock.now(), lines, **more)

    def rename(self, item_id: str, name: str, at: datetime | None = None) -> None:
        """Change an article as a merchant does; its time stamp moves."""
        item = self.state.items.rows[int(item_id)]
        item.description = name
        self.state.items.move(item, "timeStamp", "stamp_at", int((at or self.clock.now()).timestamp()))
        self.state.version += 1

    def paths(self) -> list[str]:
        """The lists asked for so far, by name, such as `Sale`."""
        return [entry.path.rpartition("/")[2].removesuffix(".json") for entry in self.fake.journal.entries()]

    def spoil(self, path: str, old: str, new: str) -> None:
        """Replace a text the first time it occurs in every answer to this path."""
        self.transport = Spoiled(self.transport, path, old.encode(), new.encode())

    def fails(self, kind: str, *, path: str = "*", times: int | None = None, **params: Any) -> None:
        rule: dict[str, Any] = {"kind": kind, "match": {"method": "*", "path": path}, **params}
        self.fake.faults.add(rule if times is None else {**rule, "times": times})


def read(till: Till, feed: str, cursor: str | None = None) -> list[Page]:
    """One reading of a feed, by a source of its own."""
    return list(till.source().read(feed, cursor))


def sale_ids(pages: Iterable[Page]) -> list[str]:
    """The ids of all sales on the pages, in order."""
    return [sale.sale_id for page in pages for sale in page.sales]


def last_cursor(pages: Sequence[Page]) -> str:
    """Where the feed stands after these pages."""
    cursors = [page.cursor for page in pages if page.cursor is not None]
    return cursors[-1]


def stand(pages: Sequence[Page]) -> str:
    """The instant up to which these pages have read."""
    return str(json.loads(last_cursor(pages))["at"])
