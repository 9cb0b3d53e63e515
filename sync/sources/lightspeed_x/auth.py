"""OAuth of X-Series, and its personal tokens.

Every refresh gives a new refresh token and revokes the access token that came with the old one.
"""

from collections.abc import Generator, Iterable
from datetime import timedelta
from urllib.parse import urlencode

import httpx
import msgspec

from sync.domain.clock import Clock
from sync.http.client import ApiClient
from sync.http.oauth import OAuth, OAuthApp, TokenDesk
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


def oauth(api: ApiClient, app: OAuthApp, vault: TokenVault, clock: Clock) -> OAuth:
    """What signs every request; `api` is a client of the store's own host, without it."""
    return OAuth(lambda token: refresh(api, app, token, clock), vault, clock, early=_EARLY)


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
    return _DESK.ask(api, app, clock, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def exchange_code(api: ApiClient, app: OAuthApp, code: str, clock: Clock) -> Tokens:
    """The first tokens, for the code of a redirect. `api` stands at the store that the redirect named."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect_uri}
    return _DESK.ask(api, app, clock, form)


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
    expires_in: int | None = None


def _tokens(content: bytes, clock: Clock) -> Tokens:
    granted = msgspec.json.decode(content, type=_Granted, strict=False)
    # Our own clock counts the life; the answer's `expires` is by the vendor's, which need not agree with it.
    life = timedelta(seconds=granted.expires_in or _LIFE_S)
    return Tokens(granted.access_token, granted.refresh_token, clock.now() + life)


_DESK = TokenDesk(
    path="api/1.0/token",
    read=_tokens,
    deaths="a newer token was issued elsewhere",
    check="client id, secret and domain_prefix",
)
