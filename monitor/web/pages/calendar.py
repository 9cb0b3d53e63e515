"""A year of days, a month of them in words, and one day with all that was found."""

from datetime import date, timedelta

from flask import Flask, abort, render_template
from werkzeug.exceptions import NotFound

from monitor import history_read
from monitor.web import month
from monitor.web.present import DAYS
from monitor.web.site import account_or_404, site

FINDINGS_MAX = 100


def register(app: Flask) -> None:
    """Offer the pages."""
    app.add_url_rule("/accounts/<name>/calendar", "calendar", calendar, defaults={"year": 0})
    app.add_url_rule("/accounts/<name>/calendar/<int:year>", "calendar", calendar)
    app.add_url_rule("/accounts/<name>/calendar/<int:year>/<int:number>", "month", one_month)
    app.add_url_rule("/accounts/<name>/days/<on>", "day", day)


def calendar(name: str, year: int) -> str:
    """All judged days of a year, or of the last twelve months."""
    account_or_404(name)
    here = site()
    today = here.clock.now().date()
    if year:
        first, last = _date(year, 1, 1), _date(year, 12, 31)
    else:
        first, last = (today - timedelta(days=335)).replace(day=1), today
    with here.store.reading() as connection:
        days = history_read.calendar(connection, name, first, last)
    counts = {status: sum(1 for one in days if one.status == status) for status in DAYS}
    return render_template(
        "calendar.html", account=name, months=month.months(days), year=year, counts=counts,
        day_count=len(days), this_year=today.year, here="calendar",
    )  # fmt: skip


def one_month(name: str, year: int, number: int) -> str:
    """One month, every day with its word."""
    account_or_404(name)
    first = _date(year, number, 1)
    after = (first + timedelta(days=32)).replace(day=1)
    today = site().clock.now().date()
    with site().store.reading() as connection:
        days = history_read.calendar(connection, name, first, after - timedelta(days=1))
    return render_template(
        "month.html", account=name, days=days, here="calendar",
        after=after if after <= today else None,
        month=month.month(first, {one.business_on: one for one in days}),
        before=first - timedelta(days=1) if first > date(2000, 1, 1) else None,
    )  # fmt: skip


def day(name: str, on: str) -> str:
    """One day: its numbers, drawn as they add up, and its findings."""
    account_or_404(name)
    try:
        which = date.fromisoformat(on)
    except ValueError:
        abort(404)
    with site().store.reading() as connection:
        found = history_read.day(connection, name, which)
        findings = history_read.findings(
            connection, account=name, day=which, state="open", limit=FINDINGS_MAX
        )
        closed = history_read.findings(
            connection, account=name, day=which, state="recovered", limit=FINDINGS_MAX
        )
        run = history_read.run(connection, found.run) if found else None
    return render_template(
        "day.html", account=name, on=which, day=found, findings=findings, closed=closed, run=run,
        before=which - timedelta(days=1), after=which + timedelta(days=1), limit=FINDINGS_MAX,
        here="calendar", now_s=site().now_s(),
    )  # fmt: skip


def _date(year: int, number: int, on: int) -> date:
    if not 2000 <= year <= 2100:
        raise NotFound
    try:
        return date(year, number, on)
    except ValueError:
        raise NotFound from None
