"""Sitoo's refusals. Only the statuses are documented; the body is a switch."""

import msgspec
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fakes.sitoo.switches import Switches

_WORDS = {
    400: "Bad Request. Invalid syntax, missing required argument or invalid request.",
    401: "Unauthorized. Authorization failed.",
    404: "Resource not found. The url is invalid.",
    429: "Too Many Requests.",
    500: "Internal Server Error.",
}


class Refused(Exception):
    """The request is answered with this status and these words."""

    def __init__(self, status: int, words: str = "") -> None:
        super().__init__(words)
        self.status = status
        self.words = words or _WORDS.get(status, "Error")


class Errors:
    """Bodies for refusals, in the shape the switches ask for. Also what the fault layer sends."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def refused(self, status: int, words: str = "") -> Response:
        """A status with an object, plain text or nothing."""
        text = words or _WORDS.get(status, "Error")
        shape = self._switches.error_body
        if shape == "object":
            body = msgspec.json.encode({"statuscode": status, "errortext": text})
            return Response(body, status=status, content_type="application/json")
        return Response(
            text if shape == "text" else "", status=status, content_type="text/plain; charset=utf-8"
        )

    def unauthorized(self) -> Response:
        """401 with the challenge of HTTP Basic."""
        response = self.refused(401)
        response.headers["WWW-Authenticate"] = 'Basic realm="Sitoo REST API"'
        return response

    def expired_token(self) -> Response:
        """A password that was taken back: the same 401."""
        return self.unauthorized()

    def rate_limited(self, retry_after_s: float | None) -> Response:
        """429; which header tells the wait is a switch, none when the wait is None."""
        response = self.refused(429)
        headers = self._switches.rate_limit_headers
        if retry_after_s is not None and headers != "none":
            name = "Retry-After" if headers == "retry_after" else "X-Rate-Limit-Reset"
            response.headers[name] = str(int(retry_after_s))
        return response

    def http(self, error: HTTPException) -> Response:
        """What Flask itself refuses: unknown paths and, Sitoo naming no 405, methods a path does not have."""
        code = error.code or 500
        return self.refused(404 if code == 405 else code)

    def server_error(self, status: int) -> Response:
        """Any other status."""
        return self.refused(status)
