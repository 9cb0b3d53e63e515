"""Mending what a run found: the plan first, then a confirmation, then the work."""

from collections.abc import Callable

from flask import Flask, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from monitor import history_read
from monitor.repair_apply import Repairer, plan_of
from monitor.web.jobs import Done
from monitor.web.pages.account import begin
from monitor.web.pages.runs import of_account
from monitor.web.site import account_or_404, site


def register(app: Flask) -> None:
    """Offer the pages."""
    app.add_url_rule("/accounts/<name>/runs/<int:number>/repair", "repair", plan)
    app.add_url_rule("/accounts/<name>/runs/<int:number>/repair", "apply", apply, methods=["POST"])


def plan(name: str, number: int) -> str:
    """What would be sent, what cannot be undone, and what should be left."""
    account_or_404(name)
    with site().store.reading() as connection:
        found = of_account(connection, name, number)
        planned = plan_of(connection, number)
        repairs = history_read.repairs(connection, name, run=number)
    return render_template(
        "repair.html", account=name, run=found, plan=planned, repairs=repairs, here="runs",
        stay_count=sum(left.count for left in planned.stays),
    )  # fmt: skip


def apply(name: str, number: int) -> Response:
    """Do what the plan says, when it is still the plan that was confirmed."""
    account_or_404(name)
    here = site()
    with here.store.reading() as connection:
        of_account(connection, name, number)
        planned = plan_of(connection, number)
    if request.form.get("sales", type=int) != len(planned.sale_ids):
        abort(409, "The plan has changed since you read it. Look at it again, then confirm.")
    back = url_for("run", name=name, number=number)

    def work(tell: Callable[[str], None]) -> Done:
        tell("Sending, then reconciling until Klaviyo shows it; this takes some minutes")
        repairer = Repairer(here.nights(), here.store, here.clock, lambda: here.open_program(here.settings))
        closure = repairer.apply(number)
        lines = [f"{closure.sent_count:,} sales sent", f"{closure.closed_count:,} findings closed"]
        if closure.left_count:
            lines.append(f"{closure.left_count:,} findings still open")
        fine = closure.state in ("nothing", "closed")
        return Done(fine, closure.words, lines, link=back, link_words="Back to the run")

    return begin(name, f"Repair run {number}", work, back)
