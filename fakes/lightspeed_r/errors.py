"""R-Series' error answers: a JSON object, often labelled text/html; HTML when the CDN answers instead."""

import msgspec
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fakes.lightspeed_r.switches import Switches

_NAMES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_HTML = "text/html; charset=UTF-8"


class Refused(Exception):
    """The request is answered with this status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Errors:
    """Bodies for refusals, in the style the switches ask for. Also what the fault layer sends."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def refused(self, status: int, message: str, error_class: str = "Exception") -> Response:
        """The standard object: httpCode (a string), httpMessage, message, errorClass."""
        body = {
            "httpCode": str(status),
            "httpMessage": _NAMES.get(status, "Error"),
            "message": message,
            "errorClass": error_class,
        }
        kind = _HTML if self._switches.error_content_type == "html" else "application/json"
        return Response(msgspec.json.encode(body), status=status, content_type=kind)

    def unauthorized(self, hint: str) -> Response:
        """401 for a dead access token, in the new style (OAuth server) or the old one (POS)."""
        if self._switches.unauthorized_body == "old":
            response = self.refused(401, "Invalid access token.", "BadAuthenticationRequestError")
            response.headers["WWW-Authenticate"] = 'Basic realm="MerchantOS API"'
            return response
        body = {
            "error": "access_denied",
            "error_description": "The resource owner or authorization server denied the request.",
            "hint": hint,
        }
        return Response(msgspec.json.encode(body), status=401, content_type="application/json")

    def expired_token(self) -> Response:
        """What a token past its time gets."""
        return self.unauthorized("Access token could not be verified")

    def rate_limited(self, retry_after_s: float | None, by: str = "api-leaky-bucket") -> Response:
        """429; the body is our assumption, the headers are documented."""
        words = "Burst rate limit exceeded." if by == "api-burst-limiter" else "Rate limit exceeded."
        response = self.refused(429, words)
        response.headers["X-LS-API-RateLimit-Type"] = by
        if retry_after_s is not None:
            response.headers["Retry-After"] = str(int(retry_after_s))
        return response

    def http(self, error: HTTPException) -> Response:
        """What Flask itself refuses: unknown paths, wrong methods."""
        return self.refused(error.code or 500, error.name)

    def server_error(self, status: int) -> Response:
        """5xx come from the CDN as HTML; anything else has the standard object."""
        name = _NAMES.get(status, "Error")
        if status < 500:
            return self.refused(status, name)
        html = f"<html><head><title>{status} {name}</title></head><body><h1>{name}</h1></body></html>"
        return Response(html, status=status, content_type=_HTML)
