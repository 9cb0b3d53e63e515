"""Serving the webhooks: a WSGI server in front, one thread that follows and one that greets behind."""

import logging
import socket
import threading
from collections.abc import Callable
from typing import Any

from sync.hooks.app import GREET_EVERY_S, Hooks
from sync.hooks.door import BODY_BYTES_MAX

THREADS = 4
_QUIET_S = 1.0  # after a surprise
_LOOK_S = 0.2  # how soon the door notices that it is to close
_log = logging.getLogger(__name__)


class Serving:
    """The webhooks on a socket. A context manager; leaving it finishes what is under way."""

    def __init__(self, hooks: Hooks, host: str, port: int) -> None:
        """Raises OSError when the port is taken. Port 0 takes any; `port` tells which."""
        from waitress.server import create_server  # noqa: PLC0415 - only this command needs it

        logging.getLogger("waitress").setLevel(logging.ERROR)  # it warns of every burst
        self._hooks = hooks
        # Ours to open: waitress leaves one behind when its port is taken.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=1024)
        self.port = int(listening.getsockname()[1])
        self._channels: dict[int, Any] = {}
        self._server: Any = create_server(
            hooks.door, sockets=[listening], threads=THREADS, ident="tillproof", map=self._channels,
            max_request_body_size=BODY_BYTES_MAX + 1, channel_timeout=30, connection_limit=200,
        )  # fmt: skip
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=f"tillproof-hooks-{name}", daemon=True)
            for name, work in (("door", self._take), ("follow", self._follow), ("greet", self._greet))
        ]

    def __enter__(self) -> "Serving":
        """Start."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take nothing more, and let the threads come to their end."""
        self._stopping.set()
        self._hooks.wake.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def wait(self) -> None:
        """Return when a thread ends, which none does by itself."""
        while all(thread.is_alive() for thread in self._threads):
            self._stopping.wait(1.0)

    def _take(self) -> None:
        """Serve the socket, and close it in the thread that watches it."""
        from waitress import wasyncore  # noqa: PLC0415 - as above

        try:
            while not self._stopping.is_set():
                wasyncore.loop(timeout=_LOOK_S, map=self._channels, count=1)
        finally:
            self._server.task_dispatcher.shutdown()
            self._server.close()
            wasyncore.close_all(self._channels)

    def _follow(self) -> None:
        hooks = self._hooks
        while not self._stopping.is_set():
            if not self._guarded(hooks.follower.step):
                hooks.wake.wait(self._guarded(hooks.follower.next_s) or 0.0)
                hooks.wake.clear()

    def _greet(self) -> None:
        while not self._stopping.wait(GREET_EVERY_S):
            self._guarded(self._hooks.greet)

    def _guarded(self, do: Callable[[], Any]) -> Any:
        """A surprise ends no thread: what waits in the inbox goes on waiting, and is tried again."""
        try:
            return do()
        except Exception as problem:  # noqa: BLE001 - told by its kind, for its words might quote a person
            _log.error("webhooks: %s; going on", type(problem).__name__)
            self._stopping.wait(_QUIET_S)
            return 0
