"""Lets the tests below share `sync_world`."""
