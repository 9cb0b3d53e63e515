"""Reading lists of R-Series V3: relations and their price, paging by `next`, ids in hundreds, errors.

Source of the facts: the vendor's own pages on rate limiting, pagination, relations and query parameters.
"""

import math
import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from sync.http.limits import LeakyBucket, SlidingWindows
from sync.http.oauth import OAuthApp
from sync.http.retry import RetryPolicy
from sync.http.tokens import TokenVault
from sync.sources.lightspeed_r import auth, wire

T = TypeVar("T")
UPSTREAM = "Lightspeed R-Series"
IDS_MAX = 100  # values in one IN filter
_PATIENCE = RetryPolicy()
_PAGE_ROWS = 100
_PAGES_MAX = 200_000  # of one read; twenty million rows
_TO_MANY = frozenset({"SaleLines", "SalePayments", "Registers", "Images"})
_SCOPES_BY_ENTITY = {
    "SaleVoid": "employee:admin_void_sale",
    "ShipTo": "employee:customers",
    "Customer": "employee:customers_read",
    "Item": "employee:inventory_read",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """What one list read asks for. `filters` holds the vendor's own `field: operator,value` text."""

    entity: str
    filters: Mapping[str, str]
    relations: tuple[str, ...] = ()
    sort: str = ""

    @property
    def cost(self) -> float:
        """What a page costs: 1, and twice 0.1 or 0.2 for a relation to one or to many."""
        return 1 + sum(0.4 if name.rpartition(".")[2] in _TO_MANY else 0.2 for name in self.relations)

    def params(self) -> dict[str, str]:
        """The query; archived rows are always asked for, since a customer may be archived later."""
        query = {**self.filters, "archived": "true", "limit": str(_PAGE_ROWS)}
        if self.relations:
            query["load_relations"] = msgspec.json.encode(self.relations).decode()
        if self.sort:
            query["sort"] = self.sort
        return query


class LightspeedRClient:
    """One account's lists. Raises the errors of `sync.http.errors`; a dead token names the remedy."""

    def __init__(self, api: ApiClient, account_id: str, app: OAuthApp, signing: ApiClient) -> None:
        """`api` stands at `…/API/V3`; `account_id` may be empty until `whoami` has told it.

        `signing` is the client of the authorization host that `api` renews its tokens with; ours to close.
        """
        self._api = api
        self._signing = signing
        self._app = app
        self.account_id = account_id

    def pages(self, listing: Listing, decode: Callable[[bytes], wire.Rows[T]]) -> Iterator[wire.Rows[T]]:
        """Every page of a list, in order. A page too heavy for either side is asked for in smaller ones."""
        url = f"{self._base}/{listing.entity}.json?{httpx.QueryParams(listing.params())}"
        rows_max = _PAGE_ROWS
        for _ in range(_PAGES_MAX):
            try:
                rows, _ = self._api.fetch(
                    decode, "GET", url, cost=listing.cost, classify=self._classifier(listing.entity)
                )
            except (TooMuch, TryLater) as trouble:
                if rows_max == 1 or not _too_heavy(trouble):
                    raise
                rows_max = max(1, rows_max // 4)
                url = re.sub(r"([?&]limit=)\d+", rf"\g<1>{rows_max}", url)
                continue
            yield rows
            if not rows.next_url:
                return
            if rows.next_url == url:
                raise Unintelligible(UPSTREAM, "a page names itself as the next one; try again later")
            url = rows.next_url
        raise TooMuch(UPSTREAM, f"a list has more than {_PAGES_MAX:,} pages; read a shorter time")

    def by_ids(
        self, listing: Listing, id_field: str, ids: Iterable[str], decode: Callable[[bytes], wire.Rows[T]]
    ) -> Iterator[wire.Rows[T]]:
        """The rows with these ids, a hundred a request; ids that do not exist are simply not there."""
        for some in _in_hundreds(dict.fromkeys(each for each in ids if each.isascii() and each.isdigit())):
            chosen = replace(listing, filters={**listing.filters, id_field: f"IN,[{','.join(some)}]"})
            yield from self.pages(chosen, decode)

    def one(self, path: str, row_type: type[T]) -> T:
        """A single object, such as `Account/797.json` in its V3 form."""
        found, _ = self._api.fetch(
            msgspec.json.Decoder(row_type).decode, "GET", path, classify=self._classifier("Account")
        )
        return found

    def count(self, entity: str, filters: Mapping[str, str]) -> int:
        """How many rows a list has. Dear: costs 10."""
        query = {**filters, "archived": "true", "count": "1"}
        url = f"{self._base}/{entity}.json?{httpx.QueryParams(query)}"
        found, _ = self._api.fetch(_count, "GET", url, cost=10, classify=self._classifier(entity))
        return found

    def whoami(self) -> tuple[str, str]:
        """The number and name of the account that the token belongs to; remembered for later reads."""
        decode = wire.rows_decoder("Account", wire.Tenancy, "accountID")
        found, _ = self._api.fetch(decode, "GET", "Account.json", classify=self._classifier("Account"))
        if not found.rows or not found.rows[0].account_id:
            raise Unintelligible(UPSTREAM, "does not say which account the token is for")
        self.account_id = found.rows[0].account_id
        return self.account_id, found.rows[0].name

    def pause_s(self) -> float:
        """How long to wait before the next cheap read, to keep to our share of the bucket."""
        limiter = self._api.limiter
        return limiter.pause_s() if isinstance(limiter, LeakyBucket) else 0.0

    def least_s(self, listing: Listing, rows_count: int) -> float | None:
        """The least time in which the vendor's limit lets so many rows through; None before it was told."""
        limiter = self._api.limiter
        drip_per_s = limiter.drip_per_s if isinstance(limiter, LeakyBucket) else None
        if drip_per_s is None:
            return None
        return math.ceil(rows_count / _PAGE_ROWS) * listing.cost / drip_per_s

    def close(self) -> None:
        """Close the connections to both hosts."""
        self._api.close()
        self._signing.close()

    @property
    def _base(self) -> str:
        if not self.account_id:
            self.whoami()
        return f"{self._api.base_url}/Account/{self.account_id}"

    def _classifier(self, entity: str) -> Callable[[int, Mapping[str, str], bytes], ApiTrouble | None]:
        return lambda status, _headers, content: self._named(status, content, entity)

    def _named(self, status: int, content: bytes, entity: str) -> ApiTrouble | None:
        code, message = _told(content)
        if status == 401:
            return Reconnect(
                UPSTREAM, f"the access token is rejected even when fresh; {self._app.remedy}", status=status
            )
        if content.lstrip()[:1] == b"<":
            # Its own errors are JSON, whatever their label says: this page comes from something in between.
            return TryLater(UPSTREAM, _in_between(status), status=status)
        if status == 403:
            return self._not_permitted(entity)
        if status == 404:
            return NotThere(UPSTREAM, message or "there is no such thing")
        if "try again later" in message.lower():
            return TryLater(UPSTREAM, "asks to try again later", status=status)
        return Refused(UPSTREAM, status, code=code, detail=message)

    def _not_permitted(self, entity: str) -> NotPermitted:
        remedy = self._app.remedy
        if entity == "Account" and self.account_id:
            told = (
                f"the connection does not open account {self.account_id}; correct account_id in the settings,"
            )
            return NotPermitted(UPSTREAM, f"{told} or leave it out, or {remedy} as somebody who may use it")
        scope = _SCOPES_BY_ENTITY.get(entity, "employee:register_read")
        told = f"may not read {entity}: the scope {scope} is missing; {remedy}"
        return NotPermitted(UPSTREAM, f"{told} as an employee who has that right", scope=scope)


def connect(
    app: OAuthApp,
    vault: TokenVault,
    *,
    api_url: str,
    auth_url: str,
    account_id: str = "",
    clock: Clock,
    share: float = 1.0,
    transport: httpx.BaseTransport | None = None,
    tls: ssl.SSLContext | None = None,
    retry: RetryPolicy = _PATIENCE,
) -> LightspeedRClient:
    """A client for one connected account, with its own bucket, and OAuth through the vault.

    `api_url` and `auth_url` are the two hosts, such as `https://api.lightspeedapp.com` and
    `https://cloud.lightspeedapp.com`; `transport` mounts a fake that plays both.
    """
    signing = auth_client(auth_url, clock=clock, transport=transport, tls=tls, retry=retry)
    api = ApiClient(
        UPSTREAM,
        f"{api_url.rstrip('/')}/API/V3",
        clock=clock,
        limiter=LeakyBucket(clock, share),
        auth=auth.oauth(signing, app, vault, clock),
        transport=transport,
        tls=tls,
        retry=retry,
    )
    return LightspeedRClient(api, account_id, app, signing)


def auth_client(
    auth_url: str,
    *,
    clock: Clock,
    transport: httpx.BaseTransport | None = None,
    tls: ssl.SSLContext | None = None,
    retry: RetryPolicy = _PATIENCE,
) -> ApiClient:
    """A client of the authorization host, for refreshing and for the connect flow."""
    # The vendor allows five refresh attempts a minute for one connection.
    limiter = SlidingWindows(clock, {"": ((5, 60.0),)})
    return ApiClient(
        f"{UPSTREAM} sign-in",
        auth_url,
        clock=clock,
        limiter=limiter,
        retry=replace(retry, attempts_max=3),
        transport=transport,
        tls=tls,
    )


def _in_hundreds(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    every = list(ids)
    for start in range(0, len(every), IDS_MAX):
        yield every[start : start + IDS_MAX]


def _in_between(status: int) -> str:
    return (
        f"answered {status} with a web page instead of JSON; try again later, and check the configured "
        "address if it lasts"
    )


def _too_heavy(trouble: ApiTrouble) -> bool:
    # 500 is what the vendor answers when a page exhausts its memory, 504 when it takes too long.
    return isinstance(trouble, TooMuch) or trouble.status in {500, 504}


def _told(content: bytes) -> tuple[str, str]:
    """The vendor's error class and message; empty for HTML and the other shapes its errors come in."""
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, ValueError):
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    told = body.get("message") or body.get("error_description") or ""
    return str(body.get("errorClass") or body.get("error") or ""), str(told)


def _count(body: bytes) -> int:
    page = msgspec.json.decode(body)
    attributes = page.get("@attributes") if isinstance(page, dict) else None
    if not isinstance(attributes, dict):
        raise ValueError("the answer holds no count")
    return int(attributes["count"])
