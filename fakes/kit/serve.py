"""Serve fakes on sockets: waitress in threads, one server per fake, stopped cleanly."""

import contextlib
import ssl
import threading
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from waitress.channel import ClientDisconnected
from waitress.server import create_server

from fakes.kit.faults import ConnectionReset
from fakes.kit.tls import Relay

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"
THREADS = 8
BODY_BYTES_MAX = 10 * 1024 * 1024
KEEP_IN_MEMORY_BYTES = 64 * 1024 * 1024
POLL_S = 0.2


class Served:
    """A context manager that serves named WSGI apps and gives their base URLs in ``urls``.

    ``ports`` names a port per app; an app without one gets ``port_base`` + its place, or any free port when
    ``port_base`` is 0. Raises OSError when a port is taken, after closing those already open.
    """

    def __init__(
        self,
        apps: "Mapping[str, WSGIApplication]",
        port_base: int = 0,
        *,
        ports: Mapping[str, int] | None = None,
        threads: int = THREADS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self._apps = dict(apps)
        self._ports = {
            name: (ports or {}).get(name, port_base + place if port_base else 0)
            for place, name in enumerate(apps)
        }
        self._threads = threads
        self._servers: list[_Server] = []
        self.urls: dict[str, str] = {}

    def __enter__(self) -> "Served":
        try:
            for name, app in self._apps.items():
                server = _Server(app, self._ports[name], self._threads, self._tls)
                self._servers.append(server)
                self.urls[name] = f"{server.scheme}://{HOST}:{server.port}"
        except OSError:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop every server and wait for its thread."""
        for server in self._servers:
            server.stop()
        self._servers.clear()


class _Server:
    """One waitress server with its own socket map, looping in its own thread."""

    def __init__(
        self, app: "WSGIApplication", port: int, threads: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self.scheme = "http" if tls is None else "https"
        self._map: dict[int, Any] = {}
        self._server = create_server(
            _closing_resets(app),
            map=self._map,
            host=HOST,
            port=port if tls is None else 0,
            url_scheme=self.scheme,
            threads=threads,
            max_request_body_size=BODY_BYTES_MAX * 100,
            # Whole bodies stay in memory: the default spools anything over half a megabyte to disk.
            inbuf_overflow=KEEP_IN_MEMORY_BYTES,
            outbuf_overflow=KEEP_IN_MEMORY_BYTES,
            outbuf_high_watermark=KEEP_IN_MEMORY_BYTES,
            recv_bytes=256 * 1024,
            ident="",
        )
        self.port = int(self._server.effective_port)
        self._relay: Relay | None = None
        if tls is not None:
            try:
                self._relay = Relay(tls, HOST, port, self.port)
            except OSError:
                self._server.close()
                raise
            self.port = self._relay.port
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=f"fake-{self.port}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the listening socket and every connection."""
        if self._relay is not None:
            self._relay.stop()
        self._stopping.set()
        with contextlib.suppress(OSError):  # the loop may have seen the flag first and closed its trigger
            self._server.pull_trigger()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._server.asyncore.loop(timeout=POLL_S, map=self._map, count=1)
        self._server.task_dispatcher.shutdown()
        self._server.asyncore.close_all(self._map, ignore_all=True)


def _closing_resets(app: "WSGIApplication") -> "WSGIApplication":
    def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except ConnectionReset as error:
            # The one exception at which waitress hangs up without an answer.
            raise ClientDisconnected from error

    return serve
