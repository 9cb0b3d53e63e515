"""The authorization server of X-Series: codes, access tokens of a day, refresh tokens that rotate.

A refresh gives a new pair at once, kills the access token that came with the old refresh token, and the old
refresh token with it. Personal tokens are made in the store's own pages and never expire.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import msgspec

from fakes.kit.clock import Clock
from fakes.lightspeed_x.switches import Switches

CODE_LIFE_S = 600
_RESOURCES = """
audit billing channels consignments custom_fields customers fulfillments gift_cards inventory outlets
payment_types payments price_books products promo_codes promotions quotes registers
retailer sales serial_numbers service_orders services shifts store_credits suppliers taxes users
variant_attributes workflows
"""
SCOPES = frozenset(
    [f"{name}:{right}" for name in _RESOURCES.split() for right in ("read", "write")]
    + ["products:read:price_books", "webhooks"]
    + [f"{name}:write:{right}" for name in ("gift_cards", "store_credits") for right in ("issue", "redeem")]
)


class OAuthRefused(Exception):
    """An answer of the token endpoint or of /connect."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description}


@dataclass(slots=True)
class Code:
    """What /connect handed out."""

    scope: str
    redirect_uri: str
    expires_at: float


@lru_cache(maxsize=64)
def _scopes(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(slots=True)
class Pair:
    """One access token with its refresh token."""

    access: str
    refresh: str
    scope: str
    issued_at: float
    expires_at: float
    revoked: bool = False

    def allows(self, scopes: tuple[str, ...]) -> bool:
        return _scopes(self.scope).issuperset(scopes)


@dataclass(slots=True)
class Authority:
    """Who may come in. One application, one store."""

    clock: Clock
    switches: Switches
    domain_prefix: str
    client_id: str
    client_secret: str
    seed: int
    issued: int = 0
    codes: dict[str, Code] = field(default_factory=dict)
    by_access: dict[str, Pair] = field(default_factory=dict)
    by_refresh: dict[str, Pair] = field(default_factory=dict)
    personal: dict[str, Pair] = field(default_factory=dict)

    def reset(self) -> Pair:
        """Forget every token but the published ones, valid from now."""
        self.issued = 0
        for store in (self.codes, self.by_access, self.by_refresh, self.personal):
            store.clear()
        everything = " ".join(sorted(SCOPES))
        self.personal[self.personal_token] = Pair(self.personal_token, "", everything, 0, float("inf"))
        return self._issue(everything)

    def dump(self) -> dict[str, Any]:
        """Every code and token but the personal one, which never changes."""
        return {
            "issued": self.issued,
            "codes": {code: msgspec.to_builtins(one) for code, one in self.codes.items()},
            "pairs": [msgspec.to_builtins(pair) for pair in self.by_access.values()],
            "refreshable": list(self.by_refresh),
        }

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Go on with dumped codes and tokens. Published ones that the dump does not know stay good."""
        codes = msgspec.convert(dumped["codes"], dict[str, Code])
        pairs = msgspec.convert(dumped["pairs"], list[Pair])
        refreshable, issued = set(dumped["refreshable"]), int(dumped["issued"])
        self.reset()
        self.issued, self.codes = issued, codes
        for pair in pairs:
            self.by_access[pair.access] = pair
            self.by_refresh.pop(pair.refresh, None)
            if pair.refresh in refreshable:
                self.by_refresh[pair.refresh] = pair

    @property
    def personal_token(self) -> str:
        """The published personal token."""
        return "lsxs_pt_" + self._noise("personal")

    def check(self, token: str) -> Pair | None:
        """The grant behind a bearer token that is good now."""
        pair = self.by_access.get(token) or self.personal.get(token)
        good = pair is not None and not pair.revoked and self._now() < pair.expires_at
        return pair if good else None

    def connect(self, asked: Mapping[str, str]) -> str:
        """Approve at once; where to send the browser. Raises OAuthRefused when that is nowhere."""
        if asked.get("client_id") != self.client_id:
            raise OAuthRefused(400, "invalid_client", "unknown client_id")
        target = asked.get("redirect_uri") or self.switches.redirect_uri
        if target != self.switches.redirect_uri:
            raise OAuthRefused(400, "invalid_request", "redirect_uri does not match the registered one")
        answer = self._approve(asked, target)
        if "state" in asked:
            answer["state"] = asked["state"]
        return f"{target}{'&' if '?' in target else '?'}{urlencode(answer)}"

    def token(self, form: Mapping[str, str]) -> dict[str, object]:
        """The answer to POST /api/1.0/token. Raises OAuthRefused."""
        given = form.get("client_secret", "")
        if form.get("client_id") != self.client_id or not hmac.compare_digest(
            given.encode(), self.client_secret.encode()
        ):
            raise OAuthRefused(401, "invalid_client", "Client authentication failed")
        grant = form.get("grant_type", "")
        if grant == "authorization_code":
            return self._answer(self._redeem(form))
        if grant == "refresh_token":
            return self._answer(self._refresh(form.get("refresh_token", "")))
        raise OAuthRefused(400, "unsupported_grant_type", "grant_type is authorization_code or refresh_token")

    def _approve(self, asked: Mapping[str, str], target: str) -> dict[str, str]:
        if asked.get("response_type") != "code":
            return {"error": "unsupported_response_type"}
        scope = asked.get("scope", "").split()
        if (not scope and self.switches.scope_required) or not set(scope) <= SCOPES:
            return {"error": "invalid_scope"}
        code = self._noise("code")
        granted = " ".join(scope or sorted(SCOPES))
        self.codes[code] = Code(granted, target, self._now() + CODE_LIFE_S)
        return {"code": code, "domain_prefix": self.domain_prefix}

    def _redeem(self, form: Mapping[str, str]) -> Pair:
        code = self.codes.pop(form.get("code", ""), None)
        if code is None or self._now() >= code.expires_at or form.get("redirect_uri") != code.redirect_uri:
            raise OAuthRefused(
                400, "invalid_grant", "The code is unknown, used, expired or for another address"
            )
        return self._issue(code.scope)

    def _refresh(self, token: str) -> Pair:
        pair = self.by_refresh.pop(token, None)
        life = self.switches.refresh_token_life_s
        if pair is None or (life and self._now() >= pair.issued_at + life):
            raise OAuthRefused(400, "invalid_grant", "The refresh token is invalid")
        pair.revoked = True
        return self._issue(pair.scope)

    def _issue(self, scope: str) -> Pair:
        now = self._now()
        life = self.switches.access_token_life_s
        pair = Pair("lsxs_at_" + self._noise("access"), self._noise("refresh"), scope, now, now + life)
        self.by_access[pair.access] = self.by_refresh[pair.refresh] = pair
        return pair

    def _answer(self, pair: Pair) -> dict[str, object]:
        return {
            "access_token": pair.access,
            "token_type": "Bearer",
            "expires": int(pair.expires_at),
            "expires_in": int(pair.expires_at - pair.issued_at),
            "refresh_token": pair.refresh,
            "domain_prefix": self.domain_prefix,
            "scope": pair.scope,
        }

    def _noise(self, kind: str) -> str:
        if kind != "personal":
            self.issued += 1
        number = 0 if kind == "personal" else self.issued
        return hashlib.sha256(f"lightspeed_x:{self.seed}:{kind}:{number}".encode()).hexdigest()[:40]

    def _now(self) -> float:
        return self.clock.now().timestamp()
