"""OAuth of R-Series: short-lived access tokens, and a refresh token that is replaced at every refresh.

Two refreshers at once, or a new token used before it is stored, end the connection for good. So a refresh
happens under the vault's lock, first looks whether somebody else has done it, and stores before it uses.
"""

import threading
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

import httpx
import msgspec

from sync.domain.clock import Clock
from sync.http.client import ApiClient
from sync.http.errors import ApiTrouble, Reconnect, Refused, Unintelligible
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
_DEAD = frozenset({"invalid_grant", "invalid_client", "access_denied", "unauthorized_client"})


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """Our registration with the vendor, and the name under which the operator knows the account."""

    client_id: str
    client_secret: str = field(repr=False)
    account_name: str = ""

    @property
    def remedy(self) -> str:
        """What a person must do when the connection is dead."""
        return f"run `tillproof accounts connect {self.account_name or 'NAME'}`"


class OAuth(httpx.Auth):
    """Adds the access token to every request, and renews it when it is about to expire or was rejected."""

    def __init__(self, app: OAuthApp, api: ApiClient, vault: TokenVault, clock: Clock) -> None:
        """`api` is a client of the vendor's authorization host, without this auth."""
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


def refresh(api: ApiClient, app: OAuthApp, refresh_token: str, clock: Clock) -> Tokens:
    """New tokens for a refresh token. Raises Reconnect when it is dead.

    May be repeated after a lost answer: the vendor revokes the old refresh token only when the new
    access token is first used.
    """
    return _ask(api, app, clock, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def exchange_code(api: ApiClient, app: OAuthApp, code: str, verifier: str, clock: Clock) -> Tokens:
    """The first tokens, for the code of a redirect; the code lives 60 seconds and works once."""
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
    return _ask(api, app, clock, form)


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


def _ask(api: ApiClient, app: OAuthApp, clock: Clock, form: Mapping[str, str]) -> Tokens:
    # Urlencoded and without `scope`: the JSON form with scope has been answered with invalid_grant.
    body = urlencode({"client_id": app.client_id, "client_secret": app.client_secret, **form})
    response = api.request(
        "POST",
        "auth/oauth/token",
        content=body.encode(),
        content_type="application/x-www-form-urlencoded",
        classify=lambda status, _headers, content: _refusal(app, api.upstream, status, content),
    )
    try:
        granted = msgspec.json.decode(response.content, type=_Granted)
        life_s = int(granted.expires_in)
    except (msgspec.DecodeError, ValueError):
        raise Unintelligible(
            api.upstream, f"the answer to a token request holds no tokens; {app.remedy} if it lasts"
        ) from None
    return Tokens(granted.access_token, granted.refresh_token, clock.now() + timedelta(seconds=life_s))


def _refusal(app: OAuthApp, upstream: str, status: int, content: bytes) -> ApiTrouble:
    try:
        told = msgspec.json.decode(content)
    except (msgspec.DecodeError, ValueError):
        told = None
    code = str(told.get("error", "")) if isinstance(told, dict) else ""
    if status == 401 or code in _DEAD:
        return Reconnect(
            upstream,
            f"the connection is dead ({code or status}): it was revoked, its employee was locked, it was "
            f"unused for 30 days, or the client's id or secret is wrong; {app.remedy}",
            status=status,
        )
    detail = "the token request was refused; check client id, secret and address"
    return Refused(upstream, status, code=code, detail=detail)
