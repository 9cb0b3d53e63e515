"""One client per account and upstream: limits before, retries after, errors named for the caller.

Nothing outside this package imports httpx for sending, so the library can be exchanged in one place.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
from tenacity import RetryCallState, Retrying

from sync.domain.clock import Clock
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
from sync.http.limits import Limiter
from sync.http.retry import RetryPolicy, retry_after_s

Classify = Callable[[int, Mapping[str, str], bytes], ApiTrouble | None]
Params = Mapping[str, str]
T = TypeVar("T")

_TIMEOUT = httpx.Timeout(connect=5, read=30, write=30, pool=5)
_BODY_BYTES_MAX = 64_000_000
_PATIENCE = RetryPolicy()
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with a 2xx status, read completely."""

    status: int
    headers: httpx.Headers
    content: bytes


@dataclass(frozen=True, slots=True)
class _Ask:
    method: str
    url: str
    content: bytes | None
    headers: Mapping[str, str]
    cost: float
    bucket: str
    repeatable: bool
    classify: Classify | None


class _Again(Exception):
    """One attempt failed in a way that a repetition may cure."""

    def __init__(self, trouble: ApiTrouble, after_s: float | None = None) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble
        self.after_s = after_s


class ApiClient:
    """Requests to one upstream; whatever goes wrong there is raised as `ApiTrouble`."""

    def __init__(
        self,
        upstream: str,
        base_url: str,
        *,
        clock: Clock,
        limiter: Limiter,
        auth: httpx.Auth | None = None,
        transport: httpx.BaseTransport | None = None,
        tls: ssl.SSLContext | None = None,
        retry: RetryPolicy = _PATIENCE,
        headers: Mapping[str, str] | None = None,
        body_max_bytes: int = _BODY_BYTES_MAX,
    ) -> None:
        """`transport` mounts a fake in process; `tls` is the program's shared context (`shared_tls`)."""
        if urlsplit(base_url).scheme not in {"http", "https"}:
            raise ValueError(f"{upstream}: the address must start with http:// or https://")
        self.upstream = upstream
        self.base_url = base_url.rstrip("/")
        self.limiter = limiter
        self._clock = clock
        self._retry = retry
        self._body_max_bytes = body_max_bytes
        self._retrying = Retrying(
            sleep=clock.sleep,
            retry=lambda state: isinstance(_failure(state), _Again),
            wait=self._wait_s,
            stop=self._enough,
            reraise=True,
        )
        self._http = httpx.Client(
            auth=auth,
            transport=transport,
            verify=tls if tls is not None else True,
            timeout=_TIMEOUT,
            follow_redirects=False,
            headers={"User-Agent": "tillproof", "Accept": "application/json", **(headers or {})},
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(
        self,
        method: str,
        path_or_url: str,
        *,
        params: Params | None = None,
        content: bytes | None = None,
        content_type: str | None = None,
        cost: float = 1.0,
        bucket: str = "",
        repeatable: bool = True,
        headers: Mapping[str, str] | None = None,
        classify: Classify | None = None,
    ) -> Response:
        """The upstream's 2xx answer, repeated as the policy allows.

        `repeatable=False` marks a request that must not take effect twice: it is repeated only when it
        certainly never arrived. `classify` may name a 4xx better than its status does; returning None
        leaves it to the status. An absolute address must have the scheme, host and port of `base_url`.
        """
        sent = dict(headers or {})
        if content_type is not None:
            sent["Content-Type"] = content_type
        url = self._address(path_or_url, params)
        ask = _Ask(method, url, content, sent, cost, bucket, repeatable, classify)
        return self._persist(lambda: self._attempt(ask))

    def fetch(
        self,
        decode: Callable[[bytes], T],
        method: str,
        path_or_url: str,
        *,
        params: Params | None = None,
        cost: float = 1.0,
        bucket: str = "",
        headers: Mapping[str, str] | None = None,
        classify: Classify | None = None,
    ) -> tuple[T, Response]:
        """Like `request` for a read, with the body decoded; a body that cannot be decoded is asked for again.

        `decode` raises `msgspec.DecodeError` or `ValueError` for what it cannot read.
        """
        url = self._address(path_or_url, params)
        ask = _Ask(method, url, None, headers or {}, cost, bucket, True, classify)

        def read() -> tuple[T, Response]:
            response = self._attempt(ask)
            try:
                return decode(response.content), response
            except (msgspec.DecodeError, ValueError):
                raise _Again(self._garbled(response)) from None

        return self._persist(read)

    def _address(self, path_or_url: str, params: Params | None) -> str:
        if params:  # joined here: httpx would take the address apart and put it together twice
            path_or_url = f"{path_or_url}{'&' if '?' in path_or_url else '?'}{urlencode(params)}"
        if "://" not in path_or_url.partition("?")[0]:
            return f"{self.base_url}/{path_or_url.lstrip('/')}"
        if _origin(path_or_url) != _origin(self.base_url):
            raise Unintelligible(
                self.upstream,
                "a link leads to another host and was not followed, so that no credentials leave; "
                "check the configured address",
            )
        return path_or_url

    def _persist(self, attempt: Callable[[], T]) -> T:
        try:
            return self._retrying(attempt)
        except _Again as failed:
            raise failed.trouble from None

    def _wait_s(self, state: RetryCallState) -> float:
        failed = _failure(state)
        if isinstance(failed, _Again) and failed.after_s is not None:
            return failed.after_s
        return self._retry.backoff_s(state.attempt_number)

    def _enough(self, state: RetryCallState) -> bool:
        return (
            state.attempt_number >= self._retry.attempts_max or self._wait_s(state) > self._retry.wait_max_s
        )

    def _attempt(self, ask: _Ask) -> Response:
        self.limiter.acquire(ask.cost, ask.bucket)
        request = self._http.build_request(ask.method, ask.url, content=ask.content, headers=ask.headers)
        try:
            response = self._receive(request)
        except (httpx.RequestError, ConnectionError, TimeoutError) as problem:
            raise self._unreachable(ask, problem) from None
        self.limiter.observe(response.status, response.headers, ask.bucket)
        if 200 <= response.status < 300:
            if not _may_be_json(response.content):
                raise self._garbled_or_again(ask, response)
            return response
        raise self._failed(ask, response)

    def _receive(self, request: httpx.Request) -> Response:
        # Read in pieces, so that an endless body cannot eat the memory.
        reply = self._http.send(request, stream=True)
        try:
            pieces, size = [], 0
            for piece in reply.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if size > self._body_max_bytes:
                    raise TooMuch(
                        self.upstream,
                        f"an answer is larger than {self._body_max_bytes:,} bytes; ask for fewer rows a page",
                    )
        finally:
            reply.close()
        return Response(reply.status_code, reply.headers, b"".join(pieces))

    def _unreachable(self, ask: _Ask, problem: Exception) -> Exception:
        trouble = TryLater(
            self.upstream,
            f"cannot be reached at {self.base_url} ({type(problem).__name__}); try again later, "
            "and check the network and the configured address if it lasts",
        )
        safe = ask.repeatable or isinstance(problem, _NEVER_SENT)
        return _Again(trouble) if safe else trouble

    def _failed(self, ask: _Ask, response: Response) -> Exception:
        status = response.status
        if status in {408, 429} or status >= 500:
            after_s = retry_after_s(response.headers.get("retry-after", ""), self._clock)
            trouble = TryLater(self.upstream, _busy(status), after_s=after_s or 0.0, status=status)
            return _Again(trouble, after_s) if ask.repeatable or status == 429 else trouble
        if ask.classify is not None:
            named = ask.classify(status, response.headers, response.content)
            if named is not None:
                return named
        return self._by_status(status)

    def _by_status(self, status: int) -> ApiTrouble:
        if status == 401:
            return Reconnect(self.upstream, "the credentials were rejected; connect the account again",
                             status=status)  # fmt: skip
        if status == 403:
            return NotPermitted(self.upstream, "the credentials do not allow this; grant the missing scope")
        if status in (404, 410):
            return NotThere(self.upstream, status=status)
        return Refused(self.upstream, status)

    def _garbled(self, response: Response) -> Unintelligible:
        return Unintelligible(
            self.upstream,
            f"answered {response.status} with something that is not complete JSON; try again later, "
            "and check the configured address if it lasts",
            status=response.status,
        )

    def _garbled_or_again(self, ask: _Ask, response: Response) -> Exception:
        trouble = self._garbled(response)
        return _Again(trouble) if ask.repeatable else trouble


def shared_tls() -> ssl.SSLContext:
    """A TLS context to share between all clients of a program: building one takes 24 ms."""
    return httpx.create_ssl_context()


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


def _may_be_json(content: bytes) -> bool:
    # Cheap: the decoder finds every cut; this finds HTML and most cuts where nobody decodes.
    text = content.strip()
    return not text or (text[:1], text[-1:]) in {(b"{", b"}"), (b"[", b"]")}


def _busy(status: int) -> str:
    if status == 429:
        return "allows no more requests for now; try again later"
    return f"has a problem of its own ({status}); try again later"
