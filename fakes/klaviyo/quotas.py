"""Rate limits and scopes per endpoint, as Klaviyo's OpenAPI description states them (revision 2026-07-15)."""

from fakes.kit.clock import Clock
from fakes.kit.limits import Grant, Quota, TwoWindow
from fakes.klaviyo.switches import Switches

TIERS = {"XS": (1, 15), "S": (3, 60), "M": (10, 150), "L": (75, 750), "XL": (350, 3500)}

# The tier and the scopes of each endpoint.
ENDPOINTS: dict[str, tuple[str, str]] = {
    "GET /api/accounts": ("XS", "accounts:read"),
    "GET /api/accounts/<id>": ("XS", "accounts:read"),
    "POST /api/events": ("XL", "events:write"),
    "GET /api/events": ("XL", "events:read"),
    "GET /api/events/<id>": ("M", "events:read"),
    "GET /api/events/<id>/metric": ("XL", "events:read metrics:read"),
    "GET /api/events/<id>/relationships/metric": ("XL", "events:read metrics:read"),
    "GET /api/events/<id>/profile": ("XL", "events:read profiles:read"),
    "GET /api/events/<id>/relationships/profile": ("XL", "events:read profiles:read"),
    "POST /api/event-bulk-create-jobs": ("M", "events:write"),
    "GET /api/metrics": ("M", "metrics:read"),
    "GET /api/metrics/<id>": ("M", "metrics:read"),
    "POST /api/metric-aggregates": ("S", "metrics:read"),
    "GET /api/profiles": ("L", "profiles:read"),
    "POST /api/profiles": ("L", "profiles:write"),
    "GET /api/profiles/<id>": ("L", "profiles:read"),
    "PATCH /api/profiles/<id>": ("L", "profiles:write"),
    "POST /api/profile-import": ("L", "profiles:write"),
    "POST /api/profile-bulk-import-jobs": ("M", "lists:write profiles:write"),
    "GET /api/profile-bulk-import-jobs": ("M", "lists:read profiles:read"),
    "GET /api/profile-bulk-import-jobs/<id>": ("M", "lists:read profiles:read"),
    "GET /api/profile-bulk-import-jobs/<id>/import-errors": ("M", "profiles:read"),
    "GET /api/profile-bulk-import-jobs/<id>/profiles": ("M", "profiles:read"),
    "POST /api/profile-subscription-bulk-create-jobs": (
        "L",
        "lists:write profiles:write subscriptions:write",
    ),
    "POST /api/profile-subscription-bulk-delete-jobs": (
        "L",
        "lists:write profiles:write subscriptions:write",
    ),
    "GET /api/lists": ("L", "lists:read"),
    "POST /api/lists": ("M", "lists:write"),
    "GET /api/lists/<id>": ("L", "lists:read"),
    "GET /api/lists/<id>/profiles": ("L", "lists:read profiles:read"),
    "POST /api/lists/<id>/relationships/profiles": ("M", "lists:write profiles:write"),
    "DELETE /api/lists/<id>/relationships/profiles": ("M", "lists:write profiles:write"),
}
DAILY = {"POST /api/lists": 150}

# Asking for this additional field replaces the endpoint's tier by a stricter one.
STRICTER = {
    "GET /api/profiles": ("predictive_analytics", "M"),
    "GET /api/profiles/<id>": ("predictive_analytics", "M"),
    "GET /api/lists/<id>": ("profile_count", "XS"),
}


class KlaviyoLimits:
    """One pair of windows per endpoint, shared by everybody who uses the account's private keys."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self.enabled = True
        self._clock = clock
        self._switches = switches
        self._windows: dict[str, TwoWindow] = {}

    def spend(self, endpoint: str, additional: str) -> tuple[TwoWindow, Grant]:
        """Try to pass one request; ``additional`` is the raw list of additional fields it asks for."""
        key, tier = endpoint, ENDPOINTS[endpoint][0]
        field, stricter = STRICTER.get(endpoint, ("", ""))
        if field and field in additional:
            key, tier = f"{endpoint} +{field}", stricter
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = self._window(endpoint, tier)
        return window, window.spend(self._clock.now().timestamp())

    def reset(self) -> None:
        """Forget what was spent."""
        self._windows.clear()

    def _window(self, endpoint: str, tier: str) -> TwoWindow:
        burst, steady = TIERS[tier]
        quotas = [Quota(burst, 1), Quota(steady, 60)]
        if endpoint in DAILY:
            quotas.append(Quota(DAILY[endpoint], 86_400))
        aligned = self._switches.window_alignment == "aligned"
        return TwoWindow(*quotas, alignment="aligned" if aligned else "anchored")
