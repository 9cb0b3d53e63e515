"""Which fakes there are. A new vendor is one row in each."""

# In the order of their ports, which stay the same whichever are served.
VENDORS: dict[str, str] = {
    "klaviyo": "fakes.klaviyo.app",
    "lightspeed_r": "fakes.lightspeed_r.app",
    "lightspeed_x": "fakes.lightspeed_x.app",
    "sitoo": "fakes.sitoo.app",
}
BUILT = ("klaviyo", "lightspeed_r")
"""Those that exist: served, put into worlds and held to their FIDELITY.md."""
