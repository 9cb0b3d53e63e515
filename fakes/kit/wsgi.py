"""The layers round every fake's Flask app, outermost first: journal, faults, one request at a time, the app.

The control plane (``/_fake``) goes past the journal and the faults: it must work on a broken fake.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from fakes.kit.clock import Clock
from fakes.kit.faults import ConnectionReset, Faults, Rule
from fakes.kit.journal import NOTE_KEY, TEXT_MAX, Entry, Journal, Note
from fakes.kit.links import LinkBase

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL_PREFIX = "/_fake"
UNLOCKED = ("/_fake/clock", "/_fake/deliveries", "/_fake/save")
_DEEP = 200
HTML_BODY = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking</body></html>"


class VendorErrors(Protocol):
    """A vendor's own bodies for failures that come from the transport layer."""

    def rate_limited(self, retry_after_s: float | None) -> Response:
        """A 429 as the vendor sends it; without Retry-After when None."""
        ...

    def expired_token(self) -> Response:
        """The vendor's 401 for a credential that was good once."""
        ...

    def server_error(self, status: int) -> Response:
        """Any other status, with the vendor's usual body for it."""
        ...


@dataclass(slots=True)
class Layers:
    """One fake's WSGI callable."""

    app: "WSGIApplication"
    clock: Clock
    faults: Faults
    journal: Journal
    errors: VendorErrors
    lock: threading.RLock
    link_base: LinkBase | None = None
    """What links in answers begin with, whatever the client called the fake; None: as the client did."""

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request. Raises ConnectionReset where a fault closes the connection."""
        path = _path(environ)
        if path.startswith(CONTROL_PREFIX):
            return self._control(path, environ, start_response)
        if self.link_base is not None:
            self.link_base.put_into(environ)
        note = environ[NOTE_KEY] = Note()
        if not self.faults:
            return self._plain(environ, start_response, note)
        response: Response | None = None
        try:
            response = self._answer(environ)
        finally:
            self._write_down(environ, note, 0 if response is None else response.status_code)
        return response(environ, start_response)

    def waits(self, environ: "WSGIEnvironment") -> bool:
        """Whether answering may take a while, so that a server had better not do it where it reads."""
        return str(environ.get("PATH_INFO", "")).startswith(CONTROL_PREFIX) or self.faults.has("delay")

    def _control(
        self, path: str, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if path.startswith(UNLOCKED):
            # They deliver, and whoever receives may ask the fake something before it answers; or they
            # need the locks of other fakes as well.
            return self._ask(environ, start_response)
        with self.lock:
            return self._ask(environ, start_response)

    def _ask(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """The app's answer, and a 400 to JSON so deep that no decoder gets to its end."""
        try:
            return self.app(environ, start_response)
        except RecursionError:
            if not _is_deep(environ):
                raise
            return self.errors.server_error(400)(environ, start_response)

    def _plain(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", note: Note
    ) -> Iterable[bytes]:
        """Without faults there is no need to take the answer apart and put it together again."""
        status = 0

        def started(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = int(line[:3])
            return start_response(line, headers, exc_info)

        with self.lock:
            try:
                answer = self._ask(environ, started)
                try:
                    return [b"".join(answer)]
                finally:
                    if hasattr(answer, "close"):
                        answer.close()
            finally:
                self._write_down(environ, note, status)

    def _answer(self, environ: "WSGIEnvironment") -> Response:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        delay = self.faults.take_any(("delay",), method, path)
        if delay is not None:
            self.clock.sleep(delay.seconds())
        rule = self.faults.take_any(_EFFECTS, method, path)
        if rule is None:
            return self._run(environ)
        return _EFFECTS[rule.kind](self, rule, environ)

    def _run(self, environ: "WSGIEnvironment") -> Response:
        with self.lock:
            body, status, headers = run_wsgi_app(self._ask, environ, buffered=True)
        typed = "Content-Type" in headers
        response = Response(body, status, headers)
        if not typed:
            # The vendor sent none; Response makes one up.
            del response.headers["Content-Type"]
        return response

    def _write_down(self, environ: "WSGIEnvironment", note: Note, status: int) -> None:
        entry = Entry(
            environ["REQUEST_METHOD"],
            environ.get("PATH_INFO", "")[:TEXT_MAX],
            environ.get("QUERY_STRING", "")[:TEXT_MAX],
            status,
            self.clock.now().isoformat(),
            note.cost,
            note.counts,
        )
        with self.lock:
            self.journal.record(entry, note.route)


def _path(environ: "WSGIEnvironment") -> str:
    path: str = environ.get("PATH_INFO", "")
    if not path.isascii():
        try:
            path.encode("latin-1")
        except UnicodeEncodeError:
            # httpx's WSGITransport leaves text where WSGI wants bytes in disguise.
            path = environ["PATH_INFO"] = path.encode("utf-8", "replace").decode("latin-1")
    return path


def _is_deep(environ: "WSGIEnvironment") -> bool:
    """Whether the body opens more brackets in a row of levels than anybody means."""
    body = environ["wsgi.input"]
    if not hasattr(body, "seek"):
        return False
    body.seek(0)
    level = deepest = 0
    for sign in body.read(4 * _DEEP * _DEEP):
        level += (sign in b"[{") - (sign in b"]}")
        deepest = max(deepest, level)
    return deepest > _DEEP


def _status(layers: Layers, rule: Rule, _environ: "WSGIEnvironment") -> Response:
    status = int(rule.params.get("status", 500))
    if "body" not in rule.params:
        response = layers.errors.server_error(status)
    else:
        kind = rule.params.get("content_type", "text/plain")
        response = Response(str(rule.params["body"]), status=status, content_type=kind)
    for name, value in dict(rule.params.get("headers", {})).items():
        response.headers[name] = str(value)
    return response


def _rate_limit(layers: Layers, rule: Rule, _environ: "WSGIEnvironment") -> Response:
    after = rule.params.get("retry_after")
    return layers.errors.rate_limited(None if after is None else float(after))


def _expired_token(layers: Layers, _rule: Rule, _environ: "WSGIEnvironment") -> Response:
    return layers.errors.expired_token()


def _html(_layers: Layers, rule: Rule, _environ: "WSGIEnvironment") -> Response:
    return Response(
        HTML_BODY, status=int(rule.params.get("status", 200)), content_type="text/html; charset=UTF-8"
    )


def _truncated(layers: Layers, _rule: Rule, environ: "WSGIEnvironment") -> Response:
    response = layers._run(environ)
    body = response.get_data()
    response.set_data(body[: len(body) // 2])
    return response


def _reset_before(_layers: Layers, _rule: Rule, _environ: "WSGIEnvironment") -> Response:
    raise ConnectionReset("the connection was closed before the request was read")


def _reset_after(layers: Layers, _rule: Rule, environ: "WSGIEnvironment") -> Response:
    layers._run(environ)
    raise ConnectionReset("the connection was closed after the request took effect")


_EFFECTS: dict[str, Callable[[Layers, Rule, "WSGIEnvironment"], Response]] = {
    "status": _status,
    "rate_limit": _rate_limit,
    "expired_token": _expired_token,
    "html": _html,
    "truncated": _truncated,
    "reset_before": _reset_before,
    "reset_after": _reset_after,
}
