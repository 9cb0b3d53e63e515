"""Tokens are renewed in time, once, and asked for in the very bytes that each vendor takes."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from fakes.kit.clock import VirtualClock
from sync.http.client import ApiClient
from sync.http.limits import SlidingWindows
from sync.http.oauth import OAuth, OAuthApp
from sync.http.tokens import Tokens
from sync.sources.lightspeed_r import auth as auth_r
from sync.sources.lightspeed_x import auth as auth_x

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
APP = OAuthApp("id 1", "s&cret", "main", "https://shop.test/back")


class Shelf:
    """A vault in memory, with the lock that two processes would share."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._lock = threading.Lock()

    def load(self) -> Tokens:
        return self.tokens

    def save(self, tokens: Tokens) -> None:
        self.tokens = tokens

    @contextmanager
    def lock(self):  # type: ignore[no-untyped-def]  # a context manager's own generator
        with self._lock:
            yield


class Vendor:
    """Counts what it is asked for."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.used: list[str] = []

    def renew(self, refresh_token: str) -> Tokens:
        self.used.append(refresh_token)
        n = len(self.used)
        return Tokens(f"access-{n}", f"refresh-{n}", self.clock.now() + timedelta(hours=1))


def bearer(oauth: OAuth) -> str:
    request = next(oauth.sync_auth_flow(httpx.Request("GET", "https://till.test/")))
    return request.headers["Authorization"]


@pytest.mark.parametrize(
    ("left_s", "sent"), [(61, "Bearer access-0"), (60, "Bearer access-1"), (0, "Bearer access-1")]
)
def test_a_token_is_renewed_so_early_and_no_earlier(left_s: int, sent: str) -> None:
    clock = VirtualClock(NOW)
    vault = Shelf(Tokens("access-0", "refresh-0", NOW + timedelta(seconds=left_s)))
    oauth = OAuth(Vendor(clock).renew, vault, clock, early=timedelta(seconds=60))
    assert bearer(oauth) == sent


def test_many_at_once_with_an_old_token_renew_it_once() -> None:
    clock = VirtualClock(NOW)
    vault, vendor = Shelf(Tokens("access-0", "refresh-0", NOW)), Vendor(clock)
    each = [OAuth(vendor.renew, vault, clock, early=timedelta(seconds=60)) for _ in range(2)]
    start = threading.Barrier(8)
    sent: list[str] = []

    def go(oauth: OAuth) -> None:
        start.wait()
        sent.append(bearer(oauth))

    threads = [threading.Thread(target=go, args=(each[n % 2],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert vendor.used == ["refresh-0"]
    assert sent == ["Bearer access-1"] * 8


SECRETS = b"client_id=id+1&client_secret=s%26cret&"


@pytest.mark.parametrize(
    ("ask", "path", "body"),
    [
        (
            lambda api, clock: auth_r.refresh(api, APP, "def/50", clock),
            "/auth/oauth/token",
            SECRETS + b"grant_type=refresh_token&refresh_token=def%2F50",
        ),
        (
            lambda api, clock: auth_r.exchange_code(api, APP, "c1", "proof", clock),
            "/auth/oauth/token",
            SECRETS + b"grant_type=authorization_code&code=c1&code_verifier=proof",
        ),
        (
            lambda api, clock: auth_x.refresh(api, APP, "def/50", clock),
            "/api/1.0/token",
            SECRETS + b"grant_type=refresh_token&refresh_token=def%2F50",
        ),
        (
            lambda api, clock: auth_x.exchange_code(api, APP, "c1", clock),
            "/api/1.0/token",
            SECRETS
            + b"grant_type=authorization_code&code=c1&redirect_uri=https%3A%2F%2Fshop.test%2Fback",
        ),
    ],
)  # fmt: skip
def test_each_vendor_is_asked_in_its_own_bytes(ask, path: str, body: bytes) -> None:  # type: ignore[no-untyped-def]  # one of the lambdas above
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text='{"access_token":"a","refresh_token":"b","expires_in":60}')

    clock = VirtualClock(NOW)
    api = ApiClient(
        "the till", "https://till.test", clock=clock, limiter=SlidingWindows(clock, {"": ((5, 60.0),)}),
        transport=httpx.MockTransport(answer),
    )  # fmt: skip
    assert ask(api, clock) == Tokens("a", "b", NOW + timedelta(seconds=60))
    assert [(each.method, each.url.path, each.content) for each in seen] == [("POST", path, body)]
    assert seen[0].headers["content-type"] == "application/x-www-form-urlencoded"
