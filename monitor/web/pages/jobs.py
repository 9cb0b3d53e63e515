"""Watching a job: a page that asks again by itself, with or without scripts."""

from flask import Flask, abort, jsonify, render_template
from werkzeug.wrappers import Response

from monitor.web.jobs import Job, as_json
from monitor.web.site import me, site


def register(app: Flask) -> None:
    """Offer the pages."""
    app.add_url_rule("/jobs/<number>", "job", job)
    app.add_url_rule("/jobs/<number>/state", "job_state", state)


def job(number: str) -> str:
    """How far it is, and what it came to."""
    found = _found(number)
    return render_template(
        "job.html", job=found, account=found.account or None, now_s=site().now_s(), here=""
    )


def state(number: str) -> Response:
    """The same for the page's script."""
    return jsonify(as_json(_found(number)))


def _found(number: str) -> Job:
    found = site().jobs.find(number)
    if found is None or (found.account and not me().sees(found.account)):
        abort(404)
    return found
