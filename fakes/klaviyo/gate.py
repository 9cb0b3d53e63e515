"""The way in: key, revision, scopes, limits, media type, in this order; and the headers on the way out."""

from dataclasses import dataclass

from flask import Blueprint, Request, Response, g, request
from werkzeug.exceptions import HTTPException

from fakes.kit.clock import Clock
from fakes.kit.limits import Grant, TwoWindow
from fakes.klaviyo import errors
from fakes.klaviyo.jobs import run_due
from fakes.klaviyo.oauth import install_of
from fakes.klaviyo.operations import Operation, operations
from fakes.klaviyo.query import asked
from fakes.klaviyo.quotas import KlaviyoLimits
from fakes.klaviyo.revisions import NEWEST, Served, check_exists, serve
from fakes.klaviyo.state import State
from fakes.klaviyo.switches import Switches
from fakes.klaviyo.webhooks import flush

BODY_BYTES_MAX = 5 * 1024 * 1024
_MEDIA_TYPES = ("application/json", errors.MEDIA_TYPE)


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets requests in and describes the answers."""

    clock: Clock
    state: State
    switches: Switches
    limits: KlaviyoLimits
    credentials: dict[str, str]

    def guard(self, api: Blueprint) -> None:
        """Put the gate before and after every route of a blueprint."""
        api.before_request(self.admit)
        api.after_request(self.describe)

    def admit(self) -> None:
        """Raises Refusal for a request that Klaviyo would turn away before reading it."""
        pool, scopes = self._authenticate()
        g.served = serve(
            request.headers.get("revision"),
            self.clock.now().date(),
            opt_out=request.headers.get("X-Klaviyo-Revision-Fall-Forward-Opt-Out") == "1",
            missing=self.switches.missing_revision,
        )
        endpoint = _endpoint(request)
        if g.served.revision != NEWEST:
            check_exists(endpoint, g.served)
        operation = g.operation = operations()[endpoint]
        _check_scopes(scopes, operation)
        if self.limits.enabled:
            self._throttle(pool, endpoint, operation)
        if request.method in ("POST", "PATCH", "DELETE"):
            _check_body()
        if request.method == "GET" or request.args:
            # Wrong parameters are refused before an unknown id is, and before anything takes effect.
            asked(self.switches)
        self.state.settle()
        run_due(self.state)

    def describe(self, response: Response) -> Response:
        """Add what Klaviyo says about itself to every answer."""
        if self.state.outbox:
            flush(self.state, request.host_url.rstrip("/"))
        headers = response.headers
        if "X-Klaviyo-Req-Id" not in headers:
            headers["X-Klaviyo-Req-Id"] = self.state.ids.uuid()
        if response.status_code == 401:
            return response
        headers["Cid"] = self.credentials["public_id"]
        served: Served | None = g.get("served")
        if served is not None:
            headers["X-Klaviyo-Api-Revision"] = served.revision
            if served.retires_on:
                headers["X-Klaviyo-Api-Retirement-Date"] = served.retires_on
        limit = g.get("limit")
        if limit is not None and response.status_code != 429:
            self._report(response, *limit)
        return response

    def _authenticate(self) -> tuple[str, str]:
        """The rate-limit pool that pays for the request, and the scopes it may use (empty: all)."""
        given = request.headers.get("Authorization", "")
        if given == f"Klaviyo-API-Key {self.credentials['api_key']}":
            return "", self.switches.scopes
        if given == f"Bearer {self.credentials['access_token']}":
            return "published app", ""
        install = install_of(self.state.extras, given, self.clock.now())
        if install is None:
            raise errors.not_authenticated()
        return install.id, install.scope

    def _throttle(self, pool: str, endpoint: str, operation: Operation) -> None:
        asked = (
            (parameter, value.strip())
            for parameter, listed in request.args.items()
            for value in listed.split(",")
        )
        spent = self.limits.spend(pool, endpoint, operation, asked)
        g.limit = spent[-1]
        for _, grant in spent:
            if not grant.allowed:
                raise errors.throttled(grant.retry_after_s)

    def _report(self, response: Response, window: TwoWindow, grant: Grant) -> None:
        index = 1 if self.switches.ratelimit_reports == "steady" else 0
        quotas = ", ".join(f"{q.count};w={q.seconds}" for q in window.quotas)
        response.headers["RateLimit-Limit"] = f"{window.quotas[index].count}, {quotas}"
        response.headers["RateLimit-Remaining"] = str(grant.remaining[index])
        response.headers["RateLimit-Reset"] = str(grant.reset_s[index])


def refuse_unrouted(error: HTTPException) -> errors.Refusal:
    """Klaviyo's refusal for a path or method that does not exist."""
    if error.code == 405:
        detail = f'Method "{request.method}" not allowed.'
        return errors.Refusal(405, "method_not_allowed", "Method not allowed.", detail, {"pointer": "/data/"})
    return errors.no_such_path()


def _endpoint(asked: Request) -> str:
    assert asked.url_rule is not None
    method = "GET" if asked.method == "HEAD" else asked.method
    return f"{method} {asked.url_rule.rule}"


def _check_scopes(held: str, operation: Operation) -> None:
    if held:
        having = set(held.replace(",", " ").split())
        missing = [scope for scope in operation.scopes if scope not in having]
        if missing:
            raise errors.missing_scopes(" ".join(missing))


def _check_body() -> None:
    if request.method == "DELETE" and not request.content_length:
        return
    if request.mimetype not in _MEDIA_TYPES:
        raise errors.unsupported_media_type(request.headers.get("Content-Type", ""))
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise errors.unsupported_media_type(request.headers["Content-Encoding"])
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise errors.too_large()
