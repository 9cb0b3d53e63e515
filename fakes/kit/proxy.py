"""An HTTPS proxy that takes clients with hard-coded hosts to the fakes: ``HTTPS_PROXY`` is all they need.

It knows the vendors' hosts and connects nowhere else: a client that strays is told so, not let out.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType

from fakes.kit.serve import HOST

_HEAD_BYTES_MAX = 16 * 1024
_PIECE_BYTES = 256 * 1024


class Proxy:
    """A context manager; ``where(host)`` gives the port of the fake for a host, None for a strange one."""

    def __init__(self, where: Callable[[str], int | None], port: int = 0) -> None:
        self._where = where
        self._wanted_port = port
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._listening: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, name="fakes-proxy", daemon=True)
        self.url = ""

    def __enter__(self) -> "Proxy":
        """Listens; raises OSError when the port is taken."""
        self._thread.start()
        try:
            self.url = f"http://{HOST}:{self._listening.result()}"
        except OSError:
            self._thread.join()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._live())
        finally:
            self._loop.close()

    async def _live(self) -> None:
        try:
            server = await asyncio.start_server(self._serve, HOST, self._wanted_port, limit=_HEAD_BYTES_MAX)
        except OSError as error:
            self._listening.set_exception(error)
            return
        self._listening.set_result(int(server.sockets[0].getsockname()[1]))
        await self._stopping.wait()
        server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled only when it stops, and then there is nobody left to tell.
        with contextlib.suppress(asyncio.CancelledError, OSError):
            port = await self._asked_for(reader, writer)
            if port is None:
                await writer.drain()
                writer.close()
                return
            inner_reader, inner_writer = await asyncio.open_connection(HOST, port)
            writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
            await asyncio.gather(_pass(reader, inner_writer), _pass(inner_reader, writer))

    async def _asked_for(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return None
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(words) != 3 or words[0] != "CONNECT":
            _refuse(writer, "405 Method Not Allowed", "this proxy only takes CONNECT, that is, https")
            return None
        host = words[1].rpartition(":")[0].strip("[]").lower()
        port = self._where(host)
        if port is None:
            _refuse(writer, "403 Forbidden", f"{host[:100]} is none of the vendors' hosts")
        return port


def _refuse(writer: asyncio.StreamWriter, status: str, why: str) -> None:
    body = f"{why}\n".encode("latin-1", "replace")
    writer.write(
        f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    )


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything until either side hangs up."""
    try:
        with contextlib.suppress(OSError):
            while piece := await reader.read(_PIECE_BYTES):
                writer.write(piece)
                await writer.drain()
    finally:
        writer.close()
