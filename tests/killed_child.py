"""A child process that is killed where the test says; the fakes live on in the parent.

Requests and checkpoints travel through a pipe, so the parent sees every step, in order, and decides at each
whether the child dies there: before a request has its effect, after it, and at every checkpoint.
"""

import os
import signal
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection

import httpx

NEVER = 10**9


@dataclass(frozen=True, slots=True)
class Told:
    """What a child did: its steps, and its last words unless it was killed."""

    steps: list[str]
    words: str | None

    @property
    def killed(self) -> bool:
        return self.words is None


class Piped(httpx.BaseTransport):
    """Carries requests to the parent, where the fakes are."""

    def __init__(self, pipe: Connection, upstream: str) -> None:
        self._pipe = pipe
        self._upstream = upstream

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = (self._upstream, request.method, str(request.url), request.headers.raw, request.read())
        self._pipe.send(("request", asked))
        status, headers, content = self._pipe.recv()
        return httpx.Response(status, headers=headers, content=content)


class Child:
    """What the work in the child is given."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def transports(self, *upstreams: str) -> dict[str, httpx.BaseTransport]:
        """One to each of these fakes."""
        return {name: Piped(self._pipe, name) for name in upstreams}

    def checkpoint(self, point: str) -> None:
        """A step at which it may die."""
        self._pipe.send(("step", point))
        self._pipe.recv()

    def last(self, words: str) -> None:
        """It is done."""
        self._pipe.send(("last", words))


def run_child(
    work: Callable[[Child], None], fakes: Mapping[str, httpx.BaseTransport], kill_at: int = NEVER
) -> Told:
    """Do `work` in a child that dies at step number `kill_at`. Raises EOFError when it dies by itself."""
    ours, theirs = Pipe()
    child = forked(lambda: work(Child(theirs)))
    theirs.close()
    try:
        return _Watch(ours, child, kill_at).serve(fakes)
    finally:
        ours.close()
        os.waitpid(child, 0)


def forked(work: Callable[[], None]) -> int:
    """A copy of this process that does `work` and leaves, with 0 when it went well; its id."""
    with warnings.catch_warnings():
        # Later Pythons warn of forking beside threads; the children here only work and leave.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


class _Watch:
    def __init__(self, pipe: Connection, child: int, kill_at: int) -> None:
        self._pipe = pipe
        self._child = child
        self._kill_at = kill_at
        self._steps: list[str] = []

    def serve(self, fakes: Mapping[str, httpx.BaseTransport]) -> Told:
        while True:
            kind, said = self._pipe.recv()
            if kind == "last":
                return Told(self._steps, said)
            if kind == "step":
                if self._dies(said):
                    return Told(self._steps, None)
                self._pipe.send(None)
                continue
            upstream, method, url, headers, body = said
            step = f"{method} {httpx.URL(url).path}"
            if self._dies(f"before {step}"):
                return Told(self._steps, None)
            reply = fakes[upstream].handle_request(httpx.Request(method, url, headers=headers, content=body))
            answer = (reply.status_code, reply.headers.raw, reply.read())
            if self._dies(f"after {step}"):
                return Told(self._steps, None)
            self._pipe.send(answer)

    def _dies(self, step: str) -> bool:
        self._steps.append(step)
        if len(self._steps) - 1 != self._kill_at:
            return False
        os.kill(self._child, signal.SIGKILL)
        return True
