"""The browser's side of OAuth and the token endpoint, with its own limiter."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from fakes.lightspeed_x.errors import Errors, answer
from fakes.lightspeed_x.gate import with_limits
from fakes.lightspeed_x.limits import XLimits
from fakes.lightspeed_x.oauth import Authority, OAuthRefused


def oauth_blueprint(authority: Authority, limits: XLimits, errors: Errors) -> Blueprint:
    """`/connect` and `/api/1.0/token`; in reality the first is on one host for all stores."""
    routes = Blueprint("oauth", __name__)
    routes.register_error_handler(OAuthRefused, lambda refused: answer(refused.body, refused.status))

    @routes.get("/connect")
    def connect() -> Response:
        return Response(status=302, headers={"Location": authority.connect(request.args)})

    @routes.post("/api/1.0/token")
    def token() -> Response:
        verdict = limits.spend_token()
        if verdict.wait_s is not None:
            response = errors.rate_limited(verdict.wait_s)
        else:
            try:
                response = answer(authority.token(request.form))
            except OAuthRefused as refused:
                response = answer(refused.body, refused.status)
        response.headers["X-RateLimit-Reset"] = str(verdict.reset_at)
        return with_limits(response, verdict)

    return routes
