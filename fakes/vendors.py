"""Which fakes there are, and which hosts they stand for. A new vendor is one row in each."""

from fnmatch import fnmatchcase

# In the order of their ports, which stay the same whichever are served.
VENDORS: dict[str, str] = {
    "klaviyo": "fakes.klaviyo.app",
    "lightspeed_r": "fakes.lightspeed_r.app",
    "lightspeed_x": "fakes.lightspeed_x.app",
    "sitoo": "fakes.sitoo.app",
}
BUILT = ("klaviyo", "lightspeed_r", "lightspeed_x", "sitoo")
"""Those that exist: served, put into worlds and held to their FIDELITY.md."""

HOSTS: dict[str, tuple[str, ...]] = {
    "klaviyo": ("a.klaviyo.com", "*.klaviyo.com"),
    "lightspeed_r": ("*.lightspeedapp.com", "cloud.merchantos.com"),
    "lightspeed_x": ("*.retail.lightspeed.app", "*.vendhq.com"),
    "sitoo": ("*.mysitoo.com",),
}
"""The hosts that clients have built in; the first that fits decides."""


def vendor_of(host: str) -> str | None:
    """The vendor behind a host name; None for a strange one."""
    for vendor, patterns in HOSTS.items():
        if any(fnmatchcase(host, pattern) for pattern in patterns):
            return vendor
    return None
