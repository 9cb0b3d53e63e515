"""The authorization server's routes, new and legacy."""

from typing import Any
from urllib.parse import urlencode

import msgspec
from flask import Blueprint, Response, request

from fakes.lightspeed_r.oauth import Authority, OAuthRefused
from fakes.lightspeed_r.switches import Switches

METHODS = ["GET", "POST", "PUT", "DELETE"]


def oauth_blueprint(authority: Authority, switches: Switches) -> Blueprint:
    """`/auth/oauth/*`, the legacy `/oauth/*.php` and the key list."""
    routes = Blueprint("oauth", __name__)
    _add_authorize(routes, authority, switches)
    _add_tokens(routes, authority, switches)
    routes.register_error_handler(OAuthRefused, _refused)
    return routes


def _add_authorize(routes: Blueprint, authority: Authority, switches: Switches) -> None:
    @routes.get("/auth/oauth/authorize")
    @routes.get("/oauth/authorize.php")
    def authorize() -> Response:
        code = authority.authorize(request.args)
        answer = {"code": code}
        if "state" in request.args:
            answer["state"] = request.args["state"]
        joint = "&" if "?" in switches.redirect_uri else "?"
        return Response(
            status=302, headers={"Location": f"{switches.redirect_uri}{joint}{urlencode(answer)}"}
        )

    @routes.get("/auth/oauth/introspect")
    def introspect() -> Response:
        pair, hint = authority.check(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if pair is None:
            raise OAuthRefused(
                401, "access_denied", "The resource owner or authorization server denied the request.", hint
            )
        return _json(authority.claims(pair))

    @routes.get("/.well-known/jwks")
    def keys() -> Response:
        return _json({"keys": []})


def _add_tokens(routes: Blueprint, authority: Authority, switches: Switches) -> None:
    @routes.route("/auth/oauth/token", methods=METHODS)
    def token() -> Response:
        _must_post()
        return _json(authority.token(_fields(switches)))

    @routes.route("/oauth/access_token.php", methods=METHODS)
    def legacy_token() -> Response:
        _must_post()
        return _json(authority.legacy_token(_fields(switches)))

    @routes.route("/auth/oauth/revoke", methods=METHODS)
    def revoke() -> Response:
        _must_post()
        authority.revoke(_fields(switches))
        return _json({})


def _must_post() -> None:
    if request.method != "POST":
        raise OAuthRefused(405, "invalid_request", "The request method must be POST")


def _fields(switches: Switches) -> dict[str, str]:
    """The request's fields from JSON, urlencoded or multipart."""
    if request.mimetype != "application/json":
        return dict(request.form.items())
    try:
        if not switches.token_accepts_json:
            raise OAuthRefused(400, "invalid_grant", "The provided authorization grant is invalid")
        body = msgspec.json.decode(request.get_data(), type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise OAuthRefused(400, "invalid_request", "The request body is not valid JSON") from None
    return {name: str(value) for name, value in body.items()}


def _refused(error: OAuthRefused) -> Response:
    return _json(error.body, error.status)


def _json(answer: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status=status, content_type="application/json")
