"""Who may do what, and how much of it: tokens, limits and scopes, before any row is touched."""

from decimal import Decimal

from flask import g, request
from werkzeug.wrappers import Response

from fakes.kit.journal import NOTE_KEY
from fakes.kit.refusing import Refused
from fakes.lightspeed_r.entities import Entity
from fakes.lightspeed_r.errors import Errors
from fakes.lightspeed_r.limits import BUCKET, BURST, RLimits
from fakes.lightspeed_r.oauth import Authority, Pair
from fakes.lightspeed_r.state import State

_GIFT_CARDS = "employee:customers_view_gift_card_numbers"
_NOBODY: frozenset[str] = frozenset()


class Gate:
    """Checks one request at a time; what it found is kept on the request."""

    def __init__(self, state: State, authority: Authority, limits: RLimits, errors: Errors) -> None:
        self._state = state
        self._authority = authority
        self._limits = limits
        self._errors = errors

    @property
    def seen(self) -> frozenset[str]:
        """What the token shows beside the relations asked for."""
        found: frozenset[str] = g.get("seen", _NOBODY)
        return found

    def stopped(self, cost: Decimal) -> Response | None:
        """The answer for a request that gets no further: maintenance, a dead token, too many of them."""
        g.limit_headers = None
        if self._state.switches.maintenance:
            return self._errors.server_error(503)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        pair, hint = self._authority.check(token)
        if pair is None:
            return self._errors.unauthorized(hint)
        g.pair = pair
        drip, g.limit_headers = self._limits.spend(cost)
        request.environ[NOTE_KEY].cost = 0.0 if drip.blocked_by else float(cost)
        if drip.blocked_by:
            by = BURST if drip.blocked_by == "burst" else BUCKET
            return self._errors.rate_limited(drip.retry_after_s, by)
        if self._is_card_lookup() and not self._limits.look_up_card():
            return self._errors.rate_limited(1, BURST)
        return None

    def check_rights(self, account: str, entity: Entity | None, *, writes: bool) -> None:
        """Raises `Refused` (403) for another account, or without one of the scopes that open the entity."""
        if account and account != self._state.account.id:
            raise Refused(403, "This token is for another account.")
        pair: Pair = g.pair
        granted = set(pair.scope.split())
        if "employee:all" in granted or _GIFT_CARDS in granted:
            g.seen = frozenset({"unmasked"})
        wanted = set(entity.scopes) if entity else set()
        if writes:
            wanted = {scope for scope in wanted if not scope.endswith("_read")}
        if entity and entity.name == "ShipTo" and self._state.switches.customers_read_opens_ship_to:
            wanted.add("employee:customers_read")
        if wanted and not wanted & granted and "employee:all" not in granted:
            raise Refused(403, "The access token lacks the scope this endpoint needs.")
        if writes and not any(not scope.endswith("_read") for scope in granted):
            raise Refused(403, "The access token may only read.")

    def with_headers(self, response: Response) -> Response:
        """The limit's headers and whose they are; a dead token or maintenance has none."""
        headers = g.get("limit_headers")
        if headers is None:
            return response
        response.headers.extend(headers)
        response.headers["X-LS-Acct-Id"] = self._state.account.id
        response.headers["X-LS-Oauth-Client-Id"] = self._authority.client_id
        response.headers["Cf-Ray"] = f"{self._authority.seed:016x}-FAK"
        return response

    def _is_card_lookup(self) -> bool:
        return "/CreditAccount" in request.path and "code" in request.args
