"""The rate limit. Sitoo documents the 429 but no number, so there is none until a switch sets one."""

from fakes.kit.clock import Clock
from fakes.kit.limits import Grant, Quota, TwoWindow
from fakes.sitoo.switches import Switches


class SitooLimits:
    """One fixed window for each API user, or one for the account, by switch."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self.enabled = True
        self._clock = clock
        self._switches = switches
        self._windows: dict[str, TwoWindow] = {}

    def reset(self) -> None:
        """Forget what was spent."""
        self._windows.clear()

    def spend(self, api_id: str) -> Grant | None:
        """Charge one request; None where no limit is in force."""
        switches = self._switches
        if not self.enabled or switches.rate_limit_requests < 1:
            return None
        quota = Quota(switches.rate_limit_requests, max(1, switches.rate_limit_window_s))
        key = api_id if switches.rate_limit_scope == "api_user" else ""
        window = self._windows.get(key)
        if window is None or window.quotas != (quota,):
            window = self._windows[key] = TwoWindow(quota)
        return window.spend(self._clock.monotonic())
