"""R-Series' error answers: a JSON object, often labelled text/html; HTML when the CDN answers instead."""

import msgspec
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fakes.kit.refusing import HTML, edge_page, phrase
from fakes.lightspeed_r.switches import Switches


class Errors:
    """Bodies for refusals, in the style the switches ask for. Also what the fault layer sends."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def refused(self, status: int, message: str, error_class: str = "Exception") -> Response:
        """The standard object: httpCode (a string), httpMessage, message, errorClass."""
        body = {
            "httpCode": str(status),
            "httpMessage": phrase(status),
            "message": message,
            "errorClass": error_class,
        }
        kind = HTML if self._switches.error_content_type == "html" else "application/json"
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
        return self.refused(status, phrase(status)) if status < 500 else edge_page(status)
