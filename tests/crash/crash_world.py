"""A sync in a child process that is killed where the test says; the fakes live on in the parent.

Requests and checkpoints travel through a pipe, so the parent sees every step, in order, and decides at each
whether the child dies there: before a request has its effect, after it, and at every checkpoint.
"""

import os
import shutil
import signal
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from fakes.kit.clock import VirtualClock
from fakes.klaviyo import app as klaviyo
from fakes.lightspeed_r import app as lightspeed_r
from sync.app import build
from sync.http.tokens import Tokens
from sync.settings import Settings

NEVER = 10**9


class Piped(httpx.BaseTransport):
    """Carries requests to the parent."""

    def __init__(self, pipe: Connection, upstream: str) -> None:
        self._pipe = pipe
        self._upstream = upstream

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._pipe.send(
            (self._upstream, request.method, str(request.url), request.headers.raw, request.read())
        )
        status, headers, content = self._pipe.recv()
        return httpx.Response(status, headers=headers, content=content)


@dataclass(slots=True)
class Killable:
    """Both fakes, a database in a folder, and a sync that can be killed."""

    clock: VirtualClock
    till: lightspeed_r.LightspeedRFake
    end: klaviyo.KlaviyoFake
    settings: Settings
    steps: list[str] = field(default_factory=list)  # of the latest run

    def run(self, kill_at: int = NEVER) -> str:
        """Run `once` in a child that dies at step number `kill_at`; `killed` or the run's outcome."""
        self.steps = []
        ours, theirs = Pipe()
        child = _fork(lambda: self._once(theirs))
        theirs.close()
        try:
            return self._serve(ours, child, kill_at)
        finally:
            ours.close()
            os.waitpid(child, 0)

    def events(self) -> list[tuple[str, str]]:
        """Metric and id of everything Klaviyo holds, one entry per stored event."""
        return sorted((event.metric_name, event.unique_id) for event in self.end.state.find_events())

    def _once(self, pipe: Connection) -> None:
        def checkpoint(point: str) -> None:
            pipe.send(point)
            pipe.recv()

        transports = {name: Piped(pipe, name) for name in ("klaviyo", "lightspeed_r")}
        with build(self.settings, clock=self.clock, transports=transports, checkpoint=checkpoint) as app:
            [result] = app.once()
        pipe.send(f"outcome {result.outcome.value} {result.detail}".strip())
        pipe.recv()

    def _serve(self, pipe: Connection, child: int, kill_at: int) -> str:
        apps = {
            "klaviyo": httpx.WSGITransport(app=self.end.wsgi),
            "lightspeed_r": httpx.WSGITransport(app=self.till.wsgi),
        }
        while True:
            message = pipe.recv()
            if isinstance(message, str):
                if self._dies(message, child, kill_at):
                    return "killed"
                pipe.send(None)
                if message.startswith("outcome "):
                    return message.removeprefix("outcome ")
                continue
            upstream, method, url, headers, body = message
            step = f"{method} {httpx.URL(url).path}"
            if self._dies(f"before {step}", child, kill_at):
                return "killed"
            reply = apps[upstream].handle_request(httpx.Request(method, url, headers=headers, content=body))
            answer = (reply.status_code, reply.headers.raw, reply.read())
            if self._dies(f"after {step}", child, kill_at):
                return "killed"
            pipe.send(answer)

    def _dies(self, step: str, child: int, kill_at: int) -> bool:
        self.steps.append(step)
        if len(self.steps) - 1 != kill_at:
            return False
        os.kill(child, signal.SIGKILL)
        return True


def in_a_copy(
    prepared: Killable, folder: Path, name: str, work: Callable[[Killable], list[str]]
) -> list[str]:
    """What `work` complains of, done in a forked copy of the whole world with a copy of its database."""
    ours, theirs = Pipe()

    def copy() -> None:
        database = folder / f"{name}.db"
        source = Path(prepared.settings.store.url.removeprefix("sqlite:///"))
        for suffix in ("", "-wal"):
            if source.with_name(source.name + suffix).exists():
                shutil.copy(source.with_name(source.name + suffix), f"{database}{suffix}")
        store = prepared.settings.store.model_copy(update={"url": f"sqlite:///{database}"})
        settings = prepared.settings.model_copy(update={"store": store})
        theirs.send(work(Killable(prepared.clock, prepared.till, prepared.end, settings)))

    child = _fork(copy)
    theirs.close()
    try:
        return list(ours.recv())
    except EOFError:
        return [f"{name}: the test's own process died"]
    finally:
        ours.close()
        os.waitpid(child, 0)


def killable(settings: Settings, clock: VirtualClock, till: lightspeed_r.LightspeedRFake,
             end: klaviyo.KlaviyoFake) -> Killable:  # fmt: skip
    """A connected account, ready to run."""
    till.limits.enabled = False
    end.limits.enabled = False
    with build(settings, clock=clock, transports={"klaviyo": httpx.WSGITransport(app=end.wsgi)}) as app:
        tokens = Tokens(
            till.credentials["access_token"], till.credentials["refresh_token"], expiry(clock.now())
        )
        app.keep_tokens("main", tokens)
    return Killable(clock, till, end, settings)


def expiry(now_at: datetime) -> datetime:
    """When the fake's first token expires."""
    return now_at + timedelta(minutes=30)


def _fork(work: Callable[[], None]) -> int:
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
