"""What every data request passes: version, token, limit, scopes; and what every answer carries."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from flask import Blueprint, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fakes.kit.faults import Faults
from fakes.kit.journal import NOTE_KEY
from fakes.kit.refusing import Refused
from fakes.lightspeed_x import versions
from fakes.lightspeed_x.errors import Errors, answer
from fakes.lightspeed_x.limits import Verdict, XLimits
from fakes.lightspeed_x.money import NoAmount
from fakes.lightspeed_x.oauth import Authority, Pair
from fakes.lightspeed_x.state import State
from fakes.lightspeed_x.switches import Switches
from fakes.lightspeed_x.versions import Version
from fakes.lightspeed_x.wire import decoded, without_nulls

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ASKED_PATH = "fakes.asked_path"
ANY = ("0.9", "2.x", "dated")
NEW = ("2.x", "dated")
_WHOLE_MAX = 1 << 63


class Asked(NamedTuple):
    """What a fault's pattern is compared with: the request as it was sent."""

    method: str
    path: str


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

    @property
    def asked(self) -> Asked:
        return Asked(request.method, request.environ.get(ASKED_PATH, request.path))

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
        except (msgspec.MsgspecError, ArithmeticError, RecursionError):
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
    table: dict[str, dict[str, Callable[..., Response]]] = field(default_factory=dict)

    def route(
        self,
        method: str,
        path: str,
        view: View,
        *,
        scopes: tuple[str, ...] = (),
        generations: tuple[str, ...] = NEW,
    ) -> None:
        """`path` under /api/{version}. Without a version (0.9) it gets one before it is routed."""
        self.table.setdefault(path, {})[method] = self._guarded(view, scopes, generations)

    def blueprint(self) -> Blueprint:
        """Everything routed so far; one rule a path, because rules take long to make."""
        routes = Blueprint("api", __name__)
        for path, by_method in self.table.items():
            view, methods = _by_method(by_method), list(by_method)
            routes.add_url_rule(f"/api/<version>{path}", path.replace(".", "-"), view, methods=methods)
        return routes

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


def versioned(app: "WSGIApplication") -> "WSGIApplication":
    """`/api/products` is how 0.9 is asked: routed as `/api/0.9/products`."""

    def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/api/"):
            first = path[5:].partition("/")[0]
            if first and not first[0].isdigit():
                environ[ASKED_PATH], environ["PATH_INFO"] = path, f"/api/0.9{path[4:]}"
        return app(environ, start_response)

    return serve


def _by_method(views: Mapping[str, Callable[..., Response]]) -> Callable[..., Response]:
    def run(**path: str) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return views[method](**path)

    return run


def with_limits(response: Response, verdict: Verdict) -> Response:
    """The headers that every JSON answer has."""
    response.headers["X-RateLimit-Limit"] = str(verdict.limit)
    response.headers["X-RateLimit-Remaining"] = str(verdict.remaining)
    return response
