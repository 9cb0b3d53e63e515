"""The authorization server of R-Series: codes of 60 seconds, access tokens, and refresh tokens that rotate.

A refresh gives a new pair. The old pair dies when the new access token is first used (since January 2026), or
at once (the rule before), by switch; at most five refreshes a minute per connection; unused refresh tokens
die in 30 days.
"""

import base64
import hashlib
import hmac
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from fakes.kit.clock import Clock
from fakes.lightspeed_r.switches import Switches

CODE_LIFE_S = 60
REFRESH_LIFE_S = 30 * 86_400
REFRESHES_PER_MINUTE = 5
KEY_ID = "RT_OAUTH2_2024_07_08"
_RIGHTS = """
all admin admin_employees admin_inventory admin_purchases admin_shops admin_void_sale categories
customers customers_read customers_view_gift_card_numbers inventory inventory_counts
inventory_counts_reconcile inventory_read manufacturers product_cost product_edit purchase_orders
register register_layaway register_read register_refund reports special_orders tags transfers vendors
vendor_returns workbench
"""
SCOPES = frozenset(f"employee:{right}" for right in _RIGHTS.split())
DEFAULT_SCOPE = (
    "employee:register_read employee:customers_read employee:customers employee:inventory_read "
    "employee:admin_void_sale"
)
_VERIFIER = re.compile(r"[A-Za-z0-9_~.-]{43,128}\Z")


class OAuthRefused(Exception):
    """An answer of the OAuth error table."""

    def __init__(self, status: int, error: str, description: str, hint: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description, "hint": hint}


@dataclass(slots=True)
class Code:
    scope: str
    expires_at: float
    challenge: str = ""
    method: str = ""
    used: bool = False


@dataclass(slots=True)
class Pair:
    """One access token with its refresh token. `parent` is the refresh token it was bought with."""

    access: str
    refresh: str
    scope: str
    issued_at: float
    access_expires_at: float
    parent: str = ""
    used: bool = False
    revoked: bool = False
    legacy: bool = False


