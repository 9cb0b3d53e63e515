"""OAuth for apps: authorization code with mandatory PKCE (S256), refresh, revoke.

A code lives five minutes, an access token one hour, a refresh token until it is revoked or was not used for
90 days. Errors are OAuth's own words, with Klaviyo's details where its troubleshooting page quotes them.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fakes.kit.ids import Ids

if TYPE_CHECKING:
    from fakes.klaviyo.records import Extras

CODE_LIFE = timedelta(minutes=5)
ACCESS_S = 3_600
REFRESH_LIFE = timedelta(days=90)
VERIFIER = re.compile(r"[a-zA-Z0-9\-._~]{43,128}")


@dataclass(slots=True)
class OAuthRefused(Exception):
    """An OAuth error: its code, and the words beside it."""

    error: str
    description: str
    status: int = 400


@dataclass(slots=True)
class Code:
    """An authorization code, to be exchanged once."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    challenge: str
    expires: datetime


@dataclass(slots=True)
class Install:
    """One app, installed on the account; ``tokens`` maps access tokens to when they expire."""

    id: str
    client_id: str
    scope: str
    refresh_token: str
    used: datetime
    tokens: dict[str, datetime] = field(default_factory=dict)


def grant_code(extras: "Extras", ids: Ids, asked: Code) -> Code:
    """Keep a code that the merchant has just allowed."""
    asked.code = ids.hexadecimal(40)
    extras.oauth_codes[asked.code] = asked
    return asked


def exchange(
    extras: "Extras", ids: Ids, now: datetime, *, client_id: str, code: str, redirect_uri: str, verifier: str
) -> tuple[Install, str]:
    """An authorization code for tokens: the install and its access token. Raises OAuthRefused."""
    if not VERIFIER.fullmatch(verifier):
        raise OAuthRefused("invalid_request", 'Invalid "code_verifier"')
    held = extras.oauth_codes.get(code)
    if held is None or held.client_id != client_id or held.expires <= now:
        raise OAuthRefused("invalid_grant", "The authorization code is invalid, expired or was used.")
    if held.redirect_uri != redirect_uri:
        raise OAuthRefused("invalid_grant", "The redirect_uri differs from the authorization request's.")
    if not hmac.compare_digest(challenge_of(verifier), held.challenge):
        raise OAuthRefused("invalid_grant", "Code challenge failed.")
    del extras.oauth_codes[code]
    install = Install(ids.short(8), client_id, held.scope, ids.hexadecimal(64), now)
    extras.oauth_installs[install.id] = install
    return install, _access(install, ids, now)


def refresh(
    extras: "Extras", ids: Ids, now: datetime, client_id: str, token: str, *, rotates: bool
) -> tuple[Install, str]:
    """A refresh token for a new access token; with ``rotates`` the refresh token changes too."""
    install = _by_refresh_token(extras, token)
    if install is None or install.client_id != client_id or install.used + REFRESH_LIFE <= now:
        raise OAuthRefused("invalid_grant", "The refresh token is invalid, expired or revoked.")
    install.used = now
    if rotates:
        install.refresh_token = ids.hexadecimal(64)
    return install, _access(install, ids, now)


def revoke(extras: "Extras", client_id: str, token: str) -> None:
    """A refresh token takes the whole install with it, an access token only itself; unknown ones are fine."""
    for install in list(extras.oauth_installs.values()):
        if install.client_id != client_id:
            continue
        install.tokens.pop(token, None)
        if install.refresh_token == token:
            del extras.oauth_installs[install.id]


def install_of(extras: "Extras", authorization: str, now: datetime) -> Install | None:
    """The install whose living access token an ``Authorization`` header carries."""
    token = authorization.removeprefix("Bearer ")
    if token == authorization:
        return None
    for install in extras.oauth_installs.values():
        expires = install.tokens.get(token)
        if expires is not None and expires > now:
            return install
    return None


def challenge_of(verifier: str) -> str:
    """S256: the verifier's SHA-256, base64url without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _by_refresh_token(extras: "Extras", token: str) -> Install | None:
    return next((one for one in extras.oauth_installs.values() if one.refresh_token == token), None)


def _access(install: Install, ids: Ids, now: datetime) -> str:
    """A new access token; those that expired are forgotten."""
    install.tokens = {token: at for token, at in install.tokens.items() if at > now}
    token = ids.hexadecimal(64)
    install.tokens[token] = now + timedelta(seconds=ACCESS_S)
    return token
