"""OAuth of R-Series: access tokens of half an hour, and a refresh token that is replaced at every refresh."""

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlencode

import msgspec

from sync.domain.clock import Clock
from sync.http.client import ApiClient
from sync.http.oauth import OAuth, OAuthApp, TokenDesk
from sync.http.tokens import Tokens, TokenVault

SCOPES = (
    "employee:register_read",  # sales and their lines
    "employee:customers_read",
    "employee:inventory_read",  # articles, categories, brands
    "employee:customers",  # shipments
    "employee:admin_void_sale",  # the list of voided sales
)
_EARLY = timedelta(seconds=60)  # renewed this long before it expires, so that none expires on its way
_LIFE_S = 1800  # the shorter of the two lives the vendor names, where an answer names none


def oauth(api: ApiClient, app: OAuthApp, vault: TokenVault, clock: Clock) -> OAuth:
    """What signs every request; `api` is a client of the vendor's authorization host, without it."""
    return OAuth(lambda token: refresh(api, app, token, clock), vault, clock, early=_EARLY)


def refresh(api: ApiClient, app: OAuthApp, refresh_token: str, clock: Clock) -> Tokens:
    """New tokens for a refresh token. Raises Reconnect when it is dead.

    May be repeated after a lost answer: the vendor revokes the old refresh token only when the new
    access token is first used.
    """
    return _DESK.ask(api, app, clock, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def exchange_code(api: ApiClient, app: OAuthApp, code: str, verifier: str, clock: Clock) -> Tokens:
    """The first tokens, for the code of a redirect; the code lives 60 seconds and works once."""
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
    return _DESK.ask(api, app, clock, form)


def authorize_url(
    auth_url: str, client_id: str, state: str, challenge: str, scopes: Iterable[str] = SCOPES
) -> str:
    """Where a person grants us access. The redirect address is fixed at registration, not sent."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "scope": " ".join(scopes),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{auth_url.rstrip('/')}/auth/oauth/authorize?{urlencode(query)}"


class _Granted(msgspec.Struct):
    access_token: str
    refresh_token: str
    expires_in: int | str = _LIFE_S


def _tokens(content: bytes, clock: Clock) -> Tokens:
    granted = msgspec.json.decode(content, type=_Granted)
    life = timedelta(seconds=int(granted.expires_in))
    return Tokens(granted.access_token, granted.refresh_token, clock.now() + life)


# Asked without `scope` and not in JSON: the JSON form with scope has been answered with invalid_grant.
_DESK = TokenDesk(
    path="auth/oauth/token",
    read=_tokens,
    deaths="its employee was locked, it was unused for 30 days",
    check="client id, secret and address",
)