@dataclass(slots=True)
class Authority:
    """Who may come in. One client, one merchant account."""

    clock: Clock
    switches: Switches
    account_id: str
    client_id: str
    client_secret: str
    seed: int
    issued: int = 0
    codes: dict[str, Code] = field(default_factory=dict)
    by_access: dict[str, Pair] = field(default_factory=dict)
    by_refresh: dict[str, Pair] = field(default_factory=dict)
    refreshes: deque[float] = field(default_factory=deque)
    office: Pair = field(init=False)
    """A second published pair that may do anything, so that a script can write."""

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> Pair:
        """Forget every token but the published pair, valid from now."""
        self.issued = 0
        for store in (self.codes, self.by_access, self.by_refresh, self.refreshes):
            store.clear()
        pair = self._issue(DEFAULT_SCOPE)
        self.office = self._issue("employee:all")
        return pair

    def dump(self) -> dict[str, Any]:
        """Every code and token, the published ones too."""
        codes = {code: msgspec.to_builtins(one) for code, one in self.codes.items()}
        pairs = [msgspec.to_builtins(pair) for pair in self.by_refresh.values()]
        return {"issued": self.issued, "codes": codes, "pairs": pairs, "refreshes": list(self.refreshes)}

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Go on with dumped codes and tokens. Published ones that the dump does not know stay good."""
        codes = msgspec.convert(dumped["codes"], dict[str, Code])
        pairs = msgspec.convert(dumped["pairs"], list[Pair])
        refreshes = msgspec.convert(dumped["refreshes"], list[float])
        issued = int(dumped["issued"])
        self.reset()
        self.issued, self.codes, self.refreshes = issued, codes, deque(refreshes)
        self.by_refresh.update((pair.refresh, pair) for pair in pairs)
        self.by_access = {pair.access: pair for pair in self.by_refresh.values()}
        self.office = self.by_refresh[self.office.refresh]

    # Authorization

    def authorize(self, asked: Mapping[str, str]) -> str:
        """Approve at once; the code to hand to the redirect address."""
        if asked.get("client_id") != self.client_id:
            raise OAuthRefused(400, "invalid_client", "Client authentication failed")
        if asked.get("response_type") != "code":
            raise OAuthRefused(
                400, "invalid_request", "response_type must be code", "Check the `response_type` parameter"
            )
        scope = " ".join(asked.get("scope", "").split())
        if not scope or not set(scope.split()) <= SCOPES:
            raise OAuthRefused(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed")
        challenge, method = asked.get("code_challenge", ""), asked.get("code_challenge_method", "")
        if challenge and method not in ("S256", "plain"):
            raise OAuthRefused(
                400,
                "invalid_request",
                "PKCE method must be S256 or plain",
                "Check the `code_challenge_method` parameter",
            )
        code = self._random("code", 48)
        self.codes[code] = Code(scope, self._now() + CODE_LIFE_S, challenge, method)
        return code

    # Tokens

    def token(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """Carry out a token request; the JSON object to answer."""
        self._check_client(asked)
        grant = asked.get("grant_type", "")
        if grant == "authorization_code":
            return self._answer(self._redeem(asked))
        if grant == "refresh_token":
            if self.switches.token_rejects_scope and "scope" in asked:
                raise OAuthRefused(400, "invalid_grant", "The provided authorization grant is invalid")
            return self._answer(self._refresh(_required(asked, "refresh_token")))
        raise OAuthRefused(
            400, "invalid_request", "The grant type is not supported", "Check the `grant_type` parameter"
        )

    def legacy_token(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """The old server: a refresh before expiry repeats the access token with what is left of its life."""
        if asked.get("grant_type") != "refresh_token":
            return self.token(asked)
        self._check_client(asked)
        pair = self._live_refresh(_required(asked, "refresh_token"))
        left = int(pair.access_expires_at - self._now())
        if left <= 10:
            del self.by_access[pair.access]
            pair.access = self._access_token(pair.scope)
            left = self.switches.expires_in_s
            pair.access_expires_at = self._now() + left
            self.by_access[pair.access] = pair
        return {"access_token": pair.access, "expires_in": left, "token_type": "bearer", "scope": pair.scope}

    def revoke(self, asked: Mapping[str, str]) -> None:
        """Break the connection: both tokens of the pair die. An unknown token is no error."""
        self._check_client(asked)
        pair = self.by_refresh.get(_required(asked, "refresh_token"))
        if pair is not None:
            pair.revoked = True

    def revoke_all(self) -> None:
        """What a merchant does in the settings: every token of the connection dies."""
        for pair in self.by_refresh.values():
            pair.revoked = True

    def check(self, access: str) -> tuple[Pair | None, str]:
        """The pair of a good access token, else None and the 401's hint. First use retires the old pair."""
        pair = self.by_access.get(access)
        if pair is None:
            return None, "Access token could not be verified"
        if pair.revoked:
            return None, "Access token has been revoked"
        if self._now() >= pair.access_expires_at:
            return None, "Access token could not be verified"
        if not pair.used:
            pair.used = True
            self._retire(pair.parent, keep=pair)
        return pair, ""

    def claims(self, pair: Pair) -> dict[str, Any]:
        """What introspection shows: the claims of the token."""
        return {
            "jti": hashlib.sha256(pair.access.encode()).hexdigest()[:40],
            "iss": "https://cloud.lightspeedapp.com",
            "aud": self.client_id,
            "sub": "1",
            "acct": self.account_id,
            "scope": pair.scope,
            "iat": pair.issued_at,
            "nbf": pair.issued_at,
            "exp": pair.access_expires_at,
        }

    def _check_client(self, asked: Mapping[str, str]) -> None:
        secret = asked.get("client_secret", "")
        good = asked.get("client_id") == self.client_id and hmac.compare_digest(
            secret.encode(), self.client_secret.encode()
        )
        if not good:
            raise OAuthRefused(401, "invalid_client", "Client authentication failed")

    def _redeem(self, asked: Mapping[str, str]) -> Pair:
        code = self.codes.get(_required(asked, "code"))
        if code is None or code.used or self._now() >= code.expires_at:
            raise OAuthRefused(
                400,
                "invalid_grant",
                "The provided authorization code is invalid or expired",
                "Authorization code has expired",
            )
        if code.challenge and not _proves(asked.get("code_verifier", ""), code):
            raise OAuthRefused(400, "invalid_grant", "Failed to verify `code_verifier`.")
        code.used = True
        return self._issue(code.scope)

    def _refresh(self, refresh: str) -> Pair:
        self._count_refresh()
        pair = self._live_refresh(refresh)
        new = self._issue(pair.scope, parent=pair.refresh)
        if self.switches.refresh_revocation == "immediate":
            self._retire(pair.refresh, keep=new)
        return new

    def _live_refresh(self, refresh: str) -> Pair:
        pair = self.by_refresh.get(refresh)
        if pair is None or pair.revoked:
            raise OAuthRefused(
                400, "invalid_grant", "The refresh token is invalid.", "Token has been revoked"
            )
        if self._now() >= pair.issued_at + REFRESH_LIFE_S:
            raise OAuthRefused(400, "invalid_grant", "The refresh token is invalid.", "Token has expired")
        return pair

    def _count_refresh(self) -> None:
        now = self._now()
        while self.refreshes and self.refreshes[0] <= now - 60:
            self.refreshes.popleft()
        if len(self.refreshes) >= REFRESHES_PER_MINUTE:
            raise OAuthRefused(429, "too_many_requests", "Too many refresh attempts for this connection")
        self.refreshes.append(now)

    def _retire(self, parent: str, keep: Pair) -> None:
        """The predecessor and every other pair bought with its refresh token die."""
        for pair in self.by_refresh.values():
            if parent and pair is not keep and parent in (pair.refresh, pair.parent):
                pair.revoked = True

    def _issue(self, scope: str, parent: str = "") -> Pair:
        now = self._now()
        pair = Pair(
            access=self._access_token(scope),
            refresh="def50" + self._random("refresh", 400),
            scope=scope,
            issued_at=now,
            access_expires_at=now + self.switches.expires_in_s,
            parent=parent,
        )
        self.by_access[pair.access] = pair
        self.by_refresh[pair.refresh] = pair
        return pair

    def _answer(self, pair: Pair) -> dict[str, Any]:
        return {
            "token_type": "Bearer",
            "expires_in": self.switches.expires_in_s,
            "access_token": pair.access,
            "refresh_token": pair.refresh,
        }

    def _access_token(self, scope: str) -> str:
        """Shaped like the real JWT, but signed with seeded noise: no key verifies it (see FIDELITY.md)."""
        head = {"typ": "JWT", "alg": "RS256", "kid": KEY_ID}
        body = {
            "jti": self._random("jti", 80),
            "iss": "https://cloud.lightspeedapp.com",
            "aud": self.client_id,
            "sub": "1",
            "acct": self.account_id,
            "scope": scope,
        }
        parts = [
            msgspec.json.encode(head),
            msgspec.json.encode(body),
            bytes.fromhex(self._random("sign", 512)),
        ]
        return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)

    def _random(self, kind: str, digits: int) -> str:
        self.issued += 1
        text = ""
        while len(text) < digits:
            text += hashlib.sha256(f"{self.seed}:{kind}:{self.issued}:{len(text)}".encode()).hexdigest()
        return text[:digits]

    def _now(self) -> float:
        now: datetime = self.clock.now()
        return now.timestamp()


def _required(asked: Mapping[str, str], name: str) -> str:
    if not asked.get(name):
        raise OAuthRefused(
            400,
            "invalid_request",
            "The request is missing a required parameter",
            f"Check the `{name}` parameter",
        )
    return asked[name]


def _proves(verifier: str, code: Code) -> bool:
    if not _VERIFIER.match(verifier):
        return False
    if code.method == "plain":
        return hmac.compare_digest(verifier, code.challenge)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return hmac.compare_digest(digest, code.challenge)
