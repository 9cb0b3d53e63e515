"""What every data request passes: version, token, limit, scopes; and what every answer carries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import Blueprint, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fakes.kit.faults import Faults
from fakes.kit.journal import NOTE_KEY
from fakes.lightspeed_x import versions
from fakes.lightspeed_x.errors import Errors, Refused, answer
from fakes.lightspeed_x.limits import Verdict, XLimits
from fakes.lightspeed_x.money import NoAmount
from fakes.lightspeed_x.oauth import Authority, Pair
from fakes.lightspeed_x.state import State
from fakes.lightspeed_x.switches import Switches
from fakes.lightspeed_x.versions import Version
from fakes.lightspeed_x.wire import decoded, without_nulls

ANY = ("0.9", "2.x", "dated")
NEW = ("2.x", "dated")
_WHOLE_MAX = 1 << 63


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in: which API it speaks and what its path names."""

    version: Version
    pair: Pair
    at: int
    """The instant of the request, epoch seconds."""
    path: Mapping[str, str]

    @property
    def generation(self) -> str:
        return self.version.generation

    def text(self, name: str) -> str | None:
        """A query parameter, None when absent or empty."""
        return request.args.get(name) or None

    def texts(self, name: str) -> list[str]:
        """A repeatable query parameter, with or without `[]`."""
        return [one for one in (*request.args.getlist(name), *request.args.getlist(f"{name}[]")) if one]

    def whole(self, name: str, default: int | None = None) -> int | None:
        """A whole number from 0; anything else is refused."""
        text = self.text(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit()) or int(text[:20]) >= _WHOLE_MAX or len(text) > 19:
            raise Refused(400, f"{name} must be a whole number")
        return int(text)

    def flag(self, name: str) -> bool:
        return (self.text(name) or "").lower() in ("true", "1")

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent."""
        try:
            sent = decoded(request.get_data())
        except (msgspec.MsgspecError, ArithmeticError):
            raise Refused(400, "The request body is not valid JSON") from None
        if not isinstance(sent, dict):
            raise Refused(400, "The request body must be a JSON object")
        return sent


View = Callable[[Call], tuple[Any, int]]
"""Answers a call with a JSON value and a status; None is an empty body."""


@dataclass(slots=True)
class Gate:
    """Wraps views into Flask routes."""

    state: State
    switches: Switches
    authority: Authority
    limits: XLimits
    errors: Errors
    faults: Faults

    def route(
        self,
        routes: Blueprint,
        method: str,
        path: str,
        view: View,
        *,
        scopes: tuple[str, ...] = (),
        generations: tuple[str, ...] = NEW,
    ) -> None:
        """`path` under /api/{version}, and under /api alone where 0.9 has it too."""
        rules = [f"/api/<version>{path}"] + ([f"/api{path}"] if "0.9" in generations else [])
        for rule in rules:
            name = f"{method} {rule}".replace(".", "-")
            routes.add_url_rule(rule, name, self._guarded(view, scopes, generations), methods=[method])

    def _guarded(
        self, view: View, scopes: tuple[str, ...], generations: tuple[str, ...]
    ) -> Callable[..., Response]:
        def run(version: str | None = None, **path: str) -> Response:
            return self._run(view, scopes, generations, version, path)

        return run

    def _run(
        self,
        view: View,
        scopes: tuple[str, ...],
        generations: tuple[str, ...],
        name: str | None,
        path: Mapping[str, str],
    ) -> Response:
        """Check version, caller and limit, in this order; then answer with the limit headers."""
        try:
            version = versions.read(name, self.state.clock.now(), expired=self.switches.expired_version)
        except Refused as refused:
            return self.errors.refused(refused.status, refused.message)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        pair = self.authority.check(token.strip()) if scheme.lower() == "bearer" else None
        if pair is None:
            return self.errors.unauthorized()
        verdict = self.limits.spend(pair.access if not pair.refresh else self.authority.client_id)
        if verdict.wait_s is not None:
            return with_limits(self.errors.rate_limited(verdict.wait_s), verdict)
        request.environ[NOTE_KEY].cost = 1.0
        call = Call(version, pair, self.state.now(), path)
        return with_limits(self._answer(view, call, scopes, generations), verdict)

    def _answer(
        self, view: View, call: Call, scopes: tuple[str, ...], generations: tuple[str, ...]
    ) -> Response:
        try:
            self._may(call, scopes, generations)
            self.state.settle()
            body, status = view(call)
        except Refused as refused:
            return self.errors.refused(refused.status, refused.message, call.generation)
        except NoAmount as refused:
            return self.errors.refused(422, str(refused), call.generation)
        except HTTPException as refused:
            return self.errors.refused(refused.code or 400, refused.name, call.generation)
        if body is None:
            return Response(status=status)
        return answer(without_nulls(body) if self.switches.null_keys == "missing" else body, status)

    def _may(self, call: Call, scopes: tuple[str, ...], generations: tuple[str, ...]) -> None:
        if call.generation not in generations:
            raise Refused(404, "service not found")
        if self.switches.user_agent_required and not request.headers.get("User-Agent"):
            raise Refused(403, "a User-Agent is required")
        if not call.pair.allows(scopes):
            raise Refused(403, "permission denied")


def with_limits(response: Response, verdict: Verdict) -> Response:
    """The headers that every JSON answer has."""
    response.headers["X-RateLimit-Limit"] = str(verdict.limit)
    response.headers["X-RateLimit-Remaining"] = str(verdict.remaining)
    return response
