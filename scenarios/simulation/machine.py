"""The machine that the sync runs on: its clock may be wrong, and its door for webhooks may be shut."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fakes.kit.clock import Clock
from scenarios.simulation.story import Step

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# How wrong a clock is that somebody set by hand, or that was set right again.
_WRONG_S = (-3600, 3600, -3600, -90, 0, 600)


class MachineClock:
    """The true time, told wrongly. What was measured as elapsed is right all the same."""

    def __init__(self, true: Clock) -> None:
        """Right, to begin with."""
        self.wrong = timedelta(0)
        self._true = true

    def now(self) -> datetime:
        """The instant the machine believes it is."""
        return self._true.now() + self.wrong

    def sleep(self, seconds: float) -> None:
        """Wait; the true time moves on."""
        self._true.sleep(seconds)

    def monotonic(self) -> float:
        """Seconds that no setting of the clock changes."""
        return self._true.monotonic()

    def set_wrong(self, step: Step) -> str:
        """Set it wrong, or right again, as the step says; what was done."""
        self.wrong = timedelta(seconds=_WRONG_S[step.pick % len(_WRONG_S)])
        return f"the machine's clock is off by {int(self.wrong.total_seconds())} s"


class Doorway:
    """What a vendor meets at our address: the door, no one, or a door whose answer gets lost on the way."""

    def __init__(self) -> None:
        """Nobody is there yet."""
        self.door: Any = None
        self._lost = 0

    def lose_answers(self, count: int) -> None:
        """So many deliveries are taken, and the vendor does not learn of it."""
        self._lost = count

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Take one delivery. Raises OSError where nobody is there or the answer is lost."""
        if self.door is None:
            raise OSError("nobody is there")
        answer: Iterable[bytes] = self.door(environ, start_response)
        if self._lost:
            self._lost -= 1
            raise OSError("the answer is lost")
        return answer


def disturbed(step: Step, faults: Any, doorway: Doorway, tell: Callable[[str], None]) -> None:
    """Deliveries are lost, repeated, come in another order, or their answers are lost."""
    kind, times = ("drop", "duplicate", "reorder", "answer")[step.pick % 4], 1 + step.seed % 5
    if kind == "answer":
        doorway.lose_answers(times)
    else:
        faults.add({"kind": kind, "match": {"method": "PUSH"}, "times": times, "after": step.also % 3})
    tell(f"  deliveries: {kind} x{times}")
