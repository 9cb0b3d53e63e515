"""Rate limits: one pair of windows per operation, and stricter ones for costly parameters.

Everybody who uses a private key of the account shares one pool; each installed OAuth app has its own.
"""

from collections.abc import Iterable

from fakes.kit.clock import Clock
from fakes.kit.limits import Grant, Quota, TwoWindow, spend_together
from fakes.klaviyo.operations import Operation
from fakes.klaviyo.switches import Switches

DAY_S = 86_400

# These parameters spend from a bucket of their own, wherever they are used; from the operations' prose.
COSTLY: dict[tuple[str, str], tuple[int, int]] = {
    ("additional-fields[profile]", "predictive_analytics"): (10, 150),
    ("additional-fields[list]", "profile_count"): (1, 15),
    ("include", "lists"): (1, 15),
    ("include", "segments"): (1, 15),
}


class KlaviyoLimits:
    """The windows of one account."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self.enabled = True
        self._clock = clock
        self._switches = switches
        self._windows: dict[tuple[str, str], TwoWindow] = {}

    def spend(
        self, pool: str, endpoint: str, operation: Operation, costly: Iterable[tuple[str, str]]
    ) -> list[tuple[TwoWindow, Grant]]:
        """Try to pass one request of an operation with these parameters and values: all windows or none.

        The endpoint's own window comes first, then those of its costly parameters.
        """
        windows = [self._of(pool, endpoint, operation.quotas)]
        for parameter, value in costly:
            quotas = COSTLY.get((parameter, value))
            if quotas is not None:
                windows.append(self._of(pool, f"{parameter}={value}", (*quotas, 0)))
        grants = spend_together(windows, self._clock.now().timestamp())
        return list(zip(windows, grants, strict=True))

    def _of(self, pool: str, what: str, quotas: tuple[int, int, int]) -> TwoWindow:
        window = self._windows.get((pool, what))
        if window is None:
            window = self._windows[pool, what] = self._window(*quotas)
        return window

    def reset(self) -> None:
        """Forget what was spent."""
        self._windows.clear()

    def _window(self, burst: int, steady: int, daily: int) -> TwoWindow:
        quotas = [Quota(burst, 1), Quota(steady, 60)]
        if daily:
            quotas.append(Quota(daily, DAY_S))
        aligned = self._switches.window_alignment == "aligned"
        return TwoWindow(*quotas, alignment="aligned" if aligned else "anchored")
