"""Reading X-Series' dated API: change feeds by version, searches by offset, single records.

Rows of a feed ascend by version, a page may be shorter than was asked for, and only an empty one is the
end. Sources: the vendor's pages on pagination, rate limiting, versions and scopes.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

import httpx
import msgspec

from sync.domain.clock import Clock
from sync.http.client import ApiClient
from sync.http.errors import (
    ApiTrouble,
    NotPermitted,
    NotThere,
    Reconnect,
    Refused,
    TooMuch,
    TryLater,
    Unintelligible,
)
from sync.http.limits import FixedWindow, SlidingWindows
from sync.http.retry import RetryPolicy
from sync.sources.lightspeed_x.wire import UPSTREAM, Rows

T = TypeVar("T")
API_VERSION = "2026-07"
SEARCH_MAX = 1_000  # rows of a search; more are silently not given
_PATIENCE = RetryPolicy()
_WINDOW_S = 300.0
_PAGES_MAX = 200_000  # of one read
_SCOPES = {
    "sales": "sales:read",
    "customers": "customers:read",
    "customer_groups": "customers:read",
    "products": "products:read",
    "product_categories": "products:read",
    "brands": "products:read",
    "outlets": "outlets:read",
    "registers": "registers:read",
    "retailer": "retailer:read payment_types:read",
    "webhooks": "webhooks",
}


class LightspeedXClient:
    """One store's lists. Raises the errors of `sync.http.errors`; a dead token names the remedy."""

    def __init__(self, api: ApiClient, signing: ApiClient | None, remedy: str) -> None:
        """`api` stands at the store's host; `signing` is what `api` renews its tokens with, ours to close."""
        self._api = api
        self._signing = signing
        self._remedy = remedy

    def changed(
        self,
        resource: str,
        after: int,
        decode: Callable[[bytes], Rows[T]],
        *,
        page_size: int,
        deleted: bool = False,
    ) -> Iterator[Rows[T]]:
        """Every page of a feed behind version `after`; the last one is empty.

        A page too heavy for either side is asked for in smaller ones.
        """
        rows_max = page_size
        for _ in range(_PAGES_MAX):
            params = {"after": str(after), "page_size": str(rows_max)}
            if deleted:
                params["deleted"] = "true"
            try:
                rows = self._get(decode, resource, resource, params)
            except (TooMuch, TryLater) as trouble:
                if rows_max <= 1 or not _too_heavy(trouble):
                    raise
                rows_max = max(1, rows_max // 4)
                continue
            yield rows
            if not rows.count:
                return
            if rows.version_max is None or rows.version_max <= after:
                raise Unintelligible(
                    UPSTREAM, f"a page of {resource} does not lead on to the next one; try again later"
                )
            after = rows.version_max
        raise TooMuch(UPSTREAM, f"{resource} has more than {_PAGES_MAX:,} pages")

    def listed(self, resource: str, decode: Callable[[bytes], Rows[T]]) -> Iterator[Rows[T]]:
        """A list that is paged by the id of its last row, such as the categories."""
        after = ""
        for _ in range(_PAGES_MAX):
            params = {"page_size": str(SEARCH_MAX), **({"after": after} if after else {})}
            rows = self._get(decode, resource, resource, params)
            yield rows
            last = getattr(rows.rows[-1], "id", None) if rows.rows else None
            if not rows.count or not last or last == after:
                return
            after = last
        raise TooMuch(UPSTREAM, f"{resource} has more than {_PAGES_MAX:,} pages")

    def search(
        self, kind: str, params: Mapping[str, str], decode: Callable[[bytes], Rows[T]]
    ) -> Iterator[Rows[T]]:
        """Every page of a search, until an empty one."""
        offset = 0
        for _ in range(_PAGES_MAX):
            asked = {"type": kind, "page_size": str(SEARCH_MAX), "offset": str(offset), **params}
            rows = self._get(decode, "search", kind, asked)
            yield rows
            if not rows.count:
                return
            offset += rows.count
        raise TooMuch(UPSTREAM, "a search has too many pages; ask for a shorter window")

    def one(self, path: str, decode: Callable[[bytes], T]) -> T | None:
        """A single record; None when there is none of this id."""
        try:
            return self._get(decode, path, path.partition("/")[0], {})
        except NotThere:
            return None

    def send(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Change something; it may take effect twice when an answer is lost. Raises as reading does."""
        return self._api.request(
            method,
            f"api/{API_VERSION}/{path}",
            content=body,
            content_type="application/json" if body is not None else None,
            classify=lambda status, _headers, content: self._named(status, content, path.partition("/")[0]),
        ).content

    def pause_s(self) -> float:
        """How long to wait before the next cheap read, to keep to our share of the window."""
        limiter = self._api.limiter
        return limiter.pause_s() if isinstance(limiter, FixedWindow) else 0.0

    @property
    def requests_a_second(self) -> float | None:
        """How often the vendor lets us ask on average; None before it has told."""
        limiter = self._api.limiter
        return limiter.a_second if isinstance(limiter, FixedWindow) else None

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
        if self._signing is not None:
            self._signing.close()

    def _get(self, decode: Callable[[bytes], T], path: str, resource: str, params: Mapping[str, str]) -> T:
        found, _ = self._api.fetch(
            decode,
            "GET",
            f"api/{API_VERSION}/{path}",
            params=params,
            classify=lambda status, _headers, content: self._named(status, content, resource),
        )
        return found

    def _named(self, status: int, content: bytes, resource: str) -> ApiTrouble | None:
        if status == 401:
            return Reconnect(
                UPSTREAM, f"the access token is rejected even when fresh; {self._remedy}", status=status
            )
        if content.lstrip()[:1] == b"<":
            # Its own errors are JSON: this page comes from something in between.
            told = (
                f"answered {status} with a web page instead of JSON; try again later, and check the address "
                "if it lasts"
            )
            return TryLater(UPSTREAM, told, status=status)
        message = _told(content)
        if status == 403:
            scope = _SCOPES.get(resource, "sales:read")
            told = f"may not read {resource}: the scope {scope} is missing; {self._remedy}"
            return NotPermitted(UPSTREAM, f"{told} as somebody who may grant it", scope=scope)
        if status == 404:
            if "service" in message.lower():
                return expired()
            return NotThere(UPSTREAM, message or "there is no such thing")
        return Refused(UPSTREAM, status, detail=message)


def connect(
    base_url: str,
    *,
    auth: httpx.Auth,
    signing: ApiClient | None,
    remedy: str,
    clock: Clock,
    share: float = 1.0,
    transport: httpx.BaseTransport | None = None,
    tls: ssl.SSLContext | None = None,
    retry: RetryPolicy = _PATIENCE,
) -> LightspeedXClient:
    """A client for one store, with its own window; `base_url` is such as `https://demo.retail.lightspeed.app`."""
    api = ApiClient(
        UPSTREAM,
        base_url,
        clock=clock,
        limiter=FixedWindow(clock, _WINDOW_S, share),
        auth=auth,
        transport=transport,
        tls=tls,
        # A refusal may ask to wait for the rest of a window.
        retry=replace(retry, wait_max_s=max(retry.wait_max_s, _WINDOW_S + 30)),
    )
    return LightspeedXClient(api, signing, remedy)


def token_client(
    base_url: str,
    *,
    clock: Clock,
    transport: httpx.BaseTransport | None = None,
    tls: ssl.SSLContext | None = None,
    retry: RetryPolicy = _PATIENCE,
) -> ApiClient:
    """A client for a store's token endpoint, which has a limiter of its own: ten in a while."""
    return ApiClient(
        f"{UPSTREAM} sign-in",
        base_url,
        clock=clock,
        limiter=SlidingWindows(clock, {"": ((10, 60.0),)}),
        retry=replace(retry, attempts_max=3),
        transport=transport,
        tls=tls,
    )


def expired() -> ApiTrouble:
    """What to say when the pinned version of the API is not what answers any more."""
    return ApiTrouble(
        UPSTREAM,
        f"API version {API_VERSION} is not answered any more. Nothing was skipped; update tillproof and run "
        "it again",
    )


def _too_heavy(trouble: ApiTrouble) -> bool:
    return isinstance(trouble, TooMuch) or trouble.status in {500, 504}


def _told(content: bytes) -> str:
    """The vendor's words in any of the shapes its errors come in; empty for all others."""
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, ValueError):
        return ""
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors")
    listed = errors.get("global") if isinstance(errors, dict) else None
    if isinstance(listed, list) and listed:
        return str(listed[0])
    return str(body.get("message") or body.get("details") or body.get("error") or "")
