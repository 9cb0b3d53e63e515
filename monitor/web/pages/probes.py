"""For machines: alive, ready, and figures for Prometheus. They tell no account and no person."""

from flask import Flask, Response
from sqlalchemy import select

from monitor.history import ACCOUNTS
from monitor.web.site import site
from sync.store.errors import StoreTrouble


def register(app: Flask) -> None:
    """Offer the addresses."""
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)
    app.add_url_rule("/metrics", "metrics", metrics)


def healthz() -> Response:
    """The process answers."""
    return _plain("ok\n")


def readyz() -> Response:
    """The database answers, too."""
    try:
        with site().store.reading() as connection:
            connection.execute(select(ACCOUNTS.c.account).limit(1)).first()
    except StoreTrouble:
        return _plain("the database cannot be used\n", 503)
    return _plain("ready\n")


def metrics() -> Response:
    """Figures in Prometheus's text format."""
    try:
        return Response(site().metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")
    except StoreTrouble:
        return _plain("# the database cannot be used\n", 503)


def _plain(text: str, status: int = 200) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")
