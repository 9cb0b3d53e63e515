"""Serve fakes on sockets: one small HTTP/1.1 server per fake, in a thread of its own, stopped cleanly.

Requests are answered in the thread that reads them: a fake answers one at a time anyway, and handing each to
another thread would cost more than answering it. Only what may wait (``Layers.waits``: delays, the control
plane) goes to a pool.
"""

import asyncio
import logging
import ssl
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from email.utils import formatdate
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from fakes.kit.faults import ConnectionReset
from fakes.kit.http11 import BadRequest, Reader, Request
from fakes.kit.push import Push

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST = "127.0.0.1"
PUMP_S = 0.05
_THREADS = 8
_BACKLOG = 1_024
_BODILESS = frozenset(("204", "304"))
_log = logging.getLogger("fakes.serve")


class Served:
    """A context manager that serves named WSGI apps and gives their base URLs in ``urls``.

    ``ports`` names a port per app; an app without one gets ``port_base`` + its place, or any free port when
    ``port_base`` is 0. ``pushes`` are delivered as they become due. Raises OSError when a port is taken,
    after closing those already open.
    """

    def __init__(
        self,
        apps: "Mapping[str, WSGIApplication]",
        port_base: int = 0,
        *,
        ports: Mapping[str, int] | None = None,
        tls: ssl.SSLContext | None = None,
        pushes: Iterable[Push] = (),
    ) -> None:
        self._tls = tls
        self._apps = dict(apps)
        self._ports = {
            name: (ports or {}).get(name, port_base + place if port_base else 0)
            for place, name in enumerate(apps)
        }
        self._servers: list[_Server] = []
        self._pump = _Pump(list(pushes))
        self.urls: dict[str, str] = {}

    def __enter__(self) -> "Served":
        try:
            for name, app in self._apps.items():
                server = _Server(app, self._ports[name], self._tls)
                self._servers.append(server)
                self.urls[name] = f"{'https' if self._tls else 'http'}://{HOST}:{server.port}"
        except OSError:
            self.close()
            raise
        self._pump.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop every server and wait for its thread."""
        self._pump.stop()
        for server in self._servers:
            server.stop()
        self._servers.clear()


class _Pump:
    """Delivers what falls due, a few times a second."""

    def __init__(self, pushes: list[Push]) -> None:
        self._pushes = pushes
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fakes-pump", daemon=True)

    def start(self) -> None:
        if self._pushes:
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(PUMP_S):
            for push in self._pushes:
                push.deliver_due()


class _Server:
    """One listening socket with its own loop in its own thread."""

    def __init__(self, app: "WSGIApplication", port: int, tls: ssl.SSLContext | None = None) -> None:
        self.app = app
        self.waits = getattr(app, "waits", _never)
        self.tls = tls
        self.loop = asyncio.new_event_loop()
        self.connections: set[_Connection] = set()
        self.pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="fake")
        self._stopping = asyncio.Event()
        listening: Future[int] = Future()
        # In a thread from the start: the caller's may have a loop of its own.
        self._thread = threading.Thread(target=self._run, args=(port, listening), name="fake", daemon=True)
        self._thread.start()
        try:
            self.port = listening.result()
        except OSError:
            self._thread.join()
            raise

    def stop(self) -> None:
        """Close the listening socket and every connection."""
        self.loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self, port: int, listening: "Future[int]") -> None:
        try:
            self.loop.run_until_complete(self._live(port, listening))
        finally:
            self.pool.shutdown(wait=False, cancel_futures=True)
            self.loop.close()

    async def _live(self, port: int, listening: "Future[int]") -> None:
        try:
            server = await self.loop.create_server(
                lambda: _Connection(self), HOST, port, ssl=self.tls, backlog=_BACKLOG
            )
        except OSError as error:
            listening.set_exception(error)
            return
        listening.set_result(int(server.sockets[0].getsockname()[1]))
        await self._stopping.wait()
        server.close()
        for connection in list(self.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # lets the closed connections say so

    def answer(self, request: Request) -> bytes | None:
        """The whole answer to one request; None where a fault hangs up."""
        head: list[str] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
            head[:] = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
            return head.append  # the old `write`, which nobody uses

        try:
            answer = self.app(request.environ, start_response)
            try:
                body = b"".join(answer)
            finally:
                if hasattr(answer, "close"):
                    answer.close()
        except ConnectionReset:
            return None
        except Exception:  # noqa: BLE001  one client's trouble must not end the server for the others
            _log.exception("a bug of the fake")
            return _plain(
                "500 Internal Server Error", "a bug of the fake; its traceback is on standard error"
            )
        return _put_together(head, body, request)


class _Connection(asyncio.Protocol):
    """One client."""

    transport: asyncio.Transport

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._busy = False
        self._reader = Reader({})

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._server.connections.add(self)
        peer = transport.get_extra_info("peername") or ("", 0)
        self._reader.fixed = {
            "SERVER_NAME": HOST,
            "SERVER_PORT": str(transport.get_extra_info("sockname")[1]),
            "REMOTE_ADDR": str(peer[0]),
            "SCRIPT_NAME": "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if self._server.tls else "http",
            "wsgi.errors": _Errors(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }

    def connection_lost(self, _error: Exception | None) -> None:
        self._server.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        if not self._busy:
            self._go_on()
        else:
            self.transport.pause_reading()  # whoever sends ahead waits its turn

    def _go_on(self) -> None:
        try:
            while not self.transport.is_closing():
                request = self._reader.next()
                if request is None:
                    break
                if self._server.waits(request.environ):
                    self._busy = True
                    later = self._server.loop.run_in_executor(self._server.pool, self._server.answer, request)
                    later.add_done_callback(partial(self._answered, request))
                    return
                self._send(self._server.answer(request), keeps_alive=request.keeps_alive)
        except BadRequest as refused:
            self._send(_plain(refused.status, str(refused)), keeps_alive=False)
            return
        if self._reader.expects_continue:
            self._reader.expects_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _answered(self, request: Request, done: "asyncio.Future[bytes | None]") -> None:
        self._busy = False
        if done.cancelled() or self.transport.is_closing():
            return
        self._send(done.result(), keeps_alive=request.keeps_alive)
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self._go_on()

    def _send(self, answer: bytes | None, *, keeps_alive: bool) -> None:
        if answer is not None:
            self.transport.write(answer)
        if answer is None or not keeps_alive:
            self.transport.close()


class _Errors:
    """``wsgi.errors``: to the log."""

    def write(self, text: str) -> int:
        _log.warning("%s", text.rstrip())
        return len(text)

    def flush(self) -> None:
        pass

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)


def _put_together(head: list[str], body: bytes, request: Request) -> bytes:
    names = "\n".join(head).lower()
    if head[0][9:12] in _BODILESS:
        body = b""
    elif "\ncontent-length:" not in names:
        head.append(f"Content-Length: {len(body)}")
    if "\ndate:" not in names:
        head.append(f"Date: {formatdate(usegmt=True)}")
    if not request.keeps_alive:
        head.append("Connection: close")
    if request.is_head:
        body = b""
    return "\r\n".join(head).encode("latin-1", "replace") + b"\r\n\r\n" + body


def _plain(status: str, why: str) -> bytes:
    body = f"{why}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


def _never(_environ: object) -> bool:
    return False
