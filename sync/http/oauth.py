"""OAuth of any vendor: tokens renewed before they expire, once, and stored before they are used.

Where a vendor replaces the refresh token, or revokes the old access token, at every refresh, two refreshers
at once or a new token used before it is stored end the connection for good. So a refresh happens under the
vault's lock, first looks whether somebody else has done it, and stores before it uses.

What differs between vendors (scopes, lives, forms, the words for a dead connection) is in their `auth.py`.
"""

import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

import httpx
import msgspec

from sync.domain.clock import Clock
from sync.http.client import ApiClient
from sync.http.errors import ApiTrouble, Reconnect, Refused, Unintelligible
from sync.http.tokens import Tokens, TokenVault

_DEAD = frozenset({"invalid_grant", "invalid_client", "access_denied", "unauthorized_client"})


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """Our registration with the vendor, and the name under which the operator knows the account."""

    client_id: str
    client_secret: str = field(repr=False)
    account_name: str = ""
    redirect_uri: str = ""  # for the vendors that want it told; others know it from the registration

    @property
    def remedy(self) -> str:
        """What a person must do when the connection is dead."""
        return f"run `tillproof accounts connect {self.account_name or 'NAME'}`"


class OAuth(httpx.Auth):
    """Adds the access token to every request, and renews it when it is about to expire or was rejected."""

    def __init__(
        self, renew: Callable[[str], Tokens], vault: TokenVault, clock: Clock, *, early: timedelta
    ) -> None:
        """`renew` asks the vendor for new tokens with a refresh token; it raises ApiTrouble.

        Tokens are renewed `early` before they expire, so that none expires on its way.
        """
        self._renew = renew
        self._vault = vault
        self._clock = clock
        self._early = early
        self._tokens: Tokens | None = None
        self._lock = threading.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send with the current token; on 401 renew it and send once more."""
        tokens = self._current()
        request.headers["Authorization"] = f"Bearer {tokens.access_token}"
        response = yield request
        if response.status_code == 401:
            tokens = self._renewed(tokens)
            request.headers["Authorization"] = f"Bearer {tokens.access_token}"
            yield request

    def _current(self) -> Tokens:
        tokens = self._tokens
        if tokens is None:
            tokens = self._tokens = self._vault.load()
        return self._renewed(tokens) if self._expires_soon(tokens) else tokens

    def _expires_soon(self, tokens: Tokens) -> bool:
        return tokens.expires_at - self._early <= self._clock.now()

    def _renewed(self, stale: Tokens) -> Tokens:
        with self._lock, self._vault.lock():
            stored = self._vault.load()
            if stored.access_token == stale.access_token or self._expires_soon(stored):
                stored = self._renew(stored.refresh_token)
                self._vault.save(stored)
            self._tokens = stored
            return stored


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """Where a vendor gives tokens out, how its answer is read, and what its refusals mean to a person."""

    path: str  # below the base address of the client that asks
    read: Callable[[bytes, Clock], Tokens]  # raises ValueError, OverflowError or msgspec.DecodeError
    deaths: str  # what may have ended a connection, beside a wrong id or secret
    check: str  # what to check when the request itself was refused

    def ask(self, api: ApiClient, app: OAuthApp, clock: Clock, grant: Mapping[str, str]) -> Tokens:
        """Tokens for a code or a refresh token. Raises Reconnect when that is dead, else ApiTrouble."""
        form = {"client_id": app.client_id, "client_secret": app.client_secret, **grant}
        response = api.request(
            "POST",
            self.path,
            content=urlencode(form).encode(),
            content_type="application/x-www-form-urlencoded",
            classify=lambda status, _headers, content: self._refusal(app, api.upstream, status, content),
        )
        try:
            return self.read(response.content, clock)
        except (msgspec.DecodeError, ValueError, OverflowError):
            raise Unintelligible(
                api.upstream, f"the answer to a token request holds no tokens; {app.remedy} if it lasts"
            ) from None

    def _refusal(self, app: OAuthApp, upstream: str, status: int, content: bytes) -> ApiTrouble:
        code = _error_code(content)
        if status == 401 or code in _DEAD:
            return Reconnect(
                upstream,
                f"the connection is dead ({code or status}): it was revoked, {self.deaths}, "
                f"or the client's id or secret is wrong; {app.remedy}",
                status=status,
            )
        return Refused(
            upstream, status, code=code, detail=f"the token request was refused; check {self.check}"
        )


def _error_code(content: bytes) -> str:
    """The `error` of RFC 6749, section 5.2; empty where the refusal comes in another shape."""
    try:
        told = msgspec.json.decode(content)
    except (msgspec.DecodeError, ValueError):
        return ""
    return str(told.get("error", "")) if isinstance(told, dict) else ""
