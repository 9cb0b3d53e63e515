"""Lightspeed X-Series, once Vend: its dated API read as facts."""
