"""Alerts: what is open, what was said to whom and whether it arrived, and a test of every route."""

from collections.abc import Callable

from flask import Flask, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from monitor import history_read
from monitor.alerting.deliver import try_routes
from monitor.web.jobs import Done
from monitor.web.pages.account import begin
from monitor.web.site import me, site

ROWS = 50


def register(app: Flask) -> None:
    """Offer the pages."""
    app.add_url_rule("/alerts", "alerts", listed)
    app.add_url_rule("/alerts/test", "try_route", try_route, methods=["POST"])


def listed() -> str:
    """Open incidents, the latest alerts and the routes."""
    here, user = site(), me()
    before = request.args.get("before", type=int)
    before = before if before is None or 0 < before < 2**31 else None
    names = set(here.names(user))
    with here.store.reading() as connection:
        if user.accounts:
            some = [
                one
                for name in sorted(names)
                for one in history_read.alerts(connection, name, before=before, limit=ROWS + 1)
            ]
            open_ones = [one for name in sorted(names) for one in history_read.incidents(connection, name)]
        else:
            some = history_read.alerts(connection, before=before, limit=ROWS + 1)
            open_ones = history_read.incidents(connection)
    some = sorted(some, key=lambda one: -one.id)[: ROWS + 1]
    return render_template(
        "alerts.html", alerts=some[:ROWS], more=some[ROWS - 1].id if len(some) > ROWS else None,
        incidents=open_ones, routes=sorted(here.own.routes), known=names, now_s=here.now_s(), here="alerts",
    )  # fmt: skip


def try_route() -> Response:
    """Send a harmless message to a route."""
    here, user = site(), me()
    route = request.form.get("route", "")
    if route not in here.own.routes or user.accounts:
        abort(404)

    def work(tell: Callable[[str], None]) -> Done:
        tell("Sending a test")
        result = try_routes(here.own.routes, [route], here.courier)[route]
        words = f"{route} took it." if result.ok else f"{route} did not take it: {result.why}"
        return Done(result.ok, words, link="/alerts", link_words="Back to the alerts")

    return begin("", f"Test route {route}", work, url_for("alerts"))
