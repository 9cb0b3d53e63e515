"""Klaviyo's error bodies: one exception, rendered in one place, and a constructor per documented case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from werkzeug.wrappers import Response

from fakes.kit.ids import Ids

MEDIA_TYPE = "application/vnd.api+json"
RATE_LIMIT_DOC = "https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling"
Source = dict[str, str]


@dataclass(slots=True)
class Refusal(Exception):
    """A request that Klaviyo answers with an error; ``bare`` leaves ``links`` and ``meta`` out."""

    status: int
    code: str
    title: str
    detail: str
    source: Source = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    bare: bool = False

    def body(self, error_id: str) -> bytes:
        """The JSON document; the same id goes into ``X-Klaviyo-Req-Id``."""
        error: dict[str, Any] = {
            "id": error_id,
            "status": self.status,
            "code": self.code,
            "title": self.title,
            "detail": self.detail,
            "source": self.source,
        }
        if not self.bare:
            error |= {"links": dict(self.links), "meta": dict(self.meta)}
        return msgspec.json.encode({"errors": [error]})

    def response(self, error_id: str) -> Response:
        """The whole answer."""
        answer = Response(self.body(error_id), status=self.status, content_type=MEDIA_TYPE)
        answer.headers["X-Klaviyo-Req-Id"] = error_id
        for name, value in self.headers.items():
            answer.headers[name] = value
        return answer


def invalid(detail: str, pointer: str | None = None, *, parameter: str | None = None) -> Refusal:
    """400 for a bad value in the body (``pointer``) or the query (``parameter``)."""
    source = {"parameter": parameter} if parameter else {"pointer": pointer or "/data"}
    return Refusal(400, "invalid", "Invalid input.", detail, source)


def nothing_included() -> Refusal:
    """400 for empty linkage or attributes; the pointer is unhelpful in Klaviyo too."""
    return invalid(
        "One of `attributes`, `relationships` or `id` must be included in the request payload.", "/data"
    )


def unknown_field(name: str, resource: str, pointer: str) -> Refusal:
    """400 for a member that the resource does not have."""
    return invalid(f"'{name}' is not a valid field for the resource '{resource}'.", pointer)


def not_authenticated(detail: str = "Missing or invalid private key.") -> Refusal:
    """401 for a wrong or missing key."""
    return Refusal(
        401,
        "not_authenticated",
        "Authentication credentials were not provided.",
        detail,
        {"pointer": "/data/"},
        headers={"WWW-Authenticate": "Bearer, Klaviyo-API-Key"},
        bare=True,
    )


def missing_scopes(scopes: str) -> Refusal:
    """403 for a key without a scope."""
    return Refusal(
        403,
        "permission_denied",
        "You do not have permission to perform this action.",
        f"Your API key is missing required scopes: {scopes}",
        {"pointer": "/data/"},
    )


def not_found(kind: str, resource_id: str) -> Refusal:
    """404 for an unknown resource id."""
    detail = f"{_article(kind)} {kind} with id `{resource_id}` does not exist."
    return Refusal(404, "not_found", "Not found.", detail, {"pointer": "/data/"}, bare=True)


def no_such_path(
    detail: str = "No valid revisions found for method, please check our documentation",
) -> Refusal:
    """404 for a path or method that Klaviyo does not have in the asked revision."""
    return Refusal(404, "not_found", "Not found.", detail, {"pointer": "/data/"}, bare=True)


def gone(detail: str) -> Refusal:
    """410 for a retired revision when falling forward was declined."""
    return Refusal(410, "gone", "Gone.", detail, {"pointer": "/data/"})


def duplicate_profile(profile_id: str) -> Refusal:
    """409 for an identifier that another profile has."""
    return Refusal(
        409,
        "duplicate_profile",
        "Conflict.",
        "A profile already exists with one of these identifiers.",
        {"pointer": "/data/attributes"},
        {"duplicate_profile_id": profile_id},
    )


def too_large() -> Refusal:
    """413 for a body over 5 MB."""
    return Refusal(
        413, "payload_too_large", "Payload too large.", "Payload exceeds 5 MB.", {"pointer": "/data/"}
    )


def unsupported_media_type(kind: str) -> Refusal:
    """415 for a wrong Content-Type or encoding."""
    detail = f'Unsupported media type "{kind}" in request.'
    return Refusal(415, "unsupported_media_type", "Unsupported media type.", detail, {"pointer": "/data/"})


def throttled(retry_after_s: float | None) -> Refusal:
    """429; Retry-After is left out when None (a fault, the real one always sends it)."""
    seconds = int(retry_after_s or 0)
    unit = "second" if seconds == 1 else "seconds"
    return Refusal(
        429,
        "throttled",
        "Request was throttled.",
        f"Request was throttled. Expected available in {seconds} {unit}.",
        {"pointer": "/data/"},
        links={"type": RATE_LIMIT_DOC},
        headers={} if retry_after_s is None else {"Retry-After": str(seconds)},
    )


def server_trouble(status: int) -> Refusal:
    """Any other failure of the server."""
    return Refusal(status, "error", "A server error occurred.", "Please retry later.", {"pointer": "/data/"})


@dataclass(frozen=True, slots=True)
class TransportErrors:
    """Klaviyo's bodies for injected faults."""

    ids: Ids

    def rate_limited(self, retry_after_s: float | None) -> Response:
        """A 429."""
        return throttled(retry_after_s).response(self.ids.uuid())

    def expired_token(self) -> Response:
        """A 401."""
        return not_authenticated().response(self.ids.uuid())

    def server_error(self, status: int) -> Response:
        """Another status."""
        return server_trouble(status).response(self.ids.uuid())


def _article(noun: str) -> str:
    return "An" if noun[0] in "aeiou" else "A"
