"""OAuth of X-Series, and its personal tokens.

Every refresh gives a new refresh token and revokes the access token that came with the old one: two
refreshers at once, or a token used before it is stored, end the connection. So a refresh happens under the
vault's lock, first looks whether somebody else has done it, and stores before it uses.
"""

import threading
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

import httpx
import msgspec

from sync.domain.clock import Clock
from sync.http.client import ApiClient
from sync.http.errors import ApiTrouble, Reconnect, Refused, Unintelligible
from sync.http.tokens import Tokens, TokenVault

SCOPES = (
    "customers:read",  # customers and their groups
    "sales:read",
    "products:read",  # products, categories, brands
    "outlets:read",
    "registers:read",
    "retailer:read",
    "payment_types:read",  # the retailer is shown only together with these
    "webhooks",
)
_EARLY = timedelta(seconds=120)  # renewed this long before it expires, so that none expires on its way
_LIFE_S = 86_400  # where an answer names no end
_DEAD = frozenset({"invalid_grant", "invalid_client", "access_denied", "unauthorized_client"})
_TOKEN_PATH = "api/1.0/token"  # noqa: S105 - a path, not a secret


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """Our registration with the vendor, and the name under which the operator knows the account."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str = ""
    account_name: str = ""

    @property
    def remedy(self) -> str:
        """What a person must do when the connection is dead."""
        return f"run `tillproof accounts connect {self.account_name or 'NAME'}`"


class OAuth(httpx.Auth):
    """Adds the access token to every request, and renews it when it is about to expire or was rejected."""

    def __init__(self, app: OAuthApp, api: ApiClient, vault: TokenVault, clock: Clock) -> None:
        """`api` is a client of the store's own host, without this auth."""
        self._app = app
        self._api = api
        self._vault = vault
        self._clock = clock
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
        return tokens.expires_at - _EARLY <= self._clock.now()

    def _renewed(self, stale: Tokens) -> Tokens:
        with self._lock, self._vault.lock():
            stored = self._vault.load()
            if stored.access_token == stale.access_token or self._expires_soon(stored):
                stored = refresh(self._api, self._app, stored.refresh_token, self._clock)
                self._vault.save(stored)
            self._tokens = stored
            return stored


class PersonalToken(httpx.Auth):
    """A token made by an admin in the store's own pages. It never changes."""

    def __init__(self, token: str) -> None:
        """The token as it was copied."""
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send with the token."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def refresh(api: ApiClient, app: OAuthApp, refresh_token: str, clock: Clock) -> Tokens:
    """New tokens for a refresh token. Raises Reconnect when it is dead."""
    return _ask(api, app, clock, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def exchange_code(api: ApiClient, app: OAuthApp, code: str, clock: Clock) -> Tokens:
    """The first tokens, for the code of a redirect. `api` stands at the store that the redirect named."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect_uri}
    return _ask(api, app, clock, form)


def authorize_url(connect_url: str, app: OAuthApp, state: str, scopes: Iterable[str] = SCOPES) -> str:
    """Where a person grants us access. Requests without scopes are declined since June 2026."""
    query = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uri,
        "state": state,
        "scope": " ".join(scopes),
    }
    return f"{connect_url.rstrip('/')}/connect?{urlencode(query)}"


class _Granted(msgspec.Struct):
    access_token: str
    refresh_token: str
    expires: int | None = None
    expires_in: int | None = None
    domain_prefix: str = ""


def _ask(api: ApiClient, app: OAuthApp, clock: Clock, form: Mapping[str, str]) -> Tokens:
    body = urlencode({"client_id": app.client_id, "client_secret": app.client_secret, **form})
    response = api.request(
        "POST",
        _TOKEN_PATH,
        content=body.encode(),
        content_type="application/x-www-form-urlencoded",
        classify=lambda status, _headers, content: _refusal(app, api.upstream, status, content),
    )
    try:
        granted = msgspec.json.decode(response.content, type=_Granted, strict=False)
    except msgspec.DecodeError:
        raise Unintelligible(
            api.upstream, f"the answer to a token request holds no tokens; {app.remedy} if it lasts"
        ) from None
    return Tokens(granted.access_token, granted.refresh_token, _expires_at(granted, clock.now()))


def _expires_at(granted: _Granted, now_at: datetime) -> datetime:
    # Our own clock counts the life; `expires` is by the vendor's, which need not agree with it.
    return now_at + timedelta(seconds=granted.expires_in or _LIFE_S)


def _refusal(app: OAuthApp, upstream: str, status: int, content: bytes) -> ApiTrouble:
    try:
        told = msgspec.json.decode(content)
    except (msgspec.DecodeError, ValueError):
        told = None
    code = str(told.get("error", "")) if isinstance(told, dict) else ""
    if status == 401 or code in _DEAD:
        return Reconnect(
            upstream,
            f"the connection is dead ({code or status}): it was revoked, a newer token was issued elsewhere, "
            f"or the client's id or secret is wrong; {app.remedy}",
            status=status,
        )
    return Refused(
        upstream, status, code=code,
        detail="the token request was refused; check client id, secret and domain_prefix",
    )  # fmt: skip
