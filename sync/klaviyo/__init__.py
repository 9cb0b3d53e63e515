"""Klaviyo, written to and read back. Wire shapes of its API stay in here; payloads are bytes made once."""
