"""The WSGI app that vendors post to: verify, store, answer. Nothing is read from a till here.

    POST /hooks/ACCOUNT/sale.update    Lightspeed X-Series, one address per kind of event
    POST /hooks/ACCOUNT/events         Sitoo, whose base address is /hooks/ACCOUNT
    GET  /healthz                      200 while deliveries can be stored

200 is only said of what is stored. A fault of ours is 503 and nothing else: vendors try those again, and one
of them throws away what is answered otherwise. What is wrong with a delivery itself is a 4xx, told in a
sentence. Forged deliveries are counted and leave no other trace.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any, cast

from sync.hooks.counts import Counts
from sync.sources.notices import Delivery, Heard, HookReader, Turned

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BODY_BYTES_MAX = 1_000_000
_SECRETIVE = frozenset({"HTTP_COOKIE"})
_log = logging.getLogger(__name__)

Keep = Callable[[str, Heard], None]  # stores what an account was told; returns once it is on disk
Probe = Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    words: str
    headers: tuple[tuple[str, str], ...] = ()


class Door:
    """Takes the deliveries of all accounts. Safe to be called by several threads."""

    def __init__(self, readers: Mapping[str, HookReader], keep: Keep, probe: Probe, counts: Counts) -> None:
        """`readers` by account; `probe` raises when nothing could be stored now."""
        self._readers = readers
        self._keep = keep
        self._probe = probe
        self._counts = counts

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        answer = self._answered(environ)
        body = f"{answer.words}\n".encode()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            *answer.headers,
        ]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]

    def _answered(self, environ: "WSGIEnvironment") -> _Answer:
        try:
            return self._routed(environ)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the vendor must try again: never a 500
            # The kind of problem only: a message might quote the delivery.
            _log.warning("a delivery could not be stored: %s", type(problem).__name__)
            self._counts.add("", "put_off")
            return _Answer(503, "cannot store this now; send it again later", (("Retry-After", "30"),))

    def _routed(self, environ: "WSGIEnvironment") -> _Answer:
        path, method = str(environ.get("PATH_INFO", "")), environ.get("REQUEST_METHOD")
        if path == "/healthz" and method in {"GET", "HEAD"}:
            self._probe()
            return _Answer(200, "ok")
        parts = path.strip("/").split("/")
        reader = self._readers.get(parts[1]) if len(parts) == 3 and parts[0] == "hooks" else None
        if reader is None or parts[2] not in reader.names:
            self._counts.add("", "unknown")
            return _Answer(404, "nobody is waiting for deliveries here; check the address")
        if method != "POST":
            return _Answer(405, "deliveries are posted", (("Allow", "POST"),))
        try:
            return self._taken(parts[1], reader, _delivery(parts[2], environ))
        except Turned as turned:
            self._counts.add(parts[1], turned.kind)
            challenge = (("WWW-Authenticate", 'Basic realm="tillproof"'),) if turned.status == 401 else ()
            return _Answer(turned.status, turned.words, challenge)

    def _taken(self, account: str, reader: HookReader, delivery: Delivery) -> _Answer:
        heard = reader.read(delivery)
        if heard.hints:
            self._keep(account, heard)
        self._counts.add(account, "taken")
        self._counts.add(account, "other", heard.other_count)
        return _Answer(200, "stored")


def _delivery(name: str, environ: "WSGIEnvironment") -> Delivery:
    """The delivery as it came. Raises Turned for one that is too large, packed or cut short."""
    headers = {
        key.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for key, value in environ.items()
        if (key.startswith("HTTP_") or key == "CONTENT_TYPE") and key not in _SECRETIVE
    }
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise Turned(415, "malformed", "send the body as it is, without a Content-Encoding")
    told = str(environ.get("CONTENT_LENGTH") or "")
    if told and not (told.isascii() and told.isdigit()):
        raise Turned(400, "malformed", "the Content-Length is no number")
    if told and int(told) > BODY_BYTES_MAX:
        raise Turned(413, "too_large", f"a delivery has at most {BODY_BYTES_MAX:,} bytes")
    stream = cast("IO[bytes]", environ["wsgi.input"])
    # Without a length only the server's own end of the stream can be relied on.
    chunked = bool(environ.get("wsgi.input_terminated"))
    body = _read(stream, int(told) if told else BODY_BYTES_MAX + 1 if chunked else 0)
    if len(body) > BODY_BYTES_MAX:
        raise Turned(413, "too_large", f"a delivery has at most {BODY_BYTES_MAX:,} bytes")
    if told and len(body) < int(told):
        raise Turned(400, "malformed", "the body ended early")
    return Delivery(name, headers, body)


def _read(stream: Any, count: int) -> bytes:
    pieces: list[bytes] = []
    while count > 0 and (piece := stream.read(min(count, 65_536))):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)
