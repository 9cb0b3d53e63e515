"""The process behind the door is killed at every step between a stored delivery and its handled entry.

Whatever the step: the next process sends every sale exactly once, and nothing is left waiting.
"""

import os
import signal
import warnings
from collections import Counter
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
from hooks_kit import XTold, x_told

from sync.hooks import app as hooks_app

NEVER = 10**9


class Piped(httpx.BaseTransport):
    """Carries requests to the parent, where the fakes live on."""

    def __init__(self, pipe: Connection, upstream: str) -> None:
        self._pipe = pipe
        self._upstream = upstream

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._pipe.send(
            (self._upstream, request.method, str(request.url), request.headers.raw, request.read())
        )
        status, headers, content = self._pipe.recv()
        return httpx.Response(status, headers=headers, content=content)


def followed(told: XTold, kill_at: int = NEVER) -> tuple[bool, list[str]]:
    """Follow in a child that dies at step number `kill_at`; whether it did, and its steps."""
    ours, theirs = Pipe()

    def work() -> None:
        def checkpoint(point: str) -> None:
            theirs.send(point)
            theirs.recv()

        transports = {name: Piped(theirs, name) for name in ("klaviyo", "lightspeed_x")}
        settings = told.world.settings
        hooks = hooks_app.build(settings, clock=told.clock, transports=transports, checkpoint=checkpoint)
        hooks.step()
        hooks.close()
        theirs.send("end")

    child = forked(work)
    theirs.close()
    steps: list[str] = []
    try:
        return parent(told, ours, child, kill_at, steps), steps
    finally:
        ours.close()
        os.waitpid(child, 0)


def parent(told: XTold, pipe: Connection, child: int, kill_at: int, steps: list[str]) -> bool:
    def dies(step: str) -> bool:
        steps.append(step)
        if len(steps) - 1 == kill_at:
            os.kill(child, signal.SIGKILL)
            return True
        return False

    while True:
        message = pipe.recv()
        if message == "end":
            return False
        if isinstance(message, str):
            if dies(message):
                return True
            pipe.send(None)
            continue
        upstream, method, url, headers, body = message
        step = f"{method} {httpx.URL(url).path}"
        if dies(f"before {step}"):
            return True
        request = httpx.Request(method, url, headers=headers, content=body)
        reply = told.world.transports[upstream].handle_request(request)
        answer = (reply.status_code, reply.headers.raw, reply.read())
        if dies(f"after {step}"):
            return True
        pipe.send(answer)


def forked(work: Callable[[], None]) -> int:
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


def stored(told: XTold) -> str:
    """A sale whose webhook was answered with 200, and nobody who followed it yet."""
    sale = told.sell()
    told.pump()
    told.restart()  # no connection of ours is open in the child
    return sale


def test_killed_at_every_step_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        # The clock stands still here, and so would the windows of the limits.
        told.fake.limits.enabled = told.klaviyo.limits.enabled = False
        sales = [stored(told)]
        killed, steps = followed(told)
        assert not killed
        assert "after POST /api/events" in steps
        assert "page committed" in steps
        # Dying before a request is dying at whatever came before it.
        for step in [place for place, name in enumerate(steps) if not name.startswith("before ")]:
            sales.append(stored(told))
            killed, _ = followed(told, step)
            assert killed, steps[step]
            followed(told)
            assert told.placed() == Counter(sales), steps[step]
            assert told.status().waiting_count == 0, steps[step]


def test_killed_right_after_its_answer_the_delivery_is_there(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        sale = told.sell()
        with told.fake.wsgi.lock:
            told.fake.state.settle()
        told.hooks.close()

        def work() -> None:
            told.hooks = told.opened()
            told.fake.push.deliver_due()
            os.kill(os.getpid(), signal.SIGKILL)

        _, ended = os.waitpid(forked(work), 0)
        assert os.WTERMSIG(ended) == signal.SIGKILL
        told.hooks = told.opened()
        assert told.status().waiting_count == 1
        told.hooks.step()
        assert told.placed() == Counter([sale])
