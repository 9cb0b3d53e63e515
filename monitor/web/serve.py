"""Serving the dashboard: waitress, a pool of threads in one process, so that jobs have one home."""

import logging
from collections.abc import Mapping, Sequence

import waitress
from flask import Flask

from sync.settings import WrongSettings
from sync.sources import registry

_BODY_MAX_BYTES = 256 * 1024


def serve_for_ever(app: Flask, host: str, port: int, threads: int) -> None:
    """Serve until interrupted. Raises WrongSettings when the address cannot be had."""
    # Its queue warning is not for the operator: requests wait some milliseconds.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        server = waitress.create_server(
            app, host=host, port=port, threads=threads, ident=None, channel_timeout=60,
            max_request_body_size=_BODY_MAX_BYTES,
        )  # fmt: skip
    except OSError as problem:
        raise WrongSettings(f"{host}:{port} cannot be listened on ({problem.strerror}); try --port") from None
    try:
        server.run()
    finally:
        server.close()
        app.extensions["tillproof"].jobs.close()


def upstreams_of(told: Sequence[str]) -> Mapping[str, str]:
    """`NAME=URL` texts as a mapping. Raises WrongSettings."""
    found = {}
    for one in told:
        name, _, url = one.partition("=")
        known = ("klaviyo", *registry.names())
        if name not in known or not url.startswith(("http://", "https://")):
            raise WrongSettings(f"--upstream wants NAME=URL, the name being one of {', '.join(known)}")
        found[name] = url.rstrip("/")
    return found
