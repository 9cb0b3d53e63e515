"""What goes wrong: faults at either end, and a sync that dies in the middle of its work."""

import zlib
from collections.abc import Callable
from typing import Any

import httpx

from scenarios.simulation.story import Step

NEVER = 10**9

# Each leaves the next runs or retries a chance, and none makes Klaviyo forget what it has taken.
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 502, "body": "<html>bad gateway</html>", "content_type": "text/html"},
    {"kind": "reset_before"},
    {"kind": "reset_after"},
    {"kind": "truncated"},
    {"kind": "html"},
    {"kind": "rate_limit", "retry_after": 7},
    {"kind": "rate_limit"},
    {"kind": "expired_token"},
    {"kind": "delay", "seconds": 40},
)
# Faults in what a list of the till shows. Of these a later run makes good.
PAGE_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "duplicate"},
    {"kind": "reorder"},
    {"kind": "late_visibility", "seconds": 90},
)


def fault_of(step: Step, till_path: str = "*") -> tuple[str, dict[str, Any], bool]:
    """At which end (`klaviyo` or `till`), the fake's rule, and whether it hides rows without a trace.

    `till_path` is the pattern of the till's requests that may break.
    """
    end = "klaviyo" if step.pick % 2 else "till"
    known = (*FAULTS, *PAGE_FAULTS) if end == "till" else FAULTS
    fault = known[step.also % len(known)]
    match = {"path": "/api/*" if end == "klaviyo" else till_path}
    rule = {**fault, "match": match, "times": 1 + step.seed % 4, "after": step.seed % 7}
    return end, rule, fault in PAGE_FAULTS


class Killed(BaseException):
    """The process ended here. No `except Exception` of the product may survive it."""


class Doom:
    """Counts the steps of a run and ends it at the one that was chosen."""

    def __init__(self) -> None:
        """Nobody dies before `at` is called."""
        self._left = NEVER
        self.passed: list[str] = []  # the named points of the latest run, in order

    def at(self, step: int) -> None:
        """Die at the step after so many."""
        self._left = step
        self.passed.clear()

    def spare(self) -> None:
        """Let the next run live."""
        self._left = NEVER
        self.passed.clear()

    def step(self, name: str = "") -> None:
        """One step was reached, a named point or a side of a request. Raises Killed at the chosen one.

        And at every one after it: whoever is dead does nothing more.
        """
        if name:
            self.passed.append(name)
        self._left -= 1
        if self._left < 0:
            raise Killed


class Wire(httpx.BaseTransport):
    """Carries requests to one end, writes down each, and may end the process before or after it."""

    def __init__(
        self, name: str, app: Any, doom: Doom, tell: Callable[[str], None], spared: str = ""
    ) -> None:
        """`tell` gets one line per request; nobody dies behind one to the path `spared`."""
        self._spared = spared
        self._name, self._doom, self._tell = name, doom, tell
        self._inner = httpx.WSGITransport(app=app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass it on."""
        self._doom.step()
        body = request.read()
        line = f"  {self._name} {request.method} {request.url.raw_path.decode()} {zlib.crc32(body):08x}"
        try:
            response = self._inner.handle_request(request)
        except OSError:
            self._tell(f"{line} -> cut")
            raise
        self._tell(f"{line} -> {response.status_code}")
        if request.url.path != self._spared:
            self._doom.step()
        return response
