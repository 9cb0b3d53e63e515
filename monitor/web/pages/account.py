"""One account: its verdict, what to do, its last days and nights, and the buttons that set work going."""

from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta

from flask import Flask, abort, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from monitor import history_read
from monitor.web import month
from monitor.web.jobs import Done, Work
from monitor.web.program import Result, Tally
from monitor.web.site import account_or_404, me, site
from monitor.web.trend import bars
from sync.store import accounts as stored
from sync.store import letters

DAYS_SHOWN = 35
FINDINGS_SHOWN = 8
_DONE = ("done", "done_with_dead_letters")


def register(app: Flask) -> None:
    """Offer the pages."""
    app.add_url_rule("/accounts/<name>", "account", account)
    app.add_url_rule("/accounts/<name>/sync", "sync_now", sync_now, methods=["POST"])
    app.add_url_rule("/accounts/<name>/backfill", "backfill", backfill, methods=["POST"])
    app.add_url_rule("/accounts/<name>/judge", "judge", judge, methods=["POST"])


def account(name: str) -> str:
    """Where the account stands."""
    account_or_404(name)
    here = site()
    today = here.clock.now().date()
    with here.store.reading() as connection:
        now = history_read.account(connection, name)
        days = history_read.calendar(connection, name, today - timedelta(days=DAYS_SHOWN), today)
        found = history_read.findings(connection, account=name, limit=FINDINGS_SHOWN)
        points = history_read.run_trend(connection, name, limit=60)
        lag = here.metrics.lags.now(connection, here.now_s()).p90_by_account.get(name)
        dead = _dead_letters(connection, name)
    return render_template(
        "account.html",
        account=name,
        source=here.settings.accounts[name].source,
        now=now,
        months=month.months(days),
        findings=found,
        trend=bars(points),
        lag_s=lag,
        dead_count=dead,
        jobs=here.jobs.of(name),
        now_s=here.now_s(),
        here="account",
    )


def sync_now(name: str) -> Response:
    """Read what changed since the last time and deliver it, now."""
    account_or_404(name)
    here = site()

    def work(tell: Callable[[str], None]) -> Done:
        with closing(here.open_program(here.settings)) as program:
            (result,) = program.once(
                name, lambda _page, tally: tell(_so_far(tally.rows_count, tally.sent_count))
            )
        return told(result, url_for_account(name))

    return begin(name, "Sync now", work, url_for("account", name=name))


def backfill(name: str) -> Response:
    """Deliver all history, as history. Interrupted, it goes on where it stopped when it is begun again."""
    account_or_404(name)
    here = site()

    def work(tell: Callable[[str], None]) -> Done:
        def so_far(_page: object, tally: Tally) -> None:
            tell(_so_far(tally.rows_count, tally.sent_count))

        with closing(here.open_program(here.settings)) as program:
            (result,) = program.backfill(name, None, None, so_far)
        return told(result, url_for_account(name))

    return begin(name, "Import the history", work, url_for("account", name=name))


def judge(name: str) -> Response:
    """Reconcile now: the last days, or one day."""
    account_or_404(name)
    here = site()
    day = _day(request.form.get("day", ""))
    link = url_for("account", name=name) if day is None else url_for("day", name=name, on=day.isoformat())

    def work(tell: Callable[[str], None]) -> Done:
        tell("Reading the POS and Klaviyo")
        (ran,) = here.nights().run_now(name, day, day)
        return Done(
            ran.verdict != "could_not_judge", ran.sentence, link=link, link_words="See what was found"
        )

    return begin(name, "Reconcile now" if day is None else f"Reconcile {day}", work, link)


def begin(name: str, title: str, work: Work, back: str) -> Response:
    """Begin a job and go where it is watched."""
    job = site().jobs.begin(name, title, work, who=me().name, back=back)
    return redirect(url_for("job", number=job.id), 303)


def told(result: Result, link: str) -> Done:
    """A run of the sync in words."""
    tally, fine = result.tally, result.outcome in _DONE
    words = result.detail or _so_far(tally.rows_count, tally.sent_count)
    lines = [
        f"{count:,} set aside: {reason.replace('_', ' ')}"
        for reason, count in sorted(tally.set_aside.items())
    ]
    return Done(fine, words, lines, link=link, link_words="Back to the account")


def url_for_account(name: str) -> str:
    """The account's page; jobs run without a request, so the address is written here."""
    return f"/accounts/{name}"


def _so_far(rows: int, sent: int) -> str:
    return f"{rows:,} records read, {sent:,} events sent."


def _dead_letters(connection: Connection, name: str) -> int:
    number = stored.find(connection, name)
    return 0 if number is None else sum(letters.counts(connection, number).values())


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        abort(400, "That is no day.")
