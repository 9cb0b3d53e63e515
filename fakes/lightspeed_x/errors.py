"""X-Series' error bodies. There is no one envelope: each generation of the API has its own."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from flask import request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fakes.kit.clock import Clock
from fakes.kit.refusing import edge_page, phrase
from fakes.lightspeed_x.switches import Switches
from fakes.lightspeed_x.wire import encoded


class Errors:
    """Bodies for refusals. Also what the fault layer sends."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches

    def refused(self, status: int, message: str, generation: str = "2.x") -> Response:
        """What is wrong with the request, in the words of its generation."""
        if generation == "0.9":
            name = phrase(status)
            return answer({"status": "error", "error": name, "details": message}, status)
        if status in (400, 422):
            reference = f"{int(self._clock.now().timestamp()):x}"
            return answer({"errors": {"global": [message]}, "reference": reference}, status)
        return answer({"error": message}, status)

    def unauthorized(self) -> Response:
        return answer({"error": "Access token is not valid"}, 401)

    def expired_token(self) -> Response:
        """What a token past its time gets."""
        return self.unauthorized()

    def rate_limited(self, retry_after_s: float | None) -> Response:
        """429. Newer clients read error and message, older ones the limits and a date inside the body."""
        body: dict[str, Any] = {"error": "Too Many Requests", "message": "Rate limiting enforced"}
        until = self._clock.now() + timedelta(seconds=retry_after_s or 0)
        if self._switches.limit_body != "documented":
            old = {"limits": {"max": None, "desc": "Rate limiting enforced"}, "retry-after": http_date(until)}
            body = {**body, **old} if self._switches.limit_body == "both" else {"error": body["error"], **old}
        response = answer(body, 429)
        if retry_after_s is not None and self._switches.retry_after != "absent":
            in_seconds = self._switches.retry_after == "seconds"
            response.headers["Retry-After"] = str(int(retry_after_s)) if in_seconds else http_date(until)
        return response

    def http(self, error: HTTPException) -> Response:
        """What Flask itself refuses: unknown paths, wrong methods."""
        status = error.code or 500
        message = "service not found" if status == 404 else error.name.lower()
        old = request.path.startswith(("/api/0.9/", "/api/1.0/"))
        return self.refused(status, message, "0.9" if old else "2.x")

    def server_error(self, status: int) -> Response:
        """5xx come from the edge as HTML; anything else as JSON."""
        return self.refused(status, phrase(status)) if status < 500 else edge_page(status)


def http_date(at: datetime) -> str:
    """RFC 1123: `Wed, 15 Jul 2020 15:04:05 GMT`."""
    return format_datetime(at.astimezone(UTC).replace(microsecond=0), usegmt=True)


def answer(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(encoded(body), status=status, content_type="application/json")
