"""A stateful fake of the Lightspeed Retail X-Series API (once Vend)."""
