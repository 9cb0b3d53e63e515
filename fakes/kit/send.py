"""How a delivery reaches its receiver: a real POST, or a WSGI app in this process."""

import http.client
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One POST to be made."""

    url: str
    body: bytes
    headers: dict[str, str]
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said; ``status`` 0 is no answer, or none in time. ``body`` is cut at 64 KB."""

    status: int
    body: bytes = b""


Send = Callable[[Outgoing], Answer]
_BODY_BYTES_MAX = 64 * 1024


def over_http(outgoing: Outgoing) -> Answer:
    """POST once, without following redirects; anything that goes wrong on the way is status 0."""
    parts = urlsplit(outgoing.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return Answer(0)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = _connection(parts.scheme, parts.hostname, parts.port, outgoing.timeout_s)
        try:
            connection.request("POST", path, outgoing.body, outgoing.headers)
            response = connection.getresponse()
            return Answer(response.status, response.read(_BODY_BYTES_MAX))
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        return Answer(0)


def to_wsgi(app: "WSGIApplication") -> Send:
    """A way to send that calls a WSGI app here and now."""

    def send(outgoing: Outgoing) -> Answer:
        parts = urlsplit(outgoing.url)
        environ = EnvironBuilder(
            method="POST",
            path=parts.path or "/",
            query_string=parts.query,
            base_url=f"{parts.scheme or 'http'}://{parts.netloc or 'localhost'}",
            data=outgoing.body,
            headers=Headers(outgoing.headers),
        ).get_environ()
        body, status, _ = run_wsgi_app(app, environ, buffered=True)
        return Answer(int(status.split(" ", 1)[0]), b"".join(body)[:_BODY_BYTES_MAX])

    return send


def _connection(scheme: str, host: str, port: int | None, timeout_s: float) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)
    return http.client.HTTPConnection(host, port, timeout=timeout_s)
