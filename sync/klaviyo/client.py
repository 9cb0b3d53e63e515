"""Klaviyo's JSON:API at one revision: headers, scopes, paging and the naming of errors, nothing else.

The revision is pinned and its silent replacement by a later one is switched off: a retired revision shall
be an error that is noticed, not a change that is not. Source: Klaviyo's versioning policy.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, Protocol, TypeVar

import httpx
import msgspec

from sync.domain.clock import Clock
from sync.http.client import ApiClient, Response
from sync.http.errors import TooMuch, Unintelligible
from sync.http.limits import Limiter, SlidingWindows
from sync.http.retry import RetryPolicy
from sync.klaviyo.errors import UPSTREAM, namer
from sync.klaviyo.limits import PUBLISHED, SCOPES

BASE_URL = "https://a.klaviyo.com"
REVISION = "2026-07-15"
MEDIA_TYPE = "application/vnd.api+json"
KEY_SETTING = "`api_key` of the account's [klaviyo] section"
_PATIENCE = RetryPolicy()

T = TypeVar("T")


class Links(msgspec.Struct, frozen=True):
    """Where the next page is; None on the last one."""

    next: str | None = None


class Listed(msgspec.Struct, Generic[T]):
    """A page of resources of one kind."""

    data: list[T]
    links: Links = msgspec.field(default_factory=Links)


class Paged(Protocol):
    """A page that says where the next one is."""

    @property
    def links(self) -> Links:
        """The page's links."""
        ...


P = TypeVar("P", bound=Paged)


class KlaviyoClient:
    """Requests to one Klaviyo account. Everything that goes wrong is an `ApiTrouble`."""

    def __init__(self, api: ApiClient, clock: Clock, key_setting: str = KEY_SETTING) -> None:
        """`key_setting` names, in an error, the setting that holds the key."""
        self.clock = clock
        self._api = api
        self._namers = {bucket: namer(key_setting, scopes) for bucket, scopes in SCOPES.items()}

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def get(
        self, decode: Callable[[bytes], T], path: str, bucket: str, params: Mapping[str, str] | None = None
    ) -> T:
        """One answer, decoded; a garbled one is asked for again."""
        decoded, _ = self._api.fetch(
            decode, "GET", path, params=params, bucket=bucket, classify=self._namers[bucket]
        )
        return decoded

    def pages(
        self,
        decode: Callable[[bytes], P],
        path: str,
        bucket: str,
        params: Mapping[str, str],
        pages_max: int = 100_000,
    ) -> Iterator[P]:
        """Every page, following the API's own links. Raises TooMuch beyond `pages_max` pages."""
        page = self.get(decode, path, bucket, params)
        yield page
        at = ""
        for _ in range(pages_max - 1):
            following = page.links.next
            if not following:
                return
            if following == at:
                raise Unintelligible(UPSTREAM, "a page links to itself as the next one; try again later")
            at = following
            page = self.get(decode, following, bucket)
            yield page
        if page.links.next:
            raise TooMuch(UPSTREAM, f"there are more than {pages_max:,} pages; ask for a shorter window")

    def post(self, path: str, body: bytes, bucket: str) -> Response:
        """Send a body. It is repeated to the byte when the answer is lost: everything we post may be."""
        return self._api.request(
            "POST",
            path,
            content=body,
            content_type=MEDIA_TYPE,
            bucket=bucket,
            classify=self._namers[bucket],
        )

    def decoded(self, decode: Callable[[bytes], T], response: Response, path: str) -> T:
        """The body of an answer to a post. Raises Unintelligible when it cannot be decoded."""
        try:
            return decode(response.content)
        except msgspec.DecodeError:
            raise Unintelligible(
                UPSTREAM, f"the answer of {path} is not what its API describes; try again later"
            ) from None


def connect(
    api_key: str,
    *,
    clock: Clock,
    base_url: str = BASE_URL,
    key_setting: str = KEY_SETTING,
    transport: httpx.BaseTransport | None = None,
    tls: ssl.SSLContext | None = None,
    limiter: Limiter | None = None,
    retry: RetryPolicy = _PATIENCE,
) -> KlaviyoClient:
    """A client for the account the private key belongs to, paced at the published limits.

    Pass one `limiter` to all clients of the same account, since its keys share their limits.
    """
    api = ApiClient(
        UPSTREAM,
        base_url,
        clock=clock,
        limiter=limiter if limiter is not None else SlidingWindows(clock, PUBLISHED),
        transport=transport,
        tls=tls,
        retry=retry,
        headers={
            "Authorization": f"Klaviyo-API-Key {api_key}",
            "revision": REVISION,
            "X-Klaviyo-Revision-Fall-Forward-Opt-Out": "1",
            "Accept": MEDIA_TYPE,
        },
    )
    return KlaviyoClient(api, clock, key_setting)
