"""The OAuth endpoints: the page that asks the merchant, and the token endpoints behind it."""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from flask import Blueprint, Response, request
from werkzeug.utils import redirect

from fakes.klaviyo.oauth import (
    ACCESS_S,
    CODE_LIFE,
    Code,
    Install,
    OAuthRefused,
    exchange,
    grant_code,
    refresh,
    revoke,
)
from fakes.klaviyo.state import State

SCOPE = re.compile(r"[a-z][a-z-]*:(?:read|write)")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


def add_oauth_routes(oauth: Blueprint, state: State, credentials: Mapping[str, str]) -> None:
    """Authorize, token, revoke: under ``/oauth``, without revision and limits."""

    @oauth.get("/oauth/authorize")
    def authorize() -> Any:
        asked = request.args
        target = asked.get("redirect_uri", "")
        if asked.get("client_id") != credentials["client_id"] or not _is_web_address(target):
            return _page("This app cannot be installed: check client_id and redirect_uri.", 400)
        told = {"state": asked["state"]} if "state" in asked else {}
        try:
            code = _asked_code(asked, target, state)
        except OAuthRefused as refused:
            told |= {"error": refused.error, "error_description": refused.description}
        else:
            told["code"] = grant_code(state.extras, state.ids, code).code
        return redirect(f"{target}{'&' if '?' in target else '?'}{urlencode(told)}", 302)

    @oauth.post("/oauth/token")
    def token() -> Response:
        client_id, form = _client(credentials), request.form
        now, kind = state.clock.now(), form.get("grant_type")
        if kind == "authorization_code":
            install, access = exchange(
                state.extras,
                state.ids,
                now,
                client_id=client_id,
                code=form.get("code", ""),
                redirect_uri=form.get("redirect_uri", ""),
                verifier=form.get("code_verifier", ""),
            )
            return _tokens(install, access)
        if kind == "refresh_token":
            held, rotates = form.get("refresh_token", ""), state.switches.refresh_token_rotates
            return _tokens(*refresh(state.extras, state.ids, now, client_id, held, rotates=rotates))
        raise OAuthRefused(
            "unsupported_grant_type", "grant_type must be authorization_code or refresh_token."
        )

    @oauth.post("/oauth/revoke")
    def revoke_token() -> Response:
        client_id = _client(credentials)
        if not request.form.get("token"):
            raise OAuthRefused("invalid_request", "The token is missing.")
        revoke(state.extras, client_id, request.form["token"])
        return _json({})

    @oauth.errorhandler(OAuthRefused)
    def refused(error: OAuthRefused) -> Response:
        return _json({"error": error.error, "error_description": error.description}, error.status)


def _asked_code(asked: Mapping[str, str], target: str, state: State) -> Code:
    if asked.get("response_type") != "code":
        raise OAuthRefused("unsupported_response_type", "response_type must be code.")
    if asked.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(
        asked.get("code_challenge", "")
    ):
        raise OAuthRefused("invalid_request", "PKCE with code_challenge_method S256 is required.")
    scopes = asked.get("scope", "").split()
    if not scopes or not all(SCOPE.fullmatch(scope) for scope in scopes):
        raise OAuthRefused("invalid_scope", "scope must be a space-separated list of scopes.")
    if state.switches.merchant_answer == "deny":
        raise OAuthRefused("access_denied", "The user denied the request.")
    return Code(
        code="",
        client_id=asked["client_id"],
        redirect_uri=target,
        scope=" ".join(scopes),
        challenge=asked["code_challenge"],
        expires=state.clock.now() + CODE_LIFE,
    )


def _client(credentials: Mapping[str, str]) -> str:
    """The client that authenticates itself by HTTP Basic, the only way Klaviyo takes."""
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True).decode() if kind == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        given = ""
    good = f"{credentials['client_id']}:{credentials['client_secret']}"
    if not hmac.compare_digest(given.encode(), good.encode()):
        raise OAuthRefused("invalid_client", "Client authentication failed.", 401)
    return credentials["client_id"]


def _tokens(install: Install, access_token: str) -> Response:
    return _json(
        {
            "access_token": access_token,
            "token_type": "bearer",
            "expires_in": ACCESS_S,
            "refresh_token": install.refresh_token,
            "scope": install.scope,
        }
    )


def _is_web_address(target: str) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not parts.fragment


def _page(words: str, status: int) -> Response:
    html = f"<!DOCTYPE html><html><head><title>Klaviyo</title></head><body><p>{words}</p></body></html>"
    return Response(html, status=status, content_type="text/html; charset=utf-8")


def _json(content: object, status: int = 200) -> Response:
    answer = Response(msgspec.json.encode(content), status=status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer
