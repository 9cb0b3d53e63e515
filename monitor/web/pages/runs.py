"""Reconciliations: the list, one of them, its report and its files."""

import re
from pathlib import Path

from flask import Flask, Response, abort, render_template, request, send_file
from sqlalchemy import Connection

from monitor import history_read
from monitor.history_records import RunRecord
from monitor.web.site import account_or_404, site

ROWS = 30
FILES = {"drift.csv": "text/csv", "report.json": "application/json"}
_HEAD_BYTES = 16_384
_OWN_POLICY = re.compile(r'http-equiv="Content-Security-Policy"\s+content="([^"<>\r\n]*)"')
# The report stands on its own: nothing it holds may act in the name of whoever reads it.
_CAGE = "sandbox allow-scripts; frame-ancestors 'none'; "


def register(app: Flask) -> None:
    """Offer the pages."""
    app.add_url_rule("/accounts/<name>/runs", "runs", runs)
    app.add_url_rule("/accounts/<name>/runs/<int:number>", "run", run)
    app.add_url_rule("/accounts/<name>/runs/<int:number>/report", "report", report)
    app.add_url_rule("/accounts/<name>/runs/<int:number>/files/<file>", "file", file)


def runs(name: str) -> str:
    """The account's runs, newest first."""
    account_or_404(name)
    before = request.args.get("before", type=int)
    before = before if before is None or 0 < before < 2**31 else None
    with site().store.reading() as connection:
        found = history_read.runs(connection, name, before=before, limit=ROWS + 1)
    return render_template(
        "runs.html", account=name, runs=found[:ROWS], more=found[ROWS - 1].id if len(found) > ROWS else None,
        here="runs",
    )  # fmt: skip


def run(name: str, number: int) -> str:
    """One run: verdict, next step, numbers, kinds, and what was mended."""
    account_or_404(name)
    with site().store.reading() as connection:
        found = of_account(connection, name, number)
        repairs = history_read.repairs(connection, name, run=number)
    return render_template(
        "run.html", account=name, run=found, repairs=repairs, here="runs",
        readable=found.kept in ("evidence", "report") and bool(found.folder),
    )  # fmt: skip


def report(name: str, number: int) -> Response:
    """The report as it was written, under its own policy and in a cage."""
    path = _path(name, number, "report.html")
    answer = send_file(path, mimetype="text/html")
    with path.open("rb") as opened:
        head = opened.read(_HEAD_BYTES).decode("utf-8", "replace")
    own = _OWN_POLICY.search(head)
    rules = own[1].replace("&#39;", "'") if own else "default-src 'none'"
    answer.headers["Content-Security-Policy"] = _CAGE + rules
    return answer


def file(name: str, number: int, file: str) -> Response:
    """One of the run's files, to be kept."""
    if file not in FILES:
        abort(404)
    path = _path(name, number, file)
    return send_file(path, mimetype=FILES[file], as_attachment=True, download_name=f"{name}-{number}-{file}")


def of_account(connection: Connection, name: str, number: int) -> RunRecord:
    """The run, when it is one of this account; else there is no such page."""
    found = history_read.run(connection, number) if number < 2**31 else None
    if found is None or found.account != name:
        abort(404)
    return found


def _path(name: str, number: int, file: str) -> Path:
    account_or_404(name)
    with site().store.reading() as connection:
        found = of_account(connection, name, number)
    path = Path(found.folder).resolve() / file
    if not found.folder or not path.is_file():
        abort(404)
    return path
